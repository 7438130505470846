"""One search of liens, by asset or by debtor, and the certificate of it as JSON and as PDF."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import trees
from api.context import context_of
from api.domain import AS_OF_EXAMPLE, READ_PROBLEMS, AsOfQuery, Row, ok, own_router, router
from api.ids import OptionalNumber, OptionalParty
from api.liens import DOMAIN, KINDS, proceeds_of, show
from api.problems import plain
from api.reads import View, shown
from chain.errors import ChaqiError
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.liens import liens, priority_conflicts
from indexer.projections.trees import trees as tree_rows
from indexer.schema import LARGEST_WHOLE
from workflows.documents.render import render
from workflows.liens import search
from workflows.valuations.collateral import collateral_value

STOCK = KINDS.index("MOVABLE")
_IS_STOCK: sa.ColumnElement[bool] = liens.table.c.kind == STOCK
_LIVE: tuple[sa.ColumnElement[bool], ...] = (liens.table.c.discharged == 0,)


class SearchUnclear(ChaqiError):
    """A search names one asset or one debtor."""

    status = 422
    en = "Name one asset or one debtor; {given} were named."
    zh = "请指定一项财产或一名债务人；本次指定了 {given} 项。"


class SearchQuery(AsOfQuery):
    """What is searched: one asset, or everything that a party burdened or owns."""

    asset: OptionalNumber = None
    debtor: OptionalParty = None


class SharesQuery(SearchQuery):
    """What is searched, and the money to share out."""

    money: Annotated[
        int | None,
        Field(ge=0, le=LARGEST_WHOLE, description="Fen that an asset brings; its collateral value when absent."),
    ] = None


_EXAMPLE: Row = {
    "asset": "69053470632142356349478571331083923145071832180421283106371238310735163926014",
    "debtor": None,
    "assets": [],
}


class LienSearchResult(BaseModel):
    """Burdened assets, each with its liens in the order of the law (CC 414), the reasons, and each lien's share.

    Of an asset: `tree` (null: stock), `value`, `claimed`, `remaining` (fen; null where the ledger has no value),
    `rank_if_registered` (what a lien registered now would take), `liens`, `conflicts`.
    """

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    asset: str | None
    debtor: int | None
    assets: list[dict[str, Any]]


class LienCertificate(BaseModel):
    """A search as of one block; `sha256` is over the canonical JSON of all members but itself and `number`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": "CX-1207-0A1B2C3D4E5F6071",
                "sha256": "9f" * 32,
                "issuer": search.ISSUER,
                "statement": search.STATEMENT,
                "statement_zh": search.STATEMENT_ZH,
                "search": _EXAMPLE,
                "block": {"block": 1207, "hash": "0x" + "5c" * 32, "time": 1795363200},
            }
        }
    )

    number: str
    sha256: str
    issuer: str
    statement: str
    statement_zh: str
    search: LienSearchResult
    block: dict[str, Any]


def found(view: View, query: SearchQuery, money: int | None = None) -> Row:
    """The search's result in a state. Raises `SearchUnclear`, `IdMalformed`."""
    named = [one for one in (query.asset, query.debtor) if one is not None]
    if len(named) != 1:
        raise SearchUnclear(given=len(named))
    asset = trees.DOMAIN.key(query.asset) if query.asset is not None else None
    assets = _of_asset(view, asset) if asset is not None else _of_debtor(view, query.debtor)
    return {"asset": asset, "debtor": query.debtor, "assets": [burdened(view, *one, money) for one in assets]}


def _of_asset(view: View, asset: str) -> list[tuple[str, bool]]:
    """The tree of this id, and stock that bears the same: they are different things, and rank apart."""
    of_stock = _live_on(view, asset, True)
    tree = queries.row(view.connection, tree_rows, asset, view.block)
    return [(asset, False)] * (tree is not None) + [(asset, True)] * (bool(of_stock) or tree is None)


def _of_debtor(view: View, debtor: Any) -> list[tuple[str, bool]]:
    """What a party burdened, and what it owns that another burdened before it (CC 406); whether it is stock."""
    table, owned = liens.table, tree_rows.table
    mine = sa.select(owned.c.tree).where(owned.c.owner == debtor, queries.at(owned, view.block))
    taken_over = sa.and_(table.c.asset.in_(mine), sa.not_(_IS_STOCK))
    burdened = sa.or_(table.c.grantor == debtor, taken_over)
    chosen = sa.select(table.c.asset, table.c.kind).where(*_LIVE, burdened, queries.at(table, view.block))
    return sorted({(row.asset, row.kind == STOCK) for row in view.connection.execute(chosen)})


