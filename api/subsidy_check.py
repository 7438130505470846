"""POST /v1/subsidies/check: everything that stands in the way of a claim, at once, before it is signed."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.context import Context, context_of
from api.domain import Row, ok, own_router
from api.ids import EXAMPLE_NUMBER, OptionalHash, OptionalParty
from api.problems import documented
from api.reads import View, dumps, shown
from api.subsidies import DOMAIN, MEASURES, NUMBER_FORM, PROGRAMMES, STATES, show_programme
from chain.vocabulary import ENUMERATIONS, role_bits
from indexer import queries
from indexer.projections.evidence import evidence
from indexer.projections.parties import parties
from indexer.projections.subsidies import plots, programmes, subsidies
from indexer.projections.trees import restraints, trees
from workflows.subsidies.check import Application, Known, PlotFacts, Subject, Terms, TreeFacts, check

TITLES, LIVES, STATUSES = (list(ENUMERATIONS[name]) for name in ("Title", "Life", "Status"))
COMPLIANCE = list(ENUMERATIONS["Restraint"]).index("COMPLIANCE")

ROUTER = own_router(DOMAIN.name)


class CheckBody(BaseModel):
    """A claim before it is signed. `mandate` (evidence id) when an agent submits; `evidence` of the papers."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "programme": EXAMPLE_NUMBER,
                "subject": 42,
                "asset": "0x" + "98" * 32,
                "quantity": 1,
                "agent": None,
                "mandate": None,
                "evidence": "0x" + "9a" * 32,
            }
        },
    )

    programme: Annotated[str, Field(pattern=NUMBER_FORM)]
    subject: Annotated[int, Field(ge=1, le=2**63 - 1)]
    asset: Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
    quantity: Annotated[int, Field(ge=0, le=2**32 - 1)]
    agent: OptionalParty = None
    mandate: OptionalHash = None
    evidence: OptionalHash = None


_CHECKED = {
    "type": "object",
    "required": ["claim", "amount_fen", "points", "as_of"],
    "properties": {
        "claim": {"type": "string", "description": "the id that the claim will have"},
        "amount_fen": {"type": "integer"},
        "points": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "en", "zh", "values"],
                "properties": {
                    "code": {"type": "string"},
                    "en": {"type": "string"},
                    "zh": {"type": "string"},
                    "values": {"type": "object"},
                },
            },
        },
        "as_of": {"$ref": "#/components/schemas/AsOfBlock"},
    },
}


@ROUTER.post(
    "/check",
    summary="Check a claim before it is signed",
    responses=ok(_CHECKED, "Every point that stands in the way; none when `points` is empty.")
    | documented(404, 413, 422, 503),
)
async def check_claim(request: Request, body: CheckBody) -> Response:
    """All points at once, where the contract names only the first. Nothing is kept."""
    return await run_in_threadpool(_check, context_of(request), body)


def _check(context: Context, body: CheckBody) -> Response:
    with context.reads.view() as view:
        row = PROGRAMMES.row(view, PROGRAMMES.key(body.programme))
        application = _application(view, body, show_programme(row))
        points = check(application, view.as_of.time)
        as_of = shown(view.as_of)
    types = ["uint256", "uint64", "bytes32", "uint16"]
    values = [int(body.programme), body.subject, bytes.fromhex(body.asset[2:]), row["year"]]
    answer = {
        "claim": "0x" + keccak(encode(types, values)).hex(),
        "amount_fen": application.amount_fen,
        "points": [
            {"code": one.code, "en": one.words("en"), "zh": one.words("zh"), "values": one.values} for one in points
        ],
        "as_of": as_of,
    }
    return Response(dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})


def _application(view: View, body: CheckBody, programme: Row) -> Application:
    """What the mirror says of everything that a claim names."""
    number = str(int(body.asset, 16))
    seat = queries.row(view.connection, parties, body.subject)
    tree = queries.row(view.connection, trees, number)
    limit = queries.row(view.connection, restraints, (number, COMPLIANCE))
    in_force = limit is not None and limit["issuer"] != 0
    if limit is not None and limit["expires_at"] != 0:
        in_force = in_force and limit["expires_at"] > view.as_of.time
    plot = queries.row(view.connection, plots, body.asset)
    by_agent = body.agent is not None and body.agent != body.subject
    terms = Terms(
        **{name: programme[name] for name in Terms.__dataclass_fields__ if name in programme},
    )
    return Application(
        terms=terms,
        subject_id=body.subject,
        subject=None
        if seat is None
        else Subject(body.subject, STATUSES[seat["status"]], bool(seat["roles"] & role_bits("FARMER"))),
        asset=body.asset,
        tree=None if tree is None else TreeFacts(tree["owner"], TITLES[tree["title"]], LIVES[tree["life"]], in_force),
        plot=None if plot is None else PlotFacts(plot["holder"], plot["area_cmu"]),
        quantity=body.quantity,
        mandate=_attested(view, body.mandate, body.subject) if by_agent else None,
        evidence=_attested(view, body.evidence, None),
        known=_known(view, body.asset),
    )


def _attested(view: View, identifier: str | None, attester: int | None) -> bool:
    """Whether the evidence is live, and attested by this party if one is named."""
    found = queries.row(view.connection, evidence, identifier) if identifier else None
    return found is not None and found["revoked_at"] == 0 and attester in (None, found["attester"])


def _known(view: View, asset: str) -> list[Known]:
    """The claims for an asset, with their programmes' terms."""
    table, terms = subsidies.table, programmes.table
    chosen = (
        sa.select(table, terms.c.measure, terms.c.year)
        .join(terms, terms.c.programme == table.c.programme)
        .where(queries.at(table, view.block), queries.at(terms, view.block), table.c.asset == asset)
        .order_by(table.c.claim)
    )
    return [
        Known(row.claim, row.programme, row.subject, row.asset, MEASURES[row.measure], row.year, STATES[row.state])
        for row in view.connection.execute(chosen)
    ]
