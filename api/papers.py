"""Deeds and enforcement certificates on paper: the office hands in what they say and gets them back signed.

PAdES B-T by the notary's and the office's certificates with the office's seal. Kept only in the file of the deed or
certificate that it is printed for, sealed; the act of issue must then name its SHA-256.
"""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.context import context_of
from api.domain import own_router
from api.ids import OptionalHash
from api.issued_papers import keep_printed, require_fitting
from api.problems import documented
from api.sessions import NotYours, caller_of
from chain.errors import ChaqiError
from chain.vocabulary import role_bits
from workflows.documents.contents import Deed, Document, EnforcementCertificate
from workflows.documents.render import render
from workflows.evidence.hashing import DigestStream
from workflows.pki.provider import open_pki
from workflows.pki.signing import sign

OFFICE = role_bits("NOTARY_OFFICE")
COMMON_NAME_BYTES = 64
_PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The signed document; its digests in the headers `chaqi-sha256` and `chaqi-sm3`.",
        "content": {"application/pdf": {}},
    }
}
_PROBLEMS = _PDF | documented(401, 403, 404, 409, 413, 422, 503)
_PERSON = {
    "capacity": "债务人", "name": "陈合成", "identity": "居民身份证 合成0002", "address": "乌岽村合成巷2号",
}  # fmt: skip
_FILE = {"name": "借款合同（合成）", "sha256": "1f" * 32, "sm3": "2e" * 32}
DEED_EXAMPLE: dict[str, Any] = {
    "number": "（2026）粤潮凤证字第00001号",
    "issuer": "潮州市凤凰公证处（合成）",
    "issued_at": 1795752000,
    "verify_url": "http://127.0.0.1:8000/verify",
    "notary": "黄合成",
    "reviewer": "吴合成",
    "parties": [_PERSON],
    "instrument": _FILE,
    "principal": 2392422,
    "rate": 43500,
    "rate_formula": "本金×年利率×实际天数÷365",
    "schedule": [{"due": "2027-06-30", "principal": 2392422, "interest": 61300}],
    "fees": [{"name": "公证费", "amount": 7200}],
    "penalty": "逾期部分按约定利率上浮百分之三十计收罚息。",
    "acceleration": ["连续两期未付"],
    "acceptances": ["陈合成"],
    "scope": ["借款本金、利息、罚息及公证费"],
    "verification_method": "平台通知并短信",
    "verification_address": "约定的平台账户及手机",
    "verification_days": 7,
    "deemed_delivery": "平台通知到达之日视为送达。",
    "service_consent": "当事人同意以平台账户接受电子送达。",
    "informing": "公证员已告知法律意义与后果。",
    "signed_at": 1795751000,
    "session_sha256": "3d" * 32,
    "attachments": [_FILE],
}
CERTIFICATE_EXAMPLE: dict[str, Any] = {
    "number": "（2027）粤潮凤执字第00001号",
    "issuer": "潮州市凤凰公证处（合成）",
    "issued_at": 1795752000,
    "verify_url": "http://127.0.0.1:8000/verify",
    "notary": "黄合成",
    "deed_number": "（2026）粤潮凤证字第00001号",
    "deed_sha256": "4c" * 32,
    "applicant": _PERSON | {"capacity": "申请人"},
    "against": [_PERSON],
    "as_of": "2027-09-01",
    "items": [{"name": "借款本金", "amount": 2392422}],
    "performed": 300000,
    "total": 2092422,
    "continuing": "自2027年9月2日起按年利率4.35%计至清偿之日。",
    "apply_by": "2029-06-30",
    "default_facts": "债务人未按期偿还第一期款项。",
    "verification_method": "平台通知并短信",
    "notified_at": 1795751000,
    "verification_result": "债务人未提出异议。",
    "objections": "无",
    "collateral": ["茶树 A-0001 的抵押权"],
}


class FigureUnfit(ChaqiError):
    """A figure of a document that no document can show."""

    status = 422
    en = "A figure of the document cannot be shown ({reason}). Give fen and UTC seconds, none negative."
    zh = "文书中的数值无法表示（{reason}）。金额单位为分，时刻为 UTC 秒，均不得为负。"


class NameTooLong(ChaqiError):
    """A name that no certificate can carry (X.520: 64 octets of a common name)."""

    status = 422
    en = "No certificate can carry the name {name}: with the party's number it exceeds {limit} bytes. Shorten it."
    zh = "证书无法容纳名称 {name}：加上参与方编号后超过 {limit} 字节，请缩短。"


DEEDS: APIRouter = own_router("deeds")
CERTIFICATES: APIRouter = own_router("certificates")


@DEEDS.post("/paper", summary="A deed as a signed PDF", response_class=Response, responses=_PROBLEMS)
async def print_deed(
    request: Request, content: Annotated[Deed, Body(examples=[DEED_EXAMPLE])], deed: OptionalHash = None
) -> Response:
    """赋强公证书. For notary offices that are signed in; with development certificates it says that it is a test.

    With `deed`, it must say what the chain says, and goes into the deed's file: `Deeds.issue` then names its SHA-256.
    """
    return await run_in_threadpool(_printed, request, content, content.notary, deed)


@CERTIFICATES.post("/paper", summary="A certificate as a signed PDF", response_class=Response, responses=_PROBLEMS)
async def print_certificate(
    request: Request,
    content: Annotated[EnforcementCertificate, Body(examples=[CERTIFICATE_EXAMPLE])],
    certificate: OptionalHash = None,
) -> Response:
    """执行证书. For notary offices that are signed in; the items less what was performed must be the total.

    With `certificate`, it must rest on the deed as issued, and goes into the file: `Certificates.issue` names it.
    """
    return await run_in_threadpool(_printed, request, content, content.notary, certificate)


def _printed(request: Request, content: Document, notary: str, case: str | None) -> Response:
    context, caller = context_of(request), caller_of(request)
    party = caller.acting()
    if not caller.roles & OFFICE:
        raise NotYours(party=party, what="the paper of a notary office", what_zh="公证处文书")
    if case is not None:
        require_fitting(context, content, case, party)
    try:
        rendered = render(content)
    except (OverflowError, ValueError, OSError) as failure:
        raise FigureUnfit(reason=failure) from failure
    signed = sign(
        rendered,
        open_pki(context.settings, context.store, lambda: int(time.time())),
        context.store,
        office=_holder(content.issuer, party),
        notary=_holder(notary, party),
        reason=content.number,
        now=int(time.time()),
        wallets=(f"eip155:{context.settings.chain_id}:{caller.account}", None),
    )
    digests = DigestStream()
    digests.update(signed.pdf)
    found = digests.finish()
    if case is not None:
        keep_printed(context, content, case, signed.pdf)
    headers = {
        "chaqi-sha256": found.sha256.hex(),
        "chaqi-sm3": found.sm3.hex(),
        "cache-control": "no-store",
    }
    return Response(signed.pdf, media_type="application/pdf", headers=headers)


def _holder(name: str, party: int) -> str:
    """Whom the certificate names: with the party's number, so that no office signs in another's name."""
    holder = f"{name}·{party}"
    if len(holder.encode()) > COMMON_NAME_BYTES:
        raise NameTooLong(name=name, limit=COMMON_NAME_BYTES)
    return holder
