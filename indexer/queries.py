"""The read side: rows of projections as of any block, and how far the mirror is.

Each function reads inside its caller's transaction (`indexer.store.reading`), so that an answer is of one
state.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from chain.errors import ChaqiError
from indexer.projection import Key, Projection
from indexer.schema import Whole, blocks, cursor, folds

Position = tuple[int, int]
"""Of an event: block number, log index."""


CLOCK_SKEW_SECONDS: Final = 10
"""How far ahead of ours a caller's clock may be when it asks for "now"."""


class UnknownBlock(ChaqiError):
    """The mirror does not hold the block, no block of so early an instant, or the instant is still to come."""

    status = 404
    en = "The mirror holds the blocks {first} to {last}; {asked} is not among them."
    zh = "镜像包含区块 {first} 至 {last}，其中没有{asked_zh}。"


class MirrorEmpty(ChaqiError):
    """No block has been mirrored yet."""

    status = 503
    en = "No block has been mirrored yet. Start the mirror with `make up`."
    zh = "镜像尚无任何区块。请运行 `make up` 启动镜像。"


@dataclass(frozen=True)
class AsOf:
    """The block an answer is of. `time` in UTC seconds, `lag` in blocks to the newest head seen."""

    block: int
    hash: str
    time: int
    lag: int


@dataclass(frozen=True)
class MirrorStatus:
    """How far the mirror is. `seen_at`: last sign of life, UTC seconds. `folded`: block by projection."""

    chain_id: int
    genesis_hash: str
    first_block: int
    block: int
    hash: str | None
    time: int | None
    head: int
    seen_at: float
    fault: dict[str, Any] | None
    folded: dict[str, int]

    @property
    def lag_blocks(self) -> int:
        """Blocks between the newest head seen and the mirrored block."""
        return max(0, self.head - self.block)

    @property
    def ready(self) -> bool:
        """Whether every projection stands at the cursor and nothing keeps the mirror from following."""
        return self.fault is None and all(block == self.block for block in self.folded.values())


def status(connection: sa.Connection) -> MirrorStatus:
    """How far the mirror is. Raises `MirrorEmpty` before its first start."""
    row = connection.execute(sa.select(cursor)).one_or_none()
    if row is None:
        raise MirrorEmpty
    return MirrorStatus(
        row.chain_id,
        row.genesis_hash,
        row.first_block,
        row.block,
        row.hash,
        row.time,
        row.head,
        row.seen_at,
        None if row.fault is None else orjson.loads(row.fault),
        {fold.projection: fold.block for fold in connection.execute(sa.select(folds))},
    )


def as_of(connection: sa.Connection, block: int | None = None, instant: int | None = None) -> AsOf:
    """The last mirrored block, or block `block`, or the last block not after `instant` (UTC seconds).

    An instant after the last mirrored block is answered from that block, whose number, time and lag the answer
    carries (design law 4); one that is still to come is not answered. Raises `UnknownBlock`, `MirrorEmpty`.
    """
    now = status(connection)
    if now.hash is None or now.time is None:
        raise MirrorEmpty
    if block is None and instant is None:
        return AsOf(now.block, now.hash, now.time, now.lag_blocks)
    if instant is None:
        found = sa.select(blocks).where(blocks.c.number == block)
    elif instant > max(now.time, time.time() + CLOCK_SKEW_SECONDS):
        raise _unknown_instant(now, instant)
    else:
        low, high = now.first_block, now.block  # timestamps rise with numbers: bisected, no index needed
        while low < high:
            middle = (low + high + 1) // 2
            mined = connection.scalar(sa.select(blocks.c.timestamp).where(blocks.c.number == middle))
            low, high = (middle, high) if mined is not None and mined <= instant else (low, middle - 1)
        found = sa.select(blocks).where(blocks.c.number == low, blocks.c.timestamp <= instant)
    row = connection.execute(found).one_or_none()
    if row is None:
        if instant is not None:
            raise _unknown_instant(now, instant)
        raise UnknownBlock(first=now.first_block, last=now.block, asked=block, asked_zh=f"区块 {block}")
    return AsOf(row.number, "0x" + row.hash.hex(), row.timestamp, max(0, now.head - row.number))


