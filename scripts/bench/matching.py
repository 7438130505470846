"""Matching 2,000 farmers with 1,000 firms, beside the greedy matching that is usual (best pair first).

Welfare is what all trades gain over reserve prices and freight; the gap is what a better fair matching could gain at
most. The fair market is one in which the bound binds: small farmers ask for more than large ones.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date, timedelta

from scripts.bench.figures import Figure, Options
from workflows.matching.market import Demand, Lot, Rules, roads
from workflows.matching.solve import Matching, match

FARMERS, FIRMS = 2_000, 1_000
SMALL_GRAMS = 4_000
SEED = 1


def market(farmers: int, firms: int, dearer: int) -> tuple[list[Lot], list[Demand]]:
    """Two lots a farmer and one demand a firm; small farmers' reserves are `dearer` fen/kg higher."""
    dice = random.Random(SEED)
    days = [date(2026, 4, 20) + timedelta(7 * week) for week in range(8)]
    villages, towns = list(roads())[:10], list(roads())[10:]
    lots = []
    for number in range(2 * farmers):
        small = number // 2 % 2 == 0
        grams = dice.randint(200, SMALL_GRAMS // 2) if small else dice.randint(3_000, 20_000)
        reserve = dice.randint(200_000, 800_000) + (dearer if small else 0)
        about = ("2026-spring", dice.randint(1, 4), grams, reserve, dice.choice(villages), dice.choice(days))
        lots.append(Lot(f"lot {number:05}", number // 2, *about))
    demands = [
        Demand(
            f"demand {number:05}",
            10_000 + number,
            "2026-spring",
            dice.randint(1, 4),
            dice.randint(2_000, 40_000),
            dice.randint(250_000, 1_000_000),
            dice.choice(towns),
            dice.choice(days),
        )
        for number in range(firms)
    ]
    return lots, demands


def greedy(lots: list[Lot], demands: list[Demand], rules: Rules) -> int:
    """Welfare of taking the pair that gains most, again and again, in thousandths of a fen."""
    pairs = sorted(
        (
            (demand.price - lot.reserve - rules.carriage(lot.place, demand.place), number, place)
            for number, lot in enumerate(lots)
            for place, demand in enumerate(demands)
            if lot.season == demand.season
            and lot.grade <= demand.grade
            and lot.ready <= demand.due
            and demand.price - lot.reserve - rules.carriage(lot.place, demand.place) > 0
        ),
        reverse=True,
    )
    left, asked, welfare = [lot.grams for lot in lots], [demand.grams for demand in demands], 0
    for worth, number, place in pairs:
        grams = min(left[number], asked[place])
        left[number] -= grams
        asked[place] -= grams
        welfare += worth * grams
    return welfare


def measure(options: Options) -> Iterator[Figure]:
    """Seconds, welfare, and what fairness costs."""
    size = (FARMERS // options.scale, FIRMS // options.scale)
    plain, fair = market(*size, dearer=0), market(*size, dearer=150_000)
    free, strict = Rules(0), Rules(SMALL_GRAMS, 0)
    seconds: dict[str, list[float]] = {"free": [], "fair": [], "greedy": []}
    for _ in range(options.rounds):
        found = _timed(seconds["free"], *plain, free)
        bound = _timed(seconds["fair"], *fair, strict)
        begun = time.perf_counter()
        usual = greedy(*plain, free)
        seconds["greedy"].append(time.perf_counter() - begun)
    ratios = [ours / theirs for ours, theirs in zip(seconds["free"], seconds["greedy"], strict=True)]
    yield Figure("optimal, no bound binds", seconds["free"], "s", "greedy", ratios, "in seconds")
    yield Figure("optimal under the fairness bound", seconds["fair"], "s", wanted="in seconds")
    yield Figure("welfare", [found.welfare / 1e8], "1,000 CNY", "greedy", [found.welfare / usual], "> 1")
    cost = bound.cost_of_fairness / bound.welfare_without
    yield Figure("cost of fairness", [1e6 * cost], "ppm of welfare")
    yield Figure("not proved (gap)", [1e6 * bound.gap / bound.bound], "ppm of welfare")


def _timed(seconds: list[float], lots: list[Lot], demands: list[Demand], rules: Rules) -> Matching:
    begun = time.perf_counter()
    found = match(lots, demands, rules)
    seconds.append(time.perf_counter() - begun)
    return found
