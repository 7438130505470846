"""Proofs from a block to one of its receipts, and from a QBFT block to the validators who sealed it.

Every function works on the JSON that a node answers (`eth_getBlockByNumber`, `eth_getBlockReceipts`), and
none asks a node: what they prove, they prove against the header's hash.

Sources: Ethereum yellow paper §4.3 and appendices B, D; EIP-2718 (typed receipts); Besu
`QbftExtraDataCodec` and `BftBlockHashing` for QBFT.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Any

import rlp
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from sha3 import keccak_256

from chain.errors import ChaqiError

QBFT_MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
"""Mix hash that marks a header as Istanbul BFT ("ctical byzantine fault tolerance")."""

EMPTY_ROOT = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
"""Root of a trie without entries: the receipts root of a block without transactions."""

_WHOLE = "whole"
_EXACT = "exact"
_HEADER_FIELDS: tuple[tuple[str, str], ...] = (
    ("parentHash", _EXACT),
    ("sha3Uncles", _EXACT),
    ("miner", _EXACT),
    ("stateRoot", _EXACT),
    ("transactionsRoot", _EXACT),
    ("receiptsRoot", _EXACT),
    ("logsBloom", _EXACT),
    ("difficulty", _WHOLE),
    ("number", _WHOLE),
    ("gasLimit", _WHOLE),
    ("gasUsed", _WHOLE),
    ("timestamp", _WHOLE),
    ("extraData", _EXACT),
    ("mixHash", _EXACT),
    ("nonce", _EXACT),
    ("baseFeePerGas", _WHOLE),  # London
    ("withdrawalsRoot", _EXACT),  # Shanghai
    ("blobGasUsed", _WHOLE),  # Cancun
    ("excessBlobGas", _WHOLE),
    ("parentBeaconBlockRoot", _EXACT),
    ("requestsHash", _EXACT),  # Prague
)
_BERLIN_FIELDS = 15


class ProofInvalid(ChaqiError):
    """A Merkle-Patricia proof that does not lead from its root to its value."""

    status = 422
    en = "The inclusion proof does not lead to the root {root}: {reason}."
    zh = "包含证明无法推导至根 {root}：{reason}。"


class ExtraDataUnreadable(ChaqiError):
    """A header whose extraData is not RLP([vanity, validators, votes, round, seals])."""

    status = 422
    en = "Block {number} carries no QBFT seals: {reason}."
    zh = "区块 {number} 不含 QBFT 签章：{reason}。"


def keccak(preimage: bytes) -> bytes:
    """Keccak-256."""
    return bytes(keccak_256(preimage).digest())


def rlp_string(content: bytes) -> bytes:
    """RLP of a byte string."""
    if len(content) == 1 and content[0] < 0x80:
        return content
    return _prefix(0x80, len(content)) + content


def rlp_list(encoded_items: Iterable[bytes]) -> bytes:
    """RLP of a list whose items are encoded already."""
    content = b"".join(encoded_items)
    return _prefix(0xC0, len(content)) + content


def _prefix(offset: int, length: int) -> bytes:
    if length < 56:
        return bytes((offset + length,))
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((offset + 55 + len(size),)) + size


def _whole(value: int) -> bytes:
    return rlp_string(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _hex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


# ---- headers -------------------------------------------------------------------------------------


def header_rlp(block: Mapping[str, Any], extra_data: bytes | None = None) -> bytes:
    """RLP of a block's header: the 15 fields of Berlin and the later ones that the block has, in order.

    `extra_data` replaces the block's own, for the reduced hashes of QBFT.
    """
    items = []
    for position, (name, kind) in enumerate(_HEADER_FIELDS):
        value = block.get(name)
        if value is None:
            if position < _BERLIN_FIELDS:
                raise KeyError(name)
            continue
        if name == "extraData" and extra_data is not None:
            items.append(rlp_string(extra_data))
        else:
            items.append(_whole(int(value, 16)) if kind is _WHOLE else rlp_string(_hex(value)))
    return rlp_list(items)


def header_hash(block: Mapping[str, Any]) -> str:
    """The block's hash, recomputed from its header.

    A QBFT header is hashed with round 0 and without seals, because seals are made over the hash.
    """
    extra_data = None
    if block["mixHash"] == QBFT_MIX_HASH:
        extra_data = qbft_seals(block).without_seals(round_number=0)
    return "0x" + keccak(header_rlp(block, extra_data)).hex()


@dataclass(frozen=True)
class QbftSeals:
    """The parts of a QBFT header's extraData; `votes` is kept as decoded RLP."""

    vanity: bytes
    validators: tuple[str, ...]
    votes: Any
    round_number: int
    seals: tuple[bytes, ...]

    def without_seals(self, round_number: int) -> bytes:
        """The extraData of the reduced header: no seals, the given round."""
        return rlp_list(
            (
                rlp_string(self.vanity),
                rlp_list(rlp_string(_hex(validator)) for validator in self.validators),
                rlp.encode(self.votes),
                _whole(round_number),
                rlp_list(()),
            )
        )


