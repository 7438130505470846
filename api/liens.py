"""Liens and the offers of liens: what is burdened, for whom, up to how much, with which effect."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from api import trees
from api.domain import Domain, PageQuery, Row, router
from api.ids import EXAMPLE_NUMBER, NUMBER, OptionalNumber, OptionalParty, same, worded
from api.reads import View
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.liens import lien_consents, lien_filings, lien_proceeds, liens, priority_conflicts

KINDS, EFFECTS, GROUNDS, SUBSTITUTES = (
    list(ENUMERATIONS[name]) for name in ("RegistryKind", "LegalEffect", "DischargeGround", "Substitute")
)
FILING_STATES = ("OPEN", "CONFIRMED", "WITHDRAWN")

_EXAMPLE_ID = EXAMPLE_NUMBER
_TERMS: dict[str, Any] = {
    "id": "90210470632142356349478571331083923145071832180421283106371238310735163926014",
    "kind": "REAL_PROPERTY",
    "asset": _EXAMPLE_ID,
    "grantor": 7,
    "holder": 41,
    "debt": "31153470632142356349478571331083923145071832180421283106371238310735163926014",
    "secured_max": 2392422,
    "no_transfer": False,
}


class LienRecord(BaseModel):
    """A lien that both sides agreed on. Fen, UTC seconds, party ids; 0 for none.

    `registered_at` is the registry's own time and alone decides the rank; `agreement` is the evidence id of the
    contract; `discharged` is NONE while the lien lives.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_TERMS,
                "effect": "CONSTITUTED",
                "registered_at": 1795363200,
                "registry": 5,
                "receipt": "0x" + "4e" * 32,
                "discharged": "NONE",
                "discharged_at": 0,
                "transfer_to": 0,
                "village": 0,
                "amendments": 0,
                "acknowledged_rank": 0,
                "agreement": "0x" + "9a" * 32,
                "recorded_at": 1795276800,
            }
        }
    )

    id: str
    kind: str
    asset: str
    grantor: int
    holder: int
    debt: str
    secured_max: int
    no_transfer: bool
    effect: str
    registered_at: int
    registry: int
    receipt: str
    discharged: str
    discharged_at: int
    transfer_to: int
    village: int
    amendments: int
    acknowledged_rank: int
    agreement: str
    recorded_at: int


class LienFiling(BaseModel):
    """An offer of a lien. `rank`: what the holder was warned of; 0: the maximum must fit in the value that is left."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_TERMS,
                "state": "OPEN",
                "filed_by": 41,
                "filed_at": 1795190400,
                "rank": 0,
                "legal_review": "0x" + "00" * 32,
                "evidence": "0x" + "9a" * 32,
            }
        }
    )

    id: str
    kind: str
    asset: str
    grantor: int
    holder: int
    debt: str
    secured_max: int
    no_transfer: bool
    state: str
    filed_by: int
    filed_at: int
    rank: int
    legal_review: str
    evidence: str


class LienFilters(PageQuery):
    """Which liens."""

    asset: OptionalNumber = None
    debt: OptionalNumber = None
    holder: OptionalParty = None
    grantor: OptionalParty = None
    kind: Annotated[str | None, Field(pattern=f"^({'|'.join(KINDS[1:])})$")] = None
    effect: Annotated[str | None, Field(pattern=f"^({'|'.join(EFFECTS)})$")] = None
    live: Annotated[bool | None, Field(description="Whether the lien has not ended.")] = None


class FilingFilters(PageQuery):
    """Which offers of liens."""

    asset: OptionalNumber = None
    holder: OptionalParty = None
    grantor: OptionalParty = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(FILING_STATES)})$")] = None


def show(row: Row) -> Row:
    """A lien as the API shows it."""
    return {
        "id": row["lien"],
        **{name: row[name] for name in LienRecord.model_fields if name != "id"},
        "kind": KINDS[row["kind"]],
        "effect": EFFECTS[row["effect"]],
        "discharged": GROUNDS[row["discharged"]],
    }


def _show_filing(row: Row) -> Row:
    return {
        "id": row["lien"],
        **{name: row[name] for name in LienFiling.model_fields if name != "id"},
        "kind": KINDS[row["kind"]],
    }


def _numbered(query: Any, table: sa.Table, *names: str) -> list[sa.ColumnElement[bool]]:
    given = {name: getattr(query, name) for name in names if getattr(query, name) is not None}
    return [table.c[name] == trees.DOMAIN.key(text) for name, text in given.items()]


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = _numbered(query, table, "asset", "debt") + same(query, table, "holder", "grantor")
    where += worded(query, table, kind=KINDS, effect=EFFECTS)
    if query.live is not None:
        where.append(table.c.discharged == 0 if query.live else table.c.discharged != 0)
    return where


def _where_filing(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return _numbered(query, table, "asset") + same(query, table, "holder", "grantor", "state")


def _with_parts(view: View, key: Any, shown: Row) -> Row:
    consents = queries.of(view.connection, lien_consents, {"lien": key}, view.block)
    overtaken = queries.of(view.connection, priority_conflicts, {"lien": key}, view.block)
    return {
        **shown,
        "proceeds": proceeds_of(view, key),
        "consents": [
            {name: one[name] for name in ("amendments", "secured_max", "party", "agreed_at", "evidence")}
            for one in consents
        ],
        "overtook": [{"lien": one["overtaken"], "raised_at": one["raised_at"]} for one in overtaken],
    }


def proceeds_of(view: View, lien: str) -> list[Row]:
    """The money that a lien attaches to in its asset's place (CC 390); fen."""
    found = queries.of(view.connection, lien_proceeds, {"lien": lien}, view.block)
    return [
        {
            "substitute": SUBSTITUTES[one["substitute"]],
            **{name: one[name] for name in ("amount", "receipt", "stated_by", "stated_at", "evidence")},
        }
        for one in found
    ]


DOMAIN = Domain(
    name="liens",
    kind="lien",
    kind_zh="担保物权",
    contract="Liens",
    projection=liens,
    item=LienRecord,
    filters=LienFilters,
    show=show,
    ids=NUMBER,
    example_id=str(_TERMS["id"]),
    where=_where,
    versions=((lien_consents, "lien"), (lien_proceeds, "lien")),
    extend=_with_parts,
)

FILINGS = Domain(
    name="lien-filings",
    kind="filing of a lien",
    kind_zh="担保设立申请",
    contract="Liens",
    projection=lien_filings,
    item=LienFiling,
    filters=FilingFilters,
    show=_show_filing,
    ids=NUMBER,
    example_id=str(_TERMS["id"]),
    where=_where_filing,
)

FILINGS_ROUTER = router(FILINGS)
