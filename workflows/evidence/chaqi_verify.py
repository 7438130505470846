#!/usr/bin/env python3
"""chaqi-verify: checks an evidence package of Chaqi (茶契) offline. One file, Python's standard library, nothing else.

    python3 chaqi_verify.py PACKAGE.zip [DOCUMENT ...] [--contract 0x…] [--validator 0x… …] [--trust CA.pem …]

Link by link, each in plain words, from a document's bytes to the signatures under the block that recorded them:

    package → document → leaf → path → evidence → event → receipt → header → seal
    of each envelope's time-stamp: token → imprint → signature → usage → chain
    → origin

The first link that does not hold ends the chain, is named, and makes the exit code 1. A whole chain proves that these
bytes existed when the block was made and that the attester vouched for them; not that they are true (在线诉讼规则
16, 18). Offline nobody can see whether the attester revoked the batch later, nor whether an authority revoked the
certificate of its time-stamps: ask the ledger, and the authority, for that.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE, PROOF, ENVELOPE = "chaqi-evidence-package", "chaqi-evidence-proof", "chaqi-evidence-envelope"
LEAF_PREFIX = b"\x00chaqi-evidence-v1\x00"
QBFT_MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
PROOF_KEYS = {"anchors", "documents", "format", "version"}
ANCHOR_KEYS = {"attester", "block_hash", "contract", "count", "evidence", "header", "log", "nodes", "position", "root"}
DOCUMENT_KEYS = {"anchor", "file", "index", "leaf", "path", "salt", "sha256", "sm3"}
LONGEST_PATH = 64


class Link(NamedTuple):
    """One link: a stable name, what it is about, whether it holds, and what was found in both languages."""

    name: str
    about: str
    ok: bool
    en: str
    zh: str


class Broken(Exception):
    """A link that does not hold."""

    def __init__(self, name: str, en: str, zh: str) -> None:
        super().__init__(en)
        self.link = (name, en, zh)


def verify(
    package: bytes,
    supplied: list[bytes] | None = None,
    contract: str | None = None,
    validators: list[str] | None = None,
    authorities: list[bytes] | None = None,
) -> list[Link]:
    """Every link of a package, up to the first broken one; `supplied` are documents that are not in it.

    `authorities`: certificates (DER) that time-stamps must lead to; without any, those that an envelope names.
    """
    links: list[Link] = []
    about = ""
    try:
        files = open_package(package)
        proof = read_proof(files)
        links.append(_holds("package", "", f"{len(files)} files, as the manifest lists them",
                            f"{len(files)} 个文件，与清单一致"))  # fmt: skip
        extra = {hashlib.sha256(content).hexdigest(): content for content in supplied or []}
        envelopes: set[tuple[str, str, int]] = set()
        stamped: list[tuple[str, dict[str, Any]]] = []
        for number, document in enumerate(proof["documents"], 1):
            about = document["file"] or f"document {number}"
            anchor = proof["anchors"][document["anchor"]]
            content = files[document["file"]] if document["file"] else extra.pop(document["sha256"], None)
            for link in check_document(document, anchor, content):
                links.append(link._replace(about=about))
            stated = envelope_of(content)
            if stated is not None:
                envelopes.add((stated["document"]["sha256"], stated["document"]["sm3"], document["anchor"]))
                stamped.append((about, stated))
        if extra:
            raise Broken("document", "a file you gave is in no proof of this package: SHA-256 " + ", ".join(extra),
                         "所提供的文件不在本证据包中：SHA-256 " + "、".join(extra))  # fmt: skip
        for anchor in proof["anchors"]:
            about = anchor["evidence"]
            for link in check_anchor(anchor, contract, validators):
                links.append(link._replace(about=about))
        for about, stated in stamped:
            for link in check_stamp(stated, authorities):
                links.append(link._replace(about=about))
        for number, document in enumerate(proof["documents"], 1):
            content = files[document["file"]] if document["file"] else None
            if envelope_of(content) is None:
                about = document["file"] or f"document {number}"
                stated_with_it = (document["sha256"], document["sm3"], document["anchor"]) in envelopes
                links.append(_origin(stated_with_it, about))
    except Broken as broken:
        name, en, zh = broken.link
        links.append(Link(name, about, False, en, zh))
    return links


# ---- the package ---------------------------------------------------------------------------------


def open_package(package: bytes) -> dict[str, bytes]:
    """The files of a package, each as its manifest states it."""
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            names = archive.namelist()
            files = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as failure:
        raise Broken("package", f"not a readable zip file ({failure})", f"无法读取的压缩包（{failure}）") from failure
    if len(names) != len(files) or "manifest.json" not in files:
        raise Broken("package", "the manifest is missing, or a name is there twice", "缺少清单，或文件名重复")
    manifest = canonical(files.pop("manifest.json"), "manifest.json")
    stated = manifest.get("files")
    if set(manifest) != {"files", "format", "version"} or (manifest["format"], manifest["version"]) != (PACKAGE, 1):
        raise Broken("package", "the manifest is of an unknown format", "清单格式未知")
    if not isinstance(stated, dict) or set(stated) != set(files):
        raise Broken("package", "the files are not those of the manifest", "文件与清单所列不一致")
    for name, content in files.items():
        found = hashlib.sha256(content).hexdigest()
        if stated[name] != found:
            raise Broken("package", f"{name} has SHA-256 {found}, the manifest says {stated[name]}",
                         f"{name} 的 SHA-256 为 {found}，清单记载为 {stated[name]}")  # fmt: skip
    return files


def read_proof(files: dict[str, bytes]) -> dict[str, Any]:
    """The proof, with every part in its form."""
    if "proof.json" not in files:
        raise Broken("package", "proof.json is missing", "缺少 proof.json")
    proof = canonical(files["proof.json"], "proof.json")
    try:
        good = set(proof) == PROOF_KEYS and (proof["format"], proof["version"]) == (PROOF, 1)
        used = set()
        for anchor in proof["anchors"]:
            good = good and set(anchor) == ANCHOR_KEYS and all(_is_hex(node) for node in anchor["nodes"])
            good = good and all(_is_hex(anchor[name], size) for name, size in (
                ("root", 32), ("evidence", 32), ("contract", 20), ("block_hash", 32), ("header", None)))  # fmt: skip
            good = good and all(_is_whole(anchor[name]) for name in ("attester", "count", "log", "position"))
        for document in proof["documents"]:
            good = good and set(document) == DOCUMENT_KEYS and len(document["path"]) <= LONGEST_PATH
            good = good and all(_is_hex(document[name], 32) for name in ("leaf", "salt"))
            good = good and all(_is_hex("0x" + document[name], 32) for name in ("sha256", "sm3"))
            good = good and _is_whole(document["index"]) and _is_whole(document["anchor"])
            good = good and document["anchor"] < len(proof["anchors"])
            for step in document["path"]:
                ((side, sibling),) = step.items()
                good = good and side in ("left", "right") and _is_hex(sibling, 32)
            if document["file"] is not None:
                good = good and document["file"] in files
            used.add(document["file"])
    except (KeyError, TypeError, ValueError, AttributeError) as failure:
        raise Broken(
            "package", f"proof.json is malformed ({failure})", f"proof.json 格式错误（{failure}）"
        ) from failure
    if not good:
        raise Broken("package", "proof.json is malformed", "proof.json 格式错误")
    if set(files) - used - {"proof.json"}:
        raise Broken("package", "a file of the package is in no proof", "包内有文件不在证明之中")
    return proof


def canonical(content: bytes, name: str) -> dict[str, Any]:
    """JSON in the one form that it has here, so that no byte is without meaning."""
    try:
        value = json.loads(content)
        again = to_canonical(value)
    except (ValueError, RecursionError) as failure:
        raise Broken("package", f"{name} is not JSON", f"{name} 不是 JSON") from failure
    if again != content or not isinstance(value, dict):
        raise Broken("package", f"{name} is not in canonical form", f"{name} 不是规范形式")
    return value


def to_canonical(value: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8, one line."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


# ---- document → leaf → path → evidence -----------------------------------------------------------


def check_document(document: dict[str, Any], anchor: dict[str, Any], content: bytes | None) -> Iterator[Link]:
    """From a document's bytes to the root of its batch."""
    sha256, sm3 = document["sha256"], document["sm3"]
    if content is None:
        yield _holds("document", "", "the document was not given: only its digests are followed",
                            "未提供文件：仅依据其摘要核验")  # fmt: skip
    else:
        for label, found, stated in (
            ("SHA-256", hashlib.sha256(content).hexdigest(), sha256),
            ("SM3", sm3_of(content).hex(), sm3),
        ):
            if found != stated:
                raise Broken("document", f"its {label} is {found}, the proof is for {stated}: not the same content",
                             f"{label} 为 {found}，证明对应 {stated}：内容不一致")  # fmt: skip
        yield _holds("document", "", f"{len(content)} bytes, SHA-256 {sha256}, SM3 {sm3}",
                     f"{len(content)} 字节，SHA-256 {sha256}，SM3 {sm3}")  # fmt: skip
    made = LEAF_PREFIX + _bytes(document["salt"]) + bytes.fromhex(sha256) + bytes.fromhex(sm3)
    node = hashlib.sha256(made).digest()
    if node != _bytes(document["leaf"]):
        raise Broken("leaf", f"salt and digests make leaf 0x{node.hex()}, the proof says {document['leaf']}",
                     f"盐值与摘要得到叶子 0x{node.hex()}，证明为 {document['leaf']}")  # fmt: skip
    yield _holds("leaf", "", f"leaf {document['leaf']}", f"叶子 {document['leaf']}")
    index, count = document["index"], anchor["count"]
    sides = ["right" in step for step in document["path"]]
    if not index < count or sides != expected_sides(index, count):
        raise Broken("path", f"the path's sides are not those of leaf {index} of {count}",
                     f"路径方向与第 {index} 个叶子（共 {count} 个）不符")  # fmt: skip
    for step in document["path"]:
        ((side, sibling),) = step.items()
        pair = node + _bytes(sibling) if side == "right" else _bytes(sibling) + node
        node = hashlib.sha256(pair).digest()
    if node != _bytes(anchor["root"]):
        raise Broken("path", f"the path leads to 0x{node.hex()}, not to the root {anchor['root']}",
                     f"路径通向 0x{node.hex()}，而非根 {anchor['root']}")  # fmt: skip
    yield _holds("path", "", f"leaf {index} of {count} leads to root {anchor['root']}",
                 f"第 {index} 个叶子（共 {count} 个）通向根 {anchor['root']}")  # fmt: skip


