"""`POST /rpc`: the chain's own JSON-RPC, read-only, so that a bank checks with its own web3, ethers or viem."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from api.context import Context, context_of
from api.domain import ok
from api.problems import documented
from chain.errors import ChaqiError

LARGEST_BATCH: Final = 100
LOGS_RANGE: Final = 10_000
"""Blocks that one eth_getLogs may search."""
CALL_GAS: Final = 50_000_000

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, SERVER_ERROR = -32700, -32600, -32601, -32602, -32000


class Refused(Exception):
    """A request that is answered here with a JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


Params = list[Any]
Check = Callable[[Context, Params], Params]


def _as_it_is(_context: Context, params: Params) -> Params:
    return params


def _call(_context: Context, params: Params) -> Params:
    if not params or not isinstance(params[0], dict) or len(params) > 2:
        raise Refused(INVALID_PARAMS, "expected a call object and a block; state overrides are not taken here")
    try:
        asked = int(params[0].get("gas", hex(CALL_GAS)), 16)
    except (TypeError, ValueError):
        raise Refused(INVALID_PARAMS, "gas must be 0x hex") from None
    return [{**params[0], "gas": hex(min(asked, CALL_GAS))}, *params[1:]]


def _logs(context: Context, params: Params) -> Params:
    if len(params) != 1 or not isinstance(params[0], dict):
        raise Refused(INVALID_PARAMS, "expected one filter object")
    wanted = params[0]
    if "blockHash" in wanted:
        return params
    first, last = (_number(context, wanted.get(name, "latest")) for name in ("fromBlock", "toBlock"))
    if last - first >= LOGS_RANGE:
        raise Refused(INVALID_PARAMS, f"at most {LOGS_RANGE} blocks at once; {first} to {last} was asked for")
    return [{**wanted, "fromBlock": hex(first), "toBlock": hex(last)}]


def _number(context: Context, block: Any) -> int:
    if block == "earliest":
        return 0
    if block in ("latest", "pending", "safe", "finalized"):
        return int(context.rpc.call("eth_blockNumber"), 16)
    if isinstance(block, str) and re.fullmatch(r"0x[0-9a-fA-F]{1,16}", block):
        return int(block, 16)
    raise Refused(INVALID_PARAMS, "a block is 0x hex, earliest or latest")


ALLOWED: Final[dict[str, Check]] = {
    "eth_chainId": _as_it_is,
    "net_version": _as_it_is,
    "web3_clientVersion": _as_it_is,
    "eth_blockNumber": _as_it_is,
    "eth_getBlockByNumber": _as_it_is,
    "eth_getBlockByHash": _as_it_is,
    "eth_call": _call,
    "eth_estimateGas": _call,
    "eth_getLogs": _logs,
    "eth_getTransactionByHash": _as_it_is,
    "eth_getTransactionReceipt": _as_it_is,
    "eth_getBlockReceipts": _as_it_is,
    "eth_getCode": _as_it_is,
    "eth_getStorageAt": _as_it_is,
    "eth_getProof": _as_it_is,
    "eth_getBalance": _as_it_is,
    "eth_getTransactionCount": _as_it_is,
    "eth_gasPrice": _as_it_is,
    "eth_feeHistory": _as_it_is,
}
"""Methods that are passed on, each with what is made of its parameters first."""

ROUTER = APIRouter(tags=["rpc"])
_ONE_EXAMPLE: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}


class RpcRequest(BaseModel):
    """One JSON-RPC 2.0 request."""

    model_config = ConfigDict(json_schema_extra={"example": _ONE_EXAMPLE})

    jsonrpc: str = "2.0"
    id: int | str | None = None
    method: str
    params: list[Any] = []


@ROUTER.post(
    "/rpc",
    summary="Read-only JSON-RPC",
    description=f"Allowed: {', '.join(ALLOWED)}. Batches of at most {LARGEST_BATCH}; eth_getLogs at most "
    f"{LOGS_RANGE} blocks. Acts are handed in at POST /v1/acts.",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [
                            {"$ref": "#/components/schemas/RpcRequest"},
                            {"type": "array", "items": {"$ref": "#/components/schemas/RpcRequest"}},
                        ]
                    },
                    "example": _ONE_EXAMPLE,
                }
            },
        }
    },
    responses=ok({}, "Answer or list of answers; errors are JSON-RPC errors.", {**_ONE_EXAMPLE, "result": "0x7f328"})
    | {204: {"description": "Only notifications: nothing to answer."}}
    | documented(413),
)
async def rpc(request: Request) -> Response:
    """Whatever comes is answered as JSON-RPC says, malformed JSON too; so the body is read here."""
    content = await request.body()
    return await run_in_threadpool(_answer, context_of(request), content)


def _answer(context: Context, content: bytes) -> Response:
    try:
        asked = orjson.loads(content)
    except orjson.JSONDecodeError:
        return _json(_error(None, PARSE_ERROR, "the body is not JSON"))
    if isinstance(asked, list) and not 0 < len(asked) <= LARGEST_BATCH:
        return _json(_error(None, INVALID_REQUEST, f"a batch has 1 to {LARGEST_BATCH} requests"))
    many = asked if isinstance(asked, list) else [asked]
    answers: list[dict[str, Any] | None] = [None] * len(many)
    passed: list[tuple[int, dict[str, Any]]] = []
    for place, one in enumerate(many):
        try:
            passed.append((place, _checked(context, one, place)))
        except Refused as refusal:
            answers[place] = _error(_id(one), refusal.code, refusal.message)
        except ChaqiError as fault:
            answers[place] = _error(_id(one), SERVER_ERROR, str(fault))
    try:
        for (place, _), said in zip(passed, context.rpc.answers([one for _, one in passed]), strict=True):
            answers[place] = {**said, "id": _id(many[place])}
    except (ChaqiError, KeyError) as fault:
        for place, _ in passed:
            answers[place] = _error(_id(many[place]), SERVER_ERROR, str(fault))
    # a request without an id is a notification and is not answered (JSON-RPC 2.0, section 4.1)
    kept = [said for one, said in zip(many, answers, strict=True) if not isinstance(one, dict) or "id" in one]
    if not kept:
        return Response(status_code=204)
    return _json(kept if isinstance(asked, list) else kept[0])


def _checked(context: Context, one: Any, place: int) -> dict[str, Any]:
    if not isinstance(one, dict) or not isinstance(one.get("method"), str):
        raise Refused(INVALID_REQUEST, "a request is an object with a method")
    method, params = one["method"], one.get("params", [])
    check = ALLOWED.get(method)
    if check is None:
        raise Refused(
            METHOD_NOT_FOUND,
            f"{method[:80]} is not available here: this gateway only reads. Hand in signed acts at POST /v1/acts. "
            "本网关只读；已签署的行为请提交至 POST /v1/acts。",
        )
    if not isinstance(params, list):
        raise Refused(INVALID_PARAMS, "params must be a list")
    return {"jsonrpc": "2.0", "id": place, "method": method, "params": check(context, params)}


def _id(one: Any) -> Any:
    return one.get("id") if isinstance(one, dict) else None


def _error(id: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}


def _json(answer: Any) -> Response:
    return Response(orjson.dumps(answer), media_type="application/json")
