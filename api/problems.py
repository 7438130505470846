"""Every error as an RFC 9457 problem: one shape, one place where a fact becomes an HTTP status.

    {type, title, status, code, detail, detail_zh, values}

`detail` is in Chinese when `Accept-Language` prefers it, else in English; `detail_zh` is always there.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
import sqlalchemy as sa
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from api.complaints import complaint, complaints
from api.html import page, wants_page
from chain.errors import ChaqiError, Language
from chain.refusals import ActRefused

MEDIA_TYPE: Final = "application/problem+json"
LARGEST_JSON_INTEGER = 2**53 - 1

REFUSAL_STATUS: Final[dict[str, int]] = {
    "SignatureInvalid": 401,
    "SignatureMalleable": 401,
    "PartyUnknown": 403,
    "KeyRetired": 403,
    "PartySuspended": 403,
    "PartyRevoked": 403,
    "RoleMissing": 403,
    "MakerCannotDecide": 403,
    "NotAuthorized": 403,
    "NotAttester": 403,
    "NotGuardian": 403,
    "NotIssuer": 403,
    "NotLotFirm": 403,
    "NotMaker": 403,
    "NotOwner": 403,
    "NotSaleParty": 403,
    "NotHolder": 403,
    "NotSignatory": 403,
    "NotConcerned": 403,
    "OwnerCannotDecide": 403,
    "SurveyorIsOwner": 403,
    "NoSuchBatch": 404,
    "NoSuchLot": 404,
    "NoSay": 403,
    "NotSide": 403,
    "StatedByParty": 403,
    "NoSuchAgreement": 404,
    "NoSuchMilestone": 404,
    "NoSuchParty": 404,
    "NoSuchSale": 404,
    "NoSuchTree": 404,
    "NoSuchLien": 404,
    "NoSuchFiling": 404,
    "DebtUnsecured": 404,
    "EvidenceUnknown": 404,
    "ActExpired": 422,
    "ActMalformed": 422,
    "AppraiserIsOwner": 403,
    "SameAppraiser": 403,
    "ChallengerCannotSettle": 403,
    "ConfidenceUnfit": 422,
    "DateUnfit": 422,
    "StressUnfit": 422,
    "ValuationIncomplete": 422,
    "AccountMissing": 422,
    "AmountUnfit": 422,
    "AwardUnfit": 422,
    "BatchEmpty": 422,
    "DaysUnfit": 422,
    "ExpiryUnfit": 422,
    "FilingIncomplete": 422,
    "FindingUnfit": 422,
    "GramsUnfit": 422,
    "GuardianUnfit": 422,
    "InputsMalformed": 422,
    "InstantUnfit": 422,
    "LevelUnfit": 422,
    "NothingAmended": 422,
    "RegistryTimeUnfit": 422,
    "PeriodUnfit": 422,
    "PriceUnfit": 422,
    "RolesUnknown": 422,
    "RootMissing": 422,
    "SaleToSelf": 422,
    "SchemeUnknown": 422,
    "WeightUnfit": 422,
    "WindowUnfit": 422,
    "YieldImpossible": 422,
    "SelfDealing": 422,
    "TermsDiffer": 422,
    "TermsUnfit": 422,
    "TotalDiffers": 422,
    "YearUnfit": 422,
    "NotDeedNotary": 403,
    "NotDeedOffice": 403,
    "NotDeedParty": 403,
    "ReviewerIsNotary": 403,
    "ConflictOfInterest": 403,
    "NotCreditor": 403,
    "FilerUnfit": 403,
    "NotFiler": 403,
    "NotFilingCourt": 403,
    "NoSuchDeed": 404,
    "NoSuchCertificate": 404,
    "FilingUnknown": 404,
    "DeedIncomplete": 422,
    "InstrumentDiffers": 422,
    "AcceptanceMissing": 422,
    "PartyUnfit": 422,
    "InvalidityUnfit": 422,
    "CasesUnfit": 422,
    "ClaimIncomplete": 422,
    "MethodNotAgreed": 422,
    "PackageIncomplete": 422,
    "BeyondDeed": 422,
    "BeyondClaim": 422,
    "PaymentExceeds": 422,
    "OverClaim": 422,
    "StatementStale": 422,
    "DomainIsStopped": 503,
    "NotAgency": 403,
    "NotPlotHolder": 403,
    "MandateMissing": 403,
    "SubjectCannotDecide": 403,
    "AuditorIsAgency": 403,
    "NoSuchProgramme": 404,
    "NoSuchPlot": 404,
    "NoSuchClaim": 404,
    "ProgrammeUnfit": 422,
    "PlotIncomplete": 422,
    "AreaExceeded": 422,
    "QuantityUnfit": 422,
    "GroundMissing": 422,
    "VoucherUnfit": 422,
    "NotAnOfficer": 403,
    "NotTheBorrower": 403,
    "NoSuchLoan": 404,
    "LoanIncomplete": 422,
    "NotABank": 422,
    "PaymentDateUnfit": 422,
    "PaymentExceedsDebt": 422,
}
"""HTTP status of a contract's refusal by its name; 409 for all others: the record stands otherwise."""

log = structlog.get_logger("api")


class RequestMalformed(ChaqiError):
    """A parameter or body is not of the documented form; `problems` says where."""

    status = 422
    en = "The request is malformed: {problems}."
    zh = "请求格式错误：{problems_zh}。"


class ParameterMalformed(ChaqiError):
    """A query parameter is unknown here or not of its form."""

    status = 422
    en = "Parameter {parameter}: {problem}. See /docs for the parameters of this list."
    zh = "参数 {parameter}：{problem_zh}。可用参数见 /docs。"


