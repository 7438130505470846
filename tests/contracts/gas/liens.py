"""Costs of liens. What a filing keeps is one word; a confirmed lien is three, and one in each of its two lists."""

from __future__ import annotations

from tests.contracts.gas import Costs
from tests.contracts.ledger import NO_HASH, Ledger
from tests.contracts.pledges import RECEIPT, agreed, filed, registered, terms, valued_tree

ACTS: Costs = {
    "Liens.file": ("bank", lambda ledger: terms(ledger, valued_tree(ledger))),
    "Liens.confirm": ("farmer", lambda ledger: _filed(ledger)),
    "Liens.register": (
        "registry",
        lambda ledger: {
            "lien": agreed(ledger, valued_tree(ledger)),
            "registeredAt": ledger.now - 60,
            "receipt": RECEIPT,
        },
    ),
    "Liens.discharge": (
        "bank",
        lambda ledger: {
            "liens": [registered(ledger, valued_tree(ledger))],
            "ground": "CLAIM_ENDED",
            "evidence": NO_HASH,
        },
    ),
}

BUDGETS = {"Liens.file": 95_000}


def _filed(ledger: Ledger) -> dict[str, object]:
    agreement = terms(ledger, valued_tree(ledger))
    return {"lien": filed(ledger, agreement), **agreement}
