"""The verdict on each signature of a PDF: content → signature → time-stamp → certificate → revocation, in words."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import UnacceptableSignerError
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from chain.errors import ChaqiError
from workflows.evidence.verify import Link
from workflows.pki.standing import Standing
from workflows.pki.timestamp import Stamp, TimestampRejected, Trust, checked, validator


class NotPdf(ChaqiError):
    """The file is not a PDF that can be read."""

    status = 422
    en = "The file cannot be read as a PDF: {reason}."
    zh = "无法作为 PDF 读取：{reason}。"


@dataclass
class SignatureVerdict:
    """One signature: who, when (its time-stamp), how it stands, and every link up to the first broken one.

    `certificate` is None where the signature cannot be read.
    """

    field: str
    signer: str
    links: list[Link]
    stamp: Stamp | None = None
    standing: Standing = Standing.INVALID
    certificate: x509.Certificate | None = None

    @property
    def broken(self) -> Link | None:
        """The link that does not hold, if any."""
        return next((link for link in self.links if not link.ok), None)


def validate(pdf: bytes, trust: Trust, *, policy: str | None) -> tuple[SignatureVerdict, ...]:
    """A verdict for each signature, in the order they were made; none for an unsigned PDF. Raises `NotPdf`."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        embedded = reader.embedded_regular_signatures
    except (PdfError, ValueError, KeyError, IndexError, TypeError, AttributeError) as failure:
        raise NotPdf(reason=str(failure) or type(failure).__name__) from failure
    return tuple(asyncio.run(_all(embedded, trust, policy)))


async def _all(embedded: list[EmbeddedPdfSignature], trust: Trust, policy: str | None) -> list[SignatureVerdict]:
    verdicts = []
    for number, one in enumerate(embedded):
        try:
            signer = one.signer_cert.subject.native.get("common_name", "?")
        except (SignatureValidationError, UnacceptableSignerError, ValueError, KeyError) as failure:
            broken = Link("signature", False, f"unreadable: {failure}", f"无法读取：{failure}")
            verdicts.append(SignatureVerdict(one.field_name, "?", [broken]))
            continue
        certificate = x509.load_der_x509_certificate(one.signer_cert.dump())
        verdict = SignatureVerdict(one.field_name, signer, [], certificate=certificate)
        async for link in _links(one, number == len(embedded) - 1, verdict, trust, policy):
            verdict.links.append(link)
            if not link.ok:
                break
        verdicts.append(verdict)
    return verdicts


async def _links(
    one: EmbeddedPdfSignature, last: bool, verdict: SignatureVerdict, trust: Trust, policy: str | None
) -> AsyncIterator[Link]:
    try:
        one.compute_integrity_info()
        intact, valid = validate_sig_integrity(one.signer_info, one.signer_cert, "data", one.compute_digest())
    except (PdfError, SignatureValidationError, ValueError, KeyError, TypeError) as failure:
        yield Link("content", False, f"the signed bytes cannot be read: {failure}", f"无法读取被签内容：{failure}")
        return
    yield _link(
        "content", intact,
        "the signed bytes have not changed", "被签内容未被改动",
        "the signed bytes were changed", "被签内容已被改动",
    )  # fmt: skip
    yield _link(
        "signature", valid,
        f"signed by {verdict.signer}", f"由 {verdict.signer} 签名",
        "the signature is not by the certificate it names", "签名与所附证书不符",
    )  # fmt: skip
    since = one.summarise_integrity_info()
    whole = since["coverage"] == SignatureCoverageLevel.ENTIRE_FILE if last else bool(since["docmdp_ok"])
    yield _link(
        "whole", whole,
        "nothing but signatures was added since", "其后除签名外没有任何增改",
        "the file was changed after it was signed", "签名之后文件被改动",
    )  # fmt: skip
    token = _token(one)
    if token is None:
        yield Link("timestamp", False, "there is no time-stamp", "没有时间戳")
        return
    digest = hashlib.sha256(one.signer_info["signature"].native).digest()
    try:
        stamp = await checked(token, digest, policy=policy, trust=trust)
    except TimestampRejected as rejected:
        yield Link("timestamp", False, rejected.words("en"), rejected.words("zh"))
        return
    verdict.stamp = stamp
    moment = datetime.fromtimestamp(stamp.generated_at / 1000, UTC)
    said = f"{moment.isoformat()} ± {stamp.accuracy} ms"
    yield Link("timestamp", True, f"time-stamped at {said}", f"时间戳 {said}")
    try:
        others: list[asn1_x509.Certificate] = list(one.other_embedded_certs)
        await validator(one.signer_cert, others, moment, trust).async_validate_usage({"digital_signature"})
        chained = True
    except (PathBuildingError, PathValidationError):
        chained = False
    yield _link(
        "certificate", chained,
        "the certificate led to a trusted root at that time", "证书在该时间可追溯至受信根",
        "the certificate led to no trusted root at that time", "证书在该时间不可追溯至受信根",
    )  # fmt: skip
    assert verdict.certificate is not None
    verdict.standing = trust.standing_of(verdict.certificate, stamp.generated_at, stamp.accuracy)
    words = {
        Standing.VALID: ("the certificate was good when it signed", "签名时证书有效"),
        Standing.REVIEW_REQUIRED: (
            "REVIEW REQUIRED: signed while the key may have been in other hands; the office or a court decides",
            "需复查：签名时密钥可能已失控，由公证机构或法院决定",
        ),
        Standing.INVALID: ("signed after the certificate was revoked", "签名晚于证书吊销"),
    }
    yield Link("revocation", verdict.standing is not Standing.INVALID, *words[verdict.standing])


def _token(one: EmbeddedPdfSignature) -> bytes | None:
    unsigned = one.signer_info["unsigned_attrs"]
    for attribute in () if isinstance(unsigned, core.Void) else unsigned:
        if attribute["type"].native == "signature_time_stamp_token":
            token: bytes = attribute["values"][0].dump()
            return token
    return None


def _link(name: str, ok: bool, en: str, zh: str, en_broken: str, zh_broken: str) -> Link:
    return Link(name, ok, en, zh) if ok else Link(name, False, en_broken, zh_broken)
