"""JSON-RPC over one kept-alive connection pool: the raw door to a node, for everything that must be fast.

web3.py decodes and reformats every answer; this client hands the parsed JSON on as it is, or reads it straight into
a type that the caller names.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import urlsplit

import msgspec
import orjson
import urllib3

from chain.errors import ChaqiError


class NodeUnreachable(ChaqiError):
    """No answer from the chain's node."""

    status = 503
    en = "The chain's node at {url} does not answer ({reason}). Start it with `make up`, or set CHAQI_RPC_URL."
    zh = "区块链节点 {url} 无响应（{reason}）。请运行 `make up` 启动，或设置 CHAQI_RPC_URL。"


class NodeError(ChaqiError):
    """The node answered with a JSON-RPC error; `data` is what it gave, for instance revert bytes."""

    status = 502
    en = "The chain's node refused {method}: {message} (code {error_code})."
    zh = "区块链节点拒绝了 {method}：{message}（代码 {error_code}）。"

    def __init__(self, method: str, error_code: int, message: str, data: Any = None) -> None:
        super().__init__(method=method, error_code=error_code, message=message)
        self.message = message
        self.error_code = error_code
        self.data = data


Result = TypeVar("Result")


class _Answer(TypedDict, Generic[Result], total=False):
    id: Any
    result: Result
    error: Any


Calls = Iterable[tuple[str, Sequence[Any]]]
"""Methods, each with its parameters."""

_JSON = {"content-type": "application/json"}


@cache
def _decoder(result: Any) -> msgspec.json.Decoder[Any]:
    answer = _Answer[result]
    return msgspec.json.Decoder(list[answer] | answer)


class Rpc:
    """A JSON-RPC client that threads may share."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        self.timeout = timeout
        self._pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=timeout)
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call. Raises `NodeUnreachable`, `NodeError`."""
        answer = self._parsed(self._post(self._request(method, params)))
        return self._result(method, answer)

    def batch(self, calls: Calls) -> list[Any]:
        """Results of many calls in one round trip, in order. Raises on the first error among them."""
        requests = self.requests(calls)
        return [
            self._result(request["method"], answer)
            for request, answer in zip(requests, self.answers(requests), strict=True)
        ]

    def try_batch(self, calls: Calls, result: Any = Any) -> list[Any | NodeError]:
        """Like `batch`, with a refused call's `NodeError` in its place.

        `result`: the type into which every result is read (msgspec), null included; what it does not name is skipped.
        """
        requests = self.requests(calls)
        return self.results(requests, self._post(requests), result) if requests else []

    def requests(self, calls: Calls) -> list[dict[str, Any]]:
        """Calls as JSON-RPC requests, each with an id of its own."""
        return [self._request(method, params) for method, params in calls]

    def answers(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The raw answers to prepared requests, put back into their order."""
        return self._in_order(requests, self._post(requests), Any) if requests else []

    def results(self, requests: list[dict[str, Any]], body: bytes, result: Any = Any) -> list[Any | NodeError]:
        """What `try_batch` makes of the body that answers `requests`. Raises `NodeUnreachable`, `NodeError`."""
        results: list[Any | NodeError] = []
        for request, answer in zip(requests, self._in_order(requests, body, result), strict=True):
            try:
                results.append(self._result(request["method"], answer))
            except NodeError as refusal:
                results.append(refusal)
        return results

    def _in_order(self, requests: list[dict[str, Any]], body: bytes, result: Any) -> list[dict[str, Any]]:
        answers = self._parsed(body, result)
        if not isinstance(answers, list):  # a node may refuse a batch as a whole
            self._result("batch", answers)
            raise NodeUnreachable(url=self.url, reason="one answer to a batch")
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        try:
            return [by_id[request["id"]] for request in requests]
        except KeyError as missing:
            raise NodeUnreachable(url=self.url, reason="a call of the batch was left out") from missing

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        with self._lock:
            number = next(self._ids)
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}

    def _post(self, payload: Any) -> bytes:
        try:
            return self._pool.request("POST", self.url, body=orjson.dumps(payload), headers=_JSON).data
        except urllib3.exceptions.HTTPError as failure:
            raise NodeUnreachable(url=self.url, reason=type(failure).__name__) from failure

    def _parsed(self, body: bytes, result: Any = Any) -> Any:
        try:
            return orjson.loads(body) if result is Any else _decoder(result).decode(body)
        except (orjson.JSONDecodeError, msgspec.DecodeError) as failure:
            raise NodeUnreachable(url=self.url, reason=type(failure).__name__) from failure

    def _result(self, method: str, answer: Any) -> Any:
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            raise NodeError(method, error.get("code", 0), str(error.get("message", "")), error.get("data"))
        if not isinstance(answer, dict) or "result" not in answer:
            raise NodeUnreachable(url=self.url, reason="the answer is not JSON-RPC")
        return answer["result"]


class Line:
    """A connection of its own to an `Rpc`'s node. Who asks on it may do something else before taking the answer.

    The node works meanwhile, and no thread has to wait for it: one that waits takes the interpreter's lock for every
    piece that arrives.
    """

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        node = urlsplit(rpc.url)
        secure = node.scheme == "https"
        self._connection = (HTTPSConnection if secure else HTTPConnection)(node.netloc, timeout=rpc.timeout)
        self._target = (node.path or "/") + (f"?{node.query}" if node.query else "")
        self._requests: list[dict[str, Any]] = []

    def ask(self, calls: Calls) -> None:
        """Sends calls, at least one, in one round trip; nothing else may be unanswered. Raises `NodeUnreachable`."""
        self._requests = self._rpc.requests(calls)
        try:
            self._connection.request("POST", self._target, orjson.dumps(self._requests), _JSON)
        except (OSError, HTTPException) as failure:
            raise self._broken(failure) from failure

    def answer(self, result: Any = Any) -> list[Any | NodeError]:
        """The results of what was asked last, as those of `Rpc.try_batch`. Raises `NodeUnreachable`, `NodeError`."""
        try:
            body = self._connection.getresponse().read()
        except (OSError, HTTPException) as failure:
            raise self._broken(failure) from failure
        return self._rpc.results(self._requests, body, result)

    def close(self) -> None:
        """Gives up the connection, with what is unanswered; asking again opens another."""
        self._connection.close()

    def _broken(self, failure: Exception) -> NodeUnreachable:
        self.close()
        return NodeUnreachable(url=self._rpc.url, reason=type(failure).__name__)
