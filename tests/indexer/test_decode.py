"""Generated decoders give what eth_abi gives, for any event of any types, under one rule of types."""

from __future__ import annotations

from typing import Any

import eth_abi
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.artifacts import ARTIFACTS, artifact
from indexer.decode import canonical_type, event_type, event_types

Abi = dict[str, Any]
STATIC = (
    *(f"uint{bits}" for bits in (8, 16, 32, 64, 72, 128, 256)),
    *(f"int{bits}" for bits in (8, 64, 72, 256)),
    *("bool", "address", "bytes1", "bytes4", "bytes20", "bytes32"),
)


@st.composite
def fields(draw: st.DrawFn, deep: int = 2) -> Abi:
    kinds = ["static", "static", "string", "bytes", "array", "fixed"] + (["tuple", "nested"] if deep else [])
    match draw(st.sampled_from(kinds)):
        case "static":
            return {"type": draw(st.sampled_from(STATIC))}
        case "array":
            return {"type": draw(st.sampled_from(STATIC)) + "[]"}
        case "fixed":
            return {"type": f"{draw(st.sampled_from(STATIC))}[{draw(st.integers(1, 3))}]"}
        case "tuple":
            members = draw(st.lists(fields(deep=deep - 1), min_size=1, max_size=3))
            suffix = draw(st.sampled_from(["", "[]", "[2]"]))
            return {"type": "tuple" + suffix, "components": [{**m, "name": f"m{i}"} for i, m in enumerate(members)]}
        case "nested":
            return {"type": draw(st.sampled_from(["string[]", "bytes[2]", "uint64[][]"]))}
        case kind:
            return {"type": kind}


@st.composite
def events(draw: st.DrawFn) -> Abi:
    inputs = draw(st.lists(fields(), max_size=6))
    indexed = draw(st.lists(st.booleans(), min_size=len(inputs), max_size=len(inputs)))
    left = 3
    entry: Abi = {"type": "event", "name": "Happened", "anonymous": False, "inputs": []}
    for place, (field, chosen) in enumerate(zip(inputs, indexed, strict=True)):
        chosen = chosen and left > 0
        left -= chosen
        entry["inputs"].append({**field, "name": f"field{place}", "indexed": chosen})
    return entry


def value_of(field: Abi) -> st.SearchStrategy[Any]:
    kind: str = field["type"]
    if kind.endswith("]"):
        inner, size = kind[:-1].rsplit("[", 1)
        bounds = {"min_size": int(size), "max_size": int(size)} if size else {"max_size": 4}
        return st.lists(value_of({**field, "type": inner}), **bounds)  # type: ignore[arg-type]
    if kind == "tuple":
        return st.tuples(*(value_of(member) for member in field["components"]))
    if kind.startswith("uint"):
        bits = int(kind[4:])
        return st.one_of(st.integers(0, 2**bits - 1), st.just(2**bits - 1), st.just(0))
    if kind.startswith("int"):
        bits = int(kind[3:]) - 1
        return st.integers(-(2**bits), 2**bits - 1)
    if kind == "bool":
        return st.booleans()
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
    if kind == "string":
        return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=70)
    size = kind[5:]
    return st.binary(min_size=int(size), max_size=int(size)) if size else st.binary(max_size=70)


def under_the_rule(field: Abi, value: Any) -> Any:
    """The value as the table in `indexer.decode` says, written down a second time."""
    kind: str = field["type"]
    if kind.endswith("]"):
        return [under_the_rule({**field, "type": kind[: kind.rindex("[")]}, item) for item in value]
    if kind == "tuple":
        pairs = zip(field["components"], value, strict=True)
        return {member["name"]: under_the_rule(member, item) for member, item in pairs}
    if "int" in kind:
        return value if int(kind.split("int")[1]) <= 64 else str(value)
    return "0x" + value.hex() if isinstance(value, bytes) else value


@settings(deadline=None, max_examples=250)
@given(entry=events(), chosen=st.data())
def test_decoders_agree_with_eth_abi_on_any_event(entry: Abi, chosen: st.DataObject) -> None:
    values = [chosen.draw(value_of(field)) for field in entry["inputs"]]
    event = event_type("Any", entry)
    topics, expected = [event.topic], []
    for field, value in zip(entry["inputs"], values, strict=True):
        dynamic = field["type"] in ("string", "bytes") or "[" in field["type"] or field["type"] == "tuple"
        if field["indexed"] and dynamic:
            topics.append("0x" + "5e" * 32)
            expected.append(topics[-1])
            continue
        if field["indexed"]:
            topics.append("0x" + eth_abi.encode([field["type"]], [value]).hex())
        expected.append(under_the_rule(field, value))
    plain = [(field, value) for field, value in zip(entry["inputs"], values, strict=True) if not field["indexed"]]
    payload = eth_abi.encode([canonical_type(field) for field, _ in plain], [v for _, v in plain]).hex()

    again, text, joined = event.read(topics, payload)
    assert again == event.decode(joined, payload) == tuple(expected)
    assert joined == "".join(topic.removeprefix("0x") for topic in topics)
    assert orjson.loads(text) == dict(zip(event.fields, expected, strict=True))
    assert text == orjson.dumps(dict(zip(event.fields, expected, strict=True))).decode()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"nul\x00", "日本".encode()[:-1], b"\xed\xa0\x80"])
def test_no_string_can_stop_the_mirror(content: bytes) -> None:
    entry = {"type": "event", "name": "Said", "anonymous": False, "inputs": []}
    for place, kind in enumerate(("string", "string[]")):
        entry["inputs"] = [{"name": "words", "type": kind, "indexed": False}]
        payload = eth_abi.encode([kind.replace("string", "bytes")], [[content] if place else content])
        values, text, _ = event_type("Any", entry).read(["0x"], payload.hex())
        said = values[0][0] if place else values[0]
        assert "\0" not in said and "\ufffd" in said
        assert orjson.loads(text)["words"] == values[0]


def test_every_event_of_the_contracts_compiles() -> None:
    names = [file.stem for file in ARTIFACTS.glob("*.json")]
    assert "Trees" in names
    for name in names:
        known = {topic: entry["name"] for topic, entry in artifact(name).events.items()}
        assert {event.topic: event.name for event in event_types(name, artifact(name).abi)} == known
