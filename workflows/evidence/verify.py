"""Verification by a stranger: from the document in hand to the block, link by link, in plain words.

Nothing is believed that can be computed: the leaf is rebuilt from document and salt, the path is walked from
that leaf, the evidence id is rebuilt from attester and root. The first link that does not hold ends the
chain.

What a whole chain proves: these bytes existed when the block was made, and the attester vouched for the
batch. What it does not prove: that the content is true, or who made it (在线诉讼规则 16, 18).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chain.at_head import HEAD, Node, Question
from workflows.evidence.anchored import (
    Record,
    decode_anchored,
    evidence_id,
    leaf_revoked_question,
    newest_block,
    read_leaf_revoked_at,
    read_record,
    record_question,
)
from workflows.evidence.hashing import Digests, hash_file
from workflows.evidence.leaf import leaf
from workflows.evidence.receipt import AnchorPart, BatchPart, Receipt, hex0x, unhex


@dataclass(frozen=True, slots=True)
class Link:
    """One link: a stable name for programs, whether it holds, and what was found, in English and Chinese."""

    name: str
    ok: bool
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The links checked so far, in order; links after a broken one were not checked."""

    receipt: Receipt
    links: tuple[Link, ...]

    @property
    def ok(self) -> bool:
        """Whether every link checked so far holds."""
        return self.broken is None

    @property
    def broken(self) -> Link | None:
        """The link that does not hold, if any."""
        return next((link for link in self.links if not link.ok), None)


def verify_offline(path: Path, receipt: Receipt) -> Verdict:
    """Checks document → hashes → leaf → path → root → evidence id, with the file and the receipt alone.

    A receipt still pending breaks at the first link it cannot show yet.
    Raises `FileUnreadable`, `NotAFile`, `FileChanged` when there is no document to check.
    """
    return Verdict(receipt, _until_broken(_offline(path, receipt)))


def verify_stated(
    receipt: Receipt, *, sha256: bytes | None = None, sm3: bytes | None = None, size: int | None = None
) -> Verdict:
    """Checks as `verify_offline` does, where the document stays with its holder who states digests and size.

    What is not stated is not compared, and its link says so.
    """
    return Verdict(receipt, _until_broken(_stated(sha256, sm3, size, receipt)))


def questions(receipt: Receipt) -> list[Question]:
    """All that `verify_on_chain` may ask a node about a receipt, so that it can be asked at once."""
    anchor = receipt.anchor
    if anchor is None:
        return []
    evidence = unhex(anchor.evidence)
    return [
        HEAD,
        ("eth_chainId",),
        ("eth_getTransactionReceipt", anchor.transaction),
        record_question(anchor.contract, evidence),
        leaf_revoked_question(anchor.contract, evidence, unhex(receipt.leaf.hash)),
        ("eth_getBlockByNumber", hex(anchor.block_number), False),
    ]


def verify_on_chain(verdict: Verdict, rpc: Node, *, contract: str | None = None, confirmations: int = 0) -> Verdict:
    """Continues an offline verdict that holds, against a node of the chain.

    Links: chain → contract → event → record → revocation → block → confirmations. `contract` is the Evidence
    contract's address as the reader trusts it (deployment record or Directory); without it the receipt's own
    address is used and the link says so. Raises `NodeUnreachable`, `NodeError`.
    """
    if not verdict.ok:
        return verdict
    anchor, batch = verdict.receipt.anchor, verdict.receipt.batch
    assert anchor is not None and batch is not None  # an offline verdict without them is broken
    leaf_hash = unhex(verdict.receipt.leaf.hash)
    found = _on_chain(rpc, anchor, batch, leaf_hash, contract, confirmations)
    return Verdict(verdict.receipt, verdict.links + _until_broken(found))


def _offline(path: Path, receipt: Receipt) -> Iterator[Link]:
    found = hash_file(path)
    yield _size_link(path.name, found.size, receipt)
    yield _digest_link("sha256", "SHA-256", found.sha256, receipt.document.sha256)
    yield _digest_link("sm3", "SM3", found.sm3, receipt.document.sm3)
    yield from _from_leaf(found, receipt)


