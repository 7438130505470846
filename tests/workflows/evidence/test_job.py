"""The worker's round against a real chain: nothing lost, nothing doubled, whatever happens in between."""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from chain.offchain import migrate, open_store, reading
from chain.outbox import Outbox
from chain.relay import Relay
from chain.settings import Settings
from tests.workflows.evidence.conftest import CONFIRMATIONS, Node
from workflows.evidence import job
from workflows.evidence.anchored import ANCHORED
from workflows.evidence.batches import Batch, Submission, enqueue, receipt_of, receipts, reopen
from workflows.evidence.hashing import Digests
from workflows.evidence.job import KeyAttester, OutboxRelay, Round, anchor_pending
from workflows.evidence.receipt import State
from workflows.evidence.tables import Stage

ROOT = Path(__file__).parents[3]


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[sa.Engine]:
    settings = Settings(var_dir=tmp_path, offchain=None)
    migrate(settings)
    engine = open_store(settings)
    yield engine
    engine.dispose()


def documents(count: int) -> list[Submission]:
    """Fresh documents, so that no two tests on one chain share a root."""
    made = []
    for number in range(count):
        digest = hashlib.sha256(number.to_bytes(4)).digest()
        made.append(Submission(Digests(number, digest, digest), secrets.token_bytes(32)))
    return made