class NotFound(ChaqiError):
    """Nothing is served at this path."""

    status = 404
    en = "There is nothing at {path}. See /docs for all that is."
    zh = "{path} 不存在。全部接口见 /docs。"


class RequestRefused(ChaqiError):
    """The web server refused the request: its method, size or media type."""

    en = "{method} {path} was refused: {reason}."
    zh = "{method} {path} 被拒绝：{reason}。"

    def __init__(self, status: int, **values: object) -> None:
        super().__init__(**values)
        self.status = status


class BodyTooLarge(ChaqiError):
    """The body is larger than this endpoint takes."""

    status = 413
    en = "The body is larger than {limit} bytes. Hash the file yourself and send its digests instead."
    zh = "请求体超过 {limit} 字节。请在本地计算文件摘要后仅提交摘要。"


class StoreUnavailable(ChaqiError):
    """The off-chain store cannot be used."""

    status = 503
    en = "The off-chain store does not answer. Try again; if it lasts, look at CHAQI_OFFCHAIN."
    zh = "链下存储无响应，请稍后重试；若持续出现请检查 CHAQI_OFFCHAIN。"


class Unexpected(ChaqiError):
    """A defect; the log has the details under `id`."""

    status = 500
    en = "Something unexpected happened. Tell the operator this number: {id}."
    zh = "发生意外错误，请将编号 {id} 告知运营方。"


class Problem(BaseModel):
    """A problem (RFC 9457). `code` is stable for programs; `values` are the failing values by name."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "/problems/NoSuchTree",
                "title": "Not Found",
                "status": 404,
                "code": "NoSuchTree",
                "detail": "There is no tree 7. File it first.",
                "detail_zh": "茶树 7 不存在，请先申报。",
                "values": {"tree": 7},
            }
        }
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    detail_zh: str
    values: dict[str, Any]


def status_of(error: ChaqiError) -> int:
    """The HTTP status of a fact."""
    if isinstance(error, ActRefused):
        return REFUSAL_STATUS.get(error.code, 409)
    return error.status


def language(request: Request) -> Language:
    """The language the caller prefers, by `Accept-Language`; English where it says nothing."""
    best, weight = "en", 0.0
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            value = float(quality or 1)
        except ValueError:
            continue
        primary = tag.split("-")[0].lower()
        if primary in ("en", "zh") and value > weight:
            best, weight = primary, value
    return "zh" if best == "zh" else "en"


def problem(error: ChaqiError, spoken: Language = "en") -> dict[str, Any]:
    """The problem document of a fact."""
    status = status_of(error)
    return {
        "type": f"/problems/{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": plain(error.words(spoken)),
        "detail_zh": plain(error.words("zh")),
        "values": plain(error.values),
    }


def answer(request: Request, error: ChaqiError, more: Mapping[str, str] | None = None) -> Response:
    """The response that states a fact, to people as a page; with `more` headers."""
    body = problem(error, language(request))
    headers = {**(more or {}), "content-language": language(request)}
    if body["status"] == 401:
        headers["www-authenticate"] = 'Bearer realm="chaqi"'
    if body["status"] == 503:
        headers["retry-after"] = "1"
    if wants_page(request):
        words = {"code": error.code, "status": body["status"], "zh": body["detail_zh"], "en": plain(error.words("en"))}
        return page(request, "problem.html", words, body["status"], headers)
    return Response(orjson.dumps(body), body["status"], headers, MEDIA_TYPE)


def documented(*codes: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems an endpoint may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {code: {"description": HTTPStatus(code).phrase, "content": content} for code in codes}


def plain(value: Any) -> Any:
    """A value as JSON can carry it without loss: large integers as decimal strings, bytes as 0x hex."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()  # JSON may hold what is not Unicode
        case None | bool() | float():
            return value
        case int():
            return value if abs(value) <= LARGEST_JSON_INTEGER else str(value)
        case bytes():
            return "0x" + value.hex()
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple() | set():
            return [plain(item) for item in value]
    return str(value)


def install(app: FastAPI) -> None:
    """Lets `app` answer every error with a problem."""
    app.add_exception_handler(ChaqiError, _on_fact)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(HTTPException, _on_refused)
    app.add_exception_handler(sa.exc.OperationalError, _on_store)
    app.add_exception_handler(sa.exc.ProgrammingError, _on_store)
    app.add_exception_handler(Exception, _on_defect)


async def _on_fact(request: Request, error: Exception) -> Response:
    assert isinstance(error, ChaqiError)
    return answer(request, error)


async def _on_malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["loc"][0] == "query":
        name = ".".join(str(step) for step in first["loc"][1:])
        en, zh = complaint(first)
        return answer(request, ParameterMalformed(parameter=name[:80], problem=en, problem_zh=zh))
    return answer(request, RequestMalformed(**complaints(error.errors())))


async def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return answer(request, NotFound(path=request.url.path))
    if error.status_code == 413:
        return answer(request, BodyTooLarge(limit=getattr(error, "limit", None)))
    refused = RequestRefused(error.status_code, method=request.method, path=request.url.path, reason=error.detail)
    return answer(request, refused, error.headers)


async def _on_store(request: Request, error: Exception) -> Response:
    log.error("store unavailable", path=request.url.path, exc_info=error)
    return answer(request, StoreUnavailable())


async def _on_defect(request: Request, error: Exception) -> Response:
    number = uuid.uuid4().hex[:16]
    log.error("unexpected", id=number, method=request.method, path=request.url.path, exc_info=error)
    return answer(request, Unexpected(id=number))
