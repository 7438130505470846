"""Codes on packages: their lots, making them, and what whoever scans one is told; also as a page for a phone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.batches import DOMAIN as BATCHES
from api.context import Context, context_of
from api.domain import Domain, PageQuery, Row, ok, router
from api.html import page
from api.ids import NUMBER, OptionalNumber, OptionalParty, same, worded
from api.problems import documented
from api.provenance import Provenance, provenance
from api.reads import dumps, shown
from api.sessions import NotYours, caller_of
from api.trees import DOMAIN as TREES
from chain.errors import ChaqiError
from chain.vocabulary import ENUMERATIONS, ROLES
from indexer.projections.batches import lots
from workflows.batches import registry
from workflows.batches.claims import Claim, Finding, Notice, Standing, alarms
from workflows.batches.codes import CODE_LENGTH, SCRATCH_LENGTH, path_of, read_code
from workflows.batches.codes import shown as printed
from workflows.batches.registry import Code, Opened
from workflows.calendar.calendar import day_of

LOT_STATES = list(ENUMERATIONS["LotState"])
APPROVED, ISSUED = LOT_STATES.index("APPROVED"), LOT_STATES.index("ISSUED")
FORM_LIMIT: Final = 1_000

PROVINCES: Final = {
    "11": "北京", "12": "天津", "13": "河北", "14": "山西", "15": "内蒙古", "21": "辽宁", "22": "吉林", "23": "黑龙江",
    "31": "上海", "32": "江苏", "33": "浙江", "34": "安徽", "35": "福建", "36": "江西", "37": "山东", "41": "河南",
    "42": "湖北", "43": "湖南", "44": "广东", "45": "广西", "46": "海南", "50": "重庆", "51": "四川", "52": "贵州",
    "53": "云南", "54": "西藏", "61": "陕西", "62": "甘肃", "63": "青海", "64": "宁夏", "65": "新疆", "71": "台湾",
    "81": "香港", "82": "澳门",
}  # fmt: skip
"""Provinces by their code in GB/T 2260: as exactly as a scan may say where it was made."""

OPENED_WORDS: Final = {
    Opened.NOW: ("正确：此包装首次验证，为新品。", "Right, and used for the first time: the package is new."),
    Opened.BEFORE: ("刮开码正确，但此前已被验证过。", "Right, but it was used before: the package is not new."),
    Opened.WRONG: ("刮开码不正确。", "The scratch code is wrong."),
    Opened.LOCKED: ("错误次数过多，已不能再验证。", "Too many wrong attempts; it can no longer be checked."),
}


class CodeUnknown(ChaqiError):
    """No issued lot has this code."""

    status = 404
    en = "No issued lot has the code {code}. Check what you typed; if it is right, the package is not genuine."
    zh = "没有已发放的码批包含 {code}。请核对输入；若无误，则该包装并非真品。"


class LotNotApproved(ChaqiError):
    """Codes are made for approved lots only."""

    status = 409
    en = "Lot {lot} stands at {state}; codes are made once it is approved."
    zh = "码批 {lot} 的状态为 {state_zh}，批准后方可生成标识码。"


class LotRecord(BaseModel):
    """A lot of `count` packages of `unit_weight` grams. `root` commits to its codes; UTC seconds, 0: not yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": TREES.example_id,
                "state": "ISSUED",
                "batch": BATCHES.example_id,
                "firm": 41,
                "count": 15,
                "unit_weight": 100,
                "indicated": True,
                "root": "0x" + "c0" * 32,
                "requested_at": 1795363200,
                "issued_at": 1795449600,
                "evidence": "0x" + "9a" * 32,
            }
        }
    )

    id: str
    state: str
    batch: str
    firm: int
    count: int
    unit_weight: int
    indicated: bool
    root: str
    requested_at: int
    issued_at: int
    evidence: str


class LotFilters(PageQuery):
    """Which lots."""

    batch: OptionalNumber = None
    firm: OptionalParty = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(LOT_STATES)})$")] = None
    indicated: bool | None = None


