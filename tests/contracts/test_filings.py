"""Filings: who files what, one live filing, never more than is owed. States are in `test_filing_states.py`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.cases import (
    CASE_NUMBER,
    CLAIMED,
    COURT,
    OTHER_COURT,
    certificate_at,
    filing_at,
    key_of,
    package,
    receipt,
    submission,
)
from tests.contracts.ledger import DAY, NO_HASH, Ledger, event


def filing(ledger: Ledger, number: str) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Filings.filing", number)
    return answer


class TestPackage:
    @pytest.mark.parametrize("who", ["bank", "lawyer"])
    def test_is_of_the_creditor_or_a_lawyer(self, ledger: Ledger, who: str) -> None:
        certificate = certificate_at(ledger, "ISSUED")
        number = package(ledger, certificate, who)
        stands = filing(ledger, number)
        assert (stands["filer"], stands["state"], stands["court"]) == (ledger.ids[who], "PACKAGED", COURT)

    def test_of_anybody_else(self, ledger: Ledger) -> None:
        certificate = certificate_at(ledger, "ISSUED")
        message = {
            "certificate": certificate,
            "obligor": key_of(ledger.ids["farmer"]),
            "court": COURT,
            "basis": "DOMICILE",
        }
        values = ledger.refuses("FilerUnfit", "Filings.package", "firm", **message)
        assert values == {"certificate": certificate, "party": ledger.ids["firm"]}
        for changes, error in (
            ({"obligor": key_of(ledger.ids["firm"])}, "NotDeedParty"),
            ({"court": 0}, "PackageIncomplete"),
            ({"basis": "NONE"}, "PackageIncomplete"),
            ({"evidence": NO_HASH}, "EvidenceUnknown"),
        ):
            ledger.refuses(error, "Filings.package", "lawyer", **(message | changes))

    def test_rests_on_an_issued_certificate_of_an_enforceable_deed(self, ledger: Ledger) -> None:
        message = {"obligor": key_of(ledger.ids["farmer"]), "court": COURT, "basis": "DOMICILE"}
        ready = certificate_at(ledger, "VERIFIED")
        ledger.refuses("CertificateNotReady", "Filings.package", "lawyer", **message, certificate=ready)
        issued = certificate_at(ledger, "ISSUED", 2)
        ledger.act("Notaries.reportKey", "office", notary=ledger.ids["notary"], invalidFrom=1)
        ledger.refuses("ReviewRequired", "Filings.package", "lawyer", **message, certificate=issued)


class TestLock:
    """Scenario 21: one live filing of a deed's obligor; the first to be submitted holds it."""

    def test_is_with_the_first_of_two_that_race(self, ledger: Ledger) -> None:
        certificate = certificate_at(ledger, "ISSUED")
        deed = ledger.view("Certificates.certificate", certificate)["deed"]
        home = package(ledger, certificate, "lawyer", court=COURT)
        property_ = package(ledger, certificate, "bank", court=OTHER_COURT)
        held, submitted = ledger.act("Filings.submit", "bank", **submission(ledger, property_))
        obligor = key_of(ledger.ids["farmer"])
        assert held == event("Filings.LiveFilingChanged", deed=deed, obligor=obligor, live=property_)
        values = ledger.refuses("FilingIsLive", "Filings.submit", "lawyer", **submission(ledger, home))
        assert values == {"deed": deed, "obligor": obligor, "live": property_}
        assert submitted.args["state"] == "SUBMITTED"
        ledger.act("Filings.withdraw", "bank", filing=property_)
        assert ledger.view("Filings.liveFiling", deed, obligor) == NO_HASH
        ledger.act("Filings.submit", "lawyer", **submission(ledger, home))

    @pytest.mark.parametrize(
        ("closure", "free"),
        [
            ("TERMINATED", True),
            ("NO_PROPERTY", True),
            ("DISMISSED", True),
            ("FULFILLED", False),
            ("NOT_ENFORCED", False),
        ],
    )
    def test_opens_where_the_creditor_may_apply_again(self, ledger: Ledger, closure: str, free: bool) -> None:
        number = filing_at(ledger, "MEASURES")
        ledger.act("Filings.close", "court", filing=number, closure=closure)
        stands = filing(ledger, number)
        assert (stands["state"], stands["closure"]) == ("CLOSED", closure)
        live = ledger.view("Filings.liveFiling", stands["deed"], stands["obligor"])
        assert live == (NO_HASH if free else number)

    def test_stays_over_a_return_and_opens_when_the_court_does_not_accept(self, ledger: Ledger) -> None:
        number = filing_at(ledger, "RETURNED")
        stands = filing(ledger, number)
        assert ledger.view("Filings.liveFiling", stands["deed"], stands["obligor"]) == number
        ledger.act("Filings.submit", "lawyer", **submission(ledger, number))
        ledger.act("Filings.recordReceipts", "court", **receipt(ledger, number, "NOT_ACCEPTED"))
        assert ledger.view("Filings.liveFiling", stands["deed"], stands["obligor"]) == NO_HASH


