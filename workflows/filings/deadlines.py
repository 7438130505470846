"""Which deadlines run on a filing at court, and against whom.

A court is told of by its gateway's party, which is 0 until it has answered once; so is an obligor without a party id.
Periods begin at the instants that the court states, not at those of blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from chain.vocabulary import ENUMERATIONS
from indexer.projections.filings import filings
from workflows.calendar import Calendar
from workflows.deadlines.register import REGISTER
from workflows.deadlines.sources import AsOf, Deadline, Source, party_of

STATES: Final = list(ENUMERATIONS["FilingState"])
SUBMITTED, NOT_ACCEPTED, FILED, NOTIFIED = (
    STATES.index(name) for name in ("SUBMITTED", "NOT_ACCEPTED", "FILED", "NOTIFIED")
)
NOTICE: Final = list(ENUMERATIONS["CourtReceipt"]).index("NOTIFIED")


def of_filing(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """Deadlines of a mirrored filing, by the state it is in."""
    for rule, party, since in _running(row):
        ends_at = REGISTER[rule].ends_at(since, calendar)
        yield Deadline(REGISTER[rule], "filings", row["filing"], "", party, since, ends_at)


def _running(row: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    state, court, obligor = row["state"], row["gateway"], party_of(row["obligor"])
    if state == SUBMITTED:
        yield "filing_decision", court, row["submitted_at"]
    if state == NOT_ACCEPTED:
        yield "filing_review", row["filer"], row["receipt_at"]
    if state == FILED:
        yield "execution_notice", court, row["filed_at"]
    # A case that is resumed where it was notified before has its notice behind it.
    if state == NOTIFIED and row["receipt"] == NOTICE:
        yield "jurisdiction_objection", obligor, row["receipt_at"]
        yield "non_enforcement_application", obligor, row["receipt_at"]
    if state in (FILED, NOTIFIED):
        yield "idle_case", court, row["submitted_at"]


def _filings(as_of: AsOf) -> sa.Select[Any]:
    table = filings.table
    return sa.select(table).where(as_of(table), table.c.state.in_((SUBMITTED, NOT_ACCEPTED, FILED, NOTIFIED)))


SOURCES: Final = (Source(_filings, of_filing),)
