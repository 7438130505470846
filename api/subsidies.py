"""Subsidies: programmes, claims, plots, and the public notice with masked names.

GET  /v1/programmes               what the bureau pays for, and what is left of each budget
GET  /v1/programmes/{id}/notice   claims that are on public notice, names masked
GET  /v1/subsidies                claims in every state
GET  /v1/plots                    whose a plot is and how large, as village or registry state it
"""

from __future__ import annotations

import time
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.context import Context, context_of
from api.domain import AsOfQuery, Domain, PageQuery, Row, ok, router
from api.ids import EXAMPLE_NUMBER, HASH, NUMBER, OptionalHash, OptionalParty, same, worded
from api.problems import documented
from api.reads import View
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.parties import parties
from indexer.projections.subsidies import plots, programmes, subsidies
from workflows.subsidies.notice import masked
from workflows.vault import RecordUnknown, SubjectErased, SubjectRestricted

MEASURES, BASES, STATES, GROUNDS = (
    list(ENUMERATIONS[name]) for name in ("Measure", "SubsidyBasis", "ClaimState", "SubsidyGround")
)
ON_NOTICE = ("NOTICE", "OBJECTED")

NUMBER_FORM = r"^(0|[1-9][0-9]{0,77})$"


class ProgrammeRecord(BaseModel):
    """A programme. Money in fen, instants in UTC seconds; `approved_fen` is approved and not yet paid."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_NUMBER,
                "agency": 9,
                "year": 2026,
                "measure": "ANCIENT_TREE",
                "basis": "TREE",
                "notice_days": 7,
                "opened_at": 1795363200,
                "closes_at": 1803139200,
                "rate_fen": 30000,
                "budget_fen": 3000000,
                "approved_fen": 60000,
                "paid_fen": 300000,
                "returned_fen": 0,
                "left_fen": 2640000,
                "evidence": "0x" + "9a" * 32,
            }
        }
    )

    id: str
    agency: int
    year: int
    measure: str
    basis: str
    notice_days: int
    opened_at: int
    closes_at: int
    rate_fen: int
    budget_fen: int
    approved_fen: int
    paid_fen: int
    returned_fen: int
    left_fen: int
    evidence: str


class SubsidyRecord(BaseModel):
    """A claim. `asset` is a tree's id or a plot's commitment as 0x hex; `quantity` 1 tree or 0.01 mu; instants in UTC
    seconds, 0 until they happen. `reviewed_late`: after the 20th working day.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "0x" + "5d" * 32,
                "programme": EXAMPLE_NUMBER,
                "asset": "0x" + "98" * 32,
                "subject": 42,
                "agent": 0,
                "quantity": 1,
                "state": "PAID",
                "ground": "NONE",
                "amount_fen": 30000,
                "submitted_at": 1795363200,
                "review_due_at": 1798041599,
                "reviewed_at": 1796227200,
                "reviewed_late": False,
                "notice_ends_at": 1796918399,
                "objected_at": 0,
                "decided_at": 1797004800,
                "paid_at": 1797436800,
                "voucher": "0x" + "c1" * 32,
                "return_voucher": "0x" + "00" * 32,
            }
        }
    )

    id: str
    programme: str
    asset: str
    subject: int
    agent: int
    quantity: int
    state: str
    ground: str
    amount_fen: int
    submitted_at: int
    review_due_at: int
    reviewed_at: int
    reviewed_late: bool
    notice_ends_at: int
    objected_at: int
    decided_at: int
    paid_at: int
    voucher: str
    return_voucher: str


