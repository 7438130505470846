"""Matching (资源匹配): the best and fairest pairs of lots and demands, as proposals.

POST   /v1/matches               compute a matching of the supply and demand in the request
GET    /v1/matches               the newest run over the ledger's trees as of a block; own proposals when signed in
GET    /v1/matches/demands       own demands     POST: post one     DELETE /{id}: withdraw it
"""

# No `from __future__ import annotations` here: FastAPI reads the endpoints' annotations, which are values.

import time
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.context import Context, context_of
from api.domain import AsOfQuery, ok
from api.problems import documented
from api.reads import View, dumps, shown
from api.sessions import Caller, NotYours, SignInRequired, caller_of
from chain.errors import ChaqiError
from chain.vocabulary import role_bits
from indexer.queries import UnknownBlock
from indexer.queries import as_of as as_of_block
from workflows.matching.explain import as_json
from workflows.matching.market import Demand, Lot, PlaceUnknown, Rules, inputs_hash, roads
from workflows.matching.solve import match
from workflows.matching.tables import latest_runs, open_demands, post, withdraw

BODY_LIMIT = 4 << 20
"""Bytes of a market as large as `MatchBody` takes."""

Whole = Annotated[int, Field(ge=1, le=10_000_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=66)]
Season = Annotated[str, Field(pattern=r"^[0-9]{4}-[a-z]{2,12}$", description="Year and season, such as 2026-spring.")]
Grade = Annotated[int, Field(ge=1, le=9, description="1 is the best.")]
Price = Annotated[int, Field(ge=1, le=100_000_000, description="Fen per kilogram.")]
Place = Annotated[str, Field(min_length=1, max_length=40)]
Day = Annotated[date, Field(strict=False, ge=date(2000, 1, 1), le=date(2199, 12, 31))]


class NoRun(ChaqiError):
    """Nothing was matched by that block."""

    status = 404
    en = "No matching was computed as of block {block}. The worker computes one when trees or demands change."
    zh = "截至区块 {block} 尚无匹配结果；茶树或需求变化后由后台任务计算。"


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class LotBody(_Strict):
    """Tea that a farmer can deliver from `ready` on; `reserve` is the least price at the farm."""

    id: Name
    farmer: Whole
    season: Season
    grade: Grade
    grams: Whole
    reserve: Price
    place: Place
    ready: Day


class DemandBody(_Strict):
    """Tea that a firm wants until `due`, of `grade` or better; `price` is the most it pays, delivered to `place`."""

    id: Name
    firm: Whole
    season: Season
    grade: Grade
    grams: Whole
    price: Price
    place: Place
    due: Day


class RulesBody(_Strict):
    """How to match. A farmer is small whose lots weigh `small_grams` or less together; small farmers' share of the
    matched value is at least their share of the supply that some demand could take, less `tolerance_ppm` (millionths).
    """

    small_grams: Annotated[int, Field(ge=0, le=10_000_000_000)] = 5_000
    tolerance_ppm: Annotated[int, Field(ge=0, le=1_000_000)] = 50_000


SPRING = "2026-spring"
LOT_EXAMPLE: dict[str, Any] = {
    "id": "a", "farmer": 42, "season": SPRING, "grade": 2, "grams": 1600, "reserve": 400000, "place": "乌岽",
    "ready": "2026-05-10",
}  # fmt: skip
DEMAND_EXAMPLE: dict[str, Any] = {
    "season": SPRING, "grade": 3, "grams": 5000, "price": 520000, "place": "潮州", "due": "2026-06-30",
}  # fmt: skip


