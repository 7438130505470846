"""The leaf: exactly the published formula, salted, and of a length no inner node has."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.evidence.hashing import Digests
from workflows.evidence.leaf import PREFIX, leaf, new_salt

word = st.binary(min_size=32, max_size=32)


@given(word, word, word)
def test_the_published_formula(salt: bytes, sha256: bytes, sm3: bytes) -> None:
    expected = hashlib.sha256(b"\x00chaqi-evidence-v1\x00" + salt + sha256 + sm3).digest()
    assert leaf(salt, Digests(0, sha256, sm3)) == expected


def test_a_leaf_a_stranger_computed_with_coreutils() -> None:
    """`printf '\\0chaqi-evidence-v1\\0' | cat - salt sha256 sm3 | sha256sum` over 32 bytes of 01, 02 and
    03.
    """
    made = leaf(b"\x01" * 32, Digests(0, b"\x02" * 32, b"\x03" * 32))
    assert made.hex() == "feddb51e45cab0a34fcc945e201ed7d926d0c50baa9556a0d88501ede04ed19a"


def test_a_leafs_input_is_not_as_long_as_an_inner_nodes() -> None:
    assert len(PREFIX) + 3 * 32 not in (32, 64)


@given(word, word)
def test_the_salt_hides_the_document(one: bytes, other: bytes) -> None:
    digests = Digests(0, b"\x02" * 32, b"\x03" * 32)
    assert (leaf(one, digests) == leaf(other, digests)) == (one == other)


def test_every_document_gets_its_own_salt() -> None:
    salts = {new_salt() for _ in range(100)}
    assert len(salts) == 100
    assert {len(salt) for salt in salts} == {32}


@pytest.mark.parametrize("lengths", [(31, 32, 32), (32, 33, 32), (32, 32, 0), (0, 64, 32)])
def test_parts_of_another_length_make_no_leaf(lengths: tuple[int, int, int]) -> None:
    salt, sha256, sm3 = (bytes(length) for length in lengths)
    with pytest.raises(ValueError, match="32 bytes"):
        leaf(salt, Digests(0, sha256, sm3))
