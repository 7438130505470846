"""Compares every current row with contract storage, and the number of rows with the contracts' own counts.

Storage is read at the newest block, because a node need not keep older state. Which block that was comes
with the answer: from `Directory.read` where there is one, else from asking for the block's number before
and after. The mirror is then read as of that same block, so a running chain does not show as a difference.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import eth_abi
import sqlalchemy as sa

from chain.artifacts import selector
from chain.errors import ChaqiError
from chain.rpc import NodeError, Rpc
from indexer import queries
from indexer.decode import canonical_type, normalise, wire_type
from indexer.projection import Column, Key, Projection, View
from indexer.schema import LARGEST_WHOLE, cursor
from indexer.store import reading

ROWS_AT_ONCE = 100
PATIENCE = 10.0
"""Seconds to wait for the mirror to reach the block that storage was read at."""


class MirrorLags(ChaqiError):
    """The mirror does not reach the block to be compared at."""

    status = 503
    en = "Storage was read at block {block}, but the mirror stays at {mirrored}. Start it or let it catch up."
    zh = "合约存储读取于区块 {block}，而镜像停留在 {mirrored}。请启动镜像或等待其同步。"


@dataclass(frozen=True)
class Difference:
    """One value that is not the same; `column` "" when a whole row or a count differs."""

    projection: str
    key: Key
    column: str
    mirrored: Any
    on_chain: Any


@dataclass
class Reconciled:
    """The result: rows compared, per-projection, at which blocks, and every difference."""

    first_block: int = 0
    last_block: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


class Storage:
    """View functions of the followed contracts, read at the newest block."""

    def __init__(self, rpc: Rpc, contracts: Mapping[str, tuple[str, Sequence[Mapping[str, Any]]]]) -> None:
        """`contracts`: by name, address and ABI."""
        self._rpc = rpc
        self._functions = {
            f"{name}.{entry['name']}": (address, entry)
            for name, (address, abi) in contracts.items()
            for entry in abi
            if entry["type"] == "function"
        }
        self._directory = contracts.get("Directory")

    def knows(self, function: str) -> bool:
        """Whether "Contract.function" is one of them."""
        return function in self._functions

    def read(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> tuple[int, list[Any]]:
        """The block read at, and each call's outputs by name; None where the contract reverted."""
        targets, payloads = [], []
        for function, arguments in calls:
            address, entry = self._functions[function]
            kinds = [field["type"] for field in entry["inputs"]]
            values = [_argument(kind, value) for kind, value in zip(kinds, arguments, strict=True)]
            targets.append(address)
            payloads.append(selector(dict(entry)) + eth_abi.encode(kinds, values))
        block, answers = self._aggregate(targets, payloads) or self._one_by_one(targets, payloads)
        return block, [
            None if answer is None else _outputs(self._functions[function][1], answer)
            for (function, _), answer in zip(calls, answers, strict=True)
        ]

    def _aggregate(self, targets: Sequence[str], payloads: Sequence[bytes]) -> tuple[int, list[bytes | None]] | None:
        if self._directory is None:
            return None
        address, abi = self._directory
        entry = next(entry for entry in abi if entry.get("name") == "read")
        payload = selector(dict(entry)) + eth_abi.encode(["address[]", "bytes[]"], [targets, payloads])
        try:
            answer = self._rpc.call("eth_call", {"to": address, "data": "0x" + payload.hex()}, "latest")
        except NodeError:
            return None  # one of the calls reverted: find out which
        block, answers = eth_abi.decode(["uint256", "bytes[]"], bytes.fromhex(answer[2:]))
        return block, list(answers)

    def _one_by_one(self, targets: Sequence[str], payloads: Sequence[bytes]) -> tuple[int, list[bytes | None]]:
        calls: list[tuple[str, Sequence[Any]]] = [
            ("eth_call", [{"to": target, "data": "0x" + payload.hex()}, "latest"])
            for target, payload in zip(targets, payloads, strict=True)
        ]
        while True:
            before, *answers, after = self._rpc.try_batch([("eth_blockNumber", []), *calls, ("eth_blockNumber", [])])
            if before == after and not isinstance(before, NodeError):
                read = [None if isinstance(answer, NodeError) else bytes.fromhex(answer[2:]) for answer in answers]
                return int(before, 16), read


