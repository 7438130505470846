"""Applies transactions that were prepared elsewhere; run as a program, it does so for the process that started it.

A process of its own, because the driver's share of a write holds the interpreter's lock. As a program this file knows
nothing of the mirror, so it starts at once. Its standard input brings frames (8 bytes of length, then marshal): first
how to connect, then transactions, each answered by a line: empty once it is committed, otherwise what went wrong.
A frame that is cut off is not begun: whoever sent it is gone. `indexer.writer` is the other end.
"""

from __future__ import annotations

import marshal
import signal
import sys
from collections.abc import Iterable
from typing import Any, BinaryIO

Statement = tuple[str, Any, int | None]
"""SQL; its values; how many rows it must touch, where that matters.

Values are None, the bytes of a COPY, or for SQLite (values, width, raw): rows of `width` values one after the other,
where the columns `raw` are the hex digits of bytes.
"""

MOVED = "moved"
"""What a transaction answers when a statement touched other rows than it must."""


class Moved(Exception):
    """A statement did not touch the rows it must: somebody else wrote here."""


def apply(cursor: Any, statements: Iterable[Statement]) -> None:
    """Runs statements on a driver's cursor. Raises `Moved`, and what the driver raises."""
    for sql, values, touched in statements:
        if values is None:
            cursor.execute(sql)
        elif isinstance(values, bytes):
            with cursor.copy(sql) as copy:
                copy.write(values)
        else:
            flat, width, raw = values
            # The driver takes a bytearray as it is; for each bytes object it first looks in vain for an adapter,
            # which took half of the time of writing a log.
            for place in raw:
                flat[place::width] = [None if x is None else bytearray.fromhex(x) for x in flat[place::width]]
            cursor.execute(sql, flat)
        if touched is not None and cursor.rowcount != touched:
            raise Moved


def _connected(kind: str, options: dict[str, Any], settings: list[str]) -> Any:
    if kind == "sqlite":
        import sqlite3

        connection: Any = sqlite3.connect(**options, isolation_level=None)
    else:
        import psycopg

        connection = psycopg.connect(**options, autocommit=True)
    for setting in settings:
        connection.execute(setting)
    return connection


def _frame(source: BinaryIO) -> Any:
    size = source.read(8)
    content = source.read(int.from_bytes(size)) if len(size) == 8 else b""
    return marshal.loads(content) if content and len(content) == int.from_bytes(size) else None


def main() -> None:
    """Serves standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    connection = None
    while (frame := _frame(source)) is not None:
        answer = ""
        try:
            if connection is None:
                connection = _connected(*frame)
            else:
                cursor = connection.cursor()
                cursor.execute("BEGIN IMMEDIATE" if frame[0] else "BEGIN")
                apply(cursor, frame[1])
                cursor.execute("COMMIT")
        except Moved:
            answer = MOVED
        except Exception as failure:
            answer = f"{type(failure).__name__}: {failure}".replace("\n", " ")
        answers.write(answer.encode() + b"\n")
        answers.flush()
        if answer:
            return  # nothing of the transaction stays: the connection goes with the process


if __name__ == "__main__":
    main()