def expected_sides(index: int, count: int) -> list[bool]:
    """For each sibling on the way up, whether it stands on the right; an odd last node is carried up without one."""
    sides = []
    while count > 1:
        if index % 2 or index != count - 1:
            sides.append(index % 2 == 0)
        index, count = index // 2, (count + 1) // 2
    return sides


# ---- event → receipt → header → seal -------------------------------------------------------------


def check_anchor(anchor: dict[str, Any], contract: str | None, validators: list[str] | None) -> Iterator[Link]:
    """From the root of a batch to the seals of the block that recorded it."""
    root, attester = _bytes(anchor["root"]), anchor["attester"]
    evidence = keccak(attester.to_bytes(32, "big") + root)
    if evidence != _bytes(anchor["evidence"]):
        raise Broken("evidence", f"attester {attester} and this root make 0x{evidence.hex()}, not {anchor['evidence']}",
                     f"参与方 {attester} 与该根对应 0x{evidence.hex()}，而非 {anchor['evidence']}")  # fmt: skip
    yield _holds("evidence", "", f"evidence {anchor['evidence']} of attester (party) {attester}",
                 f"参与方 {attester} 的证据 {anchor['evidence']}")  # fmt: skip
    header = rlp_decode(_bytes(anchor["header"]), "header")
    if not isinstance(header, list) or len(header) < 15 or any(isinstance(part, list) for part in header):
        raise Broken("header", "the block's header is unreadable", "区块头无法读取")
    receipt = rlp_decode(
        _strip(from_trie(header[5], anchor["position"], [_bytes(node) for node in anchor["nodes"]])), "receipt"
    )
    at, time = _event(receipt, anchor, contract), int.from_bytes(header[11], "big")
    when = datetime.fromtimestamp(at, timezone.utc).isoformat() if at < 2**37 else str(at)  # noqa: UP017
    known = "the contract you named" if contract else "compare the address with the published one"
    known_zh = "即您指定的合约" if contract else "请与公布的地址核对"
    yield _holds("event", "", f"contract {anchor['contract']} ({known}) recorded the root at {when}",
                 f"合约 {anchor['contract']}（{known_zh}）于 {when} 记录该根")  # fmt: skip
    yield _holds("receipt", "", f"the event is in receipt {anchor['position']} under the block's receipts root",
                 f"该事件位于区块收据根下的第 {anchor['position']} 份收据")  # fmt: skip
    seal = _seal(header)
    found = keccak(rlp_encode(seal.reduced(0) if seal else header))
    if found != _bytes(anchor["block_hash"]):
        raise Broken("header", f"the header's hash is 0x{found.hex()}, the proof says {anchor['block_hash']}",
                     f"区块头哈希为 0x{found.hex()}，证明为 {anchor['block_hash']}")  # fmt: skip
    if time != at:
        raise Broken("header", f"the header is of {time}, the event of {at}", f"区块时间 {time} 与事件时间 {at} 不符")
    number = int.from_bytes(header[8], "big")
    yield _holds("header", "", f"block {number} {anchor['block_hash']}", f"区块 {number} {anchor['block_hash']}")
    yield _sealed(seal, validators)


