"""Salted commitments to records: what may stand on chain in place of personal data (domain rules, section 9).

    c = SHA-256(0x00 ‖ tag ‖ 0x00 ‖ salt(32) ‖ canonical_json(record))

Canonical JSON is RFC 8785 restricted to what every language writes alike: no fractions, integers within
±(2^53 − 1); larger amounts are written as strings.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from chain.errors import ChaqiError

SALT_BYTES = 32
MAX_INTEGER = 2**53 - 1
TAG = re.compile(r"[a-z0-9-]{1,64}")

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None


class NotCanonical(ChaqiError):
    """A record that two programs could write differently."""

    en = "The record cannot be committed to: {problem} at {where}."
    zh = "该记录无法生成承诺：{where} 处{problem}。"


def new_salt() -> bytes:
    """256 random bits, one salt per record, never per person."""
    return secrets.token_bytes(SALT_BYTES)


def canonical_json(record: Json) -> bytes:
    """The one way to write `record`; raises `NotCanonical`."""
    ordered = _ordered(record, "record")
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def commit(tag: str, salt: bytes, record: Json) -> bytes:
    """The 32-byte commitment; `tag` says what kind of record it is, so that one kind never passes for
    another.

    Raises `NotCanonical`; ValueError for a tag that is not 1 to 64 of a-z, 0-9 and '-', or a salt of other
    length.
    """
    if not TAG.fullmatch(tag):
        raise ValueError(f"not a tag: {tag!r}")
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt is {SALT_BYTES} bytes long")
    return hashlib.sha256(b"\x00" + tag.encode() + b"\x00" + salt + canonical_json(record)).digest()


def _ordered(value: Json, where: str) -> Json:
    match value:
        case None | bool():
            return value
        case int():
            if abs(value) > MAX_INTEGER:
                raise NotCanonical(problem="an integer beyond 2^53 - 1 (write it as a string)", where=where)
            return value
        case str():
            return _text(value, where)
        case Mapping():
            for name in value:
                if not isinstance(name, str):
                    raise NotCanonical(problem=f"a member name of type {type(name).__name__}", where=where)
                _text(name, where)
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))  # RFC 8785 orders UTF-16 units
            return {name: _ordered(value[name], f"{where}.{name}") for name in names}
        case list() | tuple():
            return [_ordered(item, f"{where}[{at}]") for at, item in enumerate(value)]
    raise NotCanonical(problem=f"a {type(value).__name__}", where=where)


def _text(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical(problem="text that is not Unicode", where=where) from None
    return text
