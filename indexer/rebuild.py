"""Refolds projections from the stored logs: no node, flat memory, the same bytes as at first.

Also how a projection comes to be: a new or changed one is created empty and folded from the logs that are
already there. Each projection's progress is kept beside its rows, so an interrupted rebuild goes on where
it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from indexer import ledger
from indexer.decode import Abi, EventType, event_types
from indexer.digest import Batch, Digest, RawLog
from indexer.projection import Key, Projection, Row
from indexer.schema import blocks, cursor, folds, logs
from indexer.store import reading, writing
from indexer.transaction import Statement
from indexer.writer import Writer, write_behind, writer

LOGS_AT_ONCE = 20_000
"""Logs in one portion: the more, the fewer versions have to be closed in a later one."""

_FOLDED = [logs.c[name] for name in ("block_number", "log_index", "tx_hash", "address", "contract", "topics", "data")]

Contracts = Mapping[str, tuple[str, int, Sequence[Abi]]]
"""Contracts to follow, by lower-case address: name, block of deployment, ABI."""

EventTypes = Mapping[str, tuple[str, Sequence[EventType]]]
"""Event types of the followed contracts, by lower-case address, with the contract's name."""


def event_types_of(recorded: str, abis: Mapping[str, Sequence[Abi]]) -> EventTypes:
    """The event types of the contracts recorded in the cursor row (JSON), read with ABIs by contract name."""
    return {
        address: (name, event_types(name, abis[name]))
        for address, (name, _) in orjson.loads(recorded).items()
        if name in abis
    }


def new_digest(engine: sa.Engine, contracts: EventTypes, projections: Sequence[Projection]) -> Digest:
    """A digest that knows no versions yet, and loads those it needs from the mirror."""

    def load(projection: Projection, keys: Sequence[Key]) -> Iterator[Row]:
        with reading(engine) as connection:
            yield from ledger.load_current(connection, projection, keys)

    return Digest(contracts, projections, load)


def rebuild(engine: sa.Engine, contracts: EventTypes, projections: Sequence[Projection], afresh: bool = False) -> int:
    """Brings every projection to the cursor: new and changed ones from the start, with `afresh` all of them.

    The caller holds the writer lock. Returns the number of logs read.
    """
    prepare(engine, contracts, projections, afresh)
    return refold(engine, contracts, projections)


def prepare(engine: sa.Engine, contracts: EventTypes, projections: Sequence[Projection], afresh: bool = False) -> None:
    """Makes the projections' tables be what their declarations say, empty where they were not or `afresh`.

    Tables of projections that are gone are dropped.
    """
    known_events = [event for _, events in contracts.values() for event in events]
    fingerprints = {
        projection: projection.fingerprint(
            event
            for event in known_events
            if any(fold.event in (f"{event.contract}.{event.name}", f"*.{event.name}") for fold in projection.folds)
        )
        for projection in projections
    }
    with writing(engine) as connection:
        known = {row.projection: row for row in connection.execute(sa.select(folds))}
        start = connection.execute(sa.select(cursor.c.first_block)).scalar_one() - 1
        declared = {projection.name: projection for projection in fingerprints}
        for name in set(known) - set(declared):
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}"')
            connection.execute(sa.delete(folds).where(folds.c.projection == name))
        for projection, fingerprint in fingerprints.items():
            row = known.get(projection.name)
            if row is not None and row.fingerprint == fingerprint and not afresh:
                continue
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{projection.name}"')
            projection.table.create(connection)
            connection.execute(sa.delete(folds).where(folds.c.projection == projection.name))
            connection.execute(
                sa.insert(folds).values(projection=projection.name, fingerprint=fingerprint, block=start)
            )


def refold(engine: sa.Engine, contracts: EventTypes, projections: Sequence[Projection]) -> int:
    """Folds every projection that is behind the cursor up to it. Returns the number of logs read."""
    with reading(engine) as connection:
        target: int = connection.execute(sa.select(cursor.c.block)).scalar_one()
        behind: dict[int, list[str]] = {}
        for row in connection.execute(sa.select(folds).where(folds.c.block < target)):
            behind.setdefault(row.block, []).append(row.projection)
    count = 0
    for block, names in behind.items():
        group = [projection for projection in projections if projection.name in names]
        count += _refold_group(engine, group, new_digest(engine, contracts, group), block, target)
    return count


def _refold_group(engine: sa.Engine, group: Sequence[Projection], digest: Digest, after: int, target: int) -> int:
    names = [projection.name for projection in group]
    count = 0

    def written(batch: Batch) -> list[Statement]:
        done = f"UPDATE folds SET block = ? WHERE block = ? AND projection IN ({', '.join('?' for _ in names)})"
        return [
            ledger.statement(engine.dialect, done, batch.last, batch.first - 1, *names, touched=len(names)),
            *ledger.version_statements(engine.dialect, batch),
        ]

    def batches(out: Writer) -> Iterator[Any]:
        nonlocal count
        for first, last, stored, times in stored_logs(engine, after, target):
            batch = Batch(first, last)
            digest.fold(digest.reread(stored, times), batch)
            count += len(stored)
            yield out.prepare(written(batch), last=True)

    with writer(engine, target - after) as out:
        write_behind(batches(out), out.write)
    return count


def stored_logs(engine: sa.Engine, after: int, last: int) -> Iterator[tuple[int, int, list[RawLog], dict[int, int]]]:
    """Stored logs of blocks `after + 1..last` in portions: first, last, logs, blocks' times."""
    limit = LOGS_AT_ONCE
    while after < last:
        with reading(engine) as connection:
            if engine.dialect.name == "postgresql":
                # Without statistics the planner sorts all logs that are left, on disk, for every portion of them.
                connection.exec_driver_sql("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
            ordered = (
                sa.select(*_FOLDED)
                .where(logs.c.block_number > after, logs.c.block_number <= last)
                .order_by(logs.c.block_number, logs.c.log_index)
                .limit(limit)
            )
            compiled = ordered.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
            rows = connection.exec_driver_sql(str(compiled)).cursor.fetchall()
            end = last
            if len(rows) == limit:  # the last block may be cut
                end = rows[-1][0] - 1
                if rows[0][0] > end:
                    limit *= 2
                    continue
                rows = [row for row in rows if row[0] <= end]
            times = connection.execute(
                sa.select(blocks.c.number, blocks.c.timestamp).where(blocks.c.number.between(after + 1, end))
            )
            by_number = {number: time for number, time in times}
        yield after + 1, end, _from_store(rows), by_number
        after, limit = end, LOGS_AT_ONCE


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
