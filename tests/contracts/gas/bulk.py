"""Two hundred cases of deeds without wallets, brought to any state by acts over all of them."""

from __future__ import annotations

from typing import Any

from chain.typed_data import act_type
from tests.contracts.cases import COURT, DOCUMENT, YEAR, preparation, receipt
from tests.contracts.ledger import DAY, Ledger
from tests.one_case import of_cases

CASES = 200
CLAIMED = 900_000
Message = dict[str, Any]


def listed(key: str, cases: list[Message]) -> Message:
    """One act over these cases."""
    return of_cases(act_type(key), cases)


def claims(ledger: Ledger) -> Message:
    """The claims on deeds of their own."""
    deeds = [one.args["deed"] for one in ledger.act("Deeds.prepare", "notary", **preparation(ledger, CASES))]
    ledger.act("Deeds.review", "second notary", deeds=deeds)
    ledger.act("Deeds.issue", "office", deeds=deeds, documents=[DOCUMENT] * CASES)
    ledger.wait(200 * DAY)
    items = {"principal": CLAIMED - 9_000, "interest": 9_000, "penalty": 0, "costs": 0}
    one = {**items, "performed": 50_000, "defaultedAt": ledger.now - DAY}
    return listed("Certificates.file", [{"deed": deed, **one} for deed in deeds])


def claimed(ledger: Ledger) -> list[str]:
    """Certificates applied for."""
    return [one.args["certificate"] for one in ledger.act("Certificates.file", "bank", **claims(ledger))]


def notified(ledger: Ledger) -> list[str]:
    """Certificates of whose claims the debtors were notified."""
    certificates = claimed(ledger)
    ledger.act("Certificates.notify", "notary", certificates=certificates, method="SMS")
    return certificates


def deliveries(ledger: Ledger) -> Message:
    """That each notice was received just now."""
    return {"certificates": notified(ledger), "deliveredAt": [ledger.now - 1] * CASES, "windowDays": 0}


def unanswered(ledger: Ledger) -> Message:
    """The verification of claims on which no debtor answered."""
    told = deliveries(ledger)
    ledger.act("Certificates.recordDeliveries", "notary", **told)
    ledger.wait(30 * DAY)
    return {"certificates": told["certificates"], "proven": [0] * CASES}


def decisions(ledger: Ledger) -> Message:
    """The issue of all of what was claimed."""
    verified = unanswered(ledger)
    ledger.act("Certificates.verify", "notary", **verified)
    items = {"principal": CLAIMED - 9_000, "interest": 9_000, "penalty": 0, "costs": 0}
    decision = {**items, "applyBy": ledger.now + 2 * YEAR, "document": DOCUMENT}
    return listed("Certificates.issue", [{"certificate": one, **decision} for one in verified["certificates"]])


def packages(ledger: Ledger) -> Message:
    """A package against each debtor."""
    issued = decisions(ledger)
    ledger.act("Certificates.issue", "office", **issued)
    obligors = preparation(ledger, CASES)["obligors"]
    named = {"courts": [COURT] * CASES, "basis": "DOMICILE"}
    return {"certificates": issued["certificates"], "obligors": obligors, **named}


def submissions(ledger: Ledger) -> Message:
    """The submission of all packages."""
    filings = [one.args["filing"] for one in ledger.act("Filings.package", "lawyer", **packages(ledger))]
    told = {"filings": filings, "packages": [DOCUMENT] * CASES, "claimed": [CLAIMED] * CASES}
    return {**told, "statement": ledger.anchor("bank", "0x" + "57" * 32)}


def receipts(ledger: Ledger) -> Message:
    """That the court filed all cases."""
    submitted = submissions(ledger)
    ledger.act("Filings.submit", "lawyer", **submitted)
    return listed("Filings.recordReceipts", [receipt(ledger, one, "FILED") for one in submitted["filings"]])


def filed(ledger: Ledger) -> list[str]:
    """Filings at court."""
    told = receipts(ledger)
    ledger.act("Filings.recordReceipts", "court", **told)
    found: list[str] = told["filings"]
    return found


def recoveries(ledger: Ledger) -> Message:
    """That something was recovered in each case."""
    return {"filings": filed(ledger), "amounts": [1_000] * CASES}
