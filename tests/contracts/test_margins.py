"""The ladder on chain: each step measured at the moment of the act, signed by the bank, and none of its own accord."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.ledger import DAY, Ledger, event
from tests.contracts.lending import MOST, PLAIN, appointed, loan_at, offered, pay, secured
from tests.contracts.pledges import VALUE, registered, valued_tree, worth

INDEX_90, INDEX_80, INDEX_72 = 2_976_965, 2_536_190, 2_183_566
"""Collateral of the domain's example as prices fall (§7.3)."""
UNKNOWN = "0x" + "99" * 32


def margin(ledger: Ledger, loan: int) -> dict[str, Any]:
    found: dict[str, Any] = ledger.view("Margins.margin", loan)
    return found


def fallen(ledger: Ledger, tree: int, cover: int) -> None:
    """Prices fall step by step until the tree covers so much."""
    for value in (INDEX_90, INDEX_80, INDEX_72):
        if value >= cover:
            worth(ledger, tree, value)


def called(ledger: Ledger, cover: int = INDEX_80) -> tuple[int, int]:
    """A loan whose bank has called for more cover, and its tree."""
    loan, tree = secured(ledger)
    fallen(ledger, tree, cover)
    ledger.act("Margins.call", "bank", loan=loan)
    return loan, tree


def breached(ledger: Ledger) -> tuple[int, int]:
    """A loan whose call lapsed with the LTV over the agreed level, and its tree."""
    loan, tree = called(ledger)
    worth(ledger, tree, INDEX_72)
    ledger.now = margin(ledger, loan)["cureEndsAt"] + 1
    ledger.act("Margins.breach", "bank", loan=loan)
    return loan, tree


def test_the_example_of_the_domain_to_the_basis_point(ledger: Ledger) -> None:
    loan, tree = secured(ledger)
    assert ledger.view("Loans.outstanding", loan) == MOST
    found = [ledger.view("Margins.ltv", loan)]
    for value in (INDEX_90, INDEX_80, INDEX_72):
        worth(ledger, tree, value)
        found.append(ledger.view("Margins.ltv", loan))
    assert found == [7_000, 8_036, 9_433, 10_956]


class TestObserve:
    def test_records_a_warning_and_its_end(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger)
        values = ledger.refuses("MarginNotReady", "Margins.observe", "bank", loan=loan)
        assert values == {"loan": loan, "state": "OK"}
        fallen(ledger, tree, INDEX_90)
        expected = {"state": "WARN", "ltvBps": 8_036, "calledAt": 0, "cureEndsAt": 0, "breachedAt": 0}
        assert ledger.act("Margins.observe", "bank", loan=loan) == [
            event(
                "Margins.MarginChanged",
                loan=loan,
                actor=ledger.ids["bank"],
                evidence=ledger.evidence,
                **expected,
            )
        ]
        assert margin(ledger, loan) == expected
        ledger.wait(65 * DAY)  # collateral rises by 10 % a month at most
        worth(ledger, tree, VALUE)
        ledger.act("Margins.observe", "bank", loan=loan)
        assert margin(ledger, loan)["state"] == "OK"

    def test_does_not_undo_a_call(self, ledger: Ledger) -> None:
        loan, tree = called(ledger)
        worth(ledger, tree, INDEX_90)
        ledger.refuses("MarginNotReady", "Margins.observe", "bank", loan=loan)


