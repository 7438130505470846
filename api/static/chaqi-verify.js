"use strict";
// chaqi_verify.py in the browser: the same links, in the same order, by the same names. It asks no network for anything.
const ENCODER = new TextEncoder(), DECODER = new TextDecoder("utf-8", { fatal: true });
const QBFT_MIX_HASH = "63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365";
const FORM = {
  anchor: "attester,block_hash,contract,count,evidence,header,log,nodes,position,root",
  document: "anchor,file,index,leaf,path,salt,sha256,sm3",
};

class Broken extends Error {
  constructor(name, en, zh) { super(en); this.link = { name, ok: false, en, zh }; }
}
const keys = (value) => Object.keys(value).sort().join(",");
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const isHex = (text, size) => typeof text === "string" && /^0x([0-9a-f]{2})+$/.test(text) && (!size || text.length === 2 + 2 * size);
const isWhole = (value) => Number.isSafeInteger(value) && value >= 0;
const unhex = (text) => Uint8Array.from((text.replace(/^0x/, "").match(/../g) ?? []), (pair) => parseInt(pair, 16));
const join = (...parts) => {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
};
const same = (one, two) => hex(one) === hex(two);
const whole = (value) => unhex(BigInt(value) === 0n ? "" : BigInt(value).toString(16).replace(/^(.(..)*)$/, "0$1"));
const word = (value) => join(new Uint8Array(32 - whole(value).length), whole(value));
const number = (bytes) => (bytes.length ? BigInt("0x" + hex(bytes)) : 0n);

// ---- hashes --------------------------------------------------------------------------------------
function sha256(message) {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const part = (value) => ((value - Math.floor(value)) * 4294967296) | 0;
  const k = primes.map((prime) => part(Math.cbrt(prime)));
  const state = Int32Array.from(primes.slice(0, 8), (prime) => part(Math.sqrt(prime)));
  const padded = new Uint8Array(((message.length + 8) >> 6) * 64 + 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer), w = new Int32Array(64);
  view.setUint32(padded.length - 8, Math.floor(message.length / 0x20000000));
  view.setUint32(padded.length - 4, (message.length << 3) >>> 0);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  for (let block = 0; block < padded.length; block += 64) {
    for (let j = 0; j < 64; j++) {
      if (j < 16) { w[j] = view.getInt32(block + 4 * j); continue; }
      const a = w[j - 15], b = w[j - 2];
      w[j] = w[j - 16] + w[j - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let j = 0; j < 64; j++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[j] + w[j]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, place) => { state[place] += value; });
  }
  return unhex(Array.from(state, (value) => (value >>> 0).toString(16).padStart(8, "0")).join(""));
}

function keccak(message) {
  const rate = 136, mask = (1n << 64n) - 1n;
  const padded = new Uint8Array(Math.ceil((message.length + 1) / rate) * rate);
  padded.set(message);
  padded[message.length] = 1;
  padded[padded.length - 1] |= 0x80;
  const view = new DataView(padded.buffer);
  const turn = (lane, by) => ((lane << by) | (lane >> (64n - by))) & mask;
  let state = new Array(25).fill(0n);
  for (let start = 0; start < padded.length; start += rate) {
    for (let lane = 0; lane < rate / 8; lane++) state[lane] ^= view.getBigUint64(start + 8 * lane, true);
    for (let round = 0, lfsr = 1; round < 24; round++) {
      const c = [0, 1, 2, 3, 4].map((x) => state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]);
      state = state.map((lane, place) => lane ^ c[(place + 4) % 5] ^ turn(c[(place + 1) % 5], 1n));
      let x = 1, y = 0, current = state[1];
      for (let step = 0; step < 24; step++) {
        [x, y] = [y, (2 * x + 3 * y) % 5];
        const moved = turn(current, BigInt((((step + 1) * (step + 2)) / 2) % 64));
        [current, state[x + 5 * y]] = [state[x + 5 * y], moved];
      }
      for (let row = 0; row < 25; row += 5) {
        const lanes = state.slice(row, row + 5);
        for (let i = 0; i < 5; i++) state[row + i] = lanes[i] ^ (~lanes[(i + 1) % 5] & mask & lanes[(i + 2) % 5]);
      }
      for (let bit = 0; bit < 7; bit++) {
        if (lfsr & 1) state[0] ^= 1n << BigInt((1 << bit) - 1);
        lfsr = (lfsr << 1) ^ (lfsr & 0x80 ? 0x171 : 0);
      }
    }
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let lane = 0; lane < 4; lane++) out.setBigUint64(8 * lane, state[lane], true);
  return new Uint8Array(out.buffer);
}

