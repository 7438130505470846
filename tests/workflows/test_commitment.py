"""Commitments: one way to write a record, bound to its kind, hidden by its salt."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.commitment import NotCanonical, canonical_json, commit, new_salt

whole = st.integers(-(2**53) + 1, 2**53 - 1)
text = st.text(st.characters(codec="utf-8"))
records = st.recursive(
    st.none() | st.booleans() | whole | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(records)
def test_what_is_written_reads_back_the_same_and_is_written_again_the_same(record: object) -> None:
    written = canonical_json(record)  # type: ignore[arg-type]
    assert json.loads(written) == record
    assert canonical_json(json.loads(written)) == written


@given(st.dictionaries(text, whole, min_size=2, max_size=6))
def test_the_order_of_members_does_not_matter(record: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(record.items()))) == canonical_json(record)


def test_the_example_of_rfc_8785_about_names_in_utf_16_order() -> None:
    """RFC 8785, 3.2.3: a character beyond U+FFFF sorts by its surrogates, before U+FB33."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = json.loads(canonical_json({name: 0 for name in names}))
    assert list(written) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_strings_are_written_as_rfc_8785_writes_them() -> None:
    assert canonical_json('\u20ac$\x0f\nA\'B"\\\\"/茶') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/茶"'.encode()


@pytest.mark.parametrize(
    ("record", "where"),
    [
        ({"price": 1.5}, "record.price"),
        ({"grams": [1, 2**53]}, "record.grams[1]"),
        ({"when": object()}, "record.when"),
        ({"name": "\ud800"}, "record.name"),
        ({1: "x"}, "record"),
        (b"bytes", "record"),
    ],
)
def test_what_two_programs_could_write_differently_is_refused(record: object, where: str) -> None:
    with pytest.raises(NotCanonical) as refusal:
        canonical_json(record)  # type: ignore[arg-type]
    assert refusal.value.values["where"] == where


def test_the_published_formula() -> None:
    salt = bytes(range(32))
    expected = hashlib.sha256(b"\x00party-identity\x00" + salt + '{"name":"陈"}'.encode()).digest()
    assert commit("party-identity", salt, {"name": "陈"}) == expected


@given(st.lists(st.tuples(st.sampled_from(["a", "ab", "b"]), st.binary(min_size=32, max_size=32), records), min_size=2))
def test_kind_salt_and_record_are_all_bound(openings: list[tuple[str, bytes, object]]) -> None:
    commitments = {
        commit(tag, salt, record): (tag, salt, canonical_json(record))  # type: ignore[arg-type]
        for tag, salt, record in openings
    }
    distinct = {(tag, salt, canonical_json(record)) for tag, salt, record in openings}  # type: ignore[arg-type]
    assert set(commitments.values()) == distinct


@pytest.mark.parametrize("tag", ["", "A", "with space", "nul\x00", "x" * 65])
def test_a_tag_is_a_plain_word(tag: str) -> None:
    with pytest.raises(ValueError, match="not a tag"):
        commit(tag, new_salt(), None)


def test_a_salt_is_256_bits() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit("a", bytes(16), None)