class ScanBody(BaseModel):
    """A scan: from which province, if one wants to say it, and the scratch code, if it was laid open."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"area": "44", "scratch": "7K3M-Q2XV"}})

    area: Annotated[str | None, Field(description="Province code (GB/T 2260).", pattern=r"^[1-8][0-9]$")] = None
    scratch: Annotated[str | None, Field(max_length=40)] = None


def _show(row: Row) -> Row:
    names = [name for name in LotRecord.model_fields if name not in ("id", "state")]
    return {"id": row["lot"], "state": LOT_STATES[row["state"]], **{name: row[name] for name in names}}


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "firm", "indicated")
    if query.batch is not None:
        where.append(table.c.batch == BATCHES.key(query.batch))
    return where + worded(query, table, state=LOT_STATES)


DOMAIN = Domain(
    name="lots",
    kind="lot of codes",
    kind_zh="码批",
    contract="Batches",
    projection=lots,
    item=LotRecord,
    filters=LotFilters,
    show=_show,
    ids=NUMBER,
    example_id=TREES.example_id,
    where=_where,
)

LOTS_ROUTER = router(DOMAIN)
ROUTER = APIRouter(prefix="/v1/codes", tags=["codes"])
PAGE_ROUTER = APIRouter(include_in_schema=False)

_CODE = "7K3MQ2XV9D4T8R5W"
GivenCode = Annotated[str, Path(description="As printed; hyphens and case do not matter.", examples=[_CODE])]


@LOTS_ROUTER.post(
    "/{id}/codes",
    status_code=201,
    summary="Make the codes of an approved lot",
    responses=ok({"type": "object"}, "Root and codes. They are told this once and kept nowhere.", status=201)
    | documented(401, 403, 404, 409, 422, 503),
)
async def make_codes(request: Request, id: str) -> Response:
    """For the firm that requested the lot. It prints them, signs `Batches.issueCodes` with the root, and sells.

    Codes that were lost before they were printed can be made again, at most three times; only those under the root
    that the chain holds count.
    """
    return await run_in_threadpool(_make_codes, request, DOMAIN.key(id))


@ROUTER.get(
    "/{code}",
    summary="What a code stands for",
    responses=ok({"type": "object"}, "Trace, claims and warnings; counts no scan.") | documented(404, 422, 503),
)
async def read_code_trace(request: Request, code: GivenCode) -> Response:
    """Trees with their shares, picks, makings, inspections, sales, indication; no personal data."""
    return await run_in_threadpool(_answer, request, code, None)


@ROUTER.post(
    "/{code}/scans",
    summary="Scan a code",
    responses=ok({"type": "object"}, "The same, with this scan counted and the scratch code checked.")
    | documented(404, 422, 503),
)
async def scan_code(request: Request, code: GivenCode, body: ScanBody) -> Response:
    """Counts the scan. A scratch code is right once; after five wrong ones it is no longer checked."""
    return await run_in_threadpool(_answer, request, code, body)


@dataclass(frozen=True)
class Scanned:
    """A code with everything behind it."""

    code: str
    known: Code
    lot: Row
    found: Provenance
    warnings: list[Notice]
    findings: list[Finding]
    opened: Opened | None
    as_of: Row

    def json(self, path: Row) -> Row:
        """As the API shows it."""
        opened = None
        if self.opened is not None:
            zh, en = OPENED_WORDS[self.opened]
            opened = {"verdict": self.opened, "en": en, "zh": zh}
        return {
            "code": printed(self.code),
            "weight": self.lot["unit_weight"],
            "number": self.known.number,
            "lot": _show(self.lot),
            "scans": self.known.scans,
            "first_scan_at": self.known.first_scan_at,
            "first_scan_area": self.known.first_scan_area,
            "opened_at": self.known.opened_at,
            "scratch": opened,
            "warnings": [{"code": one.code, "en": one.en, "zh": one.zh} for one in self.warnings],
            "claims": [{"claim": one.code, "holds": one.holds, "en": one.en, "zh": one.zh} for one in self.findings],
            "trace": self.found.json(),
            "proof": path,
            "as_of": self.as_of,
        }


def _make_codes(request: Request, lot: str) -> Response:
    context, caller = context_of(request), caller_of(request)
    party = caller.acting()
    with context.reads.view() as view:
        row = DOMAIN.row(view, lot)
    if row["firm"] != party:
        raise NotYours(party=party, what=f"the codes of lot {lot}", what_zh="该码批的标识码")
    if row["state"] != APPROVED:
        state = LOT_STATES[row["state"]]
        raise LotNotApproved(lot=lot, state=state, state_zh=ENUMERATIONS["LotState"][state])
    root, made = registry.make(context.store, lot, row["count"], row["unit_weight"])
    packages = [
        {
            "number": one.number,
            "code": printed(one.code),
            "scratch": printed(one.scratch),
            "salt": "0x" + one.salt.hex(),
        }
        for one in made
    ]
    body = {"lot": lot, "root": "0x" + root.hex(), "packages": packages}
    return Response(dumps(body), 201, media_type="application/json", headers={"cache-control": "no-store"})


def _answer(request: Request, text: str, scan: ScanBody | None) -> Response:
    context = context_of(request)
    found = _scanned(context, text, scan)
    leaves = registry.leaves_of(context.store, found.known.lot, found.known.root)
    path = path_of(leaves, found.known.number)
    proof = {
        "leaf": "0x" + leaves[found.known.number - 1].hex(),
        "path": ["0x" + one.hex() for one in path.siblings],
        "sides": path.sides,
        "root": found.lot["root"],
    }
    return Response(dumps(found.json(proof)), media_type="application/json", headers={"cache-control": "no-store"})


def _scanned(context: Context, text: str, scan: ScanBody | None) -> Scanned:
    """What a code stands for, the scan counted first if it is one. Raises `CodeUnknown`."""
    code = read_code(text)
    known = registry.find(context.store, code) if code else None
    if code is None or known is None:
        raise CodeUnknown(code=text[: 2 * CODE_LENGTH])
    with context.reads.view() as view:
        lot = DOMAIN.row(view, known.lot)
        if lot["state"] != ISSUED or lot["root"] != "0x" + known.root.hex():
            raise CodeUnknown(code=printed(code))
        found = provenance(view, lot["batch"])
        as_of = shown(view.as_of)
    before, opened, now = known.opened_at is not None, None, int(time.time())
    if scan is not None:
        if scan.scratch:
            opened = registry.open_package(context.store, code, read_code(scan.scratch, SCRATCH_LENGTH) or "", at=now)
        area = scan.area if scan.area in PROVINCES else None
        known = registry.scan(context.store, code, at=now, area=area) or known
    standing = Standing(
        recalled=found.recalled,
        failed=found.failed,
        seized=found.restrained,
        claims_indication=lot["indicated"],
        indication_granted=found.indicated,
        scans=known.scans,
        opened_before=before,
    )
    warnings = [*alarms(standing), *found.grafted()]
    return Scanned(code, known, lot, found, warnings, found.findings(), opened, as_of)


# The page


@PAGE_ROUTER.get("/t/{code}")
async def read_trace_page(request: Request, code: str) -> Response:
    """What a phone shows that scanned a package; opening it is a scan."""
    return await run_in_threadpool(_page, request, code, ScanBody())


@PAGE_ROUTER.post("/t/{code}")
async def check_scratch(request: Request, code: str) -> Response:
    """The same page with the scratch code checked."""
    form = parse_qs((await request.body())[:FORM_LIMIT].decode("utf-8", "replace"))
    area = form.get("area", [""])[0]
    body = ScanBody(scratch=form.get("scratch", [""])[0][:40], area=area if area in PROVINCES else None)
    return await run_in_threadpool(_page, request, code, body)


def _page(request: Request, text: str, scan: ScanBody) -> HTMLResponse:
    try:
        found = _scanned(context_of(request), text, scan)
    except CodeUnknown as unknown:
        words = {"zh": unknown.words("zh"), "en": unknown.words("en")}
        missing: Row = {"code": text[: 2 * CODE_LENGTH], "unknown": words}
        return page(request, "trace.html", missing, status=404)
    trace = found.found.json()
    values: Row = {
        "code": printed(found.code),
        "lot": found.lot,
        "known": found.known,
        "warnings": found.warnings,
        "claims": [(CLAIM_WORDS[Claim(one.code)], one) for one in found.findings if _worth_saying(one, found.lot)],
        "opened": OPENED_WORDS[found.opened] if found.opened else None,
        "verdict": found.opened,
        "trace": trace,
        "quality": ENUMERATIONS["BatchQuality"],
        "roles": ROLES,
        "provinces": PROVINCES,
        "steps": _steps(trace),
        "day": _day,
        "share": lambda ppm: f"{ppm // 100 / 100:g}",
        "as_of": found.as_of,
    }
    return page(request, "trace.html", values, headers={"cache-control": "no-store"})


def _steps(trace: Row) -> list[tuple[int, str, Row]]:
    """What was done to the tea, as it happened: instant, kind, and what is known of it; of picks the first 20."""
    kinds = [
        ("pick", "picked_at", trace["picks"][:20]),
        ("make", "made_at", trace["makings"]),
        ("sale", "confirmed_at", trace["sales"]),
    ]
    steps = [(one[when], kind, one) for kind, when, found in kinds for one in found]
    return sorted(steps, key=lambda step: step[0])


CLAIM_WORDS: Final = {
    Claim.ANCIENT: ("古树茶", "Ancient tree tea"),
    Claim.AGED: ("树龄", "Age"),
    Claim.SINGLE_TREE: ("单株茶", "Single tree tea"),
    Claim.INDICATION: ("地理标志", "Geographical indication"),
}


def _worth_saying(finding: Finding, lot: Row) -> bool:
    """The indication only where the package bears it."""
    return finding.code != Claim.INDICATION or bool(lot["indicated"])


def _day(instant: int) -> str:
    return str(day_of(instant))
