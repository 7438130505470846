"""The development authority's OCSP responder (RFC 6960): how one certificate stands at this moment.

A certificate of its own signs the answers, so that the root's key signs only certificates and lists.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from workflows.pki.authority import DevelopmentAuthority, Purpose, at_instant

RESPONDER: Final = "茶契开发测试证书状态 Chaqi development OCSP"
GOOD_FOR: Final = timedelta(hours=1)
HASHES: Final = (hashes.SHA1, hashes.SHA256, hashes.SHA384, hashes.SHA512)
"""By which a request may name the issuer; SHA-1 is what most clients send, and nothing rests on it."""


def answer(authority: DevelopmentAuthority, request: bytes, *, now: int) -> bytes:
    """The DER answer to a DER request about one certificate, at `now` (UTC seconds).

    Good, revoked with instant and reason, or unknown for what this authority never issued; `unauthorized` for another
    authority's certificates and `malformedRequest` for what is no such request, both unsigned (RFC 6960 2.3).
    """
    try:
        asked = ocsp.load_der_ocsp_request(request)
        nonce = next((one.value for one in asked.extensions if isinstance(one.value, x509.OCSPNonce)), None)
        digest = asked.hash_algorithm
    except (ValueError, NotImplementedError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return _refused(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    issuer = (asked.issuer_name_hash, asked.issuer_key_hash)
    if not isinstance(digest, HASHES) or issuer != _named(authority.root, digest):
        return _refused(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    status, revoked_at, reason = ocsp.OCSPCertStatus.UNKNOWN, None, None
    found = authority.entry(asked.serial_number)
    if found is not None and found[0] is None:
        status = ocsp.OCSPCertStatus.GOOD
    elif found is not None and found[0] is not None:
        status, revoked_at, reason = ocsp.OCSPCertStatus.REVOKED, at_instant(found[0]), found[1]
    signer = authority.issue(RESPONDER, Purpose.STATUS, now=now)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            *issuer,
            asked.serial_number,
            digest,
            status,
            at_instant(now),
            at_instant(now) + GOOD_FOR,
            revoked_at,
            x509.ReasonFlags[reason] if reason else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        .certificates([signer.certificate])
    )
    if nonce is not None:
        builder = builder.add_extension(nonce, critical=False)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _named(root: x509.Certificate, digest: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    """The root's name and key as requests give them: the key is the bit string's content (RFC 6960 4.1.1)."""
    key = root.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    found = []
    for content in (root.subject.public_bytes(), key):
        hashed = hashes.Hash(digest)
        hashed.update(content)
        found.append(hashed.finalize())
    return found[0], found[1]


def _refused(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
