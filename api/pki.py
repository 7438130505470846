"""What certificates of the development authority point to.

GET  /v1/pki/crl                the list of revoked certificates (RFC 5280)
POST /v1/pki/ocsp               how one certificate stands (RFC 6960), asked in DER
GET  /v1/pki/ocsp/{request}     the same, asked in base64
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.context import context_of
from api.problems import documented
from chain.errors import ChaqiError
from workflows.pki import ocsp
from workflows.pki.authority import CRL_DAYS, DevelopmentAuthority

MEDIA_TYPE: Final = "application/pkix-crl"
"""RFC 2585 4.2."""
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": f"The list, DER (RFC 5280), good for {CRL_DAYS} day.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}
REQUEST_TYPE, STATUS_TYPE = "application/ocsp-request", "application/ocsp-response"
"""RFC 6960 appendix A."""
STATUS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The status, DER (RFC 6960); what is no request is answered in the same form.",
        "content": {STATUS_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}

ROUTER = APIRouter(prefix="/v1/pki", tags=["pki"])


class AuthorityElsewhere(ChaqiError):
    """Licensed authorities issue the certificates; they publish their own lists."""

    status = 404
    en = "Certificates here are of licensed authorities. Their lists are where the certificates say."
    zh = "此处使用持牌机构签发的证书，其吊销列表见证书所载地址。"


@ROUTER.get(
    "/crl",
    summary="Revoked certificates of the development authority",
    response_class=Response,
    responses=ANSWER | documented(404, 503),
)
def read_list(request: Request) -> Response:
    """The distribution point (CRL) that every certificate of the development authority names, signed as it is asked
    for, with reasons and invalidity dates.
    """
    return Response(_authority(request).crl(now=int(time.time())), media_type=MEDIA_TYPE)


@ROUTER.post(
    "/ocsp",
    summary="How a certificate of the development authority stands (OCSP)",
    response_class=Response,
    responses=STATUS | documented(404, 413, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {REQUEST_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def ask_status(request: Request) -> Response:
    """Good, revoked or unknown, signed as it is asked for; every certificate of this authority names the address."""
    return await run_in_threadpool(_status, request, await request.body())


@ROUTER.get(
    "/ocsp/{request_base64:path}",
    summary="How a certificate of the development authority stands (OCSP, asked by address)",
    response_class=Response,
    responses=STATUS | documented(404, 422, 503),
)
def read_status(
    request: Request, request_base64: Annotated[str, Path(description="The DER request in base64.", max_length=2_000)]
) -> Response:
    """As `POST /v1/pki/ocsp`, for clients and caches that ask by address (RFC 6960 A.1)."""
    try:
        asked = base64.b64decode(request_base64, validate=True)
    except (binascii.Error, ValueError):
        asked = b""
    return _status(request, asked)


def _status(request: Request, asked: bytes) -> Response:
    return Response(ocsp.answer(_authority(request), asked, now=int(time.time())), media_type=STATUS_TYPE)


def _authority(request: Request) -> DevelopmentAuthority:
    """The development authority. Raises `AuthorityElsewhere`."""
    context = context_of(request)
    if context.settings.pki is not None:
        raise AuthorityElsewhere()
    return DevelopmentAuthority(context.settings.var_dir / "pki", context.store)
