"""Spring tea of the synthetic world, before any chain sees it: weights that fit, and what goes wrong once."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import chain

import pytest

from scripts.world.chapters.batches import EVERY, PACKAGE_G, REMAINDER, YIELDS, Spring, potential
from scripts.world.population import World
from scripts.world.sizes import SizeName
from scripts.world.steps import NumberOf, Step
from scripts.world.story import Story

SIZES: tuple[SizeName, ...] = ("tour", "county")


@cache
def spring(size: SizeName = "tour") -> Spring:
    return Spring(Story(World(1, size)))


def steps(size: SizeName = "tour") -> list[Step]:
    return list(chain.from_iterable(wave.steps for wave in spring(size).waves()))


def test_it_is_of_a_part_of_the_usual_trees_and_small() -> None:
    assert 100 <= len(steps()) <= 250
    for tree in spring().trees:
        assert tree.number % EVERY == REMAINDER and tree.number not in spring().story.fates
    suspended = {party.slug for party in spring().story.parties if party.suspended}
    assert not suspended & {step.signer for step in steps()}


def test_days_run_forward_within_the_history() -> None:
    days = [wave.day for wave in spring().waves()]
    assert days == sorted(days) and days[0] == 60 and days[-1] <= 150


@pytest.mark.parametrize("size", SIZES)
def test_every_weight_comes_from_somewhere(size: SizeName) -> None:
    told = spring(size)
    for garden in told.gardens:
        for tree, leaf in zip(garden.trees, garden.leaf, strict=True):
            assert leaf <= YIELDS.season_cap_fresh_g(potential(tree))
        assert 0 < garden.tea <= YIELDS.most_dry_g(sum(garden.leaf))
        assert len(garden.trees) <= 32
    for number, blend in told.blends.items():
        assert len(told.packages(number)) * PACKAGE_G <= int(str(blend.message["weight"]))
        assert told.packages(number)


def test_what_goes_wrong_goes_wrong_once() -> None:
    acts = Counter(step.act for step in steps())
    assert (len(spring().beyond), acts["Batches.decidePick"], acts["Batches.recall"]) == (2, 1, 1)
    failed = [step for step in steps() if step.act == "Batches.inspect" and not step.message["passed"]]
    assert len(failed) == 1
    offered = [offer.message["batch"] for offer in spring().offers.values()]
    assert failed[0].message["batch"] not in offered
    decisions = Counter(str(step.message["state"]) for step in steps() if step.act == "Indications.decide")
    assert decisions["SUSPENDED"] == 1 < decisions["GRANTED"]


def test_some_tea_is_sold_under_the_indication_and_some_is_not() -> None:
    assert {bool(request.message["indicated"]) for request in spring().requests.values()} == {True, False}


def test_codes_are_the_same_for_the_same_seed_and_all_different() -> None:
    again = Spring(Story(World(1, "tour")))
    assert again.lots_by_root == spring().lots_by_root
    codes = [package.code for packages in spring().lots_by_root.values() for package in packages]
    assert len(codes) == len(set(codes))
    issued = [step.message["root"] for step in steps() if step.act == "Batches.issueCodes"]
    assert issued == list(spring().lots_by_root)
    assert all(isinstance(step.message["lot"], NumberOf) for step in steps() if step.act == "Batches.issueCodes")