class MatchBody(_Strict):
    """A market to match."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "supply": [LOT_EXAMPLE],
                "demand": [DEMAND_EXAMPLE | {"id": "b", "firm": 7}],
                "rules": {"small_grams": 5000, "tolerance_ppm": 50000},
            }
        }
    )

    supply: Annotated[list[LotBody], Field(max_length=5_000)]
    demand: Annotated[list[DemandBody], Field(max_length=2_000)]
    rules: RulesBody = RulesBody()


class OfferBody(_Strict):
    """A demand of the signed-in firm."""

    model_config = ConfigDict(json_schema_extra={"example": DEMAND_EXAMPLE})

    season: Season
    grade: Grade
    grams: Whole
    price: Price
    place: Place
    due: Day


def _object(*names: str) -> dict[str, Any]:
    return {"type": "object", "required": list(names)}


ROUTER = APIRouter(prefix="/v1/matches", tags=["matches"])
_RESULT = ok(
    _object("inputs_hash", "welfare_fen", "gap_fen", "cost_of_fairness_fen", "fairness", "trades", "lots", "demands"),
    "A proposal: who could deliver to whom, and for everybody why or why not. Nothing of it is on the ledger.",
)
_RUN = ok(
    _object("inputs_hash", "block", "computed_at", "welfare_fen", "fairness", "as_of"),
    "The newest run. Without sign-in only its figures; signed in also one's own trades, lots and demands.",
)
_DEMANDS = ok(_object("items"), "Open demands of the signed-in firm.")


@ROUTER.post("", summary="Match a market", responses=_RESULT | documented(413, 422, 500))
async def compute(body: MatchBody) -> Response:
    """Optimal under the fairness bound, proved in whole numbers, the same for the same market in whatever order."""
    return await run_in_threadpool(_compute, body)


def _compute(body: MatchBody) -> Response:
    supply = [Lot(**one.model_dump()) for one in body.supply]
    wanted = [Demand(**one.model_dump()) for one in body.demand]
    rules = Rules(body.rules.small_grams, body.rules.tolerance_ppm)
    result = as_json(match(supply, wanted, rules))
    answer = {"kind": "proposal", "inputs_hash": inputs_hash(supply, wanted, rules), **result}
    return Response(dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})


@ROUTER.get("", summary="The newest matching of the ledger's trees", responses=_RUN | documented(404, 422, 503))
async def read_run(request: Request, query: Annotated[AsOfQuery, Query()]) -> Response:
    """Terms and prices are for the parties to a trade (rights matrix), so what is public is how the market fares."""
    return await run_in_threadpool(_read_run, request, query.as_of)


def _read_run(request: Request, as_of: str | None) -> Response:
    context = context_of(request)
    try:
        caller: Caller | None = caller_of(request)
    except SignInRequired:
        caller = None
    with context.reads.view(as_of) as view:
        run = _run(context, view)
        answer = {
            "kind": "proposal",
            "inputs_hash": run.inputs_hash,
            "block": run.block,
            "computed_at": run.computed_at,
            **{name: value for name, value in run.result.items() if not isinstance(value, list)},
            "reasons": _counted(run.result),
            "trade_count": len(run.result["trades"]),
            **(_own(run.result, caller.party) if caller and caller.party is not None else {}),
            "as_of": shown(view.as_of),
        }
    return Response(dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})


def _run(context: Context, view: View) -> Any:
    """The newest run that is of a block of this chain. Raises `NoRun`."""
    for run in latest_runs(context.store, view.as_of.block):
        try:
            if as_of_block(view.connection, block=run.block).hash == run.block_hash:
                return run
        except UnknownBlock:
            continue
    raise NoRun(block=view.as_of.block)


def _counted(result: dict[str, Any]) -> dict[str, int]:
    """How many lots and demands have each reason."""
    found: dict[str, int] = {}
    for one in (*result["lots"], *result["demands"]):
        found[one["reason"]] = found.get(one["reason"], 0) + 1
    return dict(sorted(found.items()))


def _own(result: dict[str, Any], party: int) -> dict[str, Any]:
    return {
        name: [one for one in result[name] if party in (one.get("farmer"), one.get("firm"))]
        for name in ("trades", "lots", "demands")
    }


@ROUTER.get("/demands", summary="Own demands", responses=_DEMANDS | documented(401, 403, 503))
async def list_demands(request: Request) -> Response:
    """Demands of the signed-in firm that it did not withdraw."""
    return await run_in_threadpool(_list_demands, request)


def _list_demands(request: Request) -> Response:
    firm = _firm(caller_of(request))
    items = [_shown(one) for one in open_demands(context_of(request).store, firm)]
    return Response(dumps({"items": items}), media_type="application/json", headers={"cache-control": "no-store"})


@ROUTER.post(
    "/demands",
    summary="Post a demand",
    status_code=201,
    responses=ok(_object("id"), "Kept; the next run takes it in.", status=201)
    | documented(401, 403, 409, 413, 422, 503),
)
async def post_demand(request: Request, body: OfferBody) -> Response:
    """A wish, not an offer in law: it binds nobody and is off chain."""
    return await run_in_threadpool(_post_demand, request, body)


def _post_demand(request: Request, body: OfferBody) -> Response:
    firm = _firm(caller_of(request))
    if body.place not in roads():
        raise PlaceUnknown(place=body.place, known=", ".join(sorted(roads())))
    demand = Demand(id="", firm=firm, **body.model_dump())
    made = post(context_of(request).store, demand, now=int(time.time()))
    return Response(dumps({"id": made}), 201, media_type="application/json")


@ROUTER.delete(
    "/demands/{id}",
    summary="Withdraw a demand",
    status_code=204,
    response_class=Response,
    responses={**documented(401, 403, 404, 422, 503), 204: {"description": "Withdrawn."}},
)
async def withdraw_demand(request: Request, id: Annotated[str, Path(max_length=66)]) -> Response:
    """The next run leaves it out."""
    return await run_in_threadpool(_withdraw_demand, request, id)


def _withdraw_demand(request: Request, demand: str) -> Response:
    firm = _firm(caller_of(request))
    withdraw(context_of(request).store, firm, demand, now=int(time.time()))
    return Response(status_code=204)


def _firm(caller: Caller) -> int:
    """The signed-in firm. Raises `NotYours` and what `Caller.acting` raises."""
    party = caller.acting()
    if not caller.roles & role_bits("FIRM"):
        raise NotYours(party=party, what="the demands of a firm", what_zh="企业需求")
    return party


def _shown(demand: Demand) -> dict[str, Any]:
    names = ("id", "season", "grade", "grams", "price", "place")
    return {**{name: getattr(demand, name) for name in names}, "due": demand.due.isoformat()}
