"""The calendar of working days: which days are off in a published year, and when a period ends."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.context import context_of
from api.domain import AsOfQuery, Domain, PageQuery, Row, ok, own_router, router
from api.ids import Ids, number_topic
from api.problems import documented
from api.reads import View
from indexer.projections.calendar import bits_of, calendar
from workflows.calendar import Calendar
from workflows.deadlines.watch import calendar_in

LAST_INSTANT = 7_258_118_399
"""The end of the year 2199, the last that can be published."""


class CalendarYear(BaseModel):
    """A published year: the days that are no working days, Saturdays and Sundays among them, in order."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": 2026, "days_off": ["2026-01-01", "2026-01-02", "2026-01-03"]}}
    )

    id: int
    days_off: list[str]


class PeriodQuery(AsOfQuery):
    """A period of days that begins on the day of an instant."""

    since: Annotated[int, Field(ge=0, le=LAST_INSTANT, description="UTC seconds.")]
    working_days: Annotated[int | None, Field(ge=0, le=400)] = None
    days: Annotated[int | None, Field(ge=0, le=4_000)] = None


def calendar_of(view: View) -> Calendar:
    """The calendar as it is published in a state."""
    return calendar_in(view.connection, view.block)


def _show(row: Row) -> Row:
    first, bits = date(row["year"], 1, 1), bits_of(row)
    off = [str(first + timedelta(days=place)) for place in range(366) if bits >> place & 1]
    return {"id": row["year"], "days_off": off}


def _read_id(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{4}", text, re.ASCII) else None


def _where(_query: Any, _table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return []


DOMAIN = Domain(
    name="calendar",
    kind="published year",
    kind_zh="已公布年份",
    contract="Calendar",
    projection=calendar,
    item=CalendarYear,
    filters=PageQuery,
    show=_show,
    ids=Ids(_read_id, "a year of four digits", "四位数年份", number_topic),
    example_id="2026",
    where=_where,
    key_types=(int,),
)

OWN = own_router(DOMAIN.name)


@OWN.get(
    "/end",
    summary="When a period ends",
    responses=ok(
        {"type": "object", "example": {"ends_at": 1795363199}},
        "`ends_at`: the last second of the period, UTC; the same answer as the contract's.",
    )
    | documented(404, 422, 503),
)
async def read_end(request: Request, query: Annotated[PeriodQuery, Query()]) -> Response:
    """The end of so many working days (工作日), or of so many days, the last moved past days off (CC 203)."""

    def build(view: View) -> Row:
        known = calendar_of(view)
        if query.working_days is not None:
            return {"ends_at": known.end_of_working_days(query.since, query.working_days)}
        return {"ends_at": known.end_of_days(query.since, query.days or 0)}

    return await context_of(request).reads.answer(request, query.as_of, build)


ROUTER = router(DOMAIN, OWN)
