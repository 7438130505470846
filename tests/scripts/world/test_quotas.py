"""Exact quotas."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.world.draws import Draws
from scripts.world.quotas import allot, bounded_shares, largest_remainder, shuffled

weights = st.lists(st.integers(1, 20_000), min_size=1, max_size=20)


@given(weights, st.integers(0, 100_000))
def test_shares_add_up_and_each_is_its_exact_share_rounded_up_or_down(weights: list[int], total: int) -> None:
    shares = largest_remainder(weights, total)
    assert sum(shares) == total
    for weight, share in zip(weights, shares, strict=True):
        assert abs(share * sum(weights) - weight * total) < sum(weights)


def test_equal_remainders_go_to_the_first() -> None:
    assert largest_remainder([1, 1, 1], 2) == [1, 1, 0]


@given(st.integers(), weights, st.integers(0, 500))
def test_kinds_are_allotted_in_exact_quotas(seed: int, weights: list[int], count: int) -> None:
    allotted = allot(Draws(seed, "test"), dict(enumerate(weights)), count)
    counted = Counter(allotted)
    assert [counted[kind] for kind in range(len(weights))] == largest_remainder(weights, count)


@given(st.integers(), st.integers(0, 200))
def test_shuffling_loses_nobody(seed: int, count: int) -> None:
    assert sorted(shuffled(Draws(seed, "test"), count)) == list(range(count))


@given(st.lists(st.floats(0.001, 1_000), min_size=1, max_size=60), st.data())
def test_bounded_shares_add_up_within_their_bounds_and_in_order(weights: list[float], data: st.DataObject) -> None:
    total = data.draw(st.integers(len(weights), 120 * len(weights)))
    shares = bounded_shares(weights, total, 1, 120)
    assert sum(shares) == total
    assert all(1 <= share <= 120 for share in shares)
    by_weight = [share for _, share in sorted(zip(weights, shares, strict=True))]
    assert all(later >= earlier - 1 for earlier, later in pairwise(by_weight))


@pytest.mark.parametrize("total", [2, 361])
def test_shares_that_cannot_exist_are_refused(total: int) -> None:
    with pytest.raises(ValueError, match="cannot add up"):
        bounded_shares([1.0, 2.0, 3.0], total, 1, 120)
