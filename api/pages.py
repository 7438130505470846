"""The start page, the verify page and the words of every problem; server-rendered, nothing from other hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.context import Context, context_of
from api.html import page
from api.problems import REFUSAL_STATUS, NotFound
from api.rooms import ROOMS
from api.status import status_of
from api.words import ACT_STATES
from chain.errors import ChaqiError
from chain.refusals import facts
from chain.typed_data import act_types
from indexer import queries
from indexer.projections.agreements import agreements
from indexer.projections.deeds import deeds
from indexer.projections.evidence import evidence
from indexer.projections.loans import loans
from indexer.projections.parties import parties
from indexer.projections.trees import trees

NEWEST_ACTS = 10
TILES = {
    ("茶树", "trees"): trees,
    ("参与方", "parties"): parties,
    ("证据批次", "evidence batches"): evidence,
    ("协议", "agreements"): agreements,
    ("贷款", "loans"): loans,
    ("公证书", "deeds"): deeds,
}
"""What the start page counts, in Chinese and English."""

STATIC = Path(__file__).parent / "static"
OFFLINE_SCRIPTS = {"sm3": "sm3.js", "verifier": "chaqi-verify.js"}

ROUTER = APIRouter(include_in_schema=False)


@ROUTER.get("/")
async def start(request: Request) -> Response:
    """How everything stands, for people."""
    return await run_in_threadpool(_start, request)


@ROUTER.get("/verify")
async def verify(request: Request) -> Response:
    """A document and its receipt, checked in words; the document stays in the browser."""
    return page(request, "verify.html", {})


@ROUTER.get("/chaqi-verify.html")
async def verify_offline(request: Request) -> Response:
    """The verifier of evidence packages as one file, to be saved and used without us; it allows itself no network."""
    scripts = {name: (STATIC / file).read_text("utf-8") for name, file in OFFLINE_SCRIPTS.items()}
    policy = {"content-security-policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"}
    return page(request, "chaqi-verify.html", scripts, headers=policy)


@ROUTER.get("/problems/{code}")
async def read_problem(request: Request, code: str) -> Response:
    """What a problem's `type` leads to."""
    known = _problems().get(code)
    if known is None:
        raise NotFound(path=request.url.path)
    return page(request, "problem.html", known)


def _start(request: Request) -> Response:
    context = context_of(request)
    status = status_of(context)
    acts = [
        {"act": said, "words": words, "state": ACT_STATES[said.state]}
        for _, said in context.outbox.statuses(limit=NEWEST_ACTS)
        for words in [act_types().get(said.act)]
    ]
    values = {"status": status, "counts": _counts(context), "acts": acts, "rooms": ROOMS}
    return page(request, "start.html", values)


def _counts(context: Context) -> dict[tuple[str, str], int | None]:
    try:
        with context.reads.view() as view:
            return {words: queries.count(view.connection, room) for words, room in TILES.items()}
    except ChaqiError:
        return dict.fromkeys(TILES)


def _problems() -> dict[str, dict[str, Any]]:
    known = {
        kind.__name__: {"code": kind.__name__, "status": kind.status, "en": kind.en, "zh": kind.zh}
        for kind in _kinds(ChaqiError)
    }
    for fact in facts().values():
        status = REFUSAL_STATUS.get(fact.name, 409)
        known[fact.name] = {"code": fact.name, "status": status, "en": fact.en, "zh": fact.zh}
    return known


def _kinds(kind: type[ChaqiError]) -> Iterator[type[ChaqiError]]:
    for below in kind.__subclasses__():
        if hasattr(below, "en"):
            yield below
        yield from _kinds(below)
