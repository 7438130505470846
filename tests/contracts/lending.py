"""Loans brought to any state, by the acts that lead there. Amounts in fen."""

from __future__ import annotations

from typing import Any

from tests.contracts.ledger import DAY, Ledger
from tests.contracts.pledges import VALUE, registered, valued_tree
from workflows.calendar import Calendar
from workflows.loans.schedules import Instalment, equal_instalments, monthly_due_dates

PLAIN = Calendar({})
"""No year is published on the ledger of tests: Saturdays and Sundays are off."""

STATES = ("CONTRACTED", "REPAYING", "DEFAULTED", "SETTLED", "WRITTEN_OFF")
APPLICATIONS = ("SUBMITTED", "INFO_REQUESTED", "CONFIRMING", "APPROVED", "REJECTED", "WITHDRAWN")

PRINCIPAL = 1_000_000
LARGE = 60_000_000
"""Above the limit of four eyes."""
RATE = 48_000
MOST = 2_392_400
"""A loan of ¥23,924 over the domain's example (§7.3)."""
ROOT = "0x" + "5c" * 32
RECEIPT = "0x" + "ba" * 32

UNSECURED: dict[str, Any] = {
    "principalFen": PRINCIPAL,
    "ratePpm": RATE,
    "allInPpm": 52_000,
    "order": "STATUTORY",
    "requiredEffect": "NONE",
    "openingLtvBps": 0,
    "warnLtvBps": 0,
    "callLtvBps": 0,
    "breachLtvBps": 0,
    "cureWorkingDays": 0,
    "accelerateAfterDays": 30,
    "scheduleRoot": ROOT,
}
SECURED: dict[str, Any] = UNSECURED | {
    "requiredEffect": "CONSTITUTED",
    "openingLtvBps": 7_000,
    "warnLtvBps": 8_000,
    "callLtvBps": 9_000,
    "breachLtvBps": 10_000,
    "cureWorkingDays": 10,
}


