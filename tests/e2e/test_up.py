"""`chaqi up` as a user runs it: whole, resumed, killed, and in each other's way. Real processes throughout."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

KILLS = 10
ENOUGH_SECONDS = 300


class Chaqi:
    """One installation in a folder of its own, on ports of its own."""

    def __init__(self, folder: Path) -> None:
        chain, api = free_port(), free_port()
        self.var = folder / "var"
        self.api = f"http://127.0.0.1:{api}"
        self.environment = os.environ | {
            "CHAQI_VAR_DIR": str(self.var),
            "CHAQI_RPC_URL": f"http://127.0.0.1:{chain}",
            "CHAQI_API_PORT": str(api),
            "CHAQI_BLOCK_SECONDS": "0.5",
            "COLUMNS": "200",
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "scripts", *arguments],
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        process = self.start(*arguments, **environment)
        said, _ = process.communicate(timeout=ENOUGH_SECONDS)
        return process.returncode, said

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.api + path, timeout=10) as answer:
            return json.load(answer)

    def await_line(self, process: subprocess.Popen[str], beginning: str) -> list[str]:
        """What the process says until a line begins so."""
        lines: list[str] = []
        assert process.stdout
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith(beginning):
                return lines
        raise AssertionError("\n".join(lines))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return process.returncode


def acted(chaqi: Chaqi) -> Counter[str]:
    """How often each act was executed, by act id."""
    with create_engine(f"sqlite:///{chaqi.var / 'mirror.db'}").connect() as connection:
        rows = connection.execute(text("SELECT args FROM logs WHERE event = 'Acted'")).scalars()
        return Counter(json.loads(row)["act"] for row in rows)


@pytest.fixture
def chaqi(tmp_path: Path) -> Iterator[Chaqi]:
    installation = Chaqi(tmp_path)
    yield installation
    shutil.rmtree(installation.var, ignore_errors=True)


def test_a_tour_runs_is_checked_resumes_and_stops_cleanly(chaqi: Chaqi, tmp_path: Path) -> None:
    first = chaqi.start("up")
    said = "\n".join(chaqi.await_line(first, "ready"))
    assert "300 trees" in said
    status = chaqi.get("/v1/status")
    assert status["chain"]["id"] == 521000
    assert status["mirror"]["lag_blocks"] <= 2
    assert status["jobs"]

    tree = chaqi.get("/v1/trees?title=REGISTERED&limit=1")["items"][0]
    assert tree["owner"] != tree["surveyor"]

    check_the_mirror(chaqi)
    check_a_document(chaqi, tmp_path)

    assert end(first) == 0
    executed = acted(chaqi)
    assert set(executed.values()) == {1}

    second = chaqi.start("up")
    assert "0 acts handed in now" in "\n".join(chaqi.await_line(second, "ready"))
    assert end(second) == 0
    assert acted(chaqi) == executed


def check_the_mirror(chaqi: Chaqi) -> None:
    """It equals storage, no log is missing, and rebuilding it gives the same bytes."""
    code, reconciled = chaqi.run("mirror", "reconcile")
    assert code == 0, reconciled
    code, proved = chaqi.run("mirror", "verify")
    assert code == 0, proved
    block = str(chaqi.get("/v1/status")["mirror"]["block"])
    _, before = chaqi.run("mirror", "dump", "--to", block)
    code, rebuilt = chaqi.run("mirror", "rebuild")
    assert code == 0, rebuilt
    _, after = chaqi.run("mirror", "dump", "--to", block)
    assert before == after
    assert len(before.splitlines()) > 2_000


def check_a_document(chaqi: Chaqi, folder: Path) -> None:
    """It is anchored and verified; altered by one letter, the broken link is named."""
    document, receipts = folder / "contract.txt", folder / "receipts"
    document.write_text("茶树买卖合同 (synthetic)")
    code, said = chaqi.run("anchor", str(document), "--out", str(receipts))
    assert code == 0, said
    receipt = str(next(receipts.rglob("*.json")))
    code, said = chaqi.run("verify", str(document), receipt)
    assert code == 0, said
    document.write_text("茶树买卖合同 (Synthetic)")
    code, said = chaqi.run("verify", str(document), receipt)
    assert code == 1
    assert "sha256" in said


def test_killed_at_random_moments_nothing_is_lost_and_nothing_doubled(chaqi: Chaqi) -> None:
    moments = random.Random(521000)
    for _ in range(KILLS):
        process = chaqi.start("up")
        time.sleep(moments.uniform(1, 12))
        process.kill()
        process.communicate()
    last = chaqi.start("up")
    said = chaqi.await_line(last, "ready")
    code, reconciled = chaqi.run("mirror", "reconcile")
    assert code == 0, reconciled
    assert chaqi.get("/v1/trees?limit=1")["total"] == 300, said
    states = {act["state"] for act in chaqi.get("/v1/acts?limit=100")["items"]}
    assert states <= {"mined", "final"}
    assert end(last) == 0
    assert set(acted(chaqi).values()) == {1}


def test_a_taken_port_is_named_and_nothing_is_started(chaqi: Chaqi) -> None:
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", int(chaqi.environment["CHAQI_API_PORT"])))
        foreign.listen()
        code, said = chaqi.run("up")
    assert code == 1
    assert "AddressTaken" in said
    assert chaqi.environment["CHAQI_API_PORT"] in said
    assert not (chaqi.var / "devnet").exists()


def test_without_node_the_python_chain_plays_the_same_tour(chaqi: Chaqi) -> None:
    process = chaqi.start("up", CHAQI_ENGINE="python")
    said = "\n".join(chaqi.await_line(process, "ready"))
    assert ", python" in said
    assert "300 trees" in said
    assert end(process) == 0
