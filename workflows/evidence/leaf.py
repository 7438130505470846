"""The leaf of a document under scheme 1.

    leaf = SHA-256(0x00 ‖ "chaqi-evidence-v1" ‖ 0x00 ‖ salt(32) ‖ SHA-256(document)(32) ‖ SM3(document)(32))

The prefix and the length (115 bytes against the 64 of an inner node) keep an inner node from passing as a
leaf and two leaves from passing as a document. The salt keeps a guessable document from being found by
trying.
"""

from __future__ import annotations

import hashlib
import secrets

from workflows.evidence.hashing import Digests

SCHEME = 1
PREFIX = b"\x00chaqi-evidence-v1\x00"
HASH_BYTES = 32


def new_salt() -> bytes:
    """256 random bits, one salt per document."""
    return secrets.token_bytes(HASH_BYTES)


def leaf(salt: bytes, document: Digests) -> bytes:
    """The 32-byte leaf; raises ValueError when a part is not 32 bytes long."""
    parts = (salt, document.sha256, document.sm3)
    if any(len(part) != HASH_BYTES for part in parts):
        raise ValueError("salt and digests are 32 bytes each")
    return hashlib.sha256(PREFIX + b"".join(parts)).digest()
