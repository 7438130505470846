"""A category is a folder: what must hold of every pack, and what a bad one is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.settings import Settings
from workflows import packs
from workflows.packs import FOLDER, HEALTHS, PackMalformed, PackUnknown

every_pack = pytest.mark.parametrize("name", packs.names())
TEXT = (FOLDER / "dancong" / "pack.toml").read_text()


def test_there_are_tea_and_another_category() -> None:
    assert packs.names() == ["chenpi", "dancong"]


def test_the_contracts_are_deployed_with_the_ratios_of_our_pack() -> None:
    settings, yields = Settings(), packs.load(packs.OURS).yields
    assert yields.season_cap_fresh_g(packs.MILLION) == settings.season_cap_ppm
    assert yields.least_fresh_per_dry_ppm == settings.leaf_per_tea_ppm


@every_pack
def test_a_pack_knows_its_cultivars_seasons_and_prices(name: str) -> None:
    pack = packs.load(name)
    assert pack.name == name
    for cultivar in pack.cultivars:
        assert pack.cultivar(cultivar.zh) is cultivar
        season = pack.season(cultivar.season)
        month, day = (int(part) for part in season.opens.split("-"))
        assert season.holds(date(2026, month, day))
        assert not season.holds(date(2026, month, day).replace(month=1, day=1))
    prices = [pack.price("", band.least_years, 0).band_fen_per_kg for band in pack.age_bands]
    assert prices == sorted(prices), "what is older is worth no less"
    assert pack.price("", 10_000, 9_000).band_fen_per_kg == prices[-1]
    assert pack.cultivar("不在册") is None
    assert pack.loan("no-such-product") is None


@every_pack
def test_every_grade_can_be_discounted_within_the_rates_of_the_law(name: str) -> None:
    pack = packs.load(name)
    for health in HEALTHS:
        rate = pack.valuation.rates.common_ppm + pack.health.grade(health).specific_ppm
        assert 100_000 <= rate <= 160_000


@every_pack
def test_what_falls_least_under_stress_is_what_the_contract_allows(name: str) -> None:
    stress = packs.load(name).valuation.stress
    assert stress.yield_fall_ppm >= 400_000, "the contract lets stress keep 60 % of the value"


@every_pack
def test_every_table_of_figures_has_a_source(name: str) -> None:
    assert {source.of for source in packs.load(name).sources} == packs.SOURCED


@every_pack
@given(st.integers(0, 10**12))
def test_what_is_picked_within_the_cap_dries_to_no_less_than_usual(name: str, dry_g: int) -> None:
    yields = packs.load(name).yields
    fresh = yields.usual_fresh_g(dry_g)
    assert fresh <= yields.season_cap_fresh_g(dry_g)
    assert dry_g <= yields.most_dry_g(fresh) <= fresh


@given(st.integers(0, 10**12))
def test_the_tea_pack_has_the_figures_that_the_contract_enforces(grams: int) -> None:
    yields = packs.load("dancong").yields
    assert yields.season_cap_fresh_g(grams) == grams * 13 // 2
    assert yields.most_dry_g(grams) == grams * 10 // 38


def test_the_tea_pack_has_the_margin_ladder_of_the_domain() -> None:
    loan = packs.load("dancong").loan("tree")
    assert loan is not None
    ladder = (loan.open_ppm, loan.warn_ppm, loan.call_ppm, loan.breach_ppm)
    assert ladder == (700_000, 800_000, 900_000, 1_000_000)
    assert loan.cure_working_days == 10


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda text: text.replace("version = 1", 'version = "one"'), "version"),
        (lambda text: text.replace("flushes = 1", "flushes = 0"), "yields.flushes"),
        (lambda text: text.replace("share = 28", "share = 29"), "pack"),
        (lambda text: text.replace("survival_ppm = 970_000", "survival_ppm = 999_000"), "health"),
        (lambda text: text.replace('opens = "03-20"', 'opens = "06-20"'), "seasons.0"),
        (lambda text: text.replace('season = "late-spring"', 'season = "winter"'), "pack"),
        (lambda text: text.replace('of = "origin"', 'of = "health"'), "pack"),
        (lambda text: text.replace("warn_ppm = 800_000", "warn_ppm = 900_000"), "loans.0"),
        (lambda text: text.replace("least_years = 100", "least_years = 600"), "pack"),
        (lambda text: text + "\nsurprise = true\n", "sources.9.surprise"),
        (lambda text: text + "\n[[", "pack.toml"),
    ],
)
def test_a_bad_pack_is_told_where(spoil: Callable[[str], str], field: str) -> None:
    with pytest.raises(PackMalformed) as refused:
        packs.read("dancong", spoil(TEXT))
    assert refused.value.values["field"] == field


def test_an_unknown_pack_is_told_which_there_are() -> None:
    with pytest.raises(PackUnknown) as refused:
        packs.load("../dancong")
    assert "chenpi, dancong" in refused.value.words("en")
