"""The mirror is a function of the chain: rebuilt, refolded in part, or on another database, it is the same bytes."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import ledger, queries
from indexer.digest import Batch
from indexer.dump import dump
from indexer.mirror import Mirror
from indexer.projection import Fold, Projection, whole, words
from indexer.schema import folds
from indexer.store import reading
from indexer.transaction import Statement
from tests.indexer.devnet import Devnet, assets, fresh, running_anvil
from tests.indexer.truth import act, assert_true, chain_events, fold
from tests.stores import new_database


def grow(devnet: Devnet, seed: int, blocks: int) -> None:
    rng = random.Random(seed)
    for _ in range(blocks):
        act(devnet, rng)
        devnet.mine()


def dumped(engine: sa.Engine, projections: list[Projection]) -> bytes:
    with reading(engine) as connection:
        return b"".join(dump(connection, projections))


def test_both_databases_and_both_ways_of_filling_give_the_same_dump(
    devnet: Devnet, sqlite_engine: Callable[[str], sa.Engine], postgres: str
) -> None:
    live, late, pg = sqlite_engine("live"), sqlite_engine("late"), fresh(new_database(postgres))
    mirror = devnet.mirror(live)
    for seed in range(8):
        grow(devnet, seed, blocks=5)
        mirror.catch_up()
    for engine in (late, pg):
        devnet.mirror(engine).catch_up()
    assert dumped(live, [assets]) == dumped(late, [assets]) == dumped(pg, [assets])
    assert dumped(live, [assets]).count(b"\n") > 40
    pg.dispose()


@pytest.mark.parametrize("portion", [7, 20_000])
def test_a_rebuild_from_stored_logs_gives_the_same_bytes(
    devnet: Devnet, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    monkeypatch.setattr(ledger, "LOGS_AT_ONCE", portion)
    grow(devnet, seed=1, blocks=60)
    mirror = devnet.mirror(engine)
    mirror.catch_up()
    before = dumped(engine, [assets])
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE assets SET owner = 99")
        connection.exec_driver_sql("DELETE FROM assets WHERE since_block > 20")
    assert mirror.rebuild() == len(chain_events(devnet))
    assert dumped(engine, [assets]) == before


def test_a_rebuild_that_was_cut_off_goes_on(devnet: Devnet, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LOGS_AT_ONCE", 11)
    grow(devnet, seed=2, blocks=40)
    mirror = devnet.mirror(engine)
    mirror.catch_up()
    before = dumped(engine, [assets])
    written: list[Batch] = []

    class PowerCut(Exception):
        pass

    real = ledger.version_statements

    def cut(dialect: sa.Dialect, batch: Batch) -> list[Statement]:
        if len(written) == 3:
            raise PowerCut
        written.append(batch)
        return real(dialect, batch)

    monkeypatch.setattr(ledger, "version_statements", cut)
    with pytest.raises(PowerCut):
        mirror.rebuild()
    with reading(engine) as connection:
        status = queries.status(connection)
        assert 0 < status.folded["assets"] < status.block
        assert not status.ready
    monkeypatch.setattr(ledger, "version_statements", real)
    devnet.mirror(engine)  # what the next start does
    assert dumped(engine, [assets]) == before


def test_a_new_changed_or_dropped_projection_is_folded_from_the_stored_logs(devnet: Devnet, engine: sa.Engine) -> None:
    grow(devnet, seed=3, blocks=20)
    devnet.mirror(engine).catch_up()
    moves = Projection(
        name="moves",
        key=(words("id"),),
        columns=(words("to_account", ""),),
        folds=(Fold("Ledger.Moved", sets={"to_account": "to"}),),
    )
    devnet.mirror(engine, projections=[assets, moves])
    moved = {str(arguments["id"]) for _, _, event, arguments in chain_events(devnet) if event == "Moved"}
    with reading(engine) as connection:
        assert {row["id"] for row in queries.rows(connection, moves)} == moved
        fingerprint = connection.scalar(sa.select(folds.c.fingerprint).where(folds.c.projection == "moves"))

    counted = Projection(
        name="tally",
        key=(words("id"),),
        columns=(whole("times"),),
        folds=(
            Fold(
                "Ledger.Moved",
                keys=lambda event: [event["id"]],
                step=lambda state, event, key: {"times": (state["times"] if state else 0) + 1},
            ),
        ),
    )
    devnet.mirror(engine, projections=[counted])
    with reading(engine) as connection:
        assert sum(row["times"] for row in queries.rows(connection, counted)) == sum(
            event == "Moved" for _, _, event, _ in chain_events(devnet)
        )
        assert set(queries.status(connection).folded) == {"tally"}
        assert not sa.inspect(connection).has_table("moves")
    assert fingerprint is not None
    devnet.mirror(engine)
    assert_true(engine, devnet)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**16), blocks=st.integers(3, 12))
def test_versions_as_of_a_block_are_the_fold_of_events_up_to_it(
    shared: tuple[Devnet, Mirror], seed: int, blocks: int
) -> None:
    devnet, mirror = shared
    grow(devnet, seed, blocks)
    mirror.catch_up()
    chain = chain_events(devnet)
    with reading(mirror.engine) as connection:
        for block in random.Random(seed).sample(range(devnet.head + 1), min(4, devnet.head + 1)):
            rows = queries.rows(connection, assets, block, limit=1000)
            found = {row["id"]: (row["owner"], row["status"], row["value"], row["name"]) for row in rows}
            assert found == fold(chain, block)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> object:
    with running_anvil() as chain:
        chain.deploy()
        engine = fresh(f"sqlite:///{tmp_path_factory.mktemp('as-of') / 'mirror.db'}")
        yield chain, chain.mirror(engine)
        engine.dispose()


def test_readers_see_one_state_while_the_mirror_writes(devnet: Devnet, engine: sa.Engine) -> None:
    """Whatever a reader sees, its rows are those of its cursor's block."""
    mirror, stopped, torn = devnet.mirror(engine), threading.Event(), []

    def read() -> None:
        while not stopped.is_set():
            with reading(engine) as connection:
                block = queries.status(connection).block
                newest = connection.execute(sa.text("SELECT max(number) FROM blocks")).scalar()
                latest = connection.execute(sa.text("SELECT max(since_block) FROM assets")).scalar()
            if (newest or 0) != max(block, 0) or (latest or 0) > block:
                torn.append((block, newest, latest))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for seed in range(15):
            grow(devnet, seed, blocks=3)
            mirror.catch_up()
    finally:
        stopped.set()
        reader.join()
    assert torn == []
