"""Signature pages: what a party signs with its certificate beside the act that it signs with its wallet.

GET  /v1/{agreements|deeds}/{id}/signature-page    the page, to be signed
POST /v1/{agreements|deeds}/{id}/signature-page    the page, signed for the caller with the certificate kept for it
POST /v1/acts                                      brings the signed page as `document` with the act that signs
PUT  /v1/deeds/{id}/signature-page                 the signed page of a party whose act went to the chain another way

A side of an agreement may sign by wallet alone; a deed is signed by wallet and by certificate (电子签名法 13).
"""

# No `from __future__ import annotations` here: FastAPI reads the endpoints' annotations, which are values.

import base64
import binascii
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from pyhanko.sign.fields import SigFieldSpec
from starlette.concurrency import run_in_threadpool

from api import agreements, deeds
from api.context import Context, context_of
from api.deed_files import obligors_of
from api.domain import Domain, Row, own_router
from api.problems import documented
from api.reads import View
from api.sessions import NotYours, caller_of
from chain.acts import SignedAct
from chain.errors import ChaqiError
from indexer import queries
from indexer.projections.deeds import deed_parties
from indexer.projections.parties import party_of
from indexer.schema import blocks
from workflows.deeds.archive import Paper
from workflows.documents.contents import AgreementPage, DeedPage, Document
from workflows.documents.render import render
from workflows.documents.signature_page import check_signature
from workflows.liens.search import ISSUER
from workflows.pki.authority import Purpose
from workflows.pki.provider import open_pki
from workflows.pki.signing import with_signature
from workflows.pki.timestamp import keep

PPM_A_BASIS_POINT = 100
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "The signature page.", "content": {"application/pdf": {}}}
}
_KEPT: dict[int | str, dict[str, Any]] = {204: {"description": "Kept."}}


class DocumentUncalledFor(ChaqiError):
    """A document came with an act that takes none."""

    status = 422
    en = "{act} takes no document; it comes with {acts}."
    zh = "{act} 不附文件；文件仅随 {acts} 提交。"


class DocumentMalformed(ChaqiError):
    """The document is not base64."""

    status = 422
    en = "The document must be a PDF in base64 (RFC 4648)."
    zh = "文件须为 base64（RFC 4648）编码的 PDF。"


class SignaturePageMissing(ChaqiError):
    """A deed is signed by wallet and by certificate, and the certificate's signature is not there."""

    status = 422
    en = "{act} comes with `document`: the deed's signature page, signed with the certificate of party {party}."
    zh = "{act} 须附 `document`：以参与方 {party} 的证书签署的债权文书签署页。"


class SignedPage(BaseModel):
    """A signed signature page: a PDF in base64."""

    model_config = ConfigDict(strict=True, extra="forbid")

    document: str


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What is signed by page and act: `subject` names it in the act's message, `heading` begins the page's number.

    `signatories` are the parties that sign, and `page` makes the page from the row, from them and from what all pages
    share. Where the page is `required`, it goes into the file of what is signed.
    """

    act: str
    subject: str
    heading: str
    domain: Domain
    signatories: Callable[[View, Row], list[int]]
    page: Callable[[Row, list[int], dict[str, Any]], Document]
    required: bool


@dataclass(frozen=True)
class Page:
    """A signature page as it is served, with its number and who signs it."""

    number: str
    pdf: bytes
    signatories: list[int]


def _agreement_page(row: Row, _: list[int], common: dict[str, Any]) -> Document:
    return AgreementPage(
        **common,
        agreement=f"0x{int(row['agreement']):064x}",
        terms=row["terms"],
        buyer=row["buyer"],
        seller=row["seller"],
        grams=row["quantity"],
        deposit=row["deposit"],
        due_at=row["due_at"],
    )


def _deed_page(row: Row, signatories: list[int], common: dict[str, Any]) -> Document:
    return DeedPage(
        **common,
        deed=row["deed"],
        instrument=row["instrument"],
        obligee=row["obligee"],
        obligors=tuple(party for party in signatories if party != row["obligee"]),
        principal=row["principal"],
        rate=row["rate_bps"] * PPM_A_BASIS_POINT,
    )


def _deed_signatories(view: View, row: Row) -> list[int]:
    return [row["obligee"], *_with_wallets(obligors_of(view, row["deed"]))]


def _with_wallets(parties_of_deed: Iterable[str]) -> list[int]:
    """Those of a deed's parties that are parties of the ledger, not commitments."""
    return [party for party in map(deeds.party_shown, parties_of_deed) if isinstance(party, int)]


AGREEMENT = Signed(
    act="Agreements.sign",
    subject="agreement",
    heading="XY",
    domain=agreements.DOMAIN,
    signatories=lambda view, row: [row["buyer"], row["seller"]],
    page=_agreement_page,
    required=False,
)
DEED = Signed(
    act="Deeds.sign",
    subject="deed",
    heading="GZ",
    domain=deeds.DOMAIN,
    signatories=_deed_signatories,
    page=_deed_page,
    required=True,
)
SIGNED = {one.act: one for one in (AGREEMENT, DEED)}


