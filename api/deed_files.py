"""What an office keeps of a deed: identity receipts and the record of the live session, sealed and anchored.

POST /v1/deeds/{id}/identity   asks the identity provider about a party; the signed receipt is kept, no biometrics
POST /v1/deeds/{id}/session    the record of a live session, checked: every obligor present, identified, informed
GET  /v1/deeds/{id}/file       the papers of a deed with the evidence ids that its acts name
"""

from __future__ import annotations

import time
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from api.context import Context, context_of
from api.deeds import DOMAIN
from api.documents import receipt_id
from api.domain import Row, ok, own_router
from api.problems import documented
from api.reads import View, dumps
from api.sessions import Caller, NotYours, caller_of
from indexer import queries
from indexer.projections.deeds import deed_parties
from workflows.commitment import new_salt
from workflows.deeds.archive import Paper
from workflows.deeds.identity import IdentityProvider, IdentityQuestion, IdentityReceipt
from workflows.deeds.session import SessionIncomplete, SessionRecord, check_session
from workflows.evidence.receipt import unhex

ROUTER: APIRouter = own_router("deeds")
Id = Annotated[str, Path(description=f"{DOMAIN.ids.en}.", examples=[DOMAIN.example_id])]
_KEPT = {
    "kind": "IDENTITY",
    "commitment": "0x" + "c0" * 32,
    "sha256": "0x" + "5a" * 32,
    "receipt": "0x" + "1e" * 64,
    "evidence": None,
}
_ANSWER = ok({"type": "object"}, "Kept and queued; `evidence` is null until its batch is anchored.", _KEPT, status=201)
_PROBLEMS = documented(401, 403, 404, 413, 422, 503)


@ROUTER.post("/{id}/identity", summary="Verify the identity of a party", status_code=201, responses=_ANSWER | _PROBLEMS)
def verify_identity(request: Request, id: Id, body: IdentityQuestion) -> Response:
    """For the deed's notary and office. Name and number go to the provider and are not kept."""
    context = context_of(request)
    caller, key = caller_of(request), DOMAIN.key(id)
    now = int(time.time())
    with context.reads.view() as view:
        _of_office(DOMAIN.row(view, key), caller)
    salt = new_salt()
    receipt = context.identity.verify(str(key), body, salt, now=now)
    context.identity.check(receipt)
    about = {**receipt.model_dump(), "salt": "0x" + salt.hex()}
    paper = context.archive.keep(str(key), "IDENTITY", about, receipt.model_dump_json().encode(), now=now)
    return _kept(context, paper)


@ROUTER.post("/{id}/session", summary="Record a live session", status_code=201, responses=_ANSWER | _PROBLEMS)
def record_session(request: Request, id: Id, body: SessionRecord) -> Response:
    """For the deed's notary. The record's evidence is the `session` of `Deeds.inform`; without one no deed is made."""
    context = context_of(request)
    caller, key = caller_of(request), DOMAIN.key(id)
    now = int(time.time())
    with context.reads.view() as view:
        _of_office(DOMAIN.row(view, key), caller)
        obligors, head = obligors_of(view, str(key)), view.as_of.time
    papers = context.archive.papers(str(key), f"party {caller.acting()}", "live session", now=now)
    identified = identified_parties(papers, context.identity, str(key))
    found = check_session(body, obligors, identified, now=max(now, head))
    if not found.complete:
        raise SessionIncomplete(
            points=" ".join(point.en for point in found.points), points_zh="".join(point.zh for point in found.points)
        )
    paper = context.archive.keep(str(key), "SESSION", {"deed": str(key), **body.model_dump()}, None, now=now)
    return _kept(context, paper)


@ROUTER.get(
    "/{id}/file",
    summary="The papers of a deed",
    responses=ok({"type": "object"}, "Kinds, hashes and evidence, oldest first; no content.") | _PROBLEMS,
)
def read_file(request: Request, id: Id) -> Response:
    """For the deed's notary and office. Ask until `evidence` is there, then sign the act that names it."""
    context = context_of(request)
    caller, key = caller_of(request), DOMAIN.key(id)
    with context.reads.view() as view:
        _of_office(DOMAIN.row(view, key), caller)
    papers = context.archive.papers(
        str(key), f"party {caller.acting()}", "list of the deed's file", now=int(time.time())
    )
    return Response(dumps({"items": [shown(context, one) for one in papers]}), media_type="application/json")


def obligors_of(view: View, deed: str) -> list[str]:
    """The obligors of a deed, as it knows them."""
    parts = deed_parties.table
    chosen = sa.select(parts.c.party).where(parts.c.deed == deed, parts.c.named, queries.at(parts, view.block))
    return sorted(view.connection.execute(chosen).scalars())


def identified_parties(papers: list[Paper], provider: IdentityProvider, deed: str) -> set[str]:
    """The parties with a receipt of this deed that its provider signed. Raises `ReceiptForged`."""
    receipts = [IdentityReceipt.model_validate_json(one.content) for one in papers if one.kind == "IDENTITY"]
    for receipt in receipts:
        provider.check(receipt)
    return {receipt.party for receipt in receipts if receipt.deed == deed}


def shown(context: Context, paper: Paper) -> Row:
    """A paper as its owner sees it, with the id of its receipt."""
    return {
        "kind": paper.kind,
        "commitment": paper.commitment,
        "sha256": paper.sha256,
        "size": len(paper.content),
        "kept_at": paper.kept_at,
        "receipt": receipt_id(context, unhex(paper.leaf)),
        "evidence": paper.evidence,
    }


def _kept(context: Context, paper: Paper) -> Response:
    return Response(dumps(shown(context, paper)), status_code=201, media_type="application/json")


def _of_office(row: dict[str, Any], caller: Caller) -> None:
    party = caller.acting()
    if party not in (row["office"], row["notary"], row["reviewer"]):
        raise NotYours(party=party, what="the file of another office's deed", what_zh="其他公证处的案卷")
