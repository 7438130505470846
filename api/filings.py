"""Filings at court: where each stands, the check of a package, the courts and which of them has jurisdiction.

POST /v1/filings/check              every paper and reason that keeps a package from court, at once
GET  /v1/courts                     the 2,905 basic courts (synthetic)
POST /v1/courts/choose              the courts that have jurisdiction, the advised one first
"""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.certificates import DOMAIN as CERTIFICATES
from api.deeds import DOMAIN as DEEDS
from api.deeds import Obligor, party_key, party_shown
from api.domain import Domain, PageQuery, Row, ok, router
from api.ids import HASH, OptionalHash, OptionalParty, same, worded
from api.problems import documented
from api.reads import dumps
from chain.vocabulary import ENUMERATIONS
from indexer.projections.filings import filings
from workflows.filings.courts import Code, Property, competent, court, courts, provinces
from workflows.filings.preflight import Package, preflight

STATES, BASES, CLOSURES = (list(ENUMERATIONS[name]) for name in ("FilingState", "JurisdictionBasis", "Closure"))
EXAMPLE_ID = "0x" + "f1" * 32

Province = Annotated[int | None, Field(ge=11, le=65, description="Administrative code of the province.")]


class FilingRecord(BaseModel):
    """A filing against one obligor (party id, or commitment). Money in fen, instants in UTC seconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_ID,
                "deed": DEEDS.example_id,
                "certificate": CERTIFICATES.example_id,
                "obligor": 7,
                "filer": 41,
                "gateway": 4,
                "court": 440001,
                "basis": "DOMICILE",
                "state": "MEASURES",
                "resume_to": "NONE",
                "closure": "NONE",
                "claimed": 3840000,
                "recovered": 1200000,
                "submitted_at": 1797177600,
                "filed_at": 1797436800,
                "closed_at": 0,
                "other_court": 0,
                "other_filed_at": 0,
                "case_number": "0x" + "ca" * 32,
                "package": "0x" + "b0" * 32,
            }
        }
    )

    id: str
    deed: str
    certificate: str
    obligor: int | str
    filer: int
    gateway: int
    court: int
    basis: str
    state: str
    resume_to: str
    closure: str
    claimed: int
    recovered: int
    submitted_at: int
    filed_at: int
    closed_at: int
    other_court: int
    other_filed_at: int
    case_number: str
    package: str


class FilingFilters(PageQuery):
    """Which filings."""

    deed: OptionalHash = None
    certificate: OptionalHash = None
    obligor: Obligor = None
    filer: OptionalParty = None
    gateway: OptionalParty = None
    court: Code | None = None
    province: Province = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(STATES)})$")] = None
    closure: Annotated[str | None, Field(pattern=f"^({'|'.join(CLOSURES)})$")] = None


class Seat(BaseModel):
    """Where the debtor lives and what he owns where; courts by code."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "domicile": 440001,
                "properties": [{"court": 440002, "value_fen": 3000000, "proven": True}],
            }
        },
    )

    domicile: Code
    properties: Annotated[list[Property], Field(max_length=100)] = []


class CourtQuery(BaseModel):
    """Which courts."""

    model_config = ConfigDict(extra="forbid")

    province: Province = None


def in_province(column: sa.ColumnElement[Any], province: int) -> sa.ColumnElement[bool]:
    """The condition that a court's code is of a province."""
    return column.between(province * 10_000, province * 10_000 + 9_999)


def _show(row: Row) -> Row:
    return {
        "id": row["filing"],
        **{name: row[name] for name in FilingRecord.model_fields if name != "id"},
        "obligor": party_shown(row["obligor"]),
        "state": STATES[row["state"]],
        "resume_to": STATES[row["resume_to"]],
        "basis": BASES[row["basis"]],
        "closure": CLOSURES[row["closure"]],
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "deed", "certificate", "filer", "gateway", "court")
    where += worded(query, table, state=STATES, closure=CLOSURES)
    if query.obligor is not None:
        where.append(table.c.obligor == party_key(query.obligor))
    if query.province is not None:
        where.append(in_province(table.c.court, query.province))
    return where


DOMAIN = Domain(
    name="filings",
    kind="filing",
    kind_zh="执行申请",
    contract="Filings",
    projection=filings,
    item=FilingRecord,
    filters=FilingFilters,
    show=_show,
    ids=HASH,
    example_id=EXAMPLE_ID,
    where=_where,
)

ROUTER = router(DOMAIN)
COURTS = APIRouter(prefix="/v1/courts", tags=["filings"])


@ROUTER.post(
    "/check",
    summary="Check a court package before it is submitted",
    responses=ok(
        {"$ref": "#/components/schemas/Preflight"},
        "Every missing point with its basis, and both readings of limitation: a warning, never a bar.",
    )
    | documented(413, 422),
)
async def check_package(body: Package) -> Response:
    """After 执行工作规定 18 and 20, 法释〔2018〕18号 5 and 9, CPL 235 and 250. Nothing is kept."""
    return Response(dumps(preflight(body).model_dump(mode="json")), media_type="application/json")


@COURTS.get(
    "",
    summary="Basic courts",
    responses=ok({"type": "object"}, "Provinces with their number of courts, and the courts of one.") | documented(422),
)
async def list_courts(query: Annotated[CourtQuery, Query()]) -> Response:
    """SYNTHETIC codes and names. Without `province` the provinces alone."""
    items = [one.model_dump() for one in courts(query.province)] if query.province is not None else []
    counted = [{"province": one.code, "name": one.name, "courts": one.courts} for one in provinces()]
    total = sum(one["courts"] for one in counted if isinstance(one["courts"], int))
    answer = {"provinces": counted, "total": total, "items": items}
    return Response(dumps(answer), media_type="application/json")


@COURTS.get(
    "/{code}",
    summary="One court",
    responses=ok({"$ref": "#/components/schemas/Court"}, "The court.") | documented(422),
)
async def read_court(code: Annotated[int, Path(ge=110_001, le=659_999, examples=[440_001])]) -> Response:
    """SYNTHETIC code and name."""
    return Response(dumps(court(code).model_dump()), media_type="application/json")


@COURTS.post(
    "/choose",
    summary="Courts that have jurisdiction",
    responses=ok({"type": "object"}, "Competent courts, the advised one first.") | documented(413, 422),
)
async def choose_court(body: Seat) -> Response:
    """Domicile or place of proven property (CPL 235(2)); one filing only, whichever court is chosen."""
    items = [one.model_dump() for one in competent(body.domicile, body.properties)]
    return Response(dumps({"items": items}), media_type="application/json")
