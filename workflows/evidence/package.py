"""The evidence package: everything that a stranger needs to check documents offline, in one zip (law 8).

    manifest.json   every file with its SHA-256
    proof.json      per document: digests, salt, leaf, path; per anchor: event in receipt, receipt in block, header
    documents/      the documents, where whoever makes the package has them

Both JSON files are in canonical form and hold nothing but what the verifier checks, so that every byte counts. Files
are stored, not compressed, with one fixed date: the same evidence gives the same bytes. `chaqi_verify` is the reader.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from chain.errors import ChaqiError
from chain.proofs import header_hash, header_rlp, receipt_proof, receipts_root
from chain.rpc import Rpc
from workflows.evidence.chaqi_verify import PACKAGE, PROOF, to_canonical
from workflows.evidence.hashing import DigestStream
from workflows.evidence.receipt import AnchorPart, Receipt, hex0x

DATED = (2026, 1, 1, 0, 0, 0)


class NotProvable(ChaqiError):
    """The node does not (any more) give what the proof of an anchor is made of."""

    status = 409
    en = "The anchor in block {block} cannot be proved: {reason}. Bring the receipt up to date and try again."
    zh = "无法证明区块 {block} 中的锚定：{reason}。请更新回执后重试。"


class ReceiptPending(ChaqiError):
    """A package was asked for a document that is not anchored yet."""

    status = 409
    en = "The receipt of {name} is still pending. Bring it up to date once its batch is anchored."
    zh = "{name} 的回执仍待锚定。批次上链后请更新回执。"


class NotThatDocument(ChaqiError):
    """A document and a receipt that do not belong together."""

    status = 422
    en = "{name} is not the document of its receipt: its SHA-256 is {found}, the receipt is for {expected}."
    zh = "{name} 与其回执不符：SHA-256 为 {found}，回执对应 {expected}。"


@dataclass(frozen=True, slots=True)
class Packed:
    """A document's receipt, and the document itself where it goes into the package."""

    receipt: Receipt
    content: bytes | None = None


def anchor_proof(rpc: Rpc, anchor: AnchorPart, root: str, count: int) -> dict[str, Any]:
    """The chain's half: the anchoring event in its receipt, the receipt in its block, the block's header.

    Raises `NotProvable`, `NodeUnreachable`, `NodeError`.
    """
    block, receipts = rpc.batch(
        [
            ("eth_getBlockByNumber", [hex(anchor.block_number), False]),
            ("eth_getBlockReceipts", [hex(anchor.block_number)]),
        ]
    )
    if block is None or block["hash"] != anchor.block_hash or receipts is None:
        raise NotProvable(block=anchor.block_number, reason="the node has another block, or none, at that height")
    if header_hash(block) != anchor.block_hash or receipts_root(receipts) != block["receiptsRoot"]:
        raise NotProvable(block=anchor.block_number, reason="the node's block does not hash to its own header")
    for position, receipt in enumerate(receipts):
        for place, log in enumerate(receipt["logs"]):
            if int(log["logIndex"], 16) == anchor.log_index:
                return {
                    "attester": anchor.attester,
                    "block_hash": anchor.block_hash,
                    "contract": anchor.contract,
                    "count": count,
                    "evidence": anchor.evidence,
                    "header": hex0x(header_rlp(block)),
                    "log": place,
                    "nodes": receipt_proof(receipts, position),
                    "position": position,
                    "root": root,
                }
    raise NotProvable(block=anchor.block_number, reason=f"there is no log {anchor.log_index}")


def anchors_of(rpc: Rpc, receipts: Sequence[Receipt]) -> dict[str, dict[str, Any]]:
    """The chain's half for each evidence that the receipts name, by its id. Raises `ReceiptPending`."""
    found: dict[str, dict[str, Any]] = {}
    for receipt in receipts:
        if receipt.anchor is None or receipt.batch is None:
            raise ReceiptPending(name=receipt.document.name or receipt.leaf.hash)
        if receipt.anchor.evidence not in found:
            found[receipt.anchor.evidence] = anchor_proof(rpc, receipt.anchor, receipt.batch.root, receipt.batch.count)
    return found


def package(anchors: dict[str, dict[str, Any]], documents: Sequence[Packed]) -> bytes:
    """The zip for documents anchored under `anchors` (`anchors_of`). Raises `NotThatDocument`, `ReceiptPending`."""
    order = sorted(anchors)
    files: dict[str, bytes] = {}
    proved = []
    for number, one in enumerate(documents, 1):
        receipt, batch, anchor = one.receipt, one.receipt.batch, one.receipt.anchor
        if batch is None or anchor is None:
            raise ReceiptPending(name=receipt.document.name or receipt.leaf.hash)
        file = None
        if one.content is not None:
            file = f"documents/{number:04d}-{_plain(receipt.document.name or 'document')}"
            files[file] = _belonging(one.content, receipt)
        proved.append(
            {
                "anchor": order.index(anchor.evidence),
                "file": file,
                "index": batch.index,
                "leaf": receipt.leaf.hash,
                "path": [step.model_dump() for step in batch.path],
                "salt": receipt.leaf.salt,
                "sha256": receipt.document.sha256,
                "sm3": receipt.document.sm3,
            }
        )
    proof = {"anchors": [anchors[evidence] for evidence in order], "documents": proved, "format": PROOF, "version": 1}
    files["proof.json"] = to_canonical(proof)
    return zipped(files)


def zipped(files: dict[str, bytes]) -> bytes:
    """The files with their manifest, stored in a zip."""
    listed = {name: sha256(content).hexdigest() for name, content in files.items()}
    manifest = to_canonical({"files": listed, "format": PACKAGE, "version": 1})
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in [("manifest.json", manifest), *sorted(files.items())]:
            archive.writestr(zipfile.ZipInfo(name, DATED), content)
    return written.getvalue()


def _belonging(content: bytes, receipt: Receipt) -> bytes:
    stream = DigestStream()
    stream.update(content)
    found = stream.finish()
    if found != receipt.document.digests:
        raise NotThatDocument(
            name=receipt.document.name or "", found=found.sha256.hex(), expected=receipt.document.sha256
        )
    return content


def _plain(name: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    return kept[-100:].lstrip(".") or "document"