// ---- RLP -----------------------------------------------------------------------------------------
function encode(item) {
  const header = (size, offset) => {
    const written = whole(size);
    return size < 56 ? Uint8Array.of(offset + size) : join(Uint8Array.of(offset + 55 + written.length), written);
  };
  if (item instanceof Uint8Array) return item.length === 1 && item[0] < 0x80 ? item : join(header(item.length, 0x80), item);
  const content = join(...item.map(encode));
  return join(header(content.length, 0xc0), content);
}

function decode(content, name) {
  const read = (at) => {
    const first = content[at];
    if (first === undefined) throw new Error("cut short");
    if (first < 0x80) return [content.slice(at, at + 1), at + 1];
    const listed = first >= 0xc0;
    let size = first - (listed ? 0xc0 : 0x80);
    at += 1;
    if (size > 55) {
      const width = size - 55;
      size = Number(number(content.slice(at, at + width)));
      at += width;
    }
    const end = at + size;
    if (end > content.length) throw new Error("cut short");
    if (!listed) return [content.slice(at, end), end];
    const items = [];
    while (at < end) {
      const [item, next] = read(at);
      items.push(item);
      at = next;
    }
    if (at !== end) throw new Error("an item reaches over its list");
    return [items, end];
  };
  try {
    const [item, end] = read(0);
    if (end !== content.length || !same(encode(item), content)) throw new Error("not canonical");
    return item;
  } catch (failure) {
    throw new Broken(name, `the ${name} is not RLP (${failure.message})`, "RLP 编码无法读取");
  }
}

// ---- secp256k1 -----------------------------------------------------------------------------------
const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const G = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
];
const modulo = (value, by) => ((value % by) + by) % by;
function power(base, exponent, by) {
  let result = 1n;
  for (base = modulo(base, by); exponent; exponent >>= 1n, base = (base * base) % by) if (exponent & 1n) result = (result * base) % by;
  return result;
}
const inverse = (value, by) => power(value, by - 2n, by);
function add(one, two) {
  if (!one || !two) return one ?? two;
  if (one[0] === two[0] && modulo(one[1] + two[1], P) === 0n) return null;
  const slope = one[0] === two[0]
    ? 3n * one[0] * one[0] * inverse(2n * one[1], P)
    : (two[1] - one[1]) * inverse(two[0] - one[0], P);
  const x = modulo(slope * slope - one[0] - two[0], P);
  return [x, modulo(slope * (one[0] - x) - one[1], P)];
}
function times(factor, point) {
  let total = null;
  for (; factor; factor >>= 1n, point = add(point, point)) if (factor & 1n) total = add(total, point);
  return total;
}
function recover(signed, seal) {
  if (seal.length !== 65 || seal[64] > 1) return null;
  const r = number(seal.slice(0, 32)), s = number(seal.slice(32, 64));
  if (!(r > 0n && r < N && s > 0n && s < N)) return null;
  const square = modulo(r ** 3n + 7n, P), y = power(square, (P + 1n) / 4n, P);
  if ((y * y) % P !== square) return null;
  const back = inverse(r, N), point = [r, y % 2n === BigInt(seal[64]) ? y : P - y];
  const key = add(times(modulo(-number(signed) * back, N), G), times((s * back) % N, point));
  return key && keccak(join(word(key[0]), word(key[1]))).slice(12);
}

// ---- the package ---------------------------------------------------------------------------------
function unzip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), files = new Map();
  try {
    let end = bytes.length - 22;
    while (view.getUint32(end, true) !== 0x06054b50) end--;
    let at = view.getUint32(end + 16, true);
    for (let left = view.getUint16(end + 10, true); left; left--) {
      if (view.getUint32(at, true) !== 0x02014b50 || view.getUint16(at + 10, true) !== 0) throw new Error("not stored");
      const size = view.getUint32(at + 24, true), length = view.getUint16(at + 28, true), local = view.getUint32(at + 42, true);
      const name = DECODER.decode(bytes.subarray(at + 46, at + 46 + length));
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      if (files.has(name) || start + size > bytes.length) throw new Error(`${name} is there twice or cut short`);
      files.set(name, bytes.slice(start, start + size));
      at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
  } catch (failure) {
    throw new Broken("package", `not a readable package (${failure.message})`, `无法读取的证据包（${failure.message}）`);
  }
  return files;
}

function canonical(content, name) {
  const written = (value) => {
    if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
    if (value && typeof value === "object") {
      return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${written(value[key])}`).join(",")}}`;
    }
    return JSON.stringify(value);
  };
  try {
    const value = JSON.parse(DECODER.decode(content));
    if (!same(ENCODER.encode(written(value) + "\n"), content)) throw new Error("not in canonical form");
    return value;
  } catch (failure) {
    throw new Broken("package", `${name}: ${failure.message}`, `${name} 不是规范形式的 JSON`);
  }
}

