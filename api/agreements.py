"""Purchase agreements: what stands on chain of each, its milestones and deadlines, and its terms for its two sides."""

from __future__ import annotations

import time
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import rights
from api.calendar import calendar_of
from api.context import context_of
from api.deadlines import shown_deadline
from api.domain import Domain, PageQuery, Row, ok, own_router, router
from api.ids import EXAMPLE_NUMBER, NUMBER, OptionalParty, same, worded
from api.problems import documented
from api.reads import View, dumps, shown
from api.sessions import NotYours, caller_of
from api.trees import RecordQuery
from chain.errors import ChaqiError
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.agreements import agreements, milestones
from workflows.agreements.deadlines import SOURCES
from workflows.agreements.terms import TAG, check_terms
from workflows.deadlines import Deadline
from workflows.vault import RecordUnknown

STAGES, ENDINGS, SANCTIONS = (list(ENUMERATIONS[name]) for name in ("AgreementStage", "AgreementEnding", "Sanction"))
GRAMS_PER_KILOGRAM = 1000


class TermsAbsent(ChaqiError):
    """The terms of an agreement were not handed in here."""

    status = 404
    en = "The terms of agreement {agreement} are not kept here. A side that has them may hand them in."
    zh = "此处未保存协议 {agreement} 的条款，持有条款的当事人可提交。"


class AgreementRecord(BaseModel):
    """An agreement. Money in fen, weight in grams, instants in UTC seconds, 0 for none; `balance`: what the buyer owes,
    negative: what the seller has to give back. `due_at` is the last delivery as signed, before any extension.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_NUMBER,
                "buyer": 31,
                "seller": 7,
                "stage": "ACTIVE",
                "ending": "NONE",
                "suspended": False,
                "due_at": 1797091199,
                "offer_ends_at": 1795967999,
                "signed_at": 1795449600,
                "quantity": 10000,
                "unit_price": 1000000,
                "price_fixed": True,
                "total": 10000000,
                "deposit": 2000000,
                "deposit_paid": 2500000,
                "prepayment": 500000,
                "accepted": 6000,
                "pending": 0,
                "paid": 0,
                "refunded": 0,
                "adjustment": 0,
                "balance": 3500000,
                "frozen": 0,
                "claimant": 0,
                "penalty": 0,
                "sanction": "NONE",
                "purpose_defeated": False,
                "damages_bps": 2000,
                "milestones": 2,
                "inspection_days": 10,
                "grace_days": 3,
                "extension_days": 0,
                "cure_ends_at": 0,
                "accepted_at": 0,
                "settled_at": 0,
                "ended_at": 0,
                "terms": "0x" + "7e" * 32,
                "formula": "0x" + "00" * 32,
            }
        }
    )

    id: str
    buyer: int
    seller: int
    stage: str
    ending: str
    suspended: bool
    due_at: int
    offer_ends_at: int
    signed_at: int
    quantity: int
    unit_price: int
    price_fixed: bool
    total: int
    deposit: int
    deposit_paid: int
    prepayment: int
    accepted: int
    pending: int
    paid: int
    refunded: int
    adjustment: int
    balance: int
    frozen: int
    claimant: int
    penalty: int
    sanction: str
    purpose_defeated: bool
    damages_bps: int
    milestones: int
    inspection_days: int
    grace_days: int
    extension_days: int
    cure_ends_at: int
    accepted_at: int
    settled_at: int
    ended_at: int
    terms: str
    formula: str


class AgreementFilters(PageQuery):
    """Which agreements; `party` is either side."""

    party: OptionalParty = None
    buyer: OptionalParty = None
    seller: OptionalParty = None
    stage: Annotated[str | None, Field(pattern=f"^({'|'.join(STAGES)})$")] = None
    ending: Annotated[str | None, Field(pattern=f"^({'|'.join(ENDINGS)})$")] = None
    disputed: bool | None = None


class TermsBody(BaseModel):
    """The signed document and the salt of its commitment."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "terms": {
                    "buyer": 31,
                    "seller": 7,
                    "goods": "凤凰单丛毛茶",
                    "grade": "特级",
                    "season": "2026 春茶",
                    "grams": 10000,
                    "fen_per_kilogram": 1000000,
                    "deliveries": [{"due_at": 1797091199, "grams": 10000}],
                    "deposit_name": "定金",
                    "deposit_fen": 2000000,
                    "force_majeure": "民法典 590",
                    "forum": "潮州市潮安区人民法院",
                },
                "salt": "0x" + "5a" * 32,
            }
        },
    )

    terms: dict[str, Any]
    salt: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{64}$")]


def balance_of(row: Row) -> int:
    """What the buyer owes by a mirrored row, as `Agreements.balance` says it."""
    earned: int = row["accepted"] * row["unit_price"] // GRAMS_PER_KILOGRAM
    balance: int = earned + row["adjustment"] + row["refunded"] - row["paid"] - row["deposit_paid"]
    return balance


