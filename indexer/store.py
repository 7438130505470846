"""The mirror's database; transactions are `writing` and `reading` of `chain.database`.

On both databases the mirror may be lost: it is a function of the chain. So SQLite runs with
`synchronous=NORMAL`: a power cut may cost the last transactions, never consistency.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa

from chain import database
from chain.database import reading, writing

__all__ = ["migrate", "only_writer", "open_mirror", "reading", "writing"]

MIGRATION_LOCK = 0x6D696772

SQLITE_PRAGMAS = (
    "synchronous = NORMAL",
    "cache_size = -16384",  # 16 MiB for each connection; the operating system keeps the file's pages too
    "page_size = 8192",  # a log with its arguments takes 400 bytes: fewer pages to find, split and sum
    "wal_autocheckpoint = 8000",  # pages; what changes range after range is copied back seldom
    "temp_store = MEMORY",
    "secure_delete = OFF",  # all of it is public; zeroing what a rebuild drops took memory as large as the table
)


def open_mirror(url: str) -> sa.Engine:
    """An engine on the mirror; creates the folder of a SQLite file. The schema is `migrate`'s matter.

    Raises `DatabaseUnusable`, `FolderUnwritable`.
    """
    return database.open_database(url, SQLITE_PRAGMAS)


def migrate(engine: sa.Engine) -> None:
    """Brings the mirror's own tables to the newest schema; several processes may call it at once."""
    database.migrate(engine, Path(__file__).parent / "migrations", MIGRATION_LOCK)


def only_writer(engine: sa.Engine, wait: bool = False) -> AbstractContextManager[None]:
    """Holds the mirror's writer lease for the block; with `wait` as a standby. Raises `LeaseHeld`."""
    return database.lease(engine, "mirror", wait)
