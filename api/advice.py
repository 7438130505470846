"""Advice for growers (智慧种养): when to pick a tree and what to look out for. Advice, never fact."""

# No `from __future__ import annotations` here: FastAPI reads the endpoints' annotations, which are values.

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.context import context_of
from api.domain import AsOfQuery, ok
from api.problems import documented
from api.reads import dumps, shown
from api.trees import DOMAIN as TREES
from workflows.advice.given import keep
from workflows.advice.rules import advise, basis_hash, usual_altitude, weather
from workflows.matching.supply import coming_spring

LABEL = {
    "en": "Advice, not a fact: computed from the tree's public card and SYNTHETIC weather records. Look at the tree.",
    "zh": "仅为建议，并非事实：依据茶树公开信息与合成天气记录计算，请以现场为准。",
}

ROUTER = APIRouter(prefix="/v1/advice", tags=["advice"])
_ADVICE = ok(
    {
        "type": "object",
        "required": ["kind", "label", "tree", "year", "picking", "rules", "basis", "given_at", "as_of"],
        "properties": {"kind": {"const": "advice"}},
    },
    "The window of the coming spring, and every rule that applied with its source.",
)


@ROUTER.get("/{tree}", summary="Advice for a tree", responses=_ADVICE | documented(404, 422, 503))
async def read_advice(
    request: Request,
    tree: Annotated[str, Path(description=f"{TREES.ids.en}.", examples=[TREES.example_id])],
    query: Annotated[AsOfQuery, Query()],
) -> Response:
    """The altitude is the village's usual one: a tree's own is not public. What is advised is written down once."""
    return await run_in_threadpool(_read_advice, request, TREES.key(tree), query.as_of)


def _read_advice(request: Request, tree: str, as_of_text: str | None) -> Response:
    context = context_of(request)
    with context.reads.view(as_of_text) as view:
        card = TREES.row(view, tree)
        as_of = shown(view.as_of)
        today = datetime.fromtimestamp(view.as_of.time, UTC).date()
    year = coming_spring(today)
    altitude_m = usual_altitude(card["village"])
    past = [one for one in weather() if one.begins + timedelta(days=10) <= today]
    found = advise(card["cultivar"], altitude_m, year, past)
    judged = f"{basis_hash()}/{card['cultivar']}/{altitude_m}/{len(past)}"
    basis = "0x" + hashlib.sha256(judged.encode()).hexdigest()
    advice: dict[str, Any] = {
        "kind": "advice",
        "label": LABEL,
        "tree": tree,
        "year": year,
        "cultivar": card["cultivar"],
        "altitude_m": altitude_m,
        "picking": {"opens": found.opens.isoformat(), "closes": found.closes.isoformat()},
        "rules": [
            {"id": one.id, "level": one.level, "en": one.en, "zh": one.zh, "source": one.source} for one in found.fired
        ],
        "weather": {"synthetic": True, "records": found.records},
        "basis": basis,
    }
    given_at = keep(context.store, tree, basis, year, advice, now=int(time.time()))
    answer = {**advice, "given_at": given_at, "as_of": as_of}
    return Response(dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})
