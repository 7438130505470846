"""Bulk writes of rows by table: COPY on PostgreSQL, statements of many rows on SQLite.

Both take rows as sequences in column order, with raw bytes as 0x hex text (as the node gives them), and both
leave Python early. COPY text is built by one generated expression per table. SQLite gets up to a thousand
rows in one statement, because each step of a statement gives up and takes back the interpreter's lock: with a
row per step the writing thread would wait for the decoding thread a hundred thousand times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import sqlalchemy as sa

Rows = Sequence[Sequence[Any]]

SQLITE_ROWS = (1_000, 100, 10, 1)
"""Rows in one SQLite statement: few sizes, so that they stay prepared; a statement takes 32,766 values."""


def insert(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Adds rows to a table, in the table's column order."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        _copy(connection, f'COPY "{table.name}" ({names}) FROM STDIN', _copy_text(table)(rows))
        return
    _by_size(connection, partial(_sqlite_insert, table), _flatten(table), rows)


def close_versions(connection: sa.Connection, table: sa.Table, closes: Rows) -> None:
    """Sets `until_block` of versions: rows of (until_block, *key, since_block)."""
    if not closes:
        return
    key = [column.name for column in table.primary_key]  # the entity's key and since_block
    if connection.dialect.name == "sqlite":
        _by_size(connection, partial(_sqlite_close, table), lambda some: [x for row in some for x in row], closes)
        return
    staged = [
        sa.Column("until_block", sa.BigInteger()),
        *(sa.Column(c.name, c.type) for c in table.primary_key),
    ]
    stage = sa.Table(f"closing_{table.name}", sa.MetaData(), *staged, prefixes=["TEMPORARY"])
    stage.create(connection)
    insert(connection, stage, closes)
    matches = " AND ".join(f'v."{name}" = c."{name}"' for name in key)
    connection.exec_driver_sql(
        f'UPDATE "{table.name}" v SET until_block = c.until_block FROM "{stage.name}" c WHERE {matches}'
    )
    stage.drop(connection)


def _driver_cursor(connection: sa.Connection) -> Any:
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver.cursor()


def _copy(connection: sa.Connection, statement: str, text: str) -> None:
    with _driver_cursor(connection) as cursor, cursor.copy(statement) as copy:
        copy.write(text)


def _by_size(
    connection: sa.Connection,
    statement: Callable[[int], str],
    flatten: Callable[[Rows], list[Any]],
    rows: Rows,
) -> None:
    """Runs statements of as many rows as possible over all rows."""
    cursor = _driver_cursor(connection)
    start = 0
    for size in SQLITE_ROWS:
        while len(rows) - start >= size:
            cursor.execute(statement(size), flatten(rows[start : start + size]))
            start += size


@cache
def _sqlite_close(table: sa.Table, rows: int) -> str:
    key = [column.name for column in table.primary_key]
    row = f"({', '.join('?' * (len(key) + 1))})"
    matches = " AND ".join(f'"{table.name}"."{name}" = c.k{place}' for place, name in enumerate(key))
    return (
        f"WITH c(until, {', '.join(f'k{place}' for place in range(len(key)))}) "
        f"AS (VALUES {', '.join([row] * rows)}) "
        f'UPDATE "{table.name}" SET until_block = c.until FROM c WHERE {matches}'
    )


@cache
def _sqlite_insert(table: sa.Table, rows: int) -> str:
    row = f"({', '.join('?' * len(table.columns))})"
    return f'INSERT INTO "{table.name}" VALUES {", ".join([row] * rows)}'


def _digits(column: sa.Column[Any], place: int) -> str:
    """Source of a raw cell's hex digits; topics are joined without 0x, one pass less over the longest text."""
    return f"r[{place}]" if column.name == "topics" else f"r[{place}][2:]"


@cache
def _flatten(table: sa.Table) -> Callable[[Rows], list[Any]]:
    """Rows to one flat list of SQLite values."""
    values = []
    for place, column in enumerate(table.columns):
        if isinstance(column.type, sa.LargeBinary):
            value = f"unhex({_digits(column, place)})"
            values.append(f"{value} if r[{place}] is not None else None" if column.nullable else value)
        else:
            values.append(f"r[{place}]")
    # The driver takes a bytearray as it is; for each bytes object it first looks in vain for an adapter, which
    # took half of the time of writing a log.
    scope: dict[str, Any] = {"unhex": bytearray.fromhex}
    exec(f"def flatten(rows):\n    return [x for r in rows for x in ({', '.join(values)},)]\n", scope)
    return scope["flatten"]  # type: ignore[no-any-return]


@cache
def _copy_text(table: sa.Table) -> Callable[[Rows], str]:
    """Rows to COPY's text format."""
    values = []
    for place, column in enumerate(table.columns):
        cell = f"r[{place}]"
        if isinstance(column.type, sa.LargeBinary):
            value = f'"{chr(92) * 4}x" + {_digits(column, place)}'
        elif isinstance(column.type, sa.Boolean):
            value = f'"t" if {cell} else "f"'
        elif isinstance(column.type, sa.Text):
            value = f"escape({cell})"
        else:
            value = cell
        if column.nullable:
            value = f'"{chr(92) * 2}N" if {cell} is None else {value}'
        values.append(value)
    cells = ", ".join(f"c{place}" for place in range(len(values)))
    body = "\\t".join(f"{{c{place}}}" for place in range(len(values)))
    source = (
        "def copy_text(rows):\n"
        f"    return ''.join([f'{body}\\n' for r in rows for {cells}, in (({', '.join(values)},),)])\n"
    )
    scope: dict[str, Any] = {"escape": _escape}
    exec(source, scope)
    return scope["copy_text"]  # type: ignore[no-any-return]


def _escape(text: str) -> str:
    """Text for COPY: most of ours is hex, digits or JSON, which needs none."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\t" in text or "\r" in text:
        text = text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return text
