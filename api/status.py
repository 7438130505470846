"""How everything stands: chain, mirror, jobs. `/health` for a supervisor, `/ready` for a balancer."""

from __future__ import annotations

import time
from typing import Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.context import Context, context_of
from api.domain import ok
from api.problems import documented
from api.reads import dumps
from chain.errors import ChaqiError
from indexer import queries
from workflows import jobs

SILENT_SECONDS: Final = 10.0
"""The mirror gives a sign of life every second."""


class MirrorStopped(ChaqiError):
    """The mirror gave no sign of life."""

    status = 503
    en = "The mirror has been silent for {seconds} seconds. Start it with `make up`."
    zh = "镜像已 {seconds} 秒无响应。请运行 `make up` 启动。"


class MirrorFaulty(ChaqiError):
    """Something keeps the mirror from following the chain."""

    status = 503
    en = "The mirror does not follow the chain: {reason}"
    zh = "镜像未能跟随链：{reason}"


class MirrorOfAnotherChain(ChaqiError):
    """The mirror holds another chain than the settings or the deployment name."""

    status = 503
    en = "The mirror holds chain {found}, and {expected} was expected. Check CHAQI_CHAIN_ID and CHAQI_MIRROR."
    zh = "镜像对应的链为 {found}，应为 {expected}。请检查 CHAQI_CHAIN_ID 与 CHAQI_MIRROR。"


class MirrorLagging(ChaqiError):
    """The mirror is too far behind."""

    status = 503
    en = "The mirror is {lag} blocks behind the chain; ready means at most {most}."
    zh = "镜像落后链 {lag} 个区块，就绪上限为 {most}。"


ROUTER = APIRouter(tags=["status"])
_EXAMPLE = {
    "chain": {"id": 521000, "head": 1207, "time": 1795363200, "genesis_hash": "0x" + "11" * 32, "fault": None},
    "mirror": {
        "block": 1207,
        "hash": "0x" + "5c" * 32,
        "time": 1795363200,
        "lag_blocks": 0,
        "lag_seconds": 0,
        "ready": True,
        "fault": None,
    },
    "acts": {"accepted": 0, "submitted": 2, "mined": 8, "final": 3120},
    "jobs": [{"name": "anchor-evidence", "last_run": 1795363200, "next_run": None, "ok": True, "fault": None}],
}


@ROUTER.get(
    "/v1/status",
    summary="Chain, mirror and jobs",
    responses=ok({"type": "object"}, "Answers whatever is down; `fault` says what is.", _EXAMPLE),
)
def read_status(request: Request) -> Response:
    """Never fails: what is down is told."""
    return Response(dumps(status_of(context_of(request))), media_type="application/json")


@ROUTER.get("/health", summary="The process is alive", responses=ok({"type": "object"}, "Alive.", {"alive": True}))
async def read_health() -> Response:
    """For a supervisor."""
    return Response(b'{"alive":true}', media_type="application/json")


@ROUTER.get(
    "/ready",
    summary="Answers are fresh",
    responses=ok({"type": "object"}, "Ready.", {"ready": True}) | documented(503),
)
async def read_ready(request: Request) -> Response:
    """503 with the reason when the mirror stopped, is faulty, of another chain or behind, or the store is down."""
    await run_in_threadpool(check_ready, context_of(request))
    return Response(b'{"ready":true}', media_type="application/json")


def status_of(context: Context) -> dict[str, Any]:
    """What `/v1/status` answers."""
    chain = _chain(context)
    return {
        "chain": chain,
        "mirror": _mirror(context, chain),
        **_off_chain(context),
    }


def check_ready(context: Context) -> None:
    """Raises why answers would not be fresh."""
    with context.reads.transaction() as connection:
        mirror = queries.status(connection)
    expected = context.deployment
    found = (mirror.chain_id, mirror.genesis_hash)
    if found != (context.settings.chain_id, expected.genesis_hash):
        raise MirrorOfAnotherChain(
            found=f"{found[0]} (genesis {found[1]})",
            expected=f"{context.settings.chain_id} (genesis {expected.genesis_hash})",
        )
    silent = time.time() - mirror.seen_at
    if silent > SILENT_SECONDS:
        raise MirrorStopped(seconds=int(silent))
    if mirror.fault is not None:
        raise MirrorFaulty(reason=mirror.fault["en"])
    if mirror.lag_blocks > context.settings.ready_lag:
        raise MirrorLagging(lag=mirror.lag_blocks, most=context.settings.ready_lag)
    with context.store.connect() as connection:
        connection.execute(sa.select(1))


def _chain(context: Context) -> dict[str, Any]:
    chain: dict[str, Any] = {"id": context.settings.chain_id, "head": None, "time": None}
    try:
        head = context.impatient_rpc.call("eth_getBlockByNumber", "latest", False)
        chain |= {"head": int(head["number"], 16), "time": int(head["timestamp"], 16), "fault": None}
        deployment = context.deployment
        contracts = {name: deployed.address for name, deployed in deployment.contracts.items()}
        return chain | {"genesis_hash": deployment.genesis_hash, "contracts": contracts}
    except ChaqiError as fault:
        return chain | {"fault": context.said(fault)}


def _mirror(context: Context, chain: dict[str, Any]) -> dict[str, Any]:
    try:
        with context.reads.transaction() as connection:
            mirror = queries.status(connection)
    except ChaqiError as fault:
        return {
            "block": None,
            "hash": None,
            "lag_blocks": None,
            "lag_seconds": None,
            "ready": False,
            "fault": context.said(fault),
        }
    head, time_of_head = chain["head"] or mirror.head, chain["time"]
    lag = max(0, head - mirror.block)
    late = max(0, time_of_head - mirror.time) if lag and time_of_head and mirror.time else 0
    found: dict[str, Any] | None = mirror.fault
    try:
        check_ready(context)
    except ChaqiError as reason:
        found = found or context.said(reason)
    except sa.exc.OperationalError:
        pass  # the mirror is not the store
    return {
        "block": mirror.block,
        "hash": mirror.hash,
        "time": mirror.time,
        "lag_blocks": lag,
        "lag_seconds": late,
        "seen_at": int(mirror.seen_at),
        "ready": found is None and mirror.ready,
        "fault": found,
    }


def _off_chain(context: Context) -> dict[str, Any]:
    try:
        found = jobs.runs(context.store)
        counts = context.outbox.counts()
    except (sa.exc.OperationalError, sa.exc.ProgrammingError):
        return {"acts": None, "jobs": None}
    listed = [
        {"name": job.name, "last_run": job.last_run, "next_run": job.next_run, "ok": job.ok, "fault": job.fault}
        for job in found
    ]
    return {"acts": counts, "jobs": listed}
