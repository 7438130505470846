"""`chaqi serve` in several processes."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.stack import free_port, wait_for


def test_processes_share_the_port_and_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}/openapi.json"
    environment = os.environ | {
        "CHAQI_VAR_DIR": str(tmp_path),
        "CHAQI_API_PORT": str(port),
        "CHAQI_API_PROCESSES": "2",
    }
    command = [sys.executable, "-m", "scripts.service", "serve"]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)
    wait_for(lambda: answers(url))
    process.kill()
    process.communicate()
    wait_for(lambda: not answers(url))


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
