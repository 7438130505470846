"""Loan applications: officers, the file, the clock of the review, the decision."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.ledger import DAY, NO_HASH, Ledger, event
from tests.contracts.lending import (
    APPLICATIONS,
    LARGE,
    PLAIN,
    PRINCIPAL,
    application,
    application_at,
    appointed,
    loan_at,
    submitted,
)
from workflows.loans.review import approval_ends_at, resumed_due_at, review_due_at

UNKNOWN = "0x" + "99" * 32


def state(ledger: Ledger, loan: int) -> dict[str, Any]:
    found: dict[str, Any] = ledger.view("LoanApplications.application", loan)
    return found


class TestAppointOfficer:
    def test_lets_a_party_sign_for_the_bank_until_it_ends(self, ledger: Ledger) -> None:
        loan = submitted(ledger)
        bank, officer = ledger.ids["bank"], ledger.ids["officer"]
        values = ledger.refuses("NotAnOfficer", "LoanApplications.requestInformation", "officer", loan=loan)
        assert values == {"bank": bank, "party": officer}
        for happens in (True, False):
            found = ledger.act("LoanApplications.appointOfficer", "bank", officer=officer, appointed=happens)
            assert found == [
                event(
                    "LoanApplications.OfficerAppointed",
                    bank=bank,
                    officer=officer,
                    appointed=happens,
                    evidence=ledger.evidence,
                )
            ]
            assert ledger.view("LoanApplications.officer", bank, officer) is happens
            if happens:
                ledger.act("LoanApplications.requestInformation", "officer", loan=loan)
                ledger.act("LoanApplications.provideInformation", "farmer", loan=loan)
        ledger.refuses("NotAnOfficer", "LoanApplications.requestInformation", "officer", loan=loan)

    def test_is_for_parties_that_are_banks(self, ledger: Ledger) -> None:
        for nobody in ("farmer", "notary"):
            fields = {"officer": ledger.ids[nobody], "appointed": True}
            values = ledger.refuses("NotABank", "LoanApplications.appointOfficer", "bank", **fields)
            assert values == {"party": ledger.ids[nobody]}
        ledger.act("Parties.suspend", "operator", party=ledger.ids["officer"])
        fields = {"officer": ledger.ids["officer"], "appointed": True}
        ledger.refuses("NotABank", "LoanApplications.appointOfficer", "bank", **fields)

    def test_counts_for_one_bank_alone(self, ledger: Ledger) -> None:
        ledger.act("LoanApplications.appointOfficer", "second bank", officer=ledger.ids["officer"], appointed=True)
        loan = submitted(ledger)
        for stranger in ("officer", "second bank"):
            ledger.refuses("NotAnOfficer", "LoanApplications.requestInformation", stranger, loan=loan)


class TestSubmit:
    def test_is_a_file_whose_review_is_due_in_three_working_days(self, ledger: Ledger) -> None:
        now, fields = ledger.now, application(ledger)
        signed = ledger.sign("LoanApplications.submit", "farmer", **fields)
        (happened,) = ledger.relay(signed).events[1:]
        loan = int(signed.id, 16)
        found = state(ledger, loan)
        assert found == {
            "borrower": ledger.ids["farmer"],
            "bank": ledger.ids["bank"],
            "requestedFen": PRINCIPAL,
            "termDays": 90,
            "state": "SUBMITTED",
            "product": "UNSECURED",
            "purpose": "HARVEST",
            "reason": "NONE",
            "submittedAt": now,
            "reviewDueAt": review_due_at(now, PLAIN),
            "pausedAt": 0,
            "decidedAt": 0,
            "approvedFen": 0,
            "approvalEndsAt": 0,
            "firstOfficer": 0,
            "consents": ledger.evidence,
        }
        told = {name: found[name] for name in happened.args if name in found}
        assert happened == event("LoanApplications.LoanSubmitted", **told, loan=loan, evidence=ledger.evidence)
        assert ledger.view("LoanApplications.applicationCount") == 1

    @pytest.mark.parametrize(
        ("field", "value"), [("product", "NONE"), ("amountFen", 0), ("termDays", 0), ("purpose", "NONE")]
    )
    def test_is_complete(self, ledger: Ledger, field: str, value: Any) -> None:
        fields = application(ledger) | {field: value}
        assert ledger.refuses("LoanIncomplete", "LoanApplications.submit", "farmer", **fields) == {"field": field}

    def test_is_to_a_bank_that_is_somebody_else(self, ledger: Ledger) -> None:
        both = ledger.enrol("bank and farmer", "BANK", "FARMER")
        for who, bank in (("farmer", ledger.ids["notary"]), ("bank and farmer", both)):
            fields = application(ledger, bank=bank)
            assert ledger.refuses("NotABank", "LoanApplications.submit", who, **fields) == {"party": bank}

    @pytest.mark.parametrize("which", ["consents", "evidence"])
    def test_rests_on_live_consents_and_evidence(self, ledger: Ledger, which: str) -> None:
        fields = application(ledger) | {which: UNKNOWN}
        ledger.refuses("EvidenceUnknown", "LoanApplications.submit", "farmer", **fields)


class TestClockOfTheReview:
    def test_stands_still_while_information_is_awaited(self, ledger: Ledger) -> None:
        loan = submitted(ledger)
        before = state(ledger, loan)
        paused = ledger.wait(DAY)
        ledger.act("LoanApplications.requestInformation", "bank", loan=loan)
        assert state(ledger, loan) == before | {"state": "INFO_REQUESTED", "pausedAt": paused}
        resumed = ledger.wait(20 * DAY)
        ledger.act("LoanApplications.provideInformation", "farmer", loan=loan)
        due = resumed_due_at(before["reviewDueAt"], paused, resumed, PLAIN)
        assert state(ledger, loan) == before | {"reviewDueAt": due}
        assert due > resumed

    def test_that_has_run_out_is_not_wound_up_again(self, ledger: Ledger) -> None:
        loan = submitted(ledger)
        due = state(ledger, loan)["reviewDueAt"]
        ledger.wait(10 * DAY)
        ledger.act("LoanApplications.requestInformation", "bank", loan=loan)
        ledger.act("LoanApplications.provideInformation", "farmer", loan=loan)
        assert state(ledger, loan)["reviewDueAt"] == due

    def test_a_late_decision_is_a_visible_fact_and_no_refusal(self, ledger: Ledger) -> None:
        loan = submitted(ledger)
        ledger.wait(10 * DAY)
        ledger.act("LoanApplications.decide", "bank", loan=loan, approvedFen=PRINCIPAL, reason="NONE")
        found = state(ledger, loan)
        assert (found["state"], found["decidedAt"] > found["reviewDueAt"]) == ("APPROVED", True)

    def test_information_is_the_borrowers_to_give(self, ledger: Ledger) -> None:
        loan = application_at(ledger, "INFO_REQUESTED")
        values = ledger.refuses("NotTheBorrower", "LoanApplications.provideInformation", "neighbour", loan=loan)
        assert values == {"loan": loan, "party": ledger.ids["neighbour"]}


class TestDecide:
    def test_approves_an_amount_for_thirty_days(self, ledger: Ledger) -> None:
        loan, now = submitted(ledger), ledger.now
        (happened,) = ledger.act("LoanApplications.decide", "bank", loan=loan, approvedFen=PRINCIPAL - 1, reason="NONE")
        expected = {
            "state": "APPROVED",
            "reason": "NONE",
            "decidedAt": now,
            "approvedFen": PRINCIPAL - 1,
            "approvalEndsAt": approval_ends_at(now, PLAIN),
            "firstOfficer": 0,
        }
        assert happened == event(
            "LoanApplications.LoanDecided",
            loan=loan,
            actor=ledger.ids["bank"],
            evidence=ledger.evidence,
            **expected,
        )
        assert expected.items() <= state(ledger, loan).items()

    def test_rejects_for_a_reason(self, ledger: Ledger) -> None:
        loan = submitted(ledger)
        ledger.act("LoanApplications.decide", "bank", loan=loan, approvedFen=0, reason="AFFORDABILITY")
        found = state(ledger, loan)
        assert (found["state"], found["reason"], found["approvalEndsAt"]) == ("REJECTED", "AFFORDABILITY", 0)

    @pytest.mark.parametrize(
        ("approved", "reason", "field"),
        [(0, "NONE", "reason"), (1, "RECORD", "reason"), (PRINCIPAL + 1, "NONE", "approvedFen")],
    )
    def test_is_an_amount_asked_for_or_a_reason(self, ledger: Ledger, approved: int, reason: str, field: str) -> None:
        fields = {"loan": submitted(ledger), "approvedFen": approved, "reason": reason}
        assert ledger.refuses("LoanIncomplete", "LoanApplications.decide", "bank", **fields) == {"field": field}

    def test_above_the_limit_needs_two_officers_in_the_same_words(self, ledger: Ledger) -> None:
        appointed(ledger)
        loan = submitted(ledger, amountFen=LARGE)
        fields = {"loan": loan, "approvedFen": LARGE, "reason": "NONE"}
        ledger.act("LoanApplications.decide", "officer", **fields)
        found = state(ledger, loan)
        assert (found["state"], found["firstOfficer"]) == ("CONFIRMING", ledger.ids["officer"])
        assert (found["decidedAt"], found["approvalEndsAt"]) == (0, 0)
        values = ledger.refuses("SecondOfficerNeeded", "LoanApplications.decide", "officer", **fields)
        assert values == {"loan": loan, "party": ledger.ids["officer"]}
        ledger.act("LoanApplications.decide", "bank", **fields)
        found = state(ledger, loan)
        assert (found["state"], found["firstOfficer"]) == ("APPROVED", 0)

    def test_of_a_second_officer_who_does_not_agree_counts_as_a_first(self, ledger: Ledger) -> None:
        appointed(ledger)
        loan = application_at(ledger, "CONFIRMING")
        lower = {"loan": loan, "approvedFen": LARGE - 1, "reason": "NONE"}
        ledger.act("LoanApplications.decide", "officer", **lower)
        assert state(ledger, loan)["firstOfficer"] == ledger.ids["officer"]
        ledger.act("LoanApplications.decide", "bank", **lower)
        assert state(ledger, loan)["approvedFen"] == LARGE - 1

    def test_of_a_second_officer_may_reject(self, ledger: Ledger) -> None:
        appointed(ledger)
        loan = application_at(ledger, "CONFIRMING")
        ledger.act("LoanApplications.decide", "officer", loan=loan, approvedFen=0, reason="COLLATERAL")
        assert state(ledger, loan)["state"] == "REJECTED"

    def test_at_the_limit_needs_one(self, ledger: Ledger) -> None:
        assert application_at(ledger, "APPROVED", amountFen=50_000_000)


class TestWithdraw:
    @pytest.mark.parametrize("at", ["SUBMITTED", "INFO_REQUESTED", "CONFIRMING", "APPROVED"])
    def test_is_possible_before_the_end(self, ledger: Ledger, at: str) -> None:
        loan = application_at(ledger, at)
        ledger.act("LoanApplications.withdraw", "farmer", loan=loan)
        assert state(ledger, loan)["state"] == "WITHDRAWN"

    def test_is_possible_until_the_money_is_paid_out(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "CONTRACTED")
        mark = ledger.snapshot()
        ledger.act("LoanApplications.withdraw", "farmer", loan=loan)
        ledger.refuses("ApplicationNotReady", "Loans.disburse", "bank", loan=loan, receipt=UNKNOWN)
        ledger.revert(mark)
        ledger.act("Loans.disburse", "bank", loan=loan, receipt=UNKNOWN)
        values = ledger.refuses("LoanNotReady", "LoanApplications.withdraw", "farmer", loan=loan)
        assert values == {"loan": loan, "state": "REPAYING", "needed": "CONTRACTED"}

    def test_is_the_borrowers(self, ledger: Ledger) -> None:
        ledger.refuses("NotTheBorrower", "LoanApplications.withdraw", "neighbour", loan=submitted(ledger))


STEPS: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "requestInformation": ("bank", {}, {"SUBMITTED"}),
    "provideInformation": ("farmer", {}, {"INFO_REQUESTED"}),
    "decide": ("bank", {"approvedFen": 1, "reason": "NONE"}, {"SUBMITTED", "CONFIRMING"}),
    "withdraw": ("farmer", {}, {"SUBMITTED", "INFO_REQUESTED", "CONFIRMING", "APPROVED"}),
}


@pytest.mark.parametrize("at", APPLICATIONS)
def test_each_act_is_possible_in_its_states_alone(ledger: Ledger, at: str) -> None:
    loan = application_at(ledger, at)
    for function, (who, fields, states) in STEPS.items():
        key = f"LoanApplications.{function}"
        if at in states:
            ledger.refuses("EvidenceUnknown", key, who, loan=loan, evidence=UNKNOWN, **fields)
            mark = ledger.snapshot()
            ledger.act(key, who, loan=loan, **fields)
            ledger.revert(mark)
        else:
            values = ledger.refuses("ApplicationNotReady", key, who, loan=loan, **fields)
            assert (values["loan"], values["state"]) == (loan, at)


def test_each_act_on_no_loan_says_so(ledger: Ledger) -> None:
    for function, (who, fields, _) in STEPS.items():
        assert ledger.refuses("NoSuchLoan", f"LoanApplications.{function}", who, loan=7, **fields) == {"loan": 7}
    for view, arguments in (("application", (7,)), ("requireOfficer", (7, 1))):
        to, call, _ = ledger.encoded(f"LoanApplications.{view}", *arguments)
        ledger.refuses_call("NoSuchLoan", to, call)


def test_the_mirror_of_no_consent_is_zero(ledger: Ledger) -> None:
    assert ledger.view("Loans.loan", 7)["offer"] == NO_HASH
