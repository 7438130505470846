"""Costs of what is known against notaries."""

from __future__ import annotations

from tests.contracts.gas import Costs

ACTS: Costs = {
    "Notaries.declareConflict": (
        "office",
        lambda ledger: {"notary": ledger.ids["notary"], "party": ledger.ids["bank"], "conflicted": True},
    ),
    "Notaries.reportKey": (
        "office",
        lambda ledger: {"notary": ledger.ids["notary"], "invalidFrom": ledger.now - 1},
    ),
}
