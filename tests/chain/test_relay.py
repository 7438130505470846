"""The relay on a real chain: every act once, whatever dies, hangs or is lost."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import chain.bundle
import chain.follower
import chain.relay
from chain.acts import SignedAct
from chain.database import LeaseHeld
from chain.offchain import migrate, open_store, reading, writing
from chain.outbox import ActState, ActStatus, Outbox, acts, attempts, transactions
from chain.refusals import ActRefused
from chain.relay import Relay
from chain.rpc import NodeError, NodeUnreachable, Rpc
from chain.settings import Settings
from chain.simulation import simulate
from tests.chain.ledger import Anvil, Ledger

CONFIRMATIONS = 2
ALONE, PAIRS, TOGETHER = 3_000, 450, 30
"""Of a block's gas the parts by which each act goes alone, two go together, or as many as usual."""


class Flaky(Rpc):
    """A client of the chain whose broadcasts can be disturbed: `on_send` sees each raw transaction first."""

    on_send: Callable[[str], bool | Exception] = staticmethod(lambda raw: True)

    def try_batch(self, calls: Iterable[tuple[str, Sequence[Any]]], result: Any = Any) -> list[Any | NodeError]:
        wanted = list(calls)
        if wanted[0][0] != "eth_sendRawTransaction":
            return super().try_batch(wanted, result)
        answers: list[Any | NodeError] = []
        for call in wanted:
            verdict = self.on_send(call[1][0])
            if verdict:
                answers += super().try_batch([call])
            else:
                answers.append("0x")
            if isinstance(verdict, Exception):
                raise verdict
        return answers


class World:
    """One chain, one outbox, one relay."""

    def __init__(self, ledger: Ledger, store: sa.Engine) -> None:
        self.ledger = ledger
        self.node = ledger.node
        self.store = store
        self.outbox = Outbox(store)
        self.rpc = Flaky(ledger.node.url, timeout=30)
        self.relay = self.new_relay()

    def new_relay(self) -> Relay:
        keys = self.ledger.keys.relayers()
        return Relay(self.outbox, self.rpc, keys, self.ledger.deployment, CONFIRMATIONS)

    def round(self, blocks: int = 1) -> None:
        self.relay.step()
        self.node.mine(blocks)
        self.relay.step()

    def settle(self, rounds: int = 60) -> None:
        """Works and mines until no act is under way."""
        for _ in range(rounds):
            self.round()
            counts = self.outbox.counts()
            if counts.keys() <= {ActState.FINAL, ActState.REFUSED}:
                return
        raise AssertionError(f"still under way after {rounds} rounds: {self.outbox.counts()}")

    def all_final_after_a_block(self, count: int) -> bool:
        self.node.mine()
        return self.outbox.counts() == {ActState.FINAL: count}

    def status(self, act: SignedAct) -> ActStatus:
        status = self.outbox.status(act.id)
        assert status is not None
        return status

    def recipients(self) -> list[tuple[str, int]]:
        """Whom each transaction called, in the order they were signed, and how many acts it carries."""
        query = sa.select(transactions.c.hash, sa.func.count()).join(
            attempts, attempts.c.transaction == transactions.c.sequence
        )
        with reading(self.store) as connection:
            rows = connection.execute(query.group_by(transactions.c.sequence).order_by(transactions.c.sequence)).all()
        sent = self.node.rpc.batch(("eth_getTransactionByHash", [one]) for one, _ in rows)
        return [(one["to"], count) for one, (_, count) in zip(sent, rows, strict=True)]

    def states(self, signed: Iterable[SignedAct]) -> set[ActState]:
        return {self.status(one).state for one in signed}

    def assert_once_each(self, signed: Iterable[SignedAct]) -> None:
        executed = self.ledger.executions()
        assert {one.id: executed.get(one.id, 0) for one in signed} == {one.id: 1 for one in signed}

    def assert_no_gap(self) -> None:
        """Each relayer's nonces follow one another up to the number of transactions that the chain has of it."""
        with reading(self.store) as connection:
            rows = connection.execute(
                sa.select(transactions.c.relayer, transactions.c.nonce).order_by(transactions.c.nonce)
            ).all()
        for relayer, group in itertools.groupby(sorted(rows), key=lambda row: row.relayer):
            nonces = [row.nonce for row in group]
            assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))
            used = int(self.node.rpc.call("eth_getTransactionCount", relayer, "latest"), 16)
            assert used == nonces[-1] + 1


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A chain that many tests use one after the other; relayers' nonces go on from test to test."""
    folder = tmp_path_factory.mktemp("chain")
    node = Anvil(folder).start()
    try:
        ledger = Ledger(node, folder)
        node.by_hand()
        yield ledger
    finally:
        node.kill()


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Ledger]:
    """A chain of one test's own, whose state on disk is that right after deployment."""
    node = Anvil(tmp_path).start()
    try:
        ledger = Ledger(node, tmp_path)
        node.stop()
        node.start().by_hand()
        yield ledger
    finally:
        node.kill()


