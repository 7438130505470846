"""What the trees of the ledger can be expected to give: their lots of the coming spring.

Only what everybody may know goes in: the public card. Yield by crown and health, grade by health, and reserve price by
age are assumptions of this project after `domain.md` 6.2 and 7.2; a farmer's own statement would replace them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from workflows.advice.rules import advise, usual_altitude
from workflows.matching.market import PPM, Lot, roads

QUARTER_PI_PPM = 785_398
GRAMS_PER_SQUARE_METRE = 150
"""Dry tea of one spring for each m² of crown."""

HEALTH_PPM = {"A": 1_000_000, "B": 850_000, "C": 600_000, "D": 250_000}
GRADES = {"A": 1, "B": 2, "C": 3, "D": 4}
RESERVES = ((500, 8_000_000), (300, 1_600_000), (200, 640_000), (0, 320_000))
"""Least age in years, and four fifths of the median farm price of such trees in fen/kg."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a tree's public card says that matters here."""

    tree: str
    owner: int
    village: str
    cultivar: str
    age_years: int
    crown_a_cm: int
    crown_b_cm: int
    health: str


def expected_grams(card: Card) -> int:
    """Dry tea of one spring, rounded down at each step; 0 of a tree whose crown was never measured."""
    crown_cm2 = card.crown_a_cm * card.crown_b_cm * QUARTER_PI_PPM // PPM
    return crown_cm2 * GRAMS_PER_SQUARE_METRE // 10_000 * HEALTH_PPM.get(card.health, 0) // PPM


def coming_spring(today: date) -> int:
    """The year of the spring that is being traded: from June on the next one."""
    return today.year + (today.month >= 6)


def lots(cards: Iterable[Card], year: int) -> list[Lot]:
    """The lots of one spring: trees of one owner that are alike in everything that matters are one lot."""
    grams: dict[tuple[int, int, int, str, date], int] = defaultdict(int)
    for card in cards:
        place = card.village.removesuffix("村")
        if place in roads() and (expected := expected_grams(card)):
            reserve = next(price for age, price in RESERVES if card.age_years >= age)
            ready = advise(card.cultivar, usual_altitude(place), year, ()).closes
            grams[card.owner, GRADES[card.health], reserve, place, ready] += expected
    season = f"{year}-spring"
    return [
        Lot(_name(season, *key), owner, season, grade, weight, reserve, place, ready)
        for key, weight in sorted(grams.items())
        for owner, grade, reserve, place, ready in [key]
    ]


def _name(season: str, owner: int, grade: int, reserve: int, place: str, ready: date) -> str:
    text = f"{season}/{owner}/{grade}/{reserve}/{place}/{ready}"
    return "0x" + hashlib.sha256(text.encode()).hexdigest()[:32]
