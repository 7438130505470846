"""What the mirror's transactions do: add a batch, roll back to a block, load versions, set the cursor.

Each function runs inside its caller's transaction; the cursor moves in the same one as the rows, so a crash
at any instruction loses and doubles nothing.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, DropConstraint

from chain.errors import ChaqiError
from indexer import bulk
from indexer.digest import Batch, Digest, RawLog
from indexer.fetch import Header
from indexer.projection import Key, Projection, Row
from indexer.schema import blocks, cursor, folds, logs
from indexer.store import writing
from indexer.transaction import Statement

LOGS_AT_ONCE = 20_000
"""Stored logs in one portion: the more, the fewer versions have to be closed in a later one."""

HEADERS_AT_ONCE = 1_000
"""Headers that are written without waiting for the end of their batch."""

_FOLDED = [logs.c[name] for name in ("block_number", "log_index", "tx_hash", "address", "contract", "topics", "data")]

EMPTY_BLOOM = "0x" + "0" * 512


def header_row(header: Header) -> tuple[Any, ...]:
    """A header as a row of `blocks`, bytes as hex digits."""
    bloom = header["logsBloom"]
    return (
        int(header["number"], 16),
        header["hash"][2:],
        header["parentHash"][2:],
        int(header["timestamp"], 16),
        header["receiptsRoot"][2:],
        None if bloom == EMPTY_BLOOM else bloom[2:],
    )


def statement(dialect: sa.Dialect, sql: str, *values: Any, touched: int | None = None) -> Statement:
    """A statement with `?` for each value, and the number of rows it must touch.

    By hand, because every live block runs three: SQLAlchemy compiles one in half a millisecond.
    """
    return sql if dialect.name == "sqlite" else sql.replace("?", "%s"), list(values), touched


def opening(dialect: sa.Dialect, batch: Batch) -> list[Statement]:
    """Begins a batch's transaction: locks the cursor where it must be, so that who lost the lease writes nothing."""
    locked = "UPDATE cursor SET seen_at = ? WHERE block = ?"
    return [statement(dialect, locked, time.time(), batch.first - 1, touched=1)]


def arrived(dialect: sa.Dialect, batch: Batch, last: bool) -> list[Statement]:
    """Adds the logs that the batch holds, and takes them out of it; headers too, once they are many or the `last`.

    So that the logs of most parts follow each other, which makes one COPY of them.
    """
    statements = bulk.inserts(dialect.name, logs, batch.logs)
    batch.logs = []
    if last or len(batch.blocks) >= HEADERS_AT_ONCE:
        statements += bulk.inserts(dialect.name, blocks, batch.blocks)
        batch.blocks = []
    return statements


def closing(dialect: sa.Dialect, batch: Batch, head: int) -> list[Statement]:
    """Ends a batch's transaction: its versions, and the cursor on its last block."""
    here = "UPDATE cursor SET block = ?, hash = ?, time = ?, head = ?, seen_at = ?, fault = NULL"
    return [
        *version_statements(dialect, batch),
        statement(dialect, here, batch.last, batch.hash, batch.time, head, time.time()),
        statement(dialect, "UPDATE folds SET block = ?", batch.last),
    ]


def version_statements(dialect: sa.Dialect, batch: Batch) -> list[Statement]:
    """Adds a batch's versions and closes the ones they follow, both by key: neighbours share a page of the table."""
    statements: list[Statement] = []
    for projection, (versions, closes) in batch.versions.items():
        width = len(projection.key)
        by_key = sorted(versions, key=itemgetter(*range(width)))
        statements += bulk.inserts(dialect.name, projection.table, by_key)
        closed_by_key = sorted(closes, key=itemgetter(*range(1, width + 1)))
        statements += bulk.closes(dialect.name, projection.table, closed_by_key)
    return statements


