"""Evidence: batches of documents anchored by an attester. Documents and their hashes are not on chain."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from api.domain import Domain, PageQuery, Row, router
from api.ids import HASH, same
from api.reads import View
from indexer import queries
from indexer.projections.evidence import evidence, revoked_leaves


class EvidenceRecord(BaseModel):
    """A batch of `count` documents under Merkle root `root`; `revoked_at` is 0 while it is live (UTC seconds)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "0x" + "9a" * 32,
                "attester": 2,
                "root": "0x" + "1f" * 32,
                "count": 42,
                "scheme": 1,
                "anchored_at": 1795363200,
                "revoked_at": 0,
                "reason": "",
            }
        }
    )

    id: str
    attester: int
    root: str
    count: int
    scheme: int
    anchored_at: int
    revoked_at: int
    reason: str


class EvidenceFilters(PageQuery):
    """Which evidence."""

    attester: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Party id.")] = None
    root: Annotated[str | None, Field(pattern=r"^0x[0-9a-fA-F]{64}$", description="Merkle root.")] = None
    revoked: Annotated[bool | None, Field(description="Only revoked, or only live batches.")] = None


def _show(row: Row) -> Row:
    return {
        "id": row["evidence"],
        "attester": row["attester"],
        "root": row["root"],
        "count": row["count"],
        "scheme": row["scheme"],
        "anchored_at": row["anchored_at"],
        "revoked_at": row["revoked_at"],
        "reason": row["reason"],
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "attester")
    if query.root is not None:
        where.append(table.c.root == query.root.lower())
    if query.revoked is not None:
        where.append(table.c.revoked_at != 0 if query.revoked else table.c.revoked_at == 0)
    return where


def _with_revoked_leaves(view: View, key: Any, shown: Row) -> Row:
    leaves = queries.of(view.connection, revoked_leaves, {"evidence": key}, view.block)
    revoked = [{"leaf": leaf["leaf"], "revoked_at": leaf["revoked_at"], "reason": leaf["reason"]} for leaf in leaves]
    return {**shown, "revoked_leaves": revoked}


DOMAIN = Domain(
    name="evidence",
    kind="evidence",
    kind_zh="证据",
    contract="Evidence",
    projection=evidence,
    item=EvidenceRecord,
    filters=EvidenceFilters,
    show=_show,
    ids=HASH,
    example_id="0x" + "9a" * 32,
    where=_where,
    versions=((revoked_leaves, "evidence"),),
    extend=_with_revoked_leaves,
)

ROUTER = router(DOMAIN)
