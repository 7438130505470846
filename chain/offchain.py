"""The off-chain store: what must not or cannot be on chain (outbox, vault, evidence batches, sessions).

Unlike the mirror it cannot be rebuilt from the chain, so every commit reaches the disk before it counts. Each room
declares its own tables on `Base`; transactions are `writing` and `reading` of `chain.database`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from chain import database
from chain.database import reading, writing
from chain.settings import Settings

__all__ = ["AnyRow", "Base", "RowId", "migrate", "open_store", "reading", "writing"]

RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Type of a generated primary key: SQLite generates only INTEGER ones."""

AnyRow: TypeAlias = sa.Row[*tuple[Any, ...]]
"""A row of a Core select, its columns by attribute."""

MIGRATION_LOCK = 0x63686171

SQLITE_PRAGMAS = (
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",  # an erased key must not survive in a free page
)


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
    """An engine on the off-chain store, durable on commit; makes the SQLite file, readable by its owner.

    Raises `DatabaseUnusable`, `FolderUnwritable`.
    """
    return database.open_database(settings.offchain_url, SQLITE_PRAGMAS, private=True)


def migrate(settings: Settings) -> None:
    """Brings the store to the newest schema in one transaction; several processes may call it at once."""
    store = open_store(settings)
    try:
        database.migrate(store, Path(__file__).parent / "migrations", MIGRATION_LOCK)
    finally:
        store.dispose()
