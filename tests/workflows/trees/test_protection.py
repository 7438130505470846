"""Protection levels by age: the boundaries of the regulation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.trees.protection import protection_level


@pytest.mark.parametrize(
    ("age_years", "level"), [(0, 0), (99, 0), (100, 3), (299, 3), (300, 2), (499, 2), (500, 1), (720, 1)]
)
def test_levels_change_at_100_300_and_500_years(age_years: int, level: int) -> None:
    assert protection_level(age_years) == level


@given(st.integers(100, 3_000), st.integers(0, 3_000))
def test_a_protected_tree_never_loses_protection_by_ageing(age_years: int, more: int) -> None:
    assert 1 <= protection_level(age_years + more) <= protection_level(age_years)
