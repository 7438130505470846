"""Trees: the public card of every tree, its restraints, and its exact record for those who may see it."""

from __future__ import annotations

import time
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import rights
from api.context import context_of
from api.domain import Domain, PageQuery, Row, ok, router
from api.ids import EXAMPLE_NUMBER, NUMBER, same, worded
from api.problems import documented
from api.reads import View, dumps, shown
from api.sessions import NotYours, caller_of
from chain.errors import ChaqiError
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.trees import restraints, trees

TITLES, CLASSES, LIVES = (list(ENUMERATIONS[name]) for name in ("Title", "TitleClass", "Life"))
METHODS, HEALTHS, RESTRAINTS = (list(ENUMERATIONS[name]) for name in ("AgeMethod", "Health", "Restraint"))


class RecordAbsent(ChaqiError):
    """The record behind a tree's commitment was not handed in here."""

    status = 404
    en = "The record of tree {tree} is not kept here: it was filed without one."
    zh = "此处未保存茶树 {tree} 的记录：申报时未附记录。"


class TreeCard(BaseModel):
    """The public card: nothing personal, no exact position. Lengths in cm, instants in UTC seconds, 0 for none.

    `id` is the ERC-721 token id in decimal; `attributes` commits to the exact record.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_NUMBER,
                "owner": 7,
                "tag": "CZ-FH-0001",
                "village": "凤西村",
                "cultivar": "宋种",
                "geo_cell": "23.93N116.68E",
                "title": "REGISTERED",
                "title_class": "A",
                "life": "ALIVE",
                "protection": 1,
                "age_method": "AUTHORITY",
                "age_years": 610,
                "graft_year": 0,
                "girth_cm": 182,
                "height_cm": 590,
                "crown_a_cm": 640,
                "crown_b_cm": 610,
                "health": "A",
                "accuracy_cm": 30,
                "filed_at": 1795363200,
                "surveyed_at": 1795449600,
                "surveyor": 12,
                "notice_ends_at": 1796832000,
                "attributes": "0x" + "c4" * 32,
                "transfer_to": 0,
                "transfer_accepted": False,
            }
        }
    )

    id: str
    owner: int
    tag: str
    village: str
    cultivar: str
    geo_cell: str
    title: str
    title_class: str
    life: str
    protection: int
    age_method: str
    age_years: int
    graft_year: int
    girth_cm: int
    height_cm: int
    crown_a_cm: int
    crown_b_cm: int
    health: str
    accuracy_cm: int
    filed_at: int
    surveyed_at: int
    surveyor: int
    notice_ends_at: int
    attributes: str
    transfer_to: int
    transfer_accepted: bool


Text = Annotated[str | None, Field(max_length=100)]


class TreeFilters(PageQuery):
    """Which trees."""

    tag: Text = None
    owner: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Party id.")] = None
    village: Text = None
    cultivar: Text = None
    geo_cell: Text = None
    title: Annotated[str | None, Field(pattern=f"^({'|'.join(TITLES)})$")] = None
    title_class: Annotated[str | None, Field(pattern=f"^({'|'.join(CLASSES)})$")] = None
    life: Annotated[str | None, Field(pattern=f"^({'|'.join(LIVES)})$")] = None
    protection: Annotated[int | None, Field(ge=0, le=3)] = None


class RecordQuery(BaseModel):
    """Why the exact record is read; kept with the reader's party (PIPL)."""

    model_config = ConfigDict(extra="forbid")

    purpose: Annotated[str, Field(min_length=2, max_length=200, pattern=r"\S")]


def _show(row: Row) -> Row:
    card = {name: row[name] for name in TreeCard.model_fields if name != "id"}
    return {
        "id": row["tree"],
        **card,
        "title": TITLES[row["title"]],
        "title_class": CLASSES[row["title_class"]],
        "life": LIVES[row["life"]],
        "age_method": METHODS[row["age_method"]],
        "health": HEALTHS[row["health"]],
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    found = same(query, table, "tag", "owner", "village", "cultivar", "geo_cell", "protection")
    return found + worded(query, table, title=TITLES, title_class=CLASSES, life=LIVES)


def _with_restraints(view: View, key: Any, card: Row) -> Row:
    return {**card, "restraints": restraints_of(view, key)}


def restraints_of(view: View, tree: str) -> list[Row]:
    """The restraints on a tree in a state; `in_force` at that state's block, `expires_at` 0: until lifted."""
    return [
        {
            "kind": RESTRAINTS[row["kind"]],
            "issuer": row["issuer"],
            "expires_at": row["expires_at"],
            "in_force": row["expires_at"] == 0 or row["expires_at"] > view.as_of.time,
            "since_block": row["since_block"],
        }
        for row in queries.of(view.connection, restraints, {"tree": tree}, view.block)
        if row["issuer"] != 0
    ]


DOMAIN = Domain(
    name="trees",
    kind="tree",
    kind_zh="茶树",
    contract="Trees",
    projection=trees,
    item=TreeCard,
    filters=TreeFilters,
    show=_show,
    ids=NUMBER,
    example_id=EXAMPLE_NUMBER,
    where=_where,
    versions=((restraints, "tree"),),
    extend=_with_restraints,
)

ROUTER = router(DOMAIN)


@ROUTER.get(
    "/{id}/record",
    summary="The exact record of a tree",
    responses=ok({"type": "object"}, "Record and salt: whoever has both can check the commitment on chain.")
    | documented(401, 403, 404, 410, 422, 423, 503),
)
async def read_record(request: Request, id: str, query: Annotated[RecordQuery, Query()]) -> Response:
    """Position, land, yields: for the owner and the authorities (rights matrix). Each reading is written down."""
    return await run_in_threadpool(_read_record, request, DOMAIN.key(id), query.purpose)


def _read_record(request: Request, tree: str, purpose: str) -> Response:
    context, caller = context_of(request), caller_of(request)
    party = caller.acting()
    with context.reads.view() as view:
        card = DOMAIN.row(view, tree)
        mine = rights.visible(rights.TREE_RECORD, caller.roles, party, trees.table.c.owner)
        where = [trees.table.c.tree == tree, mine]
        if not queries.rows(view.connection, trees, where=where, limit=1):
            raise NotYours(party=party, what=f"the record of tree {tree}", what_zh="该茶树的记录")
        as_of = shown(view.as_of)
    attributes = bytes.fromhex(card["attributes"][2:])
    record = context.filing.read(attributes, f"party-{party}", purpose, now=int(time.time()))
    if record is None:
        raise RecordAbsent(tree=tree)
    answer = {"id": tree, "attributes": card["attributes"], **record, "as_of": as_of}
    return Response(dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})
