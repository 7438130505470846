"""The batch tree: the same as merkletools over all leaves, in pieces; and a check that merkletools does not
do.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merkletools import MerkleTools

from workflows.evidence.hashing import Digests
from workflows.evidence.leaf import leaf
from workflows.evidence.tree import MAX_PATH, TILE_LEAVES, BatchTree, Path, PathMalformed, expected_sides

word = st.binary(min_size=32, max_size=32)


def numbered(count: int) -> list[bytes]:
    """`count` distinct leaves."""
    return [hashlib.sha256(number.to_bytes(4)).digest() for number in range(count)]


@lru_cache(maxsize=8)
def reference(count: int) -> MerkleTools:
    """merkletools over all leaves at once."""
    tree = MerkleTools(hash_type="sha256")
    tree.add_leaf([one.hex() for one in numbered(count)])
    tree.make_tree()
    return tree


sizes = st.one_of(st.integers(1, 600), st.sampled_from([255, 256, 257, 511, 513, 4096, 4097, 65_537]))


@settings(max_examples=60, deadline=None)
@given(sizes, st.data())
def test_any_leaf_of_any_batch_has_merkletools_root_and_path(count: int, data: st.DataObject) -> None:
    leaves, whole = numbered(count), reference(count)
    index = data.draw(st.integers(0, count - 1))
    tree = BatchTree.of(iter(leaves))
    assert (tree.count, tree.root.hex()) == (count, whole.get_merkle_root())

    number = index // TILE_LEAVES
    tile = [leaves[at] for at in tree.tile(number)]
    path = BatchTree.unpack(count, tree.pack()).paths(number, tile)[index % TILE_LEAVES]
    as_merkletools = [
        {"right" if path.on_right(level) else "left": sibling.hex()} for level, sibling in enumerate(path.siblings)
    ]
    assert as_merkletools == whole.get_proof(index)
    assert path.root_of(leaves[index]) == tree.root
    assert path.fits(index, count)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 600), st.data())
def test_a_path_holds_for_its_leaf_and_place_alone(count: int, data: st.DataObject) -> None:
    leaves = numbered(count)
    index = data.draw(st.integers(0, count - 1))
    other = data.draw(st.integers(0, count - 1).filter(lambda at: at != index))
    tree = BatchTree.of(leaves)
    tile = [leaves[at] for at in tree.tile(index // TILE_LEAVES)]
    path = tree.paths(index // TILE_LEAVES, tile)[index % TILE_LEAVES]
    assert path.root_of(leaves[other]) != tree.root
    flipped = Path(path.siblings, path.sides ^ 1 << data.draw(st.integers(0, len(path.siblings) - 1)))
    assert flipped.root_of(leaves[index]) != tree.root
    assert not flipped.fits(index, count)


def test_the_root_of_one_leaf_is_the_leaf() -> None:
    (only,) = numbered(1)
    tree = BatchTree.of([only])
    assert tree.root == only
    assert tree.paths(0, [only]) == [Path((), 0)]


def test_the_contracts_bitmap_has_bit_i_set_when_sibling_i_is_on_the_right() -> None:
    """Three leaves: 0 and 1 are a pair, 2 is carried up and meets their node."""
    a, b, c = leaves = numbered(3)
    tree = BatchTree.of(leaves)
    pair = hashlib.sha256(a + b).digest()
    assert tree.root == hashlib.sha256(pair + c).digest()
    assert tree.paths(0, leaves) == [Path((b, c), 0b11), Path((a, c), 0b10), Path((pair,), 0b0)]


@given(st.integers(1, 1_000_000), st.data())
def test_sides_tell_leaves_of_one_batch_apart(count: int, data: st.DataObject) -> None:
    one, other = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    assert (list(expected_sides(one, count)) == list(expected_sides(other, count))) == (one == other)


class TestForgeries:
    """The two known ones. Both work on bare merkletools, where a leaf is the document's hash and a verifier
    starts from the leaf; both fail here, where the verifier starts from the document and the leaf is
    prefixed.
    """

    @staticmethod
    def bare(document: bytes) -> bytes:
        return hashlib.sha256(document).digest()

    @staticmethod
    def prefixed(document: bytes) -> bytes:
        digests = Digests(len(document), hashlib.sha256(document).digest(), hashlib.new("sm3", document).digest())
        return leaf(bytes(32), digests)

    @pytest.fixture(params=["bare", "prefixed"])
    def scheme(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    def test_an_inner_node_passed_off_as_a_leaf(self, scheme: str) -> None:
        make = getattr(self, scheme)
        leaves = [make(text) for text in (b"deed 1", b"deed 2", b"deed 3", b"deed 4")]
        tree = BatchTree.of(leaves)
        inner = hashlib.sha256(leaves[0] + leaves[1]).digest()
        shorter = Path(tree.paths(0, leaves)[0].siblings[1:], 0b1)
        assert shorter.root_of(inner) == tree.root  # so a verifier that takes a leaf at its word is deceived
        # A verifier that starts from a document needs one that hashes to the inner node.
        forged = make(leaves[0] + leaves[1])
        assert (shorter.root_of(forged) == tree.root) == (scheme == "bare")
        # And the count that was anchored with the root gives the short path away.
        assert not shorter.fits(0, 4)

    def test_sixty_four_bytes_left_right_passed_off_as_a_document(self, scheme: str) -> None:
        make = getattr(self, scheme)
        leaves = [make(text) for text in (b"deed 1", b"deed 2")]
        tree = BatchTree.of(leaves)
        document = leaves[0] + leaves[1]
        assert len(document) == 64
        assert (Path((), 0).root_of(make(document)) == tree.root) == (scheme == "bare")


@pytest.mark.parametrize(
    ("siblings", "sides", "problem"),
    [
        ((b"\x01" * 31,), 0, "31 bytes"),
        ((b"\x01" * 32, b""), 0, "sibling 1 is 0 bytes"),
        ((b"\x01" * 32,) * (MAX_PATH + 1), 0, "65 siblings"),
        ((b"\x01" * 32,), 0b10, "does not exist"),
        ((), 1, "does not exist"),
        ((b"\x01" * 32,), -1, "does not exist"),
    ],
)
def test_what_cannot_be_a_path_is_refused(siblings: tuple[bytes, ...], sides: int, problem: str) -> None:
    with pytest.raises(PathMalformed, match=problem):
        Path(siblings, sides)


def test_a_leaf_of_another_length_is_refused() -> None:
    """merkletools takes leaves of any length, so ("ab", "cdef") and ("abcd", "ef") share a root there."""
    with pytest.raises(PathMalformed, match="31 bytes"):
        Path((), 0).root_of(bytes(31))
    with pytest.raises(ValueError, match="32 bytes"):
        BatchTree.of([bytes(32), bytes(33)])


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        BatchTree.of([])


def test_paths_need_the_leaves_of_their_tile() -> None:
    tree = BatchTree.of(numbered(300))
    assert tree.tile(1) == range(256, 300)
    with pytest.raises(ValueError, match="not the leaves"):
        tree.paths(1, numbered(43))
    with pytest.raises(IndexError):
        tree.tile(2)