def _stated(sha256: bytes | None, sm3: bytes | None, size: int | None, receipt: Receipt) -> Iterator[Link]:
    if size is None:
        yield _not_compared("document")
    else:
        yield _size_link(receipt.document.name or "document", size, receipt)
    for name, label, digest, expected in (
        ("sha256", "SHA-256", sha256, receipt.document.sha256),
        ("sm3", "SM3", sm3, receipt.document.sm3),
    ):
        yield _not_compared(name) if digest is None else _digest_link(name, label, digest, expected)
    yield from _from_leaf(receipt.document.digests, receipt)


def _size_link(name: str, size: int, receipt: Receipt) -> Link:
    stated = receipt.document.size
    return _link(
        "document", size == stated,
        f"{name}: {size} bytes", f"{name}：{size} 字节",
        f"the file has {size} bytes, the receipt is for {stated}",
        f"文件为 {size} 字节，回执对应 {stated} 字节",
    )  # fmt: skip


def _digest_link(name: str, label: str, found: bytes, expected: str) -> Link:
    digest = found.hex()
    return _link(
        name, digest == expected,
        f"{label} {digest}", f"{label} {digest}",
        f"the file's {label} is {digest}, the receipt is for {expected}: not the same content",
        f"文件的 {label} 为 {digest}，回执为 {expected}：内容不一致",
    )  # fmt: skip


def _not_compared(name: str) -> Link:
    return Link(
        name, True,
        "not compared with a document: only the receipt's own statement is followed",
        "未与文件比对：仅依据回执自身的记载",
    )  # fmt: skip


def _from_leaf(found: Digests, receipt: Receipt) -> Iterator[Link]:
    node = leaf(unhex(receipt.leaf.salt), found)
    yield _link(
        "leaf", hex0x(node) == receipt.leaf.hash,
        f"leaf {hex0x(node)} from salt and both digests", f"由盐值与两个摘要得到叶子 {hex0x(node)}",
        f"salt and digests give leaf {hex0x(node)}, the receipt states {receipt.leaf.hash}",
        f"盐值与摘要得到叶子 {hex0x(node)}，回执为 {receipt.leaf.hash}",
    )  # fmt: skip
    batch, anchor = receipt.batch, receipt.anchor
    if batch is None:
        yield _pending("path")
        return
    way = batch.wire_path
    yield _link(
        "path", way.fits(batch.index, batch.count),
        f"{len(way.siblings)} siblings for leaf {batch.index} of {batch.count}",
        f"第 {batch.index} 个叶子（共 {batch.count} 个）的 {len(way.siblings)} 个兄弟节点",
        f"the path's sides are not those of leaf {batch.index} of {batch.count}",
        f"路径方向与第 {batch.index} 个叶子（共 {batch.count} 个）不符",
    )  # fmt: skip
    root = hex0x(way.root_of(node))
    yield _link(
        "root", root == batch.root,
        f"the path leads to root {root}", f"路径通向根 {root}",
        f"the path leads to {root}, not to the receipt's root {batch.root}",
        f"路径通向 {root}，而非回执中的根 {batch.root}",
    )  # fmt: skip
    if anchor is None:
        yield _pending("evidence")
        return
    evidence = hex0x(evidence_id(anchor.attester, unhex(root)))
    yield _link(
        "evidence", evidence == anchor.evidence,
        f"evidence {evidence} of attester {anchor.attester}", f"参与方 {anchor.attester} 的证据 {evidence}",
        f"attester {anchor.attester} and this root make {evidence}, the receipt states {anchor.evidence}",
        f"参与方 {anchor.attester} 与该根对应证据 {evidence}，回执为 {anchor.evidence}",
    )  # fmt: skip