function open(bytes) {
  const files = unzip(bytes), bad = (en, zh) => { throw new Broken("package", en, zh); };
  if (!files.has("manifest.json")) bad("the manifest is missing", "缺少清单");
  const manifest = canonical(files.get("manifest.json"), "manifest.json");
  files.delete("manifest.json");
  if (keys(manifest) !== "files,format,version" || manifest.format !== "chaqi-evidence-package" || manifest.version !== 1) {
    bad("the manifest is of an unknown format", "清单格式未知");
  }
  if (keys(manifest.files) !== [...files.keys()].sort().join(",")) bad("the files are not those of the manifest", "文件与清单所列不一致");
  for (const [name, content] of files) {
    const found = hex(sha256(content));
    if (manifest.files[name] !== found) {
      bad(`${name} has SHA-256 ${found}, the manifest says ${manifest.files[name]}`, `${name} 的 SHA-256 为 ${found}，清单记载为 ${manifest.files[name]}`);
    }
  }
  if (!files.has("proof.json")) bad("proof.json is missing", "缺少 proof.json");
  const proof = canonical(files.get("proof.json"), "proof.json");
  let good = false;
  const used = new Set(["proof.json"]);
  try {
    good = keys(proof) === "anchors,documents,format,version" && proof.format === "chaqi-evidence-proof" && proof.version === 1;
    for (const anchor of proof.anchors) {
      good &&= keys(anchor) === FORM.anchor && anchor.nodes.every((node) => isHex(node)) && isHex(anchor.header);
      good &&= ["root", "evidence", "block_hash"].every((name) => isHex(anchor[name], 32)) && isHex(anchor.contract, 20);
      good &&= ["attester", "count", "log", "position"].every((name) => isWhole(anchor[name]));
    }
    for (const one of proof.documents) {
      good &&= keys(one) === FORM.document && isHex(one.leaf, 32) && isHex(one.salt, 32) && one.path.length <= 64;
      good &&= isHex("0x" + one.sha256, 32) && isHex("0x" + one.sm3, 32) && isWhole(one.index);
      good &&= isWhole(one.anchor) && one.anchor < proof.anchors.length;
      good &&= one.path.every((step) => ["left", "right"].includes(keys(step)) && isHex(Object.values(step)[0], 32));
      good &&= one.file === null || files.has(one.file);
      used.add(one.file);
    }
  } catch { good = false; }
  if (!good) bad("proof.json is malformed", "proof.json 格式错误");
  if ([...files.keys()].some((name) => !used.has(name))) bad("a file of the package is in no proof", "包内有文件不在证明之中");
  return { files, proof };
}

// ---- the links -----------------------------------------------------------------------------------
function sides(index, count) {
  const found = [];
  for (; count > 1; index = Math.floor(index / 2), count = Math.ceil(count / 2)) if (index % 2 || index !== count - 1) found.push(index % 2 === 0);
  return found.join();
}

function* checkDocument(one, anchor, content) {
  if (!content) {
    yield { name: "document", en: "the document was not given: only its digests are followed", zh: "未提供文件：仅依据其摘要核验" };
  } else {
    for (const [label, found, stated] of [["SHA-256", hex(sha256(content)), one.sha256], ["SM3", sm3(content), one.sm3]]) {
      if (found !== stated) throw new Broken("document", `its ${label} is ${found}, the proof is for ${stated}: not the same content`, `${label} 为 ${found}，证明对应 ${stated}：内容不一致`);
    }
    yield { name: "document", en: `${content.length} bytes, SHA-256 ${one.sha256}, SM3 ${one.sm3}`, zh: `${content.length} 字节，SHA-256 ${one.sha256}，SM3 ${one.sm3}` };
  }
  const prefix = join(Uint8Array.of(0), ENCODER.encode("chaqi-evidence-v1"), Uint8Array.of(0));
  let node = sha256(join(prefix, unhex(one.salt), unhex(one.sha256), unhex(one.sm3)));
  if ("0x" + hex(node) !== one.leaf) throw new Broken("leaf", `salt and digests make leaf 0x${hex(node)}, the proof says ${one.leaf}`, `盐值与摘要得到叶子 0x${hex(node)}，证明为 ${one.leaf}`);
  yield { name: "leaf", en: `leaf ${one.leaf}`, zh: `叶子 ${one.leaf}` };
  if (!(one.index < anchor.count) || one.path.map((step) => "right" in step).join() !== sides(one.index, anchor.count)) {
    throw new Broken("path", `the path's sides are not those of leaf ${one.index} of ${anchor.count}`, `路径方向与第 ${one.index} 个叶子（共 ${anchor.count} 个）不符`);
  }
  for (const step of one.path) node = sha256("right" in step ? join(node, unhex(step.right)) : join(unhex(step.left), node));
  if ("0x" + hex(node) !== anchor.root) throw new Broken("path", `the path leads to 0x${hex(node)}, not to the root ${anchor.root}`, `路径通向 0x${hex(node)}，而非根 ${anchor.root}`);
  yield { name: "path", en: `leaf ${one.index} of ${anchor.count} leads to root ${anchor.root}`, zh: `第 ${one.index} 个叶子（共 ${anchor.count} 个）通向根 ${anchor.root}` };
}

