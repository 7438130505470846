"""Documents on their way into evidence, receipts, and the verdict on a receipt. No document is ever kept."""

from __future__ import annotations

import hmac
import re
import time
from hashlib import sha256
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from api.complaints import complaints
from api.context import Context, context_of
from api.domain import IdMalformed, ok
from api.problems import RequestMalformed, documented
from api.reads import dumps
from api.sessions import caller_of
from chain.deploy import ATTESTER_PARTY
from chain.errors import ChaqiError
from workflows.evidence.batches import LeafUnknown, Submission, enqueue, receipt_of
from workflows.evidence.hashing import Digests, DigestStream
from workflows.evidence.leaf import new_salt
from workflows.evidence.receipt import Receipt, State, hex0x, loaded_receipt, unhex
from workflows.evidence.verify import questions, verify_on_chain, verify_stated

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Salt = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]

DIGEST_BYTES: Final = 32
_DIGESTS_EXAMPLE: dict[str, Any] = {"sha256": "9f" * 32, "sm3": "66" * 32, "size": 182_044, "name": "申报材料.pdf"}
_ID_EXAMPLE = "0x" + "1e" * 64
_RECEIPT_EXAMPLE = {"id": _ID_EXAMPLE, "receipt": {"format": "chaqi-evidence-receipt", "state": "pending"}}

CONCLUSIONS = {
    "whole": (
        "The chain of proof holds: these bytes existed when the block was made, and the attester vouched for them. "
        "It does not prove that the content is true.",
        "证明链完整：该区块产生时此内容已经存在，并由出具方确认。这不证明内容本身真实。",
    ),
    "pending": (
        "Nothing is wrong so far, but the receipt is not anchored yet: ask for its newest version and verify again.",
        "目前未发现问题，但回执尚未锚定：请获取最新回执后再次核验。",
    ),
    "broken": (
        "The chain of proof is broken at: {en}.",
        "证明链在此处断开：{zh}。",
    ),
}


class DocumentBody(BaseModel):
    """A document by its digests, computed by its holder. The salt may be the holder's own; else one is drawn."""

    model_config = ConfigDict(strict=True, extra="forbid", json_schema_extra={"example": _DIGESTS_EXAMPLE})

    sha256: Digest
    sm3: Digest
    size: Annotated[int, Field(ge=0, lt=2**63)]
    name: Annotated[str, Field(max_length=200)] | None = None
    salt: Salt | None = None


class StatedDocument(BaseModel):
    """What the holder computed of the document; what is left out is not compared."""

    model_config = ConfigDict(strict=True, extra="forbid")

    sha256: Digest | None = None
    sm3: Digest | None = None
    size: Annotated[int, Field(ge=0, lt=2**63)] | None = None


class VerifyBody(BaseModel):
    """A receipt, and if at hand the digests of the document."""

    model_config = ConfigDict(strict=True, extra="forbid")

    receipt: dict[str, Any]
    document: StatedDocument | None = None


class ReceiptUnknown(ChaqiError):
    """No receipt has this id: the document was not queued here, or the id is not the one that was given out."""

    status = 404
    en = "No receipt has the id {id}. Use the id that was answered when the document was queued."
    zh = "没有编号为 {id} 的回执。请使用提交文件时返回的编号。"


ROUTER = APIRouter(prefix="/v1/evidence", tags=["evidence"])


@ROUTER.post(
    "/documents",
    summary="Queue a document to be anchored",
    status_code=202,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/DocumentBody"},
                    "example": _DIGESTS_EXAMPLE,
                },
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
    responses=ok(
        {"type": "object"},
        "Queued; `id` names the receipt, which goes pending → anchored → final.",
        _RECEIPT_EXAMPLE,
        status=202,
    )
    | documented(401, 403, 409, 413, 422, 503),
)
async def queue_document(request: Request) -> Response:
    """Digests as JSON, so that the document never leaves its holder; or the document itself, of any other media type,
    which is hashed while it arrives and not kept. For signed-in parties; the ledger's attester vouches for the batch.
    """
    context = context_of(request)
    caller = await run_in_threadpool(caller_of, request)
    caller.acting()
    if request.headers.get("content-type", "").split(";")[0].strip().lower() == "application/json":
        submission = _by_digests(await request.body())
    else:
        stream = DigestStream()
        async for piece in request.stream():
            await run_in_threadpool(stream.update, piece)
        submission = Submission(stream.finish(), new_salt())
    return await run_in_threadpool(_queue, context, submission)


