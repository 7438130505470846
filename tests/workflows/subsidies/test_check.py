"""The automatic check: every point alone, all of them at once, and never a word without its values."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.subsidies.check import (
    FUNDING_STATES,
    POINTS,
    Application,
    Known,
    PlotFacts,
    Subject,
    Terms,
    TreeFacts,
    check,
)

NOW = 1_790_000_000
TREE, PLOT = "0x" + "01" * 32, "0x" + "02" * 32
TERMS = Terms("1", "ANCIENT_TREE", "TREE", 2026, 30_000, 300_000, 300_000, NOW)
GOOD = Application(
    terms=TERMS,
    subject_id=42,
    subject=Subject(42, "ACTIVE", True),
    asset=TREE,
    tree=TreeFacts(42, "REGISTERED", "ALIVE", False),
    plot=None,
    quantity=1,
    mandate=None,
    evidence=True,
    known=(),
)
LAND = replace(GOOD, terms=replace(TERMS, basis="AREA", rate_fen=120), asset=PLOT, tree=None, quantity=832)
LAND = replace(LAND, plot=PlotFacts(42, 832))


def other(**changes: object) -> Known:
    known = Known("0xc1", "2", 42, TREE, "ANCIENT_TREE", 2026, "SUBMITTED")
    return replace(known, **changes)  # type: ignore[arg-type]


def codes(application: Application, now: int = NOW) -> list[str]:
    return [point.code for point in check(application, now)]


@pytest.mark.parametrize("application", [GOOD, LAND, replace(GOOD, mandate=True)])
def test_a_claim_without_fault_has_no_points(application: Application) -> None:
    assert check(application, NOW) == []


BROKEN = {
    "SUBJECT_UNKNOWN": replace(GOOD, subject=None),
    "SUBJECT_NOT_ACTIVE": replace(GOOD, subject=Subject(42, "SUSPENDED", True)),
    "SUBJECT_NO_FARMER": replace(GOOD, subject=Subject(42, "ACTIVE", False)),
    "MANDATE_MISSING": replace(GOOD, mandate=False),
    "EVIDENCE_MISSING": replace(GOOD, evidence=False),
    "TREE_UNKNOWN": replace(GOOD, tree=None),
    "TREE_NOT_REGISTERED": replace(GOOD, tree=TreeFacts(42, "NOTICE", "ALIVE", False)),
    "TREE_NOT_OWNED": replace(GOOD, tree=TreeFacts(43, "REGISTERED", "ALIVE", False)),
    "TREE_NOT_ALIVE": replace(GOOD, tree=TreeFacts(42, "REGISTERED", "REPORTED_DEAD", False)),
    "TREE_RESTRAINED": replace(GOOD, tree=TreeFacts(42, "REGISTERED", "ALIVE", True)),
    "PLOT_UNKNOWN": replace(LAND, plot=None),
    "PLOT_NOT_HELD": replace(LAND, plot=PlotFacts(43, 832)),
    "AREA_EXCEEDED": replace(LAND, plot=PlotFacts(42, 831)),
    "QUANTITY_UNFIT": replace(GOOD, quantity=2),
    "CLAIM_EXISTS": replace(GOOD, known=(other(programme="1"),)),
    "DOUBLE_FUNDED": replace(GOOD, known=(other(),)),
    "BUDGET_SHORT": replace(GOOD, terms=replace(TERMS, left_fen=29_999)),
}


@pytest.mark.parametrize("code", sorted(BROKEN))
def test_each_point_is_found_alone(code: str) -> None:
    assert codes(BROKEN[code]) == [code]


def test_a_closed_programme_is_closed_from_the_next_second() -> None:
    assert codes(GOOD, NOW + 1) == ["PROGRAMME_CLOSED"]


def test_every_point_can_be_found() -> None:
    assert set(BROKEN) | {"PROGRAMME_CLOSED"} == set(POINTS)


def test_all_points_come_at_once_in_their_order() -> None:
    worst = replace(
        GOOD,
        terms=replace(TERMS, left_fen=0),
        subject=Subject(42, "REVOKED", False),
        tree=TreeFacts(43, "NOTICE", "DEAD", True),
        quantity=0,
        mandate=False,
        evidence=False,
        known=(other(programme="1", state="PAID"), other()),
    )
    worst = replace(worst, terms=replace(worst.terms, left_fen=-1))
    found = codes(worst, NOW + 1)
    assert found == [code for code in POINTS if code in found]
    assert len(found) == 13


@pytest.mark.parametrize("state", ["SUBMITTED", "PAID", "REJECTED", "RETURNED", "CLAWED_BACK"])
def test_only_what_funds_or_may_fund_counts_as_funding(state: str) -> None:
    assert (codes(replace(GOOD, known=(other(state=state),))) == ["DOUBLE_FUNDED"]) == (state in FUNDING_STATES)


def test_a_claim_can_be_repeated_after_rejection_and_not_after_return() -> None:
    assert codes(replace(GOOD, known=(other(programme="1", state="REJECTED"),))) == []
    assert codes(replace(GOOD, known=(other(programme="1", state="RETURNED"),))) == ["CLAIM_EXISTS"]


@pytest.mark.parametrize("differs", [{"measure": "ORGANIC"}, {"year": 2025}, {"asset": PLOT}])
def test_other_measures_years_and_assets_are_no_double_funding(differs: dict[str, object]) -> None:
    assert codes(replace(GOOD, known=(other(**differs),))) == []


def test_the_next_owner_finds_that_the_tree_is_funded() -> None:
    assert codes(replace(GOOD, known=(other(programme="1", subject=41),))) == ["DOUBLE_FUNDED"]


@pytest.mark.parametrize("code", sorted(BROKEN))
def test_points_are_in_words_of_both_languages(code: str) -> None:
    (point,) = check(BROKEN[code], NOW)
    assert re.search("[a-z]", point.words("en")) and re.search("[\u4e00-\u9fff]", point.words("zh"))
    assert "{" not in point.words("en") + point.words("zh")


@given(quantity=st.integers(-5, 2_000), area=st.integers(0, 2_000), left=st.integers(0, 300_000))
def test_an_area_claim_passes_exactly_within_area_and_budget(quantity: int, area: int, left: int) -> None:
    application = replace(LAND, quantity=quantity, plot=PlotFacts(42, area), terms=replace(LAND.terms, left_fen=left))
    fits = 1 <= quantity <= area and quantity * 120 <= left
    assert (check(application, NOW) == []) == fits
