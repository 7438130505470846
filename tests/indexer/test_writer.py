"""Far behind, the mirror writes through a second process: the same rows, the same care, whoever dies."""

from __future__ import annotations

import os
import random
import signal
from typing import Any

import pytest
import sqlalchemy as sa

from chain.database import DatabaseUnusable
from indexer import writer
from indexer.dump import dump
from indexer.schema import cursor
from indexer.store import reading, writing
from indexer.transaction import Statement
from indexer.writer import CursorMoved
from tests.indexer.devnet import Devnet, assets, fresh
from tests.indexer.truth import act, assert_true
from tests.stores import new_database


@pytest.fixture(params=["here", "beside"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the mirror's transactions are written in this test."""
    monkeypatch.setattr(writer, "LONG_WAY", 10**9 if request.param == "here" else 1)
    return str(request.param)


def grow(devnet: Devnet, blocks: int) -> None:
    rng = random.Random(blocks)
    for _ in range(blocks):
        act(devnet, rng)
        devnet.mine()


def test_wherever_it_is_written_the_rows_are_the_chains(devnet: Devnet, engine: sa.Engine, place: str) -> None:
    mirror = devnet.mirror(engine)
    for blocks in (30, 3):
        grow(devnet, blocks)
        mirror.catch_up()
        assert_true(engine, devnet)
    with reading(engine) as connection:
        before = b"".join(dump(connection, [assets]))
    mirror.rebuild()
    with reading(engine) as connection:
        assert b"".join(dump(connection, [assets])) == before


def test_who_does_not_stand_where_the_cursor_is_writes_nothing(devnet: Devnet, engine: sa.Engine, place: str) -> None:
    mirror, other = devnet.mirror(engine), devnet.mirror(engine)
    grow(devnet, 8)
    other.catch_up()
    with reading(engine) as connection:
        before = b"".join(dump(connection, [assets]))
    with pytest.raises(CursorMoved):
        mirror.step()
    with reading(engine) as connection:
        assert b"".join(dump(connection, [assets])) == before
    assert mirror.catch_up() == devnet.head  # it has looked where the cursor is
    assert_true(engine, devnet)


def test_when_the_writing_process_dies_the_mirror_says_so_and_goes_on(
    devnet: Devnet, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LONG_WAY", 1)
    real = writer._Beside.write

    def killed(self: Any, prepared: Any) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        real(self, prepared)

    monkeypatch.setattr(writer._Beside, "write", killed)
    mirror = devnet.mirror(engine)
    grow(devnet, 12)
    with pytest.raises(DatabaseUnusable):
        mirror.step()
    assert mirror.block == 0
    monkeypatch.setattr(writer._Beside, "write", real)
    mirror.catch_up()
    assert_true(engine, devnet)


def test_what_the_database_refuses_is_told_and_nothing_of_it_stays(engine: sa.Engine, devnet: Devnet) -> None:
    devnet.mirror(engine)
    statements: list[Statement] = [
        ("UPDATE cursor SET head = 77", None, 1),
        ("INSERT INTO nowhere VALUES (1)", None, 1),
    ]
    with writer.writer(engine, writer.LONG_WAY) as beside, pytest.raises(DatabaseUnusable, match="nowhere"):
        beside.write(beside.prepare(statements, last=True))
    with writing(engine) as connection:
        assert connection.scalar(sa.select(cursor.c.head)) != 77


@pytest.mark.parametrize("cut_off", [False, True], ids=["filled", "cut off while it was filled"])
def test_a_first_filling_ends_with_the_index_on_logs(
    devnet: Devnet, postgres: str, monkeypatch: pytest.MonkeyPatch, cut_off: bool
) -> None:
    monkeypatch.setattr(writer, "LONG_WAY", 3)
    indexed_on_the_way = []

    def indexed() -> bool:
        with reading(engine) as connection:
            return bool(sa.inspect(connection).get_pk_constraint("logs")["constrained_columns"])

    def prepare(beside: writer._Beside, statements: list[Statement], last: bool) -> Any:
        indexed_on_the_way.append(indexed())
        return usual(beside, statements, last)

    usual = writer._Beside.prepare
    monkeypatch.setattr(writer._Beside, "prepare", prepare)
    grow(devnet, 9)
    engine = fresh(new_database(postgres))
    if cut_off:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE logs DROP CONSTRAINT pk_logs")
        devnet.mirror(engine)
        assert indexed()
    devnet.mirror(engine).catch_up()
    assert (indexed_on_the_way[0], indexed()) == (False, True)
    assert_true(engine, devnet)
    grow(devnet, 10)
    indexed_on_the_way.clear()
    devnet.mirror(engine).catch_up()
    assert indexed_on_the_way[0]
    engine.dispose()
