"""Remedies: one class a remedy. What is owed afterwards is asked of `Agreements.balance`, in fen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.deals import (
    DEPOSIT,
    QUANTITY,
    TOTAL,
    active,
    balance,
    deal,
    deliver,
    handed_over,
    late_buyer,
    late_seller,
    offered,
    pay,
    performed,
    receipt,
    seller_in_default,
    signed,
)
from tests.contracts.ledger import DAY, Ledger

MARGIN = 300


def standing(ledger: Ledger, agreement: int) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Remedies.standing", agreement)
    return answer


def remedy(ledger: Ledger, agreement: int) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Remedies.remedy", agreement)
    return answer


class TestDispute:
    def test_freezes_its_amount_and_nothing_else(self, ledger: Ledger) -> None:
        agreement = performed(ledger)
        ledger.act("Remedies.raiseDispute", "firm", agreement=agreement, amount=3_000_000)
        owed, free = TOTAL - DEPOSIT, TOTAL - DEPOSIT - 3_000_000
        values = ledger.refuses(
            "AmountUnfit",
            "Agreements.recordPayment",
            "bank",
            agreement=agreement,
            toSeller=True,
            amount=free + 1,
            receipt=receipt(),
        )
        assert values["most"] == free
        pay(ledger, agreement, free)
        assert deal(ledger, agreement)["stage"] == "ACCEPTED"
        assert balance(ledger, agreement) == owed - free
        values = ledger.refuses("NotBalanced", "Agreements.close", "firm", agreement=agreement)
        assert values["frozen"] == 3_000_000

    @pytest.mark.parametrize(
        ("who", "claimant", "least", "most"),
        [
            ("firm", "firm", 0, 0),
            ("farmer", "firm", 3_000_000, 3_000_000),
            ("village", "firm", 0, 3_000_000),
            ("agri", "farmer", 0, 3_000_000),
        ],
    )
    def test_is_dropped_conceded_or_decided(
        self, ledger: Ledger, who: str, claimant: str, least: int, most: int
    ) -> None:
        agreement = performed(ledger)
        before = balance(ledger, agreement)
        ledger.act("Remedies.raiseDispute", claimant, agreement=agreement, amount=3_000_000)
        for awarded in {least - 1, most + 1} - {-1}:
            values = ledger.refuses("AwardUnfit", "Remedies.resolveDispute", who, agreement=agreement, awarded=awarded)
            assert values == {"party": ledger.ids[who], "awarded": awarded, "least": least, "most": most}
        ledger.act("Remedies.resolveDispute", who, agreement=agreement, awarded=most)
        assert balance(ledger, agreement) == before + (most if claimant == "farmer" else -most)
        assert standing(ledger, agreement)["claimant"] == 0
        assert ledger.refuses("NoDispute", "Remedies.resolveDispute", who, agreement=agreement, awarded=0) == {
            "agreement": agreement
        }

    def test_is_one_at_a_time_of_an_amount_within_the_price_by_a_side(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        ledger.refuses("NotSide", "Remedies.raiseDispute", "neighbour", agreement=agreement, amount=1)
        for amount in (0, TOTAL + 1):
            ledger.refuses("AmountUnfit", "Remedies.raiseDispute", "firm", agreement=agreement, amount=amount)
        ledger.act("Remedies.raiseDispute", "firm", agreement=agreement, amount=1)
        values = ledger.refuses("DisputeOpen", "Remedies.raiseDispute", "farmer", agreement=agreement, amount=1)
        assert values == {"agreement": agreement, "party": ledger.ids["firm"]}
        values = ledger.refuses("NoSay", "Remedies.resolveDispute", "bank", agreement=agreement, awarded=0)
        assert values == {"agreement": agreement, "party": ledger.ids["bank"]}
        unsigned = offered(ledger)
        ledger.refuses("StageUnfit", "Remedies.raiseDispute", "firm", agreement=unsigned, amount=1)


class TestForceMajeure:
    def test_two_days_before_the_due_day_extends_it_and_nobody_is_late(self, ledger: Ledger) -> None:
        """Scenario 10."""
        agreement = active(ledger)
        due_at = ledger.view("Agreements.milestone", agreement, 0)["dueAt"]
        ledger.now = due_at - 2 * DAY
        occurred_at = ledger.now
        ledger.act("Remedies.notifyForceMajeure", "farmer", agreement=agreement, occurredAt=occurred_at)
        ledger.wait(15 * DAY)
        for act, fields in (
            ("Remedies.noticeCure", {"cureDays": 10}),
            ("Remedies.declareDefault", {"sanction": "DEPOSIT", "purposeDefeated": True}),
        ):
            assert ledger.refuses("AgreementSuspended", act, "firm", agreement=agreement, **fields) == {
                "agreement": agreement
            }
        ledger.act("Remedies.decideForceMajeure", "firm", agreement=agreement, terminates=False, extensionDays=30)
        ledger.refuses("NotLate", "Remedies.noticeCure", "firm", agreement=agreement, cureDays=10)
        deliver(ledger, agreement)
        assert ledger.view("Agreements.milestone", agreement, 0)["inTime"] is True
        assert remedy(ledger, agreement)["affected"] == ledger.ids["farmer"]

    def test_after_the_due_day_excuses_nothing(self, ledger: Ledger) -> None:
        """CC 590(2)."""
        agreement = active(ledger)
        due_at = ledger.view("Agreements.milestone", agreement, 0)["dueAt"]
        ledger.now = due_at + 5 * DAY
        fields = {"agreement": agreement, "occurredAt": ledger.now}
        assert ledger.refuses("AlreadyLate", "Remedies.notifyForceMajeure", "farmer", **fields) == {
            "party": ledger.ids["farmer"],
            "dueAt": due_at,
        }
        ledger.act("Remedies.notifyForceMajeure", "firm", **fields)

    def test_is_notified_by_a_side_within_fifteen_days_once(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        for instant in (ledger.now - 15 * DAY - 1, ledger.now + 1):
            fields = {"agreement": agreement, "occurredAt": instant}
            values = ledger.refuses("InstantUnfit", "Remedies.notifyForceMajeure", "farmer", **fields)
            assert values == {"instant": instant, "earliest": ledger.now - 15 * DAY, "latest": ledger.now}
        fields = {"agreement": agreement, "occurredAt": ledger.now}
        ledger.refuses("NotSide", "Remedies.notifyForceMajeure", "neighbour", **fields)
        decision = {"agreement": agreement, "terminates": False, "extensionDays": 0}
        ledger.refuses("NotSuspended", "Remedies.decideForceMajeure", "firm", **decision)
        ledger.act("Remedies.notifyForceMajeure", "farmer", **fields)
        ledger.refuses("AgreementSuspended", "Remedies.notifyForceMajeure", "firm", **fields)

    def test_is_decided_by_the_other_side_or_a_mediator(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        ledger.act("Remedies.notifyForceMajeure", "farmer", agreement=agreement, occurredAt=ledger.now)
        decision: dict[str, Any] = {"agreement": agreement, "terminates": False, "extensionDays": 366}
        for who in ("farmer", "bank"):
            ledger.refuses("NoSay", "Remedies.decideForceMajeure", who, **decision)
        values = ledger.refuses("PeriodUnfit", "Remedies.decideForceMajeure", "village", **decision)
        assert values == {"given": 366, "least": 0, "most": 365}
        ledger.act("Remedies.decideForceMajeure", "village", **(decision | {"extensionDays": 0}))
        assert standing(ledger, agreement)["suspended"] is False

    def test_that_ends_the_agreement_costs_no_penalty(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        ledger.act("Remedies.notifyForceMajeure", "farmer", agreement=agreement, occurredAt=ledger.now)
        ledger.act("Remedies.decideForceMajeure", "firm", agreement=agreement, terminates=True, extensionDays=0)
        assert standing(ledger, agreement)["ending"] == "FORCE_MAJEURE"
        assert balance(ledger, agreement) == -DEPOSIT
        values = ledger.refuses(
            "AgreementEnded", "Agreements.deliver", "farmer", agreement=agreement, milestone=0, quantity=1
        )
        assert values == {"agreement": agreement, "ending": "FORCE_MAJEURE"}


class TestCure:
    def test_is_asked_of_a_side_that_is_late_grace_included(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        due_at = ledger.view("Agreements.milestone", agreement, 0)["dueAt"]
        ledger.now = ledger.view("Calendar.endOfDays", due_at, 3) + MARGIN
        fields = {"agreement": agreement, "cureDays": 3}
        assert ledger.refuses("NotLate", "Remedies.noticeCure", "firm", **fields) == {
            "agreement": agreement,
            "dueAt": due_at,
        }
        ledger.now += 1
        assert ledger.refuses("NotLate", "Remedies.noticeCure", "farmer", **fields)["dueAt"] == 0
        ledger.refuses("NotSide", "Remedies.noticeCure", "neighbour", **fields)
        for days in (2, 61):
            values = ledger.refuses("PeriodUnfit", "Remedies.noticeCure", "firm", agreement=agreement, cureDays=days)
            assert values == {"given": days, "least": 3, "most": 60}
        now = ledger.now
        ledger.act("Remedies.noticeCure", "firm", **fields)
        assert remedy(ledger, agreement)["cureEndsAt"] == ledger.view("Calendar.endOfDays", now, 3)


class TestDefault:
    def test_is_declared_after_the_time_to_cure_what_is_still_open(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        ledger.wait(30 * DAY)
        fields: dict[str, Any] = {"agreement": agreement, "sanction": "DEPOSIT", "purposeDefeated": False}
        values = ledger.refuses("CureNotNoticed", "Remedies.declareDefault", "firm", **fields)
        assert values["party"] == ledger.ids["firm"]
        ledger.act("Remedies.noticeCure", "firm", agreement=agreement, cureDays=10)
        cure_ends_at = remedy(ledger, agreement)["cureEndsAt"]
        ledger.now = cure_ends_at + MARGIN
        assert ledger.refuses("CureRunning", "Remedies.declareDefault", "firm", **fields) == {
            "agreement": agreement,
            "cureEndsAt": cure_ends_at,
        }
        ledger.now += 1
        mark = ledger.snapshot()
        deliver(ledger, agreement)
        ledger.act("Agreements.accept", "firm", agreement=agreement, milestone=0, quantity=QUANTITY // 2)
        ledger.refuses("NotLate", "Remedies.declareDefault", "firm", **fields)
        ledger.wait(20 * DAY)
        ledger.refuses("CureNotNoticed", "Remedies.declareDefault", "firm", **fields)
        ledger.revert(mark)
        ledger.act("Remedies.declareDefault", "firm", **fields)
        ledger.refuses("AgreementEnded", "Remedies.declareDefault", "firm", **fields)

    def test_waits_for_goods_that_are_delivered(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        handed_over(ledger, agreement, 1)
        deliver(ledger, agreement, milestone=1)
        late_seller(ledger, agreement)
        fields = {"agreement": agreement, "sanction": "NONE", "purposeDefeated": False}
        values = ledger.refuses("DeliveryPending", "Remedies.declareDefault", "firm", **fields)
        assert values == {"agreement": agreement, "pending": QUANTITY // 2}

    def test_of_the_seller_returns_the_deposit_twice_up_to_a_fifth(self, ledger: Ledger) -> None:
        """Scenario 8: 25,000 yuan paid on 100,000: 40,000 and the 5,000 of prepayment go back."""
        agreement = active(ledger, paid=2_500_000)
        seller_in_default(ledger, agreement)
        assert remedy(ledger, agreement)["penalty"] == 2_000_000
        assert balance(ledger, agreement) == -(4_000_000 + 500_000)
        pay(ledger, agreement, 4_500_000, to_seller=False)
        assert deal(ledger, agreement)["stage"] == "SETTLED"

    @pytest.mark.parametrize(("purpose_defeated", "penalty"), [(False, 800_000), (True, 2_000_000)])
    def test_after_a_part_costs_its_share_unless_the_purpose_is_defeated(
        self, ledger: Ledger, purpose_defeated: bool, penalty: int
    ) -> None:
        """Scenario 9: 60 % accepted, so 40 % of the deposit (解释 68(2))."""
        agreement = active(ledger, quantities=[6_000, 4_000])
        handed_over(ledger, agreement, 6_000)
        ledger.wait(20 * DAY)
        seller_in_default(ledger, agreement, purpose_defeated=purpose_defeated)
        assert remedy(ledger, agreement)["penalty"] == penalty
        assert balance(ledger, agreement) == 6_000_000 - DEPOSIT - penalty

    def test_costs_liquidated_damages_on_the_open_part_instead_if_chosen(self, ledger: Ledger) -> None:
        agreement = active(ledger, quantities=[6_000, 4_000])
        handed_over(ledger, agreement, 6_000)
        ledger.wait(20 * DAY)
        seller_in_default(ledger, agreement, "DAMAGES")
        assert remedy(ledger, agreement)["penalty"] == 4_000_000 * 2_000 // 10_000
        assert remedy(ledger, agreement)["sanction"] == "DAMAGES"

    def test_of_the_buyer_forfeits_the_deposit_by_what_is_unpaid(self, ledger: Ledger) -> None:
        agreement = performed(ledger)
        pay(ledger, agreement, TOTAL // 2)
        late_buyer(ledger, agreement)
        ledger.act("Remedies.declareDefault", "farmer", agreement=agreement, sanction="DEPOSIT", purposeDefeated=False)
        assert standing(ledger, agreement)["ending"] == "BUYER_DEFAULT"
        assert remedy(ledger, agreement)["penalty"] == DEPOSIT // 2
        assert balance(ledger, agreement) == TOTAL // 2 - DEPOSIT + DEPOSIT // 2

    def test_may_claim_nothing_and_only_what_was_agreed(self, ledger: Ledger) -> None:
        agreement = active(ledger, deposit=0, damagesBps=0)
        late_seller(ledger, agreement)
        fields = {"agreement": agreement, "purposeDefeated": True}
        for sanction in ("DEPOSIT", "DAMAGES"):
            values = ledger.refuses("SanctionUnfit", "Remedies.declareDefault", "firm", sanction=sanction, **fields)
            assert values == {"agreement": agreement, "sanction": sanction}
        ledger.act("Remedies.declareDefault", "firm", sanction="NONE", **fields)
        assert balance(ledger, agreement) == 0


class TestConsent:
    def test_of_both_ends_it_without_penalty(self, ledger: Ledger) -> None:
        agreement = active(ledger)
        consent = {"agreement": agreement, "consents": True}
        ledger.refuses("NotSide", "Remedies.consentToTermination", "neighbour", **consent)
        ledger.act("Remedies.consentToTermination", "firm", **consent)
        assert ledger.refuses("ConsentUnchanged", "Remedies.consentToTermination", "firm", **consent) == {
            "agreement": agreement,
            "party": ledger.ids["firm"],
        }
        ledger.act("Remedies.consentToTermination", "firm", agreement=agreement, consents=False)
        ledger.act("Remedies.consentToTermination", "farmer", **consent)
        assert standing(ledger, agreement)["ending"] == "NONE"
        ledger.act("Remedies.consentToTermination", "firm", **consent)
        assert standing(ledger, agreement)["ending"] == "MUTUAL"
        assert balance(ledger, agreement) == -DEPOSIT

    def test_is_possible_from_signing_on(self, ledger: Ledger) -> None:
        consent = {"consents": True}
        ledger.refuses("StageUnfit", "Remedies.consentToTermination", "firm", agreement=offered(ledger), **consent)
        ledger.act("Remedies.consentToTermination", "firm", agreement=signed(ledger), **consent)