class TestDuplicate:
    """执行程序解释 2: of two cases that were filed, the earlier stands."""

    def test_that_another_court_filed_earlier_ends_this_case(self, ledger: Ledger) -> None:
        number = filing_at(ledger, "NOTIFIED")
        filed = filing(ledger, number)["filedAt"]
        other = {"filing": number, "otherCourt": OTHER_COURT}
        for instant in (0, filed, filed + DAY):
            values = ledger.refuses(
                "EarlierFilingStands", "Filings.cancelDuplicate", "court", **other, otherFiledAt=instant
            )
            assert values == {"filing": number, "filedAt": filed, "otherFiledAt": instant}
        for court in (0, COURT):
            changed = other | {"otherCourt": court, "otherFiledAt": filed - 1}
            ledger.refuses("PackageIncomplete", "Filings.cancelDuplicate", "court", **changed)
        ledger.act("Filings.cancelDuplicate", "court", **other, otherFiledAt=filed - 1)
        stands = filing(ledger, number)
        assert (stands["state"], stands["closure"]) == ("CLOSED", "DUPLICATE")
        assert ledger.view("Filings.liveFiling", stands["deed"], stands["obligor"]) == number, "it lives elsewhere"

    def test_is_no_way_to_close_otherwise(self, ledger: Ledger) -> None:
        number = filing_at(ledger, "FILED")
        for closure in ("NONE", "DUPLICATE"):
            ledger.refuses("PackageIncomplete", "Filings.close", "court", filing=number, closure=closure)


class TestAmount:
    """Scenario 20: what was paid meanwhile is not claimed."""

    def test_is_at_most_what_is_outstanding_by_a_statement_of_today(self, ledger: Ledger) -> None:
        certificate = certificate_at(ledger, "ISSUED")
        number = package(ledger, certificate)
        ledger.act(
            "Certificates.reportPayment", "bank", certificate=certificate, amount=1_000_000, receivedAt=ledger.now
        )
        paid = ledger.now - 1
        left = CLAIMED - 1_000_000
        values = ledger.refuses("OverClaim", "Filings.submit", "lawyer", **submission(ledger, number))
        assert values == {"filing": number, "claimed": CLAIMED, "outstanding": left}
        values = ledger.refuses("StatementStale", "Filings.submit", "lawyer", **submission(ledger, number, left))
        assert values["paidAt"] == paid > values["anchoredAt"]
        statement = ledger.anchor("bank", "0x" + "57" * 32)
        fresh = submission(ledger, number, left) | {"statement": statement}
        ledger.refuses("OverClaim", "Filings.submit", "lawyer", **(fresh | {"claimed": 0}))
        ledger.refuses("EvidenceUnknown", "Filings.submit", "lawyer", **(fresh | {"statement": NO_HASH}))
        ledger.refuses("PackageIncomplete", "Filings.submit", "lawyer", **(fresh | {"package": NO_HASH}))
        ledger.act("Filings.submit", "lawyer", **fresh)

    def test_recovered_counts_against_the_next_claim(self, ledger: Ledger) -> None:
        number = filing_at(ledger, "MEASURES")
        recover = {"filing": number, "amount": 600_000}
        (told,) = ledger.act("Filings.recordRecoveries", "court", **recover)
        assert told.args["recovered"] == 600_000
        for amount in (0, CLAIMED - 600_000 + 1):
            values = ledger.refuses("OverClaim", "Filings.recordRecoveries", "court", **(recover | {"amount": amount}))
            assert values == {"filing": number, "claimed": amount, "outstanding": CLAIMED - 600_000}
        ledger.act("Filings.close", "court", filing=number, closure="NO_PROPERTY")
        certificate = filing(ledger, number)["certificate"]
        assert ledger.view("Filings.claimable", certificate) == CLAIMED - 600_000
        again = package(ledger, certificate)
        ledger.refuses("OverClaim", "Filings.submit", "lawyer", **submission(ledger, again))
        ledger.act("Filings.submit", "lawyer", **submission(ledger, again, CLAIMED - 600_000))

    def test_claimable_never_falls_below_nothing(self, ledger: Ledger) -> None:
        number = filing_at(ledger, "MEASURES")
        ledger.act("Filings.recordRecoveries", "court", filing=number, amount=CLAIMED)
        certificate = filing(ledger, number)["certificate"]
        paid = {"certificate": certificate, "amount": 1, "receivedAt": ledger.now}
        ledger.act("Certificates.reportPayment", "bank", **paid)
        assert ledger.view("Filings.claimable", certificate) == 0


class TestReceipt:
    def test_of_filing_names_the_case_and_its_instant(self, ledger: Ledger) -> None:
        number = filing_at(ledger, "SUBMITTED")
        one = receipt(ledger, number, "FILED")
        for changes, field in (
            ({"caseNumber": NO_HASH}, "caseNumbers"),
            ({"instant": 0}, "instants"),
            ({"instant": ledger.now + 1}, "instants"),
        ):
            values = ledger.refuses("PackageIncomplete", "Filings.recordReceipts", "court", **(one | changes))
            assert values == {"filing": number, "field": field}
        (told,) = ledger.act("Filings.recordReceipts", "court", **one)
        assert (told.args["filedAt"], told.args["caseNumber"]) == (one["instant"], CASE_NUMBER)
        assert filing(ledger, number)["filedAt"] == one["instant"]

    def test_goes_on_after_the_deed_was_revoked_because_the_court_decides(self, ledger: Ledger) -> None:
        number = filing_at(ledger, "FILED")
        ledger.act("Deeds.revoke", "office", deed=filing(ledger, number)["deed"])
        ledger.act("Filings.close", "court", filing=number, closure="NOT_ENFORCED")
        assert filing(ledger, number)["closure"] == "NOT_ENFORCED"

    def test_revoked_deed_cannot_be_submitted(self, ledger: Ledger) -> None:
        number = filing_at(ledger, "PACKAGED")
        ledger.act("Deeds.revoke", "office", deed=filing(ledger, number)["deed"])
        ledger.refuses("DeedNotReady", "Filings.submit", "lawyer", **submission(ledger, number))
