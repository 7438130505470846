"""The `Anchored` event and the record behind it, as raw JSON-RPC gives them.

Written against the published interface (contracts/interfaces/IEvidence.sol) with nothing but keccak and ABI
words, so that the verifier needs no artifact and no contract library; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from chain.at_head import HEAD, Node, Question
from chain.rpc import NodeError, Rpc
from workflows.evidence.receipt import AnchorPart, hex0x, unhex

ANCHORED = hex0x(keccak(text="Anchored(bytes32,uint64,bytes32,uint32,uint8,uint64)"))
RECORD = keccak(text="record(bytes32)")[:4]
LEAF_REVOKED_AT = keccak(text="leafRevokedAt(bytes32,bytes32)")[:4]


@dataclass(frozen=True, slots=True)
class Anchored:
    """One decoded event; `at` is UTC seconds."""

    evidence: bytes
    attester: int
    root: bytes
    count: int
    scheme: int
    at: int


@dataclass(frozen=True, slots=True)
class Record:
    """What the contract keeps of a batch; `attester` 0 when there is none, instants in UTC seconds, 0:
    never.
    """

    attester: int
    anchored_at: int
    count: int
    scheme: int
    revoked_at: int


@dataclass(frozen=True, slots=True)
class Newest:
    """The head: block number and time (UTC seconds)."""

    number: int
    timestamp: int


def evidence_id(attester: int, root: bytes) -> bytes:
    """Id of the batch that party `attester` anchored under `root`."""
    return bytes(keccak(attester.to_bytes(32) + root))


def decode_anchored(log: Mapping[str, Any], contract: str) -> Anchored | None:
    """The event in a raw log, or None when the log is anything else."""
    topics = log["topics"]
    if log["address"].lower() != contract.lower() or len(topics) != 3 or topics[0] != ANCHORED:
        return None
    words = _words(log["data"], 256, 32, 8, 64)
    if words is None:
        return None
    root, count, scheme, at = words
    return Anchored(unhex(topics[1]), int(topics[2], 16), root.to_bytes(32), count, scheme, at)


def find_anchor(rpc: Rpc, chain_id: int, contract: str, attester: int, root: bytes) -> AnchorPart | None:
    """Where party `attester` anchored `root`, or None when the chain does not hold it (any more).

    The contract says when; the blocks of that second are searched by halving, so no range of blocks is ever
    asked for its logs, whatever the node's limits. Raises `NodeUnreachable`, `NodeError`.
    """
    evidence = evidence_id(attester, root)
    record = read_record(rpc, contract, evidence)
    if record is None or record.attester == 0:
        return None
    wanted = {"address": contract, "topics": [ANCHORED, hex0x(evidence)]}
    for block in _blocks_of(rpc, record.anchored_at):
        for log in rpc.call("eth_getLogs", wanted | {"blockHash": block["hash"]}):
            return AnchorPart(
                chain_id=chain_id,
                contract=contract,
                attester=attester,
                evidence=hex0x(evidence),
                transaction=log["transactionHash"],
                block_number=int(block["number"], 16),
                block_hash=block["hash"],
                block_timestamp=record.anchored_at,
                log_index=int(log["logIndex"], 16),
            )
    return None


def is_canonical(rpc: Rpc, anchor: AnchorPart) -> bool:
    """Whether the anchor's block is still the chain's block of that height."""
    block = rpc.call("eth_getBlockByNumber", hex(anchor.block_number), False)
    return block is not None and block["hash"] == anchor.block_hash


def newest_block(rpc: Node) -> Newest:
    """The head of the chain."""
    block = rpc.call(*HEAD)
    return Newest(int(block["number"], 16), int(block["timestamp"], 16))


def _blocks_of(rpc: Rpc, instant: int) -> Iterator[Mapping[str, Any]]:
    """The blocks of that second: usually one, several on a chain that makes blocks faster."""
    newest = newest_block(rpc).number
    low, high = 0, newest
    while low < high:
        middle = (low + high) // 2
        block = _block(rpc, middle)
        if block is not None and int(block["timestamp"], 16) < instant:
            low = middle + 1
        else:
            high = middle
    for number in range(low, newest + 1):
        block = _block(rpc, number)
        if block is None or int(block["timestamp"], 16) != instant:  # None: a reorganisation cut the chain meanwhile
            return
        yield block


def _block(rpc: Rpc, number: int) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = rpc.call("eth_getBlockByNumber", hex(number), False)
    return found


def record_question(contract: str, evidence: bytes) -> Question:
    """What `read_record` asks."""
    return _view(contract, RECORD + evidence)


def leaf_revoked_question(contract: str, evidence: bytes, leaf: bytes) -> Question:
    """What `read_leaf_revoked_at` asks."""
    return _view(contract, LEAF_REVOKED_AT + evidence + leaf)


def read_record(rpc: Node, contract: str, evidence: bytes) -> Record | None:
    """The contract's record of `evidence` at the head; None when no contract answers there."""
    words = _read(rpc, record_question(contract, evidence), 64, 64, 32, 8, 64)
    return Record(*words) if words else None


def read_leaf_revoked_at(rpc: Node, contract: str, evidence: bytes, leaf: bytes) -> int:
    """When `leaf` was revoked, UTC seconds; 0 when it was not."""
    words = _read(rpc, leaf_revoked_question(contract, evidence, leaf), 64)
    return int(words[0]) if words else 0


def _view(contract: str, call: bytes) -> Question:
    return ("eth_call", {"to": contract, "data": hex0x(call)}, "latest")


def _read(rpc: Node, view: Question, *bits: int) -> tuple[int, ...] | None:
    try:
        return _words(rpc.call(*view), *bits)
    except NodeError as refusal:
        if "revert" in refusal.message.lower():  # some contract, but not this one
            return None
        raise


def _words(answer: str, *bits: int) -> tuple[int, ...] | None:
    """ABI words as unsigned integers of so many bits each; None where they are not."""
    data = unhex(answer)
    words = tuple(int.from_bytes(data[32 * place :][:32]) for place in range(len(bits)))
    fits = len(data) >= 32 * len(bits) and not any(word >> size for word, size in zip(words, bits, strict=True))
    return words if fits else None
