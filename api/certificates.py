"""Certificates of enforcement: claims, verification, what was certified and paid since.

POST /v1/certificates/check         everything a draft certificate lacks, or certifies too much
POST /v1/certificates/recompute     what is left of a claim after payments, by the order of CC 561
"""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.deeds import DOMAIN as DEEDS
from api.domain import Domain, PageQuery, Row, ok, router
from api.ids import HASH, OptionalHash, OptionalParty, same, worded
from api.problems import documented
from api.reads import View, dumps
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.certificates import certificates
from indexer.projections.filings import filings
from workflows.certificates.amount import (
    CC_561,
    PRINCIPAL_FIRST,
    CertificateText,
    Fen,
    Owed,
    check_certificate,
    recompute,
)

STATES, GROUNDS = (list(ENUMERATIONS[name]) for name in ("CertificateState", "RefusalGround"))
ISSUED = STATES.index("ISSUED")
EXAMPLE_ID = "0x" + "ce" * 32


class CertificateRecord(BaseModel):
    """A certificate. Items are claimed until the issue, then certified; money in fen, instants in UTC seconds.

    `paid`: reported since the issue, `late`: the newest report came after two working days; `outstanding`: items less
    `paid`, 0 unless issued. `applied_at` interrupts limitation (法释〔2018〕18号 9).
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_ID,
                "deed": DEEDS.example_id,
                "creditor": 22,
                "state": "ISSUED",
                "principal": 3840000,
                "interest": 0,
                "penalty": 0,
                "costs": 0,
                "performed": 1000000,
                "proven": 300000,
                "paid": 0,
                "outstanding": 3840000,
                "defaulted_at": 1795363200,
                "applied_at": 1796227200,
                "notified_at": 1796313600,
                "delivered_at": 1796400000,
                "window_ends_at": 1797004799,
                "issued_at": 1797091200,
                "apply_by": 1860163200,
                "paid_at": 0,
                "late": False,
                "ground": "NONE",
                "document": "0x" + "d1" * 32,
            }
        }
    )

    id: str
    deed: str
    creditor: int
    state: str
    principal: int
    interest: int
    penalty: int
    costs: int
    performed: int
    proven: int
    paid: int
    outstanding: int
    defaulted_at: int
    applied_at: int
    notified_at: int
    delivered_at: int
    window_ends_at: int
    issued_at: int
    apply_by: int
    paid_at: int
    late: bool
    ground: str
    document: str


class CertificateFilters(PageQuery):
    """Which certificates."""

    deed: OptionalHash = None
    creditor: OptionalParty = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(STATES)})$")] = None
    late: bool | None = None


class Recomputation(BaseModel):
    """A claim and payments, in fen."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "claim": {"principal": 4000000, "interest": 90000, "penalty": 20000, "costs": 30000},
                "payments": [300000],
            }
        },
    )

    claim: Owed
    payments: Annotated[list[Fen], Field(max_length=1_000)]
    principal_first: Annotated[bool, Field(description="Whether the parties agreed to pay the principal first.")] = (
        False
    )


def _show(row: Row) -> Row:
    names = [name for name in CertificateRecord.model_fields if name not in ("id", "outstanding")]
    items = sum(row[item] for item in CC_561)
    return {
        "id": row["certificate"],
        **{name: row[name] for name in names},
        "state": STATES[row["state"]],
        "ground": GROUNDS[row["ground"]],
        "outstanding": items - row["paid"] if row["state"] == ISSUED else 0,
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return same(query, table, "deed", "creditor", "late") + worded(query, table, state=STATES)


def _with_filings(view: View, key: Any, shown: Row) -> Row:
    """What was filed on it, and whether its deed can still be enforced."""
    table = filings.table
    chosen = sa.select(table.c.filing).where(table.c.certificate == key, queries.at(table, view.block))
    return {
        **shown,
        "deed_state": DEEDS.show(DEEDS.row(view, shown["deed"]))["state"],
        "filings": sorted(view.connection.execute(chosen).scalars()),
    }


DOMAIN = Domain(
    name="certificates",
    kind="certificate",
    kind_zh="执行证书",
    contract="Certificates",
    projection=certificates,
    item=CertificateRecord,
    filters=CertificateFilters,
    show=_show,
    ids=HASH,
    example_id=EXAMPLE_ID,
    where=_where,
    extend=_with_filings,
)

ROUTER = router(DOMAIN)


@ROUTER.post(
    "/check",
    summary="Check a draft certificate",
    responses=ok({"$ref": "#/components/schemas/Report"}, "Every missing point in words, with its basis.")
    | documented(413, 422),
)
async def check_draft(body: CertificateText) -> Response:
    """After 公证程序规则 55 and CC 561. Nothing is kept."""
    return Response(dumps(check_certificate(body).model_dump(mode="json")), media_type="application/json")


@ROUTER.post(
    "/recompute",
    summary="What is left of a claim after payments",
    responses=ok({"$ref": "#/components/schemas/Recomputed"}, "What is left and what was deducted, item by item.")
    | documented(413, 422),
)
async def recompute_claim(body: Recomputation) -> Response:
    """By the order of CC 561 unless another was agreed. Nothing is kept."""
    found = recompute(body.claim, body.payments, PRINCIPAL_FIRST if body.principal_first else CC_561)
    return Response(dumps(found.model_dump(mode="json")), media_type="application/json")
