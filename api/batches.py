"""Batches of leaf and tea, who holds them, seasons of trees, sales, and the trace of a batch back to its trees."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.context import context_of
from api.domain import READ_PROBLEMS, AsOfQuery, Domain, Listing, PageQuery, Row, list_router, ok, router
from api.ids import NUMBER, OptionalNumber, OptionalParty, same, worded
from api.provenance import QUALITIES, STATES, YIELDS, below, provenance, restraints_in
from api.reads import View
from api.trees import DOMAIN as TREES
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projection import Projection
from indexer.projections.batches import batch_inputs, batches, holdings, sales, seasons

SALE_STATES = list(ENUMERATIONS["SaleState"])
_EXAMPLE_ID = "52837469201583746529018374652901837465290183746529018374652901837465290183746"
_TREE_ID = TREES.example_id


class BatchRecord(BaseModel):
    """A batch. Weights in grams, `made_at` in UTC seconds; `tree` only of leaf, `season` 0 of several years.

    weight = what all parties hold of it + `processed` + `coded` + `consumed`. `restraints`: what its trees were under
    when picked; COURT means that a mortgagee may have a right to the fruits (CC 412).
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _EXAMPLE_ID,
                "state": "TEA",
                "maker": 7,
                "tree": None,
                "season": 2026,
                "weight": 2000,
                "processed": 0,
                "coded": 1500,
                "consumed": 0,
                "quality": "PASSED",
                "restraints": [],
                "indicated": True,
                "recalled": False,
                "made_at": 1795363200,
                "evidence": "0x" + "9a" * 32,
                "report": "0x" + "9b" * 32,
            }
        }
    )

    id: str
    state: str
    maker: int
    tree: str | None
    season: int
    weight: int
    processed: int
    coded: int
    consumed: int
    quality: str
    restraints: list[str]
    indicated: bool
    recalled: bool
    made_at: int
    evidence: str
    report: str | None


class BatchFilters(PageQuery):
    """Which batches."""

    maker: OptionalParty = None
    tree: OptionalNumber = None
    season: Annotated[int | None, Field(ge=0, le=65535)] = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(STATES)})$")] = None
    quality: Annotated[str | None, Field(pattern=f"^({'|'.join(QUALITIES)})$")] = None
    indicated: bool | None = None
    recalled: bool | None = None


def _show(row: Row) -> Row:
    return {
        "id": row["batch"],
        **{
            name: row[name] for name in BatchRecord.model_fields if name not in ("id", "state", "quality", "restraints")
        },
        "state": STATES[row["state"]],
        "quality": QUALITIES[row["quality"]],
        "restraints": restraints_in(row["restraints"]),
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "maker", "season", "indicated", "recalled")
    if query.tree is not None:
        where.append(table.c.tree == TREES.key(query.tree))
    return where + worded(query, table, state=STATES, quality=QUALITIES)


def _with_parts(view: View, key: Any, shown: Row) -> Row:
    """Who holds it, what it was made of, and what was made of it."""
    return {
        **shown,
        "holdings": _parts(view, holdings, "batch", key, "party", least=1),
        "inputs": _parts(view, batch_inputs, "batch", key, "parent"),
        "used_in": _parts(view, batch_inputs, "parent", key, "batch"),
    }


def _parts(view: View, projection: Projection, column: str, key: Any, name: str, least: int = 0) -> list[Row]:
    table = projection.table
    chosen = (
        sa.select(table.c[name], table.c.weight)
        .where(table.c[column] == key, table.c.weight >= least, queries.at(table, view.block))
        .order_by(table.c[name])
    )
    return [dict(row) for row in view.connection.execute(chosen).mappings()]


DOMAIN = Domain(
    name="batches",
    kind="batch",
    kind_zh="批次",
    contract="Batches",
    projection=batches,
    item=BatchRecord,
    filters=BatchFilters,
    show=_show,
    ids=NUMBER,
    example_id=_EXAMPLE_ID,
    where=_where,
    versions=((holdings, "batch"), (batch_inputs, "batch")),
    extend=_with_parts,
)


