"""Deadlines: the register, to the second; what a machine may say near a limit; and that everybody is told once."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import Calendar, announced
from workflows.deadlines import ACCURACY_SECONDS, REGISTER, Deadline, Unit, Verdict, discover, judge, state_of
from workflows.deadlines.sources import turned

DAY = 86_400


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("rule", "since", "ends"),
    [
        ("deposit", "2025-09-29T02:00", "2025-10-13T15:59:59"),  # National Day; the 11th was worked (调休)
        ("inspection", "2025-09-22T02:00", "2025-10-09T15:59:59"),  # the tenth day lay in the holidays
        ("payment", "2025-06-09T02:00", "2025-06-16T15:59:59"),
        ("enforcement_limitation", "2024-02-29T02:00", "2026-02-28T15:59:59"),  # a Saturday that was worked (调休)
        ("idle_case", "2025-08-31T02:00", "2026-02-28T15:59:59"),
        ("loan_approval", "2025-01-24T02:00", "2025-02-05T15:59:59"),  # Spring Festival; the 26th was worked
    ],
)
def test_a_period_ends_when_the_calendar_says(rule: str, since: str, ends: str) -> None:
    assert REGISTER[rule].ends_at(at(since), announced()) == at(ends)


def test_the_register_is_complete_in_both_languages_with_its_grounds() -> None:
    assert len(REGISTER) > 30
    for rule in REGISTER.values():
        assert rule.en and rule.zh and rule.basis
        assert rule.kind in ("statutory", "contract", "service")
        assert rule.length > 0 or rule.unit is Unit.INSTANT or rule.id == "delivery"


def test_every_source_can_be_asked_for_its_rows() -> None:
    sources = discover()
    assert len(sources) >= 2
    for source in sources:
        assert "SELECT" in str(source.rows(lambda table: table.c.until_block.is_(None)))


@given(st.integers(0, 2**40), st.integers(0, 3_600), st.integers(-7_200, 7_200))
def test_24_near_a_limit_a_person_decides(limit: int, accuracy: int, away: int) -> None:
    verdict = judge(limit + away, accuracy, limit)
    if abs(away) <= max(accuracy, ACCURACY_SECONDS):
        assert verdict is Verdict.REVIEW
    else:
        assert verdict is (Verdict.IN_TIME if away < 0 else Verdict.LATE)


def test_24_a_block_nine_minutes_ahead_decides_nothing() -> None:
    """The block says 00:04 of the day after; the time-stamp says 23:55 ± 1 s of the last day: a person decides."""
    limit = at("2025-06-16T15:59:59")
    assert judge(limit - 299, 1, limit) is Verdict.REVIEW
    assert judge(limit - 301, 1, limit) is Verdict.IN_TIME


deadlines = st.builds(
    lambda rule, due_at: Deadline(REGISTER[rule], "agreements", "1", "", 1, 0, due_at),
    st.sampled_from(sorted(REGISTER)),
    st.integers(0, 1000 * DAY),
)


@given(deadlines, st.lists(st.integers(0, 1200 * DAY), min_size=2, max_size=20))
def test_whatever_the_rounds_each_turn_is_told_once(deadline: Deadline, instants: list[int]) -> None:
    rounds = sorted(instants)
    told = [state for before, now in pairwise(rounds) for _, state in turned([deadline], before, now)]
    assert told in ([], ["near"], ["passed"], ["near", "passed"])
    last, first = state_of(deadline, rounds[-1]), state_of(deadline, rounds[0])
    assert (told[-1:] == [last]) == (last != first)


def test_weekends_are_off_in_a_year_nobody_published() -> None:
    assert REGISTER["payment"].ends_at(at("2031-06-06T02:00"), Calendar({})) == at("2031-06-13T15:59:59")