function fromTrie(root, position, nodes) {
  let key = hex(encode(whole(position))), expected = root;
  const remaining = nodes.map(unhex);
  try {
    for (;;) {
      let node = expected;
      if (expected instanceof Uint8Array) {
        const encoded = remaining.shift();
        if (!same(keccak(encoded), expected)) throw new Error("a node does not have the hash its parent names");
        node = decode(encoded, "receipt");
      }
      if (node.length === 17) {
        expected = node[parseInt(key[0], 16)];
        key = key.slice(1);
        continue;
      }
      const path = hex(node[0]), leaf = "23".includes(path[0]), rest = "13".includes(path[0]) ? path.slice(1) : path.slice(2);
      if (leaf && rest === key && !remaining.length) return node[1];
      if (leaf || !key.startsWith(rest)) throw new Error("there is nothing at that position");
      expected = node[1];
      key = key.slice(rest.length);
    }
  } catch (failure) {
    if (failure instanceof Broken) throw failure;
    throw new Broken("receipt", `the proof does not lead from the receipts root to receipt ${position}: ${failure.message}`, `证明无法由收据根推导至第 ${position} 份收据`);
  }
}

function eventTime(receipt, anchor, contract) {
  let data;
  try {
    const [status, , , logs] = receipt, [address, topics, found] = logs[anchor.log];
    const signature = keccak(ENCODER.encode("Anchored(bytes32,uint64,bytes32,uint32,uint8,uint64)"));
    const wanted = [signature, unhex(anchor.evidence), word(anchor.attester)];
    const holds = same(status, [1]) && same(address, unhex(anchor.contract)) && topics.length === 3
      && topics.every((topic, place) => same(topic, wanted[place])) && found.length === 128
      && same(found.slice(0, 96), join(unhex(anchor.root), word(anchor.count), word(1)));
    if (holds) data = found;
  } catch { data = undefined; }
  if (!data) throw new Broken("event", `log ${anchor.log} of the receipt is not this root's Anchored event of that contract`, `收据第 ${anchor.log} 条日志不是该合约对此根的 Anchored 事件`);
  if (contract && contract.toLowerCase() !== anchor.contract) throw new Broken("event", `it is an event of ${anchor.contract}, not of ${contract}`, `该事件属于 ${anchor.contract}，而非 ${contract}`);
  return number(data.slice(96));
}

