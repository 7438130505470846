"""A whole running Chaqi for tests: anvil, contracts, mirror and relay, and the application in this process.

Mirror and relay are processes of their own, as they are for a user, so that no test's patches reach them.
`stack` is one a session: tests add to it and never count on being alone. While no test uses it, it sleeps: looking for
work, four of them took half of two cores.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from chain import offchain
from chain.acts import SignedAct
from chain.clock import advance_to
from chain.deploy import Deployment, deploy
from chain.devnet import Devnet, anvil_program
from chain.outbox import ActState, ActStatus, Outbox
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore, Signer
from chain.typed_data import Act, act_type
from chain.vocabulary import role_bits
from indexer.queries import MirrorEmpty
from tests.one_case import of_one_case
from tests.services import mirror, relay

ENOUGH_SECONDS = 60.0
BLOCK_SECONDS = 0.1

CAST = {
    "farmer": ("FARMER",),
    "neighbour": ("FARMER",),
    "village": ("VILLAGE",),
    "surveyor": ("SURVEYOR",),
    "forestry": ("FORESTRY",),
    "agri": ("AGRI",),
    "bank": ("BANK",),
    "notary": ("NOTARY",),
    "court": ("COURT_GW",),
    "firm": ("FIRM",),
    "inspector": ("INSPECTOR",),
    "auditor": ("AUDITOR",),
    "indications": ("GI_AUTH",),
    "appraiser": ("APPRAISER",),
    "second appraiser": ("APPRAISER",),
    "third appraiser": ("APPRAISER",),
    "registry": ("REGISTRY",),
    "second bank": ("BANK",),
    "insurer": ("INSURER",),
    "buyer": ("FIRM",),
    "second notary": ("NOTARY",),
    "office": ("NOTARY_OFFICE",),
    "lawyer": ("LAWYER",),
    "other court": ("COURT_GW",),
}

Found = TypeVar("Found")


@dataclass
class Stack:
    """What runs, and how a test acts on it. People sign by name; `people` and `party_ids` know them."""

    settings: Settings
    rpc: Rpc
    keystore: Keystore
    deployment: Deployment
    app: FastAPI
    client: TestClient
    people: dict[str, Signer] = field(default_factory=dict)
    party_ids: dict[str, int] = field(default_factory=dict)
    processes: list[int] = field(default_factory=list)
    asleep_since: float | None = None

    def sleep(self) -> None:
        """Stops the node, the mirror and the relay where they are."""
        self._signal(signal.SIGSTOP)
        self.asleep_since = time.monotonic()

    def wake(self) -> None:
        """Lets them go on; after a long sleep with a block of the present time, in chain and mirror."""
        if self.asleep_since is None:
            return
        self._signal(signal.SIGCONT)
        long, self.asleep_since = time.monotonic() - self.asleep_since > 1, None
        if long:
            self.rpc.call("evm_mine")
            self.mirrored(int(self.rpc.call("eth_blockNumber"), 16))

    def _signal(self, number: signal.Signals) -> None:
        for process in self.processes:
            os.kill(process, number)

    @property
    def outbox(self) -> Outbox:
        """The application's outbox."""
        outbox: Outbox = self.app.state.context.outbox
        return outbox

    def now(self) -> int:
        """The head's time, UTC seconds."""
        return int(self.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def pass_time(self, seconds: int) -> None:
        """Lets time pass on the chain; from here on it is ahead of the real one."""
        advance_to(self.settings, self.rpc, self.now() + seconds)

    def sign(self, who: str, key: str, **message: Any) -> SignedAct:
        """An act signed by a person of the cast."""
        kind = act_type(key)
        signer = self.people[who]
        act = Act(kind, kind.read(of_one_case(kind, message)), signer.address, secrets.randbits(128), self.now() + 3600)
        return signer.sign(act, self.deployment.domains[kind.contract])

    def act(self, who: str, key: str, **message: Any) -> ActStatus:
        """Signs an act, hands it in, and waits until it is mined and mirrored. Fails when it is refused."""
        return self.carry(self.sign(who, key, **message))

    def carry(self, signed: SignedAct) -> ActStatus:
        """Hands in a signed act and waits until it is mined and mirrored."""
        self.outbox.accept(signed)
        return self.settled(signed.id)

    def settled(self, act: str) -> ActStatus:
        """Waits until an act is mined and mirrored. Fails when it is refused."""

        def mined() -> ActStatus | None:
            status = self.outbox.status(act)
            assert status is None or status.state is not ActState.REFUSED, status.error_words
            return status if status and status.state in (ActState.MINED, ActState.FINAL) else None

        status = wait_for(mined)
        assert status.block_number is not None
        self.mirrored(status.block_number)
        return status

    def mirrored(self, block: int) -> None:
        """Waits until the mirror holds a block."""

        def reached() -> bool:
            try:
                newest: int = self.app.state.context.reads.newest().block
            except MirrorEmpty:  # just begun: ready, and nothing to show yet
                return False
            return newest >= block

        wait_for(reached)

    def enrol(self, who: str, *roles: str) -> int:
        """Makes a person a party, with a key of its own, and returns the party id."""
        self.enrol_all({who: roles})
        return self.party_ids[who]

    def enrol_all(self, cast: Mapping[str, Sequence[str]]) -> None:
        """Makes people parties, all at once."""
        handed_in = []
        for who, roles in cast.items():
            account = self.people[who] = self.keystore.derived(f"stack test {who}")
            identity = {"account": account.address, "identity": "0x" + "1d" * 32}
            handed_in.append(self.sign("operator", "Parties.enrol", roles=role_bits(*roles), **identity))
            self.outbox.accept(handed_in[-1])
        for who, act in zip(cast, handed_in, strict=True):
            self.settled(act.id)
            found = self.client.get("/v1/parties", params={"account": self.people[who].address}).json()
            self.party_ids[who] = found["items"][0]["id"]

    def anchor(self, who: str = "notary") -> str:
        """A fresh live evidence id, attested by a person."""
        root = "0x" + secrets.token_hex(32)
        self.act(who, "Evidence.anchor", root=root, count=1, scheme=1)
        found = self.client.get("/v1/evidence", params={"root": root}).json()
        evidence: str = found["items"][0]["id"]
        return evidence

    def sign_in(self, who: str) -> dict[str, str]:
        """The headers of a person who is signed in."""
        signer = self.people[who]
        asked = self.client.post("/v1/session/challenge", json={"account": signer.address}).json()
        from api.sessions import digest

        signature = signer.sign_digest(digest(asked["message"], self.settings.chain_id))
        signed = self.client.post(
            "/v1/session", json={"message": asked["message"], "signature": "0x" + signature.hex()}
        )
        self.client.cookies.clear()
        return {"authorization": f"Bearer {signed.json()['token']}"}


def wait_for(found: Callable[[], Found | None]) -> Found:
    """Asks until the answer is neither None nor False; a test that waits a minute has failed."""
    deadline = time.monotonic() + ENOUGH_SECONDS
    while time.monotonic() < deadline:
        answer = found()
        if answer is not None and answer is not False:
            return answer
        time.sleep(0.02)
    raise AssertionError("it did not happen within a minute")


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Stack]:
    """Starts everything in `settings.var_dir`, with the cast enrolled, and stops it at the end."""
    with contextlib.ExitStack() as ending:
        processes = [ending.enter_context(Devnet.start(settings, block_time=BLOCK_SECONDS)).pid]
        rpc = Rpc(settings.rpc_url)
        keystore = Keystore(settings.keystore_file, settings.chain_id)
        deployment = deploy(settings, keystore)
        offchain.migrate(settings)
        fresh = multiprocessing.get_context("spawn")
        stop = fresh.Event()
        for work in (mirror, relay):
            process = fresh.Process(target=work, args=(settings, stop), name=work.__name__, daemon=True)
            process.start()
            assert process.pid is not None
            processes.append(process.pid)
            ending.callback(process.join)
        ending.callback(stop.set)
        app = create_app(settings)
        client = ending.enter_context(TestClient(app, raise_server_exceptions=False))
        stack = Stack(settings, rpc, keystore, deployment, app, client, processes=processes)
        ending.callback(stack.wake)
        stack.people["operator"] = keystore.named("operator")
        stack.people["stranger"] = keystore.derived("stack test stranger")
        wait_for(lambda: client.get("/ready").status_code == client.get("/v1/parties").status_code == 200)
        stack.enrol_all(CAST)
        yield stack


