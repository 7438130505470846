"""Valuations: what each tree is worth and counts for, why, and the price index behind it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import rights, trees
from api.context import context_of
from api.domain import Domain, PageQuery, Row, ok, own_router, router
from api.ids import NUMBER, same, worded
from api.problems import documented
from api.reads import View, dumps, shown
from api.sessions import NotYours, caller_of
from chain.errors import ChaqiError
from chain.vocabulary import ENUMERATIONS, role_names
from indexer import queries
from indexer.projections import trees as mirrored_trees
from indexer.projections.evidence import evidence
from indexer.projections.valuations import valuations
from workflows import packs
from workflows.valuations import inputs as kept_inputs
from workflows.valuations import prices
from workflows.valuations.explain import factors
from workflows.valuations.index import Index, index
from workflows.valuations.inputs import InputsAbsent
from workflows.valuations.value import DAY_SECONDS, model_hash, value
from workflows.valuations.words import yuan

STATES = list(ENUMERATIONS["ValuationState"])
CHALLENGED = STATES.index("CHALLENGED")
REGISTERED, ALIVE = trees.TITLES.index("REGISTERED"), trees.LIVES.index("ALIVE")
WITNESSED = trees.CLASSES.index("C")
STALE_DAYS, INELIGIBLE_DAYS = 180, 365
"""As the contract has them."""


class PriceUnproven(ChaqiError):
    """A price rests on no live evidence."""

    status = 404
    en = "There is no live evidence {evidence} for this price. Anchor the invoices first."
    zh = "该价格所依据的证据 {evidence} 不存在或已撤销，请先锚定发票等凭证。"


class TreeValuation(BaseModel):
    """The valuation of a tree (`id`), in fen. `collateral_fen` is what it counts for while nothing speaks against it.

    One tree alone is shown with `counts_fen`, what it counts for in the state that is shown, `suspended`, why that is
    nothing, and whether it is `stale`. `confidence` in basis points, `valued_at` and `answer_by` in UTC seconds.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "69053470632142356349478571331083923145071832180421283106371238310735163926014",
                "appraiser": 31,
                "value_fen": 7_085_592,
                "stress_fen": 4_020_878,
                "collateral_fen": 3_417_746,
                "confidence": 8_500,
                "valued_at": 1795363200,
                "state": "CURRENT",
                "model": "0x" + "3d" * 32,
                "inputs": "0x" + "19" * 32,
                "challenger": 0,
                "answer_by": 0,
            }
        }
    )

    id: str
    appraiser: int
    value_fen: int
    stress_fen: int
    collateral_fen: int
    confidence: int
    valued_at: int
    state: str
    model: str
    inputs: str
    challenger: int
    answer_by: int


class ValuationFilters(PageQuery):
    """Which valuations."""

    state: Annotated[str | None, Field(pattern=f"^({'|'.join(STATES)})$")] = None
    appraiser: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Party id.")] = None


class IndexQuery(BaseModel):
    """Which index, and up to which day; today when absent."""

    model_config = ConfigDict(extra="forbid")

    pack: Annotated[str, Field(max_length=40)] = packs.OURS
    until: date | None = None


class PriceBody(BaseModel):
    """What a source says the product fetched: `price_ppm` against the reference price of the same kind (a million: the
    same), resting on live evidence, such as verified invoices.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"pack": "dancong", "day": "2026-11-20", "price_ppm": 1_020_000, "evidence": "0x" + "5e" * 32}
        },
    )

    pack: Annotated[str, Field(max_length=40)]
    day: date
    price_ppm: Annotated[int, Field(gt=0, le=10**12)]
    evidence: Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]


def _show(row: Row) -> Row:
    return {
        "id": row["tree"],
        "appraiser": row["appraiser"],
        "value_fen": row["value"],
        "stress_fen": row["stress"],
        "collateral_fen": row["collateral"],
        "confidence": row["confidence"],
        "valued_at": row["as_of"],
        "state": STATES[row["state"]],
        "model": row["model"],
        "inputs": row["inputs"],
        "challenger": row["challenger"],
        "answer_by": row["answer_by"],
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return same(query, table, "appraiser") + worded(query, table, state=STATES)


def suspension(valuation: Row, tree: Row, now: int) -> str | None:
    """Why a valuation (row of the mirror) counts for nothing at an instant, as the contract has it; None: it counts."""
    if valuation["state"] == CHALLENGED:
        return "CHALLENGED"
    if now > valuation["as_of"] + INELIGIBLE_DAYS * DAY_SECONDS:
        return "TOO_OLD"
    if tree["title"] != REGISTERED:
        return "NOT_REGISTERED"
    if tree["life"] != ALIVE:
        return trees.LIVES[tree["life"]]
    if tree["title_class"] == WITNESSED:
        return "TITLE_CLASS_C"
    return "APPRAISED_BY_OWNER" if tree["owner"] == valuation["appraiser"] else None


def _with_standing(view: View, key: Any, item: Row) -> Row:
    tree = trees.DOMAIN.row(view, key)
    row = DOMAIN.row(view, key)
    now = view.as_of.time
    suspended = suspension(row, tree, now)
    return {
        **item,
        "counts_fen": 0 if suspended else row["collateral"],
        "suspended": suspended,
        "stale": now > row["as_of"] + STALE_DAYS * DAY_SECONDS,
    }


DOMAIN = Domain(
    name="valuations",
    kind="valuation",
    kind_zh="估值",
    contract="Valuations",
    projection=valuations,
    item=TreeValuation,
    filters=ValuationFilters,
    show=_show,
    ids=replace(NUMBER, en=f"a tree's id: {NUMBER.en}", zh=f"茶树编号（{NUMBER.zh}）"),
    example_id=trees.DOMAIN.example_id,
    where=_where,
    extend=_with_standing,
)

OWN = own_router(DOMAIN.name)


@OWN.get(
    "/index",
    summary="The price index of a category",
    responses=ok(
        {"type": "object", "example": {"pack": "dancong", "shown_ppm": 1_020_000, "counted_ppm": 1_010_000}},
        "By month: the index as it is (`shown_ppm`), and as it counts for collateral (`counted_ppm`, capped by month); "
        "`findings` are reports that were no prices, for the auditor.",
    )
    | documented(404, 422, 503),
)
async def read_index(request: Request, query: Annotated[IndexQuery, Query()]) -> Response:
    """Median of three sources, mean of twelve months, a million at the pack's reference prices."""
    pack = packs.load(query.pack)
    store = context_of(request).store
    until = query.until or _today()
    found = index(await run_in_threadpool(prices.reported, store, pack.name), until, pack)
    return Response(dumps(_shown_index(pack.name, until, found)), media_type="application/json")


