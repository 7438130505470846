"""Synthetic demands of firms for the coming spring: wishes kept off chain, labelled synthetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from scripts.world.population import World
from workflows.matching.market import Demand

GOALS = ("潮州", "潮州", "潮州", "凤凰", "饶平", "汕头", "广州", "深圳")
GRADE_PRICES = {1: 1_100_000, 2: 760_000, 3: 480_000, 4: 360_000}
"""Median of what firms would pay at most, fen per kilogram. [A]"""


def demands(world: World, year: int, party_id: Callable[[str], int]) -> Iterator[Demand]:
    """One to three demands of every firm that is not suspended; the same for the same world and year."""
    for party in world.parties():
        if party.role != "FIRM" or party.suspended:
            continue
        draws = world.draws.of("demand", party.slug, year)
        for number in range(1, draws.whole("count", 1, 3) + 1):
            one = draws.of(number)
            grade = one.whole("grade", 1, 4)
            yield Demand(
                id="0x" + one.octets("id", 16).hex(),
                firm=party_id(party.slug),
                season=f"{year}-spring",
                grade=grade,
                grams=max(500, round(one.lognormal("grams", 6_000, 0.7))),
                price=round(one.lognormal("price", GRADE_PRICES[grade], 0.25)),
                place=GOALS[one.whole("place", 0, len(GOALS) - 1)],
                due=date(year, 5, 20) + timedelta(7 * one.whole("due", 0, 7)),
            )
