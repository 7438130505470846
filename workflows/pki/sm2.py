"""SM2 signatures with SM3 (GB/T 32918.2, 32905) over a document's bytes, by certificates with SM2 keys.

Made and verified by GmSSL. The signer's identifier is the standard's default. A development certificate binds the
SM2 key under the development root; a licensed one comes from an SM2 authority and is used the same way.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import gmssl_pyx
from asn1crypto import algos, core, keys, pem
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding

from chain.errors import ChaqiError
from workflows.pki.authority import LEAF_YEARS, DevelopmentAuthority, Purpose, at_instant, write_once

SM2_CURVE = "1.2.156.10197.1.301"
SM2_WITH_SM3 = "1.2.156.10197.1.501"
SM3 = "1.2.156.10197.1.401"
PUBLIC_BYTES = 64

keys.NamedCurve.register("sm2p256v1", SM2_CURVE, 32)


class Sm2Invalid(ChaqiError):
    """An SM2 signature that does not belong to the content, or to no SM2 certificate."""

    status = 422
    en = "The SM2 signature does not hold: {reason}."
    zh = "SM2 签名无效：{reason}。"


@dataclass(frozen=True, slots=True)
class Signature:
    """A detached signature; algorithms by their object identifiers, certificate by its SHA-256."""

    algorithm: str
    digest_algorithm: str
    certificate_sha256: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Sm2Signer:
    """An SM2 key with its certificate (DER)."""

    certificate: bytes
    private: bytes
    public: bytes

    def sign(self, content: bytes) -> Signature:
        """Signs the content."""
        value = gmssl_pyx.sm2_sign(self.private, self.public, content)
        return Signature(SM2_WITH_SM3, SM3, hashlib.sha256(self.certificate).hexdigest(), value)


def development_signer(
    authority: DevelopmentAuthority, holder: str, *, now: int, wallet: str | None = None
) -> Sm2Signer:
    """The holder's SM2 key and certificate from the development authority, made on first use."""

    def certify(serial: int) -> bytes:
        public, private = gmssl_pyx.sm2_key_generate()
        point = keys.ECPoint(b"\x04" + public)
        parameters = keys.ECDomainParameters(name="named", value="sm2p256v1")
        key = keys.PrivateKeyInfo(
            {
                "version": 0,
                "private_key_algorithm": {"algorithm": "ec", "parameters": parameters},
                "private_key": keys.ECPrivateKey(
                    {
                        "version": "ecPrivkeyVer1",
                        "private_key": int.from_bytes(private),
                        "public_key": keys.ECPointBitString(point.native),
                    }
                ),
            }
        )
        write_once(authority.key_file(serial), pem.armor("PRIVATE KEY", key.dump()))
        return _certificate(authority, serial, public, holder, now, wallet)

    certificate = authority.issued(holder, Purpose.SM2, now, certify)
    serial = asn1_x509.Certificate.load(certificate).serial_number
    _, _, der = pem.unarmor(authority.key_file(serial).read_bytes())
    private = keys.PrivateKeyInfo.load(der)["private_key"].parsed["private_key"].native
    return Sm2Signer(certificate, private.to_bytes(32), public_key(certificate))


def public_key(certificate: bytes) -> bytes:
    """The 64-byte SM2 key in a certificate; raises `Sm2Invalid` for any other key."""
    key = asn1_x509.Certificate.load(certificate).public_key
    if key.algorithm != "ec" or key["algorithm"]["parameters"].chosen.dotted != SM2_CURVE:
        raise Sm2Invalid(reason="the certificate's key is not an SM2 key")
    point: bytes = key["public_key"].native
    return point[1:]


def verify(content: bytes, signature: Signature, certificate: bytes) -> None:
    """Checks a signature by the key in a certificate. Raises `Sm2Invalid`."""
    if (signature.algorithm, signature.digest_algorithm) != (SM2_WITH_SM3, SM3):
        raise Sm2Invalid(reason=f"algorithm {signature.algorithm} with {signature.digest_algorithm}")
    if signature.certificate_sha256 != hashlib.sha256(certificate).hexdigest():
        raise Sm2Invalid(reason="it names another certificate")
    try:
        holds = gmssl_pyx.sm2_verify(public_key(certificate), content, signature.value)
    except gmssl_pyx.GmsslInnerError as failure:
        raise Sm2Invalid(reason=f"unreadable ({failure})") from failure
    if not holds:
        raise Sm2Invalid(reason="the content or the signature was changed")


def _certificate(
    authority: DevelopmentAuthority, serial: int, public: bytes, holder: str, now: int, wallet: str | None
) -> bytes:
    root = asn1_x509.Certificate.load(authority.root.public_bytes(Encoding.DER))
    subject = dict(root.subject.native) | {"common_name": holder}
    extensions: list[dict[str, object]] = [
        {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": False}},
        {
            "extn_id": "key_usage",
            "critical": True,
            "extn_value": asn1_x509.KeyUsage({"digital_signature", "non_repudiation"}),
        },
        {"extn_id": "authority_key_identifier", "extn_value": {"key_identifier": root.key_identifier}},
    ]
    if wallet is not None:
        names = [asn1_x509.GeneralName("uniform_resource_identifier", wallet)]
        extensions.append({"extn_id": "subject_alt_name", "extn_value": names})
    since = at_instant(now)
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa", "parameters": core.Null()})
    certified = asn1_x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": algorithm,
            "issuer": root.subject,
            "validity": {
                "not_before": asn1_x509.Time("utc_time", since),
                "not_after": asn1_x509.Time("utc_time", at_instant(now + LEAF_YEARS * 365 * 86_400)),
            },
            "subject": asn1_x509.Name.build(subject),
            "subject_public_key_info": {
                "algorithm": {
                    "algorithm": "ec",
                    "parameters": keys.ECDomainParameters(name="named", value="sm2p256v1"),
                },
                "public_key": keys.ECPointBitString(b"\x04" + public),
            },
            "extensions": extensions,
        }
    )
    der: bytes = asn1_x509.Certificate(
        {
            "tbs_certificate": certified,
            "signature_algorithm": algorithm,
            "signature_value": authority.sign(certified.dump()),
        }
    ).dump()
    return der
