"""Periods of days: what the law says of their first and last day, and what the State Council announced."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import Calendar, announced, latest_year
from workflows.calendar.calendar import day_of, end_of

moments = st.integers(1_100_000_000, 2_500_000_000)


def noon(day: date) -> int:
    return end_of(day) - 43_199


@pytest.mark.parametrize(
    ("begun", "count", "last"),
    [
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday made up for the Spring Festival
        (date(2026, 2, 14), 1, date(2026, 2, 24)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2024, 12, 31), 1, date(2025, 1, 2)),
        (date(2027, 3, 5), 1, date(2027, 3, 8)),  # not announced: a Friday, then Monday
    ],
)
def test_working_days_follow_the_announcements(begun: date, count: int, last: date) -> None:
    assert announced().end_of_working_days(noon(begun), count) == end_of(last)


def test_a_last_day_that_is_off_rolls_to_the_next_working_day() -> None:
    assert announced().end_of_days(noon(date(2026, 9, 26)), 5) == end_of(date(2026, 10, 8))


@given(moments, st.integers(0, 60))
def test_a_period_ends_with_a_working_day_and_its_first_day_does_not_count(moment: int, count: int) -> None:
    calendar = announced()
    end = calendar.end_of_working_days(moment, count)
    days = [day_of(moment) + timedelta(days=n + 1) for n in range((day_of(end) - day_of(moment)).days)]
    assert sum(calendar.is_working(day) for day in days) == count
    assert count == 0 or calendar.is_working(days[-1])
    assert calendar.is_working_day(calendar.end_of_days(moment, count))
    assert calendar.end_of_days(moment, count) >= end_of(day_of(moment) + timedelta(days=count))


@given(moments, st.integers(0, 60), st.integers(0, 10**6))
def test_who_begins_later_never_ends_earlier(moment: int, count: int, later: int) -> None:
    calendar = announced()
    assert calendar.end_of_working_days(moment + later, count) >= calendar.end_of_working_days(moment, count)


def test_words_and_days_are_the_same_calendar() -> None:
    for year in range(2004, latest_year() + 1):
        first, second = announced().words(year)
        assert Calendar({year: first | second << 256}).days_off[year] == announced().days_off[year]
        assert 100 < (first | second << 256).bit_count() < 130
