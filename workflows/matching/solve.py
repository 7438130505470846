"""Optimal matching under the fairness bound, by linear programming (HiGHS) and proved in whole numbers.

Without the bound the problem is a flow in a network (`network`) with whole capacities: the vertices of its polytope are
whole, and so is what the simplex method finds. Where that optimum breaks the bound, `fair` finds the best that keeps
it.

The solver works in floating point and is not believed. Capacities, conservation and the bound are checked in whole
numbers; and the hubs' prices, which are the dual solution, bound the welfare of any matching at all (weak duality), in
whole numbers too. The gap to that bound is part of every result, and zero where fairness asks for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workflows.matching.fair import Pair, fair_pairs
from workflows.matching.market import PPM, Demand, Lot, Rules, checked
from workflows.matching.network import Network, build
from workflows.matching.programme import UNBOUNDED, MatchingUnproved, Programme


@dataclass(frozen=True, slots=True)
class Trade:
    """A proposal: grams of a lot for a demand at `price` fen/kg at the farm; the firm pays `freight` fen/kg on top."""

    lot: int
    demand: int
    grams: int
    price: int
    freight: int


@dataclass(frozen=True, slots=True)
class Fairness:
    """The bound and what came of it, in millionths. `binding`: without the bound it would have been broken."""

    small_farmers: int
    supply_share_ppm: int
    least_share_ppm: int
    share_ppm: int
    share_without_ppm: int
    binding: bool


@dataclass(frozen=True, slots=True)
class Matching:
    """A proved result; money in thousandths of a fen. Lots and demands stand in the order of `checked`.

    `welfare` is what the trades gain over reserve prices and freight; no matching that keeps the bound gains more than
    `bound`. `welfare_without` is the optimum without fairness: the difference is the cost of fairness.
    `price_of_lot` and `price_of_demand` are the prices in fen/kg at which that market clears, where each lot enters
    (None where it cannot) and each demand is served; `_without` are the grams it would match.
    """

    lots: list[Lot]
    demands: list[Demand]
    trades: list[Trade]
    lot_grams: list[int]
    demand_grams: list[int]
    welfare: int
    bound: int
    welfare_without: int
    fairness: Fairness
    network: Network
    price_of_lot: list[int | None]
    price_of_demand: list[int]
    lot_grams_without: list[int]
    demand_grams_without: list[int]

    @property
    def gap(self) -> int:
        """How much better than this any matching that keeps the bound could be at most, thousandths of a fen."""
        return self.bound - self.welfare

    @property
    def cost_of_fairness(self) -> int:
        """Welfare given up for the bound, thousandths of a fen."""
        return self.welfare_without - self.welfare


def match(lots: Sequence[Lot], demands: Sequence[Demand], rules: Rules) -> Matching:
    """The best matching that keeps the rules. Raises `PlaceUnknown`, `MarketMalformed`, `MatchingUnproved`."""
    supply, wanted = checked(lots, demands, rules)
    network = build(supply, wanted, rules)
    small = _small(supply, rules)
    share = _share(supply, [_feasible_grams(*one, network) for one in zip(supply, network.entry, strict=True)], small)
    least = max(0, share - rules.tolerance_ppm)
    weights = [lot.reserve * (PPM - least if one else -least) for lot, one in zip(supply, small, strict=True)]

    free, prices = _free(supply, wanted, network)
    free_lots, free_demands = _totals(free, len(supply), len(wanted))
    without = _welfare(supply, wanted, rules, free)
    bound = _bound(supply, wanted, network, prices)
    if without != bound:
        raise MatchingUnproved(fault=f"welfare {without} is not the optimum {bound}")
    binding = _kept(free_lots, weights) < 0
    pairs = free
    if binding:
        surplus = [max(0, one.price - prices[hub]) for one, hub in zip(wanted, network.exit, strict=True)]
        fair = fair_pairs(supply, wanted, rules, weights, free, surplus)
        pairs, bound = fair.grams, min(bound, fair.bound)
    lot_grams, demand_grams = _totals(pairs, len(supply), len(wanted))
    welfare = _welfare(supply, wanted, rules, pairs)
    _prove(supply, wanted, lot_grams, demand_grams)
    if _kept(lot_grams, weights) < 0 or welfare > bound:
        raise MatchingUnproved(fault="the fairness bound is not kept" if welfare <= bound else "welfare is too high")
    return Matching(
        lots=supply,
        demands=wanted,
        trades=[_trade(supply, wanted, network, prices, rules, pair, pairs[pair]) for pair in sorted(pairs)],
        lot_grams=lot_grams,
        demand_grams=demand_grams,
        welfare=welfare,
        bound=bound,
        welfare_without=without,
        fairness=Fairness(
            small_farmers=len({lot.farmer for lot, one in zip(supply, small, strict=True) if one}),
            supply_share_ppm=share,
            least_share_ppm=least,
            share_ppm=_share(supply, lot_grams, small),
            share_without_ppm=_share(supply, free_lots, small),
            binding=binding,
        ),
        network=network,
        price_of_lot=[None if hub is None else prices[hub] for hub in network.entry],
        price_of_demand=[prices[hub] for hub in network.exit],
        lot_grams_without=free_lots,
        demand_grams_without=free_demands,
    )


def _small(lots: Sequence[Lot], rules: Rules) -> list[bool]:
    total: dict[int, int] = {}
    for lot in lots:
        total[lot.farmer] = total.get(lot.farmer, 0) + lot.grams
    return [total[lot.farmer] <= rules.small_grams for lot in lots]


def _feasible_grams(lot: Lot, entry: int | None, network: Network) -> int:
    best = None if entry is None else network.netback[entry]
    return lot.grams if best is not None and best >= lot.reserve else 0


def _share(lots: Sequence[Lot], grams: Sequence[int], small: Sequence[bool]) -> int:
    """Small farmers' share of the value of these grams at reserve prices, in millionths, rounded down; of nothing 0."""
    values = [lot.reserve * weight for lot, weight in zip(lots, grams, strict=True)]
    of_small = sum(value for value, one in zip(values, small, strict=True) if one)
    return of_small * PPM // sum(values) if any(values) else 0


