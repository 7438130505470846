"""Projections: tables that are a pure fold of events, with every version of every entity kept.

A projection declares the columns of its table and, per event, where each column's next value comes from.
Events carry the post-state of every field they change, so most folds say nothing but the event's name: an
argument sets the column of the same name (`titleClass` → `title_class`).

An entity has one version per block in which it changed: primary key (key, since_block), `until_block` null
on the current one. As of block B: since_block <= B and (until_block is null or until_block > B).

A projection is found by being in a module of `indexer.projections`; nothing else names it.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, Literal

import sqlalchemy as sa

from indexer.decode import EventType, Values
from indexer.schema import LARGEST_WHOLE, Flag, Whole, Words

Row = list[Any]
"""One version: *key, since_block, until_block, *columns."""

Event = dict[str, Any]
"""An event for custom folds: arguments by ABI name; block, time, log_index, tx_hash, address, contract."""

State = Mapping[str, Any]
Key = Any
"""The value of a single key column, or the tuple of several."""


@dataclass(frozen=True)
class Column:
    """A column of a projection; `start` is its value before any event sets it. Null only if `start` is."""

    name: str
    type: Literal["whole", "flag", "words"]
    start: Any

    def sql(self) -> sa.Column[Any]:
        """Its SQL column."""
        kinds: dict[str, Any] = {"whole": Whole, "flag": Flag, "words": Words}
        return sa.Column(self.name, kinds[self.type], nullable=self.start is None)


def whole(name: str, start: int | None = 0) -> Column:
    """Integers up to 2^63 - 1: ids, fen, instants, enums. See `LARGEST_WHOLE`."""
    return Column(name, "whole", start)


def flag(name: str, start: bool | None = False) -> Column:
    """True or false."""
    return Column(name, "flag", start)


def words(name: str, start: str | None = None) -> Column:
    """Text, hex values, and integers of more than 64 bits."""
    return Column(name, "words", start)


@dataclass(frozen=True)
class Const:
    """A fixed value that an event sets."""

    value: Any


@dataclass(frozen=True)
class Meta:
    """A value that comes with the log, not from its arguments."""

    source: str


BLOCK = Meta("raw[0]")
LOG_INDEX = Meta("raw[1]")
TX_HASH = Meta("'0x' + raw[3]")
ADDRESS = Meta("'0x' + raw[4]")
CONTRACT = Meta("raw[5]")
TIME = Meta("time")

Source = str | Const | Meta
"""Where a column's next value comes from: an argument's ABI name, a constant, or the log."""


@dataclass(frozen=True)
class Fold:
    """How one event changes one projection.

    `event` is "Contract.Event", or "*.Event" for the same event of any contract. `key` names the arguments
    that make the entity's key (default: those named like the key columns). `sets` adds to, or with None
    takes from, the columns that arguments set by their name.

    `creates` promises that the event is the first of its entity, so no earlier state is looked for.

    For what cannot be said so, `keys` gives the keys an event touches and `step(state, event, key)` the
    columns that change; both pure, both slower.
    """

    event: str
    key: tuple[str, ...] = ()
    sets: Mapping[str, Source | None] = field(default_factory=dict)
    creates: bool = False
    keys: Callable[[Event], Iterable[Key]] | None = None
    step: Callable[[State | None, Event, Key], State] | None = None


@dataclass(frozen=True)
class View:
    """A view function that returns what a projection mirrors, for `indexer.reconcile`.

    `function` is "Contract.function", called with the key columns `args` (default: the key) and the constants
    after them. `columns` maps a column to the member of the returned struct it must equal.
    """

    function: str
    columns: Mapping[str, str]
    args: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Projection:
    """One versioned table and the folds that fill it.

    `indexes` are further indexes, as tuples of columns, over current versions only. Where many entities share a value,
    it ends with the key: a page of them is then read in its order, not sorted out of all (16 ms for an office's deeds).
    `views` and `count` ("Contract.function" that counts the entities) are for `indexer.reconcile`.
    """

    name: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...]
    folds: tuple[Fold, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    views: tuple[View, ...] = ()
    count: str | None = None

    @cached_property
    def table(self) -> sa.Table:
        """The SQL table; its rows lie in the order they came in, and only its index goes by entity.

        So a range of blocks changes few pages: those at the end, and of the index, where an entry is short.
        """
        current = sa.text("until_block IS NULL")
        table = sa.Table(
            self.name,
            sa.MetaData(),  # of its own: tables of projections know nothing of each other
            *(sa.Column(column.name, column.sql().type, primary_key=True, autoincrement=False) for column in self.key),
            sa.Column("since_block", Whole, primary_key=True, autoincrement=False),
            sa.Column("until_block", Whole),
            *(column.sql() for column in self.columns),
            postgresql_with={"fillfactor": 85},  # room to close a version on its own page, no index touched
        )
        for names in self.indexes:
            sa.Index(
                f"ix_{self.name}_{'_'.join(names)}",
                *(table.c[name] for name in names),
                sqlite_where=current,
                postgresql_where=current,
            )
        return table

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(column.name for column in self.key)

    def key_of(self, row: Row) -> Key:
        """The key of a version."""
        return row[0] if len(self.key) == 1 else tuple(row[: len(self.key)])

    def state_of(self, row: Row) -> dict[str, Any]:
        """The columns of a version, by name."""
        return dict(zip((column.name for column in self.columns), row[len(self.key) + 2 :], strict=True))

    def fingerprint(self, events: Iterable[EventType]) -> str:
        """Changes whenever the table could come out different: columns, folds, or the events they read."""
        module = inspect.getmodule(self.folds[0].step) if self.folds[0].step else None
        text = [
            repr((self.name, self.key, self.columns, self.indexes)),
            *(repr((fold.event, fold.key, sorted(fold.sets.items(), key=str), fold.creates)) for fold in self.folds),
            *(_source_text(code) for fold in self.folds for code in (fold.keys, fold.step) if code),
            *sorted(f"{event.contract}.{event.topic}{event.fields}" for event in events),
            module.__name__ if module else "",
        ]
        return hashlib.sha256("\n".join(text).encode()).hexdigest()


def _source_text(code: Callable[..., Any]) -> str:
    """A function's module as syntax, so that comments and layout do not count but helpers do."""
    return ast.dump(ast.parse(inspect.getsource(inspect.getmodule(code) or code)))


@dataclass(frozen=True)
class BoundFold:
    """A fold compiled for one event type.

    `key(values)`; `born(values, raw, time)` the first version; `next(old, values, raw, time)` the one after
    `old`. A custom fold has `custom(fold, projection)` semantics instead: see `indexer.digest`.
    """

    projection: Projection
    fold: Fold
    event: EventType
    key: Callable[[Values], Key]
    born: Callable[[Values, Any, int], Row]
    next: Callable[[Row, Values, Any, int], Row]
    custom: bool = False

    def event_of(self, values: Values, raw: Any, time: int) -> Event:
        """The event as custom folds see it."""
        return {
            **dict(zip(self.event.fields, values, strict=True)),
            "block": raw[0],
            "log_index": raw[1],
            "tx_hash": "0x" + raw[3],
            "address": "0x" + raw[4],
            "contract": raw[5],
            "time": time,
        }


def snake(name: str) -> str:
    """`titleClass` → `title_class`, `crownACm` → `crown_a_cm`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def bind(projection: Projection, fold: Fold, event: EventType) -> BoundFold:
    """Compiles a fold for an event type. Raises `ValueError` when they do not fit each other."""
    if fold.step is not None:
        return BoundFold(projection, fold, event, lambda _: None, lambda *_: [], lambda *_: [], custom=True)
    by_column = {snake(name): name for name in event.fields}
    key_args = fold.key or tuple(by_column.get(name, name) for name in projection.key_names)
    sets: dict[str, Source | None] = {
        column.name: by_column[column.name] for column in projection.columns if column.name in by_column
    }
    sets.update(fold.sets)
    unknown = set(sets) - {column.name for column in projection.columns}
    missing = {source for source in (*key_args, *sets.values()) if isinstance(source, str)} - set(event.fields)
    if unknown or missing or len(key_args) != len(projection.key):
        raise ValueError(f"{projection.name} on {event.contract}.{event.name}: {unknown=} {missing=} {key_args=}")
    scope: dict[str, Any] = {"LARGEST": LARGEST_WHOLE}

    def source_of(column: Column, source: Source) -> str:
        if isinstance(source, Const):
            scope[f"k_{column.name}"] = source.value
            return f"k_{column.name}"
        if isinstance(source, Meta):
            return source.source
        place = event.fields.index(source)
        return _fitted(column, event.types[place], f"v[{place}]", f"{projection.name}.{column.name}")

    keys = [source_of(column, name) for column, name in zip(projection.key, key_args, strict=True)]
    born, later = [], []
    for place, column in enumerate(projection.columns, start=len(keys) + 2):
        source = sets.get(column.name)
        scope[f"s{place}"] = column.start
        born.append(f"s{place}" if source is None else source_of(column, source))
        later.append(f"old[{place}]" if source is None else born[-1])
    head = ", ".join([*keys, "raw[0]", "None"])
    key = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
    exec(
        f"def key(v):\n    return {key}\n"
        f"def born(v, raw, time):\n    return [{', '.join([head, *born])}]\n"
        f"def next(old, v, raw, time):\n    return [{', '.join([head, *later])}]\n",
        scope,
    )
    return BoundFold(projection, fold, event, scope["key"], scope["born"], scope["next"])


def _fitted(column: Column, abi_type: str, value: str, where: str) -> str:
    """Source of an argument's value as the column holds it."""
    integer = re.fullmatch(r"u?int(\d+)", abi_type)
    if column.type == "whole":
        if integer is None:
            raise ValueError(f"{where} is whole, its argument {abi_type}")
        if int(integer[1]) < 64:
            return value
        return f"({value} if {value} < LARGEST else LARGEST)" if integer[1] == "64" else f"min(int({value}), LARGEST)"
    if (column.type == "flag") != (abi_type == "bool"):
        raise ValueError(f"{where} is {column.type}, its argument {abi_type}")
    return f"str({value})" if integer and int(integer[1]) <= 64 else value


def discover(package: ModuleType | None = None) -> list[Projection]:
    """Every projection declared in the modules of a package (default `indexer.projections`), by name."""
    if package is None:
        package = importlib.import_module("indexer.projections")
    found: dict[str, Projection] = {}
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        for thing in vars(importlib.import_module(info.name)).values():
            if isinstance(thing, Projection):
                found[thing.name] = thing
    return [found[name] for name in sorted(found)]
