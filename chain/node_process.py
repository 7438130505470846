"""The devnet's node as an operating-system process: started, recognised after a crash of its parent, stopped.

A process id alone does not tell a process: ids are reused. With the instant the process started it does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE = 15.0
"""Seconds between the polite signal and SIGKILL."""


@dataclass
class NodeProcess:
    """A node started by this program or by an earlier one on the same folder."""

    pid: int
    born: str
    """When the process started, as the operating system tells it; opaque."""
    engine: str
    port: int
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def start(
        cls,
        command: Sequence[str | Path],
        engine: str,
        port: int,
        log: Path,
        env: Mapping[str, str],
    ) -> NodeProcess:
        """Start a node in a session of its own: Ctrl-C on the terminal reaches only its supervisor."""
        with log.open("wb") as output:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                start_new_session=True,
            )
        return cls(child.pid, _born(child.pid), engine, port, child)

    @classmethod
    def recall(cls, record: Path) -> NodeProcess | None:
        """The recorded process, if that very process still runs."""
        try:
            told = json.loads(record.read_text())
            process = cls(
                int(told["pid"]),
                str(told["born"]),
                str(told["engine"]),
                int(told["port"]),
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return process if process.alive else None

    def record(self, file: Path) -> None:
        """Note the process, for a successor of this supervisor."""
        told = {"pid": self.pid, "born": self.born, "engine": self.engine, "port": self.port}
        file.write_text(json.dumps(told))

    @property
    def alive(self) -> bool:
        """Whether this very process runs."""
        if self._child is not None:
            return self._child.poll() is None
        return self.born != "" and _born(self.pid) == self.born

    def stop(self) -> None:
        """End the process: SIGINT, and SIGKILL if it does not go within 15 seconds."""
        for order in (signal.SIGINT, signal.SIGKILL):
            if not self.alive:
                return
            os.kill(self.pid, order)
            deadline = time.monotonic() + _PATIENCE
            while self.alive and time.monotonic() < deadline:
                time.sleep(0.02)


def _born(pid: int) -> str:
    """When process `pid` started; empty if it does not run."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            return ""
        told = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return told.stdout.strip()
    return "" if after_name[0] == "Z" else after_name[19]


def listener(port: int) -> str | None:
    """Command line of the local process that listens on TCP `port`, where the operating system tells it."""
    sockets = {
        fields[9]
        for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
        if table.exists()
        for fields in map(str.split, table.read_text().splitlines()[1:])
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
    }
    wanted = {f"socket:[{inode}]" for inode in sockets}
    for link in Path("/proc").glob("[0-9]*/fd/*") if wanted else ():
        try:
            if os.readlink(link) in wanted:
                process = link.parents[1]
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                return f"{' '.join(words).strip()[:200]} (process {process.name})"
        except OSError:  # gone meanwhile, or another user's
            continue
    return None
