"""The worker's round over all deadlines: what came near or passed since the last round is told once, in the log.

Nothing is kept: what runs is derived from the mirror, and the last round is known from the job's own heartbeat. Nothing
is done either: a person declares every default (law 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
import structlog

from indexer import queries
from indexer.projections.calendar import bits_of
from indexer.projections.calendar import calendar as published
from indexer.store import reading
from workflows import jobs
from workflows.calendar import Calendar
from workflows.deadlines.sources import Deadline, discover, turned

JOB: Final = "watch-deadlines"

log = structlog.get_logger("deadlines")


def calendar_in(connection: sa.Connection, block: int | None = None) -> Calendar:
    """The calendar as it is published as of a block (None: now)."""
    rows = queries.rows(connection, published, block, limit=1_000)
    return Calendar({row["year"]: bits_of(row) for row in rows})


def running(connection: sa.Connection, block: int | None = None) -> Iterator[Deadline]:
    """Every deadline that runs as of a block (None: now), of all domains, in no order."""
    calendar = calendar_in(connection, block)
    for source in discover():
        for row in connection.execute(source.rows(lambda table: queries.at(table, block))).mappings():
            yield from source.derive(dict(row), calendar)


def watch(mirror: sa.Engine, store: sa.Engine, *, now: int) -> int:
    """One round at `now` (UTC seconds); returns how many were told."""
    last = next((run.last_run for run in jobs.runs(store) if run.name == JOB), now)
    with reading(mirror) as connection:
        told = list(turned(running(connection), last, now))
    for deadline, state in told:
        log.warning("deadline", **_words(deadline, state))
    return len(told)


def _words(deadline: Deadline, state: str) -> dict[str, Any]:
    return {
        "state": state,
        "rule": deadline.rule.id,
        "about": f"{deadline.domain}/{deadline.id}",
        "party": deadline.party,
        "due_at": deadline.due_at,
        "zh": deadline.rule.zh,
    }