@pytest.fixture
def world(ledger: Ledger, store: sa.Engine) -> World:
    """On both databases."""
    ledger.node.mine()
    return World(ledger, store)


@pytest.fixture
def own_world(fragile: Ledger, tmp_path: Path) -> Iterator[World]:
    settings = Settings(var_dir=tmp_path / "own", offchain=None)
    migrate(settings)
    store = open_store(settings)
    yield World(fragile, store)
    store.dispose()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything pending is overdue at once."""
    monkeypatch.setattr(chain.relay, "RESEND_SECONDS", 0.0)


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles of at most two acts."""
    monkeypatch.setattr(chain.bundle, "SHARE", PAIRS)


# The way of an act


def test_an_act_goes_from_accepted_to_final(world: World) -> None:
    (act,) = world.ledger.enrolments(1)
    assert world.outbox.accept(act).state is ActState.ACCEPTED
    world.relay.step()
    sent = world.status(act)
    assert sent.state is ActState.SUBMITTED and sent.transaction and sent.block_number is None
    world.round()
    mined = world.status(act)
    assert mined.state is ActState.MINED and mined.transaction == sent.transaction
    receipt = world.rpc.call("eth_getTransactionReceipt", mined.transaction)
    assert (mined.block_hash, mined.block_number) == (receipt["blockHash"], int(receipt["blockNumber"], 16))
    world.round(CONFIRMATIONS - 1)
    assert world.status(act).state is ActState.MINED
    world.round()
    assert world.status(act).state is ActState.FINAL
    world.assert_once_each([act])


def test_all_relayers_share_the_work_and_nonces_have_no_gap(world: World) -> None:
    signed = world.ledger.enrolments(1_100)  # more than one batch
    world.outbox.accept_all(signed)
    world.settle()
    assert world.outbox.counts() == {ActState.FINAL: 1_100}
    world.assert_once_each(signed)
    world.assert_no_gap()
    with reading(world.store) as connection:
        shares = sorted(
            count
            for _, count in connection.execute(
                sa.select(transactions.c.relayer, sa.func.count()).group_by(transactions.c.relayer)
            )
        )
    assert len(shares) == 4 and shares[-1] - shares[0] <= 1
    assert sum(shares) < 1_100 / 20


@pytest.mark.usefixtures("pairs")
def test_no_relayer_has_more_than_its_room_in_flight(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain.relay, "IN_FLIGHT", 3)
    world.outbox.accept_all(world.ledger.enrolments(32))
    world.relay.step()
    world.relay.step()
    assert world.outbox.counts() == {ActState.SUBMITTED: 24, ActState.ACCEPTED: 8}
    world.settle()


def test_a_refused_act_carries_the_contracts_error_its_values_and_its_words(world: World) -> None:
    farmer = world.ledger.stranger()
    first, second = world.ledger.enrol(farmer), world.ledger.enrol(farmer)
    world.outbox.accept_all([first, second])
    world.settle()
    refused = world.status(second)
    assert world.status(first).state is ActState.FINAL
    assert refused.state is ActState.REFUSED
    assert refused.error == "AccountTaken"
    assert refused.error_values is not None and refused.error_values["account"] == farmer.address
    party = refused.error_values["party"]
    assert refused.error_words == {
        "en": f"Account {farmer.address} already belongs or belonged to party {party}.",
        "zh": f"账户 {farmer.address} 现在或曾经属于参与方 {party}。",
    }
    with pytest.raises(ActRefused, match="already belongs"):
        simulate(world.rpc, second, farmer.address)


