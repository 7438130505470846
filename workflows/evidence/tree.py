"""The batch tree: merkletools' (inner node = SHA-256(left ‖ right), an odd last node is carried up
unchanged).

A batch of a million leaves is never in memory. The node eight levels above the leaves covers 256 of them
and is itself the merkletools root of those 256, whatever the size of the batch; so the tree over all leaves
is the tree over these *tile roots*, and a path is a path in one tile followed by one among the tile roots.
Stored are the tile roots alone (32 bytes for 256 leaves); the leaves stand in the queue's rows.

Checking a path uses none of this: `Path.root_of` is ten lines of hashlib.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from merkletools import MerkleTools

from chain.errors import ChaqiError
from workflows.evidence.leaf import HASH_BYTES

TILE_LEAVES = 256
MAX_PATH = 64


class PathMalformed(ChaqiError):
    """A Merkle path that cannot be one, whatever it is meant to prove."""

    en = "The Merkle path is malformed: {problem}."
    zh = "默克尔路径格式错误：{problem}。"


@dataclass(frozen=True, slots=True)
class Path:
    """Siblings from the leaf up, 32 bytes each, as the contract's `verify` takes them (`path`, `sides`).

    Bit i of `sides` is 1 when sibling i stands on the RIGHT, that is, when the node computed so far is the
    left one: `node = SHA-256(node ‖ sibling)` if set, `SHA-256(sibling ‖ node)` if clear. Raises
    `PathMalformed` for a sibling that is not 32 bytes, more than 64 of them, or a side without sibling.
    """

    siblings: tuple[bytes, ...]
    sides: int

    def __post_init__(self) -> None:
        if len(self.siblings) > MAX_PATH:
            raise PathMalformed(problem=f"{len(self.siblings)} siblings, at most {MAX_PATH} are possible")
        for level, sibling in enumerate(self.siblings):
            if len(sibling) != HASH_BYTES:
                raise PathMalformed(problem=f"sibling {level} is {len(sibling)} bytes long, not {HASH_BYTES}")
        if self.sides < 0 or self.sides >> len(self.siblings):
            raise PathMalformed(problem="a side is given for a sibling that does not exist")

    def root_of(self, leaf: bytes) -> bytes:
        """The root this path leads to from `leaf` (32 bytes, else `PathMalformed`)."""
        if len(leaf) != HASH_BYTES:
            raise PathMalformed(problem=f"the leaf is {len(leaf)} bytes long, not {HASH_BYTES}")
        node = leaf
        for level, sibling in enumerate(self.siblings):
            node = hashlib.sha256(node + sibling if self.on_right(level) else sibling + node).digest()
        return node

    def on_right(self, level: int) -> bool:
        """Whether sibling `level` stands on the right."""
        return bool(self.sides >> level & 1)

    def fits(self, index: int, count: int) -> bool:
        """Whether a leaf at `index` of `count` has its siblings on these sides."""
        return 0 <= index < count and [self.on_right(i) for i in range(len(self.siblings))] == list(
            expected_sides(index, count)
        )

    def __add__(self, above: Path) -> Path:
        return Path(self.siblings + above.siblings, self.sides | above.sides << len(self.siblings))


def expected_sides(index: int, count: int) -> Iterator[bool]:
    """For each sibling on the way up from leaf `index` of `count`, whether it stands on the right."""
    while count > 1:
        if index % 2 or index != count - 1:  # else an odd last node: carried up, no sibling at this level
            yield index % 2 == 0
        index, count = index // 2, (count + 1) // 2


def _tree(nodes: Sequence[bytes]) -> MerkleTools:
    tree = MerkleTools(hash_type="sha256")
    tree.add_leaf([node.hex() for node in nodes])
    tree.make_tree()
    return tree


def _root(nodes: Sequence[bytes]) -> bytes:
    return bytes.fromhex(_tree(nodes).get_merkle_root())


def _paths(nodes: Sequence[bytes], indexes: Iterable[int]) -> Iterator[Path]:
    tree = _tree(nodes)
    for index in indexes:
        siblings, sides = [], 0
        for level, step in enumerate(tree.get_proof(index)):
            ((side, sibling),) = step.items()
            siblings.append(bytes.fromhex(sibling))
            sides |= (side == "right") << level
        yield Path(tuple(siblings), sides)


@dataclass(frozen=True, slots=True)
class BatchTree:
    """A closed batch: how many leaves it has and its tile roots, from left to right."""

    count: int
    tile_roots: tuple[bytes, ...]

    @classmethod
    def of(cls, leaves: Iterable[bytes]) -> BatchTree:
        """The tree over `leaves` (32 bytes each, at least one, else ValueError), read once, 256 at a time."""
        remaining, roots, count = iter(leaves), [], 0
        while tile := list(islice(remaining, TILE_LEAVES)):
            if any(len(leaf) != HASH_BYTES for leaf in tile):
                raise ValueError("a leaf is 32 bytes long")
            roots.append(_root(tile))
            count += len(tile)
        if not roots:
            raise ValueError("a batch has at least one leaf")
        return cls(count, tuple(roots))

    @classmethod
    def unpack(cls, count: int, packed: bytes) -> BatchTree:
        """The tree as `pack` wrote it."""
        return cls(count, tuple(packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)))

    def pack(self) -> bytes:
        """The tile roots, one after the other."""
        return b"".join(self.tile_roots)

    @property
    def root(self) -> bytes:
        """The Merkle root, 32 bytes; of a single leaf the leaf itself."""
        return _root(self.tile_roots)

    def tile(self, number: int) -> range:
        """Indexes of the leaves of tile `number` (leaf index // `TILE_LEAVES`)."""
        if not 0 <= number < len(self.tile_roots):
            raise IndexError(number)
        return range(number * TILE_LEAVES, min((number + 1) * TILE_LEAVES, self.count))

    def paths(self, number: int, leaves: Sequence[bytes]) -> list[Path]:
        """The paths of all leaves of tile `number`, given those leaves in order."""
        if len(leaves) != len(self.tile(number)):
            raise ValueError("not the leaves of this tile")
        (above,) = _paths(self.tile_roots, [number])
        return [path + above for path in _paths(leaves, range(len(leaves)))]