@ROUTER.get(
    "/documents/{id}/receipt",
    summary="A document's receipt as it stands now",
    responses=ok({"type": "object"}, "The receipt: keep it with the document.") | documented(404, 422, 503),
)
def read_receipt(
    request: Request, id: Annotated[str, Path(description="The receipt's id.", examples=[_ID_EXAMPLE])]
) -> Response:
    """Ask until `state` is `final`, then keep it: with document and receipt anybody can verify without us.

    The id is a secret of whoever queued the document; nobody else's receipt leads to it.
    """
    receipt = receipt_by_id(context_of(request), id)
    return Response(
        receipt.to_json(),
        media_type="application/json",
        headers={
            "content-disposition": f'inline; filename="{id[2:14].lower()}.receipt.json"',
            "cache-control": "no-store",
        },
    )


@ROUTER.post(
    "/verify",
    summary="The verdict on a receipt",
    responses=ok(
        {"type": "object"},
        "Every link in words. `ok` and `conclusion` sum them up.",
        {
            "ok": True,
            "conclusion": {"code": "whole", "en": CONCLUSIONS["whole"][0], "zh": CONCLUSIONS["whole"][1]},
            "links": [{"name": "root", "ok": True, "en": "the path leads to root 0x…", "zh": "路径通向根 0x…"}],
        },
    )
    | documented(400, 413, 422, 502, 503),
)
async def verify(request: Request, body: VerifyBody) -> Response:
    """Document → digests → leaf → path → root → evidence id → chain → contract → event → record → block, as far as each
    link holds. The same check runs without us: `chaqi verify`.
    """
    context = context_of(request)
    receipt = loaded_receipt(body.receipt)
    stated = body.document or StatedDocument()
    verdict = verify_stated(
        receipt,
        sha256=bytes.fromhex(stated.sha256) if stated.sha256 else None,
        sm3=bytes.fromhex(stated.sm3) if stated.sm3 else None,
        size=stated.size,
    )
    if verdict.ok:
        verdict = verify_on_chain(
            verdict,
            await context.at_head.ask(questions(receipt)),
            contract=context.deployment.address("Evidence"),
            confirmations=context.settings.confirmations,
        )
    broken = verdict.broken
    waits = receipt.state is State.PENDING and broken is not None and broken.name in ("path", "evidence")
    code = "whole" if broken is None else "pending" if waits else "broken"
    en, zh = CONCLUSIONS[code]
    said = {"en": broken.en, "zh": broken.zh} if broken else {}
    answer = {
        "ok": verdict.ok,
        "conclusion": {"code": code, "en": en.format(**said), "zh": zh.format(**said)},
        "links": [{"name": link.name, "ok": link.ok, "en": link.en, "zh": link.zh} for link in verdict.links],
    }
    return Response(dumps(answer), media_type="application/json")


def receipt_by_id(context: Context, id: str) -> Receipt:
    """The receipt that an id was given out for. Raises `IdMalformed`, `ReceiptUnknown`."""
    if not re.fullmatch(r"0x([0-9a-fA-F]{64}){1,2}", id):
        raise IdMalformed(
            kind="receipt",
            kind_zh="回执",
            form="0x + 128 hex (0-9, a-f)",
            form_zh="0x 加 128 位十六进制（0-9、a-f）",
            given=repr(id[:140]),
        )
    leaf, proof = unhex(id.lower())[:DIGEST_BYTES], unhex(id.lower())[DIGEST_BYTES:]
    if not hmac.compare_digest(proof, _proof(context, leaf)):
        raise ReceiptUnknown(id=id.lower())
    try:
        return receipt_of(context.store, leaf)
    except LeafUnknown:
        raise ReceiptUnknown(id=id.lower()) from None


def receipt_id(context: Context, leaf: bytes) -> str:
    """The id that names a leaf's receipt, for whoever queued the document."""
    return hex0x(leaf + _proof(context, leaf))


def _proof(context: Context, leaf: bytes) -> bytes:
    """What only the queueing party is told: a leaf is no secret, it is the first sibling in a neighbour's path."""
    return hmac.digest(context.receipt_key, leaf, sha256)


def _by_digests(content: bytes) -> Submission:
    try:
        body = DocumentBody.model_validate_json(content)
    except ValidationError as failure:
        raise RequestMalformed(**complaints(failure.errors())) from failure
    digests = Digests(body.size, bytes.fromhex(body.sha256), bytes.fromhex(body.sm3))
    return Submission(digests, unhex(body.salt) if body.salt else new_salt(), body.name)


def _queue(context: Context, submission: Submission) -> Response:
    enqueue(context.store, ATTESTER_PARTY, [submission], int(time.time()))
    id = receipt_id(context, submission.leaf)
    receipt = orjson.loads(submission.receipt().to_json())
    return Response(
        dumps({"id": id, "receipt": receipt}),
        status_code=202,
        media_type="application/json",
        headers={"location": f"/v1/evidence/documents/{id}/receipt"},
    )
