"""What a tree is worth: the worked example and the ladder to the fen, the same for an independent reader of the rules,
and what must hold of every tree and every pack.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.valuations.examples import AS_OF, EXAMPLE, trees
from tests.workflows.valuations.independent import worth
from workflows import packs
from workflows.packs import HEALTHS, MILLION
from workflows.valuations.value import (
    DAY_SECONDS,
    Inputs,
    InputsUnfit,
    full_years_left,
    model_hash,
    needs_second,
    value,
    with_second,
)

TEA = packs.load("dancong")
PRICE_FACTORS = ("cultivar_ppm", "altitude_ppm", "index_ppm")
every_pack = pytest.mark.parametrize("name", packs.names())


def test_the_worked_example_comes_out_to_the_fen() -> None:
    found = value(EXAMPLE, TEA)
    assert (found.potential_g, found.yield_g) == (1_781, 1_565)
    assert found.net_fen == 975_060
    assert found.value_fen == 7_085_592
    assert found.stressed_price_fen == 4_493_946
    assert found.stressed_yield_fen == found.stress_fen == 4_020_878
    assert found.stressed_health_fen == 4_176_346
    assert found.confidence_ppm == 850_000
    assert found.collateral_fen == 3_417_746
    assert found.loan_fen == 2_392_422


@pytest.mark.parametrize(
    ("index_ppm", "collateral", "ltv_permille"),
    [(MILLION, 3_417_746, 700), (900_000, 2_976_965, 804), (800_000, 2_536_190, 943), (720_000, 2_183_566, 1_096)],
)
def test_the_ladder_comes_out_to_the_fen(index_ppm: int, collateral: int, ltv_permille: int) -> None:
    found = value(replace(EXAMPLE, index_ppm=index_ppm), TEA)
    assert found.collateral_fen == collateral
    assert round(1_000 * 2_392_400 / found.collateral_fen) == ltv_permille


def test_an_independent_reader_of_the_rules_agrees_to_the_fen_on_a_thousand_trees() -> None:
    dice = random.Random(20_261_127)
    worthless = 0
    for _ in range(1_000):
        tree = Inputs(
            tree="1",
            as_of=AS_OF,
            crown_a_cm=dice.randint(50, 800),
            crown_b_cm=dice.randint(50, 800),
            health=dice.choice("AAABBBBCCD"),
            seasons_dry_g=tuple(dice.randint(0, 8_000) for _ in range(dice.randint(0, 7))),
            band_fen_per_kg=dice.choice([100_000, 400_000, 800_000, 2_000_000, 10_000_000]),
            cultivar_ppm=dice.randint(800_000, 1_200_000),
            altitude_ppm=dice.choice([800_000, 900_000, MILLION, 1_100_000]),
            index_ppm=dice.randint(400_000, 1_900_000),
            right_years=dice.randint(0, 45),
            share_ppm=dice.choice([MILLION, MILLION, dice.randint(1, MILLION)]),
            title_class=dice.choice("AABC"),
            accuracy_cm=dice.randint(1, 120),
            surveyed_at=AS_OF - dice.randint(0, 400 * DAY_SECONDS),
            second_appraiser=dice.random() < 0.3,
            attested=dice.random() < 0.7,
        )
        found = value(tree, TEA)
        expected = worth(
            a_cm=tree.crown_a_cm,
            b_cm=tree.crown_b_cm,
            health=tree.health,
            seasons=tree.seasons_dry_g,
            band_fen=tree.band_fen_per_kg,
            price_factors=tuple(
                Fraction(one, MILLION) for one in (tree.cultivar_ppm, tree.altitude_ppm, tree.index_ppm)
            ),
            years_left=tree.right_years,
            share=Fraction(tree.share_ppm, MILLION),
            title=tree.title_class,
            accuracy_cm=tree.accuracy_cm,
            survey_days=Fraction(AS_OF - tree.surveyed_at, DAY_SECONDS),
            second=tree.second_appraiser,
            attested=tree.attested,
        )
        got = (found.value_fen, found.stress_fen, found.confidence_ppm, found.collateral_fen, found.loan_fen)
        assert got == expected, tree
        worthless += found.value_fen == 0
    assert worthless < 300, "agreement on nothing proves nothing"


@every_pack
@settings(max_examples=150, deadline=None)
@given(tree=trees(), more=st.integers(1, 500_000), days=st.integers(0, 400))
def test_better_health_a_younger_survey_or_a_higher_price_never_lowers_a_figure(
    name: str, tree: Inputs, more: int, days: int
) -> None:
    pack = packs.load(name)
    found = value(tree, pack)
    survey = min(tree.surveyed_at + days * DAY_SECONDS, AS_OF)
    better = [replace(tree, index_ppm=tree.index_ppm + more), replace(tree, surveyed_at=survey)]
    if tree.health != "A":
        better.append(replace(tree, health=HEALTHS[HEALTHS.index(tree.health) - 1]))
    for one in better:
        then = value(one, pack)
        assert then.value_fen >= found.value_fen
        assert then.stress_fen >= found.stress_fen
        assert then.collateral_fen >= found.collateral_fen


@every_pack
@settings(max_examples=150, deadline=None)
@given(tree=trees())
def test_a_valuation_is_the_same_every_time_and_keeps_to_what_the_contract_allows(name: str, tree: Inputs) -> None:
    pack = packs.load(name)
    found = value(tree, pack)
    assert value(Inputs.read(tree.json()), pack) == found
    assert found.stress_fen <= found.value_fen * 3 // 5
    assert found.loan_fen <= found.collateral_fen <= found.stress_fen
    assert found.confidence_ppm <= pack.valuation.confidence.most_ppm
    assert found.confidence_ppm % 100 == 0, "whole basis points, as the contract keeps them"
    assert value(with_second(tree), pack).collateral_fen >= found.collateral_fen


def test_the_least_healthy_secure_nothing_though_they_are_worth_something() -> None:
    found = value(replace(EXAMPLE, health="D"), TEA)
    assert found.value_fen > 0
    assert found.collateral_fen == 0


def test_a_second_appraiser_looks_at_large_values_and_large_changes() -> None:
    assert not needs_second(None, 50_000_000, TEA)
    assert needs_second(None, 50_000_001, TEA)
    for after, needed in ((12_000_000, False), (12_000_001, True), (8_000_000, False), (7_999_999, True)):
        assert needs_second(10_000_000, after, TEA) is needed


def test_the_model_of_each_pack_has_a_hash_of_its_own() -> None:
    hashes = [model_hash(packs.load(name)) for name in packs.names()]
    assert len(set(hashes)) == len(hashes)
    dearer = TEA.model_copy(update={"valuation": TEA.valuation.model_copy(update={"yearly_care_fen": 90_000})})
    assert model_hash(dearer) != model_hash(TEA)


@pytest.mark.parametrize(
    ("until", "years"),
    [(None, 25), (date(2026, 11, 21), 0), (date(2027, 11, 21), 0), (date(2027, 11, 22), 1), (date(2050, 12, 31), 24)],
)
def test_only_full_years_of_the_right_count(until: date | None, years: int) -> None:
    assert full_years_left(until, AS_OF, 25) == years  # 2026-11-22


@pytest.mark.parametrize(
    "change",
    [{"health": "E"}, {"title_class": "X"}, {"share_ppm": MILLION + 1}, {"crown_a_cm": -1}, {"surveyed_at": AS_OF + 1}],
)
def test_what_no_tree_can_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputsUnfit) as refused:
        replace(EXAMPLE, **change)  # type: ignore[arg-type]
    assert refused.value.values["field"] == next(iter(change))