def _on_chain(
    rpc: Node, anchor: AnchorPart, batch: BatchPart, leaf_hash: bytes, contract: str | None, confirmations: int
) -> Iterator[Link]:
    chain_id = int(rpc.call("eth_chainId"), 16)
    yield _link(
        "chain", chain_id == anchor.chain_id,
        f"chain {chain_id}", f"区块链 {chain_id}",
        f"this node is on chain {chain_id}, the receipt is for chain {anchor.chain_id}",
        f"该节点属于链 {chain_id}，回执对应链 {anchor.chain_id}",
    )  # fmt: skip
    yield _contract_link(anchor.contract, contract)
    yield _event_link(rpc, anchor, batch)
    evidence = unhex(anchor.evidence)
    record = read_record(rpc, anchor.contract, evidence)
    expected = (anchor.attester, anchor.block_timestamp, batch.count)
    yield _link(
        "record", record is not None and (record.attester, record.anchored_at, record.count) == expected,
        f"the contract records {batch.count} documents at {_utc(anchor.block_timestamp)}",
        f"合约记录 {batch.count} 份文件，时间 {_utc(anchor.block_timestamp)}",
        f"the contract's record is {_record_words(record)}", f"合约中的记录为 {_record_words(record)}",
    )  # fmt: skip
    assert record is not None
    revoked_at = record.revoked_at or read_leaf_revoked_at(rpc, anchor.contract, evidence, leaf_hash)
    yield _link(
        "revocation", revoked_at == 0,
        "neither the batch nor the document was revoked", "批次与文件均未被撤销",
        f"revoked by attester {anchor.attester} at {_utc(revoked_at)}",
        f"参与方 {anchor.attester} 已于 {_utc(revoked_at)} 撤销",
    )  # fmt: skip
    block = rpc.call("eth_getBlockByNumber", hex(anchor.block_number), False)
    found = block["hash"] if block else "absent"
    yield _link(
        "block", found == anchor.block_hash and int(block["timestamp"], 16) == anchor.block_timestamp,
        f"block {anchor.block_number} {anchor.block_hash} is in the chain",
        f"区块 {anchor.block_number} {anchor.block_hash} 在链上",
        f"block {anchor.block_number} is {found}, the receipt states {anchor.block_hash}",
        f"区块 {anchor.block_number} 为 {found}，回执为 {anchor.block_hash}",
    )  # fmt: skip
    depth = newest_block(rpc).number - anchor.block_number
    yield _link(
        "confirmations", depth >= confirmations,
        f"{depth} blocks on top", f"其后已有 {depth} 个区块",
        f"{depth} blocks on top, {confirmations} are asked for: ask again later",
        f"其后仅有 {depth} 个区块，要求 {confirmations} 个，请稍后再验",
    )  # fmt: skip


def _contract_link(stated: str, trusted: str | None) -> Link:
    if trusted is None:
        return Link(
            "contract", True,
            f"contract {stated} as the receipt states it: compare it with the published address",
            f"合约地址 {stated} 取自回执：请与公布的地址核对",
        )  # fmt: skip
    return _link(
        "contract", stated.lower() == trusted.lower(),
        f"contract {stated} is the deployed one", f"合约 {stated} 即已部署的合约",
        f"the receipt names contract {stated}, the deployed one is {trusted}",
        f"回执中的合约为 {stated}，已部署的为 {trusted}",
    )  # fmt: skip


def _event_link(rpc: Node, anchor: AnchorPart, batch: BatchPart) -> Link:
    mined = rpc.call("eth_getTransactionReceipt", anchor.transaction)
    event = None
    for log in mined["logs"] if mined else ():
        if int(log["logIndex"], 16) == anchor.log_index and log["blockHash"] == anchor.block_hash:
            event = decode_anchored(log, anchor.contract)
    stated = (anchor.evidence, anchor.attester, batch.root, batch.count)
    return _link(
        "event",
        event is not None
        and (hex0x(event.evidence), event.attester, hex0x(event.root), event.count) == stated,
        f"transaction {anchor.transaction} emitted Anchored with this root",
        f"交易 {anchor.transaction} 发出了含此根的 Anchored 事件",
        f"transaction {anchor.transaction} shows no such Anchored event at log {anchor.log_index}",
        f"交易 {anchor.transaction} 的日志 {anchor.log_index} 中没有相应的 Anchored 事件",
    )  # fmt: skip


def _pending(name: str) -> Link:
    return Link(
        name, False,
        "the receipt is still pending: bring it up to date once its batch is anchored",
        "回执仍待锚定：批次上链后请更新回执",
    )  # fmt: skip


def _link(name: str, ok: bool, en: str, zh: str, en_broken: str, zh_broken: str) -> Link:
    return Link(name, ok, en, zh) if ok else Link(name, False, en_broken, zh_broken)


def _until_broken(links: Iterator[Link]) -> tuple[Link, ...]:
    found = []
    for link in links:
        found.append(link)
        if not link.ok:
            break
    return tuple(found)


def _utc(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat()


def _record_words(record: Record | None) -> str:
    return "absent" if record is None or record.attester == 0 else str(record)
