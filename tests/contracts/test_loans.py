"""Loans: terms that both sign, money that is conserved, and the way to default that a person signs step by step."""

from __future__ import annotations

from typing import Any

import pytest

from chain.artifacts import artifact
from tests.contracts.groves import tree_id
from tests.contracts.ledger import DAY, NO_HASH, Ledger, event
from tests.contracts.lending import (
    LARGE,
    MOST,
    PLAIN,
    PRINCIPAL,
    RATE,
    RECEIPT,
    ROOT,
    SECURED,
    STATES,
    agreed,
    application_at,
    appointed,
    defaulted,
    loan_at,
    offered,
    overdue,
    pay,
    schedule,
    secured,
    submitted,
    terms,
    warned,
)
from tests.contracts.pledges import VALUE, register, registered, valued_tree
from tests.contracts.pledges import agreed as pledged
from workflows.loans.accounts import Account, Order, day_number
from workflows.loans.arrears import arrears, totals

UNKNOWN = "0x" + "99" * 32


def account(ledger: Ledger, loan: int) -> dict[str, int]:
    found: dict[str, int] = ledger.view("Loans.account", loan)
    return found


class TestAgree:
    def test_is_two_signatures_under_the_same_terms(self, ledger: Ledger) -> None:
        loan = application_at(ledger, "APPROVED")
        signed = terms(ledger, loan)
        (offer,) = ledger.act("Loans.agree", "bank", **signed)
        assert offer.name == "TermsOffered"
        assert ledger.view("Loans.loan", loan) == {
            "borrower": 0,
            "bank": 0,
            "product": "NONE",
            "state": "NONE",
            "trigger": "NONE",
            "schedule": 0,
            "firstOfficer": 0,
            "demandedAt": 0,
            "restructuringOfferedAt": 0,
            "defaultedAt": 0,
            "offer": offer.args["offer"],
        }
        *instalments, made = ledger.act("Loans.agree", "farmer", **signed)
        found = ledger.view("Loans.terms", loan)
        assert found == {name: signed[name] for name in found}
        assert made.args["agreedFen"] == PRINCIPAL
        after = ledger.view("Loans.loan", loan)
        assert (after["borrower"], after["bank"], after["product"]) == (
            ledger.ids["farmer"],
            ledger.ids["bank"],
            "UNSECURED",
        )
        assert (after["state"], after["schedule"], after["offer"]) == ("CONTRACTED", 1, NO_HASH)
        total = 0
        for place, (due, amount) in enumerate(zip(signed["dueAt"], signed["amountFen"], strict=True)):
            total += amount
            kept = {"dueAt": due, "amountFen": amount, "totalFen": total}
            assert ledger.view("Loans.instalment", loan, 1, place) == kept
            assert instalments[place] == event("Loans.InstalmentSet", loan=loan, schedule=1, place=place, **kept)
        assert ledger.view("Loans.instalment", loan, 1, 3)["dueAt"] == 0

    @pytest.mark.parametrize("field", ["principalFen", "ratePpm", "order", "scheduleRoot", "dueAt", "amountFen"])
    def test_is_nothing_when_the_terms_differ(self, ledger: Ledger, field: str) -> None:
        loan = application_at(ledger, "APPROVED")
        signed = terms(ledger, loan)
        other = {
            "principalFen": PRINCIPAL - 1,
            "ratePpm": RATE + 1,
            "order": "PRINCIPAL_FIRST",
            "scheduleRoot": UNKNOWN,
            "dueAt": [due + 1 for due in signed["dueAt"]],
            "amountFen": [amount + 1 for amount in signed["amountFen"]],
        }[field]
        ledger.refuses("LoanTermsDiffer", "Loans.agree", "farmer", **signed)  # before the bank has signed
        ledger.act("Loans.agree", "bank", **signed)
        values = ledger.refuses("LoanTermsDiffer", "Loans.agree", "farmer", **(signed | {field: other}))
        assert values["offered"] == ledger.view("Loans.loan", loan)["offer"] != values["signed"]

    def test_is_for_the_borrower_and_the_bank_alone(self, ledger: Ledger) -> None:
        loan = application_at(ledger, "APPROVED")
        for stranger in ("neighbour", "second bank"):
            ledger.refuses("NotAnOfficer", "Loans.agree", stranger, **terms(ledger, loan))

    def test_lapses_with_the_approval(self, ledger: Ledger) -> None:
        loan = application_at(ledger, "APPROVED")
        ends = ledger.view("LoanApplications.application", loan)["approvalEndsAt"]
        ledger.now = ends
        signed = terms(ledger, loan)
        ledger.act("Loans.agree", "bank", **signed)
        values = ledger.refuses("ApprovalLapsed", "Loans.agree", "farmer", **signed)
        assert values == {"loan": loan, "approvalEndsAt": ends}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"principalFen": 0}, "principalFen"),
            ({"principalFen": PRINCIPAL + 1}, "principalFen"),
            ({"ratePpm": 0}, "ratePpm"),
            ({"ratePpm": 240_001}, "ratePpm"),
            ({"allInPpm": RATE - 1}, "allInPpm"),
            ({"allInPpm": 240_001}, "allInPpm"),
            ({"accelerateAfterDays": 0}, "accelerateAfterDays"),
            ({"scheduleRoot": NO_HASH}, "scheduleRoot"),
            ({"dueAt": [], "amountFen": []}, "dueAt"),
            ({"dueAt": [1], "amountFen": [PRINCIPAL]}, "dueAt"),
            ({"dueAt": [2**40, 2**40], "amountFen": [PRINCIPAL, 1]}, "dueAt"),
            ({"dueAt": [2**40], "amountFen": []}, "amountFen"),
            ({"dueAt": [2**40], "amountFen": [PRINCIPAL - 1]}, "amountFen"),
            ({"dueAt": [2**40, 2**41], "amountFen": [PRINCIPAL, 0]}, "amountFen"),
            ({"dueAt": [2**40 + n for n in range(121)], "amountFen": [PRINCIPAL] * 121}, "dueAt"),
            ({"callLtvBps": 9_000}, "openingLtvBps"),
        ],
    )
    def test_is_under_sound_terms(self, ledger: Ledger, changes: dict[str, Any], field: str) -> None:
        loan = application_at(ledger, "APPROVED")
        signed = terms(ledger, loan) | changes
        assert ledger.refuses("LoanIncomplete", "Loans.agree", "bank", **signed) == {"field": field}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"requiredEffect": "OPPOSABLE"}, "requiredEffect"),
            ({"openingLtvBps": 0}, "openingLtvBps"),
            ({"openingLtvBps": 7_001}, "openingLtvBps"),
            ({"warnLtvBps": 7_000}, "warnLtvBps"),
            ({"callLtvBps": 8_000}, "callLtvBps"),
            ({"breachLtvBps": 8_999}, "breachLtvBps"),
            ({"cureWorkingDays": 0}, "cureWorkingDays"),
        ],
    )
    def test_over_a_tree_is_under_a_sound_ladder(self, ledger: Ledger, changes: dict[str, Any], field: str) -> None:
        loan = application_at(ledger, "APPROVED", product="TREE_MORTGAGE")
        signed = terms(ledger, loan, **(SECURED | changes))
        assert ledger.refuses("LoanIncomplete", "Loans.agree", "bank", **signed) == {"field": field}

    @pytest.mark.parametrize(
        ("product", "effect"),
        [("UNSECURED", "NONE"), ("RECEIVABLE", "NONE"), ("OPERATING_RIGHT", "OPPOSABLE")],
    )
    def test_demands_of_liens_what_the_product_does(self, ledger: Ledger, product: str, effect: str) -> None:
        loan = application_at(ledger, "APPROVED", product=product)
        changes = {"requiredEffect": effect} if effect == "NONE" else SECURED | {"requiredEffect": effect}
        agreed(ledger, loan, **changes)