def _unknown_instant(now: MirrorStatus, instant: int) -> UnknownBlock:
    try:
        shown = datetime.fromtimestamp(instant, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        shown = f"{instant} s"
    return UnknownBlock(
        first=now.first_block, last=now.block, asked=f"the instant {shown}", asked_zh=f"时刻 {shown} 的区块"
    )


def at(table: sa.Table, block: int | sa.BindParameter[int] | None) -> sa.ColumnElement[bool]:
    """The condition that picks the versions of a projection's table as of a block; None: the current ones."""
    if block is None:
        return table.c.until_block.is_(None)
    until = table.c.until_block
    return sa.and_(table.c.since_block <= block, sa.or_(until.is_(None), until > block))


def row(connection: sa.Connection, projection: Projection, key: Key, block: int | None = None) -> dict[str, Any] | None:
    """One entity as of a block (None: now)."""
    values = key if isinstance(key, tuple) else (key,)
    same = dict(zip(projection.key_names, values, strict=True))
    newest = _chosen(projection.table, projection.key_names, block is not None, one=True)
    return next(iter(newest.read(connection, {**same, "as_of_block": block})), None)


def of(
    connection: sa.Connection,
    projection: Projection,
    same: Mapping[str, Any],
    block: int | None = None,
) -> list[dict[str, Any]]:
    """The entities as of a block (None: now) whose columns have these values, by key: all, so name what bounds them."""
    return _chosen(projection.table, tuple(same), block is not None).read(connection, {**same, "as_of_block": block})


class _Chosen:
    """A SELECT of whole rows that is made and compiled once. Made anew, it costs ten times what SQLite takes to answer
    it, and handed over by SQLAlchemy still three times; so SQLite's driver is asked directly.
    """

    def __init__(self, chosen: sa.Select[Any]) -> None:
        self._chosen = chosen
        compiled = chosen.compile(dialect=sqlite.dialect())
        self._sql, self._parameters = compiled.string, compiled.positiontup or []
        self._names = [column.name for column in chosen.selected_columns]
        self._flags = [column.name for column in chosen.selected_columns if isinstance(column.type, sa.Boolean)]

    def read(self, connection: sa.Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Its rows with these values for its parameters. Raises what `connection.execute` does."""
        if connection.dialect.name != "sqlite":
            wanted = {name: values[name] for name in self._parameters}
            return _named(connection.execute(self._chosen, wanted))
        driver: Any = connection.connection.driver_connection
        given = [values[name] for name in self._parameters]
        try:
            rows = [dict(zip(self._names, row, strict=True)) for row in driver.execute(self._sql, given)]
        except sqlite3.OperationalError as failure:
            raise sa.exc.OperationalError(self._sql, given, failure) from failure
        for row in rows:
            row.update((name, bool(row[name])) for name in self._flags if row[name] is not None)
        return rows


@cache
def _chosen(table: sa.Table, names: tuple[str, ...], past: bool, one: bool = False) -> _Chosen:
    same = [table.c[name] == sa.bindparam(name) for name in names]
    block = sa.bindparam("as_of_block", type_=Whole) if past else None
    chosen = sa.select(table).where(*same, at(table, block))
    if one:  # from the newest version on, not through all before it
        first = chosen.limit(sa.literal_column("1")).offset(sa.literal_column("0"))  # no parameters
        return _Chosen(first.order_by(table.c.since_block.desc()))
    return _Chosen(chosen.order_by(*(column for column in table.primary_key if column.name != "since_block")))


def rows(
    connection: sa.Connection,
    projection: Projection,
    block: int | None = None,
    *,
    where: Sequence[sa.ColumnElement[bool]] = (),
    after: Key | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Up to `limit` entities as of a block, by key, those after the key `after`."""
    table = projection.table
    keys = [table.c[name] for name in projection.key_names]
    chosen = sa.select(table).where(at(table, block), *where).order_by(*keys).limit(limit)
    if after is not None:
        values = after if isinstance(after, tuple) else (after,)
        chosen = chosen.where(sa.tuple_(*keys) > sa.tuple_(*values))
    return _named(connection.execute(chosen))


def count(
    connection: sa.Connection,
    projection: Projection,
    block: int | None = None,
    where: Sequence[sa.ColumnElement[bool]] = (),
) -> int:
    """How many entities there are as of a block."""
    table = projection.table
    chosen = sa.select(sa.func.count()).select_from(table).where(at(table, block), *where)
    return connection.scalar(chosen) or 0


def versions(connection: sa.Connection, projection: Projection, key: Key) -> list[dict[str, Any]]:
    """Every version of an entity, oldest first."""
    values = key if isinstance(key, tuple) else (key,)
    same = [projection.table.c[name] == value for name, value in zip(projection.key_names, values, strict=True)]
    ordered = sa.select(projection.table).where(*same).order_by(projection.table.c.since_block)
    return _named(connection.execute(ordered))


def _named(found: sa.CursorResult[Any]) -> list[dict[str, Any]]:
    names = list(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]
