"""A whole Chaqi as a user runs it: real processes in a folder of its own, on ports of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from tests.stack import free_port

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


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return process.returncode


def acted(chaqi: Chaqi) -> Counter[str]:
    """How often each act was executed, by act id."""
    with create_engine(f"sqlite:///{chaqi.var / 'mirror.db'}").connect() as connection:
        rows = connection.execute(text("SELECT args FROM logs WHERE event = 'Acted'")).scalars()
        return Counter(json.loads(row)["act"] for row in rows)
