"""The chain's key-value store and its waiting transactions, in one SQLite file that survives SIGKILL.

What py-evm writes while it builds a block waits for `commit`: a block is on disk whole or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from eth.db.backends.base import BaseDB


class Store(BaseDB):
    """py-evm's database interface over SQLite. Not thread-safe: the server serialises access."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(
            "CREATE TABLE IF NOT EXISTS node (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS waiting (hash BLOB PRIMARY KEY, raw BLOB NOT NULL);"
        )
        self._written: dict[bytes, bytes | None] = {}

    def __getitem__(self, key: bytes) -> bytes:
        if key in self._written:
            value = self._written[key]
        else:
            row = self._connection.execute("SELECT value FROM node WHERE key = ?", (key,)).fetchone()
            value = row[0] if row else None
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._written[key] = value

    def __delitem__(self, key: bytes) -> None:
        if key not in self:
            raise KeyError(key)
        self._written[key] = None

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def waiting(self) -> list[bytes]:
        """Raw transactions accepted and not yet in a block, in the order they came."""
        return [raw for (raw,) in self._connection.execute("SELECT raw FROM waiting ORDER BY rowid")]

    def accept(self, transactions: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep (hash, raw) of accepted transactions; on disk when this returns."""
        with self._transaction():
            self._connection.executemany("INSERT OR IGNORE INTO waiting VALUES (?, ?)", transactions)

    def commit(self, settled: Iterable[bytes] = ()) -> None:
        """Put everything written since the last commit on disk; forget the `settled` waiting transactions."""
        with self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO node VALUES (?, ?)",
                [(key, value) for key, value in self._written.items() if value is not None],
            )
            self._connection.executemany(
                "DELETE FROM node WHERE key = ?",
                [(key,) for key, value in self._written.items() if value is None],
            )
            self._connection.executemany("DELETE FROM waiting WHERE hash = ?", [(one,) for one in settled])
        self._written.clear()

    def discard(self) -> None:
        """Forget everything written since the last commit."""
        self._written.clear()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _transaction(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection
