"""Agreements through the front door, where time may pass."""

from __future__ import annotations

import secrets
from typing import Any

from chain.clock import advance_to
from tests.stack import Stack

DAY = 86_400
TOTAL, DEPOSIT, GRAMS = 10_000_000, 2_500_000, 10_000
"""100,000 yuan for 10 kg, of which 25,000 are agreed as deposit."""
TERMS = "0x" + "7e" * 32


def advance(stack: Stack, instant: int) -> None:
    """Lets time pass until `instant`, in UTC seconds, and the mirror follow."""
    advance_to(stack.settings, stack.rpc, instant)
    stack.mirrored(int(stack.rpc.call("eth_blockNumber"), 16))


def hand_in(stack: Stack, who: str, key: str, **fields: Any) -> Any:
    """The API's answer to a signed act."""
    return stack.client.post("/v1/acts", json=stack.sign(who, key, **fields).json())


def refused(stack: Stack, who: str, key: str, **fields: Any) -> tuple[int, str]:
    """Status and code of a refusal at the door."""
    answer = hand_in(stack, who, key, **fields)
    return answer.status_code, answer.json().get("code", "accepted")


def act(stack: Stack, who: str, key: str, **fields: Any) -> None:
    """Hands an act in and waits until it is mirrored."""
    answer = hand_in(stack, who, key, **fields)
    assert answer.status_code == 202, answer.text
    stack.settled(answer.json()["id"])


def offer(stack: Stack, *halves: int, due_in: int = 20, **changes: Any) -> int:
    """The farmer offers to sell to the firm; returns the agreement's id."""
    quantities = list(halves) or [GRAMS]
    fields: dict[str, Any] = {
        "counterparty": stack.party_ids["firm"],
        "asBuyer": False,
        "terms": TERMS,
        "quantity": GRAMS,
        "unitPrice": 1_000_000,
        "formula": "0x" + "00" * 32,
        "total": TOTAL,
        "deposit": DEPOSIT,
        "damagesBps": 2_000,
        "inspectionDays": 10,
        "graceDays": 3,
        "offerEndsAt": 0,
        "dueAt": [stack.now() + (due_in + number) * DAY for number in range(len(quantities))],
        "quantities": quantities,
    }
    answer = hand_in(stack, "farmer", "Agreements.offer", **(fields | changes))
    assert answer.status_code == 202, answer.text
    stack.settled(answer.json()["id"])
    return int(answer.json()["id"], 16)


def active(stack: Stack, *halves: int, paid: int = DEPOSIT, due_in: int = 20) -> int:
    """An agreement whose deposit the bank has confirmed."""
    agreement = offer(stack, *halves, due_in=due_in)
    act(stack, "firm", "Agreements.sign", agreement=agreement, terms=TERMS)
    deposited = {"amount": paid, "receivedAt": stack.now(), "receipt": "0x" + secrets.token_hex(32)}
    act(stack, "bank", "Agreements.confirmDeposit", agreement=agreement, evidence=stack.anchor(), **deposited)
    return agreement


def handed_over(stack: Stack, agreement: int, milestone: int, grams: int) -> None:
    """Delivered and accepted."""
    fields = {"agreement": agreement, "milestone": milestone, "quantity": grams, "evidence": stack.anchor()}
    act(stack, "farmer", "Agreements.deliver", **fields)
    act(stack, "firm", "Agreements.accept", **fields)


def shown(stack: Stack, agreement: int) -> dict[str, Any]:
    """The agreement as the API answers."""
    answer: dict[str, Any] = stack.client.get(f"/v1/agreements/{agreement}").json()
    return answer


def default(stack: Stack, agreement: int, sanction: str = "DEPOSIT") -> None:
    """The firm notices the late farmer, waits, and declares default."""
    act(stack, "firm", "Remedies.noticeCure", agreement=agreement, cureDays=10, evidence=stack.anchor())
    advance(stack, shown(stack, agreement)["cure_ends_at"] + 301)
    claim = {"agreement": agreement, "sanction": sanction, "purposeDefeated": False, "evidence": stack.anchor()}
    act(stack, "firm", "Remedies.declareDefault", **claim)
