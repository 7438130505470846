"""Geographical indications: which trees' tea may bear one, and the towns of origin."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from api.domain import Domain, PageQuery, Row, router
from api.ids import HASH, NUMBER, same, worded
from api.reads import View
from api.trees import DOMAIN as TREES
from chain.vocabulary import ENUMERATIONS
from indexer.projections.indications import indications, origins

STATES = list(ENUMERATIONS["IndicationState"])
_EXAMPLE_TREE = TREES.example_id
_ORIGIN = {"product": "凤凰单丛茶", "town": "凤凰镇", "origin": "0x" + "6f" * 32}


class IndicationRecord(BaseModel):
    """The indication of a tree. A grant counts until `review_due` (UTC seconds, 0 for none); `decided_by` 0: nobody."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _EXAMPLE_TREE,
                "state": "GRANTED",
                **_ORIGIN,
                "decided_by": 9,
                "review_due": 1826899200,
                "evidence": "0x" + "9a" * 32,
            }
        }
    )

    id: str
    state: str
    product: str
    town: str
    origin: str
    decided_by: int
    review_due: int
    evidence: str


class IndicationFilters(PageQuery):
    """Which indications."""

    state: Annotated[str | None, Field(pattern=f"^({'|'.join(STATES)})$")] = None
    product: Annotated[str | None, Field(max_length=64)] = None
    town: Annotated[str | None, Field(max_length=64)] = None


def _show(row: Row) -> Row:
    names = ("product", "town", "origin", "decided_by", "review_due", "evidence")
    return {"id": row["tree"], "state": STATES[row["state"]], **{name: row[name] for name in names}}


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return same(query, table, "product", "town") + worded(query, table, state=STATES)


def _in_force(view: View, _: Any, shown: Row) -> Row:
    in_force = shown["state"] == "GRANTED" and view.as_of.time <= shown["review_due"]
    return {**shown, "in_force": in_force}


DOMAIN = Domain(
    name="indications",
    kind="indication of a tree",
    kind_zh="茶树地理标志",
    contract="Indications",
    projection=indications,
    item=IndicationRecord,
    filters=IndicationFilters,
    show=_show,
    ids=NUMBER,
    example_id=_EXAMPLE_TREE,
    where=_where,
    extend=_in_force,
)


class OriginRecord(BaseModel):
    """A town whose tea of a product is inside the area of its indication, while `listed`."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": "0x" + "6f" * 32, **_ORIGIN, "listed": True}})

    id: str
    product: str
    town: str
    listed: bool


class OriginFilters(PageQuery):
    """Which towns."""

    product: Annotated[str | None, Field(max_length=64)] = None
    listed: bool | None = None


ORIGINS = Domain(
    name="origins",
    kind="town of origin",
    kind_zh="地理标志产地",
    contract="Indications",
    projection=origins,
    item=OriginRecord,
    filters=OriginFilters,
    show=lambda row: {"id": row["origin"], **{name: row[name] for name in ("product", "town", "listed")}},
    ids=HASH,
    example_id="0x" + "6f" * 32,
    where=lambda query, table: same(query, table, "product", "listed"),
)

ROUTER = router(DOMAIN)
ORIGINS_ROUTER = router(ORIGINS)
