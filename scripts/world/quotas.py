"""Exact quotas: shares that add up to the whole, and who gets which."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import TypeVar

from scripts.world.draws import Draws

Kind = TypeVar("Kind")


def largest_remainder(weights: Sequence[int], total: int) -> list[int]:
    """Whole shares of `total` in proportion to the weights, adding up to it (Hamilton's method)."""
    whole = sum(weights)
    shares = [weight * total // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda i: (-(weights[i] * total % whole), i))
    for i in remainders[: total - sum(shares)]:
        shares[i] += 1
    return shares


def allot(draws: Draws, weights: Mapping[Kind, int], count: int) -> list[Kind]:
    """A kind for each of `count` entities: kinds in exact quotas by weight, entities in random order."""
    quotas = largest_remainder(list(weights.values()), count)
    kinds = chain.from_iterable(repeat(kind, quota) for kind, quota in zip(weights, quotas, strict=True))
    drawn: list[Kind | None] = [None] * count
    for i, kind in zip(shuffled(draws, count), kinds, strict=True):
        drawn[i] = kind
    return [kind for kind in drawn if kind is not None]


def shuffled(draws: Draws, count: int) -> list[int]:
    """The numbers from 0 to `count` - 1 in random order."""
    return sorted(range(count), key=lambda i: draws.rank(str(i)))


def bounded_shares(weights: Sequence[float], total: int, least: int, most: int) -> list[int]:
    """Whole shares from `least` to `most` adding up to `total`, otherwise in proportion to the weights.

    Raises ValueError when no such shares exist.
    """
    if not least * len(weights) <= total <= most * len(weights):
        raise ValueError(f"{len(weights)} shares from {least} to {most} cannot add up to {total}")

    def scaled(scale: float) -> list[float]:
        return [min(max(weight * scale, least), most) for weight in weights]

    low, high = 0.0, most / min(weights)
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(scaled(middle)) < total else (low, middle)
    exact = scaled(high)
    shares = [math.floor(share) for share in exact]
    open_shares = [i for i in range(len(shares)) if shares[i] < most]
    open_shares.sort(key=lambda i: (shares[i] - exact[i], i))
    for i in open_shares[: total - sum(shares)]:
        shares[i] += 1
    return shares