def _show(row: Row) -> Row:
    record = {name: row[name] for name in AgreementRecord.model_fields if name in row}
    return {
        "id": row["agreement"],
        **record,
        "stage": STAGES[row["stage"]],
        "ending": ENDINGS[row["ending"]],
        "sanction": SANCTIONS[row["sanction"]],
        "balance": balance_of(row),
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "buyer", "seller") + worded(query, table, stage=STAGES, ending=ENDINGS)
    if query.party is not None:
        where.append(sa.or_(table.c.buyer == query.party, table.c.seller == query.party))
    if query.disputed is not None:
        where.append((table.c.claimant != 0) if query.disputed else (table.c.claimant == 0))
    return where


def _extended(view: View, key: Any, record: Row) -> Row:
    where = [milestones.table.c.agreement == key]
    parts = queries.rows(view.connection, milestones, view.block, where=where, limit=100)
    hidden = ("agreement", "until_block")
    shown_parts = [{name: value for name, value in part.items() if name not in hidden} for part in parts]
    calendar, running = calendar_of(view), list[Deadline]()
    for source in SOURCES:
        chosen = source.rows(lambda table: queries.at(table, view.block))
        mine = chosen.where(chosen.selected_columns.agreement == key)
        for row in view.connection.execute(mine).mappings():
            running += source.derive(dict(row), calendar)
    running.sort(key=lambda deadline: deadline.key)
    return {
        **record,
        "deliveries": shown_parts,
        "deadlines": [shown_deadline(deadline, view.as_of.time) for deadline in running],
    }


DOMAIN = Domain(
    name="agreements",
    kind="agreement",
    kind_zh="采购协议",
    contract="Agreements",
    further_contracts=("Remedies",),
    projection=agreements,
    item=AgreementRecord,
    filters=AgreementFilters,
    show=_show,
    ids=NUMBER,
    example_id=EXAMPLE_NUMBER,
    where=_where,
    versions=((milestones, "agreement"),),
    extend=_extended,
)

OWN = own_router(DOMAIN.name)


@OWN.get(
    "/{id}/terms",
    summary="The terms of an agreement",
    responses=ok({"type": "object"}, "Document and salt: whoever has both can check the commitment on chain.")
    | documented(401, 403, 404, 410, 422, 423, 503),
)
async def read_terms(request: Request, id: str, query: Annotated[RecordQuery, Query()]) -> Response:
    """For buyer and seller only (rights matrix). Each reading is written down."""
    return await run_in_threadpool(_read_terms, request, DOMAIN.key(id), query.purpose)


@OWN.put(
    "/{id}/terms",
    summary="Hand in the terms of an agreement",
    responses=ok({"type": "object"}, "Kept, sealed; again changes nothing.")
    | documented(401, 403, 404, 410, 413, 422, 423, 503),
)
def keep_terms(request: Request, id: str, body: TermsBody) -> Response:
    """From buyer or seller; only the very document that was signed is kept."""
    context = context_of(request)
    agreement, party = DOMAIN.key(id), caller_of(request).acting()
    row, as_of = _own(request, agreement)
    salt = bytes.fromhex(body.salt[2:])
    terms = check_terms(body.terms, salt, row)
    kept = context.vault.put(
        f"party-{row['seller']}", TAG, terms.model_dump(mode="json"), now=int(time.time()), salt=salt
    )
    answer = {"id": agreement, "terms": "0x" + kept.hex(), "handed_in_by": party, "as_of": as_of}
    return Response(dumps(answer), media_type="application/json")


def _own(request: Request, agreement: str) -> tuple[Row, Row]:
    """The mirrored row, if the caller may see the terms. Raises `NotYours`, `NotRecorded`."""
    context, caller = context_of(request), caller_of(request)
    party, table = caller.acting(), agreements.table
    with context.reads.view() as view:
        row = DOMAIN.row(view, agreement)
        mine = sa.or_(
            *(
                rights.visible(rights.AGREEMENT_TERMS, caller.roles, party, table.c[side])
                for side in ("buyer", "seller")
            )
        )
        if not queries.rows(view.connection, agreements, where=[table.c.agreement == agreement, mine], limit=1):
            raise NotYours(party=party, what=f"the terms of agreement {agreement}", what_zh="该协议的条款")
        return row, shown(view.as_of)


def _read_terms(request: Request, agreement: str, purpose: str) -> Response:
    row, as_of = _own(request, agreement)
    party = caller_of(request).acting()
    commitment = bytes.fromhex(row["terms"][2:])
    try:
        opened = context_of(request).vault.read(commitment, f"party-{party}", purpose, now=int(time.time()))
    except RecordUnknown:
        raise TermsAbsent(agreement=agreement) from None
    answer = {"id": agreement, "terms": opened.record, "salt": "0x" + opened.salt.hex(), "as_of": as_of}
    return Response(dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})


ROUTER = router(DOMAIN, OWN)
