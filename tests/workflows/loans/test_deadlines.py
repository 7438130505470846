"""What runs on a loan: the bank's decision, instalments until they are covered, and the cure of a call."""

from __future__ import annotations

from datetime import date
from typing import Any

from workflows.calendar import Calendar
from workflows.calendar.calendar import end_of
from workflows.loans.accounts import PPM_DAYS
from workflows.loans.deadlines import of_application, of_instalment, of_margin

BANK, BORROWER = 41, 7
SATURDAY, MONDAY = date(2031, 6, 7), date(2031, 6, 9)
CALENDAR = Calendar({})
LOAN = {"loan": "9", "bank": BANK, "borrower": BORROWER, "rate_ppm": 48_000, "decided_at": 1_000}
OWING = {
    "principal_fen": 500,
    "accrued_day": 10,
    "costs_fen": 0,
    "interest_paid_fen": 0,
    "paid_fen": 0,
    "charged_costs_fen": 0,
    "covered_fen": 300,
    "accrued": "0",
}
INSTALMENT = LOAN | OWING | {"place": 1, "last": 2, "due_at": end_of(SATURDAY) - 60, "total_fen": 400}


def runs(**changed: Any) -> bool:
    return bool(list(of_instalment(INSTALMENT | changed, CALENDAR)))


def test_the_bank_decides_by_the_end_that_the_contract_keeps() -> None:
    (found,) = of_application(LOAN | {"submitted_at": 5, "review_due_at": 99}, CALENDAR)
    assert (found.rule.id, found.party, found.since, found.due_at) == ("loan_approval", BANK, 5, 99)


def test_an_instalment_due_on_a_day_off_is_due_on_the_next_working_day() -> None:
    (found,) = of_instalment(INSTALMENT, CALENDAR)
    assert (found.rule.id, found.id, found.part, found.party) == ("instalment", "9", "1", BORROWER)
    assert found.due_at == end_of(MONDAY)


def test_an_instalment_runs_until_payments_cover_it() -> None:
    assert runs(covered_fen=399)
    assert not runs(covered_fen=400)


def test_the_last_instalment_runs_until_nothing_is_owed() -> None:
    assert runs(place=2, covered_fen=400)
    late_interest = {"principal_fen": 0, "covered_fen": 400, "accrued": str(7 * PPM_DAYS)}
    assert runs(place=2, **late_interest, interest_paid_fen=6)
    assert not runs(place=2, **late_interest, interest_paid_fen=7)


def test_a_margin_call_is_cured_by_the_borrower() -> None:
    (found,) = of_margin(LOAN | {"called_at": 5, "cure_ends_at": 99}, CALENDAR)
    assert (found.rule.id, found.party, found.since, found.due_at) == ("margin_cure", BORROWER, 5, 99)
