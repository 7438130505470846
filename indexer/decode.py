"""Decoders of events, generated from the ABI: one function per event type, compiled once.

A log's topics and data are hex text with every value at a place the ABI fixes, so a decoder is a handful of
slices (measured: 700,000 events a second; `eth_abi` 41,000, web3's `process_log` 4,800). Only types nested
in arrays or structs go through `eth_abi`.

Values, by type and never by size:

| ABI type | value | JSON |
|---|---|---|
| uint8..uint64, int8..int64, enum | int | number |
| uint72..uint256, int72..int256 | decimal digits | string |
| bool | bool | true, false |
| address, bytesN, bytes, function | lower-case 0x hex | string |
| string | text; NUL and what is not UTF-8 become U+FFFD | string |
| T[], T[n], struct | list, list, dict by member | array, array, object |
| any dynamic type, indexed | 0x hex of its hash (all that the log has) | string |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import eth_abi
import orjson

from chain.proofs import keccak

Values = tuple[Any, ...]
Abi = Mapping[str, Any]

_WHOLE = re.compile(r"(u?)int(\d+)")
_BYTES = re.compile(r"bytes(\d+)")
_ARRAY = re.compile(r"(.*)\[(\d*)\]")


@dataclass(frozen=True)
class EventType:
    """One event of one contract: its place in logs and how it is read.

    `decode(topics, data)` takes a log's hex digits, without 0x, topics joined, and gives the values in ABI order.
    `read(topics, data)` takes the topics as the node gives them, a list of 0x hex, and gives the values, the same as a
    JSON object, and the joined topics.
    """

    contract: str
    name: str
    topic: str
    fields: tuple[str, ...]
    types: tuple[str, ...]
    decode: Callable[[str, str], Values]
    read: Callable[[Sequence[str], str], tuple[Values, str, str]]


def event_types(contract: str, abi: Sequence[Abi]) -> list[EventType]:
    """The event types of a contract's ABI, anonymous ones left out (they have no topic to know them by)."""
    return [event_type(contract, entry) for entry in abi if entry["type"] == "event" and not entry["anonymous"]]


def event_type(contract: str, entry: Abi) -> EventType:
    """The event type of one ABI entry."""
    inputs = entry["inputs"]
    fields = tuple(field["name"] or f"arg{place}" for place, field in enumerate(inputs))
    types = tuple(canonical_type(field) for field in inputs)
    topic = keccak(f"{entry['name']}({','.join(types)})".encode()).hex()
    decode, read = _compile(inputs, fields, topic)
    return EventType(
        contract=contract,
        name=entry["name"],
        topic="0x" + topic,
        fields=fields,
        types=types,
        decode=decode,
        read=read,
    )


def canonical_type(field: Abi) -> str:
    """The type as it stands in a signature: structs spelled out as tuples."""
    kind: str = field["type"]
    if kind.startswith("tuple"):
        return f"({','.join(canonical_type(member) for member in field['components'])}){kind[5:]}"
    return kind


def normalise(field: Abi, value: Any) -> Any:
    """A value decoded by `eth_abi` (strings as bytes), brought under the rule of types of this module."""
    kind: str = field["type"]
    if array := _ARRAY.fullmatch(kind):
        return [normalise({**field, "type": array[1]}, item) for item in value]
    if kind == "tuple":
        return {
            member["name"] or f"arg{place}": normalise(member, item)
            for place, (member, item) in enumerate(zip(field["components"], value, strict=True))
        }
    if whole := _WHOLE.fullmatch(kind):
        return value if int(whole[2]) <= 64 else str(value)
    if kind == "string":
        return text_of(value)
    if kind == "address":
        return value.lower()
    return "0x" + value.hex() if isinstance(value, bytes) else value


def text_of(content: bytes) -> str:
    """A string that any database can hold: whoever can emit an event must not be able to stop the mirror."""
    return content.decode("utf-8", "replace").replace("\0", "\ufffd")


def wire_type(field: Abi) -> str:
    """The type to hand to `eth_abi` so that strings arrive as bytes: its own decoder raises on bad UTF-8."""
    return re.sub(r"\bstring\b", "bytes", canonical_type(field))


def _is_dynamic(kind: str) -> bool:
    return kind in ("string", "bytes") or "[" in kind or kind.startswith("tuple")


def _element(kind: str, word: str) -> str | None:
    """Source of a static value whose 64 hex digits are sliced by `word`; None if the type is not plain."""

    def digits(start: int, end: int) -> str:
        return word.format(start, end)

    if whole := _WHOLE.fullmatch(kind):
        bits = int(whole[2])
        if whole[1]:
            return f"int({digits(48, 64)}, 16)" if bits <= 64 else f"str(int({digits(0, 64)}, 16))"
        return f"signed({digits(0, 64)})" if bits <= 64 else f"str(signed({digits(0, 64)}))"
    if kind == "bool":
        return f"{digits(63, 64)} == '1'"
    if kind == "address":
        return f"'0x' + {digits(24, 64)}"
    if fixed := _BYTES.fullmatch(kind):
        return f"'0x' + {digits(0, 2 * int(fixed[1]))}"
    if kind == "function":
        return f"'0x' + {digits(0, 48)}"
    return None


