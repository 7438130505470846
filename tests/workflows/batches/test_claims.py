"""Claims: what a label may say of tea of these trees, and what must be told to whoever scans it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workflows.batches.claims import OFTEN, Alarm, Claim, Origin, Standing, alarms, check, grafts

OLD = Origin("CZ-1", "宋种", 610, 0, 1, True, 400_000)
GRAFTED = Origin("CZ-2", "鸭屎香", 210, 1996, 3, True, 600_000)
FINE = Standing(False, False, False, False, True, 1, False)


def test_a_grafted_young_cultivar_is_not_sold_as_200_years_old() -> None:
    """`domain.md` §1: cultivar age ≠ trunk age."""
    found = check(Claim.AGED, [GRAFTED], 2026, 200)
    assert not found.holds
    assert "鸭屎香 on CZ-2, is 30" in found.en and "grafted in 1996 on a trunk of 210 years" in found.en
    assert "30 年" in found.zh and "1996 年嫁接" in found.zh and "砧木树龄 210 年" in found.zh
    assert check(Claim.AGED, [GRAFTED], 2026, 30).holds
    assert check(Claim.AGED, [OLD], 2026, 600).holds
    assert not check(Claim.AGED, [OLD, GRAFTED], 2026, 200).holds, "the youngest decides"


def test_a_graft_is_told_beside_the_trunks_age() -> None:
    (told,) = grafts([OLD, GRAFTED], 2026)
    assert told.code is Alarm.GRAFTED
    assert "210 years old" in told.en and "1996" in told.en and "30 years old" in told.en
    assert "210 年" in told.zh and "30 年" in told.zh


def test_a_cultivar_is_never_older_than_the_trunk() -> None:
    assert replace(GRAFTED, age_years=20).cultivar_years(2026) == 20


def test_ancient_is_what_the_authority_recognised() -> None:
    assert check(Claim.ANCIENT, [OLD, GRAFTED], 2026).holds
    found = check(Claim.ANCIENT, [replace(OLD, protection=0), GRAFTED], 2026)
    assert not found.holds
    assert found.en.startswith("60 %") and found.zh.startswith("60 %")


def test_nothing_short_of_everything_is_called_everything() -> None:
    nearly = [replace(OLD, share_ppm=1, protection=0), replace(GRAFTED, share_ppm=999_999)]
    found = check(Claim.ANCIENT, nearly, 2026)
    assert not found.holds and found.en.startswith("99.99 %")


def test_an_indication_says_nothing_about_age() -> None:
    unrecognised = [replace(OLD, protection=0)]
    assert check(Claim.INDICATION, unrecognised, 2026).holds
    assert not check(Claim.ANCIENT, unrecognised, 2026).holds
    assert not check(Claim.INDICATION, [replace(OLD, indicated=False), GRAFTED], 2026).holds


def test_single_is_one_tree() -> None:
    assert check(Claim.SINGLE_TREE, [OLD], 2026).holds
    assert not check(Claim.SINGLE_TREE, [OLD, GRAFTED], 2026).holds


@pytest.mark.parametrize(
    ("standing", "alarm"),
    [
        (replace(FINE, recalled=True), Alarm.RECALLED),
        (replace(FINE, failed=True), Alarm.FAILED),
        (replace(FINE, seized=True), Alarm.SEIZED),
        (replace(FINE, claims_indication=True, indication_granted=False), Alarm.INDICATION_LOST),
        (replace(FINE, opened_before=True), Alarm.OPENED_BEFORE),
        (replace(FINE, scans=OFTEN + 1), Alarm.SEEN_OFTEN),
    ],
)
def test_what_must_be_told_is_told(standing: Standing, alarm: Alarm) -> None:
    (told,) = alarms(standing)
    assert told.code is alarm and told.en and told.zh


def test_what_is_fine_says_nothing_and_the_gravest_comes_first() -> None:
    assert alarms(FINE) == [] == alarms(replace(FINE, scans=OFTEN, indication_granted=False))
    assert alarms(Standing(True, True, True, True, False, 99, True))[0].code is Alarm.RECALLED
