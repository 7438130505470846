"""Reads of the API under load, beside the limit: a bare FastAPI route that returns a constant. Two processes each.

On a part of the book made for this, whose chain goes on and is mirrored meanwhile; or on the book that
`--book` names, whose chain has ended, so that no receipt can be verified. "One of" many are asked in turn, so that most
answers are made; "again" asks for one that was made since the newest block. wrk keeps its connections and shares the
cores; it is a Debian package, which `make bench` installs as root; without it this room says so and measures nothing.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from chain.errors import ChaqiError
from scripts.bench.api_cases import Case, cases
from scripts.bench.api_served import PROCESSES, Served, on_a_part, on_the_book
from scripts.bench.figures import Figure, Options
from tests.stack import free_port

LIMIT = "a constant from FastAPI"
SECONDS = 5
CONNECTIONS = 16
EXPORT = "/v1/events/export"
WATCH_SECONDS = 0.05


class LoadGeneratorMissing(ChaqiError):
    """wrk is not installed."""

    en = "wrk is not installed: the API was not measured. Install it (Debian: apt-get install wrk) and run again."
    zh = "未安装 wrk，未测量接口性能。请安装后重试（Debian：apt-get install wrk）。"


def measure(options: Options) -> Iterator[Figure]:
    """Requests per second and 99th percentile of each case; rows per second and memory of a whole export."""
    if shutil.which("wrk") is None:
        raise LoadGeneratorMissing
    rates: dict[str, list[float]] = defaultdict(list)
    slowest: dict[str, list[float]] = defaultdict(list)
    ratios: dict[str, list[float]] = defaultdict(list)
    limits: list[float] = []
    seconds = max(1, SECONDS // options.scale)
    served = on_the_book(options.book) if options.book else on_a_part(options.scale)
    with tempfile.TemporaryDirectory() as folder, served as api, _constant() as constant:
        chosen = cases(api, Path(folder))
        for _ in range(options.rounds):
            ceiling, _ = _load(constant, None, seconds)
            limits.append(ceiling)
            for case in chosen:
                rate, worst = _load(api.url, case, seconds)
                rates[case.subject].append(rate)
                slowest[case.subject].append(worst)
                ratios[case.subject].append(rate / ceiling)
        exports = [_exported(api) for _ in range(options.rounds)]
    yield Figure(f"limit: {LIMIT}", limits, "requests/s")
    for case in chosen:
        yield Figure(case.subject, rates[case.subject], "requests/s", LIMIT, ratios[case.subject], case.wanted)
        yield Figure(f"{case.subject}, 99th percentile", slowest[case.subject], "ms", wanted="25")
    yield Figure(f"all {exports[0][0]:,} events as CSV", [rows / took for rows, took, _ in exports], "rows/s")
    yield Figure("memory that the export added", [added for *_, added in exports], "MB")


@contextlib.contextmanager
def _constant() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "scripts.bench.constant:app", f"--port={port}", "--log-level=error"]
    process = subprocess.Popen([*command, f"--workers={PROCESSES}"])
    url = f"http://127.0.0.1:{port}/"
    try:
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(url):
                break
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


def _load(url: str, case: Case | None, seconds: int) -> tuple[float, float]:
    """Requests per second and the 99th percentile in milliseconds."""
    script = ("-s", str(case.script)) if case else ()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *script, url]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not loaded.stderr, loaded.stderr  # a script that cannot be read is passed over
    said = loaded.stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    worst = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate and worst, said
    assert "Non-2xx" not in said, said
    return float(rate[1]), float(worst[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[worst[2]]


def _exported(api: Served) -> tuple[int, float, float]:
    """Rows of a whole export, the seconds that it took, and the megabytes that the API held more meanwhile."""
    held, ended = [api.megabytes()], threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_SECONDS):
            held.append(api.megabytes())

    watching = threading.Thread(target=watch)
    watching.start()
    start, lines = time.perf_counter(), 0
    with urllib.request.urlopen(f"{api.url}{EXPORT}") as answer:
        while piece := answer.read(1 << 20):
            lines += piece.count(b"\r\n")
    took = time.perf_counter() - start
    ended.set()
    watching.join()
    return lines - 1, took, max(held) - held[0]
