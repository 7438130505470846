"""Certificates: claims, windows, amounts. Which act is possible in which state is `test_certificate_states.py`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.cases import (
    CLAIM,
    CLAIMED,
    PRINCIPAL,
    apply,
    certificate_at,
    claim,
    decision,
    deed_at,
    preparation,
)
from tests.contracts.ledger import DAY, NO_HASH, Ledger, event


def certificate(ledger: Ledger, number: str) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Certificates.certificate", number)
    return answer


class TestClaim:
    def test_is_filed_by_the_obligee_and_interrupts_limitation(self, ledger: Ledger) -> None:
        deed = deed_at(ledger, "ISSUED")
        ledger.wait(200 * DAY)
        message, instant = claim(ledger, deed), ledger.now
        (filed,) = ledger.act("Certificates.file", "bank", **message)
        number = filed.args["certificate"]
        assert filed == event(
            "Certificates.CertificateApplied",
            certificate=number,
            creditor=ledger.ids["bank"],
            appliedAt=instant,
            evidence=ledger.evidence,
            **message,
        )
        assert certificate(ledger, number)["state"] == "APPLIED"
        assert ledger.view("Certificates.certificateOf", deed) == number
        assert ledger.view("Certificates.outstanding", number) == 0, "nothing is certified yet"

    def test_of_somebody_else(self, ledger: Ledger) -> None:
        deed = deed_at(ledger, "ISSUED")
        values = ledger.refuses("NotCreditor", "Certificates.file", "firm", **claim(ledger, deed))
        assert values == {"deed": deed, "party": ledger.ids["firm"]}

    @pytest.mark.parametrize("state", ["REVIEWED", "REVOKED"])
    def test_on_a_deed_that_is_not_issued(self, ledger: Ledger, state: str) -> None:
        deed = deed_at(ledger, state)
        values = ledger.refuses("DeedNotReady", "Certificates.file", "bank", **claim(ledger, deed))
        assert values == {"deed": deed, "state": state, "needed": "ISSUED"}

    def test_a_second_time_while_the_first_is_open(self, ledger: Ledger) -> None:
        first = certificate_at(ledger, "ISSUED")
        deed = certificate(ledger, first)["deed"]
        values = ledger.refuses("CertificatePending", "Certificates.file", "bank", **claim(ledger, deed))
        assert values == {"deed": deed, "certificate": first}
        ledger.act("Certificates.reportPayment", "bank", certificate=first, amount=CLAIMED, receivedAt=ledger.now)
        apply(ledger, deed)  # paid in full: a later default is a claim of its own

    def test_again_after_a_refusal(self, ledger: Ledger) -> None:
        refused = certificate_at(ledger, "REFUSED")
        assert apply(ledger, certificate(ledger, refused)["deed"]) != refused

    def test_beyond_the_deed(self, ledger: Ledger) -> None:
        deed = deed_at(ledger, "ISSUED")
        ledger.wait(10 * DAY)
        message = claim(ledger, deed)
        entitled = ledger.view("Deeds.entitlement", deed, ledger.now)
        for items, claimed, most in (
            ({"principal": PRINCIPAL + 1}, PRINCIPAL + 1, PRINCIPAL),
            ({"principal": PRINCIPAL, "interest": entitled}, PRINCIPAL + entitled + 50_000, entitled),
            ({"interest": 2**64 - 1, "penalty": 2**64 - 1}, 2**64 - 1, entitled),
        ):
            values = ledger.refuses("BeyondDeed", "Certificates.file", "bank", **(message | items))
            assert values == {"deed": deed, "claimed": claimed, "entitled": most}

    def test_that_lacks_something(self, ledger: Ledger) -> None:
        deed = deed_at(ledger, "ISSUED")
        message = claim(ledger, deed)
        nothing: dict[str, Any] = dict.fromkeys(CLAIM, 0)
        for changes, field in (
            ({"defaultedAt": 0}, "defaultedAt"),
            ({"defaultedAt": ledger.now + 1}, "defaultedAt"),
            (nothing, "principals"),
        ):
            values = ledger.refuses("ClaimIncomplete", "Certificates.file", "bank", **(message | changes))
            assert values == {"deed": deed, "field": field}
        ledger.refuses("EvidenceUnknown", "Certificates.file", "bank", **message, evidence=NO_HASH)


class TestNotice:
    def test_is_by_the_agreed_method(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "APPLIED")
        values = ledger.refuses("MethodNotAgreed", "Certificates.notify", "notary", certificate=number, method="PHONE")
        assert values == {"deed": certificate(ledger, number)["deed"], "agreed": "SMS", "method": "PHONE"}

    @pytest.mark.parametrize(("days", "counted"), [(0, 7), (10, 10)])
    def test_opens_a_window_from_its_delivery(self, ledger: Ledger, days: int, counted: int) -> None:
        number = certificate_at(ledger, "APPLIED")
        ledger.act("Certificates.notify", "notary", certificate=number, method="SMS")
        ledger.wait(DAY)
        delivered = ledger.now - 100
        fields = {"certificate": number, "windowDays": days}
        for instant in (ledger.now + 1, 1):
            ledger.refuses("ClaimIncomplete", "Certificates.recordDeliveries", "notary", **fields, deliveredAt=instant)
        ledger.act("Certificates.recordDeliveries", "notary", **fields, deliveredAt=delivered)
        ends = ledger.view("Calendar.endOfDays", delivered, counted)
        assert certificate(ledger, number)["windowEndsAt"] == ends
        for step in ("object", "confirm"):
            mark = ledger.snapshot()
            ledger.wait(ends - ledger.now)
            ledger.act(f"Certificates.{step}", "farmer", certificate=number)
            ledger.revert(mark)
        ledger.wait(ends + 1 - ledger.now)
        values = ledger.refuses("WindowOver", "Certificates.object", "farmer", certificate=number)
        assert values == {"certificate": number, "windowEndsAt": ends}


class TestObligorWithoutAWallet:
    def test_is_heard_through_the_notary(self, ledger: Ledger) -> None:
        (prepared,) = ledger.act("Deeds.prepare", "notary", **preparation(ledger, 1))
        deed = prepared.args["deed"]
        ledger.act("Deeds.review", "second notary", deeds=[deed])
        ledger.act("Deeds.issue", "office", deeds=[deed], documents=["0x" + "d0" * 32])
        message = claim(ledger, deed) | {"principal": 900_000, "interest": 0, "penalty": 0, "costs": 0}
        (filed,) = ledger.act("Certificates.file", "bank", **message)
        number = filed.args["certificate"]
        ledger.act("Certificates.notify", "notary", certificate=number, method="SMS")
        ledger.act("Certificates.object", "notary", certificate=number)
        assert certificate(ledger, number)["state"] == "OBJECTED"


class TestAmount:
    """Scenario 19: what the debtor proves to have paid is never certified."""

    def test_is_the_claim_less_what_was_proven(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "VERIFIED", proven=300_000)
        whole = decision(ledger, number)
        values = ledger.refuses("BeyondClaim", "Certificates.issue", "office", **whole)
        assert values == {"certificate": number, "amount": CLAIMED, "owed": CLAIMED - 300_000}
        ledger.act("Certificates.issue", "office", **decision(ledger, number, 300_000))
        assert ledger.view("Certificates.outstanding", number) == CLAIMED - 300_000

    def test_of_no_item_exceeds_what_was_claimed(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "VERIFIED", proven=300_000)
        moved = decision(ledger, number) | {"principal": CLAIM["principal"] - 400_000, "costs": CLAIM["costs"] + 1}
        ledger.refuses("BeyondClaim", "Certificates.issue", "office", **moved)

    def test_of_nothing_is_no_certificate(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "VERIFIED", proven=CLAIMED)
        nothing = decision(ledger, number) | dict.fromkeys(CLAIM, 0)
        ledger.refuses("BeyondClaim", "Certificates.issue", "office", **nothing)
        ledger.refuses("ClaimIncomplete", "Certificates.refuse", "office", certificate=number, ground="NONE")
        ledger.act("Certificates.refuse", "office", certificate=number, ground="DEBT_DEFEATED")

    def test_proven_is_at_most_the_claim(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "OBJECTED")
        values = ledger.refuses(
            "PaymentExceeds", "Certificates.verify", "notary", certificate=number, proven=CLAIMED + 1
        )
        assert values == {"certificate": number, "amount": CLAIMED + 1, "outstanding": CLAIMED}

    def test_needs_a_term_and_a_text(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "VERIFIED")
        whole = decision(ledger, number)
        deed = certificate(ledger, number)["deed"]
        for changes, field in (({"applyBy": ledger.now}, "applyBy"), ({"document": NO_HASH}, "documents")):
            values = ledger.refuses("ClaimIncomplete", "Certificates.issue", "office", **(whole | changes))
            assert values == {"deed": deed, "field": field}


class TestDeed:
    def test_under_review_pauses_the_certificate_and_not_the_claim(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "VERIFIED")
        deed = certificate(ledger, number)["deed"]
        ledger.act("Notaries.reportKey", "office", notary=ledger.ids["notary"], invalidFrom=1)
        ledger.refuses("ReviewRequired", "Certificates.issue", "office", **decision(ledger, number))
        ledger.act("Deeds.confirm", "office", deed=deed)
        ledger.act("Certificates.issue", "office", **decision(ledger, number))

    @pytest.mark.parametrize("state", ["VERIFIED", "ISSUED"])
    def test_revoked_ends_enforcement_and_keeps_the_interruption(self, ledger: Ledger, state: str) -> None:
        number = certificate_at(ledger, state)
        before = certificate(ledger, number)
        ledger.act("Deeds.revoke", "office", deed=before["deed"])
        if state == "VERIFIED":
            ledger.refuses("DeedNotReady", "Certificates.issue", "office", **decision(ledger, number))
        else:
            to, call, _ = ledger.encoded("Certificates.requireEnforceable", number)
            ledger.refuses_call("DeedNotReady", to, call)
        assert certificate(ledger, number)["appliedAt"] == before["appliedAt"]


class TestPayment:
    def test_after_the_issue_is_reported_in_two_working_days_or_late(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "ISSUED")
        received = ledger.now
        in_time = ledger.view("Calendar.endOfWorkingDays", received, 2)
        ledger.wait(in_time - ledger.now)
        fields = {"certificate": number, "amount": 100, "receivedAt": received}
        (punctual,) = ledger.act("Certificates.reportPayment", "bank", **fields)
        (late,) = ledger.act("Certificates.reportPayment", "bank", **fields)
        assert (punctual.args["late"], late.args["late"]) == (False, True)
        assert late.args["paid"] == 200 == certificate(ledger, number)["paid"]
        assert ledger.view("Certificates.outstanding", number) == CLAIMED - 200

    def test_is_something_that_was_received_and_was_owed(self, ledger: Ledger) -> None:
        number = certificate_at(ledger, "ISSUED")
        one: dict[str, Any] = {"certificate": number, "amount": 1, "receivedAt": ledger.now}
        for changes in ({"amount": 0}, {"receivedAt": 0}, {"receivedAt": ledger.now + 1}):
            ledger.refuses("ClaimIncomplete", "Certificates.reportPayment", "bank", **(one | changes))
        values = ledger.refuses(
            "PaymentExceeds", "Certificates.reportPayment", "bank", **(one | {"amount": CLAIMED + 1})
        )
        assert values == {"certificate": number, "amount": CLAIMED + 1, "outstanding": CLAIMED}