def test_a_refused_act_is_carried_once_its_reason_is_gone(world: World) -> None:
    *before, survey = world.ledger.road()
    world.outbox.accept(survey)
    world.settle()
    assert world.status(survey).error == "PartyUnknown"
    world.outbox.accept_all(before)
    world.settle()
    world.outbox.accept(survey)
    world.settle()
    done = world.status(survey)
    assert (done.state, done.error, done.error_values, done.error_words) == (ActState.FINAL, None, None, None)
    world.assert_once_each([*before, survey])


def test_simulation_lets_a_good_act_pass(world: World) -> None:
    (act,) = world.ledger.enrolments(1)
    simulate(world.rpc, act, world.ledger.operator.address)
    assert act.id not in world.ledger.executions()


# Several acts in one transaction


def test_an_act_that_waits_alone_goes_straight_to_its_contract_and_several_go_together(world: World) -> None:
    alone, *together = world.ledger.enrolments(4)
    world.outbox.accept(alone)
    world.round()
    world.outbox.accept_all(together)
    world.settle()
    addresses = world.ledger.deployment.address
    assert world.recipients() == [(addresses("Parties"), 1), (addresses("Bundle"), 3)]
    world.assert_once_each([alone, *together])


def test_acts_that_go_together_are_executed_in_their_order(world: World) -> None:
    signed = world.ledger.road()
    world.outbox.accept_all(signed)
    world.round()
    assert world.states(signed) == {ActState.MINED}
    assert {world.status(one).transaction for one in signed} == {world.status(signed[0]).transaction}


def test_a_refused_act_does_not_hurt_those_beside_it(world: World) -> None:
    before, after = world.ledger.enrolments(2)
    refused = world.ledger.enrol(world.ledger.operator)
    world.outbox.accept_all([before, refused, after])
    world.round()
    assert world.states([before, after]) == {ActState.MINED}
    assert (world.status(refused).state, world.status(refused).error) == (ActState.REFUSED, "AccountTaken")
    world.settle()
    assert world.states([before, after]) == {ActState.FINAL}
    world.assert_once_each([before, after])
    assert refused.id not in world.ledger.executions()


def test_an_act_that_runs_out_of_gas_takes_none_of_its_neighbours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, poor, last = world.ledger.enrolments(3)
    world.outbox.accept_all([first, poor, last])
    enough = chain.bundle.gas_limit
    with monkeypatch.context() as patched:
        patched.setattr(chain.bundle, "gas_limit", lambda call: 50_000 if call == poor.calldata else enough(call))
        world.round()
    assert world.states([first, last]) == {ActState.MINED}
    assert world.status(poor).state is ActState.SUBMITTED
    assert world.status(poor).transaction != world.status(first).transaction  # it is under way again, alone
    world.settle()
    assert world.states([first, poor, last]) == {ActState.FINAL}
    world.assert_once_each([first, poor, last])


def test_an_act_that_fails_again_and_again_is_given_up_and_its_neighbours_are_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, poor, last = world.ledger.enrolments(3)
    world.outbox.accept_all([first, poor, last])
    enough = chain.bundle.gas_limit
    monkeypatch.setattr(chain.bundle, "gas_limit", lambda call: 50_000 if call == poor.calldata else enough(call))
    world.settle()
    assert world.states([first, last]) == {ActState.FINAL}
    assert (world.status(poor).state, world.status(poor).error) == (ActState.REFUSED, "ActMalformed")
    world.assert_once_each([first, last])


@pytest.mark.usefixtures("pairs")
def test_acts_that_need_more_gas_than_one_transaction_may_use_go_into_several(world: World) -> None:
    signed = world.ledger.enrolments(7)
    world.outbox.accept_all(signed)
    world.settle()
    assert [count for _, count in world.recipients()] == [2, 2, 2, 1]
    assert world.states(signed) == {ActState.FINAL}
    world.assert_once_each(signed)


