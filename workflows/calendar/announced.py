"""The State Council's yearly notices of days off (放假安排), as `chinese_calendar` keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

import chinese_calendar
from chinese_calendar.constants import holidays

from workflows.calendar.calendar import Calendar

FIRST_YEAR = 2004


def latest_year() -> int:
    """The newest year whose days off are announced."""
    newest: date = max(holidays)
    return newest.year


@cache
def announced() -> Calendar:
    """The calendar of all announced years."""
    years = range(FIRST_YEAR, latest_year() + 1)
    return Calendar.of((day for day in _days(years) if chinese_calendar.is_holiday(day)), years)


def _days(years: Iterable[int]) -> Iterable[date]:
    for year in years:
        first = date(year, 1, 1)
        yield from (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
