"""The overview page: fulfilment, collateral and enforcement in figures, as of any block; for people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api import enforcement, fulfilment, portfolio
from api.context import context_of
from api.domain import AsOfQuery
from api.html import page
from api.loans import MARGINS
from api.reads import View
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.loans import margins
from workflows.calendar.calendar import local
from workflows.documents.figures import yuan

ROUTER = APIRouter(include_in_schema=False)
PERCENT_PPM = 10_000


@ROUTER.get("/overview")
async def overview(request: Request, query: Annotated[AsOfQuery, Query()]) -> Response:
    """Where agreements, loans and deeds stand."""
    return await run_in_threadpool(_overview, request, query.as_of)


def _overview(request: Request, as_of: str | None) -> Response:
    with context_of(request).reads.view(as_of) as view:
        figures = {
            "as_of": view.as_of,
            "at": local(view.as_of.time),
            "seasons": fulfilment.seasons(view),
            "loans": portfolio.portfolio(view, portfolio.PortfolioQuery()),
            "ladder": _ladder(view),
            "enforcement": enforcement.figures(view, enforcement.Scope()),
        }
    figures |= {"percent": _percent, "yuan": yuan, "term": _term}
    return page(request, "overview.html", figures)


def _ladder(view: View) -> list[tuple[str, str, int]]:
    """Recorded margin states: name, Chinese term, number of loans."""
    counts = dict.fromkeys(MARGINS, 0)
    for row in queries.rows(view.connection, margins, view.block, limit=100_000):
        counts[MARGINS[row["state"]]] += 1
    return [(name, ENUMERATIONS["MarginState"][name], count) for name, count in counts.items() if count]


def _term(name: str, *enumerations: str) -> str:
    """The Chinese term of a state, from the first enumeration that has it."""
    return next((ENUMERATIONS[one][name] for one in enumerations if name in ENUMERATIONS[one]), name)


def _percent(ppm: int | None) -> str:
    return "—" if ppm is None else f"{ppm // PERCENT_PPM}.{ppm % PERCENT_PPM // 1_000} %"