@OWN.post(
    "/prices",
    summary="Report what the product fetched",
    status_code=201,
    responses=ok({"type": "object", "example": {"source": 12}}, "Kept; `source` is the reporting party.", status=201)
    | documented(401, 403, 404, 422, 503),
)
async def report_price(request: Request, body: PriceBody) -> Response:
    """For agriculture bureaus, indication authorities, appraisers and firms; once a day."""
    return await run_in_threadpool(_report, request, body)


@OWN.get(
    "/{id}/explanation",
    summary="Why a tree is worth what it is",
    responses=ok(
        {
            "type": "object",
            "example": {"factors": [{"name": "health", "en": "health grade B", "effect_yuan": "-22,331.87"}]},
        },
        "Each factor with its effect in fen and yuan, adding up to the value, the collateral and the largest loan; the "
        "inputs, whether they are those committed to on chain (`proved`), and whether computing them again gives the "
        "posted figures (`reproduced`).",
    )
    | documented(401, 403, 404, 410, 422, 423, 503),
)
async def read_explanation(request: Request, id: str, query: Annotated[trees.RecordQuery, Query()]) -> Response:
    """For the tree's owner, appraisers and banks (rights matrix). Each reading is written down."""
    return await run_in_threadpool(_explain, request, DOMAIN.key(id), query.purpose)


ROUTER = router(DOMAIN, OWN)


def _explain(request: Request, tree: str, purpose: str) -> Response:
    context, caller = context_of(request), caller_of(request)
    party = caller.acting()
    with context.reads.view() as view:
        row = DOMAIN.row(view, tree)
        table = mirrored_trees.trees.table
        mine = rights.visible(rights.VALUATION_INPUTS, caller.roles, party, table.c.owner)
        where = [table.c.tree == tree, mine]
        if not queries.rows(view.connection, mirrored_trees.trees, where=where, limit=1):
            raise NotYours(party=party, what=f"the inputs of tree {tree}", what_zh="该茶树的估值输入")
        as_of = shown(view.as_of)
    root = bytes.fromhex(row["inputs"][2:])
    opened = kept_inputs.read(context.store, context.vault, tree, root, f"party-{party}", purpose, now=int(time.time()))
    if opened is None:
        raise InputsAbsent(tree=tree, appraiser=row["appraiser"])
    pack = packs.load(opened.pack)
    found = value(opened.inputs, pack)
    posted = (row["value"], row["stress"], row["confidence"] * 100)
    answer = {
        "id": tree,
        "pack": pack.name,
        "inputs": opened.inputs.json(),
        "salt": "0x" + opened.salt.hex(),
        "proved": opened.proved,
        "same_model": "0x" + model_hash(pack).hex() == row["model"],
        "reproduced": posted == (found.value_fen, found.stress_fen, found.confidence_ppm),
        "figures": found.json(),
        "loan_yuan": yuan(found.loan_fen),
        "factors": [factor.json() for factor in factors(opened.inputs, pack)],
        "as_of": as_of,
    }
    return Response(dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})


def _report(request: Request, body: PriceBody) -> Response:
    context, caller = context_of(request), caller_of(request)
    party = caller.acting()
    pack = packs.load(body.pack)
    if not set(role_names(caller.roles)) & set(prices.REPORTERS):
        raise NotYours(party=party, what="prices to report", what_zh="价格填报")
    with context.reads.view() as view:
        where = [evidence.table.c.evidence == body.evidence, evidence.table.c.revoked_at == 0]
        if not queries.rows(view.connection, evidence, where=where, limit=1):
            raise PriceUnproven(evidence=body.evidence)
    prices.report(
        context.store,
        pack.name,
        party,
        body.day,
        body.price_ppm,
        body.evidence,
        today=_today(),
        now=int(time.time()),
    )
    return Response(dumps({"source": party}), 201, media_type="application/json")


def _shown_index(pack: str, until: date, found: Index) -> Row:
    return {
        "pack": pack,
        "until": str(until),
        "shown_ppm": found.shown_ppm,
        "counted_ppm": found.counted_ppm,
        "months": [
            {
                "month": f"{one.year:04d}-{one.month:02d}",
                "price_ppm": one.price_ppm,
                "sources": one.sources,
                "shown_ppm": one.shown_ppm,
                "counted_ppm": one.counted_ppm,
            }
            for one in found.months
        ],
        "findings": [
            {
                "day": str(one.quote.day),
                "source": one.quote.source,
                "price_ppm": one.quote.ratio_ppm,
                "en": one.en,
                "zh": one.zh,
            }
            for one in found.findings
        ],
    }


def _today() -> date:
    return datetime.now(UTC).date()
