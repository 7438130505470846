"""Random values by name."""

from __future__ import annotations

from statistics import fmean, median, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.world.draws import Draws

MANY = [Draws(7, "test").of("entity", n) for n in range(4_000)]


def test_a_value_depends_on_its_path_alone() -> None:
    undisturbed = Draws(7, "test").of("tree", 3).unit("girth")
    draws = Draws(7, "test")
    draws.of("tree", 2).unit("girth")
    tree = draws.of("tree", 3)
    tree.unit("a value added later")
    assert tree.unit("girth") == undisturbed


@given(st.integers(), st.integers(), st.text(max_size=5), st.text(max_size=5))
def test_different_seeds_or_names_give_different_values(seed: int, other: int, name: str, other_name: str) -> None:
    same = Draws(seed, "test").octets(name, 16) == Draws(other, "test").octets(other_name, 16)
    assert same == ((seed, name) == (other, other_name))


@given(st.integers(), st.integers(-1_000, 1_000), st.integers(0, 1_000))
def test_whole_numbers_stay_within_both_ends(seed: int, least: int, span: int) -> None:
    assert least <= Draws(seed, "test").whole("value", least, least + span) <= least + span


def test_whole_numbers_reach_every_value_equally() -> None:
    drawn = [draws.whole("value", 1, 4) for draws in MANY]
    for value in range(1, 5):
        assert drawn.count(value) == pytest.approx(1_000, abs=110)


def test_normal_and_lognormal_have_the_asked_shape() -> None:
    normal = [draws.normal("n", 980, 140) for draws in MANY]
    assert fmean(normal) == pytest.approx(980, abs=9)
    assert stdev(normal) == pytest.approx(140, abs=6)
    assert median(draws.lognormal("l", 4.5, 1.0) for draws in MANY) == pytest.approx(4.5, rel=0.08)


def test_units_lie_strictly_between_nought_and_one() -> None:
    units = [draws.unit("u") for draws in MANY]
    assert 0 < min(units) < 0.01
    assert 0.99 < max(units) < 1
