"""The pure-Python chain as an HTTP server: JSON-RPC one by one or in batches, and a block every so often."""

from __future__ import annotations

import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

from chain.fallback.blocks import Blocks
from chain.fallback.methods import Methods, Refusal
from chain.fallback.store import Store

_WORK_PER_BLOCK = 0.5
"""Least seconds of work an interval block may take; between blocks the server answers questions."""


class Node:
    """The chain, its clock and its pace behind one lock."""

    def __init__(self, store: Store, chain_id: int, gas_limit: int, interval: float, clock_start: int | None) -> None:
        """`clock_start` (UTC seconds) is the instant on the chain's clock now; the real time if None."""
        self._offset = 0 if clock_start is None else clock_start - int(time.time())
        self._store = store
        self._blocks = Blocks(store, chain_id, gas_limit, genesis_time=self._now())
        self._offset = max(self._offset, self._blocks.head.timestamp - int(time.time()))
        self._methods = Methods(self._blocks, self)
        self._next_time: int | None = None
        self._interval = interval
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self.stopping = threading.Event()

    def answer(self, request: Any) -> Any:
        """The answer to a parsed JSON-RPC request or batch."""
        with self._lock:
            if isinstance(request, list):
                answers: Any = [self._one(each) for each in request]
            else:
                answers = self._one(request)
            self._blocks.keep()
            return answers

    def make_blocks(self) -> None:
        """Make a block every interval until `stopping`."""
        while not self.stopping.is_set():
            self._changed.clear()
            interval = self._interval
            if self._changed.wait(interval or None):
                continue
            with self._lock:
                self._mine(max(_WORK_PER_BLOCK, 0.8 * interval))

    def stop(self) -> None:
        """End the making of blocks and close the store."""
        self.stopping.set()
        self._changed.set()
        with self._lock:
            self._store.close()

    def mine(self) -> None:
        """Make a block now, of all that waits."""
        self._mine(None)

    def set_next_time(self, instant: int) -> None:
        """Date the next block; time ticks on from there. Raises `Refusal` if it is before the head's."""
        if instant < self._blocks.head.timestamp:
            raise Refusal(-32602, "Timestamp error: lower than previous block's timestamp")
        self._next_time = instant
        self._offset = instant - int(time.time())

    def shift(self, seconds: int) -> int:
        """Move the clock forward; the whole offset is returned."""
        self._offset += seconds
        return self._offset

    def set_interval(self, seconds: float) -> None:
        """Make a block every so many seconds; 0 for none."""
        self._interval = seconds
        self._changed.set()

    def _now(self) -> int:
        return int(time.time()) + self._offset

    def _mine(self, seconds: float | None) -> None:
        instant, self._next_time = self._next_time or self._now(), None
        self._blocks.mine(max(instant, self._blocks.head.timestamp), seconds)

    def _one(self, request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": request.get("id") if isinstance(request, dict) else None,
        }
        try:
            answer["result"] = self._methods.answer(request["method"], request.get("params") or [])
        except Refusal as refusal:
            answer["error"] = refusal.error
        except (TypeError, KeyError):
            answer["error"] = {"code": -32600, "message": "invalid request"}
        return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    node: Node

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            answer = self.node.answer(orjson.loads(body))
        except orjson.JSONDecodeError:
            answer = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "parse error"}}
        content = orjson.dumps(answer)
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line per request would fill the disk."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(port: int, store: Path, chain_id: int, gas_limit: int, interval: float, clock_start: int | None) -> None:
    """Serve on 127.0.0.1 until SIGINT or SIGTERM."""
    node = Node(Store(store), chain_id, gas_limit, interval, clock_start)
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"node": node}))

    def leave(*_: Any) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    miner = threading.Thread(target=node.make_blocks, daemon=True)
    miner.start()
    server.serve_forever(poll_interval=0.1)
    node.stop()
    miner.join()