def qbft_seals(block: Mapping[str, Any]) -> QbftSeals:
    """Reads the extraData of a QBFT block. Raises `ExtraDataUnreadable`."""
    try:
        vanity, validators, votes, round_number, seals = rlp.decode(_hex(block["extraData"]))
        return QbftSeals(
            vanity=vanity,
            validators=tuple("0x" + validator.hex() for validator in validators),
            votes=votes,
            round_number=int.from_bytes(round_number, "big"),
            seals=tuple(seals),
        )
    except (
        rlp.exceptions.DecodingError,
        ValueError,
        TypeError,
        AttributeError,
    ) as failure:
        raise ExtraDataUnreadable(number=block.get("number"), reason=str(failure)) from failure


def seal_signers(block: Mapping[str, Any]) -> tuple[str, ...]:
    """Addresses that sealed a QBFT block, each recovered from its committed seal, in the seals' order.

    A seal signs the hash of the header with its round and without seals. Whether the signers are
    validators, and enough of them (two thirds rounded up), is for the caller to judge: see
    `QbftSeals.validators`. Raises `ExtraDataUnreadable`.
    """
    parts = qbft_seals(block)
    signed = keccak(header_rlp(block, parts.without_seals(parts.round_number)))
    signers = []
    for seal in parts.seals:
        try:
            signature = Signature(seal)
            signers.append(signature.recover_public_key_from_msg_hash(signed).to_address())
        except (BadSignature, ValidationError) as failure:
            raise ExtraDataUnreadable(number=block.get("number"), reason=f"bad seal: {failure}") from failure
    return tuple(signers)


# ---- bloom ---------------------------------------------------------------------------------------


_BIT = [1 << place for place in range(2048)]
_THREE_WORDS = Struct(">HHH").unpack_from


@lru_cache(maxsize=16_384)
def bloom_mask(value: str) -> int:
    """The three bits that an address or topic (0x hex) sets in a bloom of 2048 bits, as an integer."""
    first, second, third = _THREE_WORDS(keccak_256(bytes.fromhex(value[2:])).digest())
    mask: int = _BIT[first & 2047] | _BIT[second & 2047] | _BIT[third & 2047]
    return mask


def bloom_of(logs: Iterable[Mapping[str, Any]]) -> int:
    """The bloom of logs as an integer, to be compared with `int(block["logsBloom"], 16)`."""
    bloom = 0
    for log in logs:
        bloom |= bloom_mask(log["address"])
        for topic in log["topics"]:
            bloom |= bloom_mask(topic)
    return bloom


def maybe_in_bloom(bloom: int, value: str) -> bool:
    """Whether an address or topic may be in the logs that a bloom sums up; a no is certain."""
    mask = bloom_mask(value)
    return bloom & mask == mask


# ---- receipts ------------------------------------------------------------------------------------


def receipt_rlp(receipt: Mapping[str, Any]) -> bytes:
    """A receipt as the receipts trie holds it: RLP, after the type byte unless the transaction is legacy."""
    outcome = receipt.get("status")
    content = rlp_list(
        (
            rlp_string(_hex(receipt["root"])) if outcome is None else _whole(int(outcome, 16)),
            _whole(int(receipt["cumulativeGasUsed"], 16)),
            rlp_string(_hex(receipt["logsBloom"])),
            rlp_list(_log_rlp(log) for log in receipt["logs"]),
        )
    )
    kind = int(receipt.get("type") or "0x0", 16)
    return bytes((kind,)) + content if kind else content


def _log_rlp(log: Mapping[str, Any]) -> bytes:
    return rlp_list(
        (
            rlp_string(_hex(log["address"])),
            rlp_list(rlp_string(_hex(topic)) for topic in log["topics"]),
            rlp_string(_hex(log["data"])),
        )
    )


def receipts_root(receipts: Sequence[Mapping[str, Any]]) -> str:
    """The receipts root that a block with these receipts, in transaction order, must have."""
    return ordered_root([receipt_rlp(receipt) for receipt in receipts])


