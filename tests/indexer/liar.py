"""A JSON-RPC proxy that makes faults on purpose, by a seed: what nodes and networks were seen to do."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import urllib3

Answers = list[dict[str, Any]]


def _logs(answers: Answers, methods: list[str]) -> Answers:
    return [
        answer
        for answer, method in zip(answers, methods, strict=True)
        if method == "eth_getLogs" and answer.get("result")
    ]


def _headers(answers: Answers, methods: list[str]) -> Answers:
    return [
        answer
        for answer, method in zip(answers, methods, strict=True)
        if method == "eth_getBlockByNumber" and answer.get("result")
    ]


class Liar:
    """Faults by name; each changes the answers to one request in place."""

    def __init__(self, seed: int, rate: float) -> None:
        self.rng = random.Random(seed)
        self.rate = rate
        self.lock = threading.Lock()
        self.told: dict[str, int] = {}
        self.faults: dict[str, Callable[[Answers, list[str]], None]] = {
            "empty logs": self.empty_logs,
            "short logs": self.short_logs,
            "logs of a transaction left out": self.transaction_left_out,
            "removed logs": self.removed_logs,
            "doubled log": self.doubled_log,
            "foreign block hash": self.foreign_block_hash,
            "wrong hash": self.wrong_hash,
            "stale head": self.stale_head,
            "zero bloom": self.zero_bloom,
            "missing header": self.missing_header,
            "error": self.error,
            "answers out of order": self.out_of_order,
            "answer left out": self.answer_left_out,
        }
        self.breakdowns = ["429", "500", "cut short", "slow"]

    def choose(self) -> str | None:
        with self.lock:
            if self.rng.random() >= self.rate:
                return None
            name = self.rng.choice([*self.faults, *self.breakdowns])
            self.told[name] = self.told.get(name, 0) + 1
            return name

    def empty_logs(self, answers: Answers, methods: list[str]) -> None:
        for answer in _logs(answers, methods):
            answer["result"] = []

    def short_logs(self, answers: Answers, methods: list[str]) -> None:
        for answer in _logs(answers, methods):
            del answer["result"][self.rng.randrange(len(answer["result"]))]

    def transaction_left_out(self, answers: Answers, methods: list[str]) -> None:
        for answer in _logs(answers, methods):
            lost = self.rng.choice(answer["result"])["transactionHash"]
            answer["result"] = [log for log in answer["result"] if log["transactionHash"] != lost]

    def removed_logs(self, answers: Answers, methods: list[str]) -> None:
        for answer in _logs(answers, methods):
            answer["result"][-1]["removed"] = True

    def doubled_log(self, answers: Answers, methods: list[str]) -> None:
        for answer in _logs(answers, methods):
            answer["result"].append(answer["result"][0])

    def foreign_block_hash(self, answers: Answers, methods: list[str]) -> None:
        for answer in _logs(answers, methods):
            answer["result"][0]["blockHash"] = "0x" + "ab" * 32

    def wrong_hash(self, answers: Answers, methods: list[str]) -> None:
        for answer in _headers(answers, methods)[-1:]:
            answer["result"]["hash"] = "0x" + "cd" * 32

    def stale_head(self, answers: Answers, methods: list[str]) -> None:
        for answer in _headers(answers, methods)[-1:]:
            answer["result"]["number"] = hex(max(0, int(answer["result"]["number"], 16) - 2))

    def zero_bloom(self, answers: Answers, methods: list[str]) -> None:
        self.empty_logs(answers, methods)
        for answer in _headers(answers, methods):
            answer["result"]["logsBloom"] = "0x" + "00" * 256

    def missing_header(self, answers: Answers, methods: list[str]) -> None:
        for answer in _headers(answers, methods)[-1:]:
            answer["result"] = None

    def error(self, answers: Answers, methods: list[str]) -> None:
        for answer in answers[:1]:
            answer.pop("result", None)
            answer["error"] = {"code": -32000, "message": "made up by the proxy"}

    def out_of_order(self, answers: Answers, methods: list[str]) -> None:
        self.rng.shuffle(answers)

    def answer_left_out(self, answers: Answers, methods: list[str]) -> None:
        if len(answers) > 1:
            answers.pop()


@contextlib.contextmanager
def lying_proxy(target: str, seed: int, rate: float) -> Iterator[tuple[str, Liar]]:
    """A proxy before the node at `target`; its URL, and the liar, whose `rate` may be changed."""
    liar = Liar(seed, rate)
    pool = urllib3.PoolManager()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = pool.request("POST", target, body=body, headers={"content-type": "application/json"}).data
            status, fault = 200, liar.choose()
            if fault in liar.faults:
                answer = self._twisted(fault, orjson.loads(body), orjson.loads(answer))
            elif fault == "429":
                status, answer = 429, b"Too Many Requests"
            elif fault == "500":
                status, answer = 500, b""
            elif fault == "cut short":
                answer = answer[: len(answer) // 2]
            elif fault == "slow":
                time.sleep(0.05)
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        @staticmethod
        def _twisted(fault: str, asked: Any, answered: Any) -> bytes:
            single = isinstance(asked, dict)
            requests, answers = ([asked], [answered]) if single else (asked, answered)
            by_id = {answer["id"]: answer for answer in answers}
            ordered = [by_id[request["id"]] for request in requests]
            with liar.lock:
                liar.faults[fault](ordered, [request["method"] for request in requests])
            return orjson.dumps(ordered[0] if single else ordered)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", liar
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
