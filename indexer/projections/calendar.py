"""Days off by year as `Calendar` holds them: bit n of `first`, then of `second`, is day n of the year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indexer.projection import Fold, Projection, View, whole, words

calendar = Projection(
    name="calendar",
    key=(whole("year"),),
    columns=(words("first", "0"), words("second", "0")),
    folds=(Fold("Calendar.YearPublished"),),
    views=(View("Calendar.daysOff", {"first": "first", "second": "second"}),),
)


def bits_of(row: Mapping[str, Any]) -> int:
    """A mirrored year's days off as one set of bits."""
    return int(row["first"]) | int(row["second"]) << 256
