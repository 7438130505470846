"""Costs of deeds: step by step with wallets, and in batches of two hundred."""

from __future__ import annotations

from typing import Any

from tests.contracts.cases import DOCUMENT, INSTRUMENT, deed_at, number_of, opening, preparation
from tests.contracts.gas import Costs
from tests.contracts.ledger import Ledger

BATCH = 200


def _prepared(ledger: Ledger) -> list[str]:
    return [one.args["deed"] for one in ledger.act("Deeds.prepare", "notary", **preparation(ledger, BATCH))]


def _reviewed(ledger: Ledger) -> dict[str, Any]:
    deeds = _prepared(ledger)
    ledger.act("Deeds.review", "second notary", deeds=deeds)
    return {"deeds": deeds, "documents": [DOCUMENT] * BATCH}


ACTS: Costs = {
    "Deeds.open": ("office", lambda ledger: opening(ledger, number_of(1))),
    "Deeds.accept": ("office", lambda ledger: {"deed": deed_at(ledger, "VERIFIED")}),
    "Deeds.inform": (
        "notary",
        lambda ledger: {
            "deed": deed_at(ledger, "ACCEPTED"),
            "obligor": ledger.ids["farmer"],
            "session": ledger.evidence,
        },
    ),
    "Deeds.sign": (
        "farmer",
        lambda ledger: {
            "deed": deed_at(ledger, "INFORMED"),
            "instrument": INSTRUMENT,
            "acceptsEnforcement": True,
            "acceptsVerification": True,
        },
    ),
    "Deeds.prepare": ("notary", lambda ledger: preparation(ledger, BATCH)),
    "Deeds.review": ("second notary", lambda ledger: {"deeds": _prepared(ledger)}),
    "Deeds.issue": ("office", _reviewed),
}
BUDGETS = {"Deeds.prepare": 160_000 * BATCH, "Deeds.review": 20_000 * BATCH, "Deeds.issue": 45_000 * BATCH}
