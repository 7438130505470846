"""Three working days, which stand still only while information is awaited."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import announced
from workflows.calendar.calendar import end_of
from workflows.loans.review import approval_ends_at, resumed_due_at, review_due_at

CALENDAR = announced()


def noon(day: date) -> int:
    return end_of(day) - 12 * 3_600


def test_a_review_ends_after_three_working_days() -> None:
    """30 April 2026 is a Thursday before the May holiday (1 to 5 May), and Saturday 9 May a make-up day."""
    assert review_due_at(noon(date(2026, 4, 30)), CALENDAR) == end_of(date(2026, 5, 8))
    assert review_due_at(noon(date(2026, 5, 7)), CALENDAR) == end_of(date(2026, 5, 11))


def test_a_pause_leaves_the_working_days_that_were_left() -> None:
    submitted = noon(date(2026, 6, 1))  # a Monday: due on Thursday
    due = review_due_at(submitted, CALENDAR)
    assert due == end_of(date(2026, 6, 4))
    paused, resumed = noon(date(2026, 6, 2)), noon(date(2026, 6, 8))
    assert resumed_due_at(due, paused, resumed, CALENDAR) == end_of(date(2026, 6, 10))


@given(st.integers(0, 3 * 86_400), st.integers(0, 40 * 86_400))
def test_a_pause_never_shortens_a_review(before: int, pause: int) -> None:
    submitted = noon(date(2026, 6, 1))
    due = review_due_at(submitted, CALENDAR)
    assert resumed_due_at(due, submitted + before, submitted + before + pause, CALENDAR) >= due


def test_a_review_that_was_late_stays_late() -> None:
    due = review_due_at(noon(date(2026, 6, 1)), CALENDAR)
    assert resumed_due_at(due, due + 1, due + 10**6, CALENDAR) == due


def test_an_approval_is_valid_for_thirty_days() -> None:
    assert approval_ends_at(noon(date(2026, 6, 1)), CALENDAR) == end_of(date(2026, 7, 1))
