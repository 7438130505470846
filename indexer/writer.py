"""Where prepared transactions are written: here, or for a long way in a process beside this one."""

from __future__ import annotations

import gc
import marshal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from chain.database import BUSY_TIMEOUT_MS, DatabaseUnusable
from chain.errors import ChaqiError
from indexer import transaction
from indexer.store import SQLITE_PRAGMAS, writing
from indexer.transaction import Moved, Statement

LONG_WAY = 256
"""Blocks from which on the work is shared with a second process, which takes some tenths of a second to start."""

Item = TypeVar("Item")


class CursorMoved(ChaqiError):
    """Somebody else moved the mirror's cursor: the transaction on the state before was given up."""

    status = 503
    en = "Another process moved the mirror's cursor meanwhile; the mirror goes on from where it is now."
    zh = "另一进程已移动镜像游标；镜像将从当前位置继续。"


class Writer(Protocol):
    """Writes transactions, one after the other."""

    def prepare(self, statements: list[Statement]) -> Any:
        """A transaction as `write` takes it, maybe in another thread."""

    def write(self, prepared: Any) -> None:
        """Commits a transaction. Raises `CursorMoved`, `DatabaseUnusable`."""


class _Here:
    """Writes on a connection of this process."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def prepare(self, statements: list[Statement]) -> Any:
        return statements

    def write(self, prepared: Any) -> None:
        with writing(self._engine) as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            try:
                transaction.apply(driver.cursor(), prepared)
            except Moved as moved:
                raise CursorMoved from moved


class _Beside:
    """Writes through `indexer.transaction` in a process that ends with this one, however that ends."""

    def __init__(self, engine: sa.Engine) -> None:
        self._sqlite = engine.dialect.name == "sqlite"
        if self._sqlite:
            options: dict[str, Any] = {"database": engine.url.database}
            settings = [f"PRAGMA {one}" for one in (f"busy_timeout = {BUSY_TIMEOUT_MS}", *SQLITE_PRAGMAS)]
        else:
            options, settings = dict(engine.dialect.create_connect_args(engine.url)[1]), []
            options.pop("context", None)  # SQLAlchemy's own
        self._process = subprocess.Popen(
            [sys.executable, "-P", transaction.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._send(marshal.dumps((engine.dialect.name, options, settings)))
        self._answered = False

    def prepare(self, statements: list[Statement]) -> Any:
        return marshal.dumps((self._sqlite, statements))

    def write(self, prepared: Any) -> None:
        if not self._answered:
            self._answer()
            self._answered = True
        self._send(prepared)
        self._answer()

    def _send(self, content: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(len(content).to_bytes(8) + content)
            self._process.stdin.flush()
        except BrokenPipeError as gone:
            raise DatabaseUnusable(reason="the writing process ended") from gone

    def _answer(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        answer = line.rstrip("\n")
        if answer == transaction.MOVED:
            raise CursorMoved
        if answer or not line:
            raise DatabaseUnusable(reason=answer or "the writing process ended")

    def close(self) -> None:
        """Waits until the process has ended; what it was handed in whole is then committed or given up."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.read()
        self._process.stdout.close()
        self._process.wait()


@contextmanager
def writer(engine: sa.Engine, blocks: int) -> Iterator[Writer]:
    """A writer for `blocks` blocks to come."""
    if blocks < LONG_WAY:
        yield _Here(engine)
        return
    beside = _Beside(engine)
    try:
        yield beside
    finally:
        beside.close()


def write_behind(items: Iterable[Item], write: Callable[[Item], None]) -> None:
    """Writes each item in another thread while the next one is made; at most one is under way."""
    with _seldom_collecting(), ThreadPoolExecutor(1, "mirror-writer") as thread:
        pending: Future[None] | None = None
        for item in items:
            if pending is not None:
                pending.result()
            pending = thread.submit(write, item)
        if pending is not None:
            pending.result()


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Lets the collector of cycles look after a hundred thousand new objects, not after every 700.

    A batch is tens of thousands of tuples that all live until it is written and are in no cycle: looking at them
    again and again took a third of the time of a backfill. Cycles made by others meanwhile still go.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
