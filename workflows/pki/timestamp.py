"""RFC 3161 tokens: asked for with a nonce, checked point by point, kept by serial number.

The checks, each with a name (`domain.md` §5; RFC 3161 2.4.2; ETSI EN 319 422): imprint, nonce, policy, usage (the
certificate's sole extended key usage, critical), signature, chain (at genTime), revocation, accuracy, serial.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from chain.errors import ChaqiError
from chain.offchain import Base, writing
from workflows.pki.authority import revocation_in
from workflows.pki.standing import Standing, standing
from workflows.pki.tables import TimestampRow

Timestamps = Base.metadata.tables[TimestampRow.__tablename__]

_POINTS = {
    "token": ("it is no time-stamp token ({found})", "不是时间戳令牌（{found}）"),
    "imprint": ("it stamps another document: {found}", "所盖时间戳属于另一文件：{found}"),
    "nonce": ("its nonce is {found}, not the one that was sent", "随机数为 {found}，与请求不符"),
    "policy": ("its policy is {found}, not {expected}", "策略为 {found}，而非 {expected}"),
    "usage": (
        "its certificate is not for time-stamping alone, critically ({found})",
        "证书的扩展用途不是唯一且关键的时间戳用途（{found}）",
    ),
    "signature": ("its signature does not hold ({found})", "签名无效（{found}）"),
    "chain": ("its certificate led to no trusted root at {found}", "在 {found} 时证书链不可信"),
    "revocation": ("its certificate was revoked before {found}", "证书在 {found} 之前已被吊销"),
    "accuracy": ("it does not say how accurate it is", "未载明精度"),
    "serial": ("its serial number {found} was given to another token", "序列号 {found} 已用于另一令牌"),
}


class TimestampRejected(ChaqiError):
    """A time-stamp that fails a check; `point` is the check's name."""

    status = 422
    en = "The time-stamp is rejected at {point}: {reason}."
    zh = "时间戳未通过“{point}”检查：{reason_zh}。"


class TimestampUnavailable(ChaqiError):
    """The time-stamping authority does not answer, or refuses."""

    status = 503
    en = "The time-stamping authority gives no time-stamp: {reason}. Try again later."
    zh = "时间戳机构未签发时间戳：{reason}。请稍后重试。"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A checked token: when it was made (UTC milliseconds ± accuracy), by whom, under which policy."""

    generated_at: int
    accuracy: int
    authority: str
    serial: int
    policy: str
    algorithm: str
    digest: bytes
    token: bytes


@dataclass(frozen=True, slots=True)
class Trust:
    """What chains are checked against: trusted roots and the authorities' lists of revoked certificates."""

    roots: tuple[x509.Certificate, ...]
    crls: tuple[x509.CertificateRevocationList, ...] = ()

    def standing_of(self, certificate: x509.Certificate, signed_at: int, accuracy: int) -> Standing:
        """How a signature by a certificate stands under the lists of its issuer."""
        worst = Standing.VALID
        order = list(Standing)
        for crl in self.crls:
            if crl.issuer == certificate.issuer:
                found = standing(signed_at, accuracy, revocation_in(crl, certificate.serial_number))
                worst = max(worst, found, key=order.index)
        return worst


async def stamp(
    timestamper: TimeStamper, content_digest: bytes, *, policy: str, trust: Trust, algorithm: str = "sha256"
) -> Stamp:
    """A fresh checked token over a digest. Raises `TimestampUnavailable`, `TimestampRejected`."""
    nonce, request = timestamper.request_cms(content_digest, algorithm)
    try:
        response = await timestamper.async_request_tsa_response(request)
    except TimestampRequestError as failure:
        raise TimestampUnavailable(reason=str(failure)) from failure
    status = response["status"]["status"].native
    if status not in ("granted", "granted_with_mods"):
        raise TimestampUnavailable(reason=f"{status} {response['status']['fail_info'].native}")
    token = response["time_stamp_token"].dump()
    return await checked(token, content_digest, policy=policy, trust=trust, algorithm=algorithm, nonce=int(nonce))


