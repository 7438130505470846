"""From a block to its events at a listener of the API, and out of a reorganisation of 64 blocks.

Mirror and API are processes as a user runs them. Acts come in blocks of 20, made on demand every 100 ms (200 acts a
second); an event's delay runs from when the node has made its block until the server-sent event is read.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import urllib3

from chain.bundle import GAS
from chain.deploy import Deployment, deploy
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from scripts.bench.acts import anchors
from scripts.bench.figures import Figure, Options
from scripts.bench.node import CHAIN_ID, node, push
from tests.stack import free_port, wait_for

BLOCKS = 200
ACTS_A_BLOCK = 20
BLOCK_SECONDS = 0.1
REORGANISED = 64
SETTLED_SECONDS = 0.05


def measure(options: Options) -> Iterator[Figure]:
    """Delays at the 50th, 95th and 99th percentile, and the seconds of a reorganisation."""
    found: dict[int, list[float]] = {50: [], 95: [], 99: []}
    undone: list[float] = []
    for _ in range(options.rounds):
        with _running() as (rpc, settings, keystore):
            delays = _delays(rpc, settings, keystore, max(REORGANISED + 1, BLOCKS // options.scale))
            cuts = statistics.quantiles(delays, n=100)
            for percentile, values in found.items():
                values.append(cuts[percentile - 1] * 1_000)
            undone.append(_reorganised(rpc, settings))
    for percentile, wanted in ((50, ""), (95, "100"), (99, "250")):
        yield Figure(f"block to listener, {percentile}th percentile", found[percentile], "ms", wanted=wanted)
    yield Figure(f"{REORGANISED} blocks undone and redone", undone, "s", wanted="1")


@contextlib.contextmanager
def _running() -> Iterator[tuple[Rpc, Settings, Keystore]]:
    with contextlib.ExitStack() as running:
        # an interval, for the deployment; on demand afterwards
        rpc = running.enter_context(node("--block-time", "1"))
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        settings = Settings(rpc_url=rpc.url, chain_id=CHAIN_ID, var_dir=folder, api_port=free_port())
        keystore = Keystore(settings.keystore_file, CHAIN_ID)
        deploy(settings, keystore)
        rpc.call("evm_setIntervalMining", 0)
        environment = os.environ | {
            "CHAQI_VAR_DIR": str(folder),
            "CHAQI_RPC_URL": rpc.url,
            "CHAQI_API_PORT": str(settings.api_port),
        }
        for command in (("mirror", "run"), ("serve",)):
            process = subprocess.Popen([sys.executable, "-m", "scripts", *command], env=environment)
            running.callback(process.wait)
            running.callback(process.terminate)
        pool = urllib3.PoolManager(retries=False)

        def ready() -> bool:
            try:
                return pool.request("GET", f"{settings.api_url}/ready").status == 200
            except urllib3.exceptions.HTTPError:
                return False

        wait_for(ready)
        yield rpc, settings, keystore


def _delays(rpc: Rpc, settings: Settings, keystore: Keystore, blocks: int) -> list[float]:
    attester = keystore.named("attester")
    deployment = Deployment.load(settings)
    first = int(rpc.call("eth_getTransactionCount", attester.address, "latest"), 16)
    raw = [
        attester.sign_transaction(to=one.domain.address, call=one.calldata, nonce=first + n, gas=GAS, chain_id=CHAIN_ID)
        for n, one in enumerate(anchors(keystore, deployment, blocks * ACTS_A_BLOCK))
    ]
    made: dict[int, float] = {}
    read: list[tuple[int, float]] = []
    stream = urllib3.PoolManager(retries=False).request(
        "GET", f"{settings.api_url}/v1/events/stream?event=Anchored", preload_content=False, timeout=30
    )

    def listen() -> None:
        for line in stream:
            if line.startswith(b"id: "):
                read.append((int(line[4:].split(b":")[0]), time.perf_counter()))
                if len(read) == len(raw):
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    begun = time.perf_counter()
    for number in range(blocks):
        push(rpc, raw[number * ACTS_A_BLOCK : (number + 1) * ACTS_A_BLOCK])
        rpc.call("evm_mine")
        made[int(rpc.call("eth_blockNumber"), 16)] = time.perf_counter()
        time.sleep(max(0.0, begun + (number + 1) * BLOCK_SECONDS - time.perf_counter()))
    listener.join()
    stream.close()
    return [at - made[block] for block, at in read]


def _reorganised(rpc: Rpc, settings: Settings) -> float:
    pool = urllib3.PoolManager(retries=False)
    time.sleep(SETTLED_SECONDS)
    rpc.call("anvil_reorg", REORGANISED, [])
    start = time.perf_counter()
    head = rpc.call("eth_getBlockByNumber", "latest", False)["hash"]
    wait_for(lambda: pool.request("GET", f"{settings.api_url}/v1/parties?limit=1").json()["as_of"]["hash"] == head)
    return time.perf_counter() - start
