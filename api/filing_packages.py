"""Court packages in one step, one certificate or many, for the creditor and the lawyers he named.

POST /v1/certificates/{id}/papers    a paper for the court: application, identity, authority, property clues, ...
POST /v1/filings/package             everything collected, checked (§3.4) and zipped; the act to sign next
POST /v1/filings/bulk                the same for many certificates: an act each, or what is missing
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.certificates import DOMAIN as CERTIFICATES
from api.certificates import STATES as CERTIFICATE_STATES
from api.context import Context, context_of
from api.deed_files import shown
from api.deeds import DOMAIN as DEEDS
from api.deeds import STATES as DEED_STATES
from api.deeds import party_key
from api.domain import Row, ok, own_router
from api.events import told
from api.filings import STATES
from api.problems import documented
from api.reads import View, dumps
from api.sessions import Caller, NotYours, caller_of
from chain.errors import ChaqiError
from chain.vocabulary import role_bits
from indexer import queries
from indexer.projections.deeds import deed_parties
from indexer.projections.filings import NO_HASH, filings, live_filings
from workflows.calendar.calendar import SHANGHAI
from workflows.certificates.amount import CC_561, Fen
from workflows.deeds.archive import Paper
from workflows.deeds.points import Point, missing
from workflows.filings.assemble import assemble
from workflows.filings.courts import Code, Property
from workflows.filings.preflight import Day, Package, preflight

MOST = 100
LAWYER = role_bits("LAWYER")
OPEN = [STATES.index(name) for name in ("PACKAGED", "RETURNED")]
_ZIP: dict[int | str, dict[str, Any]] = {200: {"description": "The zip.", "content": {"application/zip": {}}}}
_PROBLEMS = documented(400, 401, 403, 404, 413, 422, 503)
Uploaded = Literal[
    "APPLICATION",
    "APPLICANT_IDENTITY",
    "AUTHORITY",
    "SUCCESSION",
    "PROPERTY_CLUES",
    "SERVICE_ADDRESS",
    "RECEIVING_ACCOUNT",
]
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]


class PackageRequest(BaseModel):
    """What no record says: whom, where, how much (all that is owed when absent), and what the filer knows."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "certificate": CERTIFICATES.example_id,
                "obligor": "7",
                "court": 440001,
                "domicile_court": 440001,
                "due": ["2026-06-30"],
            }
        },
    )

    certificate: Hash
    obligor: Annotated[str, Field(pattern=r"^(0x[0-9a-f]{64}|[1-9][0-9]{0,18})$")]
    court: Code
    domicile_court: Code
    properties: Annotated[list[Property], Field(max_length=100)] = []
    claimed: Fen | None = None
    due: Annotated[list[Day], Field(min_length=1, max_length=600)]
    interruptions: Annotated[list[Day], Field(max_length=600)] = []
    succeeded: bool = False
    debtor_exists: bool = True
    suit_pending: bool = False


class BulkRequest(BaseModel):
    """Many packages at once."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"example": {"items": [PackageRequest.model_config["json_schema_extra"]["example"]]}},  # type: ignore[index]
    )

    items: Annotated[list[PackageRequest], Field(min_length=1, max_length=MOST)]


class PaperEmpty(ChaqiError):
    """A paper without content."""

    status = 422
    en = "The paper is empty. Send its bytes as the body."
    zh = "材料为空。请以请求体发送文件内容。"


PAPERS: APIRouter = own_router("certificates")
ROUTER: APIRouter = own_router("filings")


@PAPERS.post(
    "/{id}/papers",
    summary="Hand in a paper for the court",
    status_code=201,
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}},
    responses=ok({"type": "object"}, "Kept, sealed, and queued as evidence.", status=201) | _PROBLEMS,
)
async def keep_paper(
    request: Request,
    id: Annotated[str, Path(description=f"{CERTIFICATES.ids.en}.", examples=[CERTIFICATES.example_id])],
    kind: Uploaded,
    agent: Annotated[int | None, Query(ge=1, le=2**53 - 1, description="With AUTHORITY: the lawyer.")] = None,
) -> Response:
    """By the creditor, or by a lawyer to whom he gave AUTHORITY; only the creditor gives that."""
    content = await request.body()
    return await run_in_threadpool(_keep_paper, request, str(CERTIFICATES.key(id)), kind, agent, content)


def _keep_paper(request: Request, id: str, kind: Uploaded, agent: int | None, content: bytes) -> Response:
    context, caller = context_of(request), caller_of(request)
    with context.reads.view() as view:
        creditor = CERTIFICATES.row(view, id)["creditor"]
    papers = _papers_for(context, caller, id, creditor)
    if kind == "AUTHORITY" and caller.acting() != creditor:
        raise NotYours(party=caller.acting(), what="another creditor's authority", what_zh="其他债权人的授权")
    if not content:
        raise PaperEmpty()
    about: dict[str, Any] = {"by": caller.acting(), "agent": agent}
    now = int(time.time())
    digest = f"0x{_sha256(content)}"
    again = [one for one in papers if (one.kind, one.sha256, one.about) == (kind, digest, about)]
    paper = again[0] if again else context.archive.keep(id, kind, about, content, now=now)
    return Response(dumps(shown(context, paper)), status_code=201, media_type="application/json")


@ROUTER.post(
    "/package",
    summary="Assemble a court package in one step",
    responses=ok({"type": "object"}, "The package's hash, what it still lacks, and the act to sign next.") | _PROBLEMS,
)
def package_filing(request: Request, body: PackageRequest) -> Response:
    """Nothing is filed by this: the filer signs `act`. Ask again until the evidence that it names is anchored."""
    context, caller = context_of(request), caller_of(request)
    return Response(dumps(prepared(context, caller, body)), media_type="application/json")


@ROUTER.post(
    "/bulk",
    summary="Assemble many court packages",
    responses=ok({"type": "object"}, "For each, as asked: the act to sign next, or every missing point.") | _PROBLEMS,
)
def package_many(request: Request, body: BulkRequest) -> Response:
    """One item's fault, named in its `problem`, does not keep the others."""
    context, caller = context_of(request), caller_of(request)
    caller.acting()
    items: list[Row] = []
    for one in body.items:
        try:
            items.append(prepared(context, caller, one))
        except ChaqiError as failure:
            items.append({"certificate": one.certificate, "complete": False, "problem": context.said(failure)})
    ready = sum(item.get("act") is not None for item in items)
    return Response(dumps({"items": items, "ready": ready}), media_type="application/json")


