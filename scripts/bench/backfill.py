"""Backfill and rebuild of the mirror, beside the limit: the same logs fetched and thrown away.

One anvil, one contract, 100 events a block (80 transfers over 4,000 assets, 10 registrations with a name of 66
characters, 10 status changes). What is timed is everything a mirror does: headers and parent hashes, bloom checks, raw
and decoded logs, versions, cursor, one transaction per range; from an empty database to caught up, in a process of its
own, whose imports and migrations are left out (those of the process that writes for it are not).
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import orjson
import urllib3
from eth_abi import encode

from chain.artifacts import selector
from chain.rpc import Rpc
from indexer.mirror import Mirror
from indexer.projection import Fold, Projection, whole, words
from indexer.store import migrate, open_mirror
from scripts.bench.apart import apart
from scripts.bench.figures import Figure, Options
from scripts.bench.node import CHAIN_ID, ON_DEMAND, node
from tests.stores import new_database, postgresql_server

LEDGER_JSON = Path(__file__).resolve().parents[2] / "tests" / "indexer" / "fixtures" / "Ledger.json"
LEDGER = json.loads(LEDGER_JSON.read_text())
BLOCKS = 1_000
EVENTS_A_BLOCK = 100
LIMIT = "bytes of eth_getLogs"

assets = Projection(
    name="assets",
    key=(words("id"),),
    columns=(whole("owner"), whole("status"), whole("value"), words("name", "")),
    folds=(Fold("Ledger.Registered"), Fold("Ledger.Transferred"), Fold("Ledger.StatusChanged")),
)


def measure(options: Options) -> Iterator[Figure]:
    """Events per second of backfill and rebuild, and what an event costs on disk."""
    values: dict[str, list[float]] = defaultdict(list)
    ratios: dict[str, list[float]] = defaultdict(list)
    sizes: list[float] = []
    with contextlib.ExitStack() as running:
        rpc, ledger = running.enter_context(chain(BLOCKS // options.scale))
        folder = running.enter_context(tempfile.TemporaryDirectory())
        server = running.enter_context(postgresql_server()) if options.postgres else None
        head = int(rpc.call("eth_blockNumber"), 16)
        genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
        for number in range(options.rounds):
            stores = {"SQLite": f"sqlite:///{folder}/{number}.db"}
            if server:
                stores["PostgreSQL"] = new_database(server)
            for name, url in stores.items():
                ceiling = limit(rpc, ledger, head)
                values["limit"].append(ceiling)
                filled, rebuilt = apart(mirrored, rpc.url, ledger, genesis, url, (head - 1) * EVENTS_A_BLOCK)
                for what, rate in ((f"backfill, {name}", filled), (f"rebuild, {name}", rebuilt)):
                    values[what].append(rate)
                    ratios[what].append(rate / ceiling)
            sizes.append(Path(f"{folder}/{number}.db").stat().st_size / (head - 1) / EVENTS_A_BLOCK)
    yield Figure(f"limit: {LIMIT}", values.pop("limit"), "events/s")
    for what, rates in values.items():
        wanted = "0.30" if what.startswith("backfill") else ""
        yield Figure(what, rates, "events/s", LIMIT, ratios[what], wanted)
    yield Figure("an event in the mirror, SQLite", sizes, "bytes")


@contextlib.contextmanager
def chain(blocks: int) -> Iterator[tuple[Rpc, str]]:
    """An anvil with the ledger and `blocks` full blocks: its client and the ledger's address."""
    with node(*ON_DEMAND, accounts=1) as rpc:
        account = rpc.call("eth_accounts")[0]
        ledger = _send(rpc, account, LEDGER["bytecode"], None)["contractAddress"].lower()
        extend(rpc, ledger, range(blocks))
        yield rpc, ledger


def extend(rpc: Rpc, ledger: str, blocks: range) -> None:
    """Adds full blocks; their numbers, from 0, make the new assets different from those of others."""
    account = rpc.call("eth_accounts")[0]
    burst = next(entry for entry in LEDGER["abi"] if entry.get("name") == "burst")
    for number in blocks:
        arguments = encode(["uint256"] * 5, [number * 10, 80, 10, 10, 4_000])
        _send(rpc, account, "0x" + (selector(burst) + arguments).hex(), ledger)


def _send(rpc: Rpc, account: str, payload: str, to: str | None) -> dict[str, str]:
    transaction = {"from": account, "data": payload, "gas": hex(20_000_000), "gasPrice": "0x0"}
    sent = rpc.call("eth_sendTransaction", transaction if to is None else {**transaction, "to": to})
    rpc.call("evm_mine")
    receipt: dict[str, str] = rpc.call("eth_getTransactionReceipt", sent)
    return receipt


def limit(rpc: Rpc, ledger: str, head: int, step: int = 25) -> float:
    """Events per second when the logs' bytes are only fetched."""
    pool = urllib3.PoolManager()
    start = time.perf_counter()
    for first in range(1, head + 1, step):
        wanted = {"fromBlock": hex(first), "toBlock": hex(min(head, first + step - 1)), "address": [ledger]}
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [wanted]})
        pool.request("POST", rpc.url, body=body, headers={"content-type": "application/json"})
    return (head - 1) * EVENTS_A_BLOCK / (time.perf_counter() - start)


def mirrored(node_url: str, ledger: str, genesis: str, url: str, events: int) -> tuple[float, float]:
    """Events per second of a backfill into an empty database, and of a rebuild from its stored logs."""
    engine = open_mirror(url)
    migrate(engine)
    start = time.perf_counter()
    contracts = {ledger: ("Ledger", 1, LEDGER["abi"])}
    mirror = Mirror(engine, Rpc(node_url), contracts, chain_id=CHAIN_ID, genesis_hash=genesis, projections=[assets])
    mirror.catch_up()
    filled = time.perf_counter()
    mirror.rebuild()
    rebuilt = time.perf_counter()
    engine.dispose()
    return events / (filled - start), events / (rebuilt - filled)
