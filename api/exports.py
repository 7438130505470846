"""Whole lists as files: no row cap, a portion of rows in memory at a time, all rows of one state of the mirror.

CSV is UTF-8 with a byte order mark, because without it spreadsheet programs on Chinese systems read GBK; fields
are quoted as RFC 4180 says. A cell that a spreadsheet would run as a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from typing import Any, Final, Literal, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.reads import Reads, View

PORTION: Final = 5_000
"""Rows in memory at once, and in a row group of Parquet."""

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
MEDIA: Final = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
DESCRIPTION: Final = (
    "Every row of one state of the mirror, without a cap, streamed. CSV: UTF-8 with byte order mark, header row, "
    "cells that begin like a formula are prefixed with an apostrophe. Parquet: row groups of 5,000 rows. The headers "
    "Chaqi-Block, Chaqi-Block-Hash and Chaqi-Block-Time say which block the file is of."
)
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            MEDIA["parquet"]: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}

_ARROW: Final[dict[Any, pa.DataType]] = {
    int: pa.int64(),
    str: pa.string(),
    bool: pa.bool_(),
    list[str]: pa.list_(pa.string()),
}


def columns(item: type[BaseModel]) -> dict[str, pa.DataType]:
    """The columns of a file of `item`s, in order; anything nested is JSON text."""
    return {name: arrow(declared.annotation) for name, declared in item.model_fields.items()}


def stream(
    reads: Reads,
    name: str,
    format: Literal["csv", "parquet"],
    as_of: str | None,
    schema: Mapping[str, pa.DataType],
    rows: Callable[[View], Iterable[Mapping[str, Any]]],
) -> StreamingResponse:
    """The streamed file; its first piece is made before the answer begins, so that errors still are typed."""
    opened = ExitStack()
    with ExitStack() as unless_begun:
        view = opened.enter_context(reads.view(as_of))
        unless_begun.push(opened)
        pieces = (write_csv if format == "csv" else write_parquet)(schema, rows(view))
        first = next(pieces)
        unless_begun.pop_all()

    def body() -> Iterator[bytes]:
        with opened:
            yield first
            yield from pieces

    return StreamingResponse(
        body(),
        media_type=MEDIA[format],
        headers={
            "content-disposition": f'attachment; filename="chaqi-{name}-{view.as_of.block}.{format}"',
            "chaqi-block": str(view.as_of.block),
            "chaqi-block-hash": view.as_of.hash,
            "chaqi-block-time": str(view.as_of.time),
        },
    )


def write_csv(schema: Mapping[str, pa.DataType], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The rows as CSV, in portions."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow(schema)
    remaining = iter(rows)
    while True:
        portion = list(islice(remaining, PORTION))
        writer.writerows([_cell(row[name]) for name in schema] for row in portion)
        yield text.getvalue().encode()
        if len(portion) < PORTION:
            return
        text.seek(0)
        text.truncate()


def write_parquet(schema: Mapping[str, pa.DataType], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The rows as Parquet, a row group at a time."""
    sink = _Sink()
    remaining = iter(rows)
    with pq.ParquetWriter(sink, pa.schema(list(schema.items()))) as writer:
        while True:
            portion = list(islice(remaining, PORTION))
            if portion:
                arrays = {name: [row[name] for row in portion] for name in schema}
                writer.write_table(pa.table(arrays, schema=pa.schema(list(schema.items()))))
                yield sink.take()
            if len(portion) < PORTION:
                break
    yield sink.take()


class _Sink(io.RawIOBase):
    """Where Parquet writes; what was written is taken away before the next row group."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        part = bytes(content)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def arrow(annotation: Any) -> pa.DataType:
    """The Arrow type of a documented field."""
    if get_origin(annotation) is types.UnionType:
        annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
    return _ARROW[annotation]