def receipt_proof(receipts: Sequence[Mapping[str, Any]], position: int) -> list[str]:
    """Merkle-Patricia proof of receipt `position`: 0x hex nodes from the receipts root down."""
    return ["0x" + node.hex() for node in ordered_proof([receipt_rlp(receipt) for receipt in receipts], position)]


def verify_receipt(root: str, position: int, proof: Sequence[str]) -> bytes:
    """The encoded receipt at `position` under a receipts root. Raises `ProofInvalid`."""
    return verify_ordered(root, position, [_hex(node) for node in proof])


# ---- the trie of an ordered list -----------------------------------------------------------------
# Keys are rlp(position): no key is the beginning of another, so a branch never carries a value of its own.

_Entries = list[tuple[str, bytes]]  # key nibbles as hex digits, value


def _key(position: int) -> str:
    return _whole(position).hex()


def _path(nibbles: str, leaf: bool) -> bytes:
    flag = (2 if leaf else 0) + len(nibbles) % 2
    return rlp_string(bytes.fromhex(f"{flag}{nibbles}" if len(nibbles) % 2 else f"{flag}0{nibbles}"))


def _reference(node: bytes) -> bytes:
    return node if len(node) < 32 else rlp_string(keccak(node))


def _node(entries: _Entries, depth: int, target: str | None, trail: list[bytes]) -> bytes:
    """The node over `entries` below `depth` nibbles; those on `target`'s way join `trail`, deepest first."""
    first, value = entries[0]
    if len(entries) == 1:
        node = rlp_list((_path(first[depth:], leaf=True), rlp_string(value)))
    else:
        last = entries[-1][0]
        shared = depth
        while first[shared] == last[shared]:
            shared += 1
        slots: list[bytes] = [b"\x80"] * 17
        for digit in range(16):
            below = [entry for entry in entries if int(entry[0][shared], 16) == digit]
            if below:
                onward = target if target is not None and int(target[shared], 16) == digit else None
                slots[digit] = _reference(_node(below, shared + 1, onward, trail))
        node = rlp_list(slots)
        if shared > depth:
            if target is not None:
                trail.append(node)
            node = rlp_list((_path(first[depth:shared], leaf=False), _reference(node)))
    if target is not None:
        trail.append(node)
    return node


def ordered_root(values: Sequence[bytes]) -> str:
    """Root of the trie rlp(position) → value, as receipts and transactions roots are made."""
    if not values:
        return EMPTY_ROOT
    entries = sorted((_key(position), value) for position, value in enumerate(values))
    return "0x" + keccak(_node(entries, 0, None, [])).hex()


def ordered_proof(values: Sequence[bytes], position: int) -> list[bytes]:
    """The trie's nodes from the root to the value at `position`."""
    entries = sorted((_key(index), value) for index, value in enumerate(values))
    trail: list[bytes] = []
    _node(entries, 0, _key(range(len(values))[position]), trail)
    return [node for place, node in enumerate(reversed(trail)) if place == 0 or len(node) >= 32]


def verify_ordered(root: str, position: int, proof: Sequence[bytes]) -> bytes:
    """The value at `position` in the trie under `root`. Raises `ProofInvalid`."""
    nibbles = _key(position)
    expected: Any = _hex(root)
    nodes = iter(proof)
    try:
        while True:
            if isinstance(expected, bytes):
                node_rlp = next(nodes)
                if keccak(node_rlp) != expected:
                    raise ProofInvalid(
                        root=root,
                        reason="a node does not have the hash its parent names",
                    )
                node = rlp.decode(node_rlp)
            else:
                node = expected
            if len(node) == 17:
                expected, nibbles = node[int(nibbles[0], 16)], nibbles[1:]
                continue
            path = node[0].hex()
            leaf, path = path[0] in "23", path[1:] if path[0] in "13" else path[2:]
            if leaf and path == nibbles:
                if next(nodes, None) is not None:
                    raise ProofInvalid(root=root, reason="nodes are left over")
                return bytes(node[1])
            if leaf or not nibbles.startswith(path):
                raise ProofInvalid(root=root, reason=f"no value at position {position}")
            expected, nibbles = node[1], nibbles[len(path) :]
    except (
        StopIteration,
        IndexError,
        ValueError,
        TypeError,
        rlp.exceptions.DecodingError,
    ) as failure:
        raise ProofInvalid(root=root, reason="the proof is cut short or unreadable") from failure