class SaleRecord(BaseModel):
    """A sale of part of a batch. `ordinary_course`: such a buyer takes free of a floating charge (CC 404).

    Weights in grams, instants in UTC seconds, 0 for none.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _EXAMPLE_ID,
                "state": "CONFIRMED",
                "batch": _EXAMPLE_ID,
                "seller": 7,
                "buyer": 41,
                "weight": 1500,
                "ordinary_course": True,
                "offered_at": 1795363200,
                "concluded_at": 1795449600,
                "evidence": "0x" + "9a" * 32,
            }
        }
    )

    id: str
    state: str
    batch: str
    seller: int
    buyer: int
    weight: int
    ordinary_course: bool
    offered_at: int
    concluded_at: int
    evidence: str


class SaleFilters(PageQuery):
    """Which sales."""

    batch: OptionalNumber = None
    seller: OptionalParty = None
    buyer: OptionalParty = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(SALE_STATES)})$")] = None
    ordinary_course: bool | None = None


def _show_sale(row: Row) -> Row:
    names = [name for name in SaleRecord.model_fields if name not in ("id", "state")]
    return {"id": row["sale"], "state": SALE_STATES[row["state"]], **{name: row[name] for name in names}}


def _where_sale(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "seller", "buyer", "ordinary_course")
    if query.batch is not None:
        where.append(table.c.batch == DOMAIN.key(query.batch))
    return where + worded(query, table, state=SALE_STATES)


SALES = Domain(
    name="sales",
    kind="sale",
    kind_zh="销售",
    contract="Batches",
    projection=sales,
    item=SaleRecord,
    filters=SaleFilters,
    show=_show_sale,
    ids=NUMBER,
    example_id=_EXAMPLE_ID,
    where=_where_sale,
)

ROUTER = router(DOMAIN)
SALES_ROUTER = router(SALES)


class TraceQuery(AsOfQuery):
    """What is claimed beside the tea's own papers."""

    years: Annotated[int, Field(ge=0, le=5_000, description="An age that the label claims; 0: none.")] = 0


@ROUTER.get(
    "/{id}/trace",
    summary="A batch traced back to its trees",
    responses=ok({"type": "object"}, "Trees with their shares by weight (ppm), picks, makings, sales, claims checked.")
    | READ_PROBLEMS,
)
async def read_trace(request: Request, id: str, query: Annotated[TraceQuery, Query()]) -> Response:
    """Which trees it is of by weight, and which claims hold: ancient trees, one tree, the indication, an age."""
    key = DOMAIN.key(id)

    def build(view: View) -> Row:
        DOMAIN.row(view, key)
        found = provenance(view, key)
        claims = [
            {"claim": one.code, "holds": one.holds, "en": one.en, "zh": one.zh} for one in found.findings(query.years)
        ]
        warnings = [{"code": one.code, "en": one.en, "zh": one.zh} for one in found.grafted()]
        return {**found.json(), "claims": claims, "warnings": warnings}

    return await context_of(request).reads.answer(request, query.as_of, build)


@ROUTER.get(
    "/{id}/descendants",
    summary="A batch and all that was made of it",
    responses=ok({"type": "object"}, "Ids, the batch first: what a recall of it must reach.") | READ_PROBLEMS,
)
async def read_descendants(request: Request, id: str, query: Annotated[AsOfQuery, Query()]) -> Response:
    """The batches that a recall of this one must name."""
    key = DOMAIN.key(id)

    def build(view: View) -> Row:
        DOMAIN.row(view, key)
        return {"id": key, "batches": below(view, key)}

    return await context_of(request).reads.answer(request, query.as_of, build)


class HoldingRecord(BaseModel):
    """Grams of a batch that a party holds."""

    model_config = ConfigDict(json_schema_extra={"example": {"batch": _EXAMPLE_ID, "party": 41, "weight": 1500}})

    batch: str
    party: int
    weight: int


class HoldingFilters(PageQuery):
    """Which holdings; those of nothing are left out."""

    batch: OptionalNumber = None
    party: OptionalParty = None


class SeasonRecord(BaseModel):
    """A tree's season: `potential` of dry tea as stated, `cap` and `picked` of fresh leaf, in grams; UTC seconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "tree": _TREE_ID,
                "season": 2026,
                "potential": 2300,
                "cap": 14950,
                "picked": 10000,
                "opens_at": 1776182400,
                "closes_at": 1778428799,
                "stated_by": 3,
            }
        }
    )

    tree: str
    season: int
    potential: int
    cap: int
    picked: int
    opens_at: int
    closes_at: int
    stated_by: int


class SeasonFilters(PageQuery):
    """Which seasons."""

    tree: OptionalNumber = None
    season: Annotated[int | None, Field(ge=0, le=65535)] = None


def _where_holding(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = [table.c.weight > 0, *same(query, table, "party")]
    if query.batch is not None:
        where.append(table.c.batch == DOMAIN.key(query.batch))
    return where


def _where_season(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "season")
    if query.tree is not None:
        where.append(table.c.tree == TREES.key(query.tree))
    return where


HOLDINGS_ROUTER = list_router(
    Listing(
        name="holdings",
        projection=holdings,
        item=HoldingRecord,
        filters=HoldingFilters,
        show=lambda row: {name: row[name] for name in HoldingRecord.model_fields},
        where=_where_holding,
        key_types=(str, int),
    )
)
SEASONS_ROUTER = list_router(
    Listing(
        name="seasons",
        projection=seasons,
        item=SeasonRecord,
        filters=SeasonFilters,
        show=lambda row: {
            **{name: row[name] for name in SeasonRecord.model_fields if name != "cap"},
            "cap": YIELDS.season_cap_fresh_g(row["potential"]),
        },
        where=_where_season,
        key_types=(str, int),
    )
)
