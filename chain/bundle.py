"""Bundles: several acts carried by one transaction, through the contract `Bundle`, each within gas of its own.

A transaction costs 21,000 gas and a node one more signature to check; acts that wait together share that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from eth_abi.abi import encode

from chain.artifacts import artifact, selector
from chain.offchain import AnyRow

GAS = 2_000_000
GAS_A_BYTE = 2_000
"""What each byte of a call may cost beyond `GAS`: 200 packages for courts, 31.6 million gas, come in 19 kilobytes."""
SHARE = 30
"""No bundle may use more than this part of a block's gas: 100 million on the development chain, some 30 acts."""

_CARRY = selector(artifact("Bundle").functions["carry"])


class Call(NamedTuple):
    """What a transaction does: which contract it calls, with what, and how much gas it may use."""

    to: str
    data: bytes
    gas: int


def gas_limit(call: bytes) -> int:
    """The gas that an act with this call may use."""
    return GAS + GAS_A_BYTE * len(call)


def bundles(acts: Iterable[AnyRow], block_gas: int) -> Iterator[list[AnyRow]]:
    """The acts of the outbox in their order, parted so that each part may go into one transaction."""
    bundle: list[AnyRow] = []
    room = 0
    for act in acts:
        limit = gas_limit(act.call)
        if bundle and limit > room:
            yield bundle
            bundle = []
        if not bundle:
            room = block_gas // SHARE
        bundle.append(act)
        room -= limit
    if bundle:
        yield bundle


def call_of(acts: Sequence[AnyRow], carrier: str) -> Call:
    """The call that carries these acts: one goes straight to its contract, several through `carrier`, the `Bundle`."""
    calls = [Call(act.contract, act.call, gas_limit(act.call)) for act in acts]
    return calls[0] if len(calls) == 1 else together(calls, carrier)


def together(calls: Iterable[Call], carrier: str) -> Call:
    """The call of `carrier`, the `Bundle`, that makes these calls, each with its own gas."""
    calls = list(calls)
    packed = b"".join(
        bytes.fromhex(to[2:]) + gas.to_bytes(4, "big") + len(data).to_bytes(4, "big") + data for to, data, gas in calls
    )
    data = _CARRY + encode(["bytes"], [packed])
    # A call gets 63 of 64 parts of what is left (EIP-150). A byte of calldata costs 16, the rest is for handing it on.
    return Call(carrier, data, sum(call.gas for call in calls) * 64 // 63 + 30 * len(data) + 21_000)
