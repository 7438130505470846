"""Every tree that went the usual way is valued in lots on day 30, and again on day 150 with the index moved.

What is worth more than half a million yuan, or moved by more than a fifth, gets its second appraiser a day later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from scripts.world.parties import slug
from scripts.world.steps import DaysLater, Paper, Step, Value, Wave
from scripts.world.trees import Tree
from workflows import packs
from workflows.packs import MILLION
from workflows.valuations.inputs import Lot, inputs_of
from workflows.valuations.value import DAY_SECONDS, Inputs, Valuation, model_hash, needs_second, value, with_second

if TYPE_CHECKING:
    from scripts.world.story import Story

PACK = packs.load(packs.OURS)
LOT = 150
FIRST_DAY, SECOND_DAY = 30, 150
INDEX_PPM = {FIRST_DAY: MILLION, SECOND_DAY: 1_060_000}
BEGAN = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp())
"""Day 0 as the world's records have it; a development chain lays its history before the day it is played on."""
SURVEYED_DAY = 1
CHALLENGED_PER_MILLE = 10


@dataclass(frozen=True, slots=True)
class Posting:
    """One posting of the story: who signs it on which day, for which trees, from which inputs."""

    day: int
    number: int
    appraiser: str
    trees: tuple[Tree, ...]
    lot: Lot
    values: tuple[Valuation, ...]


def waves(story: Story) -> Iterator[Wave]:
    """The chapter's waves."""
    for day in (FIRST_DAY, SECOND_DAY):
        posted = list(postings(story, day))
        yield Wave(f"value trees, day {day}", day, [_post(one) for one in posted])
        yield Wave(f"value trees again, day {day + 1}", day + 1, [_again(one) for one in seconds(story, day)])
    objected = list(challenged(story))
    yield Wave("challenge valuations", SECOND_DAY + 2, [_challenge(tree) for tree in objected])


def postings(story: Story, day: int) -> Iterator[Posting]:
    """The lots of a day, in the order of the trees."""
    usual = iter([tree for tree in story.trees if tree.number not in story.fates])
    number = 0
    while trees := tuple(islice(usual, LOT)):
        yield _posting(story, day, number, trees, second=False)
        number += 1


def seconds(story: Story, day: int) -> Iterator[Posting]:
    """Second appraisals that the postings of a day call for, one tree each."""
    for posting in postings(story, day):
        for tree, found in zip(posting.trees, posting.values, strict=True):
            before = None if day == FIRST_DAY else value(inputs_on(tree, FIRST_DAY), PACK).value_fen
            if needs_second(before, found.value_fen, PACK):
                yield _posting(story, day, tree.number, (tree,), second=True)


def all_postings(story: Story) -> Iterator[Posting]:
    """Every posting of the chapter, with its inputs: what an appraiser keeps."""
    for day in (FIRST_DAY, SECOND_DAY):
        yield from postings(story, day)
        yield from seconds(story, day)


def _posting(story: Story, day: int, number: int, trees: Sequence[Tree], *, second: bool) -> Posting:
    stated = [inputs_on(tree, day) for tree in trees]
    if second:
        stated = [with_second(replace(one, as_of=one.as_of + DAY_SECONDS)) for one in stated]
    salts = story.world.draws.of("valuation", day, str(second))
    lot = Lot.of(PACK.name, stated, [salts.octets(tree.tag, 32) for tree in trees])
    appraiser = slug("APPRAISER", 2 if second else 1)
    values = tuple(value(one, PACK) for one in stated)
    return Posting(day + second, number, appraiser, tuple(trees), lot, values)


def posting_at(story: Story, day: int, tree: Tree, index_ppm: int) -> Posting:
    """A valuation of one tree at another index, on a day of another chapter."""
    stated = inputs_on(tree, day, index_ppm)
    lot = Lot.of(PACK.name, [stated], [story.world.draws.of("valuation", day, "at").octets(tree.tag, 32)])
    return Posting(day, tree.number, slug("APPRAISER", 1), (tree,), lot, (value(stated, PACK),))


def inputs_on(tree: Tree, day: int, index_ppm: int | None = None) -> Inputs:
    """What a tree is valued from on a day, at an index; by default that of the day."""
    surveyed_at, as_of = (BEGAN + one * DAY_SECONDS for one in (SURVEYED_DAY, day))
    index = INDEX_PPM[day] if index_ppm is None else index_ppm
    return inputs_of(str(id_of(tree)), tree.record, surveyed_at, as_of, index, PACK)


def _post(posting: Posting) -> Step:
    message: dict[str, Value] = {
        "trees": [id_of(tree) for tree in posting.trees],
        "values": [one.value_fen for one in posting.values],
        "stresses": [one.stress_fen for one in posting.values],
        "confidences": [one.confidence_ppm // 100 for one in posting.values],
        "asOf": DaysLater(posting.day),
        "model": model_hash(PACK),
        "inputs": posting.lot.root,
    }
    return Step(posting.appraiser, "Valuations.postMany", posting.day * 1_000 + posting.number, message)


def post_one(posting: Posting) -> Step:
    """The posting of a single tree."""
    return _single(posting, "Valuations.post")


def _again(posting: Posting) -> Step:
    return _single(posting, "Valuations.appraiseAgain")


def _single(posting: Posting, act: str) -> Step:
    (tree,), (found,) = posting.trees, posting.values
    message: dict[str, Value] = {
        "tree": id_of(tree),
        "value": found.value_fen,
        "stress": found.stress_fen,
        "confidence": found.confidence_ppm // 100,
        "asOf": DaysLater(posting.day),
        "model": model_hash(PACK),
        "inputs": posting.lot.root,
    }
    return Step(posting.appraiser, act, posting.day * 100_000 + tree.number, message)


def challenged(story: Story) -> Iterator[Tree]:
    """Trees whose owners object to the second valuation."""
    suspended = {party.slug for party in story.parties if party.suspended}
    usual = [tree for tree in story.trees if tree.number not in story.fates and tree.owner not in suspended]
    return islice(usual, max(1, len(usual) * CHALLENGED_PER_MILLE // 1_000))


def _challenge(tree: Tree) -> Step:
    paper = Paper(tree.owner, "objection to the valuation", tree.tag)
    return Step(tree.owner, "Valuations.challenge", tree.number, {"tree": id_of(tree)}, paper)


@cache
def id_of(tree: Tree) -> int:
    """The tree's id on chain."""
    from scripts.world.story import tree_id  # the story tells the chapters

    return tree_id(tree.tag)
