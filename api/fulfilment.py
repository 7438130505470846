"""Fulfilment (履约率): the share of agreements that were kept, by season, by count and by value, as of any block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.calendar import calendar_of
from api.context import context_of
from api.domain import AS_OF_EXAMPLE, READ_PROBLEMS, AsOfQuery, Row, example_of, ok
from api.reads import View
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.agreements import agreements, milestones
from workflows.agreements.fulfilment import EXCLUDED, Fate, Rate, rates

STAGES = list(ENUMERATIONS["AgreementStage"])
NEVER_AGREED = [STAGES.index(name) for name in ("OFFERED", "WITHDRAWN")]


class FulfilmentRecord(BaseModel):
    """Fulfilment of the agreements due in a season. Rates in parts per million, null where nothing fell due; money in
    fen. `excluded` ended by consent or force majeure, or never took effect: they are in no rate.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "season": "2026 秋茶",
                "due": 20,
                "fulfilled": 19,
                "open": 0,
                "disputed": 0,
                "failed": 1,
                "count_ppm": 950000,
                "value_due": 215000000,
                "value_kept": 208000000,
                "value_ppm": 967441,
                "excluded": {"mutual": 1, "force_majeure": 1, "lapsed": 0},
                "value_excluded": 21000000,
            }
        }
    )

    season: str
    due: int
    fulfilled: int
    open: int
    disputed: int
    failed: int
    count_ppm: int | None
    value_due: int
    value_kept: int
    value_ppm: int | None
    excluded: dict[str, int]
    value_excluded: int


class FulfilmentQuery(AsOfQuery):
    """Whose agreements; of everybody where no party is named."""

    party: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Buyer or seller.")] = None


def _due(view: View, party: int | None) -> Iterator[Row]:
    """Agreements whose last delivery has fallen due by the block, with what was accepted in time."""
    whole, part = agreements.table, milestones.table
    in_time = (
        sa.select(sa.func.coalesce(sa.func.sum(part.c.accepted_in_time), 0))
        .where(part.c.agreement == whole.c.agreement, queries.at(part, view.block))
        .scalar_subquery()
    )
    chosen = sa.select(whole, in_time.label("accepted_in_time")).where(
        queries.at(whole, view.block), whole.c.due_at <= view.as_of.time, whole.c.stage.not_in(NEVER_AGREED)
    )
    if party is not None:
        chosen = chosen.where(sa.or_(whole.c.buyer == party, whole.c.seller == party))
    for row in view.connection.execute(chosen).mappings():
        yield {**row, "accepted_in_time": int(row["accepted_in_time"])}


def seasons(view: View, party: int | None = None) -> list[Row]:
    """The rates by season in a state, of everybody or of one party; the oldest first."""
    found = rates(_due(view, party), calendar_of(view), view.as_of.time)
    return [_shown(season, rate) for season, rate in found.items()]


def _shown(season: str, rate: Rate) -> Row:
    return {
        "season": season,
        "due": rate.due,
        **{fate.value: rate.fates[fate] for fate in Fate if fate not in EXCLUDED},
        "count_ppm": rate.count_ppm,
        "value_due": rate.value_due,
        "value_kept": rate.value_kept,
        "value_ppm": rate.value_ppm,
        "excluded": {fate.value: rate.fates[fate] for fate in EXCLUDED},
        "value_excluded": rate.value_excluded,
    }


ROUTER = APIRouter(prefix="/v1/fulfilment", tags=["fulfilment"])
_SCHEMA = {
    "type": "object",
    "required": ["items", "as_of"],
    "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/FulfilmentRecord"}},
        "as_of": {"$ref": "#/components/schemas/AsOfBlock"},
    },
}


@ROUTER.get(
    "",
    summary="Fulfilment by season",
    responses=ok(
        _SCHEMA,
        "Seasons in which agreements fell due, the oldest first.",
        {"items": [example_of(FulfilmentRecord)], "as_of": AS_OF_EXAMPLE},
    )
    | READ_PROBLEMS,
)
async def read_fulfilment(request: Request, query: Annotated[FulfilmentQuery, Query()]) -> Response:
    """An agreement stays in the season in which it was due when signed. As of a block: as one would have said then."""

    reads = context_of(request).reads
    return await reads.answer(request, query.as_of, lambda view: {"items": seasons(view, query.party)})
