"""Costs of batches, sales and codes."""

from __future__ import annotations

from typing import Any

from tests.contracts.gas import Costs
from tests.contracts.groves import tree_at
from tests.contracts.harvests import (
    CAP,
    ROOT,
    YEAR,
    firms_tea,
    leaf_of,
    lot_at,
    offered,
    tea,
    tree_in_season,
)
from tests.contracts.ledger import DAY, Ledger


def _potential(ledger: Ledger) -> dict[str, Any]:
    tree = tree_at(ledger, "REGISTERED")
    window = {"opensAt": ledger.now, "closesAt": ledger.now + 60 * DAY}
    return {"tree": tree, "season": YEAR, "potential": 2_300, **window}


def _blend(ledger: Ledger, parts: int) -> dict[str, Any]:
    tree = tree_in_season(ledger)
    parents = sorted(leaf_of(ledger, tree, 1_000) for _ in range(parts))
    return {"parents": parents, "weights": [1_000] * parts, "weight": 200 * parts}


ACTS: Costs = {
    "Batches.statePotential": ("agri", _potential),
    "Batches.pick": (
        "farmer",
        lambda ledger: {"tree": tree_in_season(ledger), "season": YEAR, "weight": 10_000},
    ),
    "Batches.decidePick": (
        "auditor",
        lambda ledger: {"batch": leaf_of(ledger, tree_in_season(ledger), CAP + 1), "released": True},
    ),
    "Batches.make": ("farmer", lambda ledger: _blend(ledger, 4)),
    "Batches.inspect": ("inspector", lambda ledger: {"batch": tea(ledger), "passed": True}),
    "Batches.recall": ("agri", lambda ledger: {"batches": [tea(ledger)]}),
    "Batches.consume": ("farmer", lambda ledger: {"batch": tea(ledger), "weight": 100}),
    "Batches.offerSale": (
        "farmer",
        lambda ledger: {
            "batch": tea(ledger),
            "buyer": ledger.ids["firm"],
            "weight": 1_500,
            "ordinaryCourse": True,
        },
    ),
    "Batches.confirmSale": ("firm", lambda ledger: {"sale": offered(ledger, tea(ledger), 1_500)}),
    "Batches.requestCodes": (
        "firm",
        lambda ledger: {"batch": firms_tea(ledger), "count": 10, "unitWeight": 50, "indicated": False},
    ),
    "Batches.reviewCodes": ("operator", lambda ledger: {"lot": lot_at(ledger, "REQUESTED"), "approved": True}),
    "Batches.issueCodes": ("firm", lambda ledger: {"lot": lot_at(ledger, "APPROVED"), "root": ROOT}),
}
