"""The calendar on chain: who publishes what, and that it counts days as its Python twin and the law do."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from tests.contracts.ledger import DAY, Ledger, event
from workflows.calendar import Calendar, announced, latest_year

EVERY_DAY = 2**256 - 1


def year_of(year: int) -> dict[str, Any]:
    first, second = announced().words(year)
    return {"year": year, "first": first, "second": second}


def instant(day: date, hour: int = 12) -> int:
    """An hour in Shanghai, in UTC seconds."""
    return (day - date(1970, 1, 1)).days * DAY + (hour - 8) * 3600


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_year_is_published_with_its_days_off(ledger: Ledger, year: int) -> None:
    message = year_of(year)
    (published,) = ledger.act("Calendar.publish", "regulator", **message)
    assert published == event(
        "Calendar.YearPublished", **message, actor=ledger.ids["regulator"], evidence=ledger.evidence
    )
    found = ledger.view("Calendar.daysOff", year)
    assert list(found.values() if isinstance(found, dict) else found) == [message["first"], message["second"]]


def test_published_again_it_is_replaced(ledger: Ledger) -> None:
    ledger.act("Calendar.publish", "regulator", year=2030, first=1, second=0)
    ledger.act("Calendar.publish", "regulator", year=2030, first=0, second=2)
    assert ledger.view("Calendar.isWorkingDay", instant(date(2030, 1, 1))) is True
    assert ledger.view("Calendar.isWorkingDay", instant(date(2030, 9, 15))) is False


@pytest.mark.parametrize("year", [0, 1999, 2200, 65_535])
def test_a_year_beyond_all_calendars_is_refused(ledger: Ledger, year: int) -> None:
    values = ledger.refuses("YearUnfit", "Calendar.publish", "regulator", year=year, first=1, second=0)
    assert values == {"year": year, "earliest": 2000, "latest": 2199}


def test_days_off_lie_in_the_year(ledger: Ledger) -> None:
    def refused(year: int, first: int, second: int) -> dict[str, Any]:
        return ledger.refuses("DaysUnfit", "Calendar.publish", "regulator", year=year, first=first, second=second)

    assert refused(2027, 0, 0) == {"year": 2027, "length": 365}
    assert refused(2027, 1, 1 << 109) == {"year": 2027, "length": 365}
    assert refused(2028, 1, 1 << 110) == {"year": 2028, "length": 366}
    ledger.act("Calendar.publish", "regulator", year=2028, first=EVERY_DAY, second=1 << 109)


def test_only_a_regulator_publishes_on_live_evidence(ledger: Ledger) -> None:
    ledger.refuses("RoleMissing", "Calendar.publish", "bank", **year_of(2026))
    ledger.refuses("EvidenceUnknown", "Calendar.publish", "regulator", **year_of(2026), evidence="0x" + "77" * 32)


def test_the_national_holiday_of_2026_is_skipped_and_its_make_up_day_counts(ledger: Ledger) -> None:
    ledger.act("Calendar.publish", "regulator", **year_of(2026))
    eve = instant(date(2026, 9, 30))
    assert ledger.view("Calendar.endOfWorkingDays", eve, 3) == instant(date(2026, 10, 10), 24) - 1  # a Saturday
    assert ledger.view("Calendar.endOfDays", eve, 3) == instant(date(2026, 10, 8), 24) - 1


def test_the_day_begins_in_shanghai(ledger: Ledger) -> None:
    last, first = instant(date(2026, 3, 6), 24) - 1, instant(date(2026, 3, 7), 0)  # a Friday ends
    assert (ledger.view("Calendar.isWorkingDay", last), ledger.view("Calendar.isWorkingDay", first)) == (True, False)
    assert ledger.view("Calendar.endOfWorkingDays", last, 0) == last


def test_it_counts_as_its_twin_does(ledger: Ledger) -> None:
    """Published and unpublished years, across their ends, leap years among them."""
    known = range(latest_year() - 3, latest_year() + 1)
    for year in known:
        ledger.act("Calendar.publish", "regulator", **year_of(year))
    twin = Calendar({year: announced().days_off[year] for year in known})
    dice = random.Random(7)
    days = [date(2000, 1, 1), date(2000, 2, 29), date(2100, 2, 28), date(2199, 12, 31), date(1970, 1, 1)]
    days += [date(year, 12, 31) for year in known] + [date(year, 1, 1) for year in known]
    days += [date(2023, 1, 1) + timedelta(days=dice.randrange(2000)) for _ in range(25)]
    for day in days:
        moment, count = instant(day, dice.randrange(24)) % 2**64, dice.randrange(25)
        assert ledger.view("Calendar.isWorkingDay", moment) == twin.is_working_day(moment)
        assert ledger.view("Calendar.endOfWorkingDays", moment, count) == twin.end_of_working_days(moment, count)
        assert ledger.view("Calendar.endOfDays", moment, count) == twin.end_of_days(moment, count)
