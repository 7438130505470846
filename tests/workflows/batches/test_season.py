"""Seasons by the calendar of Shanghai, and the figures of `domain.md` §2.2."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.batches.season import EARLY, LATE, SPRING, Flush, cap_g, most_tea_g


def test_a_window_is_whole_days_of_shanghai() -> None:
    opens, closes = SPRING.window(2026)
    assert datetime.fromtimestamp(opens, UTC) == datetime(2026, 4, 14, 16, tzinfo=UTC)
    assert datetime.fromtimestamp(closes, UTC) == datetime(2026, 5, 10, 15, 59, 59, tzinfo=UTC)


def test_early_trees_open_first_and_late_ones_close_last() -> None:
    windows = [flush.window(2026) for flush in (EARLY, SPRING, LATE)]
    assert windows == sorted(windows)
    assert all(opens < closes < opens + 366 * 86_400 for opens, closes in windows)


def test_a_flush_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="closes after"):
        Flush((5, 2), (5, 1)).window(2026)


@given(st.integers(0, 10**12))
def test_the_cap_is_what_the_contract_computes(potential: int) -> None:
    assert cap_g(potential) == potential * 13 // 2


def test_the_figures_of_the_rules() -> None:
    assert cap_g(2_300) == 14_950
    assert most_tea_g(3_800) == 1_000
    assert most_tea_g(3_799) == 999
    assert most_tea_g(1_900, 2_000) == 2_500
