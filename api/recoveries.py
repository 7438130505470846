"""GET /v1/loans/{id}/recoveries: what courts recovered on the deeds of a loan, and what its bank should sign for it.

No act ties a deed to a loan: those of the loan's own instrument (its schedule's root) are `certain`, those that agree
in bank, borrower and principal are for the bank to confirm.
"""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.context import context_of
from api.domain import READ_PROBLEMS, AsOfQuery, Row, ok, own_router
from api.events import told
from api.filings import DOMAIN as FILINGS
from api.loans import DOMAIN as LOANS
from api.loans import OWED_IN, STATES
from api.reads import View
from indexer import queries
from indexer.projections.deeds import deed_parties, deeds
from indexer.projections.filings import filings
from indexer.projections.liens import liens
from indexer.projections.loans import payments
from workflows.filings.recoveries import Recovery, carry
from workflows.loans.accounts import account_of, day_number

ROUTER: APIRouter = own_router("loans")
SETTLED = STATES.index("SETTLED")


@ROUTER.get(
    "/{id}/recoveries",
    summary="What courts recovered on a loan",
    responses=ok({"type": "object"}, "Filings with what is not posted yet, and the acts that the bank should sign.")
    | READ_PROBLEMS,
)
async def read_recoveries(
    request: Request,
    id: Annotated[str, Path(description=f"{LOANS.ids.en}.", examples=[LOANS.example_id])],
    query: Annotated[AsOfQuery, Query()],
) -> Response:
    """A proposal, never a posting: legal truth is the bank's act, its own books and the registry."""
    key = str(LOANS.key(id))
    return await context_of(request).reads.answer(request, query.as_of, lambda view: recovered(view, key))


def recovered(view: View, loan: str) -> Row:
    """The recoveries of a loan in a state, filing by filing; what one posts, the next no longer finds owed."""
    row = LOANS.row(view, loan)
    owed = account_of(row).owed(row["rate_ppm"], day_number(view.as_of.time)).total if row["state"] in OWED_IN else 0
    table = payments.table
    posted = set(
        view.connection.execute(
            sa.select(table.c.receipt).where(table.c.loan == loan, queries.at(table, view.block))
        ).scalars()
    )
    held = liens.table
    securing = list(
        view.connection.execute(
            sa.select(held.c.lien)
            .where(held.c.debt == loan, held.c.discharged == 0, queries.at(held, view.block))
            .order_by(held.c.lien)
        ).scalars()
    )
    items: list[Row] = []
    for filing, certain in _filings(view, row):
        found = carry(loan, _recoveries(view, filing), posted, owed, row["state"] == SETTLED, securing)
        items.append(
            {
                "filing": filing,
                "certain": certain,
                "unposted_fen": found.unposted,
                "surplus_fen": found.surplus,
                "acts": found.acts,
            }
        )
    return {"loan": loan, "owed_fen": owed, "items": items}


def _filings(view: View, loan: Row) -> list[tuple[str, bool]]:
    """The filings with money on deeds of a loan, and whether the deed's instrument is the loan's."""
    deed, party, filing = deeds.table, deed_parties.table, filings.table
    borrower = f"0x{loan['borrower']:064x}"
    chosen = (
        sa.select(filing.c.filing, deed.c.instrument)
        .join(deed, sa.and_(deed.c.deed == filing.c.deed, queries.at(deed, view.block)))
        .join(party, sa.and_(party.c.deed == deed.c.deed, queries.at(party, view.block)))
        .where(
            queries.at(filing, view.block),
            filing.c.recovered > 0,
            deed.c.obligee == loan["bank"],
            deed.c.principal == loan["agreed_fen"],
            party.c.party == borrower,
            party.c.named,
        )
        .order_by(filing.c.filing)
    )
    return [(row.filing, row.instrument == loan["schedule_root"]) for row in view.connection.execute(chosen)]


def _recoveries(view: View, filing: str) -> list[Recovery]:
    return [
        Recovery(filing, int(args["amount"]), int(args["recovered"]), time, args["evidence"])
        for args, time in told(view, FILINGS, filing, "RecoveryRecorded")
    ]