@contextmanager
def indexed_afterwards(engine: sa.Engine) -> Iterator[None]:
    """While a mirror is filled for the first time: on PostgreSQL `logs` is indexed at the end, all at once.

    Entry by entry that took a quarter of the server's time.
    """
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            connection.execute(DropConstraint(logs.primary_key))
    try:
        yield
    finally:
        index_logs(engine)


def index_logs(engine: sa.Engine) -> None:
    """Gives `logs` the index it lacks if its first filling was cut off."""
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            if not sa.inspect(connection).get_pk_constraint(logs.name)["constrained_columns"]:
                connection.execute(AddConstraint(logs.primary_key))


def roll_back(connection: sa.Connection, block: int, digest: Digest) -> None:
    """Undoes everything after `block`, which becomes the cursor: of the entities that the undone logs touch, the
    newest version left is current again. The digest's memory is out of date afterwards."""
    last = connection.execute(sa.select(blocks).where(blocks.c.number == block)).one_or_none()
    connection.execute(  # first, as in `opening`: so it waits for a batch that is under way
        sa.update(cursor).values(
            block=block,
            hash=None if last is None else "0x" + last.hash.hex(),
            time=None if last is None else last.timestamp,
            fault=None,
            rewind_to=None,
        )
    )
    after, newest = block, connection.scalar(sa.select(sa.func.max(logs.c.block_number)))
    while newest is not None and after < newest:
        after, stored, times = stored_logs(connection, after, newest)
        for projection, keys in digest.touched(stored, times).items():
            _reopen(connection, projection, keys, block)
    connection.execute(sa.delete(logs).where(logs.c.block_number > block))
    connection.execute(sa.delete(blocks).where(blocks.c.number > block))
    connection.execute(sa.update(folds).where(folds.c.block > block).values(block=block))


def _reopen(connection: sa.Connection, projection: Projection, keys: Collection[Key], block: int) -> None:
    """Deletes the keys' versions since later than `block`; the newest ones left are current."""
    table, earlier = projection.table, projection.table.alias()
    names = projection.key_names
    parameters = [f"key_{name}" for name in names]
    values = [dict(zip(parameters, key if len(names) > 1 else (key,), strict=True)) for key in keys]
    same = [table.c[name] == sa.bindparam(one) for name, one in zip(names, parameters, strict=True)]
    connection.execute(sa.delete(table).where(*same, table.c.since_block > block), values)
    newest = sa.select(sa.func.max(earlier.c.since_block)).where(*(earlier.c[name] == table.c[name] for name in names))
    reopened = sa.update(table).where(*same, table.c.since_block == newest.scalar_subquery())
    connection.execute(reopened.values(until_block=sa.null()), values)


