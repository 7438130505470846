"""Codes on packages: unguessable, one each, committed to by a Merkle root before any is sold.

A package bears two codes. Whoever sees it scans the outer one (80 random bits), as often as they like. The inner one
(40 bits) lies under a coating; it is checked once, against at most a few guesses, and says whether the package is new.

What is committed to for a package is the house's evidence leaf over its document, so that a receipt proves it like any
other document:

    leaf = SHA-256(0x00 ‖ "chaqi-evidence-v1" ‖ 0x00 ‖ salt ‖ SHA-256(document) ‖ SM3(document))
    document = canonical JSON of {code, number, schema, scratch, weight_g}
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from workflows.evidence.hashing import Digests, DigestStream
from workflows.evidence.leaf import leaf, new_salt
from workflows.evidence.tree import TILE_LEAVES, BatchTree, Path

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that a reader takes for something else."""

CODE_LENGTH = 16
SCRATCH_LENGTH = 8
SCHEMA = "chaqi-code-v1"


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a lot; `number` from 1. Its codes are secrets: they are told once, to be printed."""

    number: int
    weight_g: int
    code: str
    scratch: str
    salt: bytes

    @property
    def document(self) -> bytes:
        """What the lot's root commits to."""
        stated = {
            "schema": SCHEMA,
            "number": self.number,
            "weight_g": self.weight_g,
            "code": self.code,
            "scratch": self.scratch,
        }
        return json.dumps(stated, sort_keys=True, separators=(",", ":")).encode()

    @property
    def leaf(self) -> bytes:
        """Its leaf under the lot's root, 32 bytes."""
        return leaf(self.salt, _digests(self.document))


def packages(count: int, weight_g: int) -> list[Package]:
    """Fresh codes for every package of a lot."""
    return [
        Package(number, weight_g, _random(CODE_LENGTH), _random(SCRATCH_LENGTH), new_salt())
        for number in range(1, count + 1)
    ]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The Merkle root of a lot's leaves in the order of their numbers."""
    return BatchTree.of(leaves).root


def path_of(leaves: Sequence[bytes], number: int) -> Path:
    """The path from package `number` (from 1) to the lot's root."""
    tree = BatchTree.of(leaves)
    tile, place = divmod(number - 1, TILE_LEAVES)
    return tree.paths(tile, [leaves[index] for index in tree.tile(tile)])[place]


def read_code(text: str, length: int = CODE_LENGTH) -> str | None:
    """A code as a person types it, in its one form; None when it is none."""
    plain = re.sub(r"[\s-]", "", text).upper().translate(str.maketrans("OIL", "011"))
    fits = len(plain) == length and all(letter in ALPHABET for letter in plain)
    return plain if fits else None


def shown(code: str) -> str:
    """A code as it is printed: in groups of four."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def code_key(code: str) -> bytes:
    """By which a code is found again without being kept."""
    return hashlib.sha256(f"{SCHEMA}\0{code}".encode()).digest()


def scratch_key(salt: bytes, scratch: str) -> bytes:
    """What is kept of a scratch code."""
    return hmac.digest(salt, f"{SCHEMA}\0{scratch}".encode(), "sha256")


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _digests(content: bytes) -> Digests:
    stream = DigestStream()
    stream.update(content)
    return stream.finish()
