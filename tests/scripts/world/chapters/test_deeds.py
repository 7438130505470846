"""Deeds of the synthetic world, before any chain sees them: sums to the fen, every state."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import chain

import pytest

from scripts.world.chapters.deeds import BOOK_FEN, LEAST_FEN, MOST_FEN, Deeds
from scripts.world.population import World
from scripts.world.sizes import SIZES as COUNTS
from scripts.world.sizes import SizeName, share_of_the_book
from scripts.world.steps import Step
from scripts.world.story import Story

SIZES: tuple[SizeName, ...] = ("tour", "county")


@cache
def told(size: SizeName = "tour") -> Deeds:
    return Deeds(Story(World(1, size)))


@cache
def steps(size: SizeName = "tour") -> list[Step]:
    return list(chain.from_iterable(wave.steps for wave in told(size).waves()))


def test_it_is_small_in_the_tour_and_within_the_history() -> None:
    assert 60 <= len(steps()) <= 140
    days = [wave.day for wave in told().waves()]
    assert days == sorted(days) and days[0] == 42 and days[-1] <= 190


@pytest.mark.parametrize("size", SIZES)
def test_there_are_as_many_deeds_as_their_share_and_their_sum_is_exact(size: SizeName) -> None:
    count = COUNTS[size]
    deeds = [*told(size).by_wallet, *chain.from_iterable(told(size).batches)]
    assert [deed.number for deed in deeds] == list(range(1, count.deeds + 1))
    assert sum(deed.principal for deed in deeds) == BOOK_FEN * count.deeds // COUNTS["book"].deeds
    assert all(LEAST_FEN <= deed.principal <= MOST_FEN for deed in deeds)
    assert all(len(batch) <= 200 for batch in told(size).batches)
    assert len({deed.hash("number") for deed in deeds}) == count.deeds


def test_the_book_is_the_specification_to_the_fen() -> None:
    """The whole draw of the book, without a chain."""
    book = told("book")
    deeds = {deed.number: deed.principal for deed in (*book.by_wallet, *chain.from_iterable(book.batches))}
    assert len(deeds) == 232_853 and sum(deeds.values()) == 2_576_000_000 * 100
    assert min(deeds.values()) == LEAST_FEN and max(deeds.values()) <= MOST_FEN


def test_a_share_of_the_book_has_its_share_of_the_sums() -> None:
    size = share_of_the_book(0.01)
    assert (size.deeds, size.certificates) == (2_329, 271)
    assert share_of_the_book(1) is COUNTS["book"]
    with pytest.raises(ValueError):
        share_of_the_book(1.5)


@pytest.mark.parametrize("size", SIZES)
def test_nobody_reviews_his_own_deed_and_signer_act_and_entity_name_a_step(size: SizeName) -> None:
    for deed in (*told(size).by_wallet, *chain.from_iterable(told(size).batches)):
        assert deed.notary != deed.reviewer
    named = Counter((step.signer, step.act, step.entity) for step in steps(size))
    assert named.most_common(1)[0][1] == 1
    papers = {step.paper for step in steps(size) if step.paper}
    assert len({paper.digests for paper in papers}) == len(papers) == sum(1 for step in steps(size) if step.paper)


def test_nobody_who_ends_up_suspended_takes_part() -> None:
    suspended = {party.slug for party in told().story.parties if party.suspended}
    assert not suspended & {step.signer for step in steps()}


def test_every_way_a_deed_can_end_is_told() -> None:
    acts = Counter(step.act for step in steps())
    for act in ("end", "awaitMaterials", "amend", "revoke"):
        assert acts[f"Deeds.{act}"] == 1, act
