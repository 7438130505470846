"""What Chaqi's databases have in common: SQLite by default, PostgreSQL by URL, and the same manners on both.

    open_database   an engine; each store names its own pragmas
    writing         one transaction that writes
    reading         one transaction that only reads, and sees one state throughout
    migrate         the newest schema, applied once however many processes start together
    lease           one holder of a role at a time; it ends with the process that holds it, however that ends

A transaction that writes says so when it begins (`writing`): SQLite has one writer, and a reader that turns
into a writer half-way is refused at once instead of waiting for its turn.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from chain.errors import ChaqiError
from chain.folders import writable

BUSY_TIMEOUT_MS = 30_000
"""How long one writer waits for another on SQLite."""

ANOTHER_LOOK_SECONDS = 0.01
PRIMARY_CODE = 0xFF
"""The part of a SQLite error code that names the error; the rest says how it came to be."""

STANDBY_SECONDS = 0.2
"""How often a standby looks whether the lease is free."""


class DatabaseUnusable(ChaqiError):
    """A database URL that cannot be read, or a database that does not answer or cannot be used as it is."""

    status = 503
    en = "A database cannot be used: {reason}. See CHAQI_MIRROR, CHAQI_OFFCHAIN and CHAQI_VAR_DIR."
    zh = "数据库无法使用：{reason}。请检查 CHAQI_MIRROR、CHAQI_OFFCHAIN 与 CHAQI_VAR_DIR。"


class LeaseHeld(ChaqiError):
    """Another process does this work already."""

    status = 503
    en = "Another process is the {name} of {store}. Stop it first, or leave it to its work."
    zh = "已有另一进程担任 {store} 的 {name}。请先停止它，或由它继续工作。"


def open_database(url: str, pragmas: Sequence[str] = (), *, private: bool = False) -> sa.Engine:
    """An engine; makes the folder of a SQLite file, and with `private` the file, for its owner alone.

    `pragmas` are set on every SQLite connection, before the write-ahead log, which fixes the size of pages.
    Raises `DatabaseUnusable` for a URL that names no database we know, `FolderUnwritable`.
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return sa.create_engine(parsed, pool_pre_ping=True)
        engine = sa.create_engine(parsed)
    except (sa.exc.ArgumentError, ImportError) as failure:
        raise DatabaseUnusable(reason=failure) from failure
    if parsed.database:
        file = Path(parsed.database)
        writable(file.parent)
        if private:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))

    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin in _begin_sqlite, not at pysqlite's discretion
        for pragma in (f"busy_timeout = {BUSY_TIMEOUT_MS}", *pragmas):
            connection.execute(f"PRAGMA {pragma}")
        _write_ahead(connection)

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that writes: committed at the end of the block, rolled back when the block raises."""
    with engine.execution_options(chaqi_writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that only reads, and sees one state throughout; never waits for a writer."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.begin() as connection:
        yield connection


def migrate(engine: sa.Engine, folder: Path, lock: int) -> None:
    """Applies Alembic's `folder` in one transaction; several processes may call it at once.

    `lock` is the key of the PostgreSQL advisory lock that keeps them apart.
    """
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def lease(engine: sa.Engine, name: str, wait: bool = False) -> Iterator[None]:
    """Holds the lease `name` on a database: a file lock beside SQLite, an advisory lock on PostgreSQL.

    With `wait` the caller is a standby: it waits until the holder is gone. Raises `LeaseHeld` otherwise.
    """
    if engine.dialect.name == "postgresql":
        key = zlib.crc32(name.encode())
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            try:
                _take(lambda: bool(session.scalar(sa.select(sa.func.pg_try_advisory_lock(key)))), engine, name, wait)
                yield
            finally:
                # The lock goes with the session, which is never handed back to the pool. Given up by name as well:
                # the server ends a session some time after we left it.
                with suppress(sa.exc.DBAPIError):
                    session.execute(sa.select(sa.func.pg_advisory_unlock(key)))
                session.invalidate()
        return
    file = os.open(f"{engine.url.database}.{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _take(lambda: _flock(file), engine, name, wait)
        yield
    finally:
        os.close(file)


def _take(attempt: Callable[[], bool], engine: sa.Engine, name: str, wait: bool) -> None:
    while not attempt():
        if not wait:
            raise LeaseHeld(name=name, store=engine.url.render_as_string(hide_password=True))
        time.sleep(STANDBY_SECONDS)


def _flock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turns on the write-ahead log, which of several connections to a new file only one can do at a time.

    SQLite does not wait with its busy timeout where two change a file's mode at once, because they could wait for
    each other.
    """
    last = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as failure:
            if failure.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
        time.sleep(ANOTHER_LOOK_SECONDS)


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("chaqi_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