def application(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    """What `submit` takes: an unsecured loan from "bank"."""
    return {
        "bank": ledger.ids["bank"],
        "product": "UNSECURED",
        "amountFen": PRINCIPAL,
        "termDays": 90,
        "purpose": "HARVEST",
        "consents": ledger.evidence,
    } | changes


def submitted(ledger: Ledger, who: str = "farmer", **changes: Any) -> int:
    """A loan that `who` has just applied for."""
    (event,) = ledger.act("LoanApplications.submit", who, **application(ledger, **changes))
    loan: int = event.args["loan"]
    return loan


def appointed(ledger: Ledger) -> None:
    """Lets "officer" sign for "bank"."""
    ledger.act("LoanApplications.appointOfficer", "bank", officer=ledger.ids["officer"], appointed=True)


def application_at(ledger: Ledger, state: str, **changes: Any) -> int:
    """An application in this state."""
    if state == "CONFIRMING":
        changes.setdefault("amountFen", LARGE)
    loan = submitted(ledger, **changes)
    amount = changes.get("amountFen", PRINCIPAL)
    match state:
        case "INFO_REQUESTED":
            ledger.act("LoanApplications.requestInformation", "bank", loan=loan)
        case "CONFIRMING" | "APPROVED":
            ledger.act("LoanApplications.decide", "bank", loan=loan, approvedFen=amount, reason="NONE")
        case "REJECTED":
            ledger.act("LoanApplications.decide", "bank", loan=loan, approvedFen=0, reason="RECORD")
        case "WITHDRAWN":
            ledger.act("LoanApplications.withdraw", "farmer", loan=loan)
    assert ledger.view("LoanApplications.application", loan)["state"] == state
    return loan


def schedule(ledger: Ledger, principal: int = PRINCIPAL, months: int = 3, rate: int = RATE) -> list[Instalment]:
    """Equal monthly instalments of a loan that is paid out today."""
    return equal_instalments(principal, rate, ledger.now, monthly_due_dates(ledger.now, months, PLAIN))


def terms(ledger: Ledger, loan: int, **changes: Any) -> dict[str, Any]:
    """What `agree` takes."""
    found = UNSECURED | {"loan": loan} | changes
    if "dueAt" not in found:
        due = schedule(ledger, found["principalFen"], rate=found["ratePpm"])
        found |= {"dueAt": [each.due_at for each in due], "amountFen": [each.amount for each in due]}
    return found


def agreed(ledger: Ledger, loan: int, who: str = "farmer", **changes: Any) -> int:
    """The same loan, whose terms both have signed."""
    signed = terms(ledger, loan, **changes)
    ledger.act("Loans.agree", "bank", **signed)
    ledger.act("Loans.agree", who, **signed)
    return loan


def loan_at(ledger: Ledger, state: str, **changes: Any) -> int:
    """An unsecured loan of "farmer" in this state; a defaulted one was overdue for 31 days."""
    loan = agreed(ledger, application_at(ledger, "APPROVED"), **changes)
    if state != "CONTRACTED":
        ledger.act("Loans.disburse", "bank", loan=loan, receipt=RECEIPT)
    if state in ("DEFAULTED", "WRITTEN_OFF"):
        defaulted(ledger, loan)
    if state == "SETTLED":
        pay(ledger, loan, ledger.view("Loans.outstanding", loan))
        ledger.act("Loans.settle", "bank", loan=loan)
    if state == "WRITTEN_OFF":
        ledger.act("Loans.writeOff", "bank", loan=loan)
    assert ledger.view("Loans.loan", loan)["state"] == state
    return loan


def overdue(ledger: Ledger, loan: int, days: int = 31) -> int:
    """The same loan, whose first instalment is so many days past due."""
    version = ledger.view("Loans.loan", loan)["schedule"]
    first = ledger.view("Loans.instalment", loan, version, 0)["dueAt"]
    ledger.now = PLAIN.end_of_days(first, 0) + days * DAY
    return loan


def offered(ledger: Ledger, loan: int) -> dict[str, Any]:
    """A new schedule of one instalment in 200 days, which the bank has signed."""
    owed = ledger.view("Loans.outstanding", loan)
    offer = {
        "loan": loan,
        "ratePpm": 40_000,
        "allInPpm": 40_000,
        "scheduleRoot": ROOT,
        "dueAt": [ledger.now + 200 * DAY],
        "amountFen": [owed + owed // 40],
    }
    ledger.act("Loans.restructure", "bank", **offer)
    return offer


def warned(ledger: Ledger, loan: int) -> int:
    """The same loan, overdue, after a demand and an offer to restructure."""
    overdue(ledger, loan)
    ledger.act("Loans.demand", "bank", loan=loan)
    offered(ledger, loan)
    return loan


def defaulted(ledger: Ledger, loan: int) -> int:
    """The same loan, called due by two officers."""
    appointed(ledger)
    warned(ledger, loan)
    for who in ("bank", "officer"):
        ledger.act("Loans.accelerate", who, loan=loan, trigger="OVERDUE")
    return loan


def pay(ledger: Ledger, loan: int, amount: int, receipt: str = "0x" + "9a" * 32) -> dict[str, Any]:
    """Posts a payment of now; returns what it went to."""
    posted, _ = ledger.act("Loans.postPayment", "bank", loan=loan, amountFen=amount, paidAt=ledger.now, receipt=receipt)
    return posted.args


def secured(ledger: Ledger, state: str = "REPAYING", cover: int = VALUE, principal: int = MOST) -> tuple[int, int]:
    """A loan of "farmer" over a mortgaged tree, and the tree; the largest loan over the domain's example (§7.2)."""
    tree = valued_tree(ledger, fen=cover)
    fields = {"product": "TREE_MORTGAGE", "amountFen": principal}
    loan = application_at(ledger, "APPROVED", **fields)
    agreed(ledger, loan, **(SECURED | {"principalFen": principal}))
    if state != "CONTRACTED":
        registered(ledger, tree, debt=loan, securedMax=10_000_000, rank=1)
        ledger.act("Loans.disburse", "bank", loan=loan, receipt=RECEIPT)
    return loan, tree
