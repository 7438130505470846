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
from indexer.digest import Batch, Digest
from indexer.projection import Key, Projection, Row
from indexer.schema import cursor, folds
from indexer.store import reading, writing
from indexer.transaction import Statement
from indexer.writer import Writer, write_behind, writer

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
    engine = engine.execution_options(isolation_level="AUTOCOMMIT")  # a statement sees one state by itself

    def load(projection: Projection, keys: Sequence[Key]) -> Iterator[Row]:
        with engine.connect() as connection:
            yield from ledger.load_current(connection, projection, keys)

    return Digest(contracts, projections, load)


def rebuild(engine: sa.Engine, contracts: EventTypes, projections: Sequence[Projection], afresh: bool = False) -> int:
    """Brings every projection to the cursor: new and changed ones from the start, with `afresh` all of them.

    The caller holds the writer lock. Returns the number of logs read.
    """
    with writing(engine) as connection:
        prepare(connection, contracts, projections, afresh)
    return refold(engine, contracts, projections)


def prepare(
    connection: sa.Connection, contracts: EventTypes, projections: Sequence[Projection], afresh: bool = False
) -> None:
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
        connection.execute(sa.insert(folds).values(projection=projection.name, fingerprint=fingerprint, block=start))


def refold(engine: sa.Engine, contracts: EventTypes, projections: Sequence[Projection]) -> int:
    """Folds every projection that is behind the cursor up to it. Returns the number of logs read."""
    with reading(engine) as connection:
        first, target = connection.execute(sa.select(cursor.c.first_block, cursor.c.block)).one()
        behind: dict[int, list[str]] = {}
        for row in connection.execute(sa.select(folds).where(folds.c.block < target)):
            behind.setdefault(row.block, []).append(row.projection)
    count = 0
    for block, names in behind.items():
        group = [projection for projection in projections if projection.name in names]
        digest = new_digest(engine, contracts, group)
        if block < first:
            digest.begin()
        count += _refold_group(engine, group, digest, block, target)
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

    def batches(out: Writer) -> Iterator[tuple[int, Any]]:
        nonlocal count
        done = after
        while done < target:
            with reading(engine) as connection:  # of each portion anew: a long one would let SQLite's log grow
                last, stored, times = ledger.stored_logs(connection, done, target)
            batch = Batch(done + 1, last)
            digest.fold(digest.reread(stored, times), batch)
            done = last
            count += len(stored)
            yield done, out.prepare(written(batch), last=True)

    def write(item: tuple[int, Any]) -> None:
        last, prepared = item
        out.write(prepared)
        digest.written = last

    with writer(engine, target - after) as out:
        write_behind(batches(out), write)
    return count
