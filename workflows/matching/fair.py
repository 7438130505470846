"""The best matching that keeps the fairness bound, where the best of all breaks it.

The bound ties all lots together, and a small farmer's lot must not be sold below its reserve to keep it; so here a
column is a pair of lot and demand that both gain from. There may be millions; only those that the prices call for are
given to the solver, round after round, until no other could improve the result (column generation). The optimum may be
fractional in a few pairs, which are then moved by less than one gram to the whole matching that keeps the bound best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from workflows.matching.market import Demand, Lot, Rules
from workflows.matching.programme import UNBOUNDED, MatchingUnproved, Programme

Pair = tuple[int, int]

UNFIT = -(2**40)
"""Worth of a pair that does not fit: below anything a price could make up for."""

SCALE = 10**6
FINER = 10**12
"""The proof counts prices in 1/SCALE fen, and the bound's multiplier in 1/(SCALE × FINER)."""

MARGINS = (1e-3, 0.0)
"""By how much the solver is asked to overfulfil the bound, in grams of average value: more than its tolerance."""

ADDED = 4
ROUNDS = 100
IMPROVES = 1e-6


@dataclass(frozen=True, slots=True)
class FairPairs:
    """Grams by pair, and what no matching that keeps the bound exceeds (thousandths of a fen)."""

    grams: dict[Pair, int]
    bound: int


def fair_pairs(
    lots: Sequence[Lot],
    demands: Sequence[Demand],
    rules: Rules,
    weights: Sequence[int],
    start: Mapping[Pair, int],
    surplus: Sequence[int],
) -> FairPairs:
    """`weights` × grams of the lots must not be negative; `start` are pairs, `surplus` each demand's gain, of the
    optimum without the bound. Raises `MatchingUnproved`.
    """
    worth = _worths(lots, demands, rules)
    unit = max(1.0, sum(map(abs, weights)) / len(weights))
    weight = np.array(weights, dtype=np.double) / unit
    promising = worth.astype(np.double) - np.array(surplus, dtype=np.double)[None, :]
    pairs = sorted({*start, *_called(promising, UNFIT / 2)})
    for margin in MARGINS:
        programme = Programme([*_capacities(lots, demands), (margin, UNBOUNDED)])
        _add(programme, len(lots), worth, weight, pairs)
        for _ in range(ROUNDS):
            solution = programme.solve()
            if solution is None:
                break
            values, gains, asked, multiplier = _read(*solution, len(lots))
            reduced = worth + (multiplier * weight - gains)[:, None] - asked[None, :]
            known = set(pairs)
            fresh = [pair for pair in _called(reduced, IMPROVES) if pair not in known]
            if not fresh:
                grams = _nearest(lots, demands, weight, pairs, values)
                return FairPairs(grams, _bound(lots, demands, worth, weights, asked, multiplier / unit))
            _add(programme, len(lots), worth, weight, fresh)
            pairs += fresh
    raise MatchingUnproved(fault="the solver found no fair matching")


def _worths(lots: Sequence[Lot], demands: Sequence[Demand], rules: Rules) -> npt.NDArray[np.int64]:
    """What a gram of each lot gains with each demand; `UNFIT` where one of them would lose or they do not fit."""
    places = {place: number for number, place in enumerate(sorted(rules.freight))}
    named = sorted({*(lot.season for lot in lots), *(demand.season for demand in demands)})
    seasons = {season: number for number, season in enumerate(named)}
    carriage = np.array([[rules.carriage(origin, goal) for goal in places] for origin in places], dtype=np.int64)

    def column(values: list[int]) -> npt.NDArray[np.int64]:
        return np.array(values, dtype=np.int64)

    origin, goal = column([places[one.place] for one in lots]), column([places[one.place] for one in demands])
    worth = column([one.price for one in demands])[None, :] - column([one.reserve for one in lots])[:, None]
    worth -= carriage[origin[:, None], goal[None, :]]
    fits = column([seasons[one.season] for one in lots])[:, None] == column([seasons[one.season] for one in demands])
    fits &= column([one.grade for one in lots])[:, None] <= column([one.grade for one in demands])
    ready, due = [one.ready.toordinal() for one in lots], [one.due.toordinal() for one in demands]
    fits &= column(ready)[:, None] <= column(due)
    result: npt.NDArray[np.int64] = np.where(fits & (worth >= 0), worth, UNFIT)
    return result


