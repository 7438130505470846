"""Costs of loans: a schedule of three instalments, and a disbursement over one mortgaged tree."""

from __future__ import annotations

from typing import Any

from tests.contracts.gas import Costs
from tests.contracts.ledger import Ledger
from tests.contracts.lending import (
    RECEIPT,
    application_at,
    appointed,
    loan_at,
    overdue,
    secured,
    terms,
    warned,
)
from tests.contracts.pledges import registered


def _offered(ledger: Ledger) -> dict[str, Any]:
    signed = terms(ledger, application_at(ledger, "APPROVED"))
    ledger.act("Loans.agree", "bank", **signed)
    return signed


def _pledged(ledger: Ledger) -> dict[str, Any]:
    loan, tree = secured(ledger, "CONTRACTED")
    registered(ledger, tree, debt=loan, securedMax=10_000_000, rank=1)
    return {"loan": loan, "receipt": RECEIPT}


def _paying(ledger: Ledger) -> dict[str, Any]:
    loan = overdue(ledger, loan_at(ledger, "REPAYING"))
    return {"loan": loan, "amountFen": 340_000, "paidAt": ledger.now, "receipt": "0x" + "9a" * 32}


def _called(ledger: Ledger) -> dict[str, Any]:
    loan = warned(ledger, loan_at(ledger, "REPAYING"))
    appointed(ledger)
    ledger.act("Loans.accelerate", "officer", loan=loan, trigger="OVERDUE")
    return {"loan": loan, "trigger": "OVERDUE"}


ACTS: Costs = {
    "Loans.agree": ("farmer", _offered),
    "Loans.disburse": ("bank", _pledged),
    "Loans.postPayment": ("bank", _paying),
    "Loans.demand": ("bank", lambda ledger: {"loan": overdue(ledger, loan_at(ledger, "REPAYING"))}),
    "Loans.accelerate": ("bank", _called),
}
