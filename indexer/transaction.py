"""Applies transactions that were prepared elsewhere; run as a program, it does so for the process that started it.

A process of its own, because the driver's share of a write holds the interpreter's lock. As a program this file knows
nothing of the mirror, so it starts at once. Its standard input brings frames: 8 bytes of length, then that many bytes.
The first frame (marshal) says how to connect; a transaction is a frame for each statement (`packed`) and an empty one,
and is answered by a line: empty once it is committed, otherwise what went wrong. Where the empty frame does not come,
whoever sent the rest is gone, and nothing is committed. `indexer.writer` is the other end.
"""

from __future__ import annotations

import marshal
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Any, BinaryIO

Statement = tuple[str, Any, int | None]
"""SQL; its values; how many rows it must touch, where that matters.

Values are None, a list, the bytes of a COPY, or for SQLite (rows, raw): rows of values, where the columns `raw` are the
hex digits of bytes.
"""

MOVED = "moved"
"""What a transaction answers when a statement touched other rows than it must."""


class Moved(Exception):
    """A statement did not touch the rows it must: somebody else wrote here."""


def apply(cursor: Any, statements: Iterable[Statement]) -> None:
    """Runs statements on a driver's cursor, the COPYs into one table that follow each other as one.

    So a table's rows are on their way to the server while the next ones are still made. Raises `Moved`, and what the
    driver raises.
    """
    for copied, run in groupby(statements, lambda statement: statement[0] if _copies(statement) else None):
        if copied is None:
            for sql, values, touched in run:
                _execute(cursor, sql, values)
                if touched is not None and cursor.rowcount != touched:
                    raise Moved
            continue
        with cursor.copy(copied) as copy:
            for _, values, _ in run:
                copy.write(values)


def _copies(statement: Statement) -> bool:
    return isinstance(statement[1], bytes)


def _execute(cursor: Any, sql: str, values: Any) -> None:
    if values is None:
        cursor.execute(sql)
    elif isinstance(values, list):
        cursor.execute(sql, values)
    else:
        rows, raw = values
        width, flat = len(rows[0]), list(chain.from_iterable(rows))
        # The driver takes a bytearray as it is; for each bytes object it first looks in vain for an adapter, which
        # took half of the time of writing a log.
        for place in raw:
            flat[place::width] = [None if x is None else bytearray.fromhex(x) for x in flat[place::width]]
        cursor.execute(sql, flat)


def packed(statements: Iterable[Statement], last: bool) -> list[bytes]:
    """A part of a transaction as frames: of a COPY the bytes follow in a frame of their own, uncopied."""
    frames: list[bytes] = []
    for statement in statements:
        sql, values, touched = statement
        copied = _copies(statement)
        # Version 2 of marshal does not look up every text whether it wrote it before: half the time.
        frames.append(marshal.dumps((sql, True if copied else values, touched), 2))
        if copied:
            frames.append(values)
    return [*frames, b""] if last else frames


def _frames(source: BinaryIO) -> Iterator[bytes]:
    while len(size := source.read(8)) == 8:
        content = source.read(int.from_bytes(size))
        if len(content) < int.from_bytes(size):
            return
        yield content


def _unpacked(frames: Iterator[bytes]) -> Iterator[Statement]:
    """The statements of a transaction. Raises `EOFError` when it ends before its end."""
    for content in frames:
        if not content:
            return
        sql, values, touched = marshal.loads(content)
        yield sql, next(frames, b"") if values is True else values, touched
    raise EOFError


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


def main() -> None:
    """Serves standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    frames = _frames(sys.stdin.buffer)
    kind, options, settings = marshal.loads(next(frames))
    answer = ""
    try:
        cursor = _connected(kind, options, settings).cursor()
        while True:
            print(flush=True)  # noqa: T201
            statements = _unpacked(frames)
            first = next(statements)  # nothing is locked until it has come
            cursor.execute("BEGIN IMMEDIATE" if kind == "sqlite" else "BEGIN")
            apply(cursor, chain((first,), statements))
            cursor.execute("COMMIT")
    except EOFError:
        return
    except Moved:
        answer = MOVED
    except Exception as failure:
        answer = f"{type(failure).__name__}: {failure}".replace("\n", " ")
    print(answer, flush=True)  # noqa: T201 - and nothing of the transaction stays: the connection goes with the process


if __name__ == "__main__":
    main()
    os._exit(0)  # taking the interpreter and the driver apart would take a tenth of a second, while somebody waits
