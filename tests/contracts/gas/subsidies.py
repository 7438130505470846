"""Costs of subsidies."""

from __future__ import annotations

from tests.contracts.claims import (
    LONGEST_REST,
    NOTICE,
    PLOT,
    PROGRAMME,
    asset_of,
    claim_at,
    opened,
    submission,
    voucher,
)
from tests.contracts.gas import Costs
from tests.contracts.groves import tree_at
from tests.contracts.ledger import DAY, Ledger

ACTS: Costs = {
    "Subsidies.openProgramme": ("agri", lambda ledger: PROGRAMME | {"closesAt": ledger.now + 90 * DAY}),
    "Subsidies.registerPlot": (
        "village",
        lambda ledger: {"plot": PLOT, "holder": ledger.ids["farmer"], "areaCmu": 1_250},
    ),
    "Subsidies.submit": (
        "farmer",
        lambda ledger: submission(ledger, opened(ledger), asset_of(tree_at(ledger, "REGISTERED"))),
    ),
    "Subsidies.publish": ("agri", lambda ledger: {"claim": claim_at(ledger, "SUBMITTED")}),
    "Subsidies.object": ("neighbour", lambda ledger: {"claim": claim_at(ledger, "NOTICE")}),
    "Subsidies.resolveObjection": ("agri", lambda ledger: {"claim": claim_at(ledger, "OBJECTED"), "upheld": False}),
    "Subsidies.approve": ("agri", lambda ledger: {"claim": _noticed(ledger)}),
    "Subsidies.reject": ("agri", lambda ledger: {"claim": claim_at(ledger, "SUBMITTED"), "ground": "NOT_ELIGIBLE"}),
    "Subsidies.pay": ("agri", lambda ledger: {"claim": claim_at(ledger, "APPROVED"), "voucher": voucher("payment")}),
    "Subsidies.audit": ("auditor", lambda ledger: {"claim": claim_at(ledger, "PAID")}),
    "Subsidies.clawBack": ("auditor", lambda ledger: {"claim": claim_at(ledger, "PAID"), "ground": "MISUSED"}),
    "Subsidies.recordReturn": (
        "agri",
        lambda ledger: {"claim": claim_at(ledger, "CLAWED_BACK"), "voucher": voucher("return")},
    ),
}


def _noticed(ledger: Ledger) -> str:
    claim = claim_at(ledger, "NOTICE")
    ledger.wait(NOTICE + LONGEST_REST)
    return claim
