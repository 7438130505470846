"""The receipt file: strict, self-contained, replaced in one step."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.evidence.batches import Submission
from workflows.evidence.hashing import Digests, FileUnreadable
from workflows.evidence.receipt import (
    MAX_RECEIPT_BYTES,
    AnchorPart,
    BatchPart,
    Provenance,
    Receipt,
    ReceiptMalformed,
    ReceiptUnwritable,
    State,
    parse,
    read,
    write,
)
from workflows.evidence.tree import Path

word = st.binary(min_size=32, max_size=32)
hex32 = word.map(lambda content: "0x" + content.hex())
uint64 = st.integers(0, 2**64 - 1)
paths = st.lists(word, max_size=64).flatmap(
    lambda siblings: st.integers(0, 2 ** len(siblings) - 1).map(lambda sides: Path(tuple(siblings), sides))
)
anchors = st.builds(
    AnchorPart,
    chain_id=uint64,
    contract=st.binary(min_size=20, max_size=20).map(lambda content: "0x" + content.hex()),
    attester=st.integers(1, 2**64 - 1),
    evidence=hex32,
    transaction=hex32,
    block_number=uint64,
    block_hash=hex32,
    block_timestamp=uint64,
    log_index=uint64,
)


@st.composite
def whole_receipts(draw: st.DrawFn) -> Receipt:
    """Receipts of every state."""
    digests = Digests(draw(uint64), draw(word), draw(word))
    name = draw(st.none() | st.text(st.characters(codec="utf-8"), max_size=40))
    stated = draw(st.none() | st.just(Provenance(source="tablet 4", captured_at=datetime(2026, 1, 2, tzinfo=UTC))))
    pending = Submission(digests, draw(word), name, stated).receipt()
    placed = BatchPart.of(draw(word), draw(st.integers(1, 2**32 - 1)), draw(st.integers(0, 2**32)), draw(paths))
    state = draw(st.sampled_from(State))
    if state is State.PENDING:
        return pending.model_copy(update={"batch": draw(st.none() | st.just(placed))})
    return pending.model_copy(update={"state": state, "batch": placed, "anchor": draw(anchors)})


def final() -> dict[str, Any]:
    """The JSON of a final receipt."""
    digests = Digests(3, bytes(32), bytes(range(32)))
    part = BatchPart.of(b"\x05" * 32, 2, 1, Path((b"\x06" * 32,), 0))
    anchor = AnchorPart(
        chain_id=521000,
        contract="0x" + "ab" * 20,
        attester=1,
        evidence="0x" + "01" * 32,
        transaction="0x" + "02" * 32,
        block_number=9,
        block_hash="0x" + "03" * 32,
        block_timestamp=1_800_000_000,
        log_index=1,
    )
    made = Submission(digests, b"\x04" * 32, "deed.pdf").receipt()
    made = made.model_copy(update={"state": State.FINAL, "batch": part, "anchor": anchor})
    content: dict[str, Any] = json.loads(made.to_json())
    return content


@given(whole_receipts())
def test_what_is_written_reads_back_the_same(receipt: Receipt) -> None:
    assert parse(receipt.to_json().encode()) == receipt


@given(paths)
def test_the_readable_path_and_the_compact_one_are_the_same(path: Path) -> None:
    assert BatchPart.of(bytes(32), 1, 0, path).wire_path == path


def test_a_person_can_read_it() -> None:
    content = final()
    assert list(content) == ["format", "version", "state", "document", "leaf", "batch", "anchor"]
    assert content["document"] == {
        "name": "deed.pdf",
        "size": 3,
        "sha256": "00" * 32,
        "sm3": bytes(range(32)).hex(),
    }
    assert content["batch"]["path"] == [{"left": "0x" + "06" * 32}]


def without(*names: str) -> Callable[[dict[str, Any]], None]:
    """Takes a field away."""

    def change(content: dict[str, Any]) -> None:
        for name in names[:-1]:
            content = content[name]
        del content[names[-1]]

    return change


def having(value: object, *names: str) -> Callable[[dict[str, Any]], None]:
    """Sets a field."""

    def change(content: dict[str, Any]) -> None:
        for name in names[:-1]:
            content = content[name]
        content[names[-1]] = value

    return change


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("document.sha256", without("document", "sha256")),
        ("document.sha256", having("00" * 31, "document", "sha256")),
        ("document.sha256", having("0x" + "00" * 32, "document", "sha256")),
        ("document.sha256", having("AB" * 32, "document", "sha256")),
        ("document.sm3", having("00" * 32 + "\n", "document", "sm3")),
        ("document.size", having(-1, "document", "size")),
        ("document.size", having("3", "document", "size")),
        ("document.size", having(3.0, "document", "size")),
        ("document.size", having(True, "document", "size")),
        ("leaf.scheme", having(2, "leaf", "scheme")),
        ("leaf.salt", having("0x" + "zz" * 32, "leaf", "salt")),
        ("batch.count", having(0, "batch", "count")),
        ("batch.count", having(2**32, "batch", "count")),
        ("batch.index", having(-1, "batch", "index")),
        ("batch.path", having([{"left": "0x" + "06" * 32}] * 65, "batch", "path")),
        ("batch.path.0", having([{"left": "0x06"}], "batch", "path")),
        ("batch.path.0", having([{"left": "0x" + "06" * 32, "right": "0x" + "06" * 32}], "batch", "path")),
        ("batch.path.0", having([{}], "batch", "path")),
        ("anchor.attester", having(0, "anchor", "attester")),
        ("anchor.contract", having("0xab", "anchor", "contract")),
        ("version", having(2, "version")),
        ("format", having("another", "format")),
        ("state", having("certain", "state")),
        ("surprise", having(1, "surprise")),
        ("receipt", without("anchor")),
        ("receipt", without("batch")),
        ("receipt", having("pending", "state")),
        ("provenance.captured_at", having({"captured_at": "2026-01-02T03:04:05"}, "provenance")),
    ],
)
def test_a_malformed_field_is_named(field: str, change: Callable[[dict[str, Any]], None]) -> None:
    content = final()
    parse(json.dumps(content).encode())
    change(content)
    with pytest.raises(ReceiptMalformed) as refusal:
        parse(json.dumps(content).encode())
    named = str(refusal.value.values["field"])
    assert named == field or named.startswith(field + ".")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"NaN",
        b"[" * 100_000,
        b" " * (MAX_RECEIPT_BYTES + 1),
        b'{"document": 1' + b"1" * 5000 + b"}",
        b'{"format": "\\ud800"}',
    ],
)
def test_what_is_no_receipt_at_all_is_refused_as_such(content: bytes) -> None:
    with pytest.raises(ReceiptMalformed):
        parse(content)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parser(content: bytes) -> None:
    with pytest.raises(ReceiptMalformed):
        parse(content)


def test_a_name_given_twice_is_refused_because_readers_would_differ() -> None:
    text = json.dumps(final()).replace('"size": 3', '"size": 3, "size": 4')
    with pytest.raises(ReceiptMalformed) as refusal:
        parse(text.encode())
    assert refusal.value.values == {"field": "size", "problem": "given twice"}


def test_it_is_replaced_in_one_step(tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "deep" / "deed.receipt.json"
    pending = Submission(Digests(3, bytes(32), bytes(32)), bytes(32), "deed").receipt()
    write(place, pending)
    content = json.dumps(final()).encode()

    def dies(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        write(place, parse(content))
    monkeypatch.undo()
    assert read(place) == pending
    write(place, parse(content))
    assert read(place) == parse(content)
    assert os.listdir(place.parent) == [place.name]


def test_a_place_that_cannot_be_written_is_named(tmp_path: FilePath) -> None:
    (tmp_path / "file").write_bytes(b"")
    pending = Submission(Digests(3, bytes(32), bytes(32)), bytes(32)).receipt()
    with pytest.raises(ReceiptUnwritable, match="Choose another folder"):
        write(tmp_path / "file" / "deed.receipt.json", pending)


def test_a_missing_receipt_is_named(tmp_path: FilePath) -> None:
    with pytest.raises(FileUnreadable, match="missing"):
        read(tmp_path / "missing.receipt.json")