class PlotRecord(BaseModel):
    """A plot: its commitment, who holds it, and its area in 0.01 mu. Where it lies is not on the ledger."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": "0x" + "b7" * 32, "holder": 42, "area_cmu": 1250}},
    )

    id: str
    holder: int
    area_cmu: int


class ProgrammeFilters(PageQuery):
    """Which programmes."""

    agency: OptionalParty = None
    year: Annotated[int | None, Field(ge=2000, le=2199)] = None
    measure: Annotated[str | None, Field(pattern=f"^({'|'.join(MEASURES)})$")] = None


class PlotFilters(PageQuery):
    """Which plots."""

    holder: OptionalParty = None


class SubsidyFilters(PageQuery):
    """Which claims."""

    programme: Annotated[str | None, Field(pattern=NUMBER_FORM)] = None
    subject: OptionalParty = None
    asset: OptionalHash = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(STATES)})$")] = None


def show_programme(row: Row) -> Row:
    """A programme as it is shown, from its row."""
    left = row["budget_fen"] + row["returned_fen"] - row["paid_fen"] - row["approved_fen"]
    return {
        "id": row["programme"],
        **{name: row[name] for name in ProgrammeRecord.model_fields if name in row},
        "measure": MEASURES[row["measure"]],
        "basis": BASES[row["basis"]],
        "left_fen": left,
    }


def _show_claim(row: Row) -> Row:
    return {
        "id": row["claim"],
        **{name: row[name] for name in SubsidyRecord.model_fields if name in row},
        "state": STATES[row["state"]],
        "ground": GROUNDS[row["ground"]],
        "reviewed_late": row["reviewed_at"] > row["review_due_at"],
    }


def _programmes_where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return same(query, table, "agency", "year") + worded(query, table, measure=MEASURES)


def _claims_where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return same(query, table, "programme", "subject", "asset") + worded(query, table, state=STATES)


def _with_deadline(view: View, key: Any, claim: Row) -> Row:
    """Whether the review is overdue in this state: nothing happened, and its 20 working days are over."""
    waiting = claim["state"] == "SUBMITTED"
    return {**claim, "review_overdue": waiting and view.as_of.time > claim["review_due_at"]}


PROGRAMMES = Domain(
    name="programmes",
    kind="programme",
    kind_zh="补贴项目",
    contract="Subsidies",
    projection=programmes,
    item=ProgrammeRecord,
    filters=ProgrammeFilters,
    show=show_programme,
    ids=NUMBER,
    example_id=EXAMPLE_NUMBER,
    where=_programmes_where,
)

DOMAIN = Domain(
    name="subsidies",
    kind="subsidy claim",
    kind_zh="补贴申报",
    contract="Subsidies",
    projection=subsidies,
    item=SubsidyRecord,
    filters=SubsidyFilters,
    show=_show_claim,
    ids=HASH,
    example_id="0x" + "5d" * 32,
    where=_claims_where,
    extend=_with_deadline,
)

PLOTS = Domain(
    name="plots",
    kind="plot",
    kind_zh="地块",
    contract="Subsidies",
    projection=plots,
    item=PlotRecord,
    filters=PlotFilters,
    show=lambda row: {"id": row["plot"], "holder": row["holder"], "area_cmu": row["area_cmu"]},
    ids=HASH,
    example_id="0x" + "b7" * 32,
    where=lambda query, table: same(query, table, "holder"),
)

ROUTER = router(DOMAIN)
PROGRAMMES_ROUTER = router(PROGRAMMES)
PLOTS_ROUTER = router(PLOTS)

_NOTICE = {
    "type": "object",
    "required": ["programme", "items", "as_of"],
    "properties": {
        "programme": {"$ref": "#/components/schemas/ProgrammeRecord"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["claim", "subject", "name", "asset", "quantity", "amount_fen", "notice_ends_at"],
            },
        },
        "as_of": {"$ref": "#/components/schemas/AsOfBlock"},
    },
}


@PROGRAMMES_ROUTER.get(
    "/{id}/notice",
    summary="The public notice of a programme",
    responses=ok(_NOTICE, "Claims on notice, by when it ends. Names are masked; anybody enrolled may object.")
    | documented(404, 422, 503),
)
async def read_notice(request: Request, id: str, query: Annotated[AsOfQuery, Query()]) -> Response:
    """Who is to be paid, how much, for what, until when one may object. `name` is masked; ＊＊＊ where none is kept."""
    key = PROGRAMMES.key(id)
    context = context_of(request)
    return await context.reads.answer(request, query.as_of, lambda view: _notice(context, view, key))


def _notice(context: Context, view: View, key: str) -> Row:
    programme = PROGRAMMES.row(view, key)
    table = subsidies.table
    where = [table.c.programme == key, table.c.state.in_([STATES.index(state) for state in ON_NOTICE])]
    chosen = (
        sa.select(table).where(queries.at(table, view.block), *where).order_by(table.c.notice_ends_at, table.c.claim)
    )
    claims = [dict(row) for row in view.connection.execute(chosen).mappings()]
    items = [
        {
            "claim": row["claim"],
            "subject": row["subject"],
            "name": masked(_name(context, view, row["subject"])),
            "state": STATES[row["state"]],
            "asset": row["asset"],
            "quantity": row["quantity"],
            "amount_fen": row["amount_fen"],
            "notice_ends_at": row["notice_ends_at"],
        }
        for row in claims
    ]
    return {"programme": show_programme(programme), "items": items}


def _name(context: Context, view: View, party: int) -> str | None:
    """The name in the identity record behind a party's commitment, if it is kept here; the reading is written down."""
    seat = queries.row(view.connection, parties, party, view.block)
    if seat is None:
        return None
    commitment = bytes.fromhex(seat["identity"][2:])
    try:
        opened = context.vault.read(commitment, "public notice", "masked name (公示)", now=int(time.time()))
    except (RecordUnknown, SubjectErased, SubjectRestricted):
        return None
    name = opened.record.get("name") if isinstance(opened.record, dict) else None
    return name if isinstance(name, str) else None
