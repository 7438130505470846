"""What a benchmark found, and how it is told."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path

PACKAGES = ("sqlalchemy", "psycopg", "web3", "fastapi", "uvicorn", "orjson", "msgspec")


@dataclass(frozen=True)
class Options:
    """How much to measure. `scale` divides every size: 1 for figures, more to see that the scripts run."""

    rounds: int = 3
    postgres: bool = True
    scale: int = 1
    book: Path | None = None
    """Folder of a book that was made before; where there is none, a part of it is made."""


@dataclass(frozen=True)
class Figure:
    """One measured thing: a value a round in `unit`, and where there is a peer its ratio to it in the same round.

    `wanted` is the limit that the ratio, or without a peer the value, is to keep.
    """

    subject: str
    values: Sequence[float]
    unit: str
    peer: str = ""
    ratios: Sequence[float] = ()
    wanted: str = ""

    def cells(self) -> tuple[str, ...]:
        """The figure as the cells of its row."""
        low, middle, high = min(self.values), statistics.median(self.values), max(self.values)
        ratio = f"{statistics.median(self.ratios):.2f} × {self.peer}" if self.ratios else ""
        return (self.subject, _number(middle), f"{_number(low)}-{_number(high)}", self.unit, ratio, self.wanted)


def over_rounds(rounds: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The figures that each of several rounds found, as figures over all of them."""
    return [
        replace(same[0], values=[*chain(*(one.values for one in same))], ratios=[*chain(*(one.ratios for one in same))])
        for same in zip(*rounds, strict=True)
    ]


HEAD = ("", "median", "range", "unit", "ratio", "wanted")


def table(figures: Iterable[Figure]) -> list[tuple[str, ...]]:
    """Rows with their head."""
    return [HEAD, *(figure.cells() for figure in figures)]


def markdown(rows: Sequence[tuple[str, ...]]) -> str:
    """The rows as a Markdown table."""
    head, *body = rows
    lines = [head, ("---",) * len(head), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def machine() -> str:
    """What was measured on: cores, Python, packages."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
