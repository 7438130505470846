"""Small random markets, and what an independent look at them finds: every allocation tried, pair by pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from hypothesis import strategies as st

from workflows.matching.market import Demand, Lot, Rules

ORIGINS, GOALS = ("乌岽", "凤西"), ("潮州", "乌岽")
START = date(2026, 4, 20)


@st.composite
def lots(draw: st.DrawFn, most: int = 4, grams: int = 4, prices: tuple[int, int] = (1, 900)) -> list[Lot]:
    """Up to `most` lots."""
    return [
        Lot(
            f"lot {number}",
            draw(st.integers(1, 3)),
            draw(st.sampled_from(["2026-spring", "2026-spring", "2026-winter"])),
            draw(st.integers(1, 3)),
            draw(st.integers(1, grams)),
            draw(st.integers(*prices)),
            draw(st.sampled_from(ORIGINS)),
            START + timedelta(draw(st.integers(0, 3))),
        )
        for number in range(draw(st.integers(0, most)))
    ]


@st.composite
def demands(draw: st.DrawFn, most: int = 3, grams: int = 4, prices: tuple[int, int] = (200, 1_500)) -> list[Demand]:
    """Up to `most` demands."""
    return [
        Demand(
            f"demand {number}",
            draw(st.integers(11, 13)),
            draw(st.sampled_from(["2026-spring", "2026-spring", "2026-winter"])),
            draw(st.integers(1, 3)),
            draw(st.integers(1, grams)),
            draw(st.integers(*prices)),
            draw(st.sampled_from(GOALS)),
            START + timedelta(draw(st.integers(0, 3))),
        )
        for number in range(draw(st.integers(0, most)))
    ]


def gain(lot: Lot, demand: Demand, rules: Rules) -> int | None:
    """What a gram of the lot for the demand gains, in thousandths of a fen; None where they do not fit."""
    fits = lot.season == demand.season and lot.grade <= demand.grade and lot.ready <= demand.due
    return demand.price - lot.reserve - rules.carriage(lot.place, demand.place) if fits else None


def best(supply: Sequence[Lot], wanted: Sequence[Demand], rules: Rules, least_ppm: int, small: Sequence[bool]) -> int:
    """The greatest welfare of any whole allocation that keeps the bound, by trying all of them."""
    pairs = [
        (number, place, worth)
        for number, lot in enumerate(supply)
        for place, demand in enumerate(wanted)
        if (worth := gain(lot, demand, rules)) is not None and worth >= 0
    ]

    def allocations(at: int, left: list[int], asked: list[int], sold: list[int]) -> Iterator[tuple[int, list[int]]]:
        if at == len(pairs):
            yield 0, sold
            return
        number, place, worth = pairs[at]
        for grams in range(min(left[number], asked[place]) + 1):
            left[number] -= grams
            asked[place] -= grams
            sold[number] += grams
            for more, given in allocations(at + 1, left, asked, sold):
                yield more + worth * grams, given
            left[number] += grams
            asked[place] += grams
            sold[number] -= grams

    found = 0
    for welfare, sold in allocations(
        0, [one.grams for one in supply], [one.grams for one in wanted], [0] * len(supply)
    ):
        if welfare > found:
            values = [lot.reserve * grams for lot, grams in zip(supply, sold, strict=True)]
            of_small = sum(value for value, one in zip(values, small, strict=True) if one)
            if of_small * 1_000_000 >= sum(values) * least_ppm:
                found = welfare
    return found
