"""Synthetic trees: every distribution of `domain.md` 6.2 that concerns one tree.

Numbers marked [A] are this project's assumptions, as are those marked so in `domain.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from scripts.world.draws import Draws
from scripts.world.places import Garden, standing
from workflows.commitment import SALT_BYTES
from workflows.trees.position import Datum, Position, geo_cell
from workflows.trees.protection import protection_level
from workflows.trees.record import (
    AgeMethod,
    Health,
    LandKind,
    SeasonYield,
    TitleClass,
    TreeRecord,
)

SEASONS = (2023, 2024, 2025)


class AgeBand(NamedTuple):
    """Ages of a band, both ends included."""

    least: int
    most: int


# Trees of the book by age: more than 15,000 of 100 years, of which more than 4,600 of 200 years.
AGE_BANDS = {
    AgeBand(100, 199): 10_400,
    AgeBand(200, 299): 3_300,
    AgeBand(300, 499): 1_250,
    AgeBand(500, 720): 50,
}

CULTIVARS = {
    "黄栀香/宋种系": 28, "芝兰香/八仙系": 16, "蜜兰香": 12, "杏仁香": 8, "玉兰香": 6, "肉桂香": 5,
    "桂花香": 5, "姜花香/通天香": 5, "夜来香": 4, "茉莉香": 3, "柚花香": 3, "凤凰水仙群体": 4,
    "鸭屎香/银花香": 1,
}  # fmt: skip
GRAFTED_PERCENT = {"鸭屎香/银花香": 95, "蜜兰香": 15}
GRAFTED_PERCENT_OTHERS = 3  # [A]
MASS_GRAFTING_YEARS = (1990, 1996)

HEALTHS = {Health.A: 45, Health.B: 42, Health.C: 11, Health.D: 2}  # [A]
HEALTH_YIELD = {Health.A: 1.0, Health.B: 0.85, Health.C: 0.6, Health.D: 0.25}
TITLES = {TitleClass.CERTIFICATE: 30, TitleClass.CONTRACT: 60, TitleClass.WITNESS: 10}  # [A]
LANDS = {
    LandKind.FOREST: 40, LandKind.GARDEN: 45, LandKind.ARABLE: 3, LandKind.PRIVATE_HILL: 10,
    LandKind.HOUSEYARD: 2,
}  # fmt: skip  # [A]
# How ages were found before an authority recognised the tree, and the half width of the confidence
# interval in percent of the age. [A]
AGE_METHODS = {AgeMethod.GIRTH_MODEL: 75, AgeMethod.ORAL: 20, AgeMethod.CORE: 5}
AGE_CI_PERCENT = {AgeMethod.CORE: 5, AgeMethod.GIRTH_MODEL: 20, AgeMethod.ORAL: 35}

RTK_ACCURACY_CM = (2, 50)


class Kinds(NamedTuple):
    """The kinds a tree falls into; the world hands them out in exact quotas."""

    age_band: AgeBand
    cultivar: str
    health: Health
    title_class: TitleClass
    land_kind: LandKind
    age_method: AgeMethod


@dataclass(frozen=True, slots=True)
class Tree:
    """An invented tree: its owner (slug of a party), its off-chain record and the salt of the commitment.

    The salt is drawn from the seed, which only a synthetic record may do.
    """

    number: int
    owner: str
    record: TreeRecord
    salt: bytes
    synthetic: Literal[True] = True

    @property
    def tag(self) -> str:
        """Number on the tree's plate; it begins with SYN."""
        return self.record.tag

    @property
    def geo_cell(self) -> str:
        """Cell of at least 1 km by 1 km the tree stands in."""
        return geo_cell(self.record.position)

    @property
    def protection_level(self) -> int:
        """Level at which the authority should recognise it: 1, 2 or 3."""
        return protection_level(self.record.age_years)

    @property
    def commitment(self) -> bytes:
        """What the chain holds of the record."""
        return self.record.commitment(self.salt)