def a_round(store: sa.Engine, node: Node, relay: job.Relay, **options: int) -> Round:
    """One round at the chain's own time."""
    now = int(node.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    return anchor_pending(store, node.attester, relay, node.chain, now=now, **options)


def anchored_roots(node: Node, store: sa.Engine) -> list[str]:
    """The roots of this store's batches as the chain's events list them."""
    with reading(store) as connection:
        ours = {"0x" + root.hex() for root in connection.scalars(sa.select(Batch.c.root))}
    found = node.rpc.call(
        "eth_getLogs",
        {"fromBlock": "0x0", "address": node.chain.domain.address, "topics": [ANCHORED]},
    )
    return [log["data"][:66] for log in found if log["data"][:66] in ours]


def stages(store: sa.Engine) -> list[Stage]:
    """Stages of all batches, oldest first."""
    with reading(store) as connection:
        return list(connection.scalars(sa.select(Batch.c.stage).order_by(Batch.c.id)))


def test_documents_go_from_pending_through_anchored_to_final(sqlite_store: sa.Engine, node: Node) -> None:
    relay, submitted = node.relay(), documents(5)
    enqueue(sqlite_store, 1, submitted, now=0)
    first = a_round(sqlite_store, node, relay)
    assert (len(first.closed), first.signed, first.anchored) == (1, first.closed, [])
    assert receipt_of(sqlite_store, submitted[0].leaf).state is State.PENDING

    assert a_round(sqlite_store, node, relay).anchored == first.closed
    anchored = receipt_of(sqlite_store, submitted[0].leaf)
    assert anchored.state is State.ANCHORED and anchored.anchor is not None
    assert anchored.anchor.attester == 1

    node.mine(3)
    assert a_round(sqlite_store, node, relay).final == first.closed
    assert receipt_of(sqlite_store, submitted[4].leaf).state is State.FINAL
    assert a_round(sqlite_store, node, relay) == Round()


def test_a_round_without_documents_sends_nothing(sqlite_store: sa.Engine, node: Node) -> None:
    relay = node.relay()
    assert a_round(sqlite_store, node, relay) == Round()
    assert relay.submitted == []


def test_the_queue_is_cut_into_batches_of_the_limit(sqlite_store: sa.Engine, node: Node) -> None:
    enqueue(sqlite_store, 1, documents(7), now=0)
    assert len(a_round(sqlite_store, node, node.relay(), limit=3).closed) == 3


def test_while_the_relay_is_away_the_same_bytes_are_offered_again(sqlite_store: sa.Engine, node: Node) -> None:
    relay = node.relay()
    relay.offline = True
    enqueue(sqlite_store, 1, documents(2), now=0)
    for _ in range(3):
        a_round(sqlite_store, node, relay)
    assert len(relay.submitted) == 3
    assert len({one.id for one in relay.submitted}) == 1
    relay.offline = False
    a_round(sqlite_store, node, relay)
    a_round(sqlite_store, node, relay)
    assert stages(sqlite_store) == [Stage.ANCHORED]


@pytest.mark.parametrize("step", ["build", "_move", "find_anchor", "newest_block", "_bring"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_dying_around_any_step_loses_and_doubles_nothing(
    sqlite_store: sa.Engine, node: Node, monkeypatch: pytest.MonkeyPatch, step: str, moment: str
) -> None:
    """Every step dies on each of its calls once; then rounds go on undisturbed."""
    relay, submitted = node.relay(), documents(4)
    enqueue(sqlite_store, 1, submitted, now=0)
    real = getattr(job, step)
    for dies_at in range(3):
        calls = iter(range(1000))

        def dying(*arguments: object, **named: object) -> object:
            dies = next(calls) == dies_at  # noqa: B023
            if dies and moment == "before":
                raise KeyboardInterrupt
            result = real(*arguments, **named)
            if dies:
                raise KeyboardInterrupt
            return result

        monkeypatch.setattr(job, step, dying)
        with suppress(KeyboardInterrupt):
            a_round(sqlite_store, node, relay)
        monkeypatch.undo()
    for _ in range(4):
        a_round(sqlite_store, node, relay)
        node.mine(2)
    assert stages(sqlite_store) == [Stage.FINAL]
    assert len(anchored_roots(node, sqlite_store)) == 1
    assert {receipt_of(sqlite_store, one.leaf).state for one in submitted} == {State.FINAL}


@pytest.mark.parametrize("blocks_before_loss", [1, 6])
def test_an_anchor_lost_with_its_block_is_brought_again(
    sqlite_store: sa.Engine, node: Node, blocks_before_loss: int
) -> None:
    """A reorganisation, or a killed development node that lost its last blocks, even after the batch was
    final.
    """
    relay, submitted = node.relay(), documents(3)
    before = node.rpc.call("evm_snapshot")
    enqueue(sqlite_store, 1, submitted, now=0)
    a_round(sqlite_store, node, relay)
    node.mine(blocks_before_loss)
    a_round(sqlite_store, node, relay)
    old = receipt_of(sqlite_store, submitted[0].leaf).anchor
    assert stages(sqlite_store) == [Stage.FINAL if blocks_before_loss == 6 else Stage.ANCHORED]

    node.rpc.call("evm_revert", before)
    relay.sent.clear()
    node.mine()
    lost = a_round(sqlite_store, node, relay)
    assert lost.lost != []
    assert receipt_of(sqlite_store, submitted[0].leaf).state is State.PENDING
    a_round(sqlite_store, node, relay)
    a_round(sqlite_store, node, relay)
    new = receipt_of(sqlite_store, submitted[0].leaf).anchor
    assert old is not None and new is not None
    assert (new.evidence, new.block_hash != old.block_hash) == (old.evidence, True)
    assert len({one.id for one in relay.submitted}) == 1


def test_an_act_that_outlived_its_deadline_is_signed_anew(sqlite_store: sa.Engine, node: Node) -> None:
    relay = node.relay()
    relay.offline = True
    enqueue(sqlite_store, 1, documents(1), now=0)
    a_round(sqlite_store, node, relay)
    snapshot = node.rpc.call("evm_snapshot")
    node.rpc.call("evm_increaseTime", node.attester.lifetime + 1)
    node.mine()
    relay.offline = False
    for _ in range(3):
        a_round(sqlite_store, node, relay)
    assert stages(sqlite_store) == [Stage.ANCHORED]
    assert len({one.id for one in relay.submitted}) == 2
    assert len(anchored_roots(node, sqlite_store)) == 1
    node.rpc.call("evm_revert", snapshot)


def test_a_refused_batch_waits_for_a_person(sqlite_store: sa.Engine, node: Node) -> None:
    relay = node.relay()
    relay.offline = True
    enqueue(sqlite_store, 1, documents(1), now=0)
    (batch,) = a_round(sqlite_store, node, relay).signed
    relay.refusals[relay.submitted[-1].id] = {"en": "Party 1 is suspended."}
    assert a_round(sqlite_store, node, relay).refused == [batch]
    offered = len(relay.submitted)
    assert a_round(sqlite_store, node, relay) == Round()
    assert len(relay.submitted) == offered

    relay.offline = False
    assert reopen(sqlite_store, batch)
    a_round(sqlite_store, node, relay)
    assert a_round(sqlite_store, node, relay).anchored == [batch]


def test_through_the_real_outbox_and_relay(sqlite_store: sa.Engine, node: Node) -> None:
    outbox = Outbox(sqlite_store)
    relay = Relay(outbox, node.rpc, [node.keystore.derived("a-relayer")], node.deployment, CONFIRMATIONS)
    submitted = documents(3)
    enqueue(sqlite_store, 1, submitted, now=0)
    for _ in range(200):
        a_round(sqlite_store, node, OutboxRelay(outbox))
        relay.step()
        node.mine()
        if stages(sqlite_store) == [Stage.FINAL]:
            break
    assert {receipt_of(sqlite_store, one.leaf).state for one in submitted} == {State.FINAL}


def test_a_refusal_of_the_real_relay_reaches_the_batch_in_words(sqlite_store: sa.Engine, node: Node) -> None:
    """A key that no party owns signs for the attester."""
    outbox = Outbox(sqlite_store)
    relay = Relay(outbox, node.rpc, [node.keystore.derived("b-relayer")], node.deployment, CONFIRMATIONS)
    stranger = KeyAttester(1, node.keystore.derived("a stranger"), node.chain.domain)
    enqueue(sqlite_store, 1, documents(1), now=0)
    for _ in range(200):
        anchor_pending(sqlite_store, stranger, OutboxRelay(outbox), node.chain, now=0)
        relay.step()
        node.mine()
        if stages(sqlite_store) == [Stage.REFUSED]:
            break
    with reading(sqlite_store) as connection:
        words = connection.scalar(sa.select(Batch.c.refusal))
    assert words is not None and set(words) == {"en", "zh"}


def kill_and_restart(node: Node, settings: Settings, seconds: float) -> None:
    """Runs rounds in a process of their own and kills it after `seconds`."""
    command = [sys.executable, "-m", "tests.workflows.evidence.killed_worker"]
    arguments = [str(settings.var_dir), node.settings.rpc_url, str(node.settings.var_dir)]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        process.kill()


def test_a_worker_killed_again_and_again_loses_and_doubles_nothing(node: Node, tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "killed", offchain=None)
    migrate(settings)
    store = open_store(settings)
    submitted = documents(400)
    enqueue(store, 1, submitted, now=0)
    for step in range(3):
        kill_and_restart(node, settings, seconds=0.02 + 0.06 * step)
    relay = node.relay()
    for _ in range(6):
        a_round(store, node, relay, limit=40)
        node.mine(2)
    assert set(stages(store)) == {Stage.FINAL}
    roots = anchored_roots(node, store)
    assert len(roots) == len(set(roots)) == len(stages(store)) == 10
    issued = [receipt.batch for receipt in receipts(store, (one.leaf for one in submitted))]
    assert len({(part.root, part.index) for part in issued if part is not None}) == 400
    store.dispose()