def _event(receipt: Any, anchor: dict[str, Any], contract: str | None) -> int:
    signature = keccak(b"Anchored(bytes32,uint64,bytes32,uint32,uint8,uint64)")
    topics = [signature, _bytes(anchor["evidence"]), anchor["attester"].to_bytes(32, "big")]
    wanted = _bytes(anchor["root"]) + anchor["count"].to_bytes(32, "big") + (1).to_bytes(32, "big")
    try:
        status, _, _, logs = receipt
        address, found, data = logs[anchor["log"]]
        holds = (status, address, found, data[:96], len(data)) == (
            b"\x01",
            _bytes(anchor["contract"]),
            topics,
            wanted,
            128,
        )
    except (ValueError, TypeError, IndexError):
        holds, data = False, b""
    if not holds:
        raise Broken("event", f"log {anchor['log']} of the receipt is not this root's Anchored event of that contract",
                     f"收据第 {anchor['log']} 条日志不是该合约对此根的 Anchored 事件")  # fmt: skip
    if contract is not None and contract.lower() != anchor["contract"]:
        raise Broken("event", f"it is an event of {anchor['contract']}, not of {contract}",
                     f"该事件属于 {anchor['contract']}，而非 {contract}")  # fmt: skip
    return int.from_bytes(data[96:], "big")


