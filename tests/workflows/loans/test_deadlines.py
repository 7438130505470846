"""Deadlines of loans: the bank's review, the borrower's signature, instalments, the cure of a call."""

from __future__ import annotations

from datetime import date
from typing import Any

from workflows.calendar import Calendar, announced
from workflows.calendar.calendar import end_of
from workflows.loans.accounts import PPM_DAYS
from workflows.loans.deadlines import of_application, of_instalment, of_margin

PLAIN = Calendar({})
NONE, SUBMITTED, INFO_REQUESTED, CONFIRMING, APPROVED, REJECTED, WITHDRAWN = range(7)
LOAN: dict[str, Any] = {
    "loan": "7",
    "borrower": 3,
    "bank": 9,
    "application": SUBMITTED,
    "state": 0,
    "submitted_at": 1,
    "review_due_at": 2,
    "decided_at": 3,
    "approval_ends_at": 4,
}

INSTALMENT = {
    "loan": "7", "place": 2, "last_place": 3, "total_fen": 300, "borrower": 3, "rate_ppm": 40_000, "principal_fen": 0,
    "costs_fen": 0, "interest_paid_fen": 0, "paid_fen": 0, "charged_costs_fen": 0, "covered_fen": 0, "accrued": "0",
    "accrued_day": 20_000,
}  # fmt: skip


def rules(application: int, state: int = 0) -> list[tuple[str, int, int]]:
    found = of_application(LOAN | {"application": application, "state": state}, PLAIN)
    return [(each.rule.id, each.party, each.due_at) for each in found]


def test_the_review_runs_against_the_bank_but_not_while_information_is_awaited() -> None:
    assert rules(SUBMITTED) == rules(CONFIRMING) == [("loan_approval", 9, 2)]
    assert rules(INFO_REQUESTED) == rules(REJECTED) == rules(WITHDRAWN) == []


def test_an_approval_is_to_be_used_until_it_lapses() -> None:
    assert rules(APPROVED) == [("loan_contract", 3, 4)]
    assert rules(APPROVED, state=1) == []


def test_an_instalment_is_due_until_it_is_covered_and_a_day_off_moves_it() -> None:
    """1 May 2026 begins the holiday, which ends on the 5th."""
    row = INSTALMENT | {"place": 2, "due_at": end_of(date(2026, 5, 1)), "principal_fen": 100}
    (due,) = of_instalment(row | {"covered_fen": 299}, announced())
    assert (due.rule.id, due.party, due.part, due.due_at) == ("loan_instalment", 3, "2", end_of(date(2026, 5, 6)))
    assert list(of_instalment(row | {"covered_fen": 300}, announced())) == []


def test_the_last_instalment_is_due_until_nothing_is_owed_also_late_interest() -> None:
    last = INSTALMENT | {"place": 3, "due_at": end_of(date(2026, 5, 1)), "covered_fen": 300}
    late_interest = last | {"accrued": str(5 * PPM_DAYS), "interest_paid_fen": 4}
    assert [due.part for due in of_instalment(late_interest, announced())] == ["3"]
    assert list(of_instalment(late_interest | {"interest_paid_fen": 5}, announced())) == []
    assert list(of_instalment(late_interest | {"place": 2}, announced())) == []


def test_a_call_is_to_be_cured_by_the_borrower() -> None:
    (due,) = of_margin({"loan": "7", "borrower": 3, "called_at": 5, "cure_ends_at": 6}, PLAIN)
    assert (due.rule.id, due.party, due.since, due.due_at) == ("margin_cure", 3, 5, 6)
