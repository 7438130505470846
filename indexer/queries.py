"""The read side: rows of projections as of any block, events by position, and how far the mirror is.

Each function reads inside its caller's transaction (`indexer.store.reading`), so that an answer is of one
state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from chain.errors import ChaqiError
from indexer.projection import Key, Projection
from indexer.schema import blocks, cursor, folds, logs

Position = tuple[int, int]
"""Of an event: block number, log index."""


class UnknownBlock(ChaqiError):
    """The mirror does not hold the block, or no block of so early an instant."""

    status = 404
    en = "The mirror holds the blocks {first} to {last}; {asked} is not among them."
    zh = "镜像包含区块 {first} 至 {last}，其中没有 {asked}。"


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

    Raises `UnknownBlock`, `MirrorEmpty`.
    """
    now = status(connection)
    if now.hash is None or now.time is None:
        raise MirrorEmpty
    if block is None and instant is None:
        return AsOf(now.block, now.hash, now.time, now.lag_blocks)
    if instant is None:
        found = sa.select(blocks).where(blocks.c.number == block)
    else:
        low, high = now.first_block, now.block  # timestamps rise with numbers: bisected, no index needed
        while low < high:
            middle = (low + high + 1) // 2
            time = connection.scalar(sa.select(blocks.c.timestamp).where(blocks.c.number == middle))
            low, high = (middle, high) if time is not None and time <= instant else (low, middle - 1)
        found = sa.select(blocks).where(blocks.c.number == low, blocks.c.timestamp <= instant)
    row = connection.execute(found).one_or_none()
    if row is None:
        asked = block if block is not None else f"the instant {instant}"
        raise UnknownBlock(first=now.first_block, last=now.block, asked=asked)
    return AsOf(row.number, "0x" + row.hash.hex(), row.timestamp, max(0, now.head - row.number))


def at(table: sa.Table, block: int | None) -> sa.ColumnElement[bool]:
    """The condition that picks the versions of a projection's table as of a block; None: the current ones."""
    if block is None:
        return table.c.until_block.is_(None)
    until = table.c.until_block
    return sa.and_(table.c.since_block <= block, sa.or_(until.is_(None), until > block))


def row(connection: sa.Connection, projection: Projection, key: Key, block: int | None = None) -> dict[str, Any] | None:
    """One entity as of a block (None: now)."""
    values = key if isinstance(key, tuple) else (key,)
    same = [projection.table.c[name] == value for name, value in zip(projection.key_names, values, strict=True)]
    found = connection.execute(sa.select(projection.table).where(*same, at(projection.table, block)))
    return next((dict(one) for one in found.mappings()), None)


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
    return [dict(one) for one in connection.execute(chosen).mappings()]


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
    return [dict(one) for one in connection.execute(ordered).mappings()]


def events(
    connection: sa.Connection,
    *,
    after: Position | None = None,
    until: int | None = None,
    contract: str | None = None,
    event: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Up to `limit` events after a position, not after block `until`, in the chain's order, args decoded."""
    ordered = (
        sa.select(logs, blocks.c.timestamp, blocks.c.hash.label("block_hash"))
        .join(blocks, blocks.c.number == logs.c.block_number)
        .order_by(logs.c.block_number, logs.c.log_index)
        .limit(limit)
    )
    if after is not None:
        ordered = ordered.where(sa.tuple_(logs.c.block_number, logs.c.log_index) > sa.tuple_(*after))
    if until is not None:
        ordered = ordered.where(logs.c.block_number <= until)
    if contract is not None:
        ordered = ordered.where(logs.c.contract == contract)
    if event is not None:
        ordered = ordered.where(logs.c.event == event)
    return [_event(one) for one in connection.execute(ordered).mappings()]


def _event(row: Mapping[Any, Any]) -> dict[str, Any]:
    topics = row["topics"].hex()
    return {
        "block": row["block_number"],
        "log_index": row["log_index"],
        "time": row["timestamp"],
        "block_hash": "0x" + row["block_hash"].hex(),
        "tx_hash": "0x" + row["tx_hash"].hex(),
        "tx_index": row["tx_index"],
        "address": "0x" + row["address"].hex(),
        "contract": row["contract"],
        "event": row["event"],
        "args": None if row["args"] is None else orjson.loads(row["args"]),
        "topics": ["0x" + topics[start : start + 64] for start in range(0, len(topics), 64)],
        "data": "0x" + row["data"].hex(),
    }