class Seal(NamedTuple):
    """A QBFT header: its fields, and its extraData decoded."""

    header: list[bytes]
    vanity: bytes
    validators: list[bytes]
    votes: Any
    round: bytes
    seals: list[bytes]

    def reduced(self, round_number: int) -> list[bytes]:
        """The header as it is hashed (round 0) or sealed (its round): without seals."""
        written = round_number.to_bytes((round_number.bit_length() + 7) // 8, "big")
        extra = rlp_encode([self.vanity, self.validators, self.votes, written, []])
        return [*self.header[:12], extra, *self.header[13:]]


def _seal(header: list[bytes]) -> Seal | None:
    if header[13] != QBFT_MIX_HASH:
        return None
    try:
        vanity, validators, votes, round_number, seals = rlp_decode(header[12], "seal")
        if not (isinstance(vanity, bytes) and isinstance(round_number, bytes) and isinstance(seals, list)):
            raise ValueError("not vanity, validators, votes, round, seals")
        if not isinstance(validators, list) or not all(isinstance(one, bytes) for one in validators):
            raise ValueError("validators are no addresses")
        return Seal(header, vanity, validators, votes, round_number, seals)
    except (ValueError, TypeError) as failure:
        raise Broken(
            "seal", "the block's extraData holds no QBFT seals", "区块 extraData 中没有 QBFT 签章"
        ) from failure


def _sealed(seal: Seal | None, trusted: list[str] | None) -> Link:
    if seal is None:
        if trusted:
            raise Broken("seal", "the block carries no validators' seals", "区块没有验证节点签章")
        return _holds("seal", "", "single development node: nobody else vouches for this block",
                      "单一开发节点：没有其他节点为此区块背书")  # fmt: skip
    signed = keccak(rlp_encode(seal.reduced(int.from_bytes(seal.round, "big"))))
    if trusted and {_bytes(one.lower()) for one in trusted} != set(seal.validators):
        raise Broken("seal", "the block's validators are not those you named", "区块的验证节点与您指定的不一致")
    signers = set()
    for value in seal.seals:
        signer = recover(signed, value) if isinstance(value, bytes) else None
        if signer is None or signer not in seal.validators or signer in signers:
            raise Broken("seal", "a committed seal is not by a validator of the block, or is there twice",
                         "有签章不属于该区块的验证节点，或重复出现")  # fmt: skip
        signers.add(signer)
    total = len(set(seal.validators))
    quorum = -(-2 * total // 3)
    if not total or len(signers) < quorum:
        raise Broken("seal", f"{len(signers)} of {total} validators sealed the block, {quorum} are needed",
                     f"{total} 个验证节点中仅 {len(signers)} 个签章，需要 {quorum} 个")  # fmt: skip
    names = ", ".join("0x" + one.hex() for one in sorted(signers))
    known = "those you named" if trusted else "compare them with the published ones"
    known_zh = "即您指定的节点" if trusted else "请与公布的名单核对"
    return _holds("seal", "", f"sealed by {len(signers)} of {total} validators, {quorum} are needed ({known}): {names}",
                  f"{total} 个验证节点中 {len(signers)} 个签章，需要 {quorum} 个（{known_zh}）：{names}")  # fmt: skip


def from_trie(root: bytes, position: int, nodes: list[bytes]) -> bytes:
    """The receipt at `position` under a receipts root (Merkle-Patricia trie)."""
    key = rlp_encode(position.to_bytes((position.bit_length() + 7) // 8, "big")).hex()
    expected: Any = root
    remaining = list(nodes)
    try:
        while True:
            if isinstance(expected, bytes):
                encoded = remaining.pop(0)
                if keccak(encoded) != expected:
                    raise ValueError("a node does not have the hash its parent names")
                node = rlp_decode(encoded, "receipt")
            else:
                node = expected
            if len(node) == 17:
                expected, key = node[int(key[0], 16)], key[1:]
                continue
            path = node[0].hex()
            leaf, path = path[0] in "23", path[1:] if path[0] in "13" else path[2:]
            if leaf and path == key and not remaining:
                return bytes(node[1])
            if leaf or not key.startswith(path):
                raise ValueError("there is nothing at that position")
            expected, key = node[1], key[len(path) :]
    except (ValueError, IndexError, TypeError, AttributeError) as failure:
        raise Broken("receipt", f"the proof does not lead from the receipts root to receipt {position}: {failure}",
                     f"证明无法由收据根推导至第 {position} 份收据") from failure  # fmt: skip


# ---- token → imprint → signature → usage → chain (RFC 3161, RFC 5652, RFC 5280) ---------------------


def _oid(dotted: str) -> bytes:
    first, second, *arcs = (int(arc) for arc in dotted.split("."))
    written = bytearray([40 * first + second])
    for arc in arcs:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        written += bytes(reversed(groups))
    return bytes(written)


SIGNED_DATA, TST_INFO = _oid("1.2.840.113549.1.7.2"), _oid("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE, MESSAGE_DIGEST = _oid("1.2.840.113549.1.9.3"), _oid("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_V2, SIGNING_CERTIFICATE = (_oid(f"1.2.840.113549.1.9.16.2.{arc}") for arc in (47, 12))
HASHES = {_oid(f"2.16.840.1.101.3.4.2.{arc}"): name for arc, name in ((1, "sha256"), (2, "sha384"), (3, "sha512"))}
RSA_KEY, CURVE_KEY = _oid("1.2.840.113549.1.1.1"), _oid("1.2.840.10045.2.1")
RSA = {_oid(f"1.2.840.113549.1.1.{arc}"): name for arc, name in ((11, "sha256"), (12, "sha384"), (13, "sha512"))}
ECDSA = {_oid(f"1.2.840.10045.4.3.{arc}"): name for arc, name in ((2, "sha256"), (3, "sha384"), (4, "sha512"))}
BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_USAGE = (_oid(f"2.5.29.{arc}") for arc in (19, 15, 37))
UNDERSTOOD = {BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_USAGE, _oid("2.5.29.17"), _oid("2.5.29.32")}
TIME_STAMPING = _oid("1.3.6.1.5.5.7.3.8")
NULL = b"\x05\x00"
LONGEST_CHAIN = 8


class Der(NamedTuple):
    """One element of DER: its tag, its content, its whole encoding."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self, *tags: int) -> list[Der]:
        """The elements in it, whose first tags must be these. Raises ValueError."""
        found, at = [], 0
        while at < len(self.content):
            one = _der_at(self.content, at)
            found.append(one)
            at += len(one.whole)
        if [one.tag for one in found[: len(tags)]] != list(tags):
            raise ValueError("another structure than is expected")
        return found


def _der_at(encoded: bytes, at: int) -> Der:
    start = at
    if at + 2 > len(encoded) or encoded[at] & 0x1F == 0x1F:
        raise ValueError("not DER")
    tag, size, at = encoded[at], encoded[at + 1], at + 2
    if size & 0x80:
        width = size & 0x7F
        size, at = int.from_bytes(encoded[at : at + width], "big"), at + width
        if not 0 < width < 5 or size < 0x80 or size >> 8 * (width - 1) == 0:
            raise ValueError("not DER")
    if at + size > len(encoded):
        raise ValueError("cut short")
    return Der(tag, encoded[at : at + size], encoded[start : at + size])


def der(encoded: bytes, tag: int = 0x30) -> Der:
    """The one element that these bytes are, a SEQUENCE where nothing else is said. Raises ValueError."""
    found = _der_at(encoded, 0)
    if found.whole != encoded or found.tag != tag:
        raise ValueError("another structure than is expected")
    return found


def _instant(one: Der) -> datetime:
    text = one.content.decode("ascii")
    if one.tag == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    if len(text) < 15 or not text[:14].isdigit():
        raise ValueError("not an instant")
    form = "%Y%m%d%H%M%S.%fZ" if "." in text else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text, form).replace(tzinfo=timezone.utc)  # noqa: UP017


class Certificate(NamedTuple):
    """What a chain is checked by; `extensions` by identifier, each with whether it is critical."""

    whole: bytes
    signed: bytes
    serial: bytes
    issuer: bytes
    subject: bytes
    since: datetime
    until: datetime
    key: Der
    extensions: dict[bytes, tuple[bool, bytes]]
    algorithm: Der
    signature: bytes

    @property
    def name(self) -> str:
        """The last part of the subject's name, in words."""
        last = der(self.subject).parts()[-1]
        return last.parts(0x30)[0].parts(0x06)[1].content.decode("utf-8", "replace")


def read_certificate(encoded: bytes) -> Certificate:
    """An X.509 certificate in DER. Raises ValueError."""
    body, algorithm, signature = der(encoded).parts(0x30, 0x30, 0x03)
    fields = body.parts(0xA0)[1:]
    serial, inner, issuer, validity, subject, key = fields[:6]
    if inner.whole != algorithm.whole or signature.content[:1] != b"\x00":
        raise ValueError("two algorithms in one certificate")
    since, until = (_instant(one) for one in validity.parts())
    extensions: dict[bytes, tuple[bool, bytes]] = {}
    for part in fields[6:]:
        for extension in der(part.content).parts() if part.tag == 0xA3 else ():
            identifier, *critical, value = extension.parts(0x06)
            if identifier.content in extensions:
                raise ValueError("an extension is there twice")
            extensions[identifier.content] = bool(critical), value.content
    return Certificate(
        encoded, body.whole, serial.content, issuer.whole, subject.whole, since, until,
        key, extensions, algorithm, signature.content[1:],
    )  # fmt: skip


def certificates_in(content: bytes) -> list[bytes]:
    """The certificates (DER) of a PEM file, or the one that a DER file is."""
    begin, end = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
    blocks = [part.split(end)[0] for part in content.split(begin)[1:]]
    return [base64.b64decode(block) for block in blocks] if blocks else [content]


def holds_signature(key: Der, algorithm: Der, message: bytes, signature: bytes, digest: str | None = None) -> bool:
    """Whether a key (SubjectPublicKeyInfo) made a signature; `digest` where the algorithm names none.

    RSA PKCS #1 v1.5 and ECDSA on P-256 and P-384. Raises ValueError for another algorithm.
    """
    used = algorithm.parts(0x06)
    identifier, parameters = used[0].content, b"".join(one.whole for one in used[1:])
    kind, bits = key.parts(0x30, 0x03)
    of_key = kind.parts(0x06)
    if bits.content[:1] != b"\x00":
        raise ValueError("the key is unreadable")
    if of_key[0].content == RSA_KEY and parameters in (b"", NULL) and (identifier == RSA_KEY or identifier in RSA):
        digest = RSA.get(identifier, digest)
        if digest is not None:
            return _rsa_holds(der(bits.content[1:]), digest, message, signature)
    if of_key[0].content == CURVE_KEY and identifier in ECDSA and not parameters:
        curve = CURVES.get(of_key[1].content)
        if curve is not None:
            return _ecdsa_holds(curve, bits.content[1:], hashlib.new(ECDSA[identifier], message).digest(), signature)
    raise ValueError(f"algorithm {identifier.hex()} is unknown to this program; `openssl ts -verify` may know it")


def _rsa_holds(key: Der, digest: str, message: bytes, signature: bytes) -> bool:
    modulus, exponent = (int.from_bytes(one.content, "big") for one in key.parts(0x02, 0x02))
    size = (modulus.bit_length() + 7) // 8
    identifier = next(one for one, name in HASHES.items() if name == digest)
    found = hashlib.new(digest, message).digest()
    kind = b"\x06" + bytes([len(identifier)]) + identifier + NULL
    kind = b"\x30" + bytes([len(kind)]) + kind + b"\x04" + bytes([len(found)]) + found
    ending = b"\x00\x30" + bytes([len(kind)]) + kind
    wanted = b"\x00\x01" + b"\xff" * (size - len(ending) - 2) + ending
    made = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    return len(signature) == size >= len(ending) + 10 and made == wanted


def _ecdsa_holds(curve: Curve, key: bytes, digest: bytes, signature: bytes) -> bool:
    r, s = (int.from_bytes(one.content, "big") for one in der(signature).parts(0x02, 0x02))
    size = (curve.p.bit_length() + 7) // 8
    point = int.from_bytes(key[1 : 1 + size], "big"), int.from_bytes(key[1 + size :], "big")
    on_curve = (point[1] ** 2 - point[0] ** 3 - curve.a * point[0] - curve.b) % curve.p == 0
    if len(key) != 1 + 2 * size or key[0] != 4 or not on_curve or not (0 < r < curve.n and 0 < s < curve.n):
        return False
    z = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
    inverse = pow(s, -1, curve.n)
    found = _add(_times(z * inverse % curve.n, curve.g, curve), _times(r * inverse % curve.n, point, curve), curve)
    return found is not None and found[0] % curve.n == r


class Token(NamedTuple):
    """A time-stamp token, taken apart."""

    info: Der
    signer: Der
    certificates: list[Certificate]
    digest_name: str
    imprint: tuple[bytes, bytes]
    generated_at: datetime
    accuracy_ms: int
    policy: bytes


def read_token(encoded: bytes) -> Token:
    """A token in DER, with every part in its form. Raises ValueError."""
    kind, content = der(encoded).parts(0x06, 0xA0)
    version, digests, body, *rest = der(content.content).parts(0x02, 0x31, 0x30)
    body_kind, body_content = body.parts(0x06, 0xA0)
    info = der(der(body_content.content, 0x04).content)
    fields = info.parts(0x02, 0x06, 0x30, 0x02, 0x18)
    certificates = [read_certificate(one.whole) for part in rest if part.tag == 0xA0 for one in part.parts()]
    if (kind.content, body_kind.content) != (SIGNED_DATA, TST_INFO):
        raise ValueError("no signed time-stamp")
    if (version.content, fields[0].content) != (b"\x03", b"\x01") or rest[-1].tag != 0x31:
        raise ValueError("another version than is expected")
    (signer,) = rest[-1].parts(0x30)
    digest = signer.parts(0x02, 0x30, 0x30, 0xA0)[2]
    if digest.whole not in [one.whole for one in digests.parts()] or digest.content != _digest_kind(digest):
        raise ValueError("another digest than is announced")
    hashed, imprint = fields[2].parts(0x30, 0x04)
    if hashed.content != _digest_kind(hashed):
        raise ValueError("an unknown digest")
    accuracy = 0
    for part in fields[5].parts() if len(fields) > 5 and fields[5].tag == 0x30 else ():
        scale = {0x02: 1_000_000, 0x80: 1_000, 0x81: 1}[part.tag]
        accuracy += scale * int.from_bytes(part.content, "big")
    return Token(
        info, signer, certificates, HASHES[digest.parts(0x06)[0].content],
        (hashed.parts(0x06)[0].content, imprint.content), _instant(fields[4]), -(-accuracy // 1000), fields[1].content,
    )  # fmt: skip


def _digest_kind(algorithm: Der) -> bytes:
    """The content that a known digest's identifier must have: with no parameters, or with NULL."""
    identifier, *parameters = algorithm.parts(0x06)
    good = identifier.content in HASHES and [one.whole for one in parameters] in ([], [NULL])
    return algorithm.content if good else b""


def check_stamp(stated: dict[str, Any], authorities: list[bytes] | None) -> Iterator[Link]:
    """From the token in an envelope to the authority that answers for the time."""
    name = "token"
    try:
        token = read_token(base64.b64decode(stated["timestamp"]["token"], validate=True))
        moment, accuracy = token.generated_at, token.accuracy_ms
        said = stated["timestamp"]["generated_at_ms"], stated["timestamp"]["accuracy_ms"]
        if said != (int(moment.timestamp()) * 1000 + moment.microsecond // 1000, accuracy):
            raise Broken(name, f"the envelope states another time than the token's {moment.isoformat()}",
                         f"来源信封载明的时间与令牌的 {moment.isoformat()} 不符")  # fmt: skip
        yield _holds(name, "", f"a time-stamp of {moment.isoformat()} ± {accuracy} ms",
                     f"时间戳 {moment.isoformat()} ± {accuracy} 毫秒")  # fmt: skip
        name = "imprint"
        kind, imprint = token.imprint
        if (HASHES[kind], imprint.hex()) != ("sha256", stated["document"]["sha256"]):
            raise Broken(name, f"it stamps {HASHES[kind]} {imprint.hex()}, not the document's SHA-256",
                         f"所盖摘要为 {HASHES[kind]} {imprint.hex()}，并非该文件的 SHA-256")  # fmt: skip
        yield _holds(name, "", f"it stamps the document's SHA-256 {imprint.hex()}",
                     f"所盖即该文件的 SHA-256 {imprint.hex()}")  # fmt: skip
        name = "signature"
        certificate = _check_signature(token)
        yield _holds(name, "", f"signed by {certificate.name}", f"由 {certificate.name} 签名")
        name = "usage"
        if certificate.extensions.get(EXTENDED_USAGE) != (True, _sequence(b"\x06\x08" + TIME_STAMPING)):
            raise Broken(name, "its certificate is not for time-stamping alone, critically",
                         "证书的扩展用途不是唯一且关键的时间戳用途")  # fmt: skip
        yield _holds(name, "", "its certificate is for time-stamping and nothing else", "证书仅用于时间戳")
        name = "chain"
        if authorities:
            trusted = [read_certificate(one) for one in authorities]
        else:
            enclosed = [base64.b64decode(one, validate=True) for one in stated.get("authorities", ())]
            trusted = [one for one in map(read_certificate, enclosed) if one.subject == one.issuer]
        root = _check_chain(certificate, token, trusted)
        known, known_zh = f"led to {root.name} at that time", f"当时可追溯至 {root.name}"
        print_ = hashlib.sha256(root.whole).hexdigest()
        if authorities:
            yield _holds(name, "", f"{known}, an authority you named", f"{known_zh}，即您指定的机构")
        else:
            yield _holds(name, "", f"{known}: compare its SHA-256 fingerprint {print_} with the published one",
                         f"{known_zh}：请将其 SHA-256 指纹 {print_} 与公布的指纹核对")  # fmt: skip
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError) as failure:
        raise Broken(name, f"the time-stamp cannot be read or checked here ({failure})",
                     f"无法读取或核验时间戳（{failure}）") from failure  # fmt: skip


def _sequence(content: bytes) -> bytes:
    return b"\x30" + bytes([len(content)]) + content


def _check_signature(token: Token) -> Certificate:
    """The certificate that signed the token. Raises `Broken`, ValueError."""
    version, named, _, attributes, algorithm, value = token.signer.parts(0x02, 0x30, 0x30, 0xA0, 0x30, 0x04)[:6]
    issuer, serial = named.parts(0x30, 0x02)
    found = [one for one in token.certificates if (one.issuer, one.serial) == (issuer.whole, serial.content)]
    if version.content != b"\x01" or len(found) != 1:
        raise Broken("signature", "the certificate that it names is not in it", "令牌中没有其所指的证书")
    certificate = found[0]
    attested: dict[bytes, Der] = {}
    for attribute in attributes.parts():
        kind, values = attribute.parts(0x06, 0x31)
        (attested[kind.content],) = values.parts()
    if attested[CONTENT_TYPE].content != TST_INFO:
        raise Broken("signature", "what was signed is no time-stamp", "被签内容不是时间戳")
    if attested[MESSAGE_DIGEST].content != hashlib.new(token.digest_name, token.info.whole).digest():
        raise Broken("signature", "the time-stamp was changed after it was signed", "时间戳在签名之后被改动")
    if not _names(attested, certificate):
        raise Broken("signature", "what was signed names another certificate", "被签内容所指为另一证书")
    signed = b"\x31" + attributes.whole[1:]  # RFC 5652 5.4: signed as the SET that it is
    if not holds_signature(certificate.key, algorithm, signed, value.content, token.digest_name):
        raise Broken("signature", f"it was not signed by the key of {certificate.name}",
                     f"并非由 {certificate.name} 的密钥签名")  # fmt: skip
    return certificate


def _names(attested: dict[bytes, Der], certificate: Certificate) -> bool:
    if SIGNING_CERTIFICATE_V2 in attested:
        first, *more = attested[SIGNING_CERTIFICATE_V2].parts(0x30)[0].parts(0x30)[0].parts()
        digest, stated = ("sha256", first) if first.tag == 0x04 else (HASHES[first.parts(0x06)[0].content], more[0])
    else:  # RFC 2634, by SHA-1
        digest, stated = "sha1", attested[SIGNING_CERTIFICATE].parts(0x30)[0].parts(0x30)[0].parts(0x04)[0]
    return stated.content == hashlib.new(digest, certificate.whole).digest()


def _check_chain(certificate: Certificate, token: Token, trusted: list[Certificate]) -> Certificate:
    """The trusted certificate that a time-stamp leads to, all valid when it was made. Raises `Broken`, ValueError."""
    if not trusted:
        raise Broken("chain", "no certificate of its authority is in the package: give it with --trust",
                     "证据包中没有其签发机构的证书：请以 --trust 提供")  # fmt: skip
    current = certificate
    for below in range(LONGEST_CHAIN):
        if not current.since <= token.generated_at <= current.until:
            raise Broken("chain", f"the certificate of {current.name} was not valid at that time",
                         f"{current.name} 的证书在该时间不在有效期内")  # fmt: skip
        for identifier, (critical, _) in current.extensions.items():
            if critical and identifier not in UNDERSTOOD:
                raise ValueError(f"critical extension {identifier.hex()} is unknown to this program")
        if current.subject == current.issuer and not _issued(current, current, below):
            break
        if current.whole in [one.whole for one in trusted]:
            return current
        above = [one for one in [*trusted, *token.certificates] if one.whole != current.whole]
        found = next((one for one in above if _issued(one, current, below)), None)
        if found is None:
            break
        current = found
    raise Broken("chain", f"the certificate of {current.name} leads to no authority that is trusted",
                 f"{current.name} 的证书不可追溯至受信机构")  # fmt: skip


def _issued(issuer: Certificate, current: Certificate, below: int) -> bool:
    """Whether an authority issued a certificate that has `below` certificates of other authorities under it."""
    constraints = issuer.extensions.get(BASIC_CONSTRAINTS)
    if issuer.subject != current.issuer or constraints is None:
        return False
    stated = der(constraints[1]).parts()
    if not stated or stated[0].whole != b"\x01\x01\xff":
        return False
    if len(stated) > 1 and issuer is not current and int.from_bytes(stated[1].content, "big") < below:
        return False
    usage = issuer.extensions.get(KEY_USAGE)
    if usage is not None and not der(usage[1], 0x03).content[1] & 0x04:  # keyCertSign
        return False
    return holds_signature(issuer.key, current.algorithm, current.signed, current.signature)


# ---- origin --------------------------------------------------------------------------------------


def envelope_of(content: bytes | None) -> dict[str, Any] | None:
    """The envelope in a document, if it is one."""
    if content is None or not content.startswith(b'{"'):
        return None
    try:
        value = json.loads(content)
        if value["format"] == ENVELOPE and isinstance(value["document"]["sha256"], str) and value["document"]["sm3"]:
            found: dict[str, Any] = value
            return found
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def _origin(stated: bool, about: str) -> Link:
    if stated:
        return Link("origin", about, True, "its envelope, anchored with it, states where it comes from",
                    "其来源信封已一并存证，载明来源")  # fmt: skip
    return Link("origin", about, True, "integrity only, origin unproven: no envelope was anchored with it",
                "仅证明完整性，来源未证明：没有与其一并存证的来源信封")  # fmt: skip


# ---- Keccak-256, SM3, RLP, secp256k1: each as its standard states it ------------------------------


def keccak(message: bytes) -> bytes:
    """Keccak-256, as Ethereum uses it (not NIST's SHA3-256: another padding)."""
    rate, mask = 136, 2**64 - 1
    padded = bytearray(message) + b"\x01" + bytes(-(len(message) + 1) % rate)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), rate):
        for lane in range(rate // 8):
            state[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        rounds = 1
        for _ in range(24):
            c = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
            d = [c[x - 1] ^ ((c[(x + 1) % 5] << 1 | c[(x + 1) % 5] >> 63) & mask) for x in range(5)]
            state = [lane ^ d[place % 5] for place, lane in enumerate(state)]
            x, y, current = 1, 0, state[1]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                turn = (step + 1) * (step + 2) // 2 % 64
                place = x + 5 * y
                current, state[place] = state[place], (current << turn | current >> (64 - turn)) & mask
            for row in range(0, 25, 5):
                lanes = state[row : row + 5]
                for x in range(5):
                    state[row + x] = lanes[x] ^ (~lanes[(x + 1) % 5] & mask & lanes[(x + 2) % 5])
            for bit in range(7):
                if rounds & 1:
                    state[0] ^= 1 << ((1 << bit) - 1)
                rounds = (rounds << 1) ^ (0x171 if rounds & 0x80 else 0)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def sm3_of(message: bytes) -> bytes:
    """SM3 (GB/T 32905); by OpenSSL where Python has it, else here."""
    try:
        return hashlib.new("sm3", message).digest()
    except ValueError:
        return sm3_plain(message)


def sm3_plain(message: bytes) -> bytes:
    """SM3 without any library."""

    def turned(word: int, by: int) -> int:
        by %= 32
        return (word << by | word >> (32 - by)) & 0xFFFFFFFF

    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8, "big")
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    for start in range(0, len(padded), 64):
        w = [int.from_bytes(padded[start + 4 * j : start + 4 * j + 4], "big") for j in range(16)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ turned(w[j - 3], 15)
            w.append(x ^ turned(x, 15) ^ turned(x, 23) ^ turned(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            early = j < 16
            ss1 = turned((turned(a, 12) + e + turned(0x79CC4519 if early else 0x7A879D8A, j)) & 0xFFFFFFFF, 7)
            ff = a ^ b ^ c if early else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if early else (e & f) | (~e & g & 0xFFFFFFFF)
            tt1 = (ff + d + (ss1 ^ turned(a, 12)) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
            tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
            a, b, c, d, e, f, g, h = (
                tt1,
                a,
                turned(b, 9),
                c,
                tt2 ^ turned(tt2, 9) ^ turned(tt2, 17),
                e,
                turned(f, 19),
                g,
            )
        state = [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]  # noqa: B905
    return b"".join(word.to_bytes(4, "big") for word in state)


def rlp_encode(item: Any) -> bytes:
    """RLP of byte strings and lists of them (yellow paper, appendix B)."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _length(len(item), 0x80) + item
    content = b"".join(rlp_encode(part) for part in item)
    return _length(len(content), 0xC0) + content


def _length(size: int, offset: int) -> bytes:
    if size < 56:
        return bytes([offset + size])
    written = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(written)]) + written


def rlp_decode(content: bytes, name: str) -> Any:
    """What canonical RLP encodes."""
    try:
        item, end = _item(content, 0)
        if end != len(content) or rlp_encode(item) != content:
            raise ValueError("not canonical")
    except (ValueError, IndexError, RecursionError) as failure:
        raise Broken(name, f"the {name} is not RLP ({failure})", "RLP 编码无法读取") from failure
    return item


def _item(content: bytes, at: int) -> tuple[Any, int]:
    first = content[at]
    if first < 0x80:
        return content[at : at + 1], at + 1
    offset, listed = (0xC0, True) if first >= 0xC0 else (0x80, False)
    size, at = first - offset, at + 1
    if size > 55:
        width = size - 55
        size, at = int.from_bytes(content[at : at + width], "big"), at + width
    end = at + size
    if end > len(content):
        raise ValueError("cut short")
    if not listed:
        return content[at:end], end
    items = []
    while at < end:
        item, at = _item(content, at)
        items.append(item)
    if at != end:
        raise ValueError("an item reaches over its list")
    return items, end


class Curve(NamedTuple):
    """y² = x³ + ax + b modulo p, with a generator g of order n."""

    p: int
    a: int
    b: int
    n: int
    g: tuple[int, int]


SECP256K1 = Curve(
    2**256 - 2**32 - 977,
    0,
    7,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    (
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    ),
)
P256 = Curve(
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    -3,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
)
P384 = Curve(
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    -3,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    (
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
)
CURVES = {_oid("1.2.840.10045.3.1.7"): P256, _oid("1.3.132.0.34"): P384}


def recover(signed: bytes, seal: bytes) -> bytes | None:
    """The address whose key made a 65-byte seal over a hash (SEC 1, 4.1.6); None for no signature."""
    if len(seal) != 65 or seal[64] > 1:
        return None
    r, s = int.from_bytes(seal[:32], "big"), int.from_bytes(seal[32:64], "big")
    p, n = SECP256K1.p, SECP256K1.n
    if not (0 < r < n and 0 < s < n):
        return None
    square = (pow(r, 3, p) + 7) % p
    y = pow(square, (p + 1) // 4, p)
    if y * y % p != square:
        return None
    point = (r, y if y % 2 == seal[64] else p - y)
    inverse = pow(r, -1, n)
    z = int.from_bytes(signed, "big")
    key = _add(_times(-z * inverse % n, SECP256K1.g, SECP256K1), _times(s * inverse % n, point, SECP256K1), SECP256K1)
    if key is None:
        return None
    return keccak(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:]


def _add(one: tuple[int, int] | None, two: tuple[int, int] | None, curve: Curve) -> tuple[int, int] | None:
    if one is None or two is None:
        return one or two
    if one[0] == two[0]:
        if (one[1] + two[1]) % curve.p == 0:
            return None
        slope = (3 * one[0] * one[0] + curve.a) * pow(2 * one[1], -1, curve.p) % curve.p
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, curve.p) % curve.p
    x = (slope * slope - one[0] - two[0]) % curve.p
    return x, (slope * (one[0] - x) - one[1]) % curve.p


def _times(factor: int, point: tuple[int, int] | None, curve: Curve) -> tuple[int, int] | None:
    total = None
    while factor:
        if factor & 1:
            total = _add(total, point, curve)
        point, factor = _add(point, point, curve), factor >> 1
    return total


# ---- small things --------------------------------------------------------------------------------


def _holds(name: str, about: str, en: str, zh: str) -> Link:
    return Link(name, about, True, en, zh)


def _is_hex(text: Any, size: int | None = None) -> bool:
    if not isinstance(text, str) or text[:2] != "0x" or text != text.lower() or not text[2:].isalnum():
        return False
    return len(bytes.fromhex(text[2:])) == size if size is not None else bool(bytes.fromhex(text[2:]))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _strip(receipt: bytes) -> bytes:
    return receipt[1:] if receipt[:1] < b"\xc0" else receipt  # EIP-2718: a type byte stands before the list


def main() -> None:
    """Checks a package and says so, link by link."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("documents", type=Path, nargs="*", help="documents that are not in the package")
    parser.add_argument("--contract", help="the Evidence contract as you know it from elsewhere")
    parser.add_argument("--validator", action="append", help="a validator as you know it from elsewhere; repeat")
    parser.add_argument("--trust", type=Path, action="append", help="a time-stamping authority's certificate; repeat")
    asked = parser.parse_args()
    try:
        package, documents = asked.package.read_bytes(), [one.read_bytes() for one in asked.documents]
        trusted = [one for file in asked.trust or [] for one in certificates_in(file.read_bytes())]
    except OSError as failure:
        sys.exit(f"{failure.filename}: {failure.strerror}")
    links = verify(package, documents, asked.contract, asked.validator, trusted or None)
    about = None
    out = sys.stdout.write
    for link in links:
        if link.about != about:
            about = link.about
            out(f"{about}\n" if about else "")
        out(f"  {'ok  ' if link.ok else 'FAIL'} {link.name:9} {link.en}\n                 {link.zh}\n")
    if links[-1].ok:
        out("VERIFIED 核验通过\n")
        return
    out(f"NOT VERIFIED 核验不通过: {links[-1].name}\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
