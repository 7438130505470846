"""The hot loop: logs to rows. Everything that is done once per event is in this file, and nothing else.

Twelve microseconds an event is the whole budget (fetch to commit, 80,000 events a second), so:
- a log is read once, into one tuple that is also its row;
- decoders and folds are generated (`indexer.decode`, `indexer.projection`), found by address and topic;
- versions are plain lists in column order; the cache of current versions holds those same lists;
- states that the cache has forgotten are loaded together, between the two loops;
- a version born and closed in the same batch is written once, closed; only older ones cost an UPDATE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from indexer.decode import WHOLES, EventType, Values
from indexer.fetch import Log
from indexer.projection import BoundFold, Key, Projection, Row, bind

RawLog = tuple[int, int, int, str, str, str, str | None, str, str, str | None]
"""A row of `logs`: number, index, tx_index, tx_hash, address, contract, event, topics, data, args;
bytes are hex digits without 0x, topics one after the other."""

CACHED_VERSIONS = 50_000
"""Current versions kept in memory per projection (some 25 MB if every one of them is used)."""

Load = Callable[[Projection, Sequence[Key]], Iterable[Row]]
"""Gives the current versions of those of the keys that have one."""


FORGOTTEN_BITS = 1 << 25
"""Four megabytes: of three million keys that were never met, one in twelve is looked for in vain."""


class Forgotten:
    """Keys that a cache has forgotten: a Bloom filter with one hash. A key that is not in it needs no look into the
    mirror, which would take the place of what the next logs need in the processor's cache. Takes no memory before the
    first: of forty projections few are ever too many for their cache."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, key: Key) -> None:
        """Takes note of a key."""
        self._bits = self._bits or bytearray(FORGOTTEN_BITS >> 3)
        place = hash(key) % FORGOTTEN_BITS
        self._bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, key: Key) -> bool:
        """Whether the key, or one that looks like it, was forgotten."""
        place = hash(key) % FORGOTTEN_BITS
        return bool(self._bits and self._bits[place >> 3] >> (place & 7) & 1)


class Shelf:
    """One projection at work: its cached current versions, and what the present batch adds."""

    def __init__(self, projection: Projection, limit: int) -> None:
        self.projection = projection
        self.width = len(projection.key)
        self.limit = limit
        self.cache: dict[Key, Row] = {}
        self.forgotten: Forgotten | None = None
        """Where it is known, every other key that is stored is in the cache."""
        self.missing: set[Key] = set()
        self.versions: list[Row] = []
        self.closes: list[tuple[Any, ...]] = []

    def evict(self, written: int) -> None:
        """Forgets the longest unchanged versions, of those that are `written`: since that block at the latest."""
        surplus = len(self.cache) - self.limit
        if surplus > 0:
            oldest = [key for key, row in islice(self.cache.items(), surplus) if row[self.width] <= written]
            for key in oldest:
                del self.cache[key]
                if self.forgotten is not None:
                    self.forgotten.add(key)

    def to_load(self) -> list[Key]:
        """Of the missing keys, those that may be stored."""
        forgotten = self.forgotten
        return list(self.missing) if forgotten is None else [key for key in self.missing if key in forgotten]


Work = tuple[Shelf, BoundFold, Key, Values, RawLog, int]
Folding = tuple[Shelf, BoundFold, Callable[[Values], Key] | None, dict[Key, Row] | None]
"""A fold at hand: `key` (None: a custom fold), and the cache to look into first (None: it creates)."""


@dataclass
class Kind:
    """What to do with the logs of one event of one address."""

    event: EventType
    address: str
    contract: str
    name: str
    read: Callable[[Sequence[str], str], tuple[Values, str, str]]
    folds: list[Folding]


@dataclass
class Batch:
    """Rows of the blocks `first..last`, to be written in one transaction.

    Headers and logs may be written, and forgotten, before the batch is complete: `count` logs came in all.
    """

    first: int
    last: int = -1
    count: int = 0
    hash: str = ""
    time: int = 0
    blocks: list[tuple[Any, ...]] = field(default_factory=list)
    logs: list[RawLog] = field(default_factory=list)
    versions: dict[Projection, tuple[list[Row], list[tuple[Any, ...]]]] = field(default_factory=dict)
    """Per projection: new versions, and closes as (until_block, *key, since_block)."""