def test_an_act_for_an_address_without_code_is_not_taken_for_executed(world: World) -> None:
    """A call to it succeeds and does nothing."""
    signed = world.ledger.enrolments(3)
    world.outbox.accept_all(signed)
    with writing(world.store) as connection:
        nowhere = acts.update().where(acts.c.id == signed[1].id).values(contract="0x" + "77" * 20)
        connection.execute(nowhere)
    world.settle()
    assert [world.status(one).state for one in signed] == [ActState.FINAL, ActState.REFUSED, ActState.FINAL]


# Order


@pytest.mark.usefixtures("hasty", "pairs")
@pytest.mark.parametrize("held", range(4))
def test_acts_that_build_on_each_other_arrive_although_one_relayer_is_late(world: World, held: int) -> None:
    """The chain sees them in the wrong order; each is tried again until what it builds on is there."""
    late = world.ledger.keys.relayers()[held]
    blocked = True

    def on_send(raw: str) -> bool:
        return not (blocked and raw in kept)

    signed = [act for _ in range(3) for act in world.ledger.road()]
    world.outbox.accept_all(signed)
    kept: set[str] = set()
    world.rpc.on_send = lambda raw: False
    world.relay.step()
    with reading(world.store) as connection:
        query = sa.select(transactions.c.raw).where(transactions.c.relayer == late.address)
        kept |= {"0x" + raw.hex() for raw in connection.execute(query).scalars()}
    world.rpc.on_send = on_send
    for _ in range(3):
        world.round()
    assert ActState.REFUSED not in world.outbox.counts()
    assert world.outbox.counts().get(ActState.SUBMITTED, 0) >= 3
    blocked = False
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    world.assert_once_each(signed)
    world.assert_no_gap()


def test_an_act_that_reverts_though_simulation_lets_it_pass_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the block has too little gas for it; nobody may spend gas for it for ever."""
    (act,) = world.ledger.enrolments(1)
    world.outbox.accept(act)
    monkeypatch.setattr(chain.bundle, "GAS", 70_000)
    monkeypatch.setattr(chain.bundle, "GAS_A_BYTE", 0)
    pretended = [("0x",)]
    monkeypatch.setattr(chain.follower, "simulate_all", lambda rpc, calls, sender: pretended * len(calls))
    world.settle()
    assert (world.status(act).state, world.status(act).error) == (ActState.REFUSED, "ActMalformed")
    with reading(world.store) as connection:
        sent = connection.execute(sa.select(sa.func.count()).select_from(transactions)).scalar()
    assert sent == chain.follower.ATTEMPTS


# Nodes that fail


@pytest.mark.usefixtures("hasty", "pairs")
def test_a_node_that_takes_a_transaction_but_never_says_so(world: World) -> None:
    signed = world.ledger.enrolments(10)
    world.outbox.accept_all(signed)
    world.rpc.on_send = lambda raw: NodeUnreachable(url="", reason="timeout")
    for _ in range(3):
        with pytest.raises(NodeUnreachable):
            world.relay.step()
    world.rpc.on_send = lambda raw: True  # from now on "already known" and "nonce too low"
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    world.assert_once_each(signed)
    world.assert_no_gap()


@pytest.mark.usefixtures("hasty", "pairs")
def test_a_node_that_says_it_took_transactions_and_did_not(world: World) -> None:
    signed = world.ledger.enrolments(10)
    world.outbox.accept_all(signed)
    world.rpc.on_send = lambda raw: False
    world.round(3)
    assert world.states(signed) == {ActState.SUBMITTED}
    world.rpc.on_send = lambda raw: True
    world.settle()
    world.assert_once_each(signed)
    world.assert_no_gap()


@pytest.mark.usefixtures("pairs")
def test_a_commit_that_fails_leaves_no_gap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = world.ledger.enrolments(8)
    world.outbox.accept_all(signed)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(chain.relay, "set_state", fail)
        with pytest.raises(OSError, match="disk full"):
            world.relay.step()
    world.settle()
    world.assert_once_each(signed)
    world.assert_no_gap()


@pytest.mark.usefixtures("hasty", "pairs")
def test_a_nonce_that_somebody_else_took_costs_the_act_nothing(world: World) -> None:
    """Two installations with the same relayer keys: the act goes into a new transaction."""
    signed = world.ledger.enrolments(8)
    world.outbox.accept_all(signed)
    world.rpc.on_send = lambda raw: False
    world.relay.step()
    for relayer in world.ledger.keys.relayers():
        nonce = int(world.rpc.call("eth_getTransactionCount", relayer.address, "latest"), 16)
        raw = relayer.sign_transaction(
            to=relayer.address, call=b"", nonce=nonce, gas=21_000, chain_id=world.ledger.settings.chain_id
        )
        world.node.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
    world.node.mine()
    world.rpc.on_send = lambda raw: True
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    world.assert_once_each(signed)
    world.assert_no_gap()


@pytest.mark.usefixtures("hasty")
def test_a_nonce_that_a_block_in_the_making_has_used_is_not_taken_for_another_transactions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node with much state counts nonces seconds before it has their block, and knows no transaction of it yet."""
    signed = world.ledger.enrolments(8)
    world.outbox.accept_all(signed)
    world.relay.step()
    head = world.rpc.call("eth_getBlockByNumber", "latest", False)
    call, batch = world.rpc.call, world.rpc.batch

    def old_head(method: str, *params: Any) -> Any:
        return head if (method, *params[:1]) == ("eth_getBlockByNumber", "latest") else call(method, *params)

    def unknown(calls: Iterable[tuple[str, Sequence[Any]]]) -> list[Any]:
        wanted = list(calls)
        return [None] * len(wanted) if wanted and wanted[0][0] == "eth_getTransactionByHash" else batch(wanted)

    with monkeypatch.context() as patched:
        patched.setattr(world.rpc, "call", old_head)
        patched.setattr(world.rpc, "batch", unknown)
        world.node.mine()
        for _ in range(3):
            world.relay.step()
    assert world.states(signed) == {ActState.SUBMITTED}
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    world.assert_once_each(signed)