function* checkAnchor(anchor, contract, trusted) {
  const evidence = "0x" + hex(keccak(join(word(anchor.attester), unhex(anchor.root))));
  if (evidence !== anchor.evidence) throw new Broken("evidence", `attester ${anchor.attester} and this root make ${evidence}, not ${anchor.evidence}`, `参与方 ${anchor.attester} 与该根对应 ${evidence}，而非 ${anchor.evidence}`);
  yield { name: "evidence", en: `evidence ${evidence} of attester (party) ${anchor.attester}`, zh: `参与方 ${anchor.attester} 的证据 ${evidence}` };
  const header = decode(unhex(anchor.header), "header");
  if (!Array.isArray(header) || header.length < 15 || header.some(Array.isArray)) throw new Broken("header", "the block's header is unreadable", "区块头无法读取");
  const found = fromTrie(header[5], anchor.position, anchor.nodes);
  const at = eventTime(decode(found[0] < 0xc0 ? found.slice(1) : found, "receipt"), anchor, contract);
  const when = at < 2n ** 37n ? new Date(Number(at) * 1000).toISOString() : String(at);
  yield { name: "event", en: `contract ${anchor.contract} (${contract ? "the contract you named" : "compare the address with the published one"}) recorded the root at ${when}`, zh: `合约 ${anchor.contract}（${contract ? "即您指定的合约" : "请与公布的地址核对"}）于 ${when} 记录该根` };
  yield { name: "receipt", en: `the event is in receipt ${anchor.position} under the block's receipts root`, zh: `该事件位于区块收据根下的第 ${anchor.position} 份收据` };
  const qbft = hex(header[13]) === QBFT_MIX_HASH;
  const parts = qbft ? decode(header[12], "seal") : null;
  if (qbft && !(Array.isArray(parts) && parts.length === 5 && Array.isArray(parts[1]) && !parts[1].some(Array.isArray) && Array.isArray(parts[4]))) {
    throw new Broken("seal", "the block's extraData holds no QBFT seals", "区块 extraData 中没有 QBFT 签章");
  }
  const reduced = (round) => header.map((part, place) => (place === 12 ? encode([parts[0], parts[1], parts[2], round, []]) : part));
  const hash = "0x" + hex(keccak(encode(qbft ? reduced(new Uint8Array(0)) : header)));
  if (hash !== anchor.block_hash) throw new Broken("header", `the header's hash is ${hash}, the proof says ${anchor.block_hash}`, `区块头哈希为 ${hash}，证明为 ${anchor.block_hash}`);
  if (number(header[11]) !== at) throw new Broken("header", `the header is of ${number(header[11])}, the event of ${at}`, `区块时间与事件时间不符`);
  yield { name: "header", en: `block ${number(header[8])} ${hash}`, zh: `区块 ${number(header[8])} ${hash}` };
  if (!qbft) {
    if (trusted?.length) throw new Broken("seal", "the block carries no validators' seals", "区块没有验证节点签章");
    yield { name: "seal", en: "single development node: nobody else vouches for this block", zh: "单一开发节点：没有其他节点为此区块背书" };
    return;
  }
  const validators = new Set(parts[1].map(hex)), signed = keccak(encode(reduced(parts[3]))), signers = new Set();
  if (trusted?.length && trusted.map((one) => one.toLowerCase().replace(/^0x/, "")).sort().join() !== [...validators].sort().join()) {
    throw new Broken("seal", "the block's validators are not those you named", "区块的验证节点与您指定的不一致");
  }
  for (const seal of parts[4]) {
    const key = seal instanceof Uint8Array ? recover(signed, seal) : null, signer = key && hex(key);
    if (!signer || !validators.has(signer) || signers.has(signer)) throw new Broken("seal", "a committed seal is not by a validator of the block, or is there twice", "有签章不属于该区块的验证节点，或重复出现");
    signers.add(signer);
  }
  const total = validators.size, quorum = Math.ceil((2 * total) / 3);
  if (!total || signers.size < quorum) throw new Broken("seal", `${signers.size} of ${total} validators sealed the block, ${quorum} are needed`, `${total} 个验证节点中仅 ${signers.size} 个签章，需要 ${quorum} 个`);
  const names = [...signers].sort().map((one) => "0x" + one).join(", ");
  yield { name: "seal", en: `sealed by ${signers.size} of ${total} validators, ${quorum} are needed (${trusted?.length ? "those you named" : "compare them with the published ones"}): ${names}`, zh: `${total} 个验证节点中 ${signers.size} 个签章，需要 ${quorum} 个（${trusted?.length ? "即您指定的节点" : "请与公布的名单核对"}）：${names}` };
}

// ---- token → imprint → signature → usage → chain -------------------------------------------------
const oid = (dotted) => {
  const [first, second, ...arcs] = dotted.split(".").map(Number), groups = (arc) => (arc < 128 ? [arc] : [...groups(Math.floor(arc / 128)).map((one) => one | 128), arc % 128]);
  return hex(Uint8Array.from([40 * first + second, ...arcs.flatMap(groups)]));
};
const SHA256 = oid("2.16.840.1.101.3.4.2.1"), RSA_KEY = oid("1.2.840.113549.1.1.1"), RSA_SHA256 = oid("1.2.840.113549.1.1.11");
const SIGNED_DATA = oid("1.2.840.113549.1.7.2"), TST_INFO = oid("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE = oid("1.2.840.113549.1.9.3"), MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4"), SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47");
const BASIC_CONSTRAINTS = oid("2.5.29.19"), KEY_USAGE = oid("2.5.29.15"), EXTENDED_USAGE = oid("2.5.29.37");
const UNDERSTOOD = [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_USAGE, oid("2.5.29.17"), oid("2.5.29.32")];
const expect = (holds, words = "another structure than is expected") => { if (!holds) throw new Error(words); };

