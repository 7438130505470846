"""Enforceable deeds: where each stands, who signed, and the checks of a deed before it is made.

GET  /v1/deeds                      deeds in every state, by number commitment, office, obligee, obligor
POST /v1/deeds/check                everything an instrument, a deed's text or an assignment lacks, at once
GET  /v1/flows                      the offices' flows: steps, materials, templates, checks of each product
"""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.domain import Domain, PageQuery, Row, ok, router
from api.ids import HASH, OptionalHash, OptionalParty, same, worded
from api.problems import documented
from api.reads import View, dumps
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.certificates import certificates
from indexer.projections.deeds import deed_parties, deeds, notary_keys
from indexer.projections.filings import filings
from workflows.deeds.assignment import Assignment, check_assignment
from workflows.deeds.flow import Flow, flows
from workflows.deeds.instrument import DeedText, Instrument, check_deed, check_instrument
from workflows.deeds.points import Report

STATES, SCOPES, METHODS, GROUNDS = (
    list(ENUMERATIONS[name]) for name in ("DeedState", "DeedScope", "ServiceMethod", "EndGround")
)
ISSUED = STATES.index("ISSUED")
EXAMPLE_ID = "0x" + "de" * 32

Obligor = Annotated[
    str | None, Field(pattern=r"^(0x[0-9a-f]{64}|[1-9][0-9]{0,18})$", description="Party id, or commitment as 0x hex.")
]


class DeedRecord(BaseModel):
    """A deed. Money in fen, instants in UTC seconds, 0 until they happen; `rate_bps` caps what accrues in a year.

    `issue_by`: the end of 15 working days from acceptance, later by every pause. `review_required`: notarised while its
    notary's key may have been in other hands, and not confirmed since.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_ID,
                "number": "0x" + "4e" * 32,
                "office": 31,
                "notary": 33,
                "reviewer": 34,
                "obligee": 22,
                "state": "ISSUED",
                "scope": "DEBT",
                "method": "SMS",
                "principal": 5000000,
                "rate_bps": 1540,
                "obligors": 1,
                "informed": 1,
                "signatures": 2,
                "opened_at": 1795363200,
                "issue_by": 1797263999,
                "notarised_at": 1795449600,
                "issued_at": 1795536000,
                "paused_at": 0,
                "confirmed_at": 0,
                "amendments": 0,
                "flagged": False,
                "ground": "NONE",
                "instrument": "0x" + "c0" * 32,
                "securities": "0x" + "00" * 32,
                "document": "0x" + "d0" * 32,
            }
        }
    )

    id: str
    number: str
    office: int
    notary: int
    reviewer: int
    obligee: int
    state: str
    scope: str
    method: str
    principal: int
    rate_bps: int
    obligors: int
    informed: int
    signatures: int
    opened_at: int
    issue_by: int
    notarised_at: int
    issued_at: int
    paused_at: int
    confirmed_at: int
    amendments: int
    flagged: bool
    ground: str
    instrument: str
    securities: str
    document: str


class DeedFilters(PageQuery):
    """Which deeds."""

    number: OptionalHash = None
    office: OptionalParty = None
    notary: OptionalParty = None
    obligee: OptionalParty = None
    obligor: Obligor = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(STATES)})$")] = None
    flagged: bool | None = None


class DeedChecks(BaseModel):
    """What to check, one or more of them."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "assignment": Assignment.model_config["json_schema_extra"]["example"],  # type: ignore[index]
            }
        },
    )

    instrument: Instrument | None = None
    deed: DeedText | None = None
    assignment: Assignment | None = None


def party_key(text: str) -> str:
    """An obligor as deeds know it: a party id as 32 bytes, a commitment as it is."""
    return text if text.startswith("0x") else f"0x{int(text):064x}"


def party_shown(key: str) -> int | str:
    """A party of a deed as a reader wants it: the id of a party, or the commitment."""
    number = int(key, 16)
    return number if number < 1 << 64 else key


