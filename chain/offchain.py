"""The off-chain store: what must not or cannot be on chain (outbox, vault, evidence batches, sessions).

Unlike the mirror it cannot be rebuilt from the chain, so every commit reaches the disk before it counts.
SQLite by default, PostgreSQL by URL; each room declares its own tables on `Base`.

A transaction that writes says so when it begins (`writing`): SQLite has one writer, and a reader that turns
into a writer half-way is refused at once instead of waiting for its turn.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.orm import DeclarativeBase

from chain.settings import Settings

RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Type of a generated primary key: SQLite generates only INTEGER ones."""

AnyRow: TypeAlias = sa.Row[*tuple[Any, ...]]
"""A row of a Core select, its columns by attribute."""

BUSY_TIMEOUT_MS = 30_000
"""How long one writer waits for another on SQLite."""

MIGRATION_LOCK = 0x63686171
"""PostgreSQL advisory lock: processes that start together apply the migrations once."""


class Base(DeclarativeBase):
    """All tables of the off-chain store; constraint names are fixed, so that migrations can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def open_store(settings: Settings) -> sa.Engine:
    """An engine on the off-chain store, durable on commit; makes the SQLite file, readable by its owner."""
    url = sa.make_url(settings.offchain_url)
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    if url.database:
        file = Path(url.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    store = sa.create_engine(url)
    sa.event.listen(store, "connect", _prepare_sqlite)
    sa.event.listen(store, "begin", _begin_sqlite)
    return store


@contextmanager
def writing(store: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that writes: committed at the end of the block, rolled back when the block raises."""
    with store.execution_options(chaqi_writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(store: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that only reads; never waits for a writer."""
    with store.begin() as connection:
        yield connection


def migrate(settings: Settings) -> None:
    """Brings the store to the newest schema in one transaction; several processes may call it at once."""
    store = open_store(settings)
    try:
        with writing(store) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            command.upgrade(migrations(connection), "head")
    finally:
        store.dispose()


def migrations(connection: sa.Connection) -> Config:
    """Alembic's view of `chain/migrations`, to be run on `connection` inside its transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not at pysqlite's discretion
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # an erased key must not survive in a free page
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("chaqi_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