def stored_logs(connection: sa.Connection, after: int, last: int) -> tuple[int, list[RawLog], dict[int, int]]:
    """Stored logs of the next blocks after `after`, at most of `last`: up to which block, logs, blocks' times."""
    if connection.dialect.name == "postgresql":
        # Without statistics the planner sorts all logs that are left, on disk, for every portion of them.
        connection.exec_driver_sql("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    limit = LOGS_AT_ONCE
    while True:
        ordered = (
            sa.select(*_FOLDED)
            .where(logs.c.block_number > after, logs.c.block_number <= last)
            .order_by(logs.c.block_number, logs.c.log_index)
            .limit(limit)
        )
        compiled = ordered.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        rows = connection.exec_driver_sql(str(compiled)).cursor.fetchall()
        end = last
        if len(rows) == limit:  # the last block may be cut
            end = rows[-1][0] - 1
            if rows[0][0] > end:
                limit *= 2
                continue
            rows = [row for row in rows if row[0] <= end]
        mined = sa.select(blocks.c.number, blocks.c.timestamp).where(blocks.c.number.between(after + 1, end))
        return end, _from_store(rows), {number: time for number, time in connection.execute(mined)}


def _from_store(rows: Sequence[Sequence[Any]]) -> list[RawLog]:
    """Stored logs as the digest takes them; what no fold can ask for is left out."""
    addresses = {address: address.hex() for address in {row[3] for row in rows}}
    return [
        (
            number,
            index,
            0,
            tx_hash.hex(),
            addresses[address],
            contract,
            None,
            topics.hex(),
            data.hex(),
            None,
        )
        for number, index, tx_hash, address, contract, topics, data in rows
    ]


def load_current(connection: sa.Connection, projection: Projection, keys: Sequence[Key]) -> Iterator[Row]:
    """The current versions of those of the keys that have one.

    Runs after every few blocks: SQLAlchemy's own `IN` took three times as long as the look-up.
    """
    table, width = projection.table, len(projection.key)
    if connection.dialect.name == "postgresql":
        parts = [list(keys)] if width == 1 else [list(part) for part in zip(*keys, strict=True)]
        yield from map(list, connection.exec_driver_sql(_newest_on_postgresql(table, width), tuple(parts)))
        return
    flags = [place for place, column in enumerate(table.columns) if isinstance(column.type, sa.Boolean)]
    for found in connection.exec_driver_sql(_newest_on_sqlite(table, width), (orjson.dumps(keys).decode(),)):
        row = list(found)
        for place in flags:
            row[place] = None if row[place] is None else bool(row[place])
        yield row


@cache
def _newest_on_sqlite(table: sa.Table, width: int) -> str:
    """A query that looks up each key of a JSON array: from its newest version, not through all before it."""
    names = [column.name for column in list(table.columns)[:width]]
    values = ["k.value"] if width == 1 else [f"json_extract(k.value, '$[{place}]')" for place in range(width)]
    matches = " AND ".join(f'"{name}" = {value}' for name, value in zip(names, values, strict=True))
    newest = f'SELECT rowid FROM "{table.name}" WHERE {matches} ORDER BY since_block DESC LIMIT 1'
    return f'SELECT v.* FROM json_each(?) k JOIN "{table.name}" v ON v.rowid = ({newest}) WHERE v.until_block IS NULL'


@cache
def _newest_on_postgresql(table: sa.Table, width: int) -> str:
    """A query that looks each key up: given a list of keys, PostgreSQL rather reads the whole table."""
    columns = list(table.columns)[:width]
    texts = [isinstance(column.type, sa.Text) for column in columns]
    kinds = ["text" if text else str(column.type) for column, text in zip(columns, texts, strict=True)]
    matches = [
        f'v."{column.name}" = k."{column.name}"' + (' COLLATE "C"' if text else "")
        for column, text in zip(columns, texts, strict=True)
    ]
    return (
        f"SELECT v.* FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds)}) "
        f"AS k({', '.join(f'{chr(34)}{column.name}{chr(34)}' for column in columns)}) "
        f'CROSS JOIN LATERAL (SELECT * FROM "{table.name}" v WHERE {" AND ".join(matches)} '
        "ORDER BY since_block DESC LIMIT 1) v WHERE v.until_block IS NULL"
    )


def stored_hash(connection: sa.Connection, number: int) -> str | None:
    """The mirrored hash of a block."""
    found = connection.scalar(sa.select(blocks.c.hash).where(blocks.c.number == number))
    return None if found is None else "0x" + found.hex()


def record_fault(connection: sa.Connection, fault: ChaqiError) -> None:
    """Notes what keeps the mirror from following, since when; the same fault keeps its time."""
    now = int(time.time())
    known = connection.scalar(sa.select(cursor.c.fault))
    since = now
    if known is not None and (earlier := orjson.loads(known))["code"] == fault.code:
        since = earlier["since"]
    text = orjson.dumps(
        {
            "code": fault.code,
            "values": {name: str(value) for name, value in fault.values.items()},
            "en": fault.words("en"),
            "zh": fault.words("zh"),
            "since": since,
        }
    ).decode()
    connection.execute(sa.update(cursor).values(fault=text, seen_at=time.time()))