def of_obligor(key: str, deed: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that a deed names this obligor; who is named never changes."""
    parts = deed_parties.table
    return deed.in_(sa.select(parts.c.deed).where(parts.c.party == key, parts.c.named))


def _show(row: Row) -> Row:
    shown = {name: row[name] for name in DeedRecord.model_fields if name != "id"}
    return {
        "id": row["deed"],
        **shown,
        "state": STATES[row["state"]],
        "scope": SCOPES[row["scope"]],
        "method": METHODS[row["method"]],
        "ground": GROUNDS[row["ground"]],
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "number", "office", "notary", "obligee", "flagged") + worded(query, table, state=STATES)
    if query.obligor is not None:
        where.append(of_obligor(party_key(query.obligor), table.c.deed))
    return where


def _with_parts(view: View, key: Any, shown: Row) -> Row:
    """Its parties, whether it awaits its office, and what was made of it."""
    return {
        **shown,
        "parties": [
            {
                "party": party_shown(row["party"]),
                "obligor": row["named"],
                "informed": row["informed"],
                "signed": row["signed"],
            }
            for row in queries.of(view.connection, deed_parties, {"deed": key}, view.block)
        ],
        "review_required": _doubtful(view, shown),
        "overdue": bool(shown["issue_by"] and not shown["issued_at"] and view.as_of.time > shown["issue_by"]),
        "certificates": _of_deed(view, certificates, "certificate", key),
        "filings": _of_deed(view, filings, "filing", key),
    }


def _doubtful(view: View, deed: Row) -> bool:
    window = queries.row(view.connection, notary_keys, deed["notary"], view.block)
    if window is None or deed["state"] != "ISSUED":
        return False
    within = window["invalid_from"] <= deed["notarised_at"] <= window["until"]
    return bool(within and deed["confirmed_at"] < window["until"])


def _of_deed(view: View, projection: Any, name: str, deed: str) -> list[str]:
    return [row[name] for row in queries.of(view.connection, projection, {"deed": deed}, view.block)]


DOMAIN = Domain(
    name="deeds",
    kind="deed",
    kind_zh="公证书",
    contract="Deeds",
    projection=deeds,
    item=DeedRecord,
    filters=DeedFilters,
    show=_show,
    ids=HASH,
    example_id=EXAMPLE_ID,
    where=_where,
    versions=((deed_parties, "deed"),),
    extend=_with_parts,
)

ROUTER = router(DOMAIN)
FLOWS = APIRouter(prefix="/v1/flows", tags=["deeds"])


@ROUTER.post(
    "/check",
    summary="Check an instrument, a deed's text, an assignment",
    responses=ok(
        {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Report"}},
        "A report for each that was given: every missing point in words, with its basis.",
    )
    | documented(413, 422),
)
async def check_deed_documents(body: DeedChecks) -> Response:
    """All points at once, after 公证程序规则 39, 法释〔2018〕18号 and 公证法. Nothing is kept."""
    found: dict[str, Report] = {}
    if body.instrument is not None:
        found["instrument"] = check_instrument(body.instrument)
    if body.deed is not None:
        found["deed"] = check_deed(body.deed)
    if body.assignment is not None:
        found["assignment"] = check_assignment(body.assignment)
    return Response(
        dumps({name: one.model_dump(mode="json") for name, one in found.items()}), media_type="application/json"
    )


@FLOWS.get(
    "",
    summary="Flows of notary offices",
    responses=ok({"type": "object"}, "Steps, materials, templates and checks, by product.") | documented(422),
)
async def list_flows() -> Response:
    """A flow is data; an office that works differently brings its own."""
    items = [_flow(flow) for flow in flows().values()]
    return Response(dumps({"items": items}), media_type="application/json")


def _flow(flow: Flow) -> Row:
    return flow.model_dump(mode="json")
