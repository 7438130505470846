"""Descent and balance: random harvests that conserve weight, and every way of breaking it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import packs
from workflows.batches.balance import (
    PPM,
    Batch,
    DescentCircular,
    ancestry,
    by_tree,
    descendants,
    faults,
    shares,
)
from workflows.packs import Yields

TEA = packs.load("dancong").yields
every_pack = pytest.mark.parametrize("yields", [packs.load(name).yields for name in packs.names()], ids=packs.names())

Parts = list[tuple[int, list[tuple[int, int]]]]


def harvest(parts: Parts, yields: Yields = TEA) -> dict[str, Batch]:
    """Batches that balance: each of (weight of leaf, []) or of (0, [(parent's place, percent of what it has left)])."""
    made: dict[str, Batch] = {}
    for place, (weight, wanted) in enumerate(parts):
        name = f"b{place}"
        inputs: dict[str, int] = {}
        for parent, percent in wanted:
            one = f"b{parent % place}" if place else None
            if one and one not in inputs and (taken := made[one].held * percent // 100):
                inputs[one] = taken
                made[one] = replace(made[one], held=made[one].held - taken, processed=made[one].processed + taken)
        if inputs:
            leaf = sum(given for parent, given in inputs.items() if made[parent].tree)
            tea = yields.most_dry_g(leaf) + sum(inputs.values()) - leaf
            made[name] = Batch(name, tea, inputs=inputs, held=tea)
        else:
            made[name] = Batch(name, weight, tree=f"t{place % 3}", held=weight)
    return made


parts_of_harvests = st.lists(
    st.tuples(st.integers(1, 10**6), st.lists(st.tuples(st.integers(0, 50), st.integers(1, 100)), max_size=4)),
    min_size=1,
    max_size=25,
)
harvests = parts_of_harvests.map(harvest)


@every_pack
@given(parts_of_harvests)
def test_what_conserves_weight_has_no_fault(yields: Yields, parts: Parts) -> None:
    assert faults(harvest(parts, yields), yields) == []


@every_pack
@given(parts_of_harvests, st.data())
def test_a_gram_too_many_anywhere_is_found(yields: Yields, parts: Parts, data: st.DataObject) -> None:
    batches = harvest(parts, yields)
    name = data.draw(st.sampled_from(sorted(batches)))
    field = data.draw(st.sampled_from(("weight", "held", "processed", "coded", "consumed")))
    broken = replace(batches[name], **{field: getattr(batches[name], field) + 1})
    assert faults(batches | {name: broken}, yields)


@every_pack
@given(parts_of_harvests, st.data())
def test_shares_are_of_picks_and_make_a_whole(yields: Yields, parts: Parts, data: st.DataObject) -> None:
    batches = harvest(parts, yields)
    name = data.draw(st.sampled_from(sorted(batches)))
    found = shares(batches, name, yields)
    assert sum(found.values()) == PPM == sum(by_tree(batches, found).values())
    assert all(batches[pick].tree for pick in found)
    assert set(found) == {one for one in ancestry(batches, name) if batches[one].tree}


@given(harvests)
def test_ancestry_and_descent_are_each_others_inverse(batches: dict[str, Batch]) -> None:
    above = {one: set(ancestry(batches, one)) for one in batches}
    below = {one: set(descendants(batches.values(), one)) for one in batches}
    assert all((one in above[other]) == (other in below[one]) for one in batches for other in batches)


@given(harvests)
def test_what_was_made_comes_before_what_it_was_made_of(batches: dict[str, Batch]) -> None:
    for name in batches:
        order = ancestry(batches, name)
        place = {one: number for number, one in enumerate(order)}
        assert all(place[one] < place[parent] for one in order for parent in batches[one].inputs)


def test_shares_by_weight() -> None:
    batches = {
        "one": Batch("one", 3_800, tree="t1"),
        "two": Batch("two", 7_600, tree="t2"),
        "tea": Batch("tea", 2_000, inputs={"one": 3_800, "two": 3_800}),
        "blend": Batch("blend", 1_500, inputs={"tea": 500, "two": 3_800}),
    }
    assert shares(batches, "tea", TEA) == {"one": 500_000, "two": 500_000}
    # 500 g of tea, half of each tree, and leaf for 1,000 g of the second.
    assert shares(batches, "blend", TEA) == {"one": 166_667, "two": 833_333}
    assert by_tree(batches, shares(batches, "blend", TEA)) == {"t1": 166_667, "t2": 833_333}
    assert shares(batches, "one", TEA) == {"one": PPM}


def test_what_is_held_back_or_rejected_must_hold_nothing() -> None:
    assert faults({"pick": Batch("pick", 100, tree="t", counts=False)}, TEA) == []
    (found,) = faults({"pick": Batch("pick", 100, tree="t", held=100, counts=False)}, TEA)
    assert (found.rule, found.said, found.found) == ("BALANCE", 0, 100)


def test_a_circle_is_no_descent() -> None:
    batches = {"one": Batch("one", 1, inputs={"two": 1}), "two": Batch("two", 1, inputs={"one": 1})}
    with pytest.raises(DescentCircular):
        shares(batches, "one", TEA)


def test_a_chain_of_thousands_is_no_trouble() -> None:
    batches = {"0": Batch("0", 38, tree="t")} | {
        str(number): Batch(str(number), 10, inputs={str(number - 1): 10}) for number in range(1, 5_000)
    }
    assert shares(batches, "4999", TEA) == {"0": PPM}