def check(
    token: bytes,
    content_digest: bytes,
    *,
    policy: str | None,
    trust: Trust,
    algorithm: str = "sha256",
    nonce: int | None = None,
) -> Stamp:
    """`checked`, for callers outside an event loop."""
    return asyncio.run(checked(token, content_digest, policy=policy, trust=trust, algorithm=algorithm, nonce=nonce))


async def checked(
    token: bytes,
    content_digest: bytes,
    *,
    policy: str | None,
    trust: Trust,
    algorithm: str = "sha256",
    nonce: int | None = None,
) -> Stamp:
    """A token over a digest, checked in full; `nonce` None for a token that was not asked for just now.

    `policy` None accepts any. Raises `TimestampRejected`.
    """
    signed, stamped, body = _read(token)
    imprint = stamped["message_imprint"]
    found = (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native)
    if found != (algorithm, content_digest):
        raise _rejected("imprint", found=f"{found[0]} {found[1].hex()}")
    if nonce is not None and stamped["nonce"].native != nonce:
        raise _rejected("nonce", found=stamped["nonce"].native)
    if policy is not None and stamped["policy"].native != policy:
        raise _rejected("policy", found=stamped["policy"].native, expected=policy)
    signer, certificate = _signer(signed)
    usage = certificate.extended_key_usage_value
    critical = {
        part["extn_id"].native for part in certificate["tbs_certificate"]["extensions"] if part["critical"].native
    }
    if usage is None or usage.native != ["time_stamping"] or "extended_key_usage" not in critical:
        raise _rejected("usage", found=usage.native if usage else "none")
    _signature(signer, certificate, body)
    moment: datetime = stamped["gen_time"].native
    await _chain(certificate, [one.chosen for one in signed["certificates"]], moment, trust)
    generated_at = int(moment.timestamp()) * 1000 + moment.microsecond // 1000
    accuracy = _accuracy(stamped["accuracy"])
    if accuracy is None:
        raise _rejected("accuracy")
    known = x509.load_der_x509_certificate(certificate.dump())
    if trust.standing_of(known, generated_at, accuracy) is not Standing.VALID:
        raise _rejected("revocation", found=moment.isoformat())
    return Stamp(
        generated_at=generated_at,
        accuracy=accuracy,
        authority=hashlib.sha256(certificate.dump()).hexdigest(),
        serial=stamped["serial_number"].native,
        policy=stamped["policy"].native,
        algorithm=algorithm,
        digest=content_digest,
        token=token,
    )


def keep(store: sa.Engine, one: Stamp) -> None:
    """Files a checked token; the same token again changes nothing.

    Raises `TimestampRejected` when its authority gave its serial number to another token before.
    """
    row = {
        "authority": one.authority,
        "serial": f"{one.serial:x}",
        "digest": one.digest,
        "algorithm": one.algorithm,
        "policy": one.policy,
        "generated_at": one.generated_at,
        "accuracy": one.accuracy,
        "token": one.token,
    }
    same = sa.select(Timestamps.c.token).where(
        Timestamps.c.authority == row["authority"], Timestamps.c.serial == row["serial"]
    )
    try:
        with writing(store) as connection:
            connection.execute(sa.insert(Timestamps), row)
    except sa.exc.IntegrityError:
        with writing(store) as connection:
            if connection.scalar(same) != one.token:
                raise _rejected("serial", found=row["serial"]) from None


async def _chain(
    certificate: asn1_x509.Certificate, others: Sequence[asn1_x509.Certificate], moment: datetime, trust: Trust
) -> None:
    try:
        await validator(certificate, others, moment, trust).async_validate_usage(set(), {"time_stamping"})
    except (PathBuildingError, PathValidationError) as failure:
        raise _rejected("chain", found=moment.isoformat()) from failure


