"""A real anvil with the contracts deployed, for the tests of deployment and relay: killed, restarted, mined by hand."""

from __future__ import annotations

import itertools
import secrets
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak

from chain.acts import SignedAct
from chain.deploy import ATTESTER_PARTY, FAR_DEADLINE, Deployment, deploy
from chain.follower import ACTED
from chain.rpc import NodeError, NodeUnreachable, Rpc
from chain.settings import Settings
from chain.signers import Keystore, Signer
from chain.typed_data import Act, act_type
from chain.vocabulary import role_bits

NODE_MODULES = Path(__file__).resolve().parents[2] / "hardhat-free-devnet" / "node_modules"
FLAGS = [
    *("--hardfork", "berlin", "--gas-price", "0", "--base-fee", "0", "--gas-limit", "3000000000"),
    *("--max-persisted-states", "0", "--silent"),
]

STALLED_SECONDS = 1.0

_nonces = itertools.count(secrets.randbits(64) << 32)


class Anvil:
    """One anvil on a port of its own; after `kill` or `stop`, `start` goes on from the last dump of its state."""

    def __init__(self, folder: Path, *options: str, chain_id: int = 521000) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.rpc = Rpc(self.url, timeout=30)
        self.state = folder / "state.json"
        self._command = [
            str(next(NODE_MODULES.glob("@foundry-rs/anvil-*/bin/anvil"))),
            *("--port", str(self.port), "--chain-id", str(chain_id), "--state", str(self.state)),
            *FLAGS,
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()

    def start(self) -> Anvil:
        """Starts the node and waits until it answers; it mines each transaction at once until told otherwise."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                self.rpc.call("eth_chainId")
                self._ended = threading.Event()
                threading.Thread(target=self._nudge, args=(self._ended,), daemon=True).start()
                return self
            except NodeUnreachable:
                if self._process.poll() is not None:
                    raise RuntimeError(f"anvil ended with {self._process.returncode}") from None
                time.sleep(0.02)

    def _nudge(self, ended: threading.Event) -> None:
        """A node that mines each transaction at once can forget one of a long list: it is made to go on."""
        waited = False
        while not ended.wait(STALLED_SECONDS / 2):
            try:
                alone = self.rpc.call("anvil_getAutomine")
                waits = alone and int(self.rpc.call("txpool_status")["pending"], 16) > 0
                if waits and waited:
                    self.rpc.call("evm_mine")
                waited = waits
            except (NodeUnreachable, NodeError):
                waited = False

    def _end(self, order: signal.Signals) -> None:
        self._ended.set()
        if self._process:
            self._process.send_signal(order)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """Ends the node with SIGKILL: nothing is dumped."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends the node politely: its state is dumped."""
        self._end(signal.SIGINT)

    def by_hand(self) -> None:
        """From now on blocks come only from `mine`."""
        self.rpc.call("evm_setAutomine", False)

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.rpc.call("evm_mine")


class Ledger:
    """The deployed contracts on an anvil, and acts to bring to them."""

    def __init__(self, node: Anvil, folder: Path) -> None:
        self.node = node
        self.rpc = node.rpc
        self.settings = Settings(rpc_url=node.url, var_dir=folder / "chain", offchain=None)
        self.keys = Keystore(self.settings.keystore_file, self.settings.chain_id)
        self.deployment: Deployment = deploy(self.settings, self.keys)
        self.operator = self.keys.named("operator")
        self.attester = self.keys.named("attester")

    def sign(self, signer: Signer, kind: str, **message: Any) -> SignedAct:
        """An act that nobody has signed before."""
        act = act_type(kind)
        filled = Act(act, act.read(message), signer.address, next(_nonces), FAR_DEADLINE)
        return signer.sign(filled, self.deployment.domains[act.contract])

    def enrol(self, account: Signer, *roles: str) -> SignedAct:
        bits = role_bits(*(roles or ("FARMER",)))
        return self.sign(self.operator, "Parties.enrol", account=account.address, roles=bits, identity=bytes(32))

    def enrolments(self, count: int) -> list[SignedAct]:
        """Acts that do not depend on each other."""
        return [self.enrol(self.stranger()) for _ in range(count)]

    @staticmethod
    def stranger() -> Signer:
        """A key that nobody has seen before."""
        return Signer(secrets.token_bytes(32))

    def road(self) -> list[SignedAct]:
        """Five acts by four signers: the last two each need those before them."""
        farmer, surveyor = self.stranger(), self.stranger()
        root, tag = secrets.token_bytes(32), secrets.token_hex(8)
        proof = keccak(encode(["uint64", "bytes32"], [ATTESTER_PARTY, root]))
        filing = self.sign(
            farmer,
            "Trees.file",
            tag=tag,
            village="凤凰镇乌岽村",
            cultivar="mi_lan_xiang",
            geoCell="wsk3jp",
            titleClass="A",
            ageYears=120,
            ageMethod="ORAL",
            graftYear=0,
            attributes=bytes([7] * 32),
            evidence=proof,
        )
        survey = self.sign(
            surveyor,
            "Trees.survey",
            tree=int.from_bytes(keccak(text=tag), "big"),
            girthCm=80,
            heightCm=400,
            crownACm=300,
            crownBCm=310,
            health="A",
            accuracyCm=30,
            attributes=bytes([7] * 32),
            evidence=proof,
        )
        anchor = self.sign(self.attester, "Evidence.anchor", root=root, count=1, scheme=1)
        return [self.enrol(farmer), self.enrol(surveyor, "SURVEYOR"), anchor, filing, survey]

    def executions(self) -> dict[str, int]:
        """How often each act was executed on the chain as it is now, by act id."""
        times: dict[str, int] = {}
        for entry in self.rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "topics": [ACTED]}):
            act = entry["topics"][1]
            times[act] = times.get(act, 0) + 1
        return times