def test_a_node_that_keeps_back_logs_does_not_make_an_act_look_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, *more = world.ledger.enrolments(3)
    refused = world.ledger.enrol(world.ledger.operator)
    world.outbox.accept(act)
    world.relay.step()
    world.outbox.accept_all([more[0], refused, more[1]])
    batch = Rpc.batch

    def without_logs(self: Rpc, calls: Iterable[tuple[str, Sequence[Any]]]) -> list[Any]:
        wanted = list(calls)
        if wanted and wanted[0][0] == "eth_getLogs":
            return [[] for _ in wanted]
        return batch(self, wanted)

    monkeypatch.setattr(Flaky, "batch", without_logs)
    world.settle()
    assert world.states([act, *more]) == {ActState.FINAL}
    assert world.status(refused).state is ActState.REFUSED
    assert [count for _, count in world.recipients()] == [1, 3]


def test_a_node_that_is_away_for_a_while_is_waited_for(own_world: World) -> None:
    world = own_world
    signed = world.ledger.enrolments(30)
    stop = threading.Event()
    runner = threading.Thread(target=world.relay.run, args=(stop, 0.01))
    runner.start()
    try:
        world.outbox.accept_all(signed[:10])
        wait_until(lambda: world.outbox.counts().get(ActState.SUBMITTED) == 10)
        wait_until(lambda: world.all_final_after_a_block(10))
        world.node.stop()
        world.outbox.accept_all(signed[10:])
        time.sleep(0.3)
        assert runner.is_alive()
        world.node.start().by_hand()
        wait_until(lambda: world.outbox.counts().get(ActState.SUBMITTED) == 20)
        wait_until(lambda: world.all_final_after_a_block(30))
    finally:
        stop.set()
        runner.join()
    world.assert_once_each(signed)
    world.assert_no_gap()


# Blocks that are lost