def burdened(view: View, asset: str, stock: bool, money: int | None = None) -> Row:
    """One asset with its live liens in the order of the law, and its value in a state."""
    rows = [show(row) for row in _live_on(view, asset, stock)]
    tree = None if stock else queries.row(view.connection, tree_rows, asset, view.block)
    burden = search.burdened(asset, rows, _value(view, tree), money)
    for one in burden["liens"]:
        one["proceeds"] = proceeds_of(view, one["id"])
    return {
        **burden,
        "tree": _card(view, tree),
        "conflicts": _conflicts(view, asset, {row["id"] for row in rows}),
    }


def _live_on(view: View, asset: str, stock: bool) -> list[Row]:
    """The live liens on a tree, or on the stock that bears its id, in the order of their recording."""
    live = queries.of(view.connection, liens, {"asset": asset, "discharged": 0}, view.block)
    chosen = [row for row in live if (row["kind"] == STOCK) == stock]
    return sorted(chosen, key=lambda row: (row["recorded_block"], row["recorded_index"]))


def _value(view: View, tree: Row | None) -> int | None:
    """What a tree counts for as collateral, as the contract sees it; None: no tree, nothing else has a value."""
    if tree is None:
        return None
    return collateral_value(view.connection, tree, view.block, view.as_of.time)


def _card(view: View, tree: Row | None) -> Row | None:
    if tree is None:
        return None
    card = trees.DOMAIN.show(tree)
    shown_names = ("tag", "village", "owner", "title", "title_class", "life")
    return {**{name: card[name] for name in shown_names}, "restraints": trees.restraints_of(view, tree["tree"])}


def _conflicts(view: View, asset: str, live: set[str]) -> list[Row]:
    return [
        {name: row[name] for name in ("lien", "overtaken", "raised_at")}
        for row in queries.of(view.connection, priority_conflicts, {"asset": asset}, view.block)
        if {row["lien"], row["overtaken"]} <= live
    ]


OWN = own_router(DOMAIN.name)
_PDF: dict[int | str, dict[str, Any]] = {200: {"description": "The certificate.", "content": {"application/pdf": {}}}}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    of_block = {"type": "object", "properties": {"as_of": {"$ref": "#/components/schemas/AsOfBlock"}}}
    return {"allOf": [{"$ref": f"#/components/schemas/{model.__name__}"}, of_block]}


@OWN.get(
    "/search",
    summary="Search liens by asset or by debtor",
    responses=ok(_schema(LienSearchResult), "The liens in the order of the law.", {**_EXAMPLE, "as_of": AS_OF_EXAMPLE})
    | READ_PROBLEMS,
)
async def search_liens(request: Request, query: Annotated[SharesQuery, Query()]) -> Response:
    """First to register comes first (CC 414). With `money`, who would get how much of it, asset by asset."""
    reads = context_of(request).reads
    quick = query.asset is not None  # a debtor may have burdened any number of things
    return await reads.answer(request, query.as_of, lambda view: found(view, query, query.money), quick=quick)


@OWN.get(
    "/certificate",
    summary="A certificate of a search",
    responses=ok(_schema(LienCertificate), "The search with its block and the hash of its content.") | READ_PROBLEMS,
)
async def certify_search(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
    """The same search of the same block gives the same certificate."""
    reads = context_of(request).reads
    return await reads.answer(request, query.as_of, lambda view: _certified(view, query))


@OWN.get(
    "/certificate.pdf",
    summary="A certificate of a search as PDF",
    response_class=Response,
    responses=_PDF | READ_PROBLEMS,
)
async def print_search(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
    """PDF/A in Chinese; its QR code leads to the same search of the same block."""
    return await run_in_threadpool(_printed, request, query)


def _certified(view: View, query: SearchQuery) -> Row:
    """Raises `NotRecorded` for an asset that is no tree and that no lien ever burdened: nobody can vouch for it."""
    searched = found(view, query)
    if query.asset is not None:
        asset = trees.DOMAIN.key(query.asset)
        ever = sa.select(liens.table.c.lien).where(
            liens.table.c.asset == asset, _IS_STOCK, liens.table.c.since_block <= view.as_of.block
        )
        if view.connection.execute(ever.limit(1)).first() is None:
            trees.DOMAIN.row(view, asset)
    return search.certificate(plain(searched), shown(view.as_of))


def _printed(request: Request, query: SearchQuery) -> Response:
    context = context_of(request)
    with context.reads.view(query.as_of) as view:
        certified = _certified(view, query)
    about = query.model_dump(exclude_none=True) | {"as_of": certified["block"]["block"]}
    url = f"{context.settings.public_url or context.settings.api_url}/v1/liens/certificate?{urlencode(about)}"
    printed = render(search.document(certified, url, ENUMERATIONS))
    return Response(
        printed.pdf,
        media_type="application/pdf",
        headers={"content-disposition": f'inline; filename="{certified["number"]}.pdf"'},
    )


ROUTER = router(DOMAIN, OWN)
