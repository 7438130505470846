"""When a lien has to be gone."""

from __future__ import annotations

from datetime import date
from typing import Any

from workflows.calendar import Calendar
from workflows.calendar.calendar import end_of
from workflows.liens.deadlines import of_lien
from workflows.loans.accounts import PPM_DAYS

# 2026-09-21 is a Monday; from 1 to 7 October the country is on holiday, and works on Saturday the 10th.
CALENDAR = Calendar.of(
    [date(2026, 10, day) for day in (1, 2, 3, 4, 5, 6, 7, 11)] + [date(2026, 9, day) for day in (26, 27)], [2026]
)
REPAID: dict[str, Any] = {
    "lien": "5",
    "holder": 41,
    "rate_ppm": 48_000,
    "principal_fen": 0,
    "accrued_day": 10,
    "costs_fen": 0,
    "interest_paid_fen": 7,
    "paid_fen": 1_007,
    "charged_costs_fen": 0,
    "covered_fen": 1_007,
    "accrued": str(7 * PPM_DAYS),
    "paid_off": end_of(date(2026, 9, 21)) - 3600,
}


def test_ten_working_days_after_payoff_holidays_not_counted() -> None:
    (found,) = of_lien(REPAID, CALENDAR)
    assert (found.rule.id, found.domain, found.id, found.party) == ("lien_discharge", "liens", "5", 41)
    assert (found.since, found.due_at) == (REPAID["paid_off"], end_of(date(2026, 10, 10)))


def test_nothing_runs_while_a_fen_of_interest_is_owed() -> None:
    assert not list(of_lien(REPAID | {"interest_paid_fen": 6}, CALENDAR))
