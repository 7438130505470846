"""What runs against whom: deadlines derived from mirrored rows, so that they are right as of any block."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import sqlalchemy as sa

from workflows.calendar import Calendar
from workflows.deadlines.register import Rule

DAY_SECONDS: Final = 86_400

AsOf = Callable[[sa.Table], sa.ColumnElement[bool]]
"""The condition that picks the versions of a projection's table in the state that is asked for."""

State = Literal["running", "near", "passed"]
STATES: Final[tuple[State, ...]] = ("running", "near", "passed")


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline that runs: by `rule`, about entity `id` of `domain`, for party `party`; instants in UTC seconds.

    `part` tells several of one rule and entity apart, such as a milestone's number. `party` 0 has no party's id.
    """

    rule: Rule
    domain: str
    id: str
    part: str
    party: int
    since: int
    due_at: int

    @property
    def key(self) -> tuple[int, str]:
        """Order and identity: by end, then by what it is."""
        return self.due_at, f"{self.domain}/{self.id}/{self.rule.id}/{self.part}/{self.party}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where deadlines come from: `rows` selects those mirrored rows that can have any, `derive` is pure."""

    rows: Callable[[AsOf], sa.Select[Any]]
    derive: Callable[[Mapping[str, Any], Calendar], Iterator[Deadline]]


def party_of(word: str) -> int:
    """The party that a word of 32 bytes names; 0 when it is a commitment to somebody who is no party."""
    number = int(word, 16)
    return number if number < 1 << 64 else 0


def state_of(deadline: Deadline, now: int) -> State:
    """Whether a deadline passed, comes near (its rule says when), or runs."""
    if now > deadline.due_at:
        return "passed"
    return "near" if now >= deadline.due_at - deadline.rule.warn * DAY_SECONDS else "running"


def turned(deadlines: Iterable[Deadline], before: int, now: int) -> Iterator[tuple[Deadline, State]]:
    """Those that came near or passed between two instants, which are what somebody has to be told of."""
    for deadline in deadlines:
        state = state_of(deadline, now)
        if state != "running" and state != state_of(deadline, before):
            yield deadline, state


def discover() -> Sequence[Source]:
    """The `SOURCES` of every module `workflows.<domain>.deadlines`; one without has rules, and nothing mirrored yet."""
    return [source for sources in _by_domain().values() for source in sources]


def domains() -> Sequence[str]:
    """The domains whose deadlines can run."""
    return list(_by_domain())


@cache
def _by_domain() -> Mapping[str, Sequence[Source]]:
    package = importlib.import_module("workflows")
    found: dict[str, Sequence[Source]] = {}
    for info in pkgutil.iter_modules(package.__path__, "workflows."):
        name = f"{info.name}.deadlines"
        if info.ispkg and info.name != "workflows.deadlines" and importlib.util.find_spec(name):
            sources = getattr(importlib.import_module(name), "SOURCES", ())
            if sources:
                found[info.name.removeprefix("workflows.")] = sources
    return found
