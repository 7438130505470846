"""What a holder must do by when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from indexer.projections.liens import liens
from indexer.projections.loans import loans, payments
from workflows.calendar import Calendar
from workflows.deadlines.register import REGISTER
from workflows.deadlines.sources import AsOf, Deadline, Source
from workflows.loans.accounts import account_of

DOMAIN: Final = "liens"


def of_lien(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The discharge of a live lien, in a mirrored row that also has the loan it secures and when that was `paid_off`.

    `paid_off` is the value date of the loan's newest payment (UTC seconds). Of debts off the platform nothing is known.
    """
    if account_of(row).owed(row["rate_ppm"], row["accrued_day"]).total:
        return
    rule, since = REGISTER["lien_discharge"], row["paid_off"]
    yield Deadline(rule, DOMAIN, row["lien"], "", row["holder"], since, rule.ends_at(since, calendar))


def _liens(as_of: AsOf) -> sa.Select[Any]:
    lien, loan, payment = liens.table, loans.table, payments.table
    paid_off = sa.select(sa.func.max(payment.c.paid_at)).where(as_of(payment), payment.c.loan == loan.c.loan)
    taken = [column for column in loan.c if column.name not in lien.c]
    joined = sa.select(lien, *taken, paid_off.scalar_subquery().label("paid_off")).join(
        loan, loan.c.loan == lien.c.debt
    )
    repaid = sa.and_(loan.c.disbursed_fen > 0, loan.c.principal_fen == 0, loan.c.costs_fen == 0)
    return joined.where(as_of(lien), as_of(loan), lien.c.discharged == 0, repaid)


SOURCES: Final = (Source(_liens, of_lien),)