@pytest.mark.parametrize("new_process", [False, True])
@pytest.mark.parametrize("roads", [8])
@pytest.mark.usefixtures("hasty", "pairs")
def test_acts_in_blocks_that_a_killed_node_forgot_come_back(own_world: World, new_process: bool, roads: int) -> None:
    """Even final ones, and such as build on each other, carried by different relayers."""
    world = own_world
    signed = [act for _ in range(roads) for act in world.ledger.road()]
    for start in range(0, len(signed), 7):
        world.outbox.accept_all(signed[start : start + 7])
        world.round()
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    world.node.kill()
    world.node.start().by_hand()
    assert not world.ledger.executions().keys() & {one.id for one in signed}
    if new_process:
        world.relay = world.new_relay()
    world.relay.step()
    assert world.states(signed) == {ActState.SUBMITTED}
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    world.assert_once_each(signed)
    world.assert_no_gap()


@pytest.mark.usefixtures("hasty")
def test_lost_blocks_are_noticed_although_the_chain_is_as_long_again(own_world: World) -> None:
    world = own_world
    signed = world.ledger.enrolments(5)
    world.outbox.accept_all(signed)
    world.settle()
    head = int(world.rpc.call("eth_blockNumber"), 16)
    world.node.kill()
    world.node.start().by_hand()
    world.node.mine(head - int(world.rpc.call("eth_blockNumber"), 16))
    world.relay.step()
    assert world.states(signed) == {ActState.SUBMITTED}
    world.settle()
    world.assert_once_each(signed)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("depth", [1, 3])
def test_a_reorganisation_brings_every_act_back_once(own_world: World, depth: int) -> None:
    world = own_world
    signed = world.ledger.enrolments(12)
    for act in signed:
        world.outbox.accept(act)
        world.round()
    world.rpc.call("anvil_reorg", depth, [])
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    world.assert_once_each(signed)
    world.assert_no_gap()


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("new_process", [False, True])
def test_acts_that_went_together_come_back_together_when_their_block_is_lost(
    own_world: World, new_process: bool
) -> None:
    world = own_world
    signed = world.ledger.enrolments(5)
    refused = world.ledger.enrol(world.ledger.operator)
    everything = [*signed[:3], refused, *signed[3:]]
    world.outbox.accept_all(everything)
    world.round()
    first = world.status(signed[0]).transaction
    assert world.states(signed) == {ActState.MINED}
    world.rpc.call("anvil_reorg", 1, [])
    if new_process:
        world.relay = world.new_relay()
    world.relay.step()
    assert world.states(everything) == {ActState.SUBMITTED}
    assert world.status(refused).error is None
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    assert world.status(refused).state is ActState.REFUSED
    assert {world.status(one).transaction for one in everything} == {first}  # the same bytes
    world.assert_once_each(signed)
    world.assert_no_gap()


