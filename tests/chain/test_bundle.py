"""Bundles: acts keep their order, each fits into a transaction, and the calldata is what the contract reads."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

from eth_abi.abi import decode
from hypothesis import given
from hypothesis import strategies as st

from chain.artifacts import artifact, selector
from chain.bundle import SHARE, Call, bundles, call_of, gas_limit

CARRIER = "0x" + "cc" * 20
BLOCK = 3_000_000_000


class Waiting(NamedTuple):
    """An act as the outbox hands it over."""

    contract: str
    call: bytes


def waiting(*lengths: int) -> list[Any]:
    return [Waiting(f"0x{number:040x}", bytes([number % 256]) * length) for number, length in enumerate(lengths, 1)]


acts = st.lists(st.integers(min_value=4, max_value=30_000), max_size=80).map(lambda lengths: waiting(*lengths))


@given(acts, st.integers(min_value=1_000_000, max_value=BLOCK))
def test_every_act_goes_once_and_in_order_and_no_bundle_needs_more_than_its_share(acts: list[Any], block: int) -> None:
    parted = list(bundles(acts, block))
    assert [act for bundle in parted for act in bundle] == acts
    for bundle in parted:
        assert len(bundle) == 1 or sum(gas_limit(act.call) for act in bundle) <= block // SHARE


@given(acts)
def test_no_two_neighbours_would_have_fitted_together(acts: list[Any]) -> None:
    parted = list(bundles(acts, BLOCK))
    for bundle, following in pairwise(parted):
        together = sum(gas_limit(act.call) for act in [*bundle, following[0]])
        assert together > BLOCK // SHARE


def test_an_act_alone_is_called_without_a_bundle() -> None:
    (act,) = waiting(400)
    assert call_of([act], CARRIER) == Call(act.contract, act.call, gas_limit(act.call))


@given(acts.filter(lambda acts: len(acts) > 1))
def test_several_are_packed_with_their_contract_gas_and_length(acts: list[Any]) -> None:
    to, data, gas = call_of(acts, CARRIER)
    entry = artifact("Bundle").functions["carry"]
    assert to == CARRIER and data[:4] == selector(entry)
    (rest,) = decode([item["type"] for item in entry["inputs"]], data[4:])
    for act in acts:
        head, call, rest = rest[:28], rest[28 : 28 + len(act.call)], rest[28 + len(act.call) :]
        assert (head[:20], call) == (bytes.fromhex(act.contract[2:]), act.call)
        assert int.from_bytes(head[20:24], "big") == gas_limit(act.call)
        assert int.from_bytes(head[24:], "big") == len(act.call)
    assert rest == b""
    assert gas > sum(gas_limit(act.call) for act in acts)