class TestDisburse:
    def test_makes_the_debt(self, ledger: Ledger) -> None:
        loan, now = loan_at(ledger, "CONTRACTED"), ledger.now
        paid_out, changed, stands = ledger.act("Loans.disburse", "bank", loan=loan, receipt=RECEIPT)
        assert paid_out == event(
            "Loans.LoanDisbursed",
            loan=loan,
            actor=ledger.ids["bank"],
            amountFen=PRINCIPAL,
            receipt=RECEIPT,
            evidence=ledger.evidence,
        )
        assert account(ledger, loan).items() <= changed.args.items()
        assert account(ledger, loan) | {"accruedDay": 0} == dict.fromkeys(account(ledger, loan), 0) | {
            "principalFen": PRINCIPAL
        }
        assert account(ledger, loan)["accruedDay"] == day_number(now)
        assert stands.args["state"] == "REPAYING"
        assert ledger.view("Loans.outstanding", loan) == PRINCIPAL

    def test_is_on_a_receipt(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "CONTRACTED")
        values = ledger.refuses("LoanIncomplete", "Loans.disburse", "bank", loan=loan, receipt=NO_HASH)
        assert values == {"field": "receipt"}

    def test_needs_consents_that_still_live(self, ledger: Ledger) -> None:
        consents = ledger.anchor("notary", "0x" + "c0" * 32)
        loan = agreed(ledger, application_at(ledger, "APPROVED", consents=consents))
        ledger.act("Evidence.revokeRoot", "notary", evidence=consents, reason="")
        values = ledger.refuses("EvidenceIsRevoked", "Loans.disburse", "bank", loan=loan, receipt=RECEIPT)
        assert values["evidence"] == consents

    def test_comes_before_the_first_instalment(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "CONTRACTED")
        due = ledger.view("Loans.instalment", loan, 1, 0)["dueAt"]
        ledger.now = due
        values = ledger.refuses("ScheduleOvertaken", "Loans.disburse", "bank", loan=loan, receipt=RECEIPT)
        assert values == {"loan": loan, "dueAt": due}


