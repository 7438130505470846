"""How ids are written, and the filters of lists that hold ids and words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import sqlalchemy as sa
from pydantic import Field

from indexer.projection import Key
from indexer.schema import LARGEST_WHOLE


@dataclass(frozen=True)
class Ids:
    """Ids of one form. `read` gives the form that the mirror has, None for what is none; `topic` that of events.

    `en` and `zh` say the form to whoever wrote another.
    """

    read: Callable[[str], Key | None]
    en: str
    zh: str
    topic: Callable[[Key], bytes]


def _number(text: str) -> str | None:
    if re.fullmatch(r"0x[0-9a-fA-F]{1,64}", text):
        return str(int(text, 16))
    if re.fullmatch(r"0|[1-9][0-9]{0,77}", text, re.ASCII) and not int(text) >> 256:
        return text
    return None


def _hash(text: str) -> str | None:
    return text.lower() if re.fullmatch(r"0x[0-9a-fA-F]{64}", text) else None


def number_topic(key: Key) -> bytes:
    """A number as events are indexed by it."""
    return int(key).to_bytes(32)


NUMBER: Final = Ids(_number, "0 … 2^256 − 1, or 0x + hex", "0 至 2^256 − 1，或 0x 加十六进制", number_topic)
HASH: Final = Ids(
    _hash,
    "0x + 64 hex (0-9, a-f)",
    "0x 加 64 位十六进制（0-9、a-f）",
    lambda key: bytes.fromhex(str(key)[2:]),
)
EXAMPLE_NUMBER: Final = "69053470632142356349478571331083923145071832180421283106371238310735163926014"

OptionalParty = Annotated[int | None, Field(ge=1, le=LARGEST_WHOLE, description="Party id.")]
OptionalNumber = Annotated[
    str | None, Field(pattern=r"^(0x[0-9a-fA-F]{1,64}|0|[1-9][0-9]{0,77})$", description="Decimal, or 0x hex.")
]
OptionalHash = Annotated[str | None, Field(pattern=r"^0x[0-9a-f]{64}$")]


def same(query: Any, table: sa.Table, *names: str) -> list[sa.ColumnElement[bool]]:
    """Conditions of the filters that are given and stand in a column of their name."""
    return [table.c[name] == getattr(query, name) for name in names if getattr(query, name) is not None]


def worded(query: Any, table: sa.Table, **words: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Conditions of the filters that are given as one of these words, whose place their column holds."""
    given = {name: getattr(query, name) for name in words if getattr(query, name) is not None}
    return [table.c[name] == words[name].index(word) for name, word in given.items()]
