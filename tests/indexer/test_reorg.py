"""Chains that change their mind: cases A to D of the field's indexers, random ones, and what is too deep to undo."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import ledger, queries
from indexer.mirror import Mirror, NodeBehind, ReorgTooDeep
from indexer.schema import cursor
from indexer.store import open_mirror, reading, writing
from tests.indexer.devnet import Devnet, assets, fresh, running_anvil
from tests.indexer.truth import act, assert_true, chain_events, expected_versions, mirrored_versions


def grow(devnet: Devnet, rng: random.Random, blocks: int) -> None:
    for _ in range(blocks):
        act(devnet, rng)
        devnet.mine()


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)


def test_case_a_a_reorganisation_of_five_blocks(devnet: Devnet, engine: sa.Engine, rng: random.Random) -> None:
    grow(devnet, rng, 20)
    mirror = devnet.mirror(engine)
    mirror.catch_up()
    devnet.rpc.call("anvil_reorg", 5, [])
    mirror.catch_up()  # at the same height
    assert_true(engine, devnet)
    grow(devnet, rng, 2)
    mirror.catch_up()
    assert_true(engine, devnet)


def test_case_b_three_blocks_replaced_by_four(devnet: Devnet, engine: sa.Engine, rng: random.Random) -> None:
    grow(devnet, rng, 10)
    snapshot = devnet.rpc.call("evm_snapshot")
    grow(devnet, rng, 3)
    mirror = devnet.mirror(engine)
    mirror.catch_up()
    devnet.rpc.call("evm_revert", snapshot)
    grow(devnet, rng, 4)
    mirror.catch_up()
    assert_true(engine, devnet)


def test_case_c_the_head_goes_back_and_stays_then_overtakes(
    devnet: Devnet, engine: sa.Engine, rng: random.Random
) -> None:
    grow(devnet, rng, 10)
    snapshot = devnet.rpc.call("evm_snapshot")
    grow(devnet, rng, 6)
    mirror = devnet.mirror(engine)
    mirror.catch_up()
    devnet.rpc.call("evm_revert", snapshot)
    mirror.catch_up()
    assert mirror.block == devnet.head
    assert_true(engine, devnet)
    grow(devnet, rng, 9)
    mirror.catch_up()
    assert_true(engine, devnet)


def test_case_d_deeper_than_the_limit_stops_says_so_and_shows_the_way_back(
    devnet: Devnet, engine: sa.Engine, rng: random.Random
) -> None:
    grow(devnet, rng, 10)
    fork = devnet.head
    snapshot = devnet.rpc.call("evm_snapshot")
    grow(devnet, rng, 80)
    mirror = devnet.mirror(engine, reorg_depth=64)
    mirror.catch_up()
    before = mirrored_versions(engine)
    devnet.rpc.call("evm_revert", snapshot)
    grow(devnet, rng, 90)
    with pytest.raises(ReorgTooDeep) as refusal:
        mirror.catch_up()
    assert refusal.value.values == {"depth": 80, "limit": 64, "ancestor": fork}
    assert mirrored_versions(engine) == before  # nothing was touched

    stopped = threading.Event()
    thread = threading.Thread(target=mirror.run, args=(stopped, 0.01))
    thread.start()
    try:
        status = _await_fault(engine)
        assert status.fault is not None and status.fault["code"] == "ReorgTooDeep" and not status.ready
        with writing(engine) as connection:  # what `mirror rewind --to` writes
            connection.execute(sa.update(cursor).values(rewind_to=fork))
        while mirror.block < devnet.head:
            time.sleep(0.01)
    finally:
        stopped.set()
        thread.join()
    assert_true(engine, devnet)
    with reading(engine) as connection:
        assert queries.status(connection).ready


def _await_fault(engine: sa.Engine) -> queries.MirrorStatus:
    while True:
        with reading(engine) as connection:
            status = queries.status(connection)
        if status.fault is not None:
            return status
        time.sleep(0.01)


def test_a_node_far_behind_on_the_same_chain_is_waited_for(
    devnet: Devnet, engine: sa.Engine, rng: random.Random
) -> None:
    grow(devnet, rng, 3)
    snapshot = devnet.rpc.call("evm_snapshot")
    grow(devnet, rng, 20)
    mirror = devnet.mirror(engine, reorg_depth=10)
    mirror.catch_up()
    before = mirrored_versions(engine)
    devnet.rpc.call("evm_revert", snapshot)
    with pytest.raises(NodeBehind):
        mirror.catch_up()
    assert mirrored_versions(engine) == before


def test_a_lower_head_is_given_time_to_come_back(devnet: Devnet, engine: sa.Engine, rng: random.Random) -> None:
    grow(devnet, rng, 8)
    mirror = devnet.mirror(engine, patience=3600.0)
    mirror.catch_up()
    high = mirror.block
    devnet.rpc.call("anvil_rollback", 2)
    mirror.catch_up()
    assert (mirror.block, devnet.head) == (high, high - 2)


def test_a_reorganisation_while_the_mirror_was_down(devnet: Devnet, engine: sa.Engine, rng: random.Random) -> None:
    grow(devnet, rng, 5)
    snapshot = devnet.rpc.call("evm_snapshot")
    grow(devnet, rng, 9)
    devnet.mirror(engine).catch_up()
    devnet.rpc.call("evm_revert", snapshot)
    grow(devnet, rng, 30)
    devnet.mirror(engine).catch_up()
    assert_true(engine, devnet)


def test_a_reorganisation_before_the_first_contract(devnet: Devnet, engine: sa.Engine) -> None:
    devnet.send("register", 1, 1, "gone", 1)
    devnet.mine()
    mirror = devnet.mirror(engine)
    mirror.catch_up()
    mirror.roll_back(-1)
    assert mirrored_versions(engine) == []
    mirror.catch_up()
    assert_true(engine, devnet)


def test_undone_logs_are_read_in_portions(
    devnet: Devnet, engine: sa.Engine, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "LOGS_AT_ONCE", 7)
    grow(devnet, rng, 40)
    mirror = devnet.mirror(engine)
    mirror.catch_up()
    middle = devnet.head - 30
    mirror.roll_back(middle)
    upto = [event for event in chain_events(devnet) if event[0] <= middle]
    assert mirrored_versions(engine) == expected_versions(upto)
    mirror.catch_up()
    assert_true(engine, devnet)


@pytest.fixture(scope="module")
def shared_devnet() -> Iterator[Devnet]:
    with running_anvil() as chain:
        chain.deploy()
        yield chain


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["grow", "fork", "restart", "step"]), st.integers(1, 6)),
        min_size=3,
        max_size=10,
    ),
    seed=st.integers(0, 2**16),
)
def test_any_history_of_forks_and_restarts_ends_in_the_truth(
    shared_devnet: Devnet, mirror_url: str, moves: list[tuple[str, int]], seed: int
) -> None:
    rng = random.Random(seed)
    engine = fresh(mirror_url)
    mirror: Mirror = shared_devnet.mirror(engine)
    for move, size in moves:
        if move == "fork":
            snapshot = shared_devnet.rpc.call("evm_snapshot")
            grow(shared_devnet, rng, size)
            mirror.step()
            shared_devnet.rpc.call("evm_revert", snapshot)
            grow(shared_devnet, rng, rng.randrange(1, 8))
        elif move == "restart":
            engine.dispose()
            engine = open_mirror(mirror_url)
            mirror = shared_devnet.mirror(engine)
        elif move == "grow":
            grow(shared_devnet, rng, size)
        mirror.step()
    mirror.catch_up()
    assert_true(engine, shared_devnet)
    with reading(engine) as connection:
        blocks = range(shared_devnet.deployed_at, shared_devnet.head + 1)
        for block in rng.sample(blocks, min(3, len(blocks))):
            alive = queries.rows(connection, assets, block, limit=100)
            assert len(alive) == queries.count(connection, assets, block)
    engine.dispose()
