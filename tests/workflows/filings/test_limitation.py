"""Two years, read both ways; interrupted, warned of, never a bar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.filings.limitation import limitation, warnings, years_later
from workflows.filings.preflight import Package, preflight

TODAY = date(2026, 11, 27)
days = st.dates(date(2020, 1, 1), date(2026, 11, 27))


def package(**changes: Any) -> Package:
    example: Any = Package.model_config["json_schema_extra"]
    return Package.model_validate(example["example"] | changes)


def test_first_instalment_25_months_overdue_and_last_three_months_ago() -> None:
    """Scenario 22: a warning with both readings, the application for the certificate as interruption, no block."""
    due = [date(2024, 10, 27), date(2025, 8, 27), date(2026, 8, 27)]
    applied = date(2026, 11, 1)
    found = limitation(due, [applied], TODAY)
    assert [reading.passed for reading in found.each_instalment] == [True, False, False]
    assert found.each_instalment[0].ends == date(2026, 10, 27), "the interruption came five days too late for it"
    assert found.each_instalment[1].ends == date(2028, 11, 1), "and saved the second"
    assert not found.last_instalment.passed
    assert found.interrupted == applied
    (point,) = warnings(found)
    assert (point.kind, point.code) == ("warning", "LIMITATION_INSTALMENT")
    assert "2026-11-01" in point.en and "中断" in point.zh
    checked = preflight(package(due=due, interruptions=[applied], today=TODAY))
    assert checked.complete and checked.limitation == found and point in checked.points


def test_both_readings_passed_are_two_warnings_and_no_bar() -> None:
    found = limitation([date(2020, 1, 1)], [], TODAY)
    assert [point.code for point in warnings(found)] == ["LIMITATION_INSTALMENT", "LIMITATION_LAST"]
    assert preflight(package(due=[date(2020, 1, 1)], interruptions=[], today=TODAY)).complete


def test_an_interruption_in_time_starts_the_two_years_anew_again_and_again() -> None:
    due = date(2020, 1, 1)
    stops = [date(2021, 12, 31), date(2023, 12, 31), date(2025, 12, 31)]
    assert limitation([due], stops, TODAY).last_instalment.ends == date(2027, 12, 31)
    assert limitation([due], stops[1:], TODAY).last_instalment.ends == date(2022, 1, 1), "too late counts for nothing"


def test_of_nothing_is_no_question() -> None:
    with pytest.raises(ValueError, match="nothing"):
        limitation([], [], TODAY)


def test_29_february_ends_on_28_february() -> None:
    assert years_later(date(2024, 2, 29), 2) == date(2026, 2, 28)


@given(st.lists(days, min_size=1, max_size=5), st.lists(days, max_size=4))
def test_interruptions_never_shorten_and_the_last_instalment_is_the_latest_reading(
    due: list[date], stops: list[date]
) -> None:
    bare, stopped = limitation(due, [], TODAY), limitation(due, stops, TODAY)
    for without, with_them in zip(bare.each_instalment, stopped.each_instalment, strict=True):
        assert with_them.ends >= without.ends
    assert bare.last_instalment.ends == max(reading.ends for reading in bare.each_instalment)
    assert all(reading.passed == (reading.ends < TODAY) for reading in stopped.each_instalment)


@given(days)
def test_the_last_day_is_still_in_time(due: date) -> None:
    ends = limitation([due], [], TODAY).last_instalment.ends
    assert not limitation([due], [], ends).last_instalment.passed
    assert limitation([due], [], ends + timedelta(1)).last_instalment.passed


def test_what_was_paid_after_the_certificate_is_not_claimed() -> None:
    """Scenario 20, before anything is sent."""
    found = preflight(package(claimed=4_140_000, statement_current=False))
    assert {point.code for point in found.points} == {"OVER_CLAIM", "STATEMENT"}


def test_papers_that_only_some_need() -> None:
    codes = {point.code for point in preflight(package(succeeded=True, suit_pending=True, live_filing=True)).points}
    assert codes == {"SUCCESSION", "SUIT", "DUPLICATE"}
    assert preflight(package(by_agent=False, authority=False)).complete
    assert {point.code for point in preflight(package(court=440_002)).points} == {"JURISDICTION"}
