"""Which deadlines run on a loan, and against whom: the bank's decision, each instalment, the cure of a margin call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from chain.vocabulary import ENUMERATIONS
from indexer.projections.loans import instalments, loans, margins
from workflows.calendar import Calendar
from workflows.deadlines.register import REGISTER
from workflows.deadlines.sources import AsOf, Deadline, Source
from workflows.loans.accounts import account_of

DOMAIN: Final = "loans"
REPAYING: Final = list(ENUMERATIONS["LoanState"]).index("REPAYING")
CALL: Final = list(ENUMERATIONS["MarginState"]).index("CALL")
UNDECIDED: Final = [list(ENUMERATIONS["ApplicationState"]).index(name) for name in ("SUBMITTED", "CONFIRMING")]
"""While information is awaited of the borrower the clock of the review stands still."""


def of_application(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The bank's decision on a mirrored loan that is applied for; its end is the contract's, pauses counted."""
    due_at = row["review_due_at"]
    yield Deadline(REGISTER["loan_approval"], DOMAIN, row["loan"], "", row["bank"], row["submitted_at"], due_at)


def of_instalment(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """An instalment that payments do not cover yet, in a mirrored row that also has its loan and the `last` place.

    The last one is due until nothing is owed: interest for late days is in no schedule.
    """
    account = account_of(row)
    owed = account.owed(row["rate_ppm"], row["accrued_day"])
    is_last = row["place"] == row["last"]
    if not (owed.interest + owed.principal if is_last else row["total_fen"] > account.covered):
        return
    due_at, place = calendar.end_of_days(row["due_at"], 0), str(row["place"])
    yield Deadline(REGISTER["instalment"], DOMAIN, row["loan"], place, row["borrower"], row["decided_at"], due_at)


def of_margin(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The cure of a margin call, in a mirrored row that also has the loan's borrower."""
    rule, due_at = REGISTER["margin_cure"], row["cure_ends_at"]
    yield Deadline(rule, DOMAIN, row["loan"], "", row["borrower"], row["called_at"], due_at)


def _applications(as_of: AsOf) -> sa.Select[Any]:
    table = loans.table
    return sa.select(table).where(as_of(table), table.c.application.in_(UNDECIDED))


def _instalments(as_of: AsOf) -> sa.Select[Any]:
    part, whole = instalments.table, loans.table
    last = sa.func.max(part.c.place).over(partition_by=part.c.loan).label("last")
    taken = [column for column in whole.c if column.name not in part.c]
    in_force = sa.and_(whole.c.loan == part.c.loan, whole.c.schedule == part.c.schedule)
    joined = sa.select(part, *taken, last).join(whole, in_force)
    return joined.where(as_of(part), as_of(whole), whole.c.state == REPAYING)


def _margins(as_of: AsOf) -> sa.Select[Any]:
    margin, loan = margins.table, loans.table
    joined = sa.select(margin, loan.c.borrower).join(loan, loan.c.loan == margin.c.loan)
    return joined.where(as_of(margin), as_of(loan), margin.c.state == CALL, loan.c.state == REPAYING)


SOURCES: Final = (
    Source(_applications, of_application),
    Source(_instalments, of_instalment),
    Source(_margins, of_margin),
)