def _called(reduced: npt.NDArray[np.double], least: float) -> list[Pair]:
    """The pairs of each lot and of each demand that promise most, and more than `least`."""
    found: set[Pair] = set()
    across = min(ADDED, reduced.shape[1])
    for place in np.argpartition(-reduced, across - 1, axis=1)[:, :across].T:
        found.update((lot, int(demand)) for lot, demand in enumerate(place) if reduced[lot, demand] > least)
    down = min(ADDED, reduced.shape[0])
    for place in np.argpartition(-reduced, down - 1, axis=0)[:down]:
        found.update((int(lot), demand) for demand, lot in enumerate(place) if reduced[lot, demand] > least)
    return sorted(found)


Solved = tuple[list[float], npt.NDArray[np.double], npt.NDArray[np.double], float]
"""Grams by pair, gains of lots and of demands (fen/kg), and the bound's multiplier."""


def _add(
    programme: Programme,
    lots: int,
    worth: npt.NDArray[np.int64],
    weight: npt.NDArray[np.double],
    pairs: Sequence[Pair],
) -> None:
    last = lots + worth.shape[1]
    programme.add(
        [-float(worth[pair]) for pair in pairs],
        [0.0] * len(pairs),
        [UNBOUNDED] * len(pairs),
        [((lot, 1.0), (lots + demand, 1.0), (last, float(weight[lot]))) for lot, demand in pairs],
    )


def _read(values: list[float], duals: list[float], lots: int) -> Solved:
    gains, asked = np.maximum(0.0, -np.array(duals[:lots])), np.maximum(0.0, -np.array(duals[lots:-1]))
    return values, gains, asked, max(0.0, duals[-1])


def _capacities(lots: Sequence[Lot], demands: Sequence[Demand]) -> list[tuple[float, float]]:
    return [(0.0, grams) for grams in (*(lot.grams for lot in lots), *(demand.grams for demand in demands))]


def _nearest(
    lots: Sequence[Lot],
    demands: Sequence[Demand],
    weight: npt.NDArray[np.double],
    pairs: Sequence[Pair],
    values: Sequence[float],
) -> dict[Pair, int]:
    """The whole matching less than a gram from these that keeps the bound best: a vertex of a transport problem."""
    used = [(pair, value) for pair, value in zip(pairs, values, strict=True) if value > 1e-6]
    programme = Programme(_capacities(lots, demands))
    programme.add(
        [-float(weight[lot]) for (lot, _), _ in used],
        [float(floor(value + 1e-6)) for _, value in used],
        [float(ceil(value - 1e-6)) for _, value in used],
        [((lot, 1.0), (len(lots) + demand, 1.0)) for (lot, demand), _ in used],
    )
    solution = programme.solve()
    if solution is None:
        raise MatchingUnproved(fault="the solver found no whole matching")
    return {pair: grams for (pair, _), value in zip(used, solution[0], strict=True) if (grams := round(value))}


def _bound(
    lots: Sequence[Lot],
    demands: Sequence[Demand],
    worth: npt.NDArray[np.int64],
    weights: Sequence[int],
    asked: npt.NDArray[np.double],
    multiplier: float,
) -> int:
    """Weak duality in whole numbers: any gains of demands and any multiplier limit every matching that is fair."""
    gains = np.rint(asked * SCALE).astype(np.int64)
    factor = round(multiplier * SCALE * FINER)
    most = np.max(np.where(worth > UNFIT, worth * SCALE - gains[None, :], -(2**62)), axis=1)
    total = sum(int(gain) * FINER * demand.grams for gain, demand in zip(gains, demands, strict=True))
    for lot, best, weight in zip(lots, most, weights, strict=True):
        total += max(0, int(best) * FINER + factor * weight) * lot.grams
    return -(-total // (SCALE * FINER))
