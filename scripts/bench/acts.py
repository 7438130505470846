"""The relay beside the limit: the same acts as transactions signed beforehand and pushed at the node.

Both bring `Evidence.anchor` acts of one notary office, relayed by the development relayers, to a fresh anvil with a
block a second; timed from the first transaction handed in until the last is in a block.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from chain import offchain
from chain.acts import SignedAct
from chain.bundle import GAS
from chain.deploy import FAR_DEADLINE, Deployment, deploy
from chain.outbox import ActState, Outbox
from chain.relay import Relay
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from chain.typed_data import Act, act_type
from scripts.bench.figures import Figure, Options
from scripts.bench.node import CHAIN_ID, node, push

ACTS = 10_000
PUSHED = "signed transactions pushed raw"


def measure(options: Options) -> Iterator[Figure]:
    """Acts per second, pushed and relayed; and how fast acts are signed."""
    count = ACTS // options.scale
    pushed, relayed, signed = [], [], []
    for _ in range(options.rounds):
        with _ledger() as (_, _, keystore, deployment):
            start = time.perf_counter()
            anchors(keystore, deployment, count)
            signed.append(count / (time.perf_counter() - start))
        pushed.append(_pushed(count))
        relayed.append(_relayed(count))
    yield Figure("acts signed (EIP-712)", signed, "acts/s")
    yield Figure(f"limit: {PUSHED}", pushed, "acts/s")
    ratios = [one / other for one, other in zip(relayed, pushed, strict=True)]
    yield Figure("acts relayed, from the outbox into blocks", relayed, "acts/s", PUSHED, ratios, "0.80")


def anchors(keystore: Keystore, deployment: Deployment, count: int) -> list[SignedAct]:
    """Signed acts that differ in their root, with neighbouring nonces."""
    kind, attester = act_type("Evidence.anchor"), keystore.named("attester")
    domain = deployment.domains["Evidence"]
    return [
        attester.sign(
            Act(
                kind,
                kind.read({"root": number.to_bytes(32), "count": 1, "scheme": 1}),
                attester.address,
                2**128 + number,
                FAR_DEADLINE,
            ),
            domain,
        )
        for number in range(1, count + 1)
    ]


@contextlib.contextmanager
def _ledger() -> Iterator[tuple[Settings, Rpc, Keystore, Deployment]]:
    with node("--block-time", "1") as rpc, tempfile.TemporaryDirectory() as folder:
        settings = Settings(rpc_url=rpc.url, chain_id=CHAIN_ID, var_dir=Path(folder), confirmations=1)
        keystore = Keystore(settings.keystore_file, CHAIN_ID)
        yield settings, rpc, keystore, deploy(settings, keystore)


def _pushed(count: int) -> float:
    with _ledger() as (_, rpc, keystore, deployment):
        relayers = keystore.relayers()
        raw = [
            relayers[place % len(relayers)].sign_transaction(
                to=one.domain.address, call=one.calldata, nonce=place // len(relayers), gas=GAS, chain_id=CHAIN_ID
            )
            for place, one in enumerate(anchors(keystore, deployment, count))
        ]
        start = time.perf_counter()
        push(rpc, raw)
        while sum(_mined(rpc, relayer.address) for relayer in relayers) < count:
            time.sleep(0.02)
        return count / (time.perf_counter() - start)


def _relayed(count: int) -> float:
    with _ledger() as (settings, rpc, keystore, deployment):
        offchain.migrate(settings)
        outbox = Outbox(offchain.open_store(settings))
        outbox.accept_all(anchors(keystore, deployment, count))
        stop = threading.Event()
        relay = Relay(outbox, rpc, keystore.relayers(), deployment, settings.confirmations)
        worker = threading.Thread(target=relay.run, args=(stop,))
        start = time.perf_counter()
        worker.start()
        while (standing := outbox.counts()).get(ActState.MINED, 0) + standing.get(ActState.FINAL, 0) < count:
            time.sleep(0.05)
        rate = count / (time.perf_counter() - start)
        stop.set()
        worker.join()
        outbox.store.dispose()
        return rate


def _mined(rpc: Rpc, account: str) -> int:
    return int(rpc.call("eth_getTransactionCount", account, "latest"), 16)
