"""What of an asset's value stands behind one of its liens, as `Liens.coverOf` counts it. Fen throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cover:
    """A lien's part of its asset: the value, what better ranks claim before it, and what it may count at most."""

    value: int
    ahead: int
    secured_max: int

    @property
    def counts(self) -> int:
        """What is left for the lien, up to its maximum."""
        return min(self.secured_max, max(0, self.value - self.ahead))


def cover(lien: str, ranked: Sequence[Mapping[str, Any]], value: int | None) -> Cover:
    """The cover of `lien` among the live liens on its asset, each with `id`, `rank` and `secured_max`.

    An asset that the ledger does not value counts for nothing. Raises `KeyError` when the lien is not among them.
    """
    of_lien = {each["id"]: each for each in ranked}[lien]
    ahead = sum(each["secured_max"] for each in ranked if each["rank"] < of_lien["rank"])
    return Cover(value or 0, ahead, of_lien["secured_max"])
