"""The mirror as JSON lines: the same bytes for the same chain, however and wherever it was mirrored.

Left out is what is not a function of the chain: the head seen, signs of life, faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from indexer.projection import Projection
from indexer.schema import blocks, cursor, logs

ROWS_AT_ONCE = 2_000


def dump(connection: sa.Connection, projections: Sequence[Projection], to: int | None = None) -> Iterator[bytes]:
    """Lines `{"table": …, …columns}`: cursor, blocks, logs, projections, each by primary key.

    With `to` the mirror as it stood when that block was its last, whatever came later.
    """
    known = cursor.c
    position = sa.select(known.chain_id, known.genesis_hash, known.contracts, known.block, known.hash)
    for row in connection.execute(position).mappings():
        line = {str(name): value for name, value in row.items()}
        if to is not None:
            stored = connection.scalar(sa.select(blocks.c.hash).where(blocks.c.number == to))
            line |= {"block": to, "hash": None if stored is None else "0x" + stored.hex()}
        yield orjson.dumps({"table": "cursor", **line}) + b"\n"
    yield from _table(connection, sa.select(blocks), blocks, blocks.c.number, to)
    yield from _table(connection, sa.select(logs), logs, logs.c.block_number, to)
    for projection in projections:
        table = projection.table
        columns = [column for column in table.c if column.name != "until_block"]
        until = table.c.until_block
        if to is None:
            rows = sa.select(*columns, until)
        else:
            rows = sa.select(*columns, sa.case((until <= to, until)).label("until_block"))
        yield from _table(connection, rows, table, table.c.since_block, to)


def _table(
    connection: sa.Connection, rows: sa.Select[Any], table: sa.Table, block: sa.Column[int], to: int | None
) -> Iterator[bytes]:
    ordered = rows.order_by(*table.primary_key)
    if to is not None:
        ordered = ordered.where(block <= to)
    streamed = connection.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE).execute(ordered)
    for row in streamed.mappings():
        line: dict[str, Any] = {"table": str(table.name)}
        for name, value in row.items():
            line[str(name)] = "0x" + value.hex() if isinstance(value, bytes) else value
        yield orjson.dumps(line) + b"\n"