def climate(draws: Draws) -> float:
    """What one spring left of the harvest of one village: cold snaps and droughts take from it.

    Typhoons come in autumn and touch quality, not the spring flush.
    """
    left = 1.0
    if draws.unit("cold?") < 0.10:
        left -= draws.between("cold", 0.15, 0.40)
    if draws.unit("drought?") < 0.12:
        left *= 1 - draws.between("drought", 0.10, 0.30)
    return left


def tree(
    draws: Draws,
    number: int,
    owner: str,
    garden: Garden,
    place: int,
    kinds: Kinds,
    climates: tuple[float, ...],
) -> Tree:
    """The tree at a place of a garden, with a spring climate for each of SEASONS."""
    lat_e7, lon_e7 = standing(draws, garden, place)
    age = _age(draws, kinds.age_band)
    crown = [_crown_cm(draws, f"crown-{axis}", age) for axis in "ab"]
    record = TreeRecord(
        tag=f"SYN-{garden.hamlet.code}-{number:05d}",
        village=garden.hamlet.village,
        hamlet=garden.hamlet.name,
        position=Position(
            lat_e7=lat_e7,
            lon_e7=lon_e7,
            datum=Datum.CGCS2000,
            accuracy_cm=draws.whole("accuracy", *RTK_ACCURACY_CM),
        ),
        altitude_m=_within(garden.altitude_m + draws.normal("altitude", 0, 3), 600, 1_300),
        land_kind=kinds.land_kind,
        title_class=kinds.title_class,
        right_until=_right_until(draws, kinds.title_class),
        cultivar=kinds.cultivar,
        age_years=age,
        age_method=kinds.age_method,
        age_ci_years=age * AGE_CI_PERCENT[kinds.age_method] // 100,
        graft_year=_graft_year(draws, kinds.cultivar),
        girth_cm=_within(draws.lognormal("girth", 6.0 * age**0.52, 0.22), 1, 2_000),
        height_cm=_within(draws.normal("height", 330 + 0.6 * (age - 100), 70), 250, 800),
        crown_a_cm=crown[0],
        crown_b_cm=crown[1],
        health=kinds.health,
        yields=_yields(draws, crown, kinds.health, climates),
    )
    return Tree(number, owner, record, draws.octets("salt", SALT_BYTES))


def _within(value: float, least: int, most: int) -> int:
    whole: int = round(value)
    return min(max(whole, least), most)


def _age(draws: Draws, band: AgeBand) -> int:
    # Younger trees are the more frequent ones within a band too. [A]
    years = band.most - band.least + 1
    return band.least + math.floor(years * math.pow(draws.unit("age"), 1.3))


def _crown_cm(draws: Draws, name: str, age: int) -> int:
    return _within((200 + 0.85 * age) * draws.between(name, 0.75, 1.25), 1, 800)


def _right_until(draws: Draws, title: TitleClass) -> date | None:
    if title is TitleClass.WITNESS:
        return None
    return date(draws.whole("right-until", 2028, 2067), 12, 31)


def _graft_year(draws: Draws, cultivar: str) -> int | None:
    if draws.whole("grafted?", 1, 100) > GRAFTED_PERCENT.get(cultivar, GRAFTED_PERCENT_OTHERS):
        return None
    wave = draws.whole("graft-wave", 1, 10)
    if wave <= 8:
        return MASS_GRAFTING_YEARS[wave % 2]
    return draws.whole("graft-year", 1990, 2012)


def _yields(draws: Draws, crown: list[int], health: Health, climates: tuple[float, ...]) -> tuple[SeasonYield, ...]:
    """0.15 kg of dry tea per m² of crown and spring, times health, vigour and climate; 8 kg at most."""
    crown_m2 = math.pi / 4 * crown[0] * crown[1] / 10_000
    potential_g = 150 * crown_m2 * HEALTH_YIELD[health] * draws.lognormal("vigour", 1, 0.25)
    return tuple(
        SeasonYield(
            year=year,
            dry_g=_within(potential_g * climate_left * draws.lognormal(f"spring-{year}", 1, 0.1), 0, 8_000),
        )
        for year, climate_left in zip(SEASONS, climates, strict=True)
    )