class TestDisburseOverATree:
    def test_needs_a_lien(self, ledger: Ledger) -> None:
        loan, _ = secured(ledger, "CONTRACTED")
        fields = {"loan": loan, "receipt": RECEIPT}
        assert ledger.refuses("LienMissing", "Loans.disburse", "bank", **fields) == {"loan": loan}

    def test_needs_the_banks_own_lien(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger, "CONTRACTED")
        registered(ledger, tree, debt=loan, holder="second bank", securedMax=VALUE)
        ledger.refuses("LienMissing", "Loans.disburse", "bank", loan=loan, receipt=RECEIPT)

    def test_needs_the_effect_that_registration_gives(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger, "CONTRACTED")
        lien = pledged(ledger, tree, debt=loan, securedMax=VALUE)
        fields = {"loan": loan, "receipt": RECEIPT}
        values = ledger.refuses("LienIneffective", "Loans.disburse", "bank", **fields)
        assert values == {"loan": loan, "lien": lien, "effect": "NONE", "needed": "CONSTITUTED"}
        register(ledger, lien)
        ledger.act("Loans.disburse", "bank", **fields)

    def test_needs_cover_for_the_opening_ltv(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger, "CONTRACTED", cover=3_417_714)
        registered(ledger, tree, debt=loan, securedMax=VALUE, rank=1)
        values = ledger.refuses("CoverTooSmall", "Loans.disburse", "bank", loan=loan, receipt=RECEIPT)
        cover = ledger.view("Liens.coverOf", loan)
        assert values == {"loan": loan, "principalFen": MOST, "coverFen": cover, "openingLtvBps": 7_000}
        assert cover * 7_000 < MOST * 10_000

    def test_counts_what_better_ranks_leave(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger, "CONTRACTED")
        registered(ledger, tree, at=ledger.now - 3_600, holder="second bank", securedMax=1_000_000)
        registered(ledger, tree, debt=loan, securedMax=VALUE, rank=2)
        ledger.refuses("CoverTooSmall", "Loans.disburse", "bank", loan=loan, receipt=RECEIPT)


