"""Random values by name: each value is a keyed hash of the seed and of its own path.

There is no state and no order, so adding a value, an entity or a whole domain never changes another
value, and any entity can be produced without the ones before it.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from statistics import NormalDist

_STANDARD_NORMAL = NormalDist()


class Draws:
    """The named random values below one point of the world, such as one tree."""

    __slots__ = ("_key",)

    def __init__(self, seed: int, world: str) -> None:
        """The draws of a whole world."""
        self._key = blake2b(f"chaqi-world-v1/{seed}/{world}".encode(), digest_size=32).digest()

    def of(self, *path: str | int) -> Draws:
        """The draws of an entity below this point."""
        child = object.__new__(Draws)
        child._key = self.octets("/".join(map(str, path)), 32)
        return child

    def octets(self, name: str, length: int) -> bytes:
        """`length` random bytes, 64 at most."""
        return blake2b(name.encode(), key=self._key, digest_size=length).digest()

    def rank(self, name: str) -> int:
        """A random 64-bit number, to put things into a random order."""
        return int.from_bytes(self.octets(name, 8), "big")

    def unit(self, name: str) -> float:
        """A number above 0 and below 1, uniform."""
        return ((self.rank(name) >> 12) + 0.5) / 2**52

    def between(self, name: str, least: float, most: float) -> float:
        """A number from `least` to `most`, uniform."""
        return least + (most - least) * self.unit(name)

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both included, uniform."""
        return least + (self.rank(name) * (most - least + 1) >> 64)

    def normal(self, name: str, mean: float, deviation: float) -> float:
        """A normally distributed number."""
        return mean + deviation * _STANDARD_NORMAL.inv_cdf(self.unit(name))

    def lognormal(self, name: str, median: float, sigma: float) -> float:
        """A log-normally distributed number, by its median and the deviation of its logarithm."""
        return median * math.exp(self.normal(name, 0, sigma))
