"""Reads of the API under load, beside the limit: a bare FastAPI route that returns a constant.

A whole Chaqi with the tour's world, started as a user starts it; wrk with kept connections against one API process.
wrk is a Debian package; without it this room says so and measures nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from chain.errors import ChaqiError
from scripts.bench.figures import Figure, Options
from tests.stack import free_port

LIMIT = "a constant from FastAPI"
SECONDS = 5
CONNECTIONS = 16


class LoadGeneratorMissing(ChaqiError):
    """wrk is not installed."""

    en = "wrk is not installed: the API was not measured. Install it (Debian: apt-get install wrk) and run again."
    zh = "未安装 wrk，未测量接口性能。请安装后重试（Debian：apt-get install wrk）。"


def measure(options: Options) -> Iterator[Figure]:
    """Requests per second and 99th percentile of single reads, lists and unchanged answers."""
    if shutil.which("wrk") is None:
        raise LoadGeneratorMissing
    rates: dict[str, list[float]] = defaultdict(list)
    slowest: dict[str, list[float]] = defaultdict(list)
    ratios: dict[str, list[float]] = defaultdict(list)
    limits: list[float] = []
    seconds = max(1, SECONDS // options.scale)
    with _chaqi() as api, _constant() as constant:
        tree = _get(f"{api}/v1/trees?title=REGISTERED&limit=1")["items"][0]
        etag = urllib.request.urlopen(f"{api}/v1/trees/{tree['id']}").headers["etag"]
        paths = {
            "one tree": (f"{api}/v1/trees/{tree['id']}", ""),
            "one tree, unchanged (304)": (f"{api}/v1/trees/{tree['id']}", f"If-None-Match: {etag}"),
            "50 trees of a village": (f"{api}/v1/trees?village={urllib.parse.quote(tree['village'])}", ""),
        }
        for _ in range(options.rounds):
            ceiling, _ = _load(constant, "", seconds)
            limits.append(ceiling)
            for what, (url, header) in paths.items():
                rate, worst = _load(url, header, seconds)
                rates[what].append(rate)
                slowest[what].append(worst)
                ratios[what].append(rate / ceiling)
    yield Figure(f"limit: {LIMIT}", limits, "requests/s")
    for what, values in rates.items():
        yield Figure(what, values, "requests/s", LIMIT, ratios[what], "2,000 /s")
        yield Figure(f"{what}, 99th percentile", slowest[what], "ms", wanted="25")


@contextlib.contextmanager
def _chaqi() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = os.environ | {
            "CHAQI_VAR_DIR": folder,
            "CHAQI_RPC_URL": f"http://127.0.0.1:{free_port()}",
            "CHAQI_API_PORT": str(port),
            "CHAQI_BLOCK_SECONDS": "0.5",
        }
        command = [sys.executable, "-m", "scripts", "up"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            for line in process.stdout:
                if line.startswith("ready"):
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


@contextlib.contextmanager
def _constant() -> Iterator[str]:
    app = FastAPI()

    @app.get("/")
    async def constant() -> dict[str, str]:
        return {"answer": "constant"}

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()


def _load(url: str, header: str, seconds: int) -> tuple[float, float]:
    """Requests per second and the 99th percentile in milliseconds."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *(("-H", header) if header else ()), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    worst = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate and worst, said
    assert header or "Non-2xx" not in said, said
    return float(rate[1]), float(worst[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[worst[2]]


def _get(url: str) -> dict[str, list[dict[str, str]]]:
    with urllib.request.urlopen(url) as answer:
        found: dict[str, list[dict[str, str]]] = json.load(answer)
        return found