def reconcile(engine: sa.Engine, storage: Storage, projections: Sequence[Projection]) -> Reconciled:
    """Compares the mirror with storage. Raises `MirrorLags`, and what `Rpc` raises."""
    result = Reconciled()
    blocks: list[int] = []
    for projection in projections:
        views = [view for view in projection.views if storage.knows(view.function)]
        if projection.count is not None and storage.knows(projection.count):
            block, [counted] = storage.read([(projection.count, [])])
            blocks.append(block)
            _await(engine, block)
            with reading(engine) as connection:
                mirrored = queries.count(connection, projection, block)
            on_chain = next(iter(counted.values()))
            if mirrored != int(on_chain):
                result.differences.append(Difference(projection.name, None, "", mirrored, on_chain))
        result.rows[projection.name] = 0
        for keys in _keys(engine, projection) if views else ():
            calls = [(view.function, _arguments(view, projection, key)) for key in keys for view in views]
            block, answers = storage.read(calls)
            blocks.append(block)
            _await(engine, block)
            result.rows[projection.name] += len(keys)
            with reading(engine) as connection:
                for place, key in enumerate(keys):
                    row = queries.row(connection, projection, key, block)
                    some = answers[place * len(views) : (place + 1) * len(views)]
                    result.differences.extend(_compare(projection, views, key, row, some))
    result.first_block, result.last_block = min(blocks, default=0), max(blocks, default=0)
    return result


def _compare(
    projection: Projection,
    views: Sequence[View],
    key: Key,
    row: dict[str, Any] | None,
    answers: Sequence[Any],
) -> Iterator[Difference]:
    columns = {column.name: column for column in projection.columns}
    for view, answer in zip(views, answers, strict=True):
        if row is None or answer is None:
            yield Difference(projection.name, key, "", row, answer)
            return
        for name, member in view.columns.items():
            on_chain = _as_column(columns[name], answer[member])
            if row[name] != on_chain:
                yield Difference(projection.name, key, name, row[name], on_chain)


def _as_column(column: Column, value: Any) -> Any:
    if column.type == "whole":
        return min(int(value), LARGEST_WHOLE)
    return str(value) if column.type == "words" else value


def _arguments(view: View, projection: Projection, key: Key) -> list[Any]:
    values = dict(zip(projection.key_names, key if isinstance(key, tuple) else (key,), strict=True))
    return [values[name] for name in view.args or projection.key_names]


def _argument(kind: str, value: Any) -> Any:
    if "int" in kind:
        return int(value)
    return bytes.fromhex(value[2:]) if kind.startswith("bytes") else value


def _outputs(entry: Mapping[str, Any], answer: bytes) -> dict[str, Any]:
    """Outputs by name ("" if it has none); a single struct's members take its place."""
    fields = entry["outputs"]
    values = eth_abi.decode([wire_type(field) for field in fields], answer)
    named = {field["name"]: normalise(field, value) for field, value in zip(fields, values, strict=True)}
    if len(fields) == 1 and canonical_type(fields[0]).startswith("(") and fields[0]["type"] == "tuple":
        return next(iter(named.values()))
    return named


def _keys(engine: sa.Engine, projection: Projection) -> Iterator[list[Key]]:
    after: Key | None = None
    while True:
        with reading(engine) as connection:
            found = queries.rows(connection, projection, after=after, limit=ROWS_AT_ONCE)
        keys = [tuple(row[name] for name in projection.key_names) for row in found]
        if not keys:
            return
        yield [key[0] if len(key) == 1 else key for key in keys]
        after = keys[-1]


def _await(engine: sa.Engine, block: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with reading(engine) as connection:
            mirrored = connection.scalar(sa.select(cursor.c.block))
        if mirrored is not None and mirrored >= block:
            return
        if time.monotonic() > deadline:
            raise MirrorLags(block=block, mirrored=mirrored)
        time.sleep(0.05)
