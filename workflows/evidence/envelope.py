"""The evidence envelope: where a document comes from, written down and anchored with it (`domain.md` §5).

An anchor proves integrity from the anchor on; what came before is examined by itself (在线诉讼规则 18). The envelope
is a document of its own, in canonical JSON, and gets its own leaf: what it states cannot be added or changed later.
"""

from __future__ import annotations

import asyncio
import mimetypes
from base64 import b64encode
from dataclasses import asdict, dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from workflows.evidence.chaqi_verify import ENVELOPE, to_canonical
from workflows.evidence.hashing import Digests
from workflows.pki.provider import Pki
from workflows.pki.sm2 import Signature
from workflows.pki.timestamp import Stamp, stamp

SUFFIX = ".envelope.json"
AS_IT_IS = "bytes"
"""Canonicalisation of a document that is hashed byte for byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is stated of a document's origin.

    `captured_at` in UTC seconds, `operator` the account that captured it, `source` the system it comes from and
    `source_receipt` what that system answered; `previous_sha256` of the version before it.
    """

    captured_at: int
    application: str
    device: str | None = None
    operator: str | None = None
    source: str | None = None
    source_receipt: str | None = None
    previous_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """A detached signature of the document, with its certificate (DER)."""

    signature: Signature
    certificate: bytes


def envelope(
    name: str, digests: Digests, origin: Origin, *, pki: Pki, now: int, signatures: tuple[Signed, ...] = ()
) -> tuple[bytes, Stamp]:
    """The envelope's bytes, with a fresh checked time-stamp over the document's SHA-256.

    Raises `TimestampUnavailable`, `TimestampRejected`.
    """
    trust = pki.trust(now=now)
    stamped = asyncio.run(stamp(pki.timestamper(), digests.sha256, policy=pki.policy, trust=trust))
    content = to_canonical(
        {
            "format": ENVELOPE,
            "version": 1,
            "document": {
                "canonicalisation": AS_IT_IS,
                "media_type": mimetypes.guess_type(name)[0] or "application/octet-stream",
                "sha256": digests.sha256.hex(),
                "size": digests.size,
                "sm3": digests.sm3.hex(),
            },
            "origin": {field: value for field, value in asdict(origin).items() if value is not None},
            "timestamp": {
                "accuracy_ms": stamped.accuracy,
                "algorithm": stamped.algorithm,
                "generated_at_ms": stamped.generated_at,
                "policy": stamped.policy,
                "token": b64encode(stamped.token).decode(),
            },
            "signatures": [
                {
                    "algorithm": one.signature.algorithm,
                    "certificate": b64encode(one.certificate).decode(),
                    "digest_algorithm": one.signature.digest_algorithm,
                    "value": b64encode(one.signature.value).decode(),
                }
                for one in signatures
            ],
            "authorities": [b64encode(root.public_bytes(Encoding.DER)).decode() for root in trust.roots],
            "revocation_lists": [b64encode(crl.public_bytes(Encoding.DER)).decode() for crl in trust.crls],
        }
    )
    return content, stamped
