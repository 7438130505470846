"""Enforcement as a whole: portfolio figures, and what calls for somebody's attention, as of any block.

GET /v1/enforcement          deeds, certificates, filings, recovery and days per stage, by debtor, creditor, court, ...
GET /v1/enforcement/alerts   certificates and filings whose deed was revoked, awaits its office, or is flagged
"""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.certificates import ISSUED as CERTIFIED
from api.context import context_of
from api.deeds import ISSUED, Obligor, of_obligor, party_key
from api.deeds import STATES as DEED_STATES
from api.domain import READ_PROBLEMS, AsOfQuery, Row, ok
from api.filings import STATES as FILING_STATES
from api.filings import Province, in_province
from api.ids import OptionalParty
from api.reads import View
from indexer import queries
from indexer.projections.certificates import certificates
from indexer.projections.deeds import deeds, notary_keys
from indexer.projections.filings import filings
from workflows.filings.courts import Code

ROUTER = APIRouter(prefix="/v1/enforcement", tags=["enforcement"])

REVOKED = DEED_STATES.index("REVOKED")
DONE = [FILING_STATES.index(state) for state in ("NOT_ACCEPTED", "CLOSED", "WITHDRAWN")]
PPM = 1_000_000
DAY = 86_400

DEED, CERTIFICATE, FILING = deeds.table, certificates.table, filings.table


class Scope(AsOfQuery):
    """Whose enforcement; filters add up."""

    debtor: Obligor = None
    creditor: OptionalParty = None
    office: OptionalParty = None
    court: Code | None = None
    province: Province = None


def _filed(scope: Scope) -> list[sa.ColumnElement[bool]]:
    where = []
    if scope.court is not None:
        where.append(FILING.c.court == scope.court)
    if scope.province is not None:
        where.append(in_province(FILING.c.court, scope.province))
    return where


def _chosen(view: View, scope: Scope) -> sa.ColumnElement[bool]:
    """The deeds of a scope."""
    where = [queries.at(DEED, view.block)]
    if scope.creditor is not None:
        where.append(DEED.c.obligee == scope.creditor)
    if scope.office is not None:
        where.append(DEED.c.office == scope.office)
    if scope.debtor is not None:
        where.append(of_obligor(party_key(scope.debtor), DEED.c.deed))
    if filed := _filed(scope):
        where.append(DEED.c.deed.in_(sa.select(FILING.c.deed).where(*filed, queries.at(FILING, view.block))))
    return sa.and_(*where)


@ROUTER.get(
    "",
    summary="Portfolio figures of enforcement",
    responses=ok(
        {"type": "object"},
        "Counts and sums in fen; `recovery_rate_ppm` of what was claimed; mean days of each stage, rounded down.",
    )
    | READ_PROBLEMS,
)
async def read_figures(request: Request, query: Annotated[Scope, Query()]) -> Response:
    """Of all deeds, or of those of a debtor, creditor, office, court or province."""
    return await context_of(request).reads.answer(request, query.as_of, lambda view: figures(view, query))


def figures(view: View, scope: Scope) -> Row:
    """The figures of a scope in a state; amounts in fen."""
    chosen = _chosen(view, scope)
    ids = sa.select(DEED.c.deed).where(chosen)
    of_certificates = [CERTIFICATE.c.deed.in_(ids), queries.at(CERTIFICATE, view.block)]
    of_filings = [FILING.c.deed.in_(ids), *_filed(scope), queries.at(FILING, view.block)]
    issued = [chosen, DEED.c.state == ISSUED]
    items = CERTIFICATE.c.principal + CERTIFICATE.c.interest + CERTIFICATE.c.penalty + CERTIFICATE.c.costs
    certified = [*of_certificates, CERTIFICATE.c.state == CERTIFIED]
    claimed, recovered = (_sum(view, FILING.c[name], of_filings) for name in ("claimed", "recovered"))
    return {
        "deeds": _count(view, DEED, [chosen]),
        "deeds_issued": _count(view, DEED, issued),
        "deeds_fen": _sum(view, DEED.c.principal, issued),
        "certificates": _count(view, CERTIFICATE, of_certificates),
        "certificates_issued": _count(view, CERTIFICATE, certified),
        "certificates_fen": _sum(view, items, certified),
        "paid_fen": _sum(view, CERTIFICATE.c.paid, certified),
        "filings": _count(view, FILING, of_filings),
        "filings_by_state": _by_state(view, of_filings),
        "claimed_fen": claimed,
        "recovered_fen": recovered,
        "recovery_rate_ppm": recovered * PPM // claimed if claimed else None,
        "days": {
            "application_to_deed": _days(view, DEED.c.opened_at, DEED.c.issued_at, [chosen]),
            "claim_to_certificate": _days(view, CERTIFICATE.c.applied_at, CERTIFICATE.c.issued_at, of_certificates),
            "submission_to_filing": _days(view, FILING.c.submitted_at, FILING.c.filed_at, of_filings),
            "filing_to_closure": _days(view, FILING.c.filed_at, FILING.c.closed_at, of_filings),
        },
    }


