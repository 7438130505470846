"""A market as a network: places, grades and days are hubs, so that its size does not grow with lots × demands.

    lot → S(place, grade, day) → market(grade, day) → D(place, grade, day) → demand
             └ a better grade may serve a worse one, and tea may wait: S → S, the next grade and the next day
             └ within one place without freight: S → D

Only grades and days that some demand names are hubs; a lot enters at the next worse grade and the next later day. Hubs
and ways stand in an order in which every way leads forward.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from workflows.matching.market import Demand, Lot, Rules


@dataclass(slots=True)
class Network:
    """Hubs are numbered; `ways` are (from, to, freight in fen/kg). `entry` and `exit`: hub of each lot and demand, None
    of a lot that no demand can take by season, grade or day.
    """

    hubs: int = 0
    ways: list[tuple[int, int, int]] = field(default_factory=list)
    entry: list[int | None] = field(default_factory=list)
    exit: list[int] = field(default_factory=list)
    netback: list[int | None] = field(default_factory=list)
    """By hub: the most any demand that can be reached pays there, freight deducted; None: none is reached."""


def build(lots: Sequence[Lot], demands: Sequence[Demand], rules: Rules) -> Network:
    """The network of a market; the same for the same market."""
    network = Network(entry=[None] * len(lots), exit=[0] * len(demands))
    seasons: dict[str, list[int]] = defaultdict(list)
    for number, demand in enumerate(demands):
        seasons[demand.season].append(number)
    for season in sorted(seasons):
        wanted = [demands[number] for number in seasons[season]]
        offered = [number for number, lot in enumerate(lots) if lot.season == season]
        _season(network, lots, offered, demands, seasons[season], wanted, rules)
    _netbacks(network, demands)
    return network


def _season(
    network: Network,
    lots: Sequence[Lot],
    offered: Sequence[int],
    demands: Sequence[Demand],
    asked: Sequence[int],
    wanted: Sequence[Demand],
    rules: Rules,
) -> None:
    grades = sorted({demand.grade for demand in wanted})
    days = sorted({demand.due for demand in wanted})
    origins = sorted({lots[number].place for number in offered})
    goals = sorted({(demand.place, demand.grade, demand.due) for demand in wanted})
    corners = [(grade, day) for grade in range(len(grades)) for day in range(len(days))]

    def add() -> int:
        network.hubs += 1
        return network.hubs - 1

    sources = {(place, *corner): add() for place in origins for corner in corners}
    markets = {corner: add() for corner in corners}
    sinks = {(place, grades.index(grade), days.index(day)): add() for place, grade, day in goals}
    for (place, grade, day), hub in sources.items():
        if grade + 1 < len(grades):
            network.ways.append((hub, sources[place, grade + 1, day], 0))
        if day + 1 < len(days):
            network.ways.append((hub, sources[place, grade, day + 1], 0))
        network.ways.append((hub, markets[grade, day], rules.freight[place]))
        if (place, grade, day) in sinks:
            network.ways.append((hub, sinks[place, grade, day], 0))
    for (place, grade, day), hub in sinks.items():
        network.ways.append((markets[grade, day], hub, rules.freight[place]))
    for number in asked:
        demand = demands[number]
        network.exit[number] = sinks[demand.place, grades.index(demand.grade), days.index(demand.due)]
    for number in offered:
        corner = _corner(lots[number], grades, days)
        if corner is not None:
            network.entry[number] = sources[lots[number].place, *corner]


def _corner(lot: Lot, grades: Sequence[int], days: Sequence[date]) -> tuple[int, int] | None:
    grade, day = bisect_left(grades, lot.grade), bisect_left(days, lot.ready)
    return (grade, day) if grade < len(grades) and day < len(days) else None


def _netbacks(network: Network, demands: Sequence[Demand]) -> None:
    best: list[int | None] = [None] * network.hubs
    for demand, hub in zip(demands, network.exit, strict=True):
        known = best[hub]
        best[hub] = demand.price if known is None else max(known, demand.price)
    for origin, goal, freight in reversed(network.ways):
        reached, known = best[goal], best[origin]
        if reached is not None and (known is None or reached - freight > known):
            best[origin] = reached - freight
    network.netback = best
