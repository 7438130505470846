"""Asking the contracts, at the chain's head, whether they would accept acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chain.acts import SignedAct
from chain.bundle import gas_limit
from chain.outbox import parts
from chain.refusals import refusal_of
from chain.rpc import NodeError, Rpc

BATCH = 100


def simulate(rpc: Rpc, signed: SignedAct, sender: str) -> None:
    """Asks the contract, at the head, whether it would accept the act. Raises `ActRefused`, `NodeError`."""
    answer = simulate_all(rpc, [(signed.domain.address, signed.calldata)], sender)[0]
    if isinstance(answer, NodeError):
        raise refusal_of(answer) or answer


def simulate_all(rpc: Rpc, calls: Sequence[tuple[str, bytes]], sender: str) -> list[Any | NodeError]:
    """What each contract answers to its call: `NodeError` where it would not accept."""
    common = {"from": sender, "gasPrice": "0x0"}
    answers: list[Any | NodeError] = []
    for part in parts(calls, BATCH):
        answers += rpc.try_batch(
            ("eth_call", [common | {"to": to, "data": "0x" + call.hex(), "gas": hex(gas_limit(call))}, "latest"])
            for to, call in part
        )
    return answers
