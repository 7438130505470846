"""The development time-stamping authority (RFC 3161): asked and answered in this process, by the same messages.

A licensed authority is asked over HTTP instead (`provider`); whatever it answers goes through `timestamp.check`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.timestamps import TimeStamper

from workflows.pki.authority import Issued, at_instant

POLICY = "2.25.186283672941517392874010337264091573061"
"""Policy of the development authority: an arc of its own below {joint-iso-itu-t uuid}."""

ACCURACY_SECONDS = 1
DIGESTS = ("sha256", "sha384", "sha512")


class Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp of RFC 3161 2.4.2, whose token is optional; asn1crypto's own cannot hold a refusal."""

    _fields = [  # noqa: RUF012  (asn1crypto's way)
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class DevelopmentTimestamper(TimeStamper):
    """Stamps with a certificate of the development authority, at the instant `clock` gives (UTC seconds)."""

    def __init__(self, issued: Issued, clock: Callable[[], int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._issued = issued
        self._clock = clock

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> Response:
        """Answers a request."""
        answer: Response = Response.load(self.answer(req.dump()))
        return answer

    def answer(self, request: bytes) -> bytes:
        """The DER response to a DER request; one that cannot be served is answered with a rejection."""
        asked = tsp.TimeStampReq.load(request, strict=True)
        imprint = asked["message_imprint"]
        if imprint["hash_algorithm"]["algorithm"].native not in DIGESTS:
            return _rejection("bad_alg")
        if asked["req_policy"].native not in (None, POLICY):
            return _rejection("unaccepted_policy")
        stamped = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(152) | 1 << 152,
            "gen_time": at_instant(self._clock()),
            "accuracy": {"seconds": ACCURACY_SECONDS},
        }
        if asked["nonce"].native is not None:
            stamped["nonce"] = asked["nonce"]
        response: bytes = Response(
            {
                "status": {"status": "granted"},
                "time_stamp_token": self._signed(tsp.TSTInfo(stamped).dump(), bool(asked["cert_req"].native)),
            }
        ).dump()
        return response

    def _signed(self, stamped: bytes, with_certificate: bool) -> cms.ContentInfo:
        der = self._issued.certificate.public_bytes(serialization.Encoding.DER)
        certificate = asn1_x509.Certificate.load(der)
        attributes = cms.CMSAttributes(
            [
                simple_cms_attribute("content_type", "tst_info"),
                simple_cms_attribute("message_digest", sha256(stamped).digest()),
                simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(certificate)),
            ]
        )
        digest = algos.DigestAlgorithm({"algorithm": "sha256"})
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                    )
                }
            ),
            "digest_algorithm": digest,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
            "signed_attrs": attributes,
            "signature": self._issued.key.sign(attributes.dump(), padding.PKCS1v15(), hashes.SHA256()),
        }
        data = {
            "version": "v3",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(stamped)},
            "signer_infos": [signer],
        }
        if with_certificate:
            data["certificates"] = [certificate]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)})


def _rejection(failure: str) -> bytes:
    answer: bytes = Response({"status": {"status": "rejection", "fail_info": {failure}}}).dump()
    return answer
