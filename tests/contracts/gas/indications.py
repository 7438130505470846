"""Costs of geographical indications."""

from __future__ import annotations

from tests.contracts.gas import Costs
from tests.contracts.groves import tree_at
from tests.contracts.harvests import PRODUCT, TOWN, applied
from tests.contracts.ledger import Ledger


def _listed(ledger: Ledger) -> int:
    ledger.act("Indications.listTown", "indications", product=PRODUCT, town=TOWN, listed=True)
    return tree_at(ledger, "REGISTERED")


ACTS: Costs = {
    "Indications.listTown": ("indications", lambda _: {"product": PRODUCT, "town": TOWN, "listed": True}),
    "Indications.applyFor": (
        "farmer",
        lambda ledger: {"tree": _listed(ledger), "product": PRODUCT, "town": TOWN},
    ),
    "Indications.decide": (
        "indications",
        lambda ledger: {"tree": applied(ledger, tree_at(ledger, "REGISTERED")), "state": "GRANTED"},
    ),
}
