"""Costs of applications for loans."""

from __future__ import annotations

from tests.contracts.gas import Costs
from tests.contracts.lending import PRINCIPAL, application, application_at, submitted

ACTS: Costs = {
    "LoanApplications.appointOfficer": (
        "bank",
        lambda ledger: {"officer": ledger.ids["officer"], "appointed": True},
    ),
    "LoanApplications.submit": ("farmer", lambda ledger: application(ledger)),
    "LoanApplications.requestInformation": ("bank", lambda ledger: {"loan": submitted(ledger)}),
    "LoanApplications.provideInformation": (
        "farmer",
        lambda ledger: {"loan": application_at(ledger, "INFO_REQUESTED")},
    ),
    "LoanApplications.decide": (
        "bank",
        lambda ledger: {"loan": submitted(ledger), "approvedFen": PRINCIPAL, "reason": "NONE"},
    ),
}
