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
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


def _element(kind: str, text: str, start: str | int) -> str | None:
    """Source of a static value in the 64 digits of `text` from `start` on; None if the type is not plain."""

    def digits(first: int, end: int) -> str:
        return f"{text}[{start} + {first}:{start} + {end}]"

    if whole := _WHOLE.fullmatch(kind):
        value = f"int({digits(0, 64)}, 16)" if whole[1] else f"signed({digits(0, 64)})"
        return value if int(whole[2]) <= 64 else f"str({value})"
    if kind == "bool":
        return f"{digits(63, 64)} == '1'"
    if kind == "address":
        return f"'0x' + {digits(24, 64)}"
    if fixed := _BYTES.fullmatch(kind):
        return f"'0x' + {digits(0, 2 * int(fixed[1]))}"
    if kind == "function":
        return f"'0x' + {digits(0, 48)}"
    return None


def _indexed(kind: str, topic: str) -> str:
    """Source of an indexed value from the variable `topic`, 0x hex. Its hash is known, so numbers are looked up."""
    if (whole := _WHOLE.fullmatch(kind)) and whole[1]:
        return f"{'wholes' if int(whole[2]) <= 64 else 'decimals'}[{topic}]"
    return _element(kind, topic, 2) or topic


def _compile(
    inputs: Sequence[Abi], fields: Sequence[str], signature: str
) -> tuple[Callable[[str, str], Values], Callable[[Sequence[str], str], tuple[Values, str, str]]]:
    """The functions `decode` and `read` of an event with these inputs, whose first topic is `signature`."""
    indexed = [place for place, field in enumerate(inputs) if field["indexed"]]
    plain = [place for place, field in enumerate(inputs) if not field["indexed"]]
    topics = [f"t{place}" for place in indexed]
    lines = [
        f"v{place} = {_indexed(inputs[place]['type'], topic)}" for place, topic in zip(indexed, topics, strict=True)
    ]
    lines += _plain([(place, inputs[place]["type"]) for place in plain])
    block = "".join(f"    {line}\n" for line in lines)
    values = f"({''.join(f'v{place}, ' for place in range(len(inputs)))})"
    json = ",".join(_member(field, name, place) for place, (field, name) in enumerate(zip(inputs, fields, strict=True)))
    scope: dict[str, Any] = {
        "signed": _signed,
        "wholes": WHOLES,
        "decimals": _DECIMALS,
        "text_of": text_of,
        "normalise": normalise,
        "inputs": inputs,
        "wire_types": [wire_type(inputs[place]) for place in plain],
        "abi_decode": eth_abi.decode,
        "unpack": struct.unpack,
        "dumps": orjson.dumps,
    }
    stored = "".join(f"    {topic} = '0x' + t[{64 * n}:{64 * n + 64}]\n" for n, topic in enumerate(topics, start=1))
    exec(f"def decode(t, d):\n{stored}{block}    return {values}\n", scope)
    given = f"    {', '.join(['_', *topics])}, = given\n"
    joined = f"f'{signature}{''.join(f'{{{topic}[2:]}}' for topic in topics)}'"
    exec(f"def read(given, d):\n{given}{block}    return {values}, f'''{{{{{json}}}}}''', {joined}\n", scope)
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


def _plain(fields: Sequence[tuple[int, str]]) -> list[str]:
    """Lines that read the fields of the data, given as (place, type), into `v<place>`.

    The numbers of the head come out of it all at once: half the time of one by one.
    """
    layout, numbers, lines = "", [], []
    head = 0  # hex digits of the data read so far
    for place, kind in fields:
        array = _ARRAY.fullmatch(kind)
        words = 1
        if (whole := _WHOLE.fullmatch(kind)) and int(whole[2]) <= 64:
            layout += "24xQ" if whole[1] else "24xq"
            numbers.append(f"v{place}")
        elif (static := _element(kind, "d", head)) is not None:
            layout += "32x"
            lines.append(f"v{place} = {static}")
        elif array and array[2] and (item := _element(array[1], "d", "i")) is not None:
            words = int(array[2])
            layout += f"{32 * words}x"
            lines.append(f"v{place} = [{item} for i in range({head}, {head + 64 * words}, 64)]")
        elif (value := _dynamic(kind, place)) is not None:
            layout += "24xQ"
            numbers.append(f"o{place}")
            lines += [f"o{place} *= 2", f"n{place} = int(d[o{place} + 48:o{place} + 64], 16)", f"v{place} = {value}"]
        else:
            taken = [f"v{one} = normalise(inputs[{one}], n[{n}])" for n, (one, _) in enumerate(fields)]
            return ["n = abi_decode(wire_types, bytes.fromhex(d))", *taken]
        head += 64 * words
    if numbers:
        lines.insert(0, f"{', '.join(numbers)}, = unpack('>{layout}', bytes.fromhex(d[:{head}]))")
    return lines


def _dynamic(kind: str, place: int) -> str | None:
    """Source of a value of `n<place>` items that starts at the digit `o<place>` of the data; None if it is nested."""
    start, length = f"o{place} + 64", f"n{place}"
    body = f"d[{start}:{start} + 2 * {length}]"
    if kind == "bytes":
        return f"'0x' + {body}"
    if kind == "string":
        return f"text_of(bytes.fromhex({body}))"
    if kind.endswith("[]") and (item := _element(kind[:-2], "d", "i")) is not None:
        return f"[{item} for i in range({start}, {start} + 64 * {length}, 64)]"
    return None


class _Known(dict[str, Any]):
    """Numbers that were met before, by their hex: ids, parties and places in a block come again and again."""

    MOST = 16_384

    def __init__(self, read: Callable[[str], Any]) -> None:
        self._read = read

    def __missing__(self, quantity: str) -> Any:
        if len(self) >= self.MOST:
            self.clear()
        value = self[quantity] = self._read(quantity)
        return value


WHOLES = _Known(lambda quantity: int(quantity, 16))
_DECIMALS = _Known(lambda quantity: str(int(quantity, 16)))


def _signed(digits: str) -> int:
    value = int(digits, 16)
    return value - (1 << 256) if value >> 255 else value
