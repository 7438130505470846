"""When a lien has to be gone."""

from __future__ import annotations

from datetime import date

from workflows.calendar import Calendar
from workflows.calendar.calendar import end_of
from workflows.liens.deadlines import discharge_due, discharge_overdue

# 2026-09-21 is a Monday; from 1 to 7 October the country is on holiday, and works on Saturday the 10th.
CALENDAR = Calendar.of(
    [date(2026, 10, day) for day in (1, 2, 3, 4, 5, 6, 7, 11)] + [date(2026, 9, day) for day in (26, 27)], [2026]
)


def test_ten_working_days_after_payoff_holidays_not_counted() -> None:
    paid = end_of(date(2026, 9, 21)) - 3600
    due = end_of(date(2026, 10, 10))
    assert discharge_due(paid, CALENDAR) == due
    assert not discharge_overdue(paid, CALENDAR, due)
    assert discharge_overdue(paid, CALENDAR, due + 1)