class Digest:
    """Turns logs into rows; remembers current versions between batches, which must come in order."""

    def __init__(
        self,
        contracts: Mapping[str, tuple[str, Sequence[EventType]]],
        projections: Sequence[Projection],
        load: Load,
        cached: int = CACHED_VERSIONS,
    ) -> None:
        """`contracts`: by lower-case address, the contract's name and its event types."""
        self._load = load
        self._shelves = [Shelf(projection, cached) for projection in projections]
        self._names = {address: name for address, (name, _) in contracts.items()}
        self._kinds: dict[tuple[str, str], Kind] = {}
        self.written = -1
        """Block up to which the versions are in the mirror, so that they can be forgotten and loaded again."""
        for address, (name, events) in contracts.items():
            for event in events:
                folds: list[Folding] = [
                    (
                        shelf,
                        bound := bind(shelf.projection, fold, event),
                        None if fold.step else bound.key,
                        None if fold.creates else shelf.cache,
                    )
                    for shelf in self._shelves
                    for fold in shelf.projection.folds
                    if fold.event in (f"{name}.{event.name}", f"*.{event.name}")
                ]
                self._kinds[address, event.topic] = Kind(event, address[2:], name, event.name, event.read, folds)

    def forget(self) -> None:
        """Drops the cached versions, after a rollback or a failed write."""
        for shelf in self._shelves:
            shelf.cache.clear()
            shelf.forgotten = None
            shelf.versions, shelf.closes, shelf.missing = [], [], set()
        self.written = -1

    def begin(self) -> None:
        """Takes note that no versions are stored: only what is forgotten from now on has ever to be loaded."""
        for shelf in self._shelves:
            shelf.forgotten = Forgotten()

    def read(self, logs: Iterable[Log], times: Mapping[str, tuple[int, int]]) -> tuple[list[RawLog], list[Work]]:
        """Logs as rows of `logs`, and the folding they ask for. `times`: block hash → (number, time)."""
        rows: list[RawLog] = []
        work: list[Work] = []
        kinds, whole = self._kinds, WHOLES
        for log in logs:
            topics, payload = log.topics, log.data[2:]
            number, time = times[log.block_hash]
            kind = kinds.get((log.address, topics[0])) if topics else None
            if kind is None:
                address, contract, name, args = log.address[2:], self._names[log.address], None, None
                joined = "".join([topic[2:] for topic in topics])
            else:
                address, contract, name = kind.address, kind.contract, kind.name
                values, args, joined = kind.read(topics, payload)
            raw: RawLog = (
                number,
                whole[log.log_index],
                whole[log.transaction_index],
                log.transaction_hash[2:],
                address,
                contract,
                name,
                joined,
                payload,
                args,
            )
            rows.append(raw)
            if kind is not None:
                for shelf, bound, key_of, cache in kind.folds:
                    if key_of is None:
                        self._read_custom(shelf, bound, values, raw, time, work)
                        continue
                    key = key_of(values)
                    if cache is not None and key not in cache:
                        shelf.missing.add(key)
                    work.append((shelf, bound, key, values, raw, time))
        return rows, work

    def reread(self, stored: Iterable[RawLog], times: Mapping[int, int]) -> list[Work]:
        """The folding that stored logs ask for: like `read`, from the mirror instead of the node."""
        work: list[Work] = []
        kinds = self._kinds
        for raw in stored:
            topics = raw[7]
            kind = kinds.get(("0x" + raw[4], "0x" + topics[:64]))
            if kind is None or not kind.folds:
                continue
            values = kind.event.decode(topics, raw[8])
            time = times[raw[0]]
            for shelf, bound, key_of, cache in kind.folds:
                if key_of is None:
                    self._read_custom(shelf, bound, values, raw, time, work)
                    continue
                key = key_of(values)
                if cache is not None and key not in cache:
                    shelf.missing.add(key)
                work.append((shelf, bound, key, values, raw, time))
        return work

    def touched(self, stored: Iterable[RawLog], times: Mapping[int, int]) -> dict[Projection, set[Key]]:
        """Keys of the entities that stored logs change."""
        keys: dict[Projection, set[Key]] = {}
        for shelf, _, key, *_ in self.reread(stored, times):
            keys.setdefault(shelf.projection, set()).add(key)
        for shelf in self._shelves:
            shelf.missing = set()
        return keys

    @staticmethod
    def _read_custom(shelf: Shelf, bound: BoundFold, values: Values, raw: RawLog, time: int, work: list[Work]) -> None:
        assert bound.fold.keys is not None
        for key in bound.fold.keys(bound.event_of(values, raw, time)):
            if key not in shelf.cache and not bound.fold.creates:
                shelf.missing.add(key)
            work.append((shelf, bound, key, values, raw, time))

    def fold(self, work: Iterable[Work], batch: Batch) -> None:
        """Applies the work in order and puts the versions that come out of it into `batch`."""
        for shelf in self._shelves:
            if shelf.missing and (wanted := shelf.to_load()):
                for row in self._load(shelf.projection, wanted):
                    shelf.cache[shelf.projection.key_of(row)] = row
            shelf.missing = set()
        first = batch.first
        for shelf, bound, key, values, raw, time in work:
            cache, width = shelf.cache, shelf.width
            old = cache.pop(key, None)  # put back at the end: the cache stays in the order of last change
            if bound.custom:
                row = _step(bound, old, key, values, raw, time)
            elif old is None:
                row = bound.born(values, raw, time)
            else:
                row = bound.next(old, values, raw, time)
            if old is not None:
                since = old[width]
                if since == row[width]:  # changed again in the same block: one version, the last
                    old[width + 2 :] = row[width + 2 :]
                    cache[key] = old
                    continue
                if since >= first:
                    old[width + 1] = row[width]
                else:
                    shelf.closes.append((row[width], *old[:width], since))
            cache[key] = row
            shelf.versions.append(row)
        for shelf in self._shelves:
            if shelf.versions:
                versions, closes = batch.versions.setdefault(shelf.projection, ([], []))
                versions += shelf.versions
                closes += shelf.closes
                shelf.versions, shelf.closes = [], []
            shelf.evict(self.written)


def _step(bound: BoundFold, old: Row | None, key: Key, values: Values, raw: RawLog, time: int) -> Row:
    projection, step = bound.projection, bound.fold.step
    assert step is not None
    state = None if old is None else projection.state_of(old)
    changes = step(state, bound.event_of(values, raw, time), key)
    known = {column.name: column.start for column in projection.columns} if state is None else state
    if unknown := set(changes) - set(known):
        raise ValueError(f"{projection.name} has no columns {unknown}")
    head = [key] if len(projection.key) == 1 else list(key)
    return [*head, raw[0], None, *({**known, **changes}).values()]
