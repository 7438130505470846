"""Catching up, following, starting again, and refusing what is not our chain."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from chain.database import LeaseHeld
from chain.rpc import Rpc
from indexer import ledger, queries
from indexer.dump import dump
from indexer.mirror import AnotherChain, Mirror
from indexer.projection import Fold, Key, Projection, Row, whole, words
from indexer.schema import cursor, logs
from indexer.source import Spans
from indexer.store import only_writer, open_mirror, reading
from tests.indexer.devnet import CHAIN_ID, LEDGER, Devnet, assets, running_anvil
from tests.indexer.truth import act, assert_true


def grow(devnet: Devnet, seed: int, blocks: int) -> None:
    rng = random.Random(seed)
    for _ in range(blocks):
        act(devnet, rng)
        devnet.mine()


def test_a_backfill_holds_every_header_event_and_version(devnet: Devnet, engine: sa.Engine) -> None:
    grow(devnet, seed=1, blocks=120)
    assert devnet.mirror(engine).catch_up() == devnet.head
    assert_true(engine, devnet)


def test_live_blocks_join_the_backfill_without_seam(devnet: Devnet, engine: sa.Engine) -> None:
    grow(devnet, seed=2, blocks=30)
    mirror = devnet.mirror(engine)
    mirror.catch_up()
    for step in range(12):  # one at a time, then several: both sides of the live threshold
        grow(devnet, seed=100 + step, blocks=1 + step)
        mirror.catch_up()
    assert_true(engine, devnet)


def test_a_mirror_started_again_goes_on_where_it_was(devnet: Devnet, engine: sa.Engine) -> None:
    for seed in range(4):
        grow(devnet, seed, blocks=10)
        devnet.mirror(engine).catch_up()
    assert_true(engine, devnet)


def test_keys_of_several_columns_are_found_again_by_a_mirror_that_remembers_none(
    devnet: Devnet, engine: sa.Engine
) -> None:
    owners = Projection(
        name="owners",
        key=(words("id"), whole("owner")),
        columns=(whole("value"), whole("previous")),
        folds=(Fold("Ledger.Registered"), Fold("Ledger.Transferred")),
    )
    for seed in range(6):
        grow(devnet, seed, blocks=6)
        forgetful = devnet.mirror(engine, projections=[owners])
        forgetful.catch_up()
    with reading(engine) as connection:
        before = b"".join(dump(connection, [owners]))
    forgetful.rebuild()
    with reading(engine) as connection:
        assert b"".join(dump(connection, [owners])) == before
        assert any(row["value"] and row["previous"] for row in queries.rows(connection, owners, limit=1000))


@dataclass
class Loads:
    """What mirrors looked for in their database, and the versions that they found."""

    keys: list[Key] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    told, load = Loads(), ledger.load_current

    def loaded(connection: sa.Connection, projection: Projection, keys: Sequence[Key]) -> Iterable[Row]:
        rows = list(load(connection, projection, keys))
        told.keys.extend(keys)
        told.rows.extend(rows)
        return rows

    monkeypatch.setattr(ledger, "load_current", loaded)
    return told


def with_a_small_cache(mirror: Mirror) -> Mirror:
    for shelf in mirror._digest._shelves:
        shelf.limit = 2
    return mirror


def test_versions_that_left_the_cache_are_loaded_again_and_in_a_first_filling_nothing_else_is_looked_for(
    devnet: Devnet, engine: sa.Engine, loads: Loads
) -> None:
    mirror = with_a_small_cache(devnet.mirror(engine))
    for seed in range(12):
        grow(devnet, seed, blocks=6)
        mirror.catch_up()
    assert loads.keys and len(loads.rows) == len(loads.keys)
    assert_true(engine, devnet)


def test_a_first_filling_looks_for_no_version_and_a_mirror_started_again_does(
    devnet: Devnet, engine: sa.Engine, loads: Loads
) -> None:
    for seed, again in ((1, False), (2, True)):
        grow(devnet, seed, blocks=40)
        mirror = devnet.mirror(engine)
        mirror.catch_up()
        assert bool(loads.keys) is again
        loads.keys.clear()
        mirror.rebuild()
        assert not loads.keys
        assert_true(engine, devnet)


def test_a_version_leaves_the_cache_only_once_it_is_written_also_after_going_back(
    devnet: Devnet, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spans, "learn", lambda *_: None)
    mirror = with_a_small_cache(devnet.mirror(engine))
    mirror._source.spans.blocks = 1  # many answers, and looks at the cache, make one transaction
    for seed in range(3):
        grow(devnet, seed, blocks=24)
        mirror.catch_up()
        mirror.roll_back(mirror.block - 20)
        mirror.catch_up()
        assert_true(engine, devnet)


def test_running_follows_the_head_and_stops_when_told(devnet: Devnet, engine: sa.Engine) -> None:
    mirror, stopped = devnet.mirror(engine), threading.Event()
    thread = threading.Thread(target=mirror.run, args=(stopped, 0.01))
    thread.start()
    try:
        grow(devnet, seed=3, blocks=20)
        while mirror.block < devnet.head:
            time.sleep(0.01)
    finally:
        stopped.set()
        thread.join()
    assert_true(engine, devnet)


def test_a_contract_deployed_later_is_mirrored_from_its_first_block(devnet: Devnet, engine: sa.Engine) -> None:
    grow(devnet, seed=4, blocks=3)
    first = devnet.ledger
    devnet.deploy()
    second, second_at = devnet.ledger, devnet.deployed_at
    devnet.send("register", 70, 1, "second", 1)
    devnet.send("register", 71, 1, "first", 1, to=first)
    devnet.mine()
    devnet.ledger, devnet.deployed_at = first, 1
    devnet.mirror(engine).catch_up()
    contracts = {**devnet.contracts, second: ("Ledger", second_at, LEDGER["abi"])}
    mirror = Mirror(
        engine,
        Rpc(devnet.url),
        contracts,
        chain_id=CHAIN_ID,
        genesis_hash=devnet.genesis,
        projections=[assets],
    )
    mirror.catch_up()
    with reading(engine) as connection:
        addresses = {"0x" + address.hex() for address in connection.scalars(sa.select(logs.c.address))}
        names = {queries.row(connection, assets, key)["name"] for key in ("70", "71")}  # type: ignore[index]
    assert addresses == {first, second}
    assert names == {"first", "second"}


def test_another_chain_is_refused(devnet: Devnet, engine: sa.Engine) -> None:
    devnet.mirror(engine).catch_up()
    with running_anvil("--timestamp", "1700000000") as other:
        other.deploy()
        with pytest.raises(AnotherChain):
            other.mirror(engine)  # node and deployment agree, the mirror's past does not
        with pytest.raises(AnotherChain):
            devnet.mirror(engine, url=other.url)  # the node is not the deployment's


def test_only_one_process_writes(engine: sa.Engine) -> None:
    other = open_mirror(engine.url.render_as_string(hide_password=False))
    with only_writer(engine), pytest.raises(LeaseHeld), only_writer(other):
        pass
    with only_writer(other):  # given back
        pass
    other.dispose()


def test_a_standby_takes_over(engine: sa.Engine) -> None:
    other = open_mirror(engine.url.render_as_string(hide_password=False))
    took_over = threading.Event()

    def stand_by() -> None:
        with only_writer(other, wait=True):
            took_over.set()

    with only_writer(engine):
        thread = threading.Thread(target=stand_by)
        thread.start()
        assert not took_over.wait(0.5)
    assert took_over.wait(10)
    thread.join()
    other.dispose()


def test_the_cursor_says_how_far_behind_the_head(devnet: Devnet, engine: sa.Engine) -> None:
    mirror = devnet.mirror(engine)
    grow(devnet, seed=5, blocks=3)
    mirror.catch_up()
    with reading(engine) as connection:
        status = queries.status(connection)
    assert (status.block, status.head, status.lag_blocks, status.ready) == (devnet.head, devnet.head, 0, True)
    assert status.hash == devnet.rpc.call("eth_getBlockByNumber", "latest", False)["hash"]
    with engine.begin() as connection:
        connection.execute(sa.update(cursor).values(head=devnet.head + 7))
    with reading(engine) as connection:
        assert queries.status(connection).lag_blocks == 7
