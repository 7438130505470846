"""The signature page of an agreement: to be signed by its sides, and checked when it comes with the act that signs."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any

import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import Response
from pyhanko.sign.fields import SigFieldSpec
from starlette.concurrency import run_in_threadpool

from api.agreements import DOMAIN
from api.context import Context, context_of
from api.domain import own_router
from api.problems import documented
from api.sessions import NotYours, caller_of
from chain.acts import SignedAct
from chain.errors import ChaqiError
from indexer.projections.agreements import agreements
from indexer.schema import blocks
from workflows.agreements.signature import check_signature
from workflows.documents.contents import SignaturePage
from workflows.documents.render import render
from workflows.liens.search import ISSUER
from workflows.pki.authority import Purpose
from workflows.pki.provider import open_pki
from workflows.pki.signing import with_signature
from workflows.pki.timestamp import keep

SIGN = "Agreements.sign"
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "The signature page.", "content": {"application/pdf": {}}}
}


class DocumentUncalledFor(ChaqiError):
    """A document came with an act that takes none."""

    status = 422
    en = "{act} takes no document; it comes with Agreements.sign."
    zh = "{act} 不附文件；文件仅随 Agreements.sign 提交。"


class DocumentMalformed(ChaqiError):
    """The document is not base64."""

    status = 422
    en = "The document must be a PDF in base64 (RFC 4648)."
    zh = "文件须为 base64（RFC 4648）编码的 PDF。"


ROUTER = own_router(DOMAIN.name)


@ROUTER.get(
    "/{id}/paper",
    summary="The signature page of an agreement, to be signed",
    response_class=Response,
    responses=_PDF | documented(404, 422, 503),
)
async def read_page(request: Request, id: str) -> Response:
    """The same bytes each time. Sign it with your certificate (PAdES B-T) and hand it in with `Agreements.sign`."""
    return await run_in_threadpool(lambda: _answer(_page(context_of(request), DOMAIN.key(id))))


@ROUTER.post(
    "/{id}/paper",
    summary="The signature page of an agreement, signed for its side",
    response_class=Response,
    responses=_PDF | documented(401, 403, 404, 413, 422, 503),
)
async def sign_page(request: Request, id: str) -> Response:
    """For buyer and seller, with the certificate that the configured authority keeps for them; with the development
    authority it says that it is a test.
    """
    return await run_in_threadpool(_signed, request, DOMAIN.key(id))


def admit_signature(context: Context, signed: SignedAct, document: str) -> None:
    """Checks the document that came with an act, and keeps its time-stamp.

    Raises `DocumentUncalledFor`, `DocumentMalformed`, and what `check_signature` raises.
    """
    act = signed.act
    if act.type.key != SIGN:
        raise DocumentUncalledFor(act=act.type.key)
    try:
        pdf = base64.b64decode(document, validate=True)
    except (binascii.Error, ValueError):
        raise DocumentMalformed() from None
    agreement, now = str(act.message["agreement"]), int(time.time())
    pki = open_pki(context.settings, context.store, lambda: now)
    stamp = check_signature(
        pdf,
        _page(context, agreement),
        agreement=agreement,
        account=_account(context, act.signer),
        trust=pki.trust(now=now),
        policy=pki.policy,
    )
    keep(context.store, stamp)


def _signed(request: Request, agreement: str) -> Response:
    context, caller = context_of(request), caller_of(request)
    party, now = caller.acting(), int(time.time())
    with context.reads.view() as view:
        row = DOMAIN.row(view, agreement)
    if party not in (row["buyer"], row["seller"]):
        raise NotYours(party=party, what=f"the signature page of agreement {agreement}", what_zh="该协议的签署页")
    pki = open_pki(context.settings, context.store, lambda: int(time.time()))
    holder = f"{party}·{caller.account.lower()}"  # a new key gets a new certificate
    signer = pki.signer(holder, Purpose.PARTY, now=now, wallet=_account(context, caller.account))
    field = SigFieldSpec(f"Party {party}")
    return _answer(
        with_signature(_page(context, agreement), signer, pki.timestamper(), field, f"agreement {agreement}")
    )


def _page(context: Context, agreement: str) -> bytes:
    with context.reads.view() as view:
        row, table = DOMAIN.row(view, agreement), agreements.table
        offered = sa.select(sa.func.min(table.c.since_block)).where(table.c.agreement == agreement)
        dated = sa.select(blocks.c.timestamp).where(blocks.c.number == offered.scalar_subquery())
        issued_at = view.connection.execute(dated).scalar_one()
    number = f"0x{int(agreement):064x}"
    url = context.settings.public_url or context.settings.api_url
    content = SignaturePage(
        number=f"XY-{number[2:18].upper()}",
        issuer=ISSUER,
        issued_at=issued_at,
        verify_url=f"{url}/v1/agreements/{number}",
        agreement=number,
        terms=row["terms"],
        buyer=row["buyer"],
        seller=row["seller"],
        grams=row["quantity"],
        deposit=row["deposit"],
        due_at=row["due_at"],
    )
    return render(content).pdf


def _account(context: Context, account: str) -> str:
    """CAIP-10, as certificates name accounts."""
    return f"eip155:{context.settings.chain_id}:{account}"


def _answer(pdf: bytes) -> Response:
    return Response(pdf, media_type="application/pdf", headers={"cache-control": "no-store"})
