"""Bulk writes of rows as statements: COPY for PostgreSQL, statements of many rows for SQLite.

Both take rows as sequences in column order, with raw bytes as hex digits, and leave Python early. COPY text is built by
one generated expression per table. SQLite gets up to a thousand rows in one statement, because each step of a statement
gives up and takes back the interpreter's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from indexer.transaction import Statement

Rows = Sequence[Sequence[Any]]

SQLITE_ROWS = (1_000, 100, 10, 1)
"""Rows in one SQLite statement: few sizes, so that they stay prepared; a statement takes 32,766 values."""


_POSTGRESQL = sa.make_url("postgresql+psycopg://").get_dialect()()


def inserts(dialect: str, table: sa.Table, rows: Rows) -> list[Statement]:
    """Adds rows to a table, in the table's column order."""
    if not rows:
        return []
    if dialect == "postgresql":
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        text = _copy_text(table, _special(table, rows))(rows)
        return [(f'COPY "{table.name}" ({names}) FROM STDIN', text.encode(), None)]
    raw = tuple(place for place, column in enumerate(table.columns) if isinstance(column.type, sa.LargeBinary))
    return _by_size(partial(_sqlite_insert, table), rows, raw)


def closes(dialect: str, table: sa.Table, rows: Rows) -> list[Statement]:
    """Sets `until_block` of versions: rows of (until_block, *key, since_block)."""
    if not rows:
        return []
    if dialect == "sqlite":
        return _by_size(partial(_sqlite_close, table), rows, ())
    staged = [
        sa.Column("until_block", sa.BigInteger()),
        *(sa.Column(c.name, c.type) for c in table.primary_key),
    ]
    stage = sa.Table(f"closing_{table.name}", sa.MetaData(), *staged, prefixes=["TEMPORARY"])
    matches = " AND ".join(f'v."{column.name}" = c."{column.name}"' for column in table.primary_key)
    return [
        (str(CreateTable(stage).compile(dialect=_POSTGRESQL)), None, None),
        *inserts(dialect, stage, rows),
        # Without statistics of the stage the planner reads the whole table instead of looking up a few rows.
        ("SET LOCAL enable_hashjoin = off", None, None),
        ("SET LOCAL enable_mergejoin = off", None, None),
        (
            f'UPDATE "{table.name}" v SET until_block = c.until_block FROM "{stage.name}" c WHERE {matches}',
            None,
            len(rows),
        ),
        (f'DROP TABLE "{stage.name}"', None, None),
    ]


def _by_size(statement: Callable[[int], str], rows: Rows, raw: Sequence[int]) -> list[Statement]:
    """Statements of as many rows as possible over all rows."""
    statements: list[Statement] = []
    start = 0
    for size in SQLITE_ROWS:
        while len(rows) - start >= size:
            statements.append((statement(size), (rows[start : start + size], raw), None))
            start += size
    return statements


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


def _special(table: sa.Table, rows: Rows) -> bool:
    """Whether a text of the rows has a character that COPY reads as its own: hex, digits and JSON have none.

    Looked for in all texts of a column at once, because a look at each took as long as writing it.
    """
    places = [place for place, column in enumerate(table.columns) if isinstance(column.type, sa.Text)]
    columns = ("".join([row[place] or "" for row in rows]) for place in places)
    return any(character in texts for texts in columns for character in "\\\n\t\r")


@cache
def _copy_text(table: sa.Table, special: bool) -> Callable[[Rows], str]:
    """Rows to COPY's text format; with `special`, texts are escaped."""
    cells = []
    for place, column in enumerate(table.columns):
        cell = f"c{place}"
        if isinstance(column.type, sa.LargeBinary) and not column.nullable:
            cells.append(f"\\\\\\\\x{{{cell}}}")  # in the generated source twice two backslashes
            continue
        if isinstance(column.type, sa.LargeBinary):
            value = f"bytea + {cell}"
        elif isinstance(column.type, sa.Boolean):
            value = f"'t' if {cell} else 'f'"
        elif isinstance(column.type, sa.Text) and special:
            value = f"escape({cell})"
        else:
            value = cell
        cells.append(f"{{null if {cell} is None else {value}}}" if column.nullable else f"{{{value}}}")
    names = ", ".join(f"c{place}" for place in range(len(cells)))
    body = "\\t".join(cells)
    source = f'def copy_text(rows):\n    return "".join([f"{body}\\n" for {names}, in rows])\n'
    scope: dict[str, Any] = {"escape": _escape, "null": "\\N", "bytea": "\\\\x"}
    exec(source, scope)
    return scope["copy_text"]  # type: ignore[no-any-return]


def _escape(text: str) -> str:
    text = text.replace("\\", "\\\\")
    return text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
