"""Costs of filings."""

from __future__ import annotations

from tests.contracts.cases import COURT, certificate_at, filing_at, key_of, receipt, submission
from tests.contracts.gas import Costs

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
    "Filings.recordReceipt": ("court", lambda ledger: receipt(ledger, filing_at(ledger, "SUBMITTED"), "FILED")),
    "Filings.recordRecovery": ("court", lambda ledger: {"filing": filing_at(ledger, "MEASURES"), "amount": 1_000}),
}