class TestCall:
    def test_gives_ten_working_days_to_cure(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger)
        fallen(ledger, tree, INDEX_80)
        now = ledger.now
        ledger.act("Margins.call", "bank", loan=loan)
        assert margin(ledger, loan) == {
            "state": "CALL",
            "ltvBps": 9_433,
            "calledAt": now,
            "cureEndsAt": PLAIN.end_of_working_days(now, 10),
            "breachedAt": 0,
        }

    def test_needs_the_agreed_level(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger)
        fallen(ledger, tree, INDEX_90)
        values = ledger.refuses("LtvNotReached", "Margins.call", "bank", loan=loan)
        assert values == {"loan": loan, "ltvBps": 8_036, "levelBps": 9_000}

    def test_is_made_once(self, ledger: Ledger) -> None:
        loan, _ = called(ledger)
        assert ledger.refuses("MarginNotReady", "Margins.call", "bank", loan=loan) == {"loan": loan, "state": "CALL"}

    def test_changes_nothing_about_the_loan_or_the_tree(self, ledger: Ledger) -> None:
        """Scenario 3: no liquidation, no default."""
        loan, tree = called(ledger)
        assert ledger.view("Loans.loan", loan)["state"] == "REPAYING"
        assert ledger.view("Trees.tree", tree)["owner"] == ledger.ids["farmer"]


class TestCure:
    def test_by_cover(self, ledger: Ledger) -> None:
        loan, _ = called(ledger)
        fields = {"loan": loan, "basis": "COVER"}
        values = ledger.refuses("NotCured", "Margins.cure", "bank", **fields)
        assert values == {"loan": loan, "ltvBps": 9_433, "levelBps": 9_000}
        other = valued_tree(ledger, tag="CA-FH-0002")
        registered(ledger, other, debt=loan, securedMax=VALUE, rank=1)
        ledger.act("Margins.cure", "bank", **fields)
        found = margin(ledger, loan)
        assert (found["state"], found["ltvBps"] < 4_100, found["cureEndsAt"]) == ("CURED", True, 0)

    def test_by_paying_part_of_the_debt(self, ledger: Ledger) -> None:
        loan, _ = called(ledger)
        pay(ledger, loan, 400_000)
        ledger.act("Margins.cure", "bank", loan=loan, basis="COVER")
        assert margin(ledger, loan)["state"] == "CURED"

    def test_by_a_guarantee_that_the_bank_accepts(self, ledger: Ledger) -> None:
        loan, _ = called(ledger)
        ledger.act("Margins.cure", "bank", loan=loan, basis="GUARANTEE")
        assert margin(ledger, loan)["state"] == "CURED"

    def test_of_a_breach_before_default(self, ledger: Ledger) -> None:
        loan, _ = breached(ledger)
        pay(ledger, loan, 1_000_000)
        ledger.act("Margins.cure", "bank", loan=loan, basis="COVER")
        assert margin(ledger, loan)["breachedAt"] == 0

    def test_of_nothing(self, ledger: Ledger) -> None:
        loan, _ = secured(ledger)
        ledger.refuses("MarginNotReady", "Margins.cure", "bank", loan=loan, basis="GUARANTEE")

    def test_is_followed_by_a_new_call_with_its_own_days(self, ledger: Ledger) -> None:
        loan, _ = called(ledger)
        first = margin(ledger, loan)
        ledger.act("Margins.cure", "bank", loan=loan, basis="GUARANTEE")
        ledger.wait(30 * DAY)
        ledger.act("Margins.call", "bank", loan=loan)
        assert margin(ledger, loan)["cureEndsAt"] > first["cureEndsAt"]


class TestBreach:
    def test_comes_after_the_cure_has_lapsed(self, ledger: Ledger) -> None:
        loan, tree = called(ledger)
        worth(ledger, tree, INDEX_72)
        ends = margin(ledger, loan)["cureEndsAt"]
        ledger.now = ends
        assert ledger.refuses("MarginCureRunning", "Margins.breach", "bank", loan=loan) == {
            "loan": loan,
            "cureEndsAt": ends,
        }
        ledger.now = ends + 1
        ledger.act("Margins.breach", "bank", loan=loan)
        found = margin(ledger, loan)
        assert (found["state"], found["breachedAt"]) == ("BREACHED", ends + 1)

    def test_needs_an_ltv_beyond_the_level(self, ledger: Ledger) -> None:
        loan, _ = called(ledger)
        ledger.now = margin(ledger, loan)["cureEndsAt"] + 1
        values = ledger.refuses("LtvNotReached", "Margins.breach", "bank", loan=loan)
        assert values["levelBps"] == 10_000

    def test_needs_a_call(self, ledger: Ledger) -> None:
        loan, tree = secured(ledger)
        fallen(ledger, tree, INDEX_72)
        ledger.refuses("MarginNotReady", "Margins.breach", "bank", loan=loan)


