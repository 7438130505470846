"""What a market is made of: lots of tea that farmers expect, demands of firms, and the rules they are matched by.

Weights in grams, prices in fen per kilogram, money in thousandths of a fen (grams × fen/kg): whole numbers throughout.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from chain.errors import ChaqiError
from workflows.commitment import Json, canonical_json

PPM = 1_000_000
MFEN = 1_000
"""Thousandths of a fen in a fen."""


class PlaceUnknown(ChaqiError):
    """A place without a known way to the market."""

    status = 422
    en = "Place {place} is not known. The places are: {known}."
    zh = "地点 {place} 未知。可用地点：{known}。"


class MarketMalformed(ChaqiError):
    """Two lots or two demands have one id, or a number is out of range."""

    status = 422
    en = "The market is malformed: {problem}."
    zh = "供需数据有误：{problem}。"


@dataclass(frozen=True, slots=True, order=True)
class Lot:
    """Tea that a farmer can deliver from `ready` on; grade 1 is the best; `reserve` the least price at the farm."""

    id: str
    farmer: int
    season: str
    grade: int
    grams: int
    reserve: int
    place: str
    ready: date


@dataclass(frozen=True, slots=True, order=True)
class Demand:
    """Tea that a firm wants until `due`, of `grade` or better; `price` the most it pays, delivered to `place`."""

    id: str
    firm: int
    season: str
    grade: int
    grams: int
    price: int
    place: str
    due: date


@cache
def roads() -> Mapping[str, int]:
    """Freight from each known place to the market town and back, fen per kilogram one way. [A]"""
    table = tomllib.loads(Path(__file__).with_name("places.toml").read_text())
    return {place: int(fen) for place, fen in table["freight_fen_per_kg"].items()}


@dataclass(frozen=True, slots=True)
class Rules:
    """How a market is matched.

    A farmer is small whose lots weigh `small_grams` or less together. Small farmers' share of the matched value, at
    reserve prices, is at least their share of the value of all supply that some demand could take, less
    `tolerance_ppm`.
    """

    small_grams: int = 5_000
    tolerance_ppm: int = 50_000
    freight: Mapping[str, int] = field(default_factory=roads)

    def carriage(self, origin: str, goal: str) -> int:
        """Freight in fen per kilogram: none within a place, else over the market town."""
        return 0 if origin == goal else self.freight[origin] + self.freight[goal]


def checked(lots: Sequence[Lot], demands: Sequence[Demand], rules: Rules) -> tuple[list[Lot], list[Demand]]:
    """The market in the one order in which it is solved, whatever the order it came in.

    Raises `PlaceUnknown`, `MarketMalformed`.
    """
    for kind in (lots, demands):
        if len({one.id for one in kind}) != len(kind):
            raise MarketMalformed(problem="two entries have the same id")
        for one in kind:
            if one.place not in rules.freight:
                raise PlaceUnknown(place=one.place, known=", ".join(sorted(rules.freight)))
            if one.grams < 1 or one.grade < 1:
                raise MarketMalformed(problem=f"{one.id}: grams and grade begin at 1")
    if any(lot.reserve < 1 for lot in lots) or any(demand.price < 1 for demand in demands):
        raise MarketMalformed(problem="prices begin at 1 fen per kilogram")
    return sorted(lots), sorted(demands)


def inputs_hash(lots: Sequence[Lot], demands: Sequence[Demand], rules: Rules) -> str:
    """SHA-256 over the canonical JSON of everything that decides a result."""
    content: dict[str, Json] = {
        "lots": [asdict(lot) | {"ready": lot.ready.isoformat()} for lot in sorted(lots)],
        "demands": [asdict(demand) | {"due": demand.due.isoformat()} for demand in sorted(demands)],
        "rules": {
            "small_grams": rules.small_grams,
            "tolerance_ppm": rules.tolerance_ppm,
            "freight": dict(sorted(rules.freight.items())),
        },
    }
    return "0x" + hashlib.sha256(canonical_json(content)).hexdigest()
