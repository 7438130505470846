"""What a check finds: every point at once, each in words and with the rule it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Point(BaseModel):
    """One thing that a document lacks (`missing`), or that somebody should look at (`warning`)."""

    model_config = ConfigDict(frozen=True)

    code: str
    kind: Literal["missing", "warning"]
    en: str
    zh: str
    basis: str


class Report(BaseModel):
    """The result of a check; `complete` when nothing is missing. Warnings never block."""

    complete: bool
    points: list[Point]


Rule = tuple[bool, str, str, str, str]
"""Whether it is met; code, words in English and Chinese, basis."""


def missing(rules: Iterable[Rule]) -> Iterator[Point]:
    """The points of the rules that are not met."""
    for met, code, en, zh, basis in rules:
        if not met:
            yield Point(code=code, kind="missing", en=en, zh=zh, basis=basis)


def warning(code: str, en: str, zh: str, basis: str) -> Point:
    """A point to look at."""
    return Point(code=code, kind="warning", en=en, zh=zh, basis=basis)


def report(points: Iterable[Point]) -> Report:
    """The report of these points."""
    found = list(points)
    return Report(complete=all(point.kind != "missing" for point in found), points=found)
