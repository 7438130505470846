"""Agreements: one class an act. Money and mass over any order of acts: `test_agreement_walks.py`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.deals import (
    DEPOSIT,
    DUE_DAYS,
    FORMULA,
    QUANTITY,
    TERMS,
    TOTAL,
    UNIT_PRICE,
    accept,
    active,
    balance,
    confirm,
    deal,
    deliver,
    handed_over,
    offer,
    offered,
    pay,
    performed,
    receipt,
    signed,
)
from tests.contracts.ledger import DAY, NO_HASH, Ledger

HALF = QUANTITY // 2
MARGIN = 300


def end_of_days(ledger: Ledger, instant: int, days: int) -> int:
    answer: int = ledger.view("Calendar.endOfDays", instant, days)
    return answer


def end_of_working_days(ledger: Ledger, instant: int, days: int) -> int:
    answer: int = ledger.view("Calendar.endOfWorkingDays", instant, days)
    return answer


def part(ledger: Ledger, agreement: int, number: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Agreements.milestone", agreement, number)
    return answer


class TestOffer:
    @pytest.mark.parametrize("as_buyer", [False, True])
    def test_puts_each_on_its_side(self, ledger: Ledger, as_buyer: bool) -> None:
        agreement = offered(ledger, asBuyer=as_buyer)
        sides = (ledger.ids["farmer"], ledger.ids["firm"])
        stored = deal(ledger, agreement)
        assert (stored["buyer"], stored["seller"]) == (sides if as_buyer else sides[::-1])
        assert (stored["stage"], stored["terms"], stored["milestones"]) == ("OFFERED", TERMS, 2)
        assert [part(ledger, agreement, number)["quantity"] for number in range(3)] == [HALF, HALF, 0]
        assert ledger.view("Agreements.agreementCount") == 1

    def test_stands_for_seven_days_where_it_does_not_say(self, ledger: Ledger) -> None:
        now = ledger.now
        assert deal(ledger, offered(ledger))["offerEndsAt"] == end_of_days(ledger, now, 7)
        assert deal(ledger, offered(ledger, offerEndsAt=ledger.now + DAY))["offerEndsAt"] == ledger.now - 1 + DAY

    def test_to_oneself_is_refused(self, ledger: Ledger) -> None:
        own = ledger.ids["farmer"]
        assert ledger.refuses("SelfDealing", "Agreements.offer", "farmer", **offer(ledger, counterparty=own)) == {
            "party": own
        }

    def test_to_nobody_or_to_a_suspended_party_is_refused(self, ledger: Ledger) -> None:
        ledger.act("Parties.suspend", "operator", party=ledger.ids["firm"])
        ledger.refuses("CounterpartyInactive", "Agreements.offer", "farmer", **offer(ledger))
        ledger.refuses("NoSuchParty", "Agreements.offer", "farmer", **offer(ledger, counterparty=999))

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"terms": NO_HASH}, "terms"),
            ({"inspectionDays": 0}, "inspectionDays"),
            ({"damagesBps": 10_001}, "damagesBps"),
            ({"deposit": TOTAL + 1}, "deposit"),
            ({"offerEndsAt": 1}, "offerEndsAt"),
            ({"offerEndsAt": 2**40}, "offerEndsAt"),
            ({"dueAt": [], "quantities": []}, "dueAt"),
            ({"dueAt": [2**40 + n for n in range(13)], "quantities": [1] * 13}, "dueAt"),
            ({"dueAt": [2**40, 2**40]}, "dueAt"),
            ({"dueAt": [1, 2**40]}, "dueAt"),
            ({"quantities": [QUANTITY]}, "quantities"),
            ({"quantities": [QUANTITY, 0]}, "quantities"),
            ({"quantities": [1, 1]}, "quantities"),
        ],
    )
    def test_that_is_incomplete_names_the_field(self, ledger: Ledger, change: dict[str, Any], field: str) -> None:
        assert ledger.refuses("TermsUnfit", "Agreements.offer", "farmer", **offer(ledger, **change)) == {"field": field}

    def test_has_a_total_that_is_quantity_times_price(self, ledger: Ledger) -> None:
        wrong = offer(ledger, total=TOTAL - 1)
        values = ledger.refuses("TotalDiffers", "Agreements.offer", "farmer", **wrong)
        assert values == {"total": TOTAL - 1, "computed": TOTAL}
        ledger.refuses("TotalDiffers", "Agreements.offer", "farmer", **offer(ledger, unitPrice=0, total=0, deposit=0))
        dear = offer(ledger, unitPrice=2**63, total=1)
        assert ledger.refuses("PriceUnfit", "Agreements.offer", "farmer", **dear)["most"] == 10**15


class TestWithdraw:
    def test_is_the_offerors_alone_and_before_signing(self, ledger: Ledger) -> None:
        agreement = offered(ledger)
        ledger.refuses("NotSide", "Agreements.withdraw", "firm", agreement=agreement)
        ledger.act("Agreements.withdraw", "farmer", agreement=agreement)
        assert deal(ledger, agreement)["stage"] == "WITHDRAWN"
        values = ledger.refuses("StageUnfit", "Agreements.sign", "firm", agreement=agreement, terms=TERMS)
        assert values == {"agreement": agreement, "stage": "WITHDRAWN", "needed": "OFFERED"}


class TestSign:
    def test_is_over_the_same_terms_by_the_other_side(self, ledger: Ledger) -> None:
        agreement, other = offered(ledger), "0x" + "11" * 32
        ledger.refuses("NotSide", "Agreements.sign", "farmer", agreement=agreement, terms=TERMS)
        ledger.refuses("NotSide", "Agreements.sign", "neighbour", agreement=agreement, terms=TERMS)
        values = ledger.refuses("TermsDiffer", "Agreements.sign", "firm", agreement=agreement, terms=other)
        assert values == {"signed": other, "offered": TERMS}
        now = ledger.now
        ledger.act("Agreements.sign", "firm", agreement=agreement, terms=TERMS)
        assert (deal(ledger, agreement)["stage"], deal(ledger, agreement)["signedAt"]) == ("SIGNED", now)

    def test_is_in_force_at_once_without_a_deposit(self, ledger: Ledger) -> None:
        assert deal(ledger, signed(ledger, deposit=0))["stage"] == "ACTIVE"

    def test_comes_before_the_offer_ends(self, ledger: Ledger) -> None:
        agreement = offered(ledger)
        ends_at = deal(ledger, agreement)["offerEndsAt"]
        ledger.now = ends_at + 1
        values = ledger.refuses("OfferEnded", "Agreements.sign", "firm", agreement=agreement, terms=TERMS)
        assert values == {"agreement": agreement, "offerEndsAt": ends_at}
        ledger.now = ends_at
        ledger.act("Agreements.sign", "firm", agreement=agreement, terms=TERMS)

    def test_needs_both_sides_active_and_a_later_suspension_undoes_nothing(self, ledger: Ledger) -> None:
        agreement = offered(ledger)
        for who in ("farmer", "firm"):
            error = {"farmer": "CounterpartyInactive", "firm": "PartySuspended"}[who]
            ledger.act("Parties.suspend", "operator", party=ledger.ids[who])
            refused = ledger.attempt(
                ledger.deployment.address("Agreements"),
                ledger.sign("Agreements.sign", "firm", agreement=agreement, terms=TERMS).calldata,
            )
            assert refused is not None and refused.code == error
            assert deal(ledger, agreement)["stage"] == "OFFERED"
            ledger.act("Parties.reinstate", "operator", party=ledger.ids[who])
        ledger.act("Agreements.sign", "firm", agreement=agreement, terms=TERMS)
        ledger.act("Parties.suspend", "operator", party=ledger.ids["farmer"])
        confirm(ledger, agreement)
        assert deal(ledger, agreement)["stage"] == "ACTIVE"


class TestConfirmDeposit:
    @pytest.mark.parametrize(
        ("paid", "prepayment"), [(1, 0), (1_500_000, 0), (2_000_000, 0), (2_500_000, 500_000), (TOTAL, 8_000_000)]
    )
    def test_books_what_was_paid_and_what_is_beyond_a_fifth_as_prepayment(
        self, ledger: Ledger, paid: int, prepayment: int
    ) -> None:
        """CC 586: agreed were 20,000 yuan."""
        agreement = signed(ledger)
        (confirmed,) = confirm(ledger, agreement, paid)
        assert (confirmed.args["depositPaid"], confirmed.args["prepayment"]) == (paid, prepayment)
        assert deal(ledger, agreement)["stage"] == "ACTIVE"

    def test_is_for_money_received_within_five_working_days(self, ledger: Ledger) -> None:
        agreement = signed(ledger)
        signed_at = deal(ledger, agreement)["signedAt"]
        latest = end_of_working_days(ledger, signed_at, 5)
        fields = {"agreement": agreement, "amount": DEPOSIT, "receipt": receipt()}
        for instant in (signed_at - 1, ledger.now + 1):
            values = ledger.refuses("InstantUnfit", "Agreements.confirmDeposit", "bank", receivedAt=instant, **fields)
            assert values == {"instant": instant, "earliest": signed_at, "latest": ledger.now}
        ledger.now = latest + DAY
        values = ledger.refuses("InstantUnfit", "Agreements.confirmDeposit", "bank", receivedAt=latest + 1, **fields)
        assert values["latest"] == latest
        ledger.act("Agreements.confirmDeposit", "bank", receivedAt=latest, **fields)

    def test_takes_each_receipt_once_and_never_more_than_the_price(self, ledger: Ledger) -> None:
        first, second, same = signed(ledger), signed(ledger), receipt()
        fields = {"amount": DEPOSIT, "receivedAt": ledger.now}
        for amount in (0, TOTAL + 1):
            changed = fields | {"amount": amount, "agreement": first, "receipt": same}
            assert ledger.refuses("AmountUnfit", "Agreements.confirmDeposit", "bank", **changed)["most"] == TOTAL
        assert ledger.refuses(
            "TermsUnfit", "Agreements.confirmDeposit", "bank", agreement=first, receipt=NO_HASH, **fields
        ) == {"field": "receipt"}
        ledger.act("Agreements.confirmDeposit", "bank", agreement=first, receipt=same, **fields)
        again = fields | {"agreement": second, "receipt": same}
        assert ledger.refuses("PaymentReceiptUsed", "Agreements.confirmDeposit", "bank", **again) == {"receipt": same}


class TestLapse:
    def test_is_stated_by_a_side_five_minutes_after_the_last_day(self, ledger: Ledger) -> None:
        agreement = signed(ledger)
        due_at = end_of_working_days(ledger, deal(ledger, agreement)["signedAt"], 5)
        ledger.now = due_at + MARGIN
        values = ledger.refuses("DepositRunning", "Agreements.lapse", "farmer", agreement=agreement)
        assert values == {"agreement": agreement, "dueAt": due_at}
        ledger.now += 1
        ledger.refuses("NotSide", "Agreements.lapse", "neighbour", agreement=agreement)
        ledger.act("Agreements.lapse", "farmer", agreement=agreement)
        assert deal(ledger, agreement)["stage"] == "LAPSED"


class TestDeliver:
    def test_is_the_sellers_for_no_more_than_is_open(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        fields = {"agreement": agreement, "milestone": 0}
        ledger.refuses("NotSide", "Agreements.deliver", "firm", quantity=1, **fields)
        assert ledger.refuses(
            "NoSuchMilestone", "Agreements.deliver", "farmer", agreement=agreement, milestone=2, quantity=1
        ) == {"agreement": agreement, "milestone": 2, "milestones": 2}
        for quantity in (0, HALF + 1):
            values = ledger.refuses("GramsUnfit", "Agreements.deliver", "farmer", quantity=quantity, **fields)
            assert values == {"quantity": quantity, "least": 1, "most": HALF}
        deliver(ledger, agreement, 4_000)
        assert ledger.refuses("DeliveryPending", "Agreements.deliver", "farmer", quantity=1, **fields) == {
            "agreement": agreement,
            "pending": 4_000,
        }
        accept(ledger, agreement, 3_000)
        values = ledger.refuses("GramsUnfit", "Agreements.deliver", "farmer", quantity=2_001, **fields)
        assert values["most"] == 2_000, "what was rejected may be delivered again"

    def test_is_in_time_up_to_the_last_day_of_grace(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        last = end_of_days(ledger, part(ledger, agreement)["dueAt"], 3)
        mark = ledger.snapshot()
        for instant, in_time in ((last, True), (last + 1, False)):
            ledger.now = instant
            handed_over(ledger, agreement)
            found = part(ledger, agreement)
            assert found["inTime"] is in_time
            assert found["acceptedInTime"] == (HALF if in_time else 0)
            ledger.revert(mark)
            mark = ledger.snapshot()


class TestAcknowledge:
    def test_is_the_buyers(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        where = {"agreement": agreement, "milestone": 0}
        assert ledger.refuses("NothingDelivered", "Agreements.acknowledge", "firm", **where) == where
        papers = ledger.anchor("farmer", "0x" + "d1" * 32)
        ledger.act("Agreements.deliver", "farmer", quantity=HALF, evidence=papers, **where)
        assert part(ledger, agreement)["proven"] is False, "the seller's own word"
        ledger.refuses("NotSide", "Agreements.acknowledge", "farmer", **where)
        ledger.act("Agreements.acknowledge", "firm", **where)
        assert part(ledger, agreement)["proven"] is True


class TestInspect:
    def test_is_no_sides_own_and_of_no_more_than_was_delivered(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        deliver(ledger, agreement)
        where = {"agreement": agreement, "milestone": 0}
        values = ledger.refuses("GramsUnfit", "Agreements.inspect", "inspector", conforming=HALF + 1, **where)
        assert values == {"quantity": HALF + 1, "least": 0, "most": HALF}
        own = ledger.ids["firm"]
        ledger.act("Parties.assignRoles", "operator", party=own, roles=1 << 1 | 1 << 9)
        assert ledger.refuses("StatedByParty", "Agreements.inspect", "firm", conforming=1, **where) == {
            "agreement": agreement,
            "party": own,
        }
        ledger.act("Agreements.inspect", "inspector", conforming=4_000, **where)
        assert (part(ledger, agreement)["inspected"], part(ledger, agreement)["conforming"]) == (True, 4_000)

    def test_binds_the_buyer(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        deliver(ledger, agreement)
        where = {"agreement": agreement, "milestone": 0}
        ledger.act("Agreements.inspect", "inspector", conforming=4_000, **where)
        values = ledger.refuses("GramsUnfit", "Agreements.accept", "firm", quantity=3_999, **where)
        assert values == {"quantity": 3_999, "least": 4_000, "most": HALF}
        accept(ledger, agreement, 4_000)


class TestAccept:
    def test_takes_a_part_and_rejects_the_rest_within_the_inspection_period(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        deliver(ledger, agreement)
        ended_at = end_of_days(ledger, part(ledger, agreement)["deliveredAt"], 10)
        where = {"agreement": agreement, "milestone": 0}
        ledger.refuses("NotSide", "Agreements.accept", "farmer", quantity=HALF, **where)
        ledger.now = ended_at + MARGIN + 1
        values = ledger.refuses("InspectionOver", "Agreements.accept", "firm", quantity=HALF - 1, **where)
        assert values == {**where, "endedAt": ended_at}
        mark = ledger.snapshot()
        accept(ledger, agreement)
        assert deal(ledger, agreement)["accepted"] == HALF
        ledger.revert(mark)
        ledger.now = ended_at + MARGIN
        accept(ledger, agreement, 0)
        stored = deal(ledger, agreement)
        assert (stored["accepted"], stored["pending"], stored["stage"]) == (0, 0, "ACTIVE")

    def test_of_everything_completes_performance(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        handed_over(ledger, agreement)
        assert deal(ledger, agreement)["stage"] == "ACTIVE"
        deliver(ledger, agreement, milestone=1)
        now = ledger.now
        accept(ledger, agreement, milestone=1)
        assert (deal(ledger, agreement)["stage"], deal(ledger, agreement)["acceptedAt"]) == ("ACCEPTED", now)


class TestDeem:
    def test_follows_silence_five_minutes_after_the_last_day(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        deliver(ledger, agreement)
        where = {"agreement": agreement, "milestone": 0}
        ends_at = end_of_days(ledger, part(ledger, agreement)["deliveredAt"], 10)
        ledger.now = ends_at + MARGIN
        values = ledger.refuses("InspectionRunning", "Agreements.deem", "farmer", **where)
        assert values == {**where, "endsAt": ends_at}
        ledger.now += 1
        ledger.refuses("NotSide", "Agreements.deem", "firm", **where)
        (concluded,) = ledger.act("Agreements.deem", "farmer", **where)
        assert (concluded.args["deemed"], concluded.args["accepted"]) == (True, HALF)

    def test_needs_more_than_the_sellers_word(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        where = {"agreement": agreement, "milestone": 0}
        papers = ledger.anchor("farmer", "0x" + "d1" * 32)
        ledger.act("Agreements.deliver", "farmer", quantity=HALF, evidence=papers, **where)
        ledger.wait(30 * DAY)
        assert ledger.refuses("DeliveryUnproven", "Agreements.deem", "farmer", **where) == where
        ledger.act("Agreements.acknowledge", "firm", **where)
        ledger.act("Agreements.deem", "farmer", **where)

    def test_covers_what_the_inspector_found_to_conform(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        deliver(ledger, agreement)
        where = {"agreement": agreement, "milestone": 0}
        ledger.act("Agreements.inspect", "inspector", conforming=4_000, **where)
        ledger.wait(30 * DAY)
        (concluded,) = ledger.act("Agreements.deem", "farmer", **where)
        assert (concluded.args["accepted"], concluded.args["rejected"]) == (4_000, 1_000)


class TestWaive:
    def test_takes_what_came_for_the_whole(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        assert ledger.refuses("NothingAccepted", "Agreements.waive", "firm", agreement=agreement) == {
            "agreement": agreement
        }
        deliver(ledger, agreement)
        assert ledger.refuses("DeliveryPending", "Agreements.waive", "firm", agreement=agreement)["pending"] == HALF
        accept(ledger, agreement)
        ledger.refuses("NotSide", "Agreements.waive", "farmer", agreement=agreement)
        ledger.act("Agreements.waive", "firm", agreement=agreement)
        assert deal(ledger, agreement)["stage"] == "ACCEPTED"
        assert balance(ledger, agreement) == TOTAL // 2 - DEPOSIT


class TestFixPrice:
    def test_is_an_appraisers_once_where_a_formula_gives_the_price(self, ledger: Ledger) -> None:
        agreement = performed(ledger, formula=FORMULA)
        fields = {"agreement": agreement, "unitPrice": 1_100_000}
        own = ledger.ids["firm"]
        ledger.act("Parties.assignRoles", "operator", party=own, roles=1 << 1 | 1 << 4)
        ledger.refuses("StatedByParty", "Agreements.fixPrice", "firm", **fields)
        ledger.refuses("PriceUnfit", "Agreements.fixPrice", "appraiser", agreement=agreement, unitPrice=0)
        (fixed,) = ledger.act("Agreements.fixPrice", "appraiser", **fields)
        assert (fixed.args["total"], fixed.args["priceFixed"]) == (11_000_000, True)
        assert balance(ledger, agreement) == 11_000_000 - DEPOSIT
        assert ledger.refuses("PriceIsFixed", "Agreements.fixPrice", "appraiser", **fields) == {"agreement": agreement}

    def test_comes_before_closing(self, ledger: Ledger) -> None:
        agreement = performed(ledger, formula=FORMULA)
        pay(ledger, agreement, TOTAL - DEPOSIT)
        assert deal(ledger, agreement)["stage"] == "ACCEPTED"
        assert ledger.refuses("StillPerforming", "Agreements.close", "firm", agreement=agreement) == {
            "agreement": agreement
        }


class TestRecordPayment:
    def test_credits_the_deposit_to_the_price_and_settles(self, ledger: Ledger) -> None:
        agreement = performed(ledger)
        assert balance(ledger, agreement) == TOTAL - DEPOSIT
        pay(ledger, agreement, 1_000_000)
        assert deal(ledger, agreement)["stage"] == "ACCEPTED"
        now = ledger.now
        pay(ledger, agreement, TOTAL - DEPOSIT - 1_000_000)
        stored = deal(ledger, agreement)
        assert (stored["stage"], stored["settledAt"], stored["paid"]) == ("SETTLED", now, TOTAL - DEPOSIT)
        assert balance(ledger, agreement) == 0

    def test_is_never_more_than_is_owed_and_each_receipt_counts_once(self, ledger: Ledger) -> None:
        agreement, once = performed(ledger), receipt()
        fields = {"agreement": agreement, "toSeller": True}
        for amount in (0, TOTAL - DEPOSIT + 1):
            values = ledger.refuses(
                "AmountUnfit", "Agreements.recordPayment", "bank", amount=amount, receipt=once, **fields
            )
            assert values == {"amount": amount, "most": TOTAL - DEPOSIT}
        ledger.act("Agreements.recordPayment", "bank", amount=1, receipt=once, **fields)
        ledger.refuses("PaymentReceiptUsed", "Agreements.recordPayment", "bank", amount=1, receipt=once, **fields)
        assert ledger.view("Agreements.receiptUsed", once) is True

    def test_back_to_the_buyer_waits_until_performance_is_over(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        fields = {"agreement": agreement, "amount": 1, "receipt": receipt()}
        ledger.refuses("StillPerforming", "Agreements.recordPayment", "bank", toSeller=False, **fields)
        ledger.refuses("AmountUnfit", "Agreements.recordPayment", "bank", toSeller=True, **fields)
        unsigned = fields | {"agreement": offered(ledger)}
        ledger.refuses("StageUnfit", "Agreements.recordPayment", "bank", toSeller=True, **unsigned)
        for who in ("firm", "farmer"):
            ledger.act("Remedies.consentToTermination", who, agreement=agreement, consents=True)
        pay(ledger, agreement, DEPOSIT, to_seller=False)
        assert deal(ledger, agreement)["stage"] == "SETTLED"


class TestClose:
    def test_is_possible_once_nothing_is_owed(self, ledger: Ledger) -> None:
        agreement = performed(ledger)
        assert ledger.refuses("NotBalanced", "Agreements.close", "firm", agreement=agreement) == {
            "agreement": agreement,
            "balance": TOTAL - DEPOSIT,
            "frozen": 0,
        }
        pay(ledger, agreement, TOTAL - DEPOSIT)
        ledger.refuses("NotSide", "Agreements.close", "neighbour", agreement=agreement)
        ledger.act("Agreements.close", "firm", agreement=agreement)
        assert deal(ledger, agreement)["stage"] == "CLOSED"
        ledger.refuses("StageUnfit", "Agreements.close", "farmer", agreement=agreement)

    def test_ends_what_was_ended_before_a_deposit_was_paid(self, ledger: Ledger) -> None:
        agreement = signed(ledger)
        for who in ("firm", "farmer"):
            ledger.act("Remedies.consentToTermination", who, agreement=agreement, consents=True)
        ledger.refuses(
            "AgreementEnded",
            "Agreements.confirmDeposit",
            "bank",
            agreement=agreement,
            amount=1,
            receivedAt=ledger.now,
            receipt=receipt(),
        )
        ledger.act("Agreements.close", "farmer", agreement=agreement)


class TestUnknown:
    def test_agreements_are_named(self, ledger: Ledger) -> None:
        for function, who, fields in (
            ("Agreements.sign", "firm", {"terms": TERMS}),
            ("Agreements.close", "firm", {}),
            ("Remedies.raiseDispute", "firm", {"amount": 1}),
            ("Remedies.consentToTermination", "firm", {"consents": True}),
        ):
            assert ledger.refuses("NoSuchAgreement", function, who, agreement=7, **fields) == {"agreement": 7}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    grams=st.integers(1, 10**9),
    price=st.integers(1, 10**9),
    cuts=st.lists(st.integers(0, 10**9), max_size=11),
)
def test_any_division_into_milestones_adds_up(ledger: Ledger, grams: int, price: int, cuts: list[int]) -> None:
    total = grams * price // 1000
    bounds = sorted({0, grams, *(cut % grams for cut in cuts)})
    quantities = [after - before for before, after in pairwise(bounds)]
    due_at = [ledger.now + DAY + number for number in range(len(quantities))]
    terms = offer(ledger, quantity=grams, unitPrice=price, total=total, deposit=0, dueAt=due_at, quantities=quantities)
    signed_act = ledger.sign("Agreements.offer", "farmer", **terms)
    refused = ledger.attempt(ledger.deployment.address("Agreements"), signed_act.calldata)
    assert (refused is None) == (0 < total <= 10**15)


def test_the_constants_of_the_figures_fit() -> None:
    assert TOTAL == QUANTITY * UNIT_PRICE // 1000
    assert len(DUE_DAYS) == 2
