"""Costs of valuations."""

from __future__ import annotations

from typing import Any

from tests.contracts.appraisals import FIGURES, lot, many, posting, valued
from tests.contracts.gas import Costs
from tests.contracts.ledger import DAY, Ledger

LOT = 50


def _again(ledger: Ledger, state: str, **changes: Any) -> dict[str, Any]:
    tree = valued(ledger, state)
    ledger.wait(DAY)
    return posting(ledger, tree, **changes)


def _revalued(ledger: Ledger) -> dict[str, Any]:
    return _again(ledger, "CURRENT", value=FIGURES["value"] + 1_000)


ACTS: Costs = {
    "Valuations.post": ("appraiser", _revalued),
    "Valuations.postMany": ("appraiser", lambda ledger: lot(ledger, many(ledger, LOT))),
    "Valuations.appraiseAgain": ("second appraiser", lambda ledger: _again(ledger, "CURRENT")),
    "Valuations.challenge": ("farmer", lambda ledger: {"tree": valued(ledger, "CURRENT")}),
    "Valuations.settle": ("second appraiser", lambda ledger: _again(ledger, "CHALLENGED")),
}
BUDGETS = {"Valuations.post": 60_000, "Valuations.postMany": 35_000 * LOT}
"""One tree that was valued before; fifty that never were, whose slots are written for the first time."""