def _compile(
    inputs: Sequence[Abi], fields: Sequence[str], signature: str
) -> tuple[Callable[[str, str], Values], Callable[[Sequence[str], str], tuple[Values, str, str]]]:
    """The functions `decode` and `read` of an event with these inputs, whose first topic is `signature`."""
    lines: list[str] = []
    plain = [field for field in inputs if not field["indexed"]]
    nested = any(_source(field["type"], 0, "x") is None for field in plain)
    if nested:
        lines.append("n = abi_decode(wire_types, bytes.fromhex(d))")
    topic = 1
    head = 0  # hex digits of the data read so far
    taken = 0
    for place, field in enumerate(inputs):
        kind = field["type"]
        if field["indexed"]:
            start = 64 * topic
            topic += 1
            word = f"t[{start}:{start + 64}]"
            source = f"'0x' + {word}"
            if not _is_dynamic(kind):
                source = _element(kind, f"t[{start} + {{}}:{start} + {{}}]") or source
            if (whole := _WHOLE.fullmatch(kind)) and whole[1] and int(whole[2]) > 64:
                source = f"decimal({word})"
            lines.append(f"v{place} = {source}")
        elif nested:
            lines.append(f"v{place} = normalise(plain[{taken}], n[{taken}])")
            taken += 1
        else:
            body = _source(kind, head, f"o{place}")
            assert body is not None  # `nested` is False only if every field has one
            before, expression, words = body
            lines.extend([*before, f"v{place} = {expression}"])
            head += 64 * words
    block = "".join(f"    {line}\n" for line in lines)
    values = f"({''.join(f'v{place}, ' for place in range(len(inputs)))})"
    json = ",".join(_member(field, name, place) for place, (field, name) in enumerate(zip(inputs, fields, strict=True)))
    scope: dict[str, Any] = {
        "signed": _signed,
        "decimal": _decimal,
        "text_of": text_of,
        "normalise": normalise,
        "plain": plain,
        "wire_types": [wire_type(field) for field in plain],
        "abi_decode": eth_abi.decode,
        "dumps": orjson.dumps,
    }
    exec(f"def decode(t, d):\n{block}    return {values}\n", scope)
    joined = " + ".join([f"'{signature}'", *(f"given[{place}][2:]" for place in range(1, topic))])
    exec(f"def read(given, d):\n    t = {joined}\n{block}    return {values}, f'''{{{{{json}}}}}''', t\n", scope)
    return scope["decode"], scope["read"]


def _member(field: Abi, name: str, place: int) -> str:
    """A member of the JSON object, as part of an f-string over the value `v<place>`."""
    kind = field["type"]
    if whole := _WHOLE.fullmatch(kind):
        value = f"{{v{place}}}" if int(whole[2]) <= 64 else f'"{{v{place}}}"'
    elif kind == "bool":
        value = f"{{'true' if v{place} else 'false'}}"
    elif field["indexed"] or not (kind == "string" or "[" in kind or kind.startswith("tuple")):
        value = f'"{{v{place}}}"'
    else:
        value = f"{{dumps(v{place}).decode()}}"
    return f'"{name}":{value}'


def _source(kind: str, head: int, name: str) -> tuple[list[str], str, int] | None:
    """Source that reads a data field: lines before, expression, words in the head; None if nested."""

    def at(offset: str | int) -> str:
        return f"d[{offset} + {{}}:{offset} + {{}}]"

    static = _element(kind, f"d[{head} + {{}}:{head} + {{}}]")
    if static is not None:
        return [], static, 1
    start = f"{name} = 2 * int(d[{head} + 48:{head} + 64], 16)"
    length = f"{name}n = int(d[{name} + 48:{name} + 64], 16)"
    body = f"d[{name} + 64:{name} + 64 + 2 * {name}n]"
    if kind == "bytes":
        return [start, length], f"'0x' + {body}", 1
    if kind == "string":
        return [start, length], f"text_of(bytes.fromhex({body}))", 1
    array = _ARRAY.fullmatch(kind)
    if array is None or (item := _element(array[1], at("i"))) is None:
        return None
    if array[2]:
        size = int(array[2])
        return [], f"[{item} for i in range({head}, {head + 64 * size}, 64)]", size
    first = f"{name} + 64"
    return [start, length], f"[{item} for i in range({first}, {first} + 64 * {name}n, 64)]", 1


@lru_cache(maxsize=65_536)
def _decimal(topic: str) -> str:
    """An indexed number of more than 64 bits: mostly an id, and ids come again."""
    return str(int(topic, 16))


def _signed(digits: str) -> int:
    value = int(digits, 16)
    return value - (1 << 256) if value >> 255 else value
