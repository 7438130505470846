"""Costs of filings: one by one, and two hundred at once."""

from __future__ import annotations

from tests.contracts.cases import COURT, certificate_at, filing_at, key_of, receipt, submission
from tests.contracts.gas import Costs, bulk

ACTS: Costs = {
    "Filings.package": (
        "lawyer",
        lambda ledger: {
            "certificate": certificate_at(ledger, "ISSUED"),
            "obligor": key_of(ledger.ids["farmer"]),
            "court": COURT,
            "basis": "DOMICILE",
        },
    ),
    "Filings.submit": ("lawyer", lambda ledger: submission(ledger, filing_at(ledger, "PACKAGED"))),
    "Filings.recordReceipts": ("court", lambda ledger: receipt(ledger, filing_at(ledger, "SUBMITTED"), "FILED")),
    "Filings.recordRecoveries": ("court", lambda ledger: {"filing": filing_at(ledger, "MEASURES"), "amount": 1_000}),
    "Filings.package, 200 cases": ("lawyer", bulk.packages),
    "Filings.submit, 200 cases": ("lawyer", bulk.submissions),
    "Filings.recordReceipts, 200 cases": ("court", bulk.receipts),
    "Filings.recordRecoveries, 200 cases": ("court", bulk.recoveries),
    "Filings.close, 200 cases": (
        "court",
        lambda ledger: {"filings": bulk.filed(ledger), "closure": "NO_PROPERTY"},
    ),
}
BUDGETS = {
    "Filings.package, 200 cases": 165_000 * bulk.CASES,
    "Filings.submit, 200 cases": 115_000 * bulk.CASES,
    "Filings.recordReceipts, 200 cases": 20_000 * bulk.CASES,
    "Filings.recordRecoveries, 200 cases": 40_000 * bulk.CASES,
    "Filings.close, 200 cases": 20_000 * bulk.CASES,
}
