"""An anvil for load: a large gas limit, few old states, and blocks either on demand or at an interval."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence

from chain.devnet import anvil_program
from chain.rpc import NodeUnreachable, Rpc
from chain.settings import Settings
from tests.stack import free_port

CHAIN_ID = Settings().chain_id
ON_DEMAND = ("--no-mining",)


@contextlib.contextmanager
def node(*pace: str, accounts: int = 0) -> Iterator[Rpc]:
    """A running anvil with blocks as `pace` says (`ON_DEMAND`, or "--block-time", seconds)."""
    port = free_port()
    common = ["--port", str(port), "--chain-id", str(CHAIN_ID), "--hardfork", "berlin", "--order", "fifo", "--quiet"]
    common += ["--gas-price", "0", "--base-fee", "0", "--gas-limit", "3000000000", "--accounts", str(accounts)]
    common += ["--no-request-size-limit", "--prune-history", "8"]
    with tempfile.TemporaryDirectory() as home:
        command = [str(anvil_program()), *common, *pace, "--cache-path", home]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={"HOME": home})
        try:
            yield _answering(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait()


def push(rpc: Rpc, raw: Sequence[bytes], batch: int = 500) -> None:
    """Hands in signed transactions, as many a request as the node takes best."""
    for start in range(0, len(raw), batch):
        rpc.batch(("eth_sendRawTransaction", ["0x" + one.hex()]) for one in raw[start : start + batch])


def _answering(url: str) -> Rpc:
    rpc = Rpc(url)
    while True:
        try:
            rpc.call("eth_chainId")
            return rpc
        except NodeUnreachable:
            time.sleep(0.05)