def prepared(context: Context, caller: Caller, it: PackageRequest) -> Row:
    """The package of one certificate against one obligor, and the act that comes next."""
    party, obligor, now = caller.acting(), party_key(it.obligor), int(time.time())
    with context.reads.view() as view:
        certificate = CERTIFICATES.row(view, it.certificate)
        deed = DEEDS.row(view, certificate["deed"])
        parties = _parties(view, deed["deed"])
        ledger = _ledger(view, it.certificate)
        own, live = _filings(view, it.certificate, deed["deed"], obligor, party)
        recovered = _recovered(view, it.certificate)
        today = datetime.fromtimestamp(max(now, view.as_of.time), SHANGHAI).date()
    court_papers = _papers_for(context, caller, it.certificate, certificate["creditor"])
    deed_papers = context.archive.papers(deed["deed"], f"party {party}", "court package", now=now)
    deed_copy = [one for one in deed_papers if (one.kind, one.sha256) == ("DEED", deed["document"])]
    paper = [one for one in court_papers if (one.kind, one.sha256) == ("CERTIFICATE", certificate["document"])]
    kinds = {one.kind for one in court_papers}
    certified, paid = sum(certificate[item] for item in CC_561), certificate["paid"] + recovered
    claimed = max(0, certified - paid) if it.claimed is None else it.claimed
    deed_state, state = DEED_STATES[deed["state"]], CERTIFICATE_STATES[certificate["state"]]
    checked = preflight(
        Package(
            application="APPLICATION" in kinds,
            deed_copy=bool(deed_copy),
            certificate=bool(paper),
            applicant_identity="APPLICANT_IDENTITY" in kinds,
            authority="AUTHORITY" in kinds,
            by_agent=party != certificate["creditor"],
            succeeded=it.succeeded,
            succession_proof="SUCCESSION" in kinds,
            property_clues="PROPERTY_CLUES" in kinds,
            service_address="SERVICE_ADDRESS" in kinds,
            receiving_account="RECEIVING_ACCOUNT" in kinds,
            payment_ledger=True,
            manifest=True,
            deed_state="ISSUED" if deed_state == "ISSUED" else "REVOKED" if deed_state == "REVOKED" else "OTHER",
            every_obligor_accepted=bool(parties) and all(parties.values()),
            names_parties_and_content=obligor in parties and deed["principal"] > 0,
            certificate_state="ISSUED" if state == "ISSUED" else "OTHER",
            certified=certified,
            paid_since=paid,
            claimed=claimed,
            statement_current=True,
            debtor_exists=it.debtor_exists,
            suit_pending=it.suit_pending,
            live_filing=live not in (NO_HASH, own),
            court=it.court,
            domicile_court=it.domicile_court,
            properties=it.properties,
            due=it.due,
            interruptions=it.interruptions,
            today=today,
        )
    )
    points = [*checked.points, *_unidentified(deed_papers)]
    complete = all(point.kind != "missing" for point in points)
    answer: Row = {
        "certificate": it.certificate,
        "complete": complete,
        "points": [point.model_dump(mode="json") for point in points],
        "limitation": checked.limitation.model_dump(mode="json"),
        "claimed": claimed,
        "filing": own,
        "package": None,
        "act": None,
    }
    if not complete:
        return answer
    rest = [one for one in deed_papers if one.kind in ("IDENTITY", "SESSION")]
    whole = assemble(
        {"id": deed["deed"], "document": deed["document"]},
        {"id": it.certificate, "document": certificate["document"]},
        {"payments": ledger, "recovered": recovered, "certified": certified},
        [*rest, deed_copy[0], paper[0], *(one for one in court_papers if one.kind != "CERTIFICATE")],
    )
    kept = [one for one in court_papers if (one.kind, one.sha256) == ("PACKAGE", f"0x{_sha256(whole)}")]
    zipped = kept[0] if kept else context.archive.keep(it.certificate, "PACKAGE", {"by": party}, whole, now=now)
    answer["package"] = shown(context, zipped)
    if zipped.evidence is not None:
        answer["act"] = _act(it, obligor, own, zipped, claimed)
    return answer


