"""Periods of days and working days, to the second at which they end. Pure; the same answers as `Calendar` on chain.

Days are those of Asia/Shanghai. A period does not count the day it begins on (CC 201) and ends with its last day; where
that is a day off, with the next working day (CC 203). In a year that is not published Saturdays and Sundays are off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

SHANGHAI_SECONDS: Final = 8 * 3_600
SHANGHAI: Final = timezone(timedelta(seconds=SHANGHAI_SECONDS), "Asia/Shanghai")
"""No summer time since 1991, and machines without a time zone database agree."""
DAY_SECONDS: Final = 86_400
EPOCH: Final = date(1970, 1, 1)
SATURDAY: Final = 5


def day_of(instant: int) -> date:
    """The day in Shanghai on which an instant (UTC seconds) lies."""
    return EPOCH + timedelta(days=(instant + SHANGHAI_SECONDS) // DAY_SECONDS)


def end_of(day: date) -> int:
    """The last second of a day in Shanghai, in UTC seconds."""
    return ((day - EPOCH).days + 1) * DAY_SECONDS - SHANGHAI_SECONDS - 1


@dataclass(frozen=True)
class Calendar:
    """The days off of the published years: year → bit set, bit n for day n of the year, from 0."""

    days_off: Mapping[int, int]

    @classmethod
    def of(cls, days_off: Iterable[date], years: Iterable[int]) -> Calendar:
        """The calendar of these years with these days off."""
        bits = dict.fromkeys(years, 0)
        for day in days_off:
            bits[day.year] |= 1 << day.timetuple().tm_yday - 1
        return cls(bits)

    def is_working(self, day: date) -> bool:
        """Whether a day is a working day."""
        bits = self.days_off.get(day.year)
        if bits is None:
            return day.weekday() < SATURDAY
        return not bits >> day.timetuple().tm_yday - 1 & 1

    def is_working_day(self, instant: int) -> bool:
        """Whether the day of an instant (UTC seconds) is a working day."""
        return self.is_working(day_of(instant))

    def end_of_working_days(self, instant: int, count: int) -> int:
        """The last second of the working day `count` working days after the day of `instant`; UTC seconds."""
        day = day_of(instant)
        while count:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return end_of(day)

    def end_of_days(self, instant: int, count: int) -> int:
        """The last second of the day `count` days after that of `instant`, or of the next working day; UTC seconds."""
        day = day_of(instant) + timedelta(days=count)
        while not self.is_working(day):
            day += timedelta(days=1)
        return end_of(day)

    def words(self, year: int) -> tuple[int, int]:
        """The days off of a year as `Calendar.publish` takes them: days 0 to 255, and the others."""
        bits = self.days_off[year]
        return bits & (1 << 256) - 1, bits >> 256


def local(instant: int) -> datetime:
    """An instant (UTC seconds) as people in China read it."""
    return datetime.fromtimestamp(instant, SHANGHAI)
