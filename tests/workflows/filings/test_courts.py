"""2,905 courts, and the one that has jurisdiction."""

from __future__ import annotations

import pytest

from scripts.courts import COURTS, text
from workflows.filings.courts import FILE, CourtUnknown, Property, competent, court, courts, provinces

HOME, THERE, FAR = 440_001, 440_002, 110_003


def test_the_file_is_the_one_that_the_script_writes_and_is_labelled() -> None:
    assert FILE.read_text("utf-8") == text()
    assert text().startswith("# SYNTHETIC")


def test_there_are_2905_in_31_provinces_each_with_a_code_of_its_own() -> None:
    every = list(courts())
    assert (len(every), len(provinces())) == (COURTS, 31) == (2_905, 31)
    assert len({one.code for one in every}) == len({one.name for one in every}) == COURTS
    assert all(one.synthetic and one.name.startswith("SYNTHETIC") for one in every)
    assert all(court(one.code) == one for one in every)
    assert {one.province for one in courts(44)} == {"广东"}


@pytest.mark.parametrize("code", [440_000, 449_999, 990_001, 0])
def test_a_code_that_no_court_has(code: int) -> None:
    with pytest.raises(CourtUnknown):
        court(code)


def test_the_domicile_has_jurisdiction_and_the_place_of_proven_property_too() -> None:
    assert [choice.court for choice in competent(HOME, [])] == [HOME]
    found = competent(
        HOME, [Property(court=THERE, value_fen=5, proven=True), Property(court=FAR, value_fen=9, proven=False)]
    )
    assert [(choice.court, choice.basis) for choice in found] == [(THERE, "PROPERTY"), (HOME, "DOMICILE")]


def test_the_advised_court_is_where_most_property_lies() -> None:
    parts = [Property(court=code, value_fen=value, proven=True) for code, value in ((THERE, 4), (FAR, 6), (THERE, 3))]
    assert [choice.court for choice in competent(HOME, parts)] == [THERE, FAR, HOME]
    at_home = [*parts, Property(court=HOME, value_fen=7, proven=True)]
    assert competent(HOME, at_home)[0].basis == "DOMICILE"