class TestPayment:
    def test_goes_to_interest_then_principal(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        ledger.wait(73 * DAY)
        parts = pay(ledger, loan, 100_000)
        interest = PRINCIPAL * RATE * 73 // (365 * 10**6)
        assert (parts["toCostsFen"], parts["toInterestFen"], parts["toPrincipalFen"]) == (
            0,
            interest,
            100_000 - interest,
        )
        assert ledger.view("Loans.outstanding", loan) == PRINCIPAL + interest - 100_000
        assert ledger.view("Loans.payment", "0x" + "9a" * 32) == {
            "loan": loan,
            "amountFen": 100_000,
            "paidAt": parts["paidAt"],
        }

    def test_goes_to_the_costs_of_enforcement_first(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "DEFAULTED")
        ledger.act("Loans.chargeCosts", "bank", loan=loan, amountFen=500)
        assert pay(ledger, loan, 501)["toCostsFen"] == 500
        assert account(ledger, loan)["chargedCostsFen"] == 500

    def test_goes_to_principal_first_where_both_agreed(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING", order="PRINCIPAL_FIRST")
        ledger.wait(73 * DAY)
        parts = pay(ledger, loan, PRINCIPAL + 7)
        assert (parts["toPrincipalFen"], parts["toInterestFen"]) == (PRINCIPAL, 7)

    def test_counts_once(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        pay(ledger, loan, 5, RECEIPT)
        fields = {"loan": loan, "amountFen": 5, "paidAt": ledger.now, "receipt": RECEIPT}
        assert ledger.refuses("PaymentAlreadyPosted", "Loans.postPayment", "bank", **fields) == {"receipt": RECEIPT}

    @pytest.mark.parametrize(("changes", "field"), [({"amountFen": 0}, "amountFen"), ({"receipt": NO_HASH}, "receipt")])
    def test_is_an_amount_on_a_receipt(self, ledger: Ledger, changes: dict[str, Any], field: str) -> None:
        loan = loan_at(ledger, "REPAYING")
        fields = {"loan": loan, "amountFen": 5, "paidAt": ledger.now, "receipt": RECEIPT} | changes
        assert ledger.refuses("LoanIncomplete", "Loans.postPayment", "bank", **fields) == {"field": field}

    def test_is_no_more_than_is_owed(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        fields = {"loan": loan, "amountFen": PRINCIPAL + 1, "paidAt": ledger.now, "receipt": RECEIPT}
        values = ledger.refuses("PaymentExceedsDebt", "Loans.postPayment", "bank", **fields)
        assert values == {"amountFen": PRINCIPAL + 1, "owedFen": PRINCIPAL}

    def test_has_the_value_date_of_the_receipt(self, ledger: Ledger) -> None:
        """Posted ten days late, it stops interest from the day it was made."""
        loan, paid_at = loan_at(ledger, "REPAYING"), ledger.now + 10 * DAY
        ledger.wait(20 * DAY)
        fields = {"loan": loan, "amountFen": 500_000, "receipt": RECEIPT}
        ledger.act("Loans.postPayment", "bank", paidAt=paid_at, **fields)
        known, _ = Account(PRINCIPAL, day_number(paid_at) - 10).pay(500_000, RATE, day_number(paid_at))
        assert ledger.view("Loans.outstanding", loan) == known.owed(RATE, day_number(ledger.now)).total
        accrued = day_number(paid_at)
        for unfit in (paid_at - 2 * DAY, ledger.now + 1):
            fields = {"loan": loan, "amountFen": 5, "paidAt": unfit, "receipt": UNKNOWN}
            values = ledger.refuses("PaymentDateUnfit", "Loans.postPayment", "bank", **fields)
            assert values == {"paidAt": unfit, "accruedDay": accrued}


class TestArrears:
    def test_agree_with_the_rule(self, ledger: Ledger) -> None:
        """`workflows.loans.arrears` says the same, through two schedules' worth of lateness and some payments."""
        loan, start = loan_at(ledger, "REPAYING"), ledger.now
        due = totals([(each.due_at, each.amount) for each in schedule_of(ledger, loan)])
        known = Account(PRINCIPAL, day_number(start - 1))
        for step in range(16):
            ledger.wait(9 * DAY + 3_601)
            if step in (4, 9):
                known, _ = known.pay(340_000, RATE, day_number(ledger.now))
                pay(ledger, loan, 340_000, "0x" + f"{step:064x}")
            found = arrears(known, RATE, due, PLAIN, ledger.now)
            assert ledger.view("Loans.arrears", loan) == [found.overdue, found.since, found.days_past_due]
            assert ledger.view("Loans.outstanding", loan) == known.owed(RATE, day_number(ledger.now)).total
        assert found.days_past_due > 30

    def test_begin_with_the_day_after_a_due_date_that_rolled(self, ledger: Ledger) -> None:
        loan = overdue(ledger, loan_at(ledger, "REPAYING"), 0)
        assert ledger.view("Loans.arrears", loan) == [0, 0, 0]
        ledger.wait(1)
        assert ledger.view("Loans.arrears", loan)[2] == 1

    def test_are_none_before_the_money_is_paid_out_and_after_it_came_back(self, ledger: Ledger) -> None:
        for state in ("CONTRACTED", "SETTLED"):
            mark = ledger.snapshot()
            assert ledger.view("Loans.arrears", overdue(ledger, loan_at(ledger, state))) == [0, 0, 0]
            ledger.revert(mark)


class TestDemand:
    def test_is_of_what_is_overdue(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        assert ledger.refuses("NothingToDemand", "Loans.demand", "bank", loan=loan) == {"loan": loan}
        overdue(ledger, loan, 1)
        now = ledger.now
        ledger.act("Loans.demand", "bank", loan=loan)
        assert ledger.view("Loans.loan", loan)["demandedAt"] == now


class TestAccelerate:
    def test_is_called_by_two_officers_in_the_same_words(self, ledger: Ledger) -> None:
        loan = warned(ledger, loan_at(ledger, "REPAYING"))
        appointed(ledger)
        fields = {"loan": loan, "trigger": "OVERDUE"}
        (proposed,) = ledger.act("Loans.accelerate", "officer", **fields)
        assert (proposed.name, ledger.view("Loans.loan", loan)["state"]) == ("AccelerationProposed", "REPAYING")
        values = ledger.refuses("SecondOfficerNeeded", "Loans.accelerate", "officer", **fields)
        assert values == {"loan": loan, "party": ledger.ids["officer"]}
        now = ledger.now
        ledger.act("Loans.accelerate", "bank", **fields)
        found = ledger.view("Loans.loan", loan)
        assert (found["state"], found["defaultedAt"], found["trigger"]) == ("DEFAULTED", now, "OVERDUE")
        assert found["firstOfficer"] == 0

    def test_is_not_confirmed_once_the_arrears_are_paid(self, ledger: Ledger) -> None:
        loan = warned(ledger, loan_at(ledger, "REPAYING"))
        appointed(ledger)
        ledger.act("Loans.accelerate", "officer", loan=loan, trigger="OVERDUE")
        overdue_fen, _, _ = ledger.view("Loans.arrears", loan)
        pay(ledger, loan, overdue_fen)
        fields = {"loan": loan, "trigger": "OVERDUE"}
        assert ledger.refuses("TriggerNotMet", "Loans.accelerate", "bank", **fields) == fields

    @pytest.mark.parametrize("trigger", ["NONE", "OVERDUE", "BREACH"])
    def test_needs_its_condition(self, ledger: Ledger, trigger: str) -> None:
        loan = overdue(ledger, loan_at(ledger, "REPAYING"), 29)
        fields = {"loan": loan, "trigger": trigger}
        assert ledger.refuses("TriggerNotMet", "Loans.accelerate", "bank", **fields) == fields

    def test_needs_a_demand_and_an_offer_since_the_condition_holds(self, ledger: Ledger) -> None:
        """Those of an earlier delay do not count."""
        loan = loan_at(ledger, "REPAYING")
        overdue(ledger, loan, 1)
        ledger.act("Loans.demand", "bank", loan=loan)
        offered(ledger, loan)
        pay(ledger, loan, ledger.view("Loans.arrears", loan)[0])
        ledger.now = PLAIN.end_of_days(ledger.view("Loans.instalment", loan, 1, 1)["dueAt"], 0) + 40 * DAY
        fields = {"loan": loan, "trigger": "OVERDUE"}
        since = ledger.view("Loans.arrears", loan)[1]
        assert ledger.refuses("DemandMissing", "Loans.accelerate", "bank", **fields) == {"loan": loan, "since": since}
        ledger.act("Loans.demand", "bank", loan=loan)
        values = ledger.refuses("RestructuringNotOffered", "Loans.accelerate", "bank", **fields)
        assert values == {"loan": loan, "since": since}
        offered(ledger, loan)
        ledger.act("Loans.accelerate", "bank", **fields)


class TestRestructure:
    def test_is_a_new_schedule_that_both_sign(self, ledger: Ledger) -> None:
        loan = overdue(ledger, loan_at(ledger, "REPAYING"))
        ledger.wait(60)
        owed = ledger.view("Loans.outstanding", loan)
        offer = offered(ledger, loan)
        assert ledger.view("Loans.loan", loan)["restructuringOfferedAt"] == ledger.now - 1
        ledger.act("Loans.restructure", "farmer", **offer)
        found = ledger.view("Loans.loan", loan)
        assert (found["schedule"], found["state"], found["offer"]) == (2, "REPAYING", NO_HASH)
        assert ledger.view("Loans.terms", loan)["ratePpm"] == 40_000
        assert ledger.view("Loans.outstanding", loan) == owed
        assert ledger.view("Loans.arrears", loan) == [0, 0, 0]
        assert ledger.view("Loans.instalment", loan, 1, 0)["dueAt"] != 0  # what was agreed before is still told

    def test_ends_a_default(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "DEFAULTED")
        ledger.act("Loans.restructure", "farmer", **offered(ledger, loan))
        found = ledger.view("Loans.loan", loan)
        assert (found["state"], found["defaultedAt"], found["trigger"]) == ("REPAYING", 0, "NONE")

    def test_differs_from_the_offer(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        offer = offered(ledger, loan)
        ledger.refuses("LoanTermsDiffer", "Loans.restructure", "farmer", **(offer | {"ratePpm": 39_999}))
        ledger.refuses("NotAnOfficer", "Loans.restructure", "neighbour", **offer)

    def test_covers_what_is_owed(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        offer = {"loan": loan, "ratePpm": RATE, "allInPpm": RATE, "scheduleRoot": ROOT, "dueAt": [2**40]}
        for changes, field in (
            ({"amountFen": [PRINCIPAL - 1]}, "amountFen"),
            ({"amountFen": [PRINCIPAL], "ratePpm": 0}, "ratePpm"),
            ({"amountFen": [PRINCIPAL], "dueAt": [ledger.now]}, "dueAt"),
        ):
            fields = offer | changes
            assert ledger.refuses("LoanIncomplete", "Loans.restructure", "bank", **fields) == {"field": field}

    def test_is_accepted_before_its_first_instalment(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        offer = offered(ledger, loan)
        ledger.wait(200 * DAY)
        ledger.refuses("ScheduleOvertaken", "Loans.restructure", "farmer", **offer)


class TestCosts:
    def test_are_of_enforcement_alone(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        values = ledger.refuses("LoanNotReady", "Loans.chargeCosts", "bank", loan=loan, amountFen=5)
        assert values == {"loan": loan, "state": "REPAYING", "needed": "DEFAULTED"}
        defaulted(ledger, loan)
        ledger.refuses("LoanIncomplete", "Loans.chargeCosts", "bank", loan=loan, amountFen=0)
        charged, changed = ledger.act("Loans.chargeCosts", "bank", loan=loan, amountFen=5)
        assert (charged.args["amountFen"], changed.args["costsFen"]) == (5, 5)


class TestTheEnd:
    def test_is_settled_when_nothing_is_owed(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "REPAYING")
        values = ledger.refuses("DebtRemains", "Loans.settle", "bank", loan=loan)
        assert values == {"loan": loan, "owedFen": PRINCIPAL}
        pay(ledger, loan, PRINCIPAL)
        ledger.act("Loans.settle", "bank", loan=loan)
        assert ledger.view("Loans.loan", loan)["state"] == "SETTLED"

    def test_written_off_is_still_owed_and_may_be_settled(self, ledger: Ledger) -> None:
        loan = loan_at(ledger, "WRITTEN_OFF")
        owed = ledger.view("Loans.outstanding", loan)
        assert owed > PRINCIPAL
        pay(ledger, loan, owed)
        ledger.act("Loans.settle", "bank", loan=loan)


class TestNoForeclosure:
    """Scenario 6: default makes the debt due, and nothing takes the tree."""

    def test_default_moves_no_title(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger)
        defaulted(ledger, loan)
        assert ledger.view("Loans.loan", loan)["state"] == "DEFAULTED"
        assert ledger.view("Trees.tree", tree)["owner"] == ledger.ids["farmer"]
        farmer, bank = ledger.people["farmer"].address, ledger.people["bank"].address
        for sender in ("bank", "officer", "operator", "stranger", "farmer"):
            to, call, _ = ledger.encoded("Trees.transferFrom", farmer, bank, tree)
            assert ledger.refuses_call("NoForeclosure", to, call, ledger.people[sender]) == {"tree": tree}
        ledger.refuses(
            "TransferNotAgreed",
            "Trees.recordTransfer",
            "registry",
            tree=tree,
            to=ledger.ids["bank"],
            basis="AGREEMENT",
            receipt=RECEIPT,
        )
        assert ledger.view("Trees.tree", tree)["owner"] == ledger.ids["farmer"]
        (lien,) = ledger.view("Liens.liensOf", loan)
        assert ledger.view("Liens.lien", lien)["asset"] == tree == tree_id("CA-FH-0001")

    @pytest.mark.parametrize("contract", ["LoanApplications", "Loans", "Margins"])
    def test_no_contract_of_loans_can_write_to_another(self, contract: str) -> None:
        """All they hold of others are views: neither code nor interface has a call that changes a tree."""
        from chain.compile import SOURCES

        source = (SOURCES / f"{contract}.sol").read_text()
        used = set(
            word.partition("(")[0]
            for name in ("PARTIES", "EVIDENCE", "CALENDAR", "APPLICATIONS", "LOANS", "LIENS", "MARGINS")
            for word in source.split(f"{name}.")[1:]
        )
        views = {
            entry["name"]
            for name in ("Parties", "Evidence", "Calendar", "LoanApplications", "Loans", "Liens", "Margins")
            for entry in artifact(name).entries("function")
            if entry["stateMutability"] == "view"
        }
        assert used <= views and used


OWED = {"REPAYING", "DEFAULTED", "WRITTEN_OFF"}
STEPS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "disburse": ({"receipt": UNKNOWN}, {"CONTRACTED"}),
    "postPayment": ({"amountFen": 1, "paidAt": 2**40, "receipt": UNKNOWN}, OWED),
    "settle": ({}, OWED),
    "demand": ({}, OWED),
    "chargeCosts": ({"amountFen": 1}, {"DEFAULTED", "WRITTEN_OFF"}),
    "accelerate": ({"trigger": "OVERDUE"}, {"REPAYING"}),
    "restructure": (
        {"ratePpm": 1, "allInPpm": 1, "scheduleRoot": ROOT, "dueAt": [], "amountFen": []},
        {"REPAYING", "DEFAULTED"},
    ),
    "writeOff": ({}, {"DEFAULTED"}),
}


@pytest.mark.parametrize("at", STATES)
def test_each_act_is_possible_in_its_states_alone(ledger: Ledger, at: str) -> None:
    loan = loan_at(ledger, at)
    for function, (fields, states) in STEPS.items():
        signed = ledger.sign(f"Loans.{function}", "bank", loan=loan, **fields)
        refused = ledger.attempt(ledger.deployment.address("Loans"), signed.calldata)
        unready = refused is not None and refused.code in ("LoanNotReady", "NothingOwed")
        assert unready is (at not in states), (function, at)
    ledger.refuses("LoanNotReady", "Loans.agree", "bank", **terms(ledger, loan))


def test_what_is_not_owed_is_not_paid(ledger: Ledger) -> None:
    for state in ("CONTRACTED", "SETTLED"):
        mark = ledger.snapshot()
        fields = {"loan": loan_at(ledger, state), **STEPS["postPayment"][0]}
        values = ledger.refuses("NothingOwed", "Loans.postPayment", "bank", **fields)
        assert values == {"loan": fields["loan"], "state": state}
        ledger.revert(mark)


@pytest.mark.parametrize("function", sorted(STEPS))
def test_each_act_is_the_banks(ledger: Ledger, function: str) -> None:
    fields, states = STEPS[function]
    loan = loan_at(ledger, sorted(states)[0])
    ledger.refuses("NotAnOfficer", f"Loans.{function}", "second bank", loan=loan, **fields)


@pytest.mark.parametrize("function", sorted(set(STEPS) | {"agree"}))
def test_each_act_rests_on_live_evidence(ledger: Ledger, function: str) -> None:
    prepared: dict[str, Any] = {
        "disburse": lambda: {"loan": loan_at(ledger, "CONTRACTED"), "receipt": UNKNOWN},
        "postPayment": lambda: {
            "loan": loan_at(ledger, "REPAYING"),
            "amountFen": 1,
            "paidAt": ledger.now,
            "receipt": UNKNOWN,
        },
        "settle": lambda: {"loan": _paid(ledger)},
        "demand": lambda: {"loan": overdue(ledger, loan_at(ledger, "REPAYING"))},
        "chargeCosts": lambda: {"loan": loan_at(ledger, "DEFAULTED"), "amountFen": 1},
        "accelerate": lambda: {"loan": warned(ledger, loan_at(ledger, "REPAYING")), "trigger": "OVERDUE"},
        "restructure": lambda: offered(ledger, loan_at(ledger, "REPAYING")),
        "writeOff": lambda: {"loan": loan_at(ledger, "DEFAULTED")},
        "agree": lambda: terms(ledger, application_at(ledger, "APPROVED")),
    }
    fields = prepared[function]()
    ledger.refuses("EvidenceUnknown", f"Loans.{function}", "bank", evidence=UNKNOWN, **fields)


def test_a_large_loan_is_agreed_after_two_officers_approved(ledger: Ledger) -> None:
    appointed(ledger)
    loan = application_at(ledger, "CONFIRMING")
    signed = terms(ledger, loan, principalFen=LARGE)
    values = ledger.refuses("ApplicationNotReady", "Loans.agree", "bank", **signed)
    assert values == {"loan": loan, "state": "CONFIRMING", "needed": "APPROVED"}
    ledger.act("LoanApplications.decide", "officer", loan=loan, approvedFen=LARGE, reason="NONE")
    agreed(ledger, loan, principalFen=LARGE)


def test_no_application_no_terms(ledger: Ledger) -> None:
    loan = submitted(ledger)
    ledger.refuses("NoSuchLoan", "Loans.agree", "bank", **terms(ledger, loan + 1))


def test_an_account_pays_as_the_rule_says_in_both_orders(ledger: Ledger) -> None:
    for order in ("STATUTORY", "PRINCIPAL_FIRST"):
        mark = ledger.snapshot()
        loan = loan_at(ledger, "REPAYING", order=order)
        known = Account(PRINCIPAL, day_number(ledger.now - 1))
        for number, amount in enumerate((1, 2_000, 300_000, 4)):
            ledger.wait(17 * DAY)
            known, parts = known.pay(amount, RATE, day_number(ledger.now), Order[order])
            posted = pay(ledger, loan, amount, "0x" + f"{number + 1:064x}")
            assert (posted["toInterestFen"], posted["toPrincipalFen"]) == (parts.interest, parts.principal)
        assert account(ledger, loan) == {
            "principalFen": known.principal,
            "costsFen": known.costs,
            "interestPaidFen": known.interest_paid,
            "paidFen": known.paid,
            "chargedCostsFen": known.charged_costs,
            "coveredFen": known.covered,
            "accrued": known.accrued,
            "accruedDay": known.accrued_day,
        }
        ledger.revert(mark)


def schedule_of(ledger: Ledger, loan: int) -> Any:
    """The schedule that `loan_at` agreed on."""
    at = ledger.view("LoanApplications.application", loan)["decidedAt"] + 1
    now, ledger.now = ledger.now, at
    found = schedule(ledger)
    ledger.now = now
    return found


def _paid(ledger: Ledger) -> int:
    loan = loan_at(ledger, "REPAYING")
    pay(ledger, loan, PRINCIPAL)
    return loan


def test_the_tree_of_a_secured_loan_is_valued(ledger: Ledger) -> None:
    assert ledger.view("Valuations.collateralValue", valued_tree(ledger)) == VALUE
