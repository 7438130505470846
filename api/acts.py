"""Acts: what can be signed, and the way of a signed act from the wallet to the chain.

GET  /v1/acts/types      every act with its fields, in words and as EIP-712 types
POST /v1/acts/prepare    fields and signer → typed data for eth_signTypedData_v4
POST /v1/acts            the signed act → accepted, or the contract's named refusal and nothing is written
GET  /v1/acts/{id}       accepted → submitted → mined → final, or refused
"""

from __future__ import annotations

import dataclasses
import re
import secrets
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.context import Context, context_of
from api.domain import ok
from api.events import act_events
from api.issued_papers import require_paper
from api.problems import documented
from api.reads import CursorMalformed, dumps, shown
from api.records import keep_record, needs_record
from api.signatures import admit_signature
from chain import outbox
from chain.acts import SignedAct
from chain.errors import ChaqiError
from chain.offchain import reading
from chain.outbox import ActState, ActStatus
from chain.simulation import simulate
from chain.typed_data import Act, act_type, act_types
from chain.vocabulary import ENUMERATIONS, ROLES
from indexer import queries
from indexer.projections.acts import acts as accepted

SIMULATED_FROM: Final = "0x00000000000000000000000000000000c4a91000"
"""Sender of simulations: nobody's account, so an act without a good signature is refused as it will be."""

LIFETIME_SECONDS: Final = 86_400
"""Deadline of a prepared act, after the head's time."""

Whole = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,77})$")] | Annotated[int, Field(ge=0)]


class ActNotFound(ChaqiError):
    """No act has this id, neither on the chain nor on its way."""

    status = 404
    en = "No act {act} was accepted here or is on the chain."
    zh = "此处未接受过行为 {act}，链上亦无。"


class PrepareBody(BaseModel):
    """An act in the making. Enumerations by name or number, large integers as decimal strings, bytes as 0x hex."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "act": "Trees.postNotice",
                "message": {"tree": "7", "evidence": "0x" + "9a" * 32},
                "signer": "0x" + "52" * 20,
            }
        },
    )

    act: Annotated[str, Field(max_length=100)]
    message: dict[str, Any]
    signer: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
    deadline: Annotated[Whole | None, Field(description="Last UTC second; a day from now when absent.")] = None


class SignedBody(BaseModel):
    """A signed act; with a filing or survey also the tree's `record` and the `salt` of its commitment.

    With the signature of an agreement it may bring `document`, with that of a deed it must: the signature page of the
    agreement or deed, signed with the signer's certificate and time-stamped (PDF in base64).
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "act": "Trees.postNotice",
                "domain": {
                    "name": "Chaqi Trees",
                    "version": "1",
                    "chainId": 521000,
                    "verifyingContract": "0x5fbdb2315678afecb367f032d93f642f64180aa3",
                },
                "message": {"tree": "7", "evidence": "0x" + "9a" * 32},
                "signer": "0x" + "52" * 20,
                "nonce": "1",
                "deadline": "1795449600",
                "signature": "0x" + "00" * 65,
            }
        },
    )

    act: Annotated[str, Field(max_length=100)]
    domain: dict[str, Any]
    message: dict[str, Any]
    signer: str
    nonce: Whole
    deadline: Whole
    signature: str
    record: dict[str, Any] | None = None
    salt: str | None = None
    document: str | None = None


class ActRecord(BaseModel):
    """An act on its way. `error*` when it was refused; `events` once it is mirrored."""

    id: str
    act: str
    signer: str
    state: ActState
    accepted_at: int
    transaction: str | None
    block_number: int | None
    block_hash: str | None
    error: str | None
    error_values: dict[str, Any] | None
    error_words: dict[str, str] | None
    message: dict[str, Any] | None
    events: list[dict[str, Any]] = []


