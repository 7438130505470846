"use strict";
const NOT_ON_CHAIN = 4902; // EIP-3085: the wallet does not know the chain
const at = (id) => document.getElementById(id);
const form = at("form");
const wallets = new Map();

function offer(name, provider) {
  if (!wallets.size) at("wallet").replaceChildren();
  if (wallets.has(name)) return;
  wallets.set(name, provider);
  at("wallet").append(new Option(name, name));
}

function show(good, zh, en) {
  at("outcome").hidden = false;
  at("state").textContent = zh;
  at("state").className = good ? "good" : good === false ? "bad" : "";
  at("state-en").textContent = en;
}

/** UTC seconds; written in China's time, of which there is one. */
const seconds = (written) => Math.floor(Date.parse(`${written.trim().replace(" ", "T")}+08:00`) / 1000);

/** Yuan as fen; what is no sum is left as it is, for the API to say so. */
function fen(yuan) {
  const [, whole, part = ""] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(yuan) ?? [];
  return whole === undefined ? yuan : String(BigInt(whole + part.padEnd(2, "0")));
}

/** A field as the API takes it. */
function value(field) {
  const written = field.value.trim();
  switch (field.dataset.kind) {
    case "flag": return written === "true";
    case "many": return written.split(/\s+/).filter(Boolean);
    case "sum": return fen(written);
    case "sums": return written.split(/\s+/).filter(Boolean).map(fen);
    case "instant": return seconds(written);
    case "instants": return written.split("\n").filter(Boolean).map(seconds);
    default: return written;
  }
}

/** What comes with the act and is not signed, as the API takes it. */
async function enclosed() {
  const given = [...form.elements].filter((field) => field.dataset.enclosed && field.value);
  return Object.fromEntries(await Promise.all(given.map(async (field) => {
    const [file] = field.files ?? [];
    if (!file) return [field.id, field.value.trim()];
    if (field.dataset.enclosed === "json") return [field.id, JSON.parse(await file.text())];
    const bytes = new Uint8Array(await file.arrayBuffer());
    return [field.id, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))];
  })));
}

async function ask(path, body) {
  const answer = await fetch(path, body && {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw { zh: said.detail_zh, en: said.detail };
  return said;
}

/** Wallets sign only for the chain they are on. */
async function enter(provider, chain) {
  const chainId = `0x${chain.toString(16)}`;
  try {
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
  } catch (failure) {
    if (failure.code !== NOT_ON_CHAIN) throw failure;
    const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
    const known = { chainId, chainName: "茶契 Chaqi", rpcUrls: [`${location.origin}/rpc`], nativeCurrency };
    await provider.request({ method: "wallet_addEthereumChain", params: [known] });
  }
}

function tell(message) {
  at("message").replaceChildren(...Object.entries(message).flatMap(([name, said]) => {
    const [term, detail] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    detail.textContent = Array.isArray(said) ? said.join("\n") : String(said);
    detail.className = "hash";
    return [term, detail];
  }));
}

async function follow(id) {
  at("follow").hidden = false;
  at("follow-link").href = `/acts/${id}`;
  const states = JSON.parse(form.dataset.states);
  for (;;) {
    const act = await ask(`/v1/acts/${id}`);
    const [zh, en] = states[act.state];
    if (act.state === "refused") return show(false, `${zh}：${act.error_words.zh}`, act.error_words.en);
    show(act.state === "mined" || act.state === "final" || undefined, zh, en);
    if (act.state === "final") return undefined;
    await new Promise((later) => setTimeout(later, 1000));
  }
}

async function sign() {
  const provider = wallets.get(at("wallet").value);
  const [signer] = await provider.request({ method: "eth_requestAccounts" });
  const fields = [...form.elements].filter((field) => field.name);
  const enclosures = await enclosed();
  const message = Object.fromEntries(fields.map((field) => [field.name, value(field)]));
  const prepared = await ask("/v1/acts/prepare", { act: form.dataset.act, message, signer });
  tell(prepared.typed_data.message);
  show(undefined, "请在钱包中核对并签署", "Compare with what your wallet shows, and sign there.");
  await enter(provider, Number(form.dataset.chain));
  const params = [signer, JSON.stringify(prepared.typed_data)];
  const signature = await provider.request({ method: "eth_signTypedData_v4", params });
  await follow((await ask("/v1/acts", { ...prepared.wire, ...enclosures, signature })).id);
}

if (form) {
  addEventListener("eip6963:announceProvider", ({ detail }) => offer(detail.info.name, detail.provider));
  dispatchEvent(new Event("eip6963:requestProvider"));
  if (window.ethereum) setTimeout(() => wallets.size || offer("window.ethereum", window.ethereum), 500);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.querySelector("button").disabled = true;
    try {
      await sign();
    } catch (failure) {
      show(false, failure.zh ?? "未签署", failure.en ?? String(failure.message ?? failure));
    }
    form.querySelector("button").disabled = false;
  });
}