function elementAt(bytes, at) {
  const start = at, tag = bytes[at];
  let size = bytes[at + 1];
  expect(size !== undefined && (tag & 0x1f) !== 0x1f, "not DER");
  at += 2;
  if (size & 0x80) {
    const width = size & 0x7f;
    size = Number(number(bytes.slice(at, at + width)));
    at += width;
    expect(width > 0 && width < 5 && size >= 0x80 && size >= 256 ** (width - 1), "not DER");
  }
  expect(at + size <= bytes.length, "cut short");
  return { tag, content: bytes.slice(at, at + size), whole: bytes.slice(start, at + size) };
}
function der(bytes, tag = 0x30) {
  const found = elementAt(bytes, 0);
  expect(found.whole.length === bytes.length && found.tag === tag);
  return found;
}
function parts(element, ...tags) {
  const found = [];
  for (let at = 0; at < element.content.length; at += found.at(-1).whole.length) found.push(elementAt(element.content, at));
  expect(tags.every((tag, place) => found[place]?.tag === tag));
  return found;
}
function instant(element) {
  let text = DECODER.decode(element.content);
  if (element.tag === 0x17) text = (text.slice(0, 2) >= "50" ? "19" : "20") + text;
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text);
  expect(found);
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  expect(new Date(at).toISOString().replace(/\D/g, "").slice(0, 14) === found.slice(1, 7).join(""));
  return at + Math.floor(Number(found[7] ?? 0) * 1000);
}
function readCertificate(bytes) {
  const [body, algorithm, signature] = parts(der(bytes), 0x30, 0x30, 0x03), [, serial, inner, issuer, validity, subject, key, ...rest] = parts(body, 0xa0);
  expect(same(inner.whole, algorithm.whole) && signature.content[0] === 0);
  const [since, until] = parts(validity).map(instant), extensions = new Map();
  for (const part of rest.filter((one) => one.tag === 0xa3)) {
    for (const extension of parts(der(part.content))) {
      const [identifier, ...more] = parts(extension, 0x06);
      expect(!extensions.has(hex(identifier.content)) && more.length);
      extensions.set(hex(identifier.content), { critical: more.length > 1, value: more.at(-1).content });
    }
  }
  return { whole: bytes, signed: body.whole, serial: hex(serial.content), issuer: hex(issuer.whole), subject: hex(subject.whole), since, until, key, extensions, algorithm, signature: signature.content.slice(1), get name() { return new TextDecoder().decode(parts(parts(parts(subject).at(-1), 0x30)[0], 0x06)[1].content); } };
}
function holdsSignature(key, algorithm, message, signature) {
  const [used, ...parameters] = parts(algorithm, 0x06), [kind, bits] = parts(key, 0x30, 0x03);
  const known = [RSA_KEY, RSA_SHA256].includes(hex(used.content)) && ["", "0500"].includes(parameters.map((one) => hex(one.whole)).join(""));
  expect(known && hex(parts(kind, 0x06)[0].content) === RSA_KEY && bits.content[0] === 0, "an algorithm that this page does not know; chaqi_verify.py may know it");
  const [modulus, exponent] = parts(der(bits.content.slice(1)), 0x02, 0x02).map((one) => number(one.content));
  const size = whole(modulus).length, ending = "003031300d060960864801650304020105000420" + hex(sha256(message));
  const wanted = "0001" + "ff".repeat(size - ending.length / 2 - 2) + ending;
  return signature.length === size && power(number(signature), exponent, modulus) === BigInt("0x" + wanted);
}
function digestKind(algorithm) {
  const [identifier, ...parameters] = parts(algorithm, 0x06);
  expect(hex(identifier.content) === SHA256 && ["", "0500"].includes(parameters.map((one) => hex(one.whole)).join("")), "a digest that this page does not know; chaqi_verify.py may know it");
}
function readToken(bytes) {
  const [kind, content] = parts(der(bytes), 0x06, 0xa0), [version, digests, body, ...rest] = parts(der(content.content), 0x02, 0x31, 0x30);
  const [bodyKind, bodyContent] = parts(body, 0x06, 0xa0), info = der(der(bodyContent.content, 0x04).content), fields = parts(info, 0x02, 0x06, 0x30, 0x02, 0x18);
  const certificates = rest.filter((part) => part.tag === 0xa0).flatMap((part) => parts(part)).map((one) => readCertificate(one.whole));
  expect(hex(kind.content) === SIGNED_DATA && hex(bodyKind.content) === TST_INFO && hex(version.content) === "03" && hex(fields[0].content) === "01");
  expect(rest.at(-1)?.tag === 0x31);
  const signers = parts(rest.at(-1), 0x30), digest = parts(signers[0], 0x02, 0x30, 0x30, 0xa0)[2], [hashed, imprint] = parts(fields[2], 0x30, 0x04);
  expect(signers.length === 1 && parts(digests).some((one) => same(one.whole, digest.whole)));
  digestKind(digest);
  digestKind(hashed);
  let micros = 0;
  if (fields[5]?.tag === 0x30) {
    for (const part of parts(fields[5])) {
      const scale = { 0x02: 1e6, 0x80: 1e3, 0x81: 1 }[part.tag];
      expect(scale);
      micros += scale * Number(number(part.content));
    }
  }
  return { info, signer: signers[0], certificates, imprint: hex(imprint.content), at: instant(fields[4]), accuracy: Math.ceil(micros / 1000) };
}
function signerOf(token) {
  const [version, named, , attributes, algorithm, value] = parts(token.signer, 0x02, 0x30, 0x30, 0xa0, 0x30, 0x04), [issuer, serial] = parts(named, 0x30, 0x02);
  const found = token.certificates.filter((one) => one.issuer === hex(issuer.whole) && one.serial === hex(serial.content));
  if (hex(version.content) !== "01" || found.length !== 1) throw new Broken("signature", "the certificate that it names is not in it", "令牌中没有其所指的证书");
  const attested = new Map();
  for (const attribute of parts(attributes)) {
    const [kind, values] = parts(attribute, 0x06, 0x31), one = parts(values);
    expect(one.length === 1);
    attested.set(hex(kind.content), one[0]);
  }
  const attribute = (kind) => { expect(attested.has(kind)); return attested.get(kind); };
  if (hex(attribute(CONTENT_TYPE).content) !== TST_INFO) throw new Broken("signature", "what was signed is no time-stamp", "被签内容不是时间戳");
  if (!same(attribute(MESSAGE_DIGEST).content, sha256(token.info.whole))) throw new Broken("signature", "the time-stamp was changed after it was signed", "时间戳在签名之后被改动");
  let stated = parts(parts(parts(attribute(SIGNING_CERTIFICATE_V2), 0x30)[0], 0x30)[0]);
  if (stated[0]?.tag === 0x30) { digestKind(stated[0]); stated = stated.slice(1); }
  if (!same(stated[0]?.content ?? [], sha256(found[0].whole))) throw new Broken("signature", "what was signed names another certificate", "被签内容所指为另一证书");
  if (!holdsSignature(found[0].key, algorithm, join(Uint8Array.of(0x31), attributes.whole.slice(1)), value.content)) {
    throw new Broken("signature", `it was not signed by the key of ${found[0].name}`, `并非由 ${found[0].name} 的密钥签名`);
  }
  return found[0];
}
function issuedBy(issuer, current, below) {
  const constraints = issuer.extensions.get(BASIC_CONSTRAINTS), usage = issuer.extensions.get(KEY_USAGE);
  if (issuer.subject !== current.issuer || !constraints) return false;
  const [authority, longest] = parts(der(constraints.value));
  if (!authority || hex(authority.whole) !== "0101ff" || (longest && issuer !== current && Number(number(longest.content)) < below)) return false;
  if (usage && !(der(usage.value, 0x03).content[1] & 0x04)) return false;
  return holdsSignature(issuer.key, current.algorithm, current.signed, current.signature);
}
function chainOf(certificate, token, trusted) {
  if (!trusted.length) throw new Broken("chain", "no certificate of its authority is in the package: give it with --trust", "证据包中没有其签发机构的证书：请以 --trust 提供");
  let current = certificate;
  for (let below = 0; below < 8; below++) {
    if (token.at < current.since || token.at > current.until) throw new Broken("chain", `the certificate of ${current.name} was not valid at that time`, `${current.name} 的证书在该时间不在有效期内`);
    for (const [identifier, { critical }] of current.extensions) expect(!critical || UNDERSTOOD.includes(identifier), `critical extension ${identifier} is unknown to this page`);
    if (current.subject === current.issuer && !issuedBy(current, current, below)) break;
    if (trusted.some((one) => same(one.whole, current.whole))) return current;
    const found = [...trusted, ...token.certificates].find((one) => !same(one.whole, current.whole) && issuedBy(one, current, below));
    if (!found) break;
    current = found;
  }
  throw new Broken("chain", `the certificate of ${current.name} leads to no authority that is trusted`, `${current.name} 的证书不可追溯至受信机构`);
}
function* checkStamp(stated) {
  const bytes = (text) => { expect(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)); return Uint8Array.from(atob(text), (one) => one.charCodeAt(0)); };
  let name = "token";
  try {
    const token = readToken(bytes(stated.timestamp.token)), when = new Date(token.at).toISOString().replace(".000Z", "+00:00");
    if (stated.timestamp.generated_at_ms !== token.at || stated.timestamp.accuracy_ms !== token.accuracy) throw new Broken(name, `the envelope states another time than the token's ${when}`, `来源信封载明的时间与令牌的 ${when} 不符`);
    yield { name, en: `a time-stamp of ${when} ± ${token.accuracy} ms`, zh: `时间戳 ${when} ± ${token.accuracy} 毫秒` };
    name = "imprint";
    if (token.imprint !== stated.document.sha256) throw new Broken(name, `it stamps sha256 ${token.imprint}, not the document's SHA-256`, `所盖摘要为 sha256 ${token.imprint}，并非该文件的 SHA-256`);
    yield { name, en: `it stamps the document's SHA-256 ${token.imprint}`, zh: `所盖即该文件的 SHA-256 ${token.imprint}` };
    name = "signature";
    const certificate = signerOf(token), usage = certificate.extensions.get(EXTENDED_USAGE);
    yield { name, en: `signed by ${certificate.name}`, zh: `由 ${certificate.name} 签名` };
    name = "usage";
    if (!usage?.critical || hex(usage.value) !== "300a0608" + oid("1.3.6.1.5.5.7.3.8")) throw new Broken(name, "its certificate is not for time-stamping alone, critically", "证书的扩展用途不是唯一且关键的时间戳用途");
    yield { name, en: "its certificate is for time-stamping and nothing else", zh: "证书仅用于时间戳" };
    name = "chain";
    const root = chainOf(certificate, token, (stated.authorities ?? []).map((one) => readCertificate(bytes(one))).filter((one) => one.subject === one.issuer));
    const print = hex(sha256(root.whole));
    yield { name, en: `led to ${root.name} at that time: compare its SHA-256 fingerprint ${print} with the published one`, zh: `当时可追溯至 ${root.name}：请将其 SHA-256 指纹 ${print} 与公布的指纹核对` };
  } catch (failure) {
    if (failure instanceof Broken) throw failure;
    throw new Broken(name, `the time-stamp cannot be read or checked here (${failure.message})`, `无法读取或核验时间戳（${failure.message}）`);
  }
}

