"""Costs of certificates: one by one, and two hundred at once."""

from __future__ import annotations

from typing import Any

from tests.contracts.cases import certificate_at, claim, decision, deed_at
from tests.contracts.gas import Costs, bulk
from tests.contracts.ledger import DAY, Ledger


def _claim(ledger: Ledger) -> dict[str, Any]:
    deed = deed_at(ledger, "ISSUED")
    ledger.wait(200 * DAY)
    return claim(ledger, deed)


ACTS: Costs = {
    "Certificates.file": ("bank", _claim),
    "Certificates.notify": (
        "notary",
        lambda ledger: {"certificate": certificate_at(ledger, "APPLIED"), "method": "SMS"},
    ),
    "Certificates.object": ("farmer", lambda ledger: {"certificate": certificate_at(ledger, "NOTIFIED")}),
    "Certificates.issue": ("office", lambda ledger: decision(ledger, certificate_at(ledger, "VERIFIED"))),
    "Certificates.reportPayment": (
        "bank",
        lambda ledger: {
            "certificate": certificate_at(ledger, "ISSUED"),
            "amount": 100_000,
            "receivedAt": ledger.now,
        },
    ),
    "Certificates.file, 200 cases": ("bank", bulk.claims),
    "Certificates.notify, 200 cases": (
        "notary",
        lambda ledger: {"certificates": bulk.claimed(ledger), "method": "SMS"},
    ),
    "Certificates.recordDeliveries, 200 cases": ("notary", bulk.deliveries),
    "Certificates.verify, 200 cases": ("notary", bulk.unanswered),
    "Certificates.issue, 200 cases": ("office", bulk.decisions),
}
BUDGETS = {
    "Certificates.file, 200 cases": 170_000 * bulk.CASES,
    "Certificates.notify, 200 cases": 40_000 * bulk.CASES,
    "Certificates.recordDeliveries, 200 cases": 40_000 * bulk.CASES,
    "Certificates.verify, 200 cases": 40_000 * bulk.CASES,
    "Certificates.issue, 200 cases": 80_000 * bulk.CASES,
}
