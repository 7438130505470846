"""Where prepared transactions are written: here, or for a long way in a process beside this one."""

from __future__ import annotations

import fcntl
import gc
import marshal
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
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

UNDER_WAY = 80
"""Parts made but not yet written: enough to go on with while a transaction is committed."""

PIPE_BYTES = 1 << 20
"""On the way to the writing process, where a program can ask for it: with the usual 64 KiB both sides sleep and are
woken again for every piece, a tenth of the time on SQLite once the chain is long."""

PIECES = 1_000
"""Pieces in one system call; POSIX allows 1,024."""

ROOMY = "cache_size = -65536"
"""64 MiB: the pages of an index that the versions of hashed keys fall into, all over it."""

Item = TypeVar("Item")


def long_way(blocks: int) -> bool:
    """Whether so many blocks are worth what it takes to begin writing in bulk."""
    return blocks >= LONG_WAY


class CursorMoved(ChaqiError):
    """Somebody else moved the mirror's cursor: the transaction on the state before was given up."""

    status = 503
    en = "Another process moved the mirror's cursor meanwhile; the mirror goes on from where it is now."
    zh = "另一进程已移动镜像游标；镜像将从当前位置继续。"


class Writer(Protocol):
    """Writes transactions, one after the other."""

    def prepare(self, statements: list[Statement], last: bool) -> Any:
        """A part of a transaction as `write` takes it, maybe in another thread; the `last` commits it."""

    def write(self, prepared: Any) -> None:
        """Writes the next part. Raises `CursorMoved`, `DatabaseUnusable`."""


class _Here:
    """Writes on a connection of this process."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._parts: list[Statement] = []

    def prepare(self, statements: list[Statement], last: bool) -> Any:
        return statements, last

    def write(self, prepared: Any) -> None:
        statements, last = prepared
        self._parts += statements
        if not last:
            return
        whole, self._parts = self._parts, []
        with writing(self._engine) as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            try:
                transaction.apply(driver.cursor(), whole)
            except Moved as moved:
                raise CursorMoved from moved


class _Beside:
    """Writes through `indexer.transaction` in a process that ends with this one, however that ends."""

    def __init__(self, engine: sa.Engine) -> None:
        if engine.dialect.name == "sqlite":
            options: dict[str, Any] = {"database": engine.url.database}
            settings = [f"PRAGMA {one}" for one in (f"busy_timeout = {BUSY_TIMEOUT_MS}", *SQLITE_PRAGMAS, ROOMY)]
        else:
            options, settings = dict(engine.dialect.create_connect_args(engine.url)[1]), []
            options.pop("context", None)  # SQLAlchemy's own
        self._process = subprocess.Popen(
            [sys.executable, "-P", transaction.__file__], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        if sys.platform == "linux":
            with suppress(OSError):  # the user may have no room for it
                fcntl.fcntl(self._process.stdin.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._send([marshal.dumps((engine.dialect.name, options, settings))])
        self._connected = False

    def prepare(self, statements: list[Statement], last: bool) -> Any:
        return transaction.packed(statements, last), last

    def write(self, prepared: Any) -> None:
        if not self._connected:
            self._answer()
            self._connected = True
        frames, last = prepared
        self._send(frames)
        if last:
            self._answer()

    def _send(self, frames: Sequence[bytes]) -> None:
        """All at once, because each of several writes would wait for the interpreter's lock."""
        assert self._process.stdin is not None
        pieces: list[bytes | memoryview] = [piece for frame in frames for piece in (len(frame).to_bytes(8), frame)]
        try:
            while pieces:
                some = pieces[:PIECES]
                sent = os.writev(self._process.stdin.fileno(), some)
                while some and sent >= len(some[0]):
                    sent -= len(some.pop(0))
                    pieces.pop(0)
                if some:
                    pieces[0] = memoryview(some[0])[sent:]
        except BrokenPipeError:
            return  # it has ended; its answer says why

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
    if not long_way(blocks):
        yield _Here(engine)
        return
    beside = _Beside(engine)
    try:
        yield beside
    finally:
        beside.close()


def write_behind(items: Iterable[Item], write: Callable[[Item], None]) -> None:
    """Writes each item in another thread while the next ones are made; at most `UNDER_WAY` are under way."""
    with _seldom_collecting(), ThreadPoolExecutor(1, "mirror-writer") as thread:
        pending: deque[Future[None]] = deque()
        for item in items:
            if len(pending) == UNDER_WAY:
                pending.popleft().result()
            pending.append(thread.submit(write, item))
        for future in pending:
            future.result()


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
