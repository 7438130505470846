"""Where a tree stands: datums, distances, duplicates and the coarse cell that may be shown to everybody.

Positions are whole numbers of 1e-7 degree. The canonical datum is CGCS2000; WGS84 agrees with it to a
few centimetres and is taken as the same. GCJ-02, which Chinese map applications show, is shifted by
about 310 m south and 450 m east around Fenghuang, so it is converted before anything is compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chain.errors import ChaqiError

E7 = 10_000_000

# Bounds within which the published GCJ-02 conversion shifts coordinates, in 1e-7 degree.
SOUTH_E7, NORTH_E7 = 8_293_000, 558_271_000
WEST_E7, EAST_E7 = 720_040_000, 1_378_347_000

# Ellipsoid of the published GCJ-02 conversion (Krasovsky 1940) and of the canonical datum (WGS84).
KRASOVSKY_AXIS_M, KRASOVSKY_E2 = 6_378_245.0, 0.006_693_421_622_965_943
WGS84_AXIS_M, WGS84_E2 = 6_378_137.0, 0.006_694_379_990_141_317

GEO_CELL_E7 = E7 // 100
GEO_CELL_WIDENS_AT_E7 = 26 * E7


class PositionOutsideRegion(ChaqiError):
    """A position is not in the region where Chinese registries and GCJ-02 apply."""

    status = 422
    en = "Position {lat_e7}, {lon_e7} (1e-7 degree) is outside China; are latitude and longitude swapped?"
    zh = "位置 {lat_e7}, {lon_e7}（1e-7 度）不在中国境内，请检查经纬度是否颠倒。"


class DuplicateTree(ChaqiError):
    """A live tree already stands within the survey accuracy of the one that is filed."""

    status = 409
    en = "Tree {other} stands {distance_cm} cm away; the two surveys cannot tell trees {within_cm} cm apart."
    zh = "古树 {other} 距此 {distance_cm} 厘米；两次测量的精度无法区分 {within_cm} 厘米以内的树。"


class Datum(StrEnum):
    """Geodetic datum of a position."""

    CGCS2000 = "CGCS2000"
    WGS84 = "WGS84"
    GCJ02 = "GCJ02"


class Position(BaseModel):
    """A surveyed position in 1e-7 degree with its datum and accuracy.

    Raises PositionOutsideRegion for a position outside the bounds of GCJ-02.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    lat_e7: int
    lon_e7: int
    datum: Datum
    accuracy_cm: int = Field(ge=0, le=100_000)

    @model_validator(mode="after")
    def _inside_region(self) -> Self:
        if not (SOUTH_E7 <= self.lat_e7 <= NORTH_E7 and WEST_E7 <= self.lon_e7 <= EAST_E7):
            raise PositionOutsideRegion(lat_e7=self.lat_e7, lon_e7=self.lon_e7)
        return self


class Duplicate(NamedTuple):
    """A tree that cannot be told apart from another one by position."""

    tag: str
    distance_cm: int
    within_cm: int


def canonical(position: Position) -> Position:
    """The same place in CGCS2000, exact to the 1e-7 degree of the input."""
    lat, lon = position.lat_e7 / E7, position.lon_e7 / E7
    if position.datum is Datum.GCJ02:
        lat, lon = _without_shift(lat, lon)
    return _position(lat, lon, Datum.CGCS2000, position.accuracy_cm)


def to_gcj02(position: Position) -> Position:
    """The same place in GCJ-02, for showing it on a Chinese map; never for storing it."""
    if position.datum is Datum.GCJ02:
        return position
    lat, lon = position.lat_e7 / E7, position.lon_e7 / E7
    north, east = _shift(lat, lon)
    return _position(lat + north, lon + east, Datum.GCJ02, position.accuracy_cm)


def distance_cm(one: Position, other: Position) -> int:
    """Straight-line distance in whole centimetres (rounded down), whatever the two datums are.

    Both positions are taken at sea level, which shortens distances by 0.02 % at 1,300 m: far below
    the accuracy of a survey.
    """
    return math.floor(100 * math.dist(_cartesian(canonical(one)), _cartesian(canonical(other))))