def _router(signed: Signed) -> APIRouter:
    routes, domain = own_router(signed.domain.name), signed.domain
    Id = Annotated[str, Path(description=f"{domain.ids.en}.", examples=[domain.example_id])]

    @routes.get(
        "/{id}/signature-page",
        summary=f"The signature page of one {domain.kind}, to be signed",
        response_class=Response,
        responses=_PDF | documented(404, 422, 503),
    )
    async def read_page(request: Request, id: Id) -> Response:
        """The same bytes each time. Sign it with your certificate (PAdES B-T); it goes with the act that signs."""
        page = await run_in_threadpool(page_of, context_of(request), signed, domain.key(id))
        return _answer(page.pdf)

    @routes.post(
        "/{id}/signature-page",
        summary=f"The signature page of one {domain.kind}, signed for its party",
        response_class=Response,
        responses=_PDF | documented(401, 403, 404, 413, 422, 503),
    )
    async def sign_page(request: Request, id: Id) -> Response:
        """For those who sign it, with the certificate that the configured authority keeps for them; with the
        development authority it says that it is a test.
        """
        return _answer(await run_in_threadpool(_sign, request, signed, domain.key(id)))

    if signed.required:

        @routes.put(
            "/{id}/signature-page",
            summary=f"Hand in a signed signature page of one {domain.kind}",
            status_code=204,
            responses=_KEPT | documented(401, 403, 404, 409, 413, 422, 503),
        )
        def keep_page(request: Request, id: Id, body: SignedPage) -> Response:
            """For those who sign it, where the act that signs did not come through this API."""
            context, caller = context_of(request), caller_of(request)
            _keep(context, signed, domain.key(id), caller.acting(), caller.account, body.document)
            return Response(status_code=204)

    return routes


AGREEMENTS_ROUTER, DEEDS_ROUTER = _router(AGREEMENT), _router(DEED)


def admit_signature(context: Context, act: SignedAct, document: str | None) -> None:
    """Checks the signed page that came with an act, keeps its time-stamp, and files a deed's page with the deed.

    Raises `DocumentUncalledFor`, `DocumentMalformed`, `SignaturePageMissing`, and what `check_signature` raises.
    """
    signed = SIGNED.get(act.act.type.key)
    if signed is None:
        if document is not None:
            raise DocumentUncalledFor(act=act.act.type.key, acts=", ".join(SIGNED))
        return
    if document is None and not signed.required:
        return
    with context.reads.view() as view:
        found = party_of(view.connection, act.act.signer)
    party = found["party"] if found else 0
    if document is None:
        raise SignaturePageMissing(act=signed.act, party=party)
    key = signed.domain.key(str(act.json()["message"][signed.subject]))
    _keep(context, signed, key, party, act.act.signer, document)


def require_signature_pages(context: Context, deed: str, papers: Iterable[Paper]) -> None:
    """Raises `SignaturePageMissing` unless every party that signed a deed with its wallet signed its page too: one of
    the `papers` of its file.
    """
    parts = deed_parties.table
    with context.reads.view() as view:
        wanted = sa.select(parts.c.party).where(parts.c.deed == deed, parts.c.signed, queries.at(parts, view.block))
        signatories = _with_wallets(view.connection.execute(wanted).scalars())
    there = {paper.about["party"] for paper in papers if paper.kind == "SIGNATURE"}
    for party in signatories:
        if party not in there:
            raise SignaturePageMissing(act=DEED.act, party=party)


def _keep(context: Context, signed: Signed, key: Any, party: int, account: str, document: str) -> None:
    try:
        pdf = base64.b64decode(document, validate=True)
    except (binascii.Error, ValueError):
        raise DocumentMalformed() from None
    page, now = page_of(context, signed, key), int(time.time())
    _require_signatory(page, party)
    pki = open_pki(context.settings, context.store, lambda: now)
    stamp = check_signature(
        pdf,
        page.pdf,
        number=page.number,
        account=_account(context, account),
        trust=pki.trust(now=now),
        policy=pki.policy,
    )
    keep(context.store, stamp)
    if signed.required:
        context.archive.keep(key, "SIGNATURE", {"party": party, "page": page.number}, pdf, now=now)


def page_of(context: Context, signed: Signed, key: Any) -> Page:
    """The page of an agreement or deed. Raises `NotRecorded`."""
    with context.reads.view() as view:
        row, table = signed.domain.row(view, key), signed.domain.projection.table
        begun = sa.select(sa.func.min(table.c.since_block)).where(table.c[signed.subject] == key)
        dated = sa.select(blocks.c.timestamp).where(blocks.c.number == begun.scalar_subquery())
        issued_at = view.connection.execute(dated).scalar_one()
        signatories = signed.signatories(view, row)
    digits = key.removeprefix("0x") if key.startswith("0x") else f"{int(key):064x}"
    url = context.settings.public_url or context.settings.api_url
    common = {
        "number": f"{signed.heading}-{digits[:16].upper()}",
        "issuer": ISSUER,
        "issued_at": issued_at,
        "verify_url": f"{url}/v1/{signed.domain.name}/0x{digits}",
    }
    return Page(str(common["number"]), render(signed.page(row, signatories, common)).pdf, signatories)


def _sign(request: Request, signed: Signed, key: Any) -> bytes:
    context, caller = context_of(request), caller_of(request)
    party, now = caller.acting(), int(time.time())
    page = page_of(context, signed, key)
    _require_signatory(page, party)
    pki = open_pki(context.settings, context.store, lambda: int(time.time()))
    holder = f"{party}·{caller.account.lower()}"  # a new key gets a new certificate
    signer = pki.signer(holder, Purpose.PARTY, now=now, wallet=_account(context, caller.account))
    return with_signature(page.pdf, signer, pki.timestamper(), SigFieldSpec(f"Party {party}"), page.number)


def _require_signatory(page: Page, party: int) -> None:
    if party not in page.signatories:
        raise NotYours(party=party, what=f"signature page {page.number}", what_zh=f"签署页 {page.number}")


def _account(context: Context, account: str) -> str:
    """CAIP-10, as certificates name accounts."""
    return f"eip155:{context.settings.chain_id}:{account}"


def _answer(pdf: bytes) -> Response:
    return Response(pdf, media_type="application/pdf", headers={"cache-control": "no-store"})
