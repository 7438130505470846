"""A signature page, signed with a party's certificate: what of it has to hold before the act that signs is taken.

A wallet's signature says which key agreed; the certificate says whose it is. The page is the same bytes for the same
agreement or deed, so a signed page fits if it is that page and nothing but signatures was added. The signature is
judged at its time-stamp (`workflows/pki/standing.py`): a revocation that comes later takes nothing back.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from pyhanko.pdf_utils.generic import DictionaryObject, PdfObject, StreamObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from chain.errors import ChaqiError
from workflows.pki.standing import Standing
from workflows.pki.timestamp import Stamp, Trust
from workflows.pki.validation import SignatureVerdict, validate

SIGNED_CATALOGUE: Final = {"/AcroForm", "/Extensions", "/DSS"}
"""What signatures add to a catalogue (PAdES, ETSI EN 319 142)."""


class PageDiffers(ChaqiError):
    """The signed file is not the signature page that is served, or more than signatures was added to it."""

    status = 422
    en = "The signed file is not signature page {number}. Sign the page that is served for it."
    zh = "所签文件不是签署页 {number}。请签署本接口提供的签署页。"


class PageNotSigned(ChaqiError):
    """No signature of the file is by a certificate that names the account that signed the act."""

    status = 422
    en = "No certificate that signed the page names the account {account}, which signs the act."
    zh = "签署页上没有载明账户 {account} 的证书所作的签名，而该账户签署了此行为。"


class PageSignatureBroken(ChaqiError):
    """The signature of the page fails a check other than revocation."""

    status = 422
    en = "The signature of the page fails at {link}: {reason}."
    zh = "签署页的签名在“{link}”处不通过：{reason_zh}。"


class SigningCertificateRevoked(ChaqiError):
    """The certificate was revoked before the time-stamp, or its key may have been in other hands by then."""

    status = 409
    en = (
        "The certificate {serial} was revoked, or its key in doubt, before the time-stamp of {signed_at}. "
        "Sign again with a good certificate."
    )
    zh = "证书 {serial} 在时间戳 {signed_at} 之前已被吊销或密钥可能失控。请使用有效证书重新签署。"


def check_signature(pdf: bytes, page: bytes, *, number: str, account: str, trust: Trust, policy: str | None) -> Stamp:
    """The time-stamp of a good signature of `page`, of this number, by the certificate that names `account` (CAIP-10).

    Raises `NotPdf`, `PageDiffers`, `PageNotSigned`, `PageSignatureBroken`, `SigningCertificateRevoked`.
    """
    verdicts = validate(pdf, trust, policy=policy)
    if not pdf.startswith(page) or not _only_signatures_added(pdf, page):
        raise PageDiffers(number=number)
    found = next((one for one in verdicts if _names(one.certificate, account)), None)
    if found is None:
        raise PageNotSigned(account=account)
    return _judged(found)


def _judged(verdict: SignatureVerdict) -> Stamp:
    broken = verdict.broken
    if broken is not None and broken.name != "revocation":
        raise PageSignatureBroken(link=broken.name, reason=broken.en, reason_zh=broken.zh)
    assert verdict.stamp is not None and verdict.certificate is not None  # every other link holds
    if verdict.standing is not Standing.VALID:
        signed_at = datetime.fromtimestamp(verdict.stamp.generated_at / 1000, UTC).isoformat()
        raise SigningCertificateRevoked(serial=f"{verdict.certificate.serial_number:x}", signed_at=signed_at)
    return verdict.stamp


def _names(certificate: x509.Certificate | None, account: str) -> bool:
    if certificate is None:
        return False
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    return account.lower() in [name.lower() for name in names.get_values_for_type(x509.UniformResourceIdentifier)]


def _only_signatures_added(pdf: bytes, page: bytes) -> bool:
    """Whether the file's first revision is the page itself, and the later ones change nothing of it that is shown."""
    try:
        signed, original = PdfFileReader(io.BytesIO(pdf)), PdfFileReader(io.BytesIO(page))
        if signed.xrefs.get_startxref_for_revision(0) != original.last_startxref:
            return False
        before = signed.get_historical_resolver(0)
        described = {
            holder.raw_get(name).reference
            for holder, name in ((original.trailer, "/Info"), (original.root, "/Metadata"))
        }
        shown = signed.xrefs.explicit_refs_in_revision(0) - described
        return signed.root_ref == original.root_ref and all(
            _kept(before.get_object(one), signed.get_object(one)) for one in shown
        )
    except (PdfError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return False


def _kept(before: PdfObject, after: PdfObject) -> bool:
    """Whether an object is what it was, but for what a signature adds to the catalogue and to a page."""
    if isinstance(before, StreamObject):
        return isinstance(after, StreamObject) and (before, before.encoded_data) == (after, after.encoded_data)
    if not isinstance(before, DictionaryObject):
        return before == after
    if not isinstance(after, DictionaryObject) or {name: after.get(name) for name in before} != dict(before):
        return False
    added = after.keys() - before.keys()
    if before.get("/Type") == "/Page":
        widgets = all(one.get_object().get("/Subtype") == "/Widget" for one in after.get("/Annots", ()))
        return added <= {"/Annots"} and widgets
    return added <= (SIGNED_CATALOGUE if before.get("/Type") == "/Catalog" else set())