def _count(view: View, table: sa.Table, where: list[sa.ColumnElement[bool]]) -> int:
    return int(view.connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def _sum(view: View, value: sa.ColumnElement[Any], where: list[sa.ColumnElement[bool]]) -> int:
    return int(view.connection.execute(sa.select(sa.func.coalesce(sa.func.sum(value), 0)).where(*where)).scalar_one())


def _by_state(view: View, where: list[sa.ColumnElement[bool]]) -> dict[str, int]:
    chosen = sa.select(FILING.c.state, sa.func.count()).where(*where).group_by(FILING.c.state).order_by(FILING.c.state)
    return {FILING_STATES[state]: count for state, count in view.connection.execute(chosen)}


def _days(
    view: View, begun: sa.ColumnElement[Any], ended: sa.ColumnElement[Any], where: list[sa.ColumnElement[bool]]
) -> Row:
    over = [*where, begun > 0, ended >= begun]
    count, seconds = view.connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(ended - begun), 0)).where(*over)
    ).one()
    return {"count": count, "mean": int(seconds) // count // DAY if count else None}


@ROUTER.get(
    "/alerts",
    summary="Certificates and filings whose deed is in trouble",
    responses=ok(
        {"type": "object"},
        "REVOKED: nothing may be enforced, the creditor may sue; REVIEW_REQUIRED: the office must confirm or revoke; "
        "CONFLICT: risk of 不予执行 (法释〔2018〕18号 12(1)(3)). For filing lawyers and courts.",
    )
    | READ_PROBLEMS,
)
async def list_alerts(request: Request, query: Annotated[Scope, Query()]) -> Response:
    """The certificates of troubled deeds with their open filings; `limitation_from` stays what it was."""
    return await context_of(request).reads.answer(request, query.as_of, lambda view: {"items": _alerts(view, query)})


def _alerts(view: View, scope: Scope) -> list[Row]:
    window = notary_keys.table
    doubtful = sa.and_(
        DEED.c.state == ISSUED,
        DEED.c.notarised_at.between(window.c.invalid_from, window.c.until),
        DEED.c.confirmed_at < window.c.until,
    )
    of_notary = sa.and_(window.c.notary == DEED.c.notary, queries.at(window, view.block))
    chosen = (
        sa.select(
            DEED.c.deed,
            DEED.c.office,
            DEED.c.state,
            DEED.c.flagged,
            CERTIFICATE.c.certificate,
            CERTIFICATE.c.creditor,
            CERTIFICATE.c.applied_at,
            sa.func.coalesce(doubtful, sa.false()).label("doubtful"),
        )
        .select_from(DEED)
        .join(CERTIFICATE, sa.and_(CERTIFICATE.c.deed == DEED.c.deed, queries.at(CERTIFICATE, view.block)))
        .outerjoin(window, of_notary)
        .where(_chosen(view, scope), sa.or_(DEED.c.state == REVOKED, DEED.c.flagged, doubtful))
        .order_by(CERTIFICATE.c.certificate)
        .limit(500)
    )
    return [
        {
            "reason": "REVOKED" if row["state"] == REVOKED else "REVIEW_REQUIRED" if row["doubtful"] else "CONFLICT",
            "deed": row["deed"],
            "office": row["office"],
            "certificate": row["certificate"],
            "creditor": row["creditor"],
            "limitation_from": row["applied_at"],
            "filings": _open_filings(view, row["certificate"]),
        }
        for row in view.connection.execute(chosen).mappings()
    ]


def _open_filings(view: View, certificate: str) -> list[Row]:
    chosen = (
        sa.select(FILING.c.filing, FILING.c.filer, FILING.c.gateway, FILING.c.court, FILING.c.state)
        .where(FILING.c.certificate == certificate, FILING.c.state.not_in(DONE), queries.at(FILING, view.block))
        .order_by(FILING.c.filing)
    )
    return [{**row, "state": FILING_STATES[row["state"]]} for row in view.connection.execute(chosen).mappings()]