@ROUTER.get(
    "/package/{certificate}",
    summary="A court package as a zip",
    response_class=Response,
    responses=_ZIP | _PROBLEMS,
)
def read_package(
    request: Request, certificate: Annotated[str, Path(examples=[CERTIFICATES.example_id])], sha256: Hash
) -> Response:
    """For the creditor and his lawyers; `sha256` as `package` answered it."""
    context, caller, id = context_of(request), caller_of(request), str(CERTIFICATES.key(certificate))
    with context.reads.view() as view:
        row = CERTIFICATES.row(view, id)
    for paper in _papers_for(context, caller, id, row["creditor"]):
        if (paper.kind, paper.sha256) == ("PACKAGE", sha256):
            return Response(paper.content, media_type="application/zip", headers={"cache-control": "no-store"})
    raise PackageUnknown(package=sha256)


class PackageUnknown(ChaqiError):
    """No package with this hash was assembled for the certificate."""

    status = 404
    en = "No package {package} was assembled for this certificate."
    zh = "该执行证书没有哈希为 {package} 的案卷包。"


def _act(it: PackageRequest, obligor: str, own: str | None, zipped: Paper, claimed: int) -> Row:
    evidence = zipped.evidence
    if own is None:
        basis = "DOMICILE" if it.court == it.domicile_court else "PROPERTY"
        message: Row = {
            "certificates": [it.certificate],
            "obligors": [obligor],
            "courts": [it.court],
            "basis": basis,
        }
        return {"act": "Filings.package", "message": {**message, "evidence": evidence}}
    submission = {"filings": [own], "packages": [zipped.sha256], "claimed": [claimed]}
    return {"act": "Filings.submit", "message": {**submission, "statement": evidence, "evidence": evidence}}


def _papers_for(context: Context, caller: Caller, certificate: str, creditor: int) -> list[Paper]:
    """The papers for the court, for who may see them. Raises `NotYours`."""
    party = caller.acting()
    if party != creditor and not caller.roles & LAWYER:
        raise NotYours(party=party, what="another creditor's papers", what_zh="其他债权人的材料")
    papers = context.archive.papers(certificate, f"party {party}", "court package", now=int(time.time()))
    given = any(one.kind == "AUTHORITY" and one.about == {"by": creditor, "agent": party} for one in papers)
    if party != creditor and not given:
        raise NotYours(party=party, what="papers without the creditor's authority", what_zh="未获债权人授权的材料")
    return papers


def _unidentified(papers: list[Paper]) -> Iterator[Point]:
    kinds = {one.kind for one in papers}
    for kind, en, zh in (("IDENTITY", "identity receipt", "身份核验回执"), ("SESSION", "session record", "会话记录")):
        words = (f"The deed's file holds no {en}.", f"公证卷宗缺少{zh}。")
        yield from missing([(kind in kinds, f"{kind}_RECORD", *words, "公证法 27, 28")])


def _parties(view: View, deed: str) -> dict[str, bool]:
    parts = deed_parties.table
    chosen = sa.select(parts.c.party, parts.c.signed).where(
        parts.c.deed == deed, parts.c.named, queries.at(parts, view.block)
    )
    return {row.party: bool(row.signed) for row in view.connection.execute(chosen)}


def _ledger(view: View, certificate: str) -> list[Row]:
    """The payments reported on a certificate, in the chain's order."""
    found = [one for one, _ in told(view, CERTIFICATES, certificate, "PaymentReported")]
    return [{name: str(one[name]) for name in ("amount", "paid", "receivedAt")} for one in found]


def _filings(view: View, certificate: str, deed: str, obligor: str, party: int) -> tuple[str | None, str]:
    """The caller's own filing that can be submitted, and the one that holds the obligor's place."""
    table = filings.table
    chosen = sa.select(table.c.filing).where(
        table.c.certificate == certificate,
        table.c.obligor == obligor,
        table.c.filer == party,
        table.c.state.in_(OPEN),
        queries.at(table, view.block),
    )
    own = view.connection.execute(chosen.order_by(table.c.filing)).scalars().first()
    row = queries.row(view.connection, live_filings, (deed, obligor), view.block)
    return own, row["live"] if row else NO_HASH


def _recovered(view: View, certificate: str) -> int:
    table = filings.table
    total = sa.select(sa.func.coalesce(sa.func.sum(table.c.recovered), 0)).where(
        table.c.certificate == certificate, queries.at(table, view.block)
    )
    return int(view.connection.execute(total).scalar_one())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
