"""What certificates of the development authority point to."""

from __future__ import annotations

import time
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.context import context_of
from api.problems import documented
from chain.errors import ChaqiError
from workflows.pki.authority import CRL_DAYS, DevelopmentAuthority

MEDIA_TYPE: Final = "application/pkix-crl"
"""RFC 2585 4.2."""
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": f"The list, DER (RFC 5280), good for {CRL_DAYS} day.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
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
    context = context_of(request)
    if context.settings.pki is not None:
        raise AuthorityElsewhere()
    authority = DevelopmentAuthority(context.settings.var_dir / "pki", context.store)
    return Response(authority.crl(now=int(time.time())), media_type=MEDIA_TYPE)