def validator(
    certificate: asn1_x509.Certificate, others: Sequence[asn1_x509.Certificate], moment: datetime, trust: Trust
) -> CertificateValidator:
    """A validator of one chain at one moment, which fetches nothing; revocation is `standing`'s part."""
    roots = [asn1_x509.Certificate.load(root.public_bytes(Encoding.DER)) for root in trust.roots]
    context = ValidationContext(trust_roots=roots, moment=moment, allow_fetching=False, revocation_mode="soft-fail")
    return CertificateValidator(certificate, list(others), validation_context=context)


def _read(token: bytes) -> tuple[cms.SignedData, tsp.TSTInfo, bytes]:
    try:
        content = cms.ContentInfo.load(token, strict=True)
        signed = content["content"]
        body = signed["encap_content_info"]["content"]
        stamped = tsp.TSTInfo.load(bytes(body), strict=True)
        if content["content_type"].native != "signed_data" or stamped.native["version"] != "v1":
            raise ValueError("not version 1")
    except (ValueError, TypeError, KeyError) as failure:
        raise _rejected("token", found=str(failure).split("\n")[0]) from failure
    return signed, stamped, bytes(body)


def _signer(signed: cms.SignedData) -> tuple[cms.SignerInfo, asn1_x509.Certificate]:
    signers = list(signed["signer_infos"])
    if len(signers) != 1:
        raise _rejected("signature", found=f"{len(signers)} signers")
    named = signers[0]["sid"].chosen
    for one in signed["certificates"]:
        certificate = one.chosen
        by_issuer = isinstance(named, cms.IssuerAndSerialNumber) and (
            named["issuer"].dump(),
            named["serial_number"].native,
        ) == (certificate.issuer.dump(), certificate.serial_number)
        if by_issuer or named.native == certificate.key_identifier:
            return signers[0], certificate
    raise _rejected("signature", found="the signer's certificate is missing")


def _signature(signer: cms.SignerInfo, certificate: asn1_x509.Certificate, body: bytes) -> None:
    if isinstance(signer["signed_attrs"], core.Void):
        raise _rejected("signature", found="no signed attributes")
    try:
        digest = hashlib.new(signer["digest_algorithm"]["algorithm"].native, body).digest()
        intact, valid = validate_sig_integrity(signer, certificate, "tst_info", digest)
    except (ValueError, TypeError, NotImplementedError) as failure:
        raise _rejected("signature", found=str(failure)) from failure
    if not (intact and valid):
        raise _rejected("signature", found="content changed" if not intact else "not by this certificate")
    attributes = {one["type"].native: one["values"][0] for one in signer["signed_attrs"]}
    names_it = False
    if "signing_certificate_v2" in attributes:
        identity = attributes["signing_certificate_v2"]["certs"][0]
        algorithm = identity["hash_algorithm"]["algorithm"].native
        names_it = identity["cert_hash"].native == hashlib.new(algorithm, certificate.dump()).digest()
    elif "signing_certificate" in attributes:  # RFC 2634, by SHA-1
        identity = attributes["signing_certificate"]["certs"][0]
        names_it = identity["cert_hash"].native == hashlib.sha1(certificate.dump(), usedforsecurity=False).digest()
    if not names_it:
        raise _rejected("signature", found="the signed attributes do not name the certificate")


def _accuracy(stated: tsp.Accuracy) -> int | None:
    """Milliseconds, rounded up; None when nothing is stated."""
    parts = stated.native
    if not parts:
        return None
    micros = (parts["seconds"] or 0) * 1_000_000 + (parts["millis"] or 0) * 1000 + (parts["micros"] or 0)
    return -(-micros // 1000)


def _rejected(point: str, **values: object) -> TimestampRejected:
    en, zh = _POINTS[point]
    return TimestampRejected(point=point, reason=en.format(**values), reason_zh=zh.format(**values))
