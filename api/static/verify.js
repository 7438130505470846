"use strict";
const LARGEST = 512 * 1024 * 1024;
const at = (id) => document.getElementById(id);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");

function show(state, zh, en, links) {
  at("verdict").hidden = false;
  at("conclusion").textContent = `${{ whole: "✔", pending: "…", broken: "✘" }[state] ?? "✘"} ${zh}`;
  at("conclusion").className = state === "whole" ? "good" : state === "pending" ? "" : "bad";
  at("conclusion-en").textContent = en;
  at("links").replaceChildren(...links.map((link) => {
    const item = document.createElement("li");
    item.textContent = `${link.ok ? "✔" : "✘"} ${link.zh} · ${link.en}`;
    if (!link.ok) item.className = "broken";
    return item;
  }));
  at("verdict").scrollIntoView({ behavior: "smooth" });
}

async function stated(file) {
  if (!file) return null;
  if (file.size > LARGEST) throw new Error("文件超过 512 MB，请使用 chaqi verify · too large here, use `chaqi verify`");
  if (!crypto.subtle) throw new Error("浏览器仅在 https 或本机提供 SHA-256 · SHA-256 needs https or localhost");
  const content = await file.arrayBuffer();
  return { size: file.size, sha256: hex(await crypto.subtle.digest("SHA-256", content)), sm3: sm3(new Uint8Array(content)) };
}

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const receipt = JSON.parse(await at("receipt").files[0].text());
    const answer = await fetch("/v1/evidence/verify", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ receipt, document: await stated(at("document").files[0]) }),
    });
    const said = await answer.json();
    if (!answer.ok) return show("broken", said.detail_zh, said.detail, []);
    show(said.conclusion.code, said.conclusion.zh, said.conclusion.en, said.links);
  } catch (failure) {
    show("broken", "无法核验", String(failure.message ?? failure), []);
  }
});
