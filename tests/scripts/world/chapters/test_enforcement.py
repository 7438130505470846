"""Claims and filings of the synthetic world, before any chain sees them: sums to the fen, nothing beyond a deed."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import chain

import pytest

from chain.typed_data import act_type
from scripts.world.chapters.enforcement import BOOK_CERTIFIED_FEN, CASES_MOST, Enforcement
from scripts.world.population import World
from scripts.world.sizes import SIZES as COUNTS
from scripts.world.sizes import SizeName, share_of_the_book
from scripts.world.steps import Step
from scripts.world.story import Story

SIZES: tuple[SizeName, ...] = ("tour", "county")


@cache
def told(size: SizeName = "tour") -> Enforcement:
    return Enforcement(Story(World(1, size)))


@cache
def steps(size: SizeName = "tour") -> list[Step]:
    return list(chain.from_iterable(wave.steps for wave in told(size).waves()))


def test_it_follows_the_deeds_and_lies_within_the_history() -> None:
    days = [wave.day for wave in told().waves()]
    assert days == sorted(days) and days[0] == 100 and days[-1] <= 190


def test_the_book_is_the_specification_to_the_fen() -> None:
    """The whole draw of the book, without a chain."""
    book = told("book")
    assert len(book.filed) == 27_092 and sum(claim.total for claim in book.filed) == 356_000_000 * 100
    assert all(claim.total <= claim.deed.principal * 101 // 100 for claim in book.claims)
    assert all(0 < claim.items["principal"] <= claim.deed.principal for claim in book.claims)
    filings = Counter(book.court_of[claim.place] for claim in book.filed)
    assert len(filings) == 2_905 and filings.total() == 27_092


def test_a_share_of_the_book_has_its_share_of_the_sum() -> None:
    small = Enforcement(Story(World(1, share_of_the_book(0.01))))
    assert sum(claim.total for claim in small.filed) == BOOK_CERTIFIED_FEN * 271 // 27_092


@pytest.mark.parametrize("size", SIZES)
def test_claims_are_of_different_deeds_and_within_what_they_entitle_to(size: SizeName) -> None:
    claims, filed = told(size).claims, told(size).filed
    assert len(claims) == len({claim.deed.number for claim in claims}) and len(filed) == COUNTS[size].certificates
    assert all(0 < claim.total == sum(claim.items.values()) for claim in claims)
    assert all(claim.total <= claim.deed.principal * 101 // 100 for claim in claims)


@pytest.mark.parametrize("size", SIZES)
def test_each_claim_is_in_one_application_and_each_certified_one_in_one_package(size: SizeName) -> None:
    enforcement = told(size)
    for acts, claims in ((enforcement.applications, enforcement.claims), (enforcement.packages, enforcement.filed)):
        together = [claim.place for _, group in acts for claim in group]
        assert sorted(together) == sorted(claim.place for claim in claims)


@pytest.mark.parametrize("size", SIZES)
def test_an_act_is_about_as_many_cases_as_it_may_be_and_says_of_each_the_same(size: SizeName) -> None:
    for step in steps(size):
        lists = [field.name for field in act_type(step.act).fields if field.type.endswith("[]")]
        lengths = {len(value) for name in lists if isinstance(value := step.message[name], list)}
        assert len(lengths) <= 1 and all(0 < length <= CASES_MOST for length in lengths), step.act


@pytest.mark.parametrize("size", SIZES)
def test_signer_act_and_entity_name_a_step(size: SizeName) -> None:
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