def duplicate(candidate: Position, others: Iterable[tuple[str, Position]]) -> Duplicate | None:
    """The nearest of `others` (tag, position) whose survey cannot be told apart from the candidate's.

    Two surveys cannot be told apart when the trees are no further apart than both accuracies together.
    """
    compared = (
        Duplicate(tag, distance_cm(candidate, other), candidate.accuracy_cm + other.accuracy_cm)
        for tag, other in others
    )
    found = [near for near in compared if near.distance_cm <= near.within_cm]
    return min(found, key=lambda near: (near.distance_cm, near.tag), default=None)


def refuse_duplicate(candidate: Position, others: Iterable[tuple[str, Position]]) -> None:
    """Raise DuplicateTree when one of `others`, the live trees nearby, is a duplicate of the candidate."""
    if found := duplicate(candidate, others):
        raise DuplicateTree(other=found.tag, distance_cm=found.distance_cm, within_cm=found.within_cm)


def geo_cell(position: Position) -> str:
    """Cell of at least 1 km by 1 km around a position, named by its south-west corner: "23.93N116.68E".

    Cells measure 0.01 by 0.01 degree; from 26° N, where 0.01 degree of longitude falls below 1 km,
    they measure 0.02 degree from west to east.
    """
    place = canonical(position)
    step = GEO_CELL_E7 * (2 if place.lat_e7 >= GEO_CELL_WIDENS_AT_E7 else 1)
    south = place.lat_e7 // GEO_CELL_E7
    west = place.lon_e7 // step * step // GEO_CELL_E7
    return f"{south // 100}.{south % 100:02d}N{west // 100}.{west % 100:02d}E"


def _position(lat: float, lon: float, datum: Datum, accuracy_cm: int) -> Position:
    return Position(lat_e7=round(lat * E7), lon_e7=round(lon * E7), datum=datum, accuracy_cm=accuracy_cm)


def _cartesian(place: Position) -> tuple[float, float, float]:
    """Earth-centred coordinates in metres of a canonical position at sea level."""
    lat, lon = math.radians(place.lat_e7 / E7), math.radians(place.lon_e7 / E7)
    normal = WGS84_AXIS_M / math.sqrt(1 - WGS84_E2 * math.sin(lat) ** 2)
    return (
        normal * math.cos(lat) * math.cos(lon),
        normal * math.cos(lat) * math.sin(lon),
        normal * (1 - WGS84_E2) * math.sin(lat),
    )


def _shift(lat: float, lon: float) -> tuple[float, float]:
    """Degrees by which GCJ-02 lies north and east of WGS84 at a WGS84 position.

    The state's algorithm is secret; this is the reconstruction every open implementation uses, first
    published as `EvilTransform` (2010) and described under "GCJ-02" in Wikipedia's "Restrictions on
    geographic data in China". It agrees with what map services answer to about a metre.
    """
    x, y = lon - 105.0, lat - 35.0

    def wave(amplitude: float, frequency: float, angle: float) -> float:
        return amplitude * math.sin(angle * frequency * math.pi)

    both = wave(20, 6, x) + wave(20, 2, x)
    north_waves = both + wave(20, 1, y) + wave(40, 1 / 3, y) + wave(160, 1 / 12, y) + wave(320, 1 / 30, y)
    east_waves = both + wave(20, 1, x) + wave(40, 1 / 3, x) + wave(150, 1 / 12, x) + wave(300, 1 / 30, x)
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + north_waves * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + east_waves * 2 / 3
    phi = math.radians(lat)
    curvature = 1 - KRASOVSKY_E2 * math.sin(phi) ** 2
    meridian_m = KRASOVSKY_AXIS_M * (1 - KRASOVSKY_E2) / curvature**1.5
    parallel_m = KRASOVSKY_AXIS_M / math.sqrt(curvature) * math.cos(phi)
    return math.degrees(north_m / meridian_m), math.degrees(east_m / parallel_m)


def _without_shift(lat: float, lon: float) -> tuple[float, float]:
    """WGS84 position whose GCJ-02 position is given; the shift has no inverse in closed form."""
    found_lat, found_lon = lat, lon
    # The shift changes by less than 1 % of a displacement, so each round gains two digits or more.
    for _ in range(8):
        north, east = _shift(found_lat, found_lon)
        found_lat, found_lon = lat - north, lon - east
    return found_lat, found_lon
