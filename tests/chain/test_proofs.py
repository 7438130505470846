"""Proofs against real anvil blocks, against the trie library, and against the strings Besu documents."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import rlp
from eth_bloom import BloomFilter
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from chain import proofs
from tests.indexer.devnet import Devnet, running_anvil

BESU_FOUR_VALIDATORS = (
    "0xf87aa00000000000000000000000000000000000000000000000000000000000000000f8549464a702e6263b7297a96638cac6ae65e6541f416"
    "9943923390ad55e90c237593b3b0e401f3b08a0318594aefdb9a738c9f433e5b6b212a6d62f6370c2f69294c7eeb9a4e00ce683cf93039b212"
    "648e01c6c6b78c080c0"
)
"""Besu documentation, "Configure QBFT consensus": extraData of a genesis block with four validators."""

BESU_CONTRACT_MODE = "0xe5a00000000000000000000000000000000000000000000000000000000000000000c0c080c0"


@pytest.fixture(scope="module", params=["berlin", "london", "cancun", "prague"])
def forked(request: pytest.FixtureRequest) -> Iterator[Devnet]:
    with running_anvil(hardfork=request.param) as chain:
        chain.deploy()
        for asset in range(20):
            chain.send("register", asset, 1, "a" * asset, 5)
            chain.send("transfer", asset, 2)
        chain.mine()
        chain.mine()
        yield chain


def block_and_receipts(chain: Devnet, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    block, receipts = chain.rpc.batch(
        [("eth_getBlockByNumber", [hex(number), False]), ("eth_getBlockReceipts", [hex(number)])]
    )
    return block, receipts


def test_header_hashes_are_recomputed_on_every_fork(forked: Devnet) -> None:
    for number in range(forked.head + 1):
        block, _ = block_and_receipts(forked, number)
        assert proofs.header_hash(block) == block["hash"]


def test_receipts_roots_and_blooms_are_recomputed_on_every_fork(forked: Devnet) -> None:
    for number in range(forked.head + 1):
        block, receipts = block_and_receipts(forked, number)
        assert proofs.receipts_root(receipts) == block["receiptsRoot"]
        logs = [log for receipt in receipts for log in receipt["logs"]]
        assert proofs.bloom_of(logs) == int(block["logsBloom"], 16)


def test_a_receipt_is_proved_to_be_in_its_block_and_nothing_else_is(forked: Devnet) -> None:
    block, receipts = block_and_receipts(forked, 2)
    assert len(receipts) == 40
    for position, receipt in enumerate(receipts):
        proof = proofs.receipt_proof(receipts, position)
        assert proofs.verify_receipt(block["receiptsRoot"], position, proof) == proofs.receipt_rlp(receipt)
        for broken in (proof[:-1], proof[1:], [*proof, proof[0]], []):
            with pytest.raises(proofs.ProofInvalid):
                proofs.verify_receipt(block["receiptsRoot"], position, broken)
        with pytest.raises(proofs.ProofInvalid):
            proofs.verify_receipt(block["parentHash"], position, proof)
        with pytest.raises(proofs.ProofInvalid):
            proofs.verify_receipt(block["receiptsRoot"], (position + 1) % 40, proof)


def test_a_receipt_with_its_type_byte_is_the_typed_one(forked: Devnet) -> None:
    _, receipts = block_and_receipts(forked, 2)
    typed = {**receipts[0], "type": "0x2"}
    assert proofs.receipt_rlp(typed)[:1] == b"\x02"
    assert rlp.decode(proofs.receipt_rlp(typed)[1:]) == rlp.decode(proofs.receipt_rlp({**typed, "type": "0x0"}))


@settings(deadline=None, max_examples=40)
@given(values=st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=200), flips=st.randoms())
def test_ordered_tries_are_those_of_the_trie_library(values: list[bytes], flips: random.Random) -> None:
    trie = HexaryTrie({})
    for position, value in enumerate(values):
        trie[rlp.encode(position)] = value
    root = "0x" + trie.root_hash.hex()
    assert proofs.ordered_root(values) == root
    position = flips.randrange(len(values))
    proof = proofs.ordered_proof(values, position)
    assert proofs.verify_ordered(root, position, proof) == values[position]
    place, bit = flips.randrange(len(proof)), flips.randrange(8)
    node = bytearray(proof[place])
    node[flips.randrange(len(node))] ^= 1 << bit
    with pytest.raises(proofs.ProofInvalid):
        proofs.verify_ordered(root, position, [*proof[:place], bytes(node), *proof[place + 1 :]])


def test_a_block_without_transactions_has_the_empty_root() -> None:
    assert proofs.ordered_root([]) == "0x" + HexaryTrie({}).root_hash.hex() == proofs.EMPTY_ROOT


@given(values=st.lists(st.binary(min_size=20, max_size=32), max_size=20), other=st.binary(min_size=33, max_size=33))
def test_blooms_are_those_of_the_bloom_library(values: list[bytes], other: bytes) -> None:
    bloom = 0
    for value in values:
        bloom |= proofs.bloom_mask("0x" + value.hex())
    library = BloomFilter.from_iterable(values)
    assert bloom == int(library)
    assert all(proofs.maybe_in_bloom(bloom, "0x" + value.hex()) for value in values)
    assert proofs.maybe_in_bloom(bloom, "0x" + other.hex()) == (other in library)


@given(
    item=st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=6), max_leaves=30),
)
def test_our_rlp_is_that_of_the_rlp_library(item: Any) -> None:
    def encode(thing: Any) -> bytes:
        if isinstance(thing, bytes):
            return proofs.rlp_string(thing)
        return proofs.rlp_list(encode(part) for part in thing)

    assert encode(item) == rlp.encode(item)


@pytest.mark.parametrize("documented", [BESU_FOUR_VALIDATORS, BESU_CONTRACT_MODE])
def test_extra_data_is_read_as_besu_documents_it(documented: str) -> None:
    parts = proofs.qbft_seals({"number": "0x0", "extraData": documented})
    assert (parts.vanity, parts.round_number, parts.seals) == (bytes(32), 0, ())
    assert len(parts.validators) == (4 if documented == BESU_FOUR_VALIDATORS else 0)
    assert parts.without_seals(round_number=0) == bytes.fromhex(documented[2:])


def test_seals_lead_back_to_the_validators_who_made_them(forked: Devnet) -> None:
    validators = [PrivateKey(bytes([number]) * 32) for number in range(1, 5)]
    block, _ = block_and_receipts(forked, 1)
    parts = proofs.QbftSeals(
        vanity=bytes(32),
        validators=tuple(key.public_key.to_address() for key in validators),
        votes=[],
        round_number=3,
        seals=(),
    )
    block = {**block, "mixHash": proofs.QBFT_MIX_HASH}
    signed = proofs.keccak(proofs.header_rlp(block, parts.without_seals(3)))
    sealed = [key.sign_msg_hash(signed).to_bytes() for key in validators[:3]]
    block["extraData"] = (
        "0x" + rlp.encode([bytes(32), [bytes.fromhex(one[2:]) for one in parts.validators], [], b"\x03", sealed]).hex()
    )
    assert proofs.seal_signers(block) == parts.validators[:3]
    with_fewer = {**block, "extraData": "0x" + parts.without_seals(3).hex()}
    assert proofs.header_hash(block) == proofs.header_hash(with_fewer)  # seals are not part of the hash
    other_round = {**block, "extraData": "0x" + parts.without_seals(4).hex()}
    assert proofs.header_hash(block) == proofs.header_hash(other_round)  # nor is the round
    assert proofs.seal_signers({**block, "gasUsed": "0x1"}) != parts.validators[:3]


def test_extra_data_that_is_not_qbft_is_refused(forked: Devnet) -> None:
    block, _ = block_and_receipts(forked, 1)
    with pytest.raises(proofs.ExtraDataUnreadable):
        proofs.seal_signers(block)
