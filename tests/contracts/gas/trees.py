"""Costs of trees."""

from __future__ import annotations

from tests.contracts.gas import Costs
from tests.contracts.groves import CERTIFICATE, FILING, NOTICE, SURVEY, tree_at
from tests.contracts.ledger import DAY, Ledger

ACTS: Costs = {
    "Trees.file": ("farmer", lambda _: FILING),
    "Trees.survey": ("surveyor", lambda ledger: SURVEY | {"tree": tree_at(ledger, "FILED")}),
    "Trees.postNotice": ("village", lambda ledger: {"tree": tree_at(ledger, "SURVEYED")}),
    "Trees.register": ("agri", lambda ledger: {"tree": _noticed(ledger), "certificate": CERTIFICATE}),
    "Trees.recognise": (
        "forestry",
        lambda ledger: {"tree": tree_at(ledger, "REGISTERED"), "level": 1, "ageYears": 620},
    ),
    "Trees.restrain": (
        "court",
        lambda ledger: {
            "tree": tree_at(ledger, "REGISTERED"),
            "kind": "COURT",
            "expiresAt": ledger.now + 1000 * DAY,
        },
    ),
    "Trees.lift": ("court", lambda ledger: {"tree": _restrained(ledger), "kind": "COURT"}),
    "Trees.recordTransfer": (
        "registry",
        lambda ledger: {
            "tree": _agreed(ledger),
            "to": ledger.ids["firm"],
            "basis": "AGREEMENT",
            "receipt": "0x" + "2e" * 32,
        },
    ),
}


def _noticed(ledger: Ledger) -> int:
    tree = tree_at(ledger, "NOTICE")
    ledger.wait(NOTICE)
    return tree


def _restrained(ledger: Ledger) -> int:
    tree = tree_at(ledger, "REGISTERED")
    ledger.act("Trees.restrain", "court", tree=tree, kind="COURT", expiresAt=ledger.now + 1000 * DAY)
    return tree


def _agreed(ledger: Ledger) -> int:
    tree = tree_at(ledger, "REGISTERED")
    ledger.act("Trees.offerTransfer", "farmer", tree=tree, to=ledger.ids["firm"])
    ledger.act("Trees.acceptTransfer", "firm", tree=tree)
    return tree
