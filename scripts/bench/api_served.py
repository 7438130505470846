"""An API with the book behind it, for `scripts.bench.api`: processes of their own, as a user's are."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from chain import offchain
from chain.deploy import ATTESTER_PARTY
from chain.settings import Settings
from scripts.book.making import made
from scripts.book.watch import held
from scripts.up import SERVICES
from scripts.world.sizes import SMALLEST_SHARE
from tests.stack import free_port
from workflows.evidence.batches import Submission, enqueue, receipts
from workflows.evidence.hashing import DigestStream
from workflows.evidence.receipt import Receipt, State

SHARE = 0.05
"""Of the book: made in a minute and a half, with 11,643 deeds."""

RECEIPTS = 500
PROCESSES = 2


@dataclass(frozen=True)
class Served:
    """A running API, the files behind it, and receipts of documents that were anchored on its chain."""

    url: str
    settings: Settings
    process: int
    receipts: list[Receipt]

    def get(self, path: str) -> Any:
        """What it answers."""
        with urllib.request.urlopen(f"{self.url}{path}") as answer:
            return orjson.loads(answer.read())

    def megabytes(self) -> float:
        """Memory that it holds now, all its processes together."""
        return sum(held(one, "VmRSS") for one in _with_children(self.process)) / 1e6


@contextlib.contextmanager
def on_a_part(scale: int) -> Iterator[Served]:
    """A part of the book, the smallest for a `scale` over 1; mirrored as its chain goes on."""
    share = SHARE if scale == 1 else SMALLEST_SHARE
    with tempfile.TemporaryDirectory() as folder, made(Path(folder), share, 1, lambda _: None) as (settings, _):
        with _running("worker", settings):
            anchored = _anchored(settings, RECEIPTS // scale)
        with _running("mirror", settings), _api(settings, anchored) as served:
            yield served


@contextlib.contextmanager
def on_the_book(folder: Path) -> Iterator[Served]:
    """A book that was made before and whose chain has ended."""
    with _api(Settings(var_dir=folder, rpc_url=f"http://127.0.0.1:{free_port()}"), []) as served:
        yield served


@contextlib.contextmanager
def _api(settings: Settings, anchored: list[Receipt]) -> Iterator[Served]:
    settings = settings.model_copy(update={"api_port": free_port()})
    with _running("api", settings) as process:
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{settings.api_url}/v1/status"):
                break
            time.sleep(0.1)
        yield Served(settings.api_url, settings, process.pid, anchored)


@contextlib.contextmanager
def _running(service: str, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "CHAQI_VAR_DIR": str(settings.var_dir),
        "CHAQI_RPC_URL": settings.rpc_url,
        "CHAQI_CONFIRMATIONS": str(settings.confirmations),
        "CHAQI_API_PORT": str(settings.api_port),
        "CHAQI_API_PROCESSES": str(PROCESSES),
    }
    command = [sys.executable, "-m", "scripts.service", *SERVICES[service]]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)  # its lifeline
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _anchored(settings: Settings, count: int) -> list[Receipt]:
    store = offchain.open_store(settings)
    submissions = [_document(number) for number in range(count)]
    enqueue(store, ATTESTER_PARTY, submissions, int(time.time()))
    leaves = [one.leaf for one in submissions]
    while True:
        found = list(receipts(store, leaves))
        if all(one.state is State.FINAL for one in found):
            break
        time.sleep(0.5)
    store.dispose()
    return found


def _document(number: int) -> Submission:
    stream = DigestStream()
    stream.update(f"SYNTHETIC document {number}\n".encode())
    return Submission(stream.finish(), number.to_bytes(32), f"{number}.txt")


def _with_children(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:  # a system that does not tell
        children = []
    return [process, *(one for child in children for one in _with_children(int(child)))]