def _kept(grams: Sequence[int], weights: Sequence[int]) -> int:
    """Not negative: the bound is kept. Exactly small × (1 - least) - others × least, over values."""
    return sum(weight * gram for weight, gram in zip(weights, grams, strict=True))


def _totals(pairs: Mapping[Pair, int], lots: int, demands: int) -> tuple[list[int], list[int]]:
    given, taken = [0] * lots, [0] * demands
    for (lot, demand), grams in pairs.items():
        given[lot] += grams
        taken[demand] += grams
    return given, taken


def _welfare(lots: Sequence[Lot], demands: Sequence[Demand], rules: Rules, pairs: Mapping[Pair, int]) -> int:
    """What the pairs gain. Raises `MatchingUnproved` where one of them does not fit, or loses."""
    total = 0
    for (number, place), grams in pairs.items():
        lot, demand = lots[number], demands[place]
        worth = demand.price - lot.reserve - rules.carriage(lot.place, demand.place)
        fits = lot.season == demand.season and lot.grade <= demand.grade and lot.ready <= demand.due
        if not fits or worth < 0 or grams < 0:
            raise MatchingUnproved(fault=f"lot {lot.id} and demand {demand.id} do not fit")
        total += worth * grams
    return total


def _prove(lots: Sequence[Lot], demands: Sequence[Demand], given: Sequence[int], taken: Sequence[int]) -> None:
    """Nobody gives or takes more than was offered or asked for. Raises `MatchingUnproved`."""
    both: list[Lot | Demand] = [*lots, *demands]
    for one, grams in zip(both, (*given, *taken), strict=True):
        if grams > one.grams:
            raise MatchingUnproved(fault=f"{one.id} has {grams} of {one.grams} g")


