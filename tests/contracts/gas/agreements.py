"""Costs of agreements."""

from __future__ import annotations

from tests.contracts.deals import (
    DEPOSIT,
    QUANTITY,
    TERMS,
    TOTAL,
    active,
    deliver,
    offer,
    offered,
    performed,
    receipt,
    signed,
)
from tests.contracts.gas import Costs
from tests.contracts.ledger import Ledger

ACTS: Costs = {
    "Agreements.offer": ("farmer", offer),
    "Agreements.sign": ("firm", lambda ledger: {"agreement": offered(ledger), "terms": TERMS}),
    "Agreements.confirmDeposit": (
        "bank",
        lambda ledger: {
            "agreement": signed(ledger),
            "amount": DEPOSIT,
            "receivedAt": ledger.now,
            "receipt": receipt(),
        },
    ),
    "Agreements.deliver": (
        "farmer",
        lambda ledger: {"agreement": active(ledger), "milestone": 0, "quantity": QUANTITY // 2},
    ),
    "Agreements.accept": ("firm", lambda ledger: {**_delivered(ledger), "quantity": QUANTITY // 2}),
    "Agreements.recordPayment": (
        "bank",
        lambda ledger: {
            "agreement": performed(ledger),
            "toSeller": True,
            "amount": TOTAL - DEPOSIT,
            "receipt": receipt(),
        },
    ),
}

BUDGETS = {"Agreements.sign": 70_000}


def _delivered(ledger: Ledger) -> dict[str, int]:
    agreement = active(ledger)
    deliver(ledger, agreement)
    return {"agreement": agreement, "milestone": 0}
