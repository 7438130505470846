"""The mirror's database: engines, migrations, and the lock that keeps it to one writer.

SQLite by default, PostgreSQL by URL. On both the mirror may be lost: it is a function of the chain. So SQLite
runs with `synchronous=NORMAL`: a power cut may cost the last transactions, never consistency.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from chain.errors import ChaqiError

WRITER_LOCK = 0x6D697272
"""PostgreSQL advisory lock held by the process that writes the mirror."""

MIGRATION_LOCK = 0x6D696772
BUSY_TIMEOUT_MS = 30_000

SQLITE_PRAGMAS = (
    "journal_mode = WAL",
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "synchronous = NORMAL",
    "cache_size = -65536",  # 64 MiB: the pages that versions of hashed keys fall into
    "wal_autocheckpoint = 4000",  # pages; a range of a backfill fills the default of 1000 by itself
    "temp_store = MEMORY",
)


class AnotherMirror(ChaqiError):
    """Another process writes this mirror; only one may."""

    status = 409
    en = "Another mirror process already writes {url}. Stop it, or start this one as a standby."
    zh = "另一个镜像进程正在写入 {url}。请先停止它，或以备用方式启动本进程。"


def open_mirror(url: str) -> sa.Engine:
    """An engine on the mirror; creates the folder of a SQLite file. The schema is `migrate`'s matter."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that writes: committed at the end of the block, rolled back when the block raises."""
    with engine.execution_options(mirror_writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that only reads, and sees one state of the mirror throughout."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.begin() as connection:
        yield connection


def migrate(engine: sa.Engine) -> None:
    """Brings the mirror's own tables to the newest schema; several processes may call it at once."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        command.upgrade(_migrations(connection), "head")


@contextmanager
def only_writer(engine: sa.Engine, wait: bool = False) -> Iterator[None]:
    """Holds the mirror's writer lock for the block; it goes with the process, however that ends.

    With `wait` the caller is a standby: it waits until the writer is gone. Raises `AnotherMirror` otherwise.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            _take(
                lambda: bool(session.scalar(sa.select(sa.func.pg_try_advisory_lock(WRITER_LOCK)))),
                engine,
                wait,
            )
            try:
                yield
            finally:
                session.invalidate()  # the lock goes with the session: never hand it back to the pool
        return
    lock = os.open(f"{engine.url.database}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _take(lambda: _flock(lock), engine, wait)
        yield
    finally:
        os.close(lock)


def _take(attempt: Any, engine: sa.Engine, wait: bool) -> None:
    while not attempt():
        if not wait:
            raise AnotherMirror(url=engine.url.render_as_string(hide_password=True))
        time.sleep(0.2)


def _flock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _migrations(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not at pysqlite's discretion
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("mirror_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
