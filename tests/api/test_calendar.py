"""The calendar as it is published on chain, and the end of periods by it."""

from __future__ import annotations

from datetime import date

from tests.stack import Stack
from workflows.calendar import announced
from workflows.calendar.calendar import end_of


def test_periods_end_by_the_published_calendar(stack: Stack) -> None:
    stack.enrol("regulator", "REGULATOR")
    eve = end_of(date(2026, 9, 30))
    asked = {"since": eve, "working_days": 1}
    assert stack.client.get("/v1/calendar/end", params=asked).json()["ends_at"] == end_of(date(2026, 10, 1))
    first, second = announced().words(2026)
    evidence = stack.anchor()
    stack.act("regulator", "Calendar.publish", year=2026, first=first, second=second, evidence=evidence)
    year = stack.client.get("/v1/calendar/2026").json()
    assert "2026-10-01" in year["days_off"] and "2026-10-10" not in year["days_off"]
    assert stack.client.get("/v1/calendar/end", params=asked).json()["ends_at"] == end_of(date(2026, 10, 8))
    by_days = {"since": eve, "days": 2}
    assert stack.client.get("/v1/calendar/end", params=by_days).json()["ends_at"] == end_of(date(2026, 10, 8))


def test_a_period_of_nothing_readable_is_refused(stack: Stack) -> None:
    assert stack.client.get("/v1/calendar/end").status_code == 422
    assert stack.client.get("/v1/calendar/26").json()["code"] == "IdMalformed"
    assert stack.client.get("/v1/calendar/1984").json()["code"] == "NotRecorded"
