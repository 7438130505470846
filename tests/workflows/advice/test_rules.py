"""Advice: the rule table row by row, and what holds for any tree and any weather."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.advice.rules import TenDays, advise, basis_hash, table, usual_altitude, weather

REFERENCE = 980


def plain(**changes: dict[tuple[int, int], int]) -> list[TenDays]:
    """June 2025 to May 2026, in which nothing happens, but for `mean`, `least` and `rain` of the thirds named."""
    usual = {"mean": 130, "least": 60, "rain": 40}
    return [
        TenDays(
            2026 - (month >= 6),
            month,
            part,
            **{name: changes.get(name, {}).get((month, part), usual[name]) for name in usual},
        )
        for month in range(1, 13)
        for part in (1, 2, 3)
    ]


def fired(records: list[TenDays], cultivar: str = "蜜兰香", altitude_m: int = REFERENCE) -> list[str]:
    return [rule.id for rule in advise(cultivar, altitude_m, 2026, records).fired]


@pytest.mark.parametrize(
    ("cultivar", "rule", "opens", "closes"),
    [
        ("蜜兰香", "WINDOW_COMMON", (4, 15), (5, 10)),
        ("黄栀香/宋种系", "WINDOW_COMMON", (4, 15), (5, 10)),
        ("白叶单丛", "WINDOW_EARLY", (3, 20), (4, 12)),
        ("香番薯", "WINDOW_LATE", (5, 2), (5, 20)),
        ("夜来香", "WINDOW_LATE", (5, 2), (5, 20)),
    ],
)
def test_the_cultivar_opens_the_window(
    cultivar: str, rule: str, opens: tuple[int, int], closes: tuple[int, int]
) -> None:
    advice = advise(cultivar, REFERENCE, 2026, plain())
    assert (advice.opens, advice.closes) == (date(2026, *opens), date(2026, *closes))
    assert [one.id for one in advice.fired] == [rule]


@pytest.mark.parametrize(
    ("altitude_m", "days"), [(980, 0), (1_029, 0), (1_030, 1), (1_180, 4), (931, 0), (930, -1), (300, -8), (1_391, 8)]
)
def test_altitude_moves_it(altitude_m: int, days: int) -> None:
    advice = advise("蜜兰香", altitude_m, 2026, plain())
    assert advice.opens == date(2026, 4, 15) + timedelta(days)
    assert ("ALTITUDE" in [one.id for one in advice.fired]) == (days != 0)


@pytest.mark.parametrize(("mean", "days"), [(130, 0), (133, 0), (140, -3), (120, 3), (200, -9), (60, 9)])
def test_a_warm_march_brings_it_forward(mean: int, days: int) -> None:
    records = plain(mean={(3, part): mean for part in (1, 2, 3)})
    assert advise("蜜兰香", REFERENCE, 2026, records).opens == date(2026, 4, 15) + timedelta(days)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"least": {(3, 1): -1}}, "COLD_SNAP"),
        ({"rain": {(month, part): 14 for month in (2, 3) for part in (1, 2, 3)}}, "DROUGHT"),
        ({"rain": {(4, 3): 181}}, "WET_PICKING"),
        ({"rain": {(9, 2): 261}}, "AUTUMN_STORM"),
    ],
)
def test_weather_beyond_a_limit_is_a_risk(change: dict[str, dict[tuple[int, int], int]], rule: str) -> None:
    assert rule in fired(plain(**change))
    assert rule not in fired(plain())


@pytest.mark.parametrize(("least", "altitude_m", "frost"), [(0, 980, False), (5, 1_080, True), (6, 1_080, False)])
def test_frost_is_judged_at_the_trees_altitude(least: int, altitude_m: int, frost: bool) -> None:
    assert ("COLD_SNAP" in fired(plain(least={(3, 1): least}), altitude_m=altitude_m)) == frost


def test_without_records_only_cultivar_and_altitude_speak() -> None:
    advice = advise("蜜兰香", 1_180, 1999, plain())
    assert ([one.id for one in advice.fired], advice.records) == (["WINDOW_COMMON", "ALTITUDE"], 0)


def test_every_rule_has_a_source_and_words_in_both_languages() -> None:
    rules = table()
    for rule in (*rules["window"], *rules["risk"]):
        assert rule["source"] and re.search("[\u4e00-\u9fff]", rule["zh"]) and re.search("[a-z]", rule["en"])
    ids = [rule["id"] for rule in (*rules["window"], *rules["risk"])]
    assert len(ids) == len(set(ids))


def test_the_kept_weather_is_labelled_synthetic_and_whole() -> None:
    from workflows.advice.rules import WEATHER_FILE

    assert WEATHER_FILE.read_text().startswith("# SYNTHETIC")
    assert len(weather()) == len({(one.year, one.month, one.part) for one in weather()}) == 72
    assert basis_hash() == basis_hash()


def test_villages_have_a_usual_altitude() -> None:
    assert usual_altitude("乌岽") == usual_altitude("乌岽村") > usual_altitude("东郊")
    assert usual_altitude("elsewhere") == REFERENCE


cultivars = st.sampled_from(["蜜兰香", "白叶", "香番薯", "杏仁香", "SYNTHETIC"])
altitudes = st.integers(300, 1_391)
ten_days = st.builds(
    TenDays,
    st.sampled_from([2025, 2026]), st.integers(1, 12), st.integers(1, 3),
    st.integers(-50, 350), st.integers(-100, 300), st.integers(0, 400),
)  # fmt: skip


@given(cultivars, altitudes, st.lists(ten_days, max_size=40))
def test_a_window_never_leaves_its_season(cultivar: str, altitude_m: int, records: list[TenDays]) -> None:
    advice = advise(cultivar, altitude_m, 2026, records)
    assert date(2026, 3, 1) <= advice.opens < advice.closes <= date(2026, 6, 10)
    assert advice == advise(cultivar, altitude_m, 2026, records[::-1]) or len(set(records)) < len(records)
    assert len({rule.id for rule in advice.fired}) == len(advice.fired)


@given(cultivars, altitudes, st.integers(0, 300), st.lists(ten_days, max_size=20))
def test_higher_is_never_earlier_and_never_less_frosty(
    cultivar: str, altitude_m: int, more: int, records: list[TenDays]
) -> None:
    lower, higher = (advise(cultivar, metres, 2026, records) for metres in (altitude_m, altitude_m + more))
    assert lower.opens <= higher.opens
    if "COLD_SNAP" in [rule.id for rule in lower.fired]:
        assert "COLD_SNAP" in [rule.id for rule in higher.fired]