@pytest.mark.usefixtures("hasty")
def test_an_act_refused_in_a_lost_block_is_judged_anew(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two acts that exclude each other the chain, replayed, may accept the other one; never both or none."""
    monkeypatch.setattr(chain.bundle, "SHARE", ALONE)
    world = own_world
    farmer = world.ledger.stranger()
    pair = [world.ledger.enrol(farmer), world.ledger.enrol(farmer)]
    world.outbox.accept_all(pair)
    world.settle()
    world.node.kill()
    world.node.start().by_hand()
    world.relay.step()
    assert world.states(pair) == {ActState.SUBMITTED}
    assert {world.status(one).error for one in pair} == {None}
    world.settle()
    assert sorted(world.status(one).state for one in pair) == [ActState.FINAL, ActState.REFUSED]
    assert sorted(world.ledger.executions().get(one.id, 0) for one in pair) == [0, 1]


# Processes that die


@pytest.mark.usefixtures("hasty")
def test_acts_written_down_together_are_sent_by_the_process_after(world: World) -> None:
    """The process ends between the commit and the first broadcast."""
    signed = [*world.ledger.road(), *world.ledger.road()]
    world.outbox.accept_all(signed)

    def die(raw: str) -> bool:
        raise Died

    world.rpc.on_send = die
    with pytest.raises(Died):
        world.relay.step()
    assert world.states(signed) == {ActState.SUBMITTED}
    written = {world.status(one).transaction for one in signed}
    world.rpc.on_send = lambda raw: True
    world.relay = world.new_relay()
    world.settle()
    assert {world.status(one).transaction for one in signed} == written
    world.assert_once_each(signed)
    world.assert_no_gap()


RELAY_PROCESS = textwrap.dedent(
    """
    import sys, threading
    from pathlib import Path
    from chain.deploy import Deployment
    from chain.offchain import open_store
    from chain.outbox import Outbox
    from chain.relay import Relay
    from chain.rpc import Rpc
    from chain.settings import Settings
    from chain.signers import Keystore

    url, var, chain_var = sys.argv[1:]
    deployment = Deployment.load(Settings(var_dir=Path(chain_var)))
    settings = Settings(rpc_url=url, var_dir=Path(var), offchain=None)
    keys = Keystore(settings.keystore_file, settings.chain_id).relayers()
    relay = Relay(Outbox(open_store(settings)), Rpc(url), keys, deployment, 2)
    print("ready", flush=True)
    relay.run(threading.Event(), 0.01)
    """
)


@pytest.mark.usefixtures("hasty", "pairs")
@pytest.mark.parametrize("seed", range(3))
def test_a_relay_killed_at_random_moments_loses_and_doubles_nothing(own_world: World, seed: int) -> None:
    world, chance = own_world, random.Random(seed)
    signed = [act for _ in range(60) for act in world.ledger.road()]
    handed_in = 0
    for _ in range(6):
        more = chance.randrange(20, 60)
        world.outbox.accept_all(signed[handed_in : handed_in + more])
        handed_in += more
        own = Path(str(world.store.url.database)).parent
        arguments = [world.node.url, str(own), str(world.ledger.settings.var_dir)]
        with subprocess.Popen([sys.executable, "-c", RELAY_PROCESS, *arguments], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            for _ in range(chance.randrange(4)):
                time.sleep(chance.uniform(0.0, 0.06))
                world.node.mine()
            time.sleep(chance.uniform(0.0, 0.06))
            process.kill()
    world.outbox.accept_all(signed)
    world.relay = world.new_relay()
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    world.assert_once_each(signed)
    world.assert_no_gap()


class Died(Exception):
    """The process ended here."""


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("share", [ALONE, PAIRS, TOGETHER])
def test_a_relay_that_dies_at_any_commit_or_call_loses_and_doubles_nothing(
    own_world: World, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    """Every place where the relay touches store or node, in turn, is its last; a new one takes over."""
    world = own_world
    refused = world.ledger.enrol(world.ledger.operator)
    post = Rpc._post
    steps = 0
    deadline = 0

    def count() -> None:
        nonlocal steps
        steps += 1
        if steps == deadline:
            raise Died

    def dying_writing(store: sa.Engine) -> Any:
        count()
        return writing(store)

    def dying_post(self: Rpc, payload: Any) -> bytes:
        if not isinstance(self, Flaky):
            return post(self, payload)
        count()
        answer = post(self, payload)
        count()
        return answer

    monkeypatch.setattr(chain.bundle, "SHARE", share)
    for module in (chain.relay, chain.follower):
        monkeypatch.setattr(module, "writing", dying_writing)
    monkeypatch.setattr(Rpc, "_post", dying_post)
    signed: list[SignedAct] = []
    for fatal in range(1, 40):
        signed += world.ledger.road()
        world.outbox.accept_all(signed[-5:])
        if fatal == 1:
            world.outbox.accept(refused)
        steps, deadline = 0, fatal
        try:
            for _ in range(4):
                world.round()
        except Died:
            world.relay = world.new_relay()
    deadline = 0
    world.settle()
    assert world.states(signed) == {ActState.FINAL}
    assert world.states([refused]) == {ActState.REFUSED}
    world.assert_once_each(signed)
    world.assert_no_gap()


def test_a_second_relay_is_turned_away(world: World) -> None:
    stop, entered = threading.Event(), threading.Event()
    step = world.relay.step

    def first_step() -> int:
        entered.set()
        return step()

    world.relay.step = first_step  # type: ignore[method-assign]
    runner = threading.Thread(target=world.relay.run, args=(stop, 0.01))
    runner.start()
    try:
        assert entered.wait(10)
        with pytest.raises(LeaseHeld):
            world.new_relay().run(stop)
    finally:
        stop.set()
        runner.join()
    world.new_relay().run(stop)  # free again; stops at once


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)
