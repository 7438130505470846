"""Who defaults on a deed, for how much, and before which court: pure draws, exact in count and sum.

After `domain.md` 6.2: deeds default with odds that grow with the amount, a part of it is paid by then, and each of the
2,905 courts has a filing where there are enough. In a story only about fifty days lie between a deed and its claim, so
less has accrued than there (1.2 % for 12 %), and less is paid: shares of the mean that the sums leave.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from scripts.world.draws import Draws
from scripts.world.quotas import bounded_shares, shuffled
from workflows.filings.courts import provinces

ODDS_EXPONENT = 0.30
PAID_SHAPES = (1.1, 6.0)
"""Of Kumaraswamy's distribution, which is close to Beta and has a quantile: a mean of 17 % paid. [A]"""
INTEREST_PERMILLE, PENALTY_PERMILLE = 10, 2
MOST_PERCENT = 101
"""No claim is above so much of the principal, within what a deed entitles to after fifty days at 15.4 % a year."""
FULL_PERCENT = 90
"""Where a small world's deeds are worth little, its certificates sum to so much of what its claims can be."""

PROVINCE_PERMILLE = {44: 140, 41: 60, 51: 60, 37: 60, 43: 60, 54: 3, 63: 4}
"""Filings by province; the others share the rest by their courts. [A]"""
ZIPF_SHIFT, ZIPF_EXPONENT = 8.0, 1.0

Wish = tuple[Draws, int]
"""The draws of a deed, and its principal in fen."""


def chosen(deeds: Sequence[Wish], count: int) -> list[int]:
    """Places of the deeds that default, in order: drawn without repetition, with odds by the amount."""
    keys = ((math.log(draws.unit("default")) / principal**ODDS_EXPONENT, place) for place, (draws, principal) in
            enumerate(deeds))  # fmt: skip
    return sorted(place for _, place in heapq.nlargest(count, keys))


def ends(certified: int, first: Mapping[int, str], refused_every: int) -> Iterator[str]:
    """How claims end, by place from 1: the first ones as told, then every so many refused, until enough are issued."""
    place = 0
    while certified or place < max(first):
        place += 1
        end = first.get(place, "ISSUED" if place % refused_every else "REFUSED")
        certified -= end == "ISSUED"
        yield end


def claimed(deeds: Sequence[Wish], certified: Sequence[bool], total: int) -> list[int]:
    """What is claimed on each deed, in fen; the certified ones add up to `total`, none is beyond its deed."""
    most = [principal * MOST_PERCENT // 100 for _, principal in deeds]
    wishes = [max(1.0, limit * (1 - _paid(draws))) for (draws, _), limit in zip(deeds, most, strict=True)]
    issued = [place for place, one in enumerate(certified) if one]
    room = sum(most[place] for place in issued)
    shares = _within([wishes[place] for place in issued], [most[place] for place in issued],
                     min(total, room * FULL_PERCENT // 100))  # fmt: skip
    amounts = [int(wish) for wish in wishes]
    for place, share in zip(issued, shares, strict=True):
        amounts[place] = share
    return amounts


def items(total: int) -> dict[str, int]:
    """What a total is made of: principal, interest, penalty and costs, in fen."""
    whole = 1_000 + INTEREST_PERMILLE + PENALTY_PERMILLE
    interest, penalty = total * INTEREST_PERMILLE // whole, total * PENALTY_PERMILLE // whole
    return {"principal": total - interest - penalty, "interest": interest, "penalty": penalty, "costs": 0}


def courts_of(draws: Draws, filings: int) -> list[int]:
    """The code of the court of each filing: shares by province and rank (Zipf-Mandelbrot), every court at least one."""
    codes: list[int] = []
    weights: list[float] = []
    others = sum(one.courts for one in provinces() if one.code not in PROVINCE_PERMILLE)
    rest = 1_000 - sum(PROVINCE_PERMILLE.values())
    for province, _, count in provinces():
        ranks = [(rank + ZIPF_SHIFT) ** -ZIPF_EXPONENT for rank in range(1, count + 1)]
        permille = PROVINCE_PERMILLE.get(province, rest * count / others)
        codes += [province * 10_000 + number for number in range(1, count + 1)]
        weights += [permille * rank / sum(ranks) for rank in ranks]
    if filings < len(codes):
        odds = list(itertools.accumulate(weights))
        places = (bisect.bisect(odds, draws.of(one).unit("court") * odds[-1]) for one in range(filings))
        return [codes[min(place, len(codes) - 1)] for place in places]
    quotas = bounded_shares(weights, filings, 1, filings)
    told = [code for code, quota in zip(codes, quotas, strict=True) for _ in range(quota)]
    return [told[place] for place in shuffled(draws, filings)]


def _paid(draws: Draws) -> float:
    """The share of a deed's principal that was paid before its default."""
    first, second = PAID_SHAPES
    return float((1 - (1 - draws.unit("paid")) ** (1 / second)) ** (1 / first))


def _within(wishes: Sequence[float], most: Sequence[int], total: int) -> list[int]:
    """Whole amounts in proportion to the wishes, none above its limit, that add up to `total`."""
    low, high = 0.0, max(limit / wish for wish, limit in zip(wishes, most, strict=True))
    for _ in range(100):
        middle = (low + high) / 2
        reached = sum(min(wish * middle, limit) for wish, limit in zip(wishes, most, strict=True))
        low, high = (middle, high) if reached < total else (low, middle)
    exact = [min(wish * high, limit) for wish, limit in zip(wishes, most, strict=True)]
    amounts = [math.floor(one) for one in exact]
    growing = [place for place in range(len(amounts)) if amounts[place] < most[place]]
    growing.sort(key=lambda place: (amounts[place] - exact[place], place))
    for place in growing[: total - sum(amounts)]:
        amounts[place] += 1
    return amounts