_stacks: dict[str, Stack] = {}


@contextlib.contextmanager
def sleeping(fixture: str, stack: Stack) -> Iterator[Stack]:
    """The stack, which sleeps while tests run that do not use this fixture."""
    _stacks[fixture] = stack
    try:
        yield stack
    finally:
        del _stacks[fixture]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Wakes the stack that a test uses."""
    for fixture, stack in _stacks.items():
        if fixture in getattr(item, "fixturenames", ()):
            stack.wake()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Sends to sleep what the test used: the next one may not."""
    for stack in _stacks.values():
        stack.sleep()


@pytest.fixture(scope="session")
def served(stack: Stack) -> Iterator[str]:
    """The address of the application behind a real web server, for clients of other makers."""
    port = free_port()
    config = uvicorn.Config(create_app(stack.settings), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    wait_for(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running Chaqi of this session."""
    if anvil_program() is None:
        pytest.skip("anvil is not installed (make setup, with Node): what needs a running chain was not tested")
    folder: Path = tmp_path_factory.mktemp("stack")
    settings = Settings(
        var_dir=folder, rpc_url=f"http://127.0.0.1:{free_port()}", confirmations=3, upload_limit=2 << 20
    )
    with running(settings) as whole, sleeping("stack", whole):
        yield whole
