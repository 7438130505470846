"""The fifteen working days within which an accepted deed is issued (公证法 30)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from chain.vocabulary import ENUMERATIONS
from indexer.projections.deeds import deeds
from workflows.calendar import Calendar
from workflows.deadlines.register import REGISTER
from workflows.deadlines.sources import AsOf, Deadline, Source

ACCEPTED: Final = [
    list(ENUMERATIONS["DeedState"]).index(name) for name in ("ACCEPTED", "INFORMED", "SIGNED", "REVIEWED")
]


def of_deed(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The issue of a mirrored deed; its end is the contract's, pauses counted. `since`: the application."""
    rule, due_at = REGISTER["deed_issue"], row["issue_by"]
    yield Deadline(rule, "deeds", row["deed"], "", row["office"], row["opened_at"], due_at)


def _deeds(as_of: AsOf) -> sa.Select[Any]:
    table = deeds.table
    # While materials are awaited the clock stands still.
    return sa.select(table).where(as_of(table), table.c.state.in_(ACCEPTED), table.c.paused_at == 0)


SOURCES: Final = (Source(_deeds, of_deed),)
