"""Figures of all loans, or of one bank's: balances by state, product and days past due, and 两增两控."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from api.calendar import calendar_of
from api.context import context_of
from api.domain import READ_PROBLEMS, AsOfQuery, Row, ok, own_router
from api.ids import OptionalParty
from api.loans import (
    OWED_IN,
    PRODUCTS,
    REPAYING,
    WRITTEN_OFF,
    state_of,
)
from api.reads import View
from indexer import queries
from indexer.projections.loans import loans
from indexer.schema import LARGEST_WHOLE
from workflows.loans.accounts import account_of
from workflows.loans.arrears import Arrears, arrears
from workflows.loans.inclusion import LIMIT_FEN, BankTotals, LoanRow, inclusion
from workflows.loans.positions import due_dates

ROUTER = own_router("loans")


class PortfolioQuery(AsOfQuery):
    """Whose loans, and what only the bank knows: all its loans now and a year ago, and their NPL ratio."""

    bank: OptionalParty = None
    limit_fen: Annotated[int, Field(ge=1, le=LARGEST_WHOLE, description="Most credit of a borrower that counts.")] = (
        LIMIT_FEN
    )
    loans_fen: Annotated[int, Field(ge=0, le=LARGEST_WHOLE)] = 0
    loans_a_year_ago_fen: Annotated[int, Field(ge=0, le=LARGEST_WHOLE)] = 0
    npl_ppm: Annotated[int, Field(ge=0, le=1_000_000)] = 0


@ROUTER.get(
    "/portfolio",
    summary="Figures of all loans, or of one bank's",
    responses=ok({"type": "object"}, "The figures.") | READ_PROBLEMS,
)
async def readportfolio(request: Request, query: Annotated[PortfolioQuery, Query()]) -> Response:
    """Balances by state, product and days past due, and 两增两控 against a year before. Fen and ppm."""
    reads = context_of(request).reads
    return await reads.answer(request, query.as_of, lambda view: portfolio(view, query))


def portfolio(view: View, query: PortfolioQuery) -> Row:
    """The figures in a state; amounts in fen."""
    year_ago = _a_year_before(view)
    rows = _loan_rows(view, query.bank)
    before = _loan_rows(year_ago, query.bank) if year_ago else []
    totals = BankTotals(query.loans_fen, query.loans_a_year_ago_fen, query.npl_ppm)
    reported = inclusion([each for _, each, _ in rows], [each for _, each, _ in before], totals, query.limit_fen)
    return {
        "bank": query.bank,
        "loans": _counted(view, query.bank),
        "balance_fen": sum(each.balance for _, each, _ in rows),
        "by_product": _summed((PRODUCTS[row["product"]], each.balance) for row, each, _ in rows),
        "by_bucket": _summed((found.bucket.value, each.balance) for _, each, found in rows),
        "non_performing_fen": sum(each.balance for _, each, _ in rows if each.non_performing),
        "inclusion": {
            "limit_fen": query.limit_fen,
            "balance_fen": reported.now.balance,
            "balance_a_year_ago_fen": reported.a_year_ago.balance,
            "growth_ppm": reported.growth_ppm,
            "all_growth_ppm": reported.all_growth_ppm,
            "borrowers": reported.now.borrowers,
            "borrowers_a_year_ago": reported.a_year_ago.borrowers,
            "npl_ppm": reported.now.npl_ppm,
            "all_in_ppm": reported.now.all_in_ppm,
            "first_loans": reported.now.first_loans,
            "unsecured_fen": reported.now.unsecured,
            "balance_grows": reported.balance_grows,
            "borrowers_grow": reported.borrowers_grow,
            "npl_controlled": reported.npl_controlled,
            "cost_controlled": reported.cost_controlled,
        },
    }


def _summed(pairs: Iterator[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, amount in pairs:
        found[name] = found.get(name, 0) + amount
    return found


def _counted(view: View, bank: int | None) -> dict[str, int]:
    """Loans by state."""
    table = loans.table
    same = [table.c.bank == bank] if bank is not None else []
    columns = (table.c.application, table.c.state)
    chosen = sa.select(*columns, sa.func.count().label("loans")).where(queries.at(table, view.block), *same)
    counted = view.connection.execute(chosen.group_by(*columns)).mappings()
    return _summed((state_of(dict(row)), row["loans"]) for row in counted)


def _loan_rows(view: View, bank: int | None) -> list[tuple[Row, LoanRow, Arrears]]:
    """The loans on the bank's books in a state: its claim for principal, with the arrears."""
    table = loans.table
    same = [table.c.bank == bank] if bank is not None else []
    chosen = sa.select(table).where(queries.at(table, view.block), table.c.state.in_(OWED_IN), *same)
    rows = [dict(row) for row in view.connection.execute(chosen).mappings() if row["state"] != WRITTEN_OFF]
    days, now = calendar_of(view), view.as_of.time
    found = []
    for row in rows:
        late = arrears(account_of(row), row["rate_ppm"], due_dates(view.connection, row, view.block), days, now)
        found.append((row, _loan_row(view, row, late), late))
    return found


def _loan_row(view: View, row: Row, late: Arrears) -> LoanRow:
    return LoanRow(
        borrower=row["borrower"],
        limit=row["approved_fen"],
        balance=row["principal_fen"],
        all_in_ppm=row["all_in_ppm"],
        non_performing=late.non_performing or row["state"] != REPAYING,
        first_loan=_is_first(view, row),
        unsecured=PRODUCTS[row["product"]] == "UNSECURED",
    )


def _is_first(view: View, row: Row) -> bool:
    """首贷: the borrower applied for no loan on this ledger before that was ever paid out."""
    table = loans.table
    earlier = [table.c.borrower == row["borrower"], table.c.disbursed_fen != 0]
    earlier.append(table.c.submitted_at < row["submitted_at"])
    chosen = sa.select(sa.literal(1)).where(queries.at(table, view.block), *earlier).limit(1)
    return view.connection.scalar(chosen) is None


def _a_year_before(view: View) -> View | None:
    """The state a year of 365 days before; None where the ledger is younger."""
    try:
        found = queries.as_of(view.connection, instant=view.as_of.time - 365 * 86_400)
    except queries.UnknownBlock:
        return None
    return View(view.connection, found, found.block)