class ActFilters(BaseModel):
    """Which acts, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    signer: Annotated[str | None, Field(pattern=r"^0x[0-9a-fA-F]{40}$")] = None
    state: ActState | None = None
    cursor: Annotated[str | None, Field(max_length=20)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


ROUTER = APIRouter(prefix="/v1/acts", tags=["acts"])
_ACT_EXAMPLE = {
    "id": "0x" + "ac" * 32,
    "act": "Trees.postNotice",
    "signer": "0x" + "52" * 20,
    "state": "accepted",
    "accepted_at": 1795363200,
    "transaction": None,
    "block_number": None,
    "block_hash": None,
    "error": None,
    "error_values": None,
    "error_words": None,
    "message": {"tree": "7", "evidence": "0x" + "9a" * 32},
    "events": [],
}
_ACT_SCHEMA = {"$ref": "#/components/schemas/ActRecord"}
_ACT_PAGE = {
    "type": "object",
    "required": ["items", "next", "total", "as_of"],
    "properties": {
        "items": {"type": "array", "items": _ACT_SCHEMA},
        "next": {"type": ["string", "null"]},
        "total": {"type": "integer"},
        "as_of": {"anyOf": [{"$ref": "#/components/schemas/AsOfBlock"}, {"type": "null"}]},
    },
}


@ROUTER.get(
    "/types",
    summary="Every act that can be signed",
    responses=ok({"type": "object"}, "Acts, EIP-712 domains, enumerations and roles.") | documented(503),
)
def read_types(request: Request) -> Response:
    """Enough to sign with `eth_signTypedData_v4` alone: what is signed are an act's `types`, in that order."""
    domains = context_of(request).deployment.domains
    found = {
        key: {
            "contract": kind.contract,
            "en": kind.en,
            "zh": kind.zh,
            "domain": domains[kind.contract].json(),
            "primaryType": kind.name,
            "types": kind.types,
            "fields": [
                {"name": field.name, "type": field.type, **({"members": field.members} if field.members else {})}
                for field in kind.fields
            ],
            "type_hash": "0x" + kind.type_hash.hex(),
            "selector": "0x" + kind.selector.hex(),
        }
        for key, kind in act_types().items()
    }
    answer = {"acts": found, "enumerations": ENUMERATIONS, "roles": ROLES}
    return Response(dumps(answer), media_type="application/json")


@ROUTER.post(
    "/prepare",
    summary="Typed data to sign",
    responses=ok({"type": "object"}, "`id` and `typed_data`, and the `wire` form that lacks only the signature.")
    | documented(404, 413, 422, 502, 503),
)
def prepare(request: Request, body: PrepareBody) -> Response:
    """Fills in a fresh nonce and a deadline; nothing is kept."""
    context = context_of(request)
    kind = act_type(body.act)
    domain = context.deployment.domains[kind.contract]
    if body.deadline is None:
        head = context.rpc.call("eth_getBlockByNumber", "latest", False)
        deadline = int(head["timestamp"], 16) + LIFETIME_SECONDS
    else:
        deadline = int(body.deadline) % 2**256
    act = Act(kind, kind.read(body.message), body.signer.lower(), secrets.randbits(128), deadline)
    unsigned = SignedAct(act, domain, b"")
    wire = {name: value for name, value in unsigned.json().items() if name != "signature"}
    answer = {"id": unsigned.id, "typed_data": act.typed_data(domain), "wire": wire}
    return Response(dumps(answer), media_type="application/json")


@ROUTER.post(
    "",
    summary="Hand in a signed act",
    status_code=202,
    responses=ok(_ACT_SCHEMA, "Accepted: it will be brought to the chain. Follow `Location`.", _ACT_EXAMPLE, status=202)
    | documented(401, 403, 404, 409, 410, 413, 422, 423, 502, 503),
)
def submit(
    request: Request,
    body: SignedBody,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=256, description="One act's among its signer's: another act with it is refused."),
    ] = None,
) -> Response:
    """The contract is asked first, at the head: what it would refuse is refused here by its name, and nothing is kept.

    `Agreements.sign` may bring its `document`, `Deeds.sign` must: refused unless its certificate was good at the
    time-stamp.
    A filing (`Trees.file`) or survey brings the tree's `record` with the `salt` of its commitment: it is checked
    against the act, compared with the live trees around, and sealed in the vault. The same signed act again is
    answered with how far it has come.
    """
    context = context_of(request)
    wire = body.model_dump(exclude={"record", "salt", "document"})
    signed = SignedAct.read(wire, context.deployment.domains)
    if not _held(context, signed):
        recorded = needs_record(signed, body.record, body.salt)
        context.outbox.refuse_reused_key(signed, idempotency_key)
        simulate(context.rpc, signed, SIMULATED_FROM)
        require_paper(context, signed)
        admit_signature(context, signed, body.document)
        if recorded:
            keep_record(context, signed, body.record, body.salt, idempotency_key)
    status = context.outbox.accept(signed, idempotency_key)  # a second time changes nothing
    return Response(
        dumps(_shown(status)),
        status_code=202,
        media_type="application/json",
        headers={"location": f"/v1/acts/{status.id}"},
    )