def _bound(lots: Sequence[Lot], demands: Sequence[Demand], network: Network, prices: Sequence[int]) -> int:
    """What no matching exceeds: the gains of everybody at these prices, by which carrying tea earns nothing."""
    total = 0
    for lot, hub in zip(lots, network.entry, strict=True):
        total += 0 if hub is None else max(0, prices[hub] - lot.reserve) * lot.grams
    for demand, hub in zip(demands, network.exit, strict=True):
        total += max(0, demand.price - prices[hub]) * demand.grams
    return total


def _free(lots: Sequence[Lot], demands: Sequence[Demand], network: Network) -> tuple[dict[Pair, int], list[int]]:
    """The best matching without the fairness bound, pair by pair, and the price at every hub in fen/kg."""
    columns: list[tuple[tuple[int, float], ...]] = []
    columns += [() if hub is None else ((hub, 1.0),) for hub in network.entry]
    columns += [((origin, -1.0), (goal, 1.0)) for origin, goal, _ in network.ways]
    columns += [((hub, -1.0),) for hub in network.exit]
    entering = [0 if hub is None else lot.grams for lot, hub in zip(lots, network.entry, strict=True)]
    programme = Programme([(0.0, 0.0)] * network.hubs)
    programme.add(
        [*(lot.reserve for lot in lots), *(way[2] for way in network.ways), *(-one.price for one in demands)],
        [0.0] * len(columns),
        [*entering, *[UNBOUNDED] * len(network.ways), *(one.grams for one in demands)],
        columns,
    )
    solution = programme.solve()
    if solution is None:
        raise MatchingUnproved(fault="the solver found no optimum")
    whole = [round(value) for value in solution[0]]
    prices = [round(dual) for dual in solution[1]]
    for origin, goal, freight in network.ways:
        prices[goal] = min(prices[goal], prices[origin] + freight)
    first, last = len(lots), len(lots) + len(network.ways)
    return _pairs(network, whole[:first], whole[first:last], whole[last:]), prices


def _pairs(network: Network, lots: Sequence[int], ways: Sequence[int], demands: Sequence[int]) -> dict[Pair, int]:
    """Who delivers to whom: what enters a hub first leaves it first. Raises `MatchingUnproved` where sums differ."""
    waiting: list[list[tuple[int, int]]] = [[] for _ in range(network.hubs)]
    for number, (grams, hub) in enumerate(zip(lots, network.entry, strict=True)):
        if grams and hub is not None:
            waiting[hub].append((number, grams))
    for (origin, goal, _), grams in zip(network.ways, ways, strict=True):
        if grams:
            waiting[goal] += _taken(waiting[origin], grams)
    pairs: dict[Pair, int] = {}
    for number, (grams, hub) in enumerate(zip(demands, network.exit, strict=True)):
        for lot, part in _taken(waiting[hub], grams):
            pairs[lot, number] = pairs.get((lot, number), 0) + part
    if any(waiting):
        raise MatchingUnproved(fault="what enters a hub does not leave it")
    return pairs


def _taken(queue: list[tuple[int, int]], grams: int) -> list[tuple[int, int]]:
    """The first `grams` of a queue, taken out of it. Raises `MatchingUnproved` where there are not so many."""
    taken: list[tuple[int, int]] = []
    while grams:
        if grams < 0 or not queue:
            raise MatchingUnproved(fault="more leaves a hub than enters it")
        lot, part = queue[0]
        used = min(part, grams)
        taken.append((lot, used))
        grams -= used
        queue[0:1] = [(lot, part - used)] if used < part else []
    return taken


def _trade(
    lots: Sequence[Lot],
    demands: Sequence[Demand],
    network: Network,
    prices: Sequence[int],
    rules: Rules,
    pair: Pair,
    grams: int,
) -> Trade:
    """At the market's price where the lot enters, within the limits of both sides."""
    lot, demand = lots[pair[0]], demands[pair[1]]
    freight = rules.carriage(lot.place, demand.place)
    hub = network.entry[pair[0]]
    market = lot.reserve if hub is None else prices[hub]
    return Trade(*pair, grams, max(lot.reserve, min(market, demand.price - freight)), freight)
