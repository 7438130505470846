"""One owner at a time: a lease that ends with the process that holds it, however it ends."""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from chain.errors import ChaqiError


class LeaseHeld(ChaqiError):
    """Another process does this work already."""

    status = 503
    en = "Another process is the {name} of this store. Stop it first, or leave it to its work."
    zh = "已有另一进程担任本库的 {name}。请先停止它，或由它继续工作。"


@contextmanager
def lease(store: sa.Engine, name: str) -> Iterator[None]:
    """Holds the lease `name` on a store: a file lock beside SQLite, an advisory lock on PostgreSQL.

    Raises `LeaseHeld` when somebody else has it.
    """
    if store.dialect.name == "sqlite":
        database = store.url.database
        assert database
        file = os.open(Path(f"{database}.{name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LeaseHeld(name=name) from None
            yield
        finally:
            os.close(file)
        return
    key = zlib.crc32(name.encode())
    with store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar():
            raise LeaseHeld(name=name)
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
