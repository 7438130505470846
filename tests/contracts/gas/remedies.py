"""Costs of remedies."""

from __future__ import annotations

from tests.contracts.deals import active, late_seller
from tests.contracts.gas import Costs
from tests.contracts.ledger import Ledger

ACTS: Costs = {
    "Remedies.raiseDispute": ("firm", lambda ledger: {"agreement": active(ledger), "amount": 1_000_000}),
    "Remedies.declareDefault": (
        "firm",
        lambda ledger: {"agreement": _late(ledger), "sanction": "DEPOSIT", "purposeDefeated": False},
    ),
}


def _late(ledger: Ledger) -> int:
    agreement = active(ledger)
    late_seller(ledger, agreement)
    return agreement
