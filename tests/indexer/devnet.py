"""A real anvil for the tests of the mirror, mined by hand, with the ledger contract of `fixtures/`."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from eth_abi import encode

from chain.artifacts import selector
from chain.rpc import NodeUnreachable, Rpc
from indexer.mirror import Mirror
from indexer.projection import Fold, Projection, View, whole, words
from indexer.rebuild import Contracts
from indexer.store import migrate, open_mirror

ROOT = Path(__file__).resolve().parents[2]
CHAIN_ID = 521000
LEDGER = json.loads((Path(__file__).parent / "fixtures" / "Ledger.json").read_text())
FUNCTIONS = {entry["name"]: entry for entry in LEDGER["abi"] if entry["type"] == "function"}

assets = Projection(
    name="assets",
    key=(words("id"),),
    columns=(whole("owner"), whole("status"), whole("value"), words("name", "")),
    folds=(Fold("Ledger.Registered"), Fold("Ledger.Transferred"), Fold("Ledger.StatusChanged")),
    views=(View("Ledger.asset", {name: name for name in ("owner", "status", "value", "name")}),),
    count="Ledger.count",
)


def anvil_binary() -> Path:
    """The pinned anvil of the devnet."""
    return next((ROOT / "hardhat-free-devnet" / "node_modules").glob("@foundry-rs/anvil-*/bin/anvil"))


class Devnet:
    """One anvil whose blocks are mined on demand; transactions are sent by its unlocked account."""

    def __init__(self, url: str) -> None:
        self.rpc = Rpc(url)
        self.url = url
        self.account = self.rpc.call("eth_accounts")[0]
        self.genesis = self.rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
        self.ledger = ""
        self.deployed_at = 0

    def deploy(self) -> None:
        """Deploys the ledger in a block of its own."""
        sent = self.rpc.call("eth_sendTransaction", self._transaction(LEDGER["bytecode"]))
        self.mine()
        receipt = self.rpc.call("eth_getTransactionReceipt", sent)
        self.ledger = receipt["contractAddress"].lower()
        self.deployed_at = int(receipt["blockNumber"], 16)

    def _transaction(self, payload: str, to: str | None = None) -> dict[str, Any]:
        transaction = {"from": self.account, "data": payload, "gas": hex(200_000_000), "gasPrice": "0x0"}
        return transaction if to is None else {**transaction, "to": to}

    def call_data(self, function: str, *arguments: Any) -> str:
        entry = FUNCTIONS[function]
        types = [field["type"] for field in entry["inputs"]]
        return "0x" + (selector(entry) + encode(types, arguments)).hex()

    def send(self, function: str, *arguments: Any, to: str | None = None) -> str:
        """Queues a transaction to the ledger."""
        target = to or self.ledger
        payload = self.call_data(function, *arguments)
        return str(self.rpc.call("eth_sendTransaction", self._transaction(payload, target)))

    def mine(self, blocks: int = 1) -> int:
        """Mines blocks, the first with all queued transactions. Returns the head."""
        for _ in range(blocks):
            self.rpc.call("evm_mine")
        return self.head

    @property
    def head(self) -> int:
        return int(self.rpc.call("eth_blockNumber"), 16)

    @property
    def contracts(self) -> Contracts:
        return {self.ledger: ("Ledger", self.deployed_at, LEDGER["abi"])}

    def logs(self) -> list[dict[str, Any]]:
        """Every log of the ledger on the canonical chain."""
        wanted = {"fromBlock": "0x0", "toBlock": "latest", "address": self.ledger}
        return list(self.rpc.call("eth_getLogs", wanted))

    def mirror(self, engine: sa.Engine, url: str | None = None, **options: Any) -> Mirror:
        """A mirror of this chain, through `url` if it is to see it through a proxy."""
        options.setdefault("projections", [assets])
        options.setdefault("patience", 0.0)
        return Mirror(
            engine,
            Rpc(url or self.url, timeout=5),
            self.contracts,
            chain_id=CHAIN_ID,
            genesis_hash=self.genesis,
            **options,
        )


@contextlib.contextmanager
def running_anvil(*options: str, hardfork: str = "berlin") -> Iterator[Devnet]:
    """Starts anvil on a free port; stops it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(anvil_binary()), "--port", str(port), "--chain-id", str(CHAIN_ID), "--hardfork", hardfork]
    command += ["--gas-price", "0", "--base-fee", "0", "--gas-limit", "3000000000", "--no-mining", "--silent"]
    command += ["--order", "fifo", "--max-persisted-states", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                Rpc(url).call("eth_chainId")
                break
            except NodeUnreachable:
                if process.poll() is not None:
                    raise RuntimeError(f"anvil ended with {process.returncode}") from None
                time.sleep(0.02)
        yield Devnet(url)
    finally:
        process.terminate()
        process.wait()


def fresh(url: str) -> sa.Engine:
    """A migrated, empty mirror."""
    engine = open_mirror(url)
    migrate(engine)
    return engine
