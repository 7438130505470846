"""Datums, distances, duplicates and geo-cells."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from workflows.trees.position import (
    Datum,
    DuplicateTree,
    Position,
    PositionOutsideRegion,
    canonical,
    distance_cm,
    duplicate,
    geo_cell,
    refuse_duplicate,
    to_gcj02,
)

DISTRICT = (st.integers(238_600_000, 240_200_000), st.integers(1_165_800_000, 1_167_500_000))
CHINA = (st.integers(180_000_000, 530_000_000), st.integers(740_000_000, 1_340_000_000))
PLANE_DATUMS = st.sampled_from([Datum.CGCS2000, Datum.WGS84])


def at(lat_e7: int, lon_e7: int, datum: Datum = Datum.CGCS2000, accuracy_cm: int = 10) -> Position:
    return Position(lat_e7=lat_e7, lon_e7=lon_e7, datum=datum, accuracy_cm=accuracy_cm)


positions = st.builds(at, *DISTRICT, st.sampled_from(Datum), st.integers(0, 500))


def test_gcj02_is_off_by_310_m_south_and_450_m_east_at_fenghuang() -> None:
    tree = at(239_500_000, 1_166_500_000)
    shown = to_gcj02(tree)
    mistaken = at(shown.lat_e7, shown.lon_e7)
    north_m = (mistaken.lat_e7 - tree.lat_e7) / 1e7 * 110_757
    east_m = (mistaken.lon_e7 - tree.lon_e7) / 1e7 * 101_798
    assert north_m == pytest.approx(-310, abs=5)
    assert east_m == pytest.approx(450, abs=5)
    assert distance_cm(tree, mistaken) / 100 == pytest.approx(546, abs=5)


@pytest.mark.parametrize(
    ("wgs84_e7", "gcj02_e7"),
    [
        ((311_774_276, 1_215_272_106), (311_753_040, 1_215_315_419)),
        ((225_438_470, 1_139_123_160), (225_407_961, 1_139_171_765)),
        ((399_119_540, 1_163_778_170), (399_133_455, 1_163_840_472)),
    ],
    ids=["Shanghai", "Shenzhen", "Beijing"],
)
def test_gcj02_agrees_with_the_published_vectors(wgs84_e7: tuple[int, int], gcj02_e7: tuple[int, int]) -> None:
    # The vectors of the eviltransform library, which other implementations test against too.
    shown = to_gcj02(at(*wgs84_e7, Datum.WGS84))
    assert (shown.lat_e7, shown.lon_e7) == gcj02_e7


@given(*CHINA)
def test_gcj02_and_back_is_the_same_place_to_two_centimetres(lat_e7: int, lon_e7: int) -> None:
    surveyed = at(lat_e7, lon_e7)
    assert distance_cm(surveyed, to_gcj02(surveyed)) <= 2


@given(positions)
def test_conversion_to_either_datum_is_idempotent_and_keeps_the_accuracy(position: Position) -> None:
    assert canonical(canonical(position)) == canonical(position)
    assert to_gcj02(to_gcj02(position)) == to_gcj02(position)
    assert canonical(position).accuracy_cm == to_gcj02(position).accuracy_cm == position.accuracy_cm


@given(*DISTRICT)
def test_wgs84_is_taken_as_cgcs2000(lat_e7: int, lon_e7: int) -> None:
    assert canonical(at(lat_e7, lon_e7, Datum.WGS84)) == at(lat_e7, lon_e7)


@given(positions, positions)
def test_distance_is_symmetric_and_zero_to_oneself(one: Position, other: Position) -> None:
    assert distance_cm(one, other) == distance_cm(other, one)
    assert distance_cm(one, one) == 0


@given(*DISTRICT, st.integers(-90_000, 90_000), st.integers(-90_000, 90_000))
def test_distance_agrees_with_the_great_circle_to_one_percent(lat_e7: int, lon_e7: int, north: int, east: int) -> None:
    lat_e7, lon_e7 = min(lat_e7, 240_100_000), min(lon_e7, 1_167_400_000)
    one, other = at(lat_e7, lon_e7), at(lat_e7 + north, lon_e7 + east)
    lat1, lon1, lat2, lon2 = (math.radians(e7 / 1e7) for e7 in (one.lat_e7, one.lon_e7, other.lat_e7, other.lon_e7))
    half_chord = math.sin((lat2 - lat1) / 2) ** 2
    half_chord += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    great_circle_cm = 2 * 637_100_880 * math.asin(math.sqrt(half_chord))
    rounded_down_cm = 1
    assert abs(distance_cm(one, other) - great_circle_cm) <= 0.01 * great_circle_cm + rounded_down_cm


def test_trees_within_both_survey_accuracies_together_are_duplicates() -> None:
    one, three_metres_north = at(239_500_000, 1_166_500_000, accuracy_cm=160), 271  # 271 e7 = 300.1 cm
    near = at(one.lat_e7 + three_metres_north, one.lon_e7, accuracy_cm=140)
    assert duplicate(one, [("SYN-1", near)]) == ("SYN-1", 300, 300)
    sharper = near.model_copy(update={"accuracy_cm": 139})
    assert duplicate(one, [("SYN-1", sharper)]) is None


def test_the_nearest_duplicate_is_named() -> None:
    candidate = at(239_500_000, 1_166_500_000, accuracy_cm=500)
    others = [("FAR", at(239_500_300, 1_166_500_000)), ("NEAR", at(239_500_100, 1_166_500_000))]
    found = duplicate(candidate, others)
    assert found is not None
    assert found.tag == "NEAR"
    with pytest.raises(DuplicateTree) as refusal:
        refuse_duplicate(candidate, others)
    assert refusal.value.values == {"other": "NEAR", "distance_cm": 110, "within_cm": 510}


@given(*DISTRICT, st.integers(3, 50), st.integers(3, 50))
def test_a_mixed_datum_does_not_hide_a_duplicate(lat_e7: int, lon_e7: int, one_cm: int, other_cm: int) -> None:
    surveyed = at(lat_e7, lon_e7, Datum.WGS84, one_cm)
    from_a_map = to_gcj02(surveyed).model_copy(update={"accuracy_cm": other_cm})
    assert duplicate(from_a_map, [("SYN-1", surveyed)])


@given(*DISTRICT)
def test_equal_numbers_in_different_datums_are_different_places(lat_e7: int, lon_e7: int) -> None:
    assert distance_cm(at(lat_e7, lon_e7), at(lat_e7, lon_e7, Datum.GCJ02)) > 50_000


def test_a_cell_is_named_by_its_south_west_corner() -> None:
    assert geo_cell(at(239_300_000, 1_166_800_000)) == "23.93N116.68E"
    assert geo_cell(at(239_399_999, 1_166_899_999)) == "23.93N116.68E"
    assert geo_cell(at(240_050_000, 1_160_050_000)) == "24.00N116.00E"
    assert geo_cell(at(300_050_000, 1_160_150_000)) == "30.00N116.00E"


@given(*DISTRICT)
def test_a_place_has_one_cell_whatever_its_datum(lat_e7: int, lon_e7: int) -> None:
    inner_lat, inner_lon = (e7 // 100_000 * 100_000 + 50_000 for e7 in (lat_e7, lon_e7))
    position = at(inner_lat, inner_lon)
    assert geo_cell(to_gcj02(position)) == geo_cell(position)


@given(*CHINA)
def test_a_cell_measures_a_kilometre_or_more_each_way(lat_e7: int, lon_e7: int) -> None:
    cell = geo_cell(at(lat_e7, lon_e7))
    south, west = (round(float(part) * 1e7) for part in cell.rstrip("E").split("N"))
    height, width = 100_000, 100_000 if south < 260_000_000 else 200_000
    assert south <= lat_e7 < south + height
    assert west <= lon_e7 < west + width
    assert distance_cm(at(south, west), at(south + height, west)) >= 100_000
    assert distance_cm(at(south + height, west), at(south + height, west + width)) >= 100_000


def test_swapped_coordinates_are_refused_with_a_hint() -> None:
    with pytest.raises(PositionOutsideRegion, match="swapped"):
        at(1_166_500_000, 239_500_000)


@pytest.mark.parametrize("field", ["lat_e7", "lon_e7", "accuracy_cm"])
def test_fractions_and_numerals_are_not_positions(field: str) -> None:
    good = {"lat_e7": 239_500_000, "lon_e7": 1_166_500_000, "datum": Datum.WGS84, "accuracy_cm": 5}
    for bad in (1.0, "5", True, None):
        with pytest.raises(ValidationError):
            Position.model_validate(good | {field: bad})