@ROUTER.get(
    "/{id}",
    summary="How far an act has come",
    responses=ok(_ACT_SCHEMA, "The act.", _ACT_EXAMPLE) | documented(404, 422, 503),
)
async def read_act(
    request: Request,
    id: Annotated[str, Path(description="EIP-712 digest.", examples=["0x" + "ac" * 32])],
) -> Response:
    """Acts that others brought to the chain are found too, once they are mirrored."""
    return await run_in_threadpool(_read_act, context_of(request), id.lower())


@ROUTER.get(
    "",
    summary="List acts, newest first",
    responses=ok(_ACT_PAGE, "A page of the acts handed in here.") | documented(422, 503),
)
def list_acts(request: Request, query: Annotated[ActFilters, Query()]) -> Response:
    """Acts handed in here, by signer and state; signatures are left out."""
    context = context_of(request)
    if query.cursor is not None and not re.fullmatch(r"[1-9][0-9]{0,17}", query.cursor, re.ASCII):
        raise CursorMalformed(given=query.cursor)
    found = context.outbox.statuses(
        before=int(query.cursor) if query.cursor else None,
        limit=query.limit + 1,
        signer=query.signer,
        state=query.state,
    )
    page = found[: query.limit]
    answer = {
        "items": [_shown(status) for _, status in page],
        "next": str(page[-1][0]) if len(found) > query.limit else None,
        "total": _count(context, query),
        "as_of": _newest(context),
    }
    return Response(dumps(answer), media_type="application/json")


def _shown(status: ActStatus) -> dict[str, Any]:
    shown_act = {**dataclasses.asdict(status), "message": status.wire["message"], "events": []}
    del shown_act["wire"]
    return shown_act


def _held(context: Context, signed: SignedAct) -> bool:
    """Whether this very act, with this signature, is on its way or done."""
    held = context.outbox.status(signed.id)
    if held is None or held.state is ActState.REFUSED:
        return False
    return bool(held.wire["signature"] == signed.json()["signature"])


def _count(context: Context, query: ActFilters) -> int:
    counted = sa.select(sa.func.count()).select_from(outbox.acts)
    if query.signer is not None:
        counted = counted.where(outbox.acts.c.signer == query.signer.lower())
    if query.state is not None:
        counted = counted.where(outbox.acts.c.state == query.state)
    with reading(context.store) as connection:
        return connection.scalar(counted) or 0


def _newest(context: Context) -> dict[str, Any] | None:
    try:
        return shown(context.reads.newest())
    except ChaqiError:
        return None  # the outbox answers without the mirror


def found(context: Context, act: str) -> dict[str, Any]:
    """An act as `ActRecord` says it, of the outbox or of the mirror. Raises `ActNotFound`."""
    status = context.outbox.status(act)
    answer = _shown(status) if status else None
    if answer is None or answer["transaction"] is None or answer["state"] in (ActState.MINED, ActState.FINAL):
        answer = _mirrored(context, act, answer)
    if answer is None:
        raise ActNotFound(act=act[:80])
    return answer


def _read_act(context: Context, act: str) -> Response:
    answer = {**found(context, act), "as_of": _newest(context)}
    return Response(dumps(answer), media_type="application/json")


def _mirrored(context: Context, act: str, answer: dict[str, Any] | None) -> dict[str, Any] | None:
    """The act with its events, as the mirror knows it; unchanged where it does not."""
    try:
        with context.reads.view() as view:
            row = queries.row(view.connection, accepted, act)
            if row is None:
                return answer
            events = act_events(view.connection, row["since_block"], row["tx_hash"], row["log_index"])
            if answer is not None:
                return {**answer, "events": events}
            depth = view.as_of.block + view.as_of.lag - row["since_block"]
            return {
                "id": act,
                "act": row["contract"],
                "signer": row["signer"],
                "state": ActState.FINAL if depth >= context.settings.confirmations else ActState.MINED,
                "accepted_at": row["accepted_at"],
                "transaction": row["tx_hash"],
                "block_number": row["since_block"],
                "block_hash": events[0]["block_hash"],
                "error": None,
                "error_values": None,
                "error_words": None,
                "message": None,
                "events": events,
            }
    except ChaqiError:
        if answer is None:
            raise
        return answer
