"""A real chain under the evidence tests: anvil with the contracts deployed, a relay that sends at once."""

from __future__ import annotations

import itertools
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from chain.acts import SignedAct
from chain.deploy import Deployment, deploy
from chain.rpc import NodeUnreachable, Rpc
from chain.settings import Settings
from chain.signers import Keystore, Signer
from workflows.evidence.job import Chain, KeyAttester, anchor_pending

DEVNET = Path(__file__).parents[3] / "hardhat-free-devnet"
CONFIRMATIONS = 3


@dataclass
class DirectRelay:
    """Sends each act as one transaction from one key and remembers what it was given."""

    rpc: Rpc
    key: Signer
    chain_id: int
    submitted: list[SignedAct] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    refusals: dict[str, dict[str, str]] = field(default_factory=dict)
    offline: bool = False

    def submit(self, signed: SignedAct) -> None:
        self.submitted.append(signed)
        if self.offline or signed.id in self.sent:
            return
        self.sent.add(signed.id)
        nonce = int(self.rpc.call("eth_getTransactionCount", self.key.address, "latest"), 16)
        raw = self.key.sign_transaction(
            to=signed.domain.address, call=signed.calldata, nonce=nonce, gas=1_000_000, chain_id=self.chain_id
        )
        transaction = self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        while (receipt := self.rpc.call("eth_getTransactionReceipt", transaction)) is None:
            time.sleep(0.01)
        assert receipt["status"] == "0x1"

    def refusal(self, act: str) -> dict[str, str] | None:
        return self.refusals.get(act)


@dataclass
class Node:
    """The running chain, its deployment and its keys."""

    settings: Settings
    rpc: Rpc
    deployment: Deployment
    keystore: Keystore
    _relayers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def chain(self) -> Chain:
        return Chain(self.rpc, self.deployment.domains["Evidence"], CONFIRMATIONS, reorg_depth=64)

    @property
    def attester(self) -> KeyAttester:
        """The operator, party 1 of every deployment."""
        return KeyAttester(1, self.keystore.named("operator"), self.deployment.domains["Evidence"])

    def relay(self) -> DirectRelay:
        key = self.keystore.derived(f"test-relayer-{next(self._relayers)}")
        return DirectRelay(self.rpc, key, self.settings.chain_id)

    def mine(self, blocks: int = 1) -> None:
        self.rpc.call("anvil_mine", hex(blocks))

    def anchor(self, store: sa.Engine) -> None:
        """As many rounds of the job as bring what is submitted to its end."""
        relay = self.relay()
        for _ in range(3):
            now = int(self.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
            anchor_pending(store, self.attester, relay, self.chain, now=now)
            self.mine(CONFIRMATIONS)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """anvil mining one block per transaction, with the contracts deployed."""
    program = next(DEVNET.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*"), None)
    if program is None:
        pytest.skip("anvil is not installed here (hardhat-free-devnet): tests against a chain did not run")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(var_dir=tmp_path_factory.mktemp("chain"), rpc_url=f"http://127.0.0.1:{port}", offchain=None)
    options = ["--hardfork", "berlin", "--gas-price", "0", "--base-fee", "0", "--accounts", "0", "--quiet"]
    # mining by itself stalls when a deployment's transactions are queued, so that begins at an interval
    options += ["--gas-limit", "3000000000", "--block-time", "1"]
    process = subprocess.Popen(
        [program, "--port", str(port), "--chain-id", str(settings.chain_id), *options],
        stdout=subprocess.DEVNULL,
        env={"HOME": str(settings.var_dir), "XDG_CACHE_HOME": str(settings.var_dir)},
    )
    try:
        rpc = Rpc(settings.rpc_url)
        for _ in range(200):
            try:
                rpc.call("eth_chainId")
                break
            except NodeUnreachable:
                time.sleep(0.05)
        keystore = Keystore(DEVNET / "keystore.json", settings.chain_id)
        deployment = deploy(settings, keystore)
        rpc.call("evm_setIntervalMining", 0)
        rpc.call("evm_setAutomine", True)
        yield Node(settings, rpc, deployment, keystore)
    finally:
        process.kill()
        process.wait()
