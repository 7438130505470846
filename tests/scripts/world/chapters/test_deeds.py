"""Deeds of the synthetic world, before any chain sees them: sums to the fen, every state, nothing beyond a deed."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import chain

import pytest

from scripts.world.chapters.deeds import BOOK_FEN, COUNTS, LEAST_FEN, MOST_FEN, Enforcement
from scripts.world.population import World
from scripts.world.sizes import SizeName
from scripts.world.steps import Step
from scripts.world.story import Story

SIZES: tuple[SizeName, ...] = ("tour", "county")


@cache
def told(size: SizeName = "tour") -> Enforcement:
    return Enforcement(Story(World(1, size)))


@cache
def steps(size: SizeName = "tour") -> list[Step]:
    return list(chain.from_iterable(wave.steps for wave in told(size).waves()))


def test_it_is_small_in_the_tour_and_within_the_history() -> None:
    assert 150 <= len(steps()) <= 260
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


def test_the_book_has_the_sum_of_the_specification() -> None:
    assert COUNTS["book"].deeds == 232_853 and COUNTS["book"].certificates == 27_092
    assert BOOK_FEN == 2_576_000_000 * 100


@pytest.mark.parametrize("size", SIZES)
def test_claims_are_of_different_deeds_and_within_them(size: SizeName) -> None:
    claims = told(size).claims
    assert len(claims) == COUNTS[size].certificates == len({claim.deed.number for claim in claims})
    assert all(0 < claim.total <= claim.deed.principal for claim in claims)


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


def test_every_way_a_case_can_end_is_told() -> None:
    assert {claim.end for claim in told().claims} == {"APPLIED", "NOTIFIED", "OBJECTED", "REFUSED", "ISSUED"}
    assert len({claim.filing_end for claim in told().filed}) == len(told().filed) == 6
    acts = Counter(step.act for step in steps())
    for act in ("end", "awaitMaterials", "amend", "revoke"):
        assert acts[f"Deeds.{act}"] == 1, act