class TestDefault:
    def test_after_a_breach_takes_demand_offer_and_two_officers(self, ledger: Ledger) -> None:
        loan, _ = breached(ledger)
        appointed(ledger)
        fields = {"loan": loan, "trigger": "BREACH"}
        ledger.refuses("DemandMissing", "Loans.accelerate", "bank", **fields)
        ledger.act("Loans.demand", "bank", loan=loan)
        ledger.refuses("RestructuringNotOffered", "Loans.accelerate", "bank", **fields)
        offered(ledger, loan)
        ledger.act("Loans.accelerate", "bank", **fields)
        ledger.refuses("SecondOfficerNeeded", "Loans.accelerate", "bank", **fields)
        ledger.act("Loans.accelerate", "officer", **fields)
        assert ledger.view("Loans.loan", loan)["state"] == "DEFAULTED"

    def test_is_not_for_a_call_that_is_not_breached(self, ledger: Ledger) -> None:
        loan, _ = called(ledger)
        ledger.refuses("TriggerNotMet", "Loans.accelerate", "bank", loan=loan, trigger="BREACH")

    def test_ends_with_the_cure_of_the_breach(self, ledger: Ledger) -> None:
        loan, _ = breached(ledger)
        appointed(ledger)
        ledger.act("Loans.demand", "bank", loan=loan)
        offered(ledger, loan)
        ledger.act("Loans.accelerate", "bank", loan=loan, trigger="BREACH")
        ledger.act("Margins.cure", "bank", loan=loan, basis="GUARANTEE")
        ledger.refuses("TriggerNotMet", "Loans.accelerate", "officer", loan=loan, trigger="BREACH")


def test_a_tree_reported_dead_covers_nothing_and_by_itself_is_no_default(ledger: Ledger) -> None:
    loan, tree = secured(ledger)
    ledger.act("Trees.reportDeath", "village", tree=tree)
    assert ledger.view("Margins.ltv", loan) == 2**32 - 1
    ledger.act("Margins.call", "bank", loan=loan)
    ledger.refuses("TriggerNotMet", "Loans.accelerate", "bank", loan=loan, trigger="BREACH")


STEPS: dict[str, dict[str, Any]] = {"observe": {}, "call": {}, "cure": {"basis": "GUARANTEE"}, "breach": {}}


@pytest.mark.parametrize("function", sorted(STEPS))
def test_each_step(ledger: Ledger, function: str) -> None:
    """Is of a secured loan that is being repaid, by its own bank, on live evidence."""
    key, fields = f"Margins.{function}", STEPS[function]
    loan, _ = secured(ledger)
    ledger.refuses("NotAnOfficer", key, "second bank", loan=loan, **fields)
    ledger.refuses("EvidenceUnknown", key, "bank", loan=loan, evidence=UNKNOWN, **fields)
    ledger.refuses("NoSuchLoan", key, "bank", loan=7, **fields)
    unsecured = loan_at_another(ledger)
    assert ledger.refuses("NoMargin", key, "bank", loan=unsecured, **fields) == {"loan": unsecured}


def loan_at_another(ledger: Ledger) -> int:
    """An unsecured loan beside the secured one; its receipt of disbursement is not unique and need not be."""
    return loan_at(ledger, "REPAYING")


def test_ltv_of_nothing_owed_is_nothing(ledger: Ledger) -> None:
    loan, _ = secured(ledger, "CONTRACTED")
    assert ledger.view("Margins.ltv", loan) == 0
