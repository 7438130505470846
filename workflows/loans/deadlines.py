"""Which deadlines run on a loan, and against whom. Lengths are the register's, or the parties' where agreed."""

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
APPLICATIONS, STATES, LADDER = (tuple(ENUMERATIONS[name]) for name in ("ApplicationState", "LoanState", "MarginState"))
SUBMITTED, CONFIRMING, APPROVED = (APPLICATIONS.index(name) for name in ("SUBMITTED", "CONFIRMING", "APPROVED"))
REPAYING: Final = STATES.index("REPAYING")
ACCOUNT: Final = (
    *("borrower", "rate_ppm", "principal_fen", "costs_fen", "interest_paid_fen", "paid_fen", "charged_costs_fen"),
    *("covered_fen", "accrued", "accrued_day"),
)
CALL: Final = LADDER.index("CALL")


def _of(row: Mapping[str, Any], rule: str, party: int, since: int, due_at: int, part: str = "") -> Deadline:
    return Deadline(REGISTER[rule], DOMAIN, row["loan"], part, party, since, due_at)


def of_application(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The bank's review, whose clock stands still while information is awaited; then the borrower's signature."""
    if row["application"] in (SUBMITTED, CONFIRMING):
        yield _of(row, "loan_approval", row["bank"], row["submitted_at"], row["review_due_at"])
    elif row["application"] == APPROVED and row["state"] == 0:
        yield _of(row, "loan_contract", row["borrower"], row["decided_at"], row["approval_ends_at"])


def of_instalment(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """An instalment of the schedule in force that is not covered, in a mirrored row that also has its loan's account.

    The last one stays until nothing is owed: late payments make interest that no instalment has (`Loans.arrears`).
    `last_place` is the place of the schedule's last instalment.
    """
    owed = account_of(row).owed(row["rate_ppm"], row["accrued_day"])
    if not owed.principal + owed.interest:
        return
    if row["total_fen"] > row["covered_fen"] or row["place"] == row["last_place"]:
        due_at = calendar.end_of_days(row["due_at"], 0)
        yield _of(row, "loan_instalment", row["borrower"], 0, due_at, str(row["place"]))


def of_margin(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The cure of a margin call, in a mirrored row that also has its loan's borrower."""
    yield _of(row, "margin_cure", row["borrower"], row["called_at"], row["cure_ends_at"])


def _applications(as_of: AsOf) -> sa.Select[Any]:
    table = loans.table
    return sa.select(table).where(as_of(table), table.c.application.in_((SUBMITTED, CONFIRMING, APPROVED)))


def _instalments(as_of: AsOf) -> sa.Select[Any]:
    part, whole = instalments.table, loans.table
    every = part.alias()  # a schedule is set as a whole, so its last place is the same in every state
    last = sa.select(sa.func.max(every.c.place)).where(every.c.loan == part.c.loan, every.c.schedule == part.c.schedule)
    account = (whole.c[name] for name in ACCOUNT)
    joined = sa.select(part, *account, last.scalar_subquery().label("last_place")).join(
        whole, sa.and_(whole.c.loan == part.c.loan, whole.c.schedule == part.c.schedule)
    )
    return joined.where(as_of(part), as_of(whole), whole.c.state == REPAYING)


def _margins(as_of: AsOf) -> sa.Select[Any]:
    part, whole = margins.table, loans.table
    joined = sa.select(part, whole.c.borrower).join(whole, whole.c.loan == part.c.loan)
    return joined.where(as_of(part), as_of(whole), part.c.state == CALL, whole.c.state == REPAYING)


SOURCES: Final = (
    Source(_applications, of_application),
    Source(_instalments, of_instalment),
    Source(_margins, of_margin),
)
