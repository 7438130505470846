"""Backfill and rebuild of the mirror, beside the limit: the same logs fetched and thrown away.

    python -m scripts.bench.backfill [--blocks 1000] [--rounds 3] [--postgres URL]

One anvil, one contract, 100 events a block (80 transfers over 4,000 assets, 10 registrations with a name of 66
characters, 10 status changes). Every figure is a ratio within one round, since machines differ and are shared:
`of limit` is the mirror's events per second over those of `eth_getLogs` bytes alone. What is timed is everything a
mirror does: headers and parent hashes, bloom checks, raw and decoded logs, versions, cursor, one transaction per
range; from an empty database to caught up, imports and migrations left out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import sqlalchemy as sa
import urllib3
from eth_abi import encode

from chain.artifacts import selector
from chain.devnet import anvil_program
from chain.rpc import NodeUnreachable, Rpc
from indexer.mirror import Mirror
from indexer.projection import Fold, Projection, whole, words
from indexer.store import migrate, open_mirror

CHAIN_ID = 521000
LEDGER = json.loads(
    (Path(__file__).resolve().parents[2] / "tests" / "indexer" / "fixtures" / "Ledger.json").read_text()
)
EVENTS_A_BLOCK = 100

assets = Projection(
    name="assets",
    key=(words("id"),),
    columns=(whole("owner"), whole("status"), whole("value"), words("name", "")),
    folds=(Fold("Ledger.Registered"), Fold("Ledger.Transferred"), Fold("Ledger.StatusChanged")),
)


@contextlib.contextmanager
def chain(blocks: int) -> Iterator[tuple[Rpc, str]]:
    """An anvil with the ledger and `blocks` full blocks: its client and the ledger's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(anvil_program()), "--port", str(port), "--chain-id", str(CHAIN_ID), "--hardfork", "berlin"]
    command += ["--gas-price", "0", "--base-fee", "0", "--gas-limit", "3000000000", "--no-mining", "--silent"]
    process = subprocess.Popen([*command, "--prune-history"], stdout=subprocess.DEVNULL)
    try:
        rpc = Rpc(f"http://127.0.0.1:{port}")
        while True:
            try:
                account = rpc.call("eth_accounts")[0]
                break
            except NodeUnreachable:
                time.sleep(0.05)
        ledger = _send(rpc, account, LEDGER["bytecode"], None)["contractAddress"].lower()
        burst = next(entry for entry in LEDGER["abi"] if entry.get("name") == "burst")
        for number in range(blocks):
            arguments = encode(["uint256"] * 5, [number * 10, 80, 10, 10, 4_000])
            _send(rpc, account, "0x" + (selector(burst) + arguments).hex(), ledger)
        yield rpc, ledger
    finally:
        process.terminate()
        process.wait()


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


def mirrored(rpc: Rpc, ledger: str, genesis: str, url: str) -> tuple[float, float]:
    """Events per second of a backfill into an empty database, and of a rebuild from its stored logs."""
    engine = open_mirror(url)
    migrate(engine)
    start = time.perf_counter()
    contracts = {ledger: ("Ledger", 1, LEDGER["abi"])}
    mirror = Mirror(engine, rpc, contracts, chain_id=CHAIN_ID, genesis_hash=genesis, projections=[assets])
    head = mirror.catch_up()
    filled = time.perf_counter()
    mirror.rebuild()
    rebuilt = time.perf_counter()
    engine.dispose()
    events = (head - 1) * EVENTS_A_BLOCK
    return events / (filled - start), events / (rebuilt - filled)


def emptied(url: str) -> str:
    """The PostgreSQL database, without what an earlier round left in it."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return url


def main() -> None:
    """Prints the table: medians and ranges over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", help="URL of a database that may be emptied")
    options = parser.parse_args()
    figures: dict[str, list[tuple[float, float]]] = {}
    with chain(options.blocks) as (rpc, ledger), tempfile.TemporaryDirectory() as folder:
        head = int(rpc.call("eth_blockNumber"), 16)
        genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
        for number in range(options.rounds):
            ceiling = limit(rpc, ledger, head)
            figures.setdefault("limit: bytes of eth_getLogs", []).append((ceiling, 1.0))
            stores = {"SQLite": f"sqlite:///{folder}/{number}.db"}
            if options.postgres:
                stores["PostgreSQL"] = emptied(options.postgres)
            for name, url in stores.items():
                filled, rebuilt = mirrored(rpc, ledger, genesis, url)
                figures.setdefault(f"backfill, {name}", []).append((filled, filled / ceiling))
                figures.setdefault(f"rebuild, {name}", []).append((rebuilt, rebuilt / ceiling))
    print(f"{'':30} {'events/s':>10} {'of limit':>9}   range of events/s")
    for title, runs in figures.items():
        rates = [rate for rate, _ in runs]
        share = statistics.median(part for _, part in runs)
        print(f"{title:30} {statistics.median(rates):10,.0f} {share:9.2f}   {min(rates):,.0f}-{max(rates):,.0f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MB, {options.blocks * EVENTS_A_BLOCK:,} events, {options.rounds} rounds")


if __name__ == "__main__":
    main()