function envelopeOf(content) {
  try {
    const value = JSON.parse(DECODER.decode(content));
    return value.format === "chaqi-evidence-envelope" && value.document.sha256 && value.document.sm3 ? value : null;
  } catch { return null; }
}

function verify(bytes, supplied = [], contract = null, validators = null) {
  const links = [];
  let about = "";
  const put = (link) => links.push({ about, ok: true, ...link });
  try {
    const { files, proof } = open(bytes), envelopes = new Set(), stamped = [], given = new Map(supplied.map((one) => [hex(sha256(one)), one]));
    put({ name: "package", en: `${files.size} files, as the manifest lists them`, zh: `${files.size} 个文件，与清单一致` });
    const title = (one, place) => one.file ?? `document ${place + 1}`;
    proof.documents.forEach((one, place) => {
      about = title(one, place);
      const content = one.file ? files.get(one.file) : given.get(one.sha256);
      if (!one.file) given.delete(one.sha256);
      for (const link of checkDocument(one, proof.anchors[one.anchor], content)) put(link);
      const stated = content && envelopeOf(content);
      if (stated) {
        envelopes.add(`${stated.document.sha256} ${stated.document.sm3} ${one.anchor}`);
        stamped.push([about, stated]);
      }
    });
    if (given.size) throw new Broken("document", `a file you gave is in no proof of this package: SHA-256 ${[...given.keys()]}`, `所提供的文件不在本证据包中：SHA-256 ${[...given.keys()]}`);
    for (const anchor of proof.anchors) {
      about = anchor.evidence;
      for (const link of checkAnchor(anchor, contract, validators)) put(link);
    }
    for (const [envelope, stated] of stamped) {
      about = envelope;
      for (const link of checkStamp(stated)) put(link);
    }
    proof.documents.forEach((one, place) => {
      if (one.file && envelopeOf(files.get(one.file))) return;
      about = title(one, place);
      put(envelopes.has(`${one.sha256} ${one.sm3} ${one.anchor}`)
        ? { name: "origin", en: "its envelope, anchored with it, states where it comes from", zh: "其来源信封已一并存证，载明来源" }
        : { name: "origin", en: "integrity only, origin unproven: no envelope was anchored with it", zh: "仅证明完整性，来源未证明：没有与其一并存证的来源信封" });
    });
  } catch (failure) {
    if (!(failure instanceof Broken)) throw failure;
    links.push({ about, ...failure.link });
  }
  return links;
}

if (typeof document !== "undefined") {
  const at = (id) => document.getElementById(id);
  const read = async (file) => new Uint8Array(await file.arrayBuffer());
  at("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = (id) => at(id).value.trim().split(/[\s,]+/).filter(Boolean);
    const supplied = await Promise.all([...at("documents").files].map(read));
    const links = verify(await read(at("package").files[0]), supplied, words("contract")[0] ?? null, words("validators"));
    const ok = links.at(-1).ok;
    at("verdict").textContent = ok ? "✔ 核验通过 VERIFIED" : `✘ 核验不通过 NOT VERIFIED: ${links.at(-1).name}`;
    at("verdict").className = ok ? "good" : "bad";
    at("links").replaceChildren(...links.map((link) => {
      const item = document.createElement("li");
      item.className = link.ok ? "" : "bad";
      item.textContent = `${link.ok ? "✔" : "✘"} ${link.name} ${link.about ? `[${link.about}] ` : ""}${link.zh} · ${link.en}`;
      return item;
    }));
  });
}
if (typeof module !== "undefined") module.exports = { verify, checkStamp };
