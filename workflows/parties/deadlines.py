"""Until when a party, or one of its guardians, can veto the recovery of its wallet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from indexer.projections.parties import parties
from workflows.calendar import Calendar
from workflows.deadlines.register import REGISTER
from workflows.deadlines.sources import AsOf, Deadline, Source

DOMAIN: Final = "parties"
DELAY_SECONDS: Final = 72 * 3_600
"""`Parties.RECOVERY_DELAY`: from the second guardian's support to the instant from which it can be completed."""


def of_recovery(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The veto of a recovery that two guardians support, in the mirrored row of the party."""
    ends_at, party = row["recovery_ends_at"], row["party"]
    yield Deadline(REGISTER["recovery_veto"], DOMAIN, str(party), "", party, ends_at - DELAY_SECONDS, ends_at)


def _recoveries(as_of: AsOf) -> sa.Select[Any]:
    table = parties.table
    return sa.select(table).where(as_of(table), table.c.recovery_ends_at > 0)


SOURCES: Final = (Source(_recoveries, of_recovery),)
