"""PAdES B-T: the notary's signature, then the office's with its visible seal, each with a time-stamp.

A document leaves only after its signatures were validated as a stranger would.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle

from chain.errors import ChaqiError
from workflows.documents.render import SEAL_SIZE, Rendered, seal_drawing
from workflows.pki.authority import Purpose
from workflows.pki.provider import Pki
from workflows.pki.standing import Standing
from workflows.pki.timestamp import keep
from workflows.pki.validation import SignatureVerdict, validate

PAGE_HEIGHT = 841.89
SEAL_FIELD, NOTARY_FIELD = "Seal", "Notary"


class SignatureUnsound(ChaqiError):
    """A signature just made does not validate: the certificate was revoked, or an authority is misconfigured."""

    status = 503
    en = "The document was not signed: signature {field} fails at {link}. {en}"
    zh = "文书未签署：签名 {field} 在“{link}”处不通过。{zh}"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document and its verdicts, in the order of its signatures."""

    pdf: bytes
    signatures: tuple[SignatureVerdict, ...]


def sign(
    rendered: Rendered,
    pki: Pki,
    store: sa.Engine,
    *,
    office: str,
    notary: str | None,
    reason: str,
    now: int,
    wallets: tuple[str | None, str | None] = (None, None),
) -> Signed:
    """Signs for the office and, if named, its notary before it; `wallets` are their accounts (CAIP-10).

    Raises `SignatureUnsound`, and what the authorities raise.
    """
    timestamper = pki.timestamper()
    pdf = rendered.pdf
    if notary is not None:
        signer = pki.signer(notary, Purpose.NOTARY, now=now, wallet=wallets[1])
        pdf = with_signature(pdf, signer, timestamper, SigFieldSpec(NOTARY_FIELD), reason)
    place = rendered.seal
    left, top = round(place.x), round(PAGE_HEIGHT - place.y)
    box = (left, top - SEAL_SIZE, left + SEAL_SIZE, top)
    field = SigFieldSpec(SEAL_FIELD, on_page=place.page - 1, box=box)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as drawing:
        drawing.write(seal_drawing(office, pki.seal_label))
        drawing.flush()
        signer = pki.signer(office, Purpose.OFFICE, now=now, wallet=wallets[0])
        pdf = with_signature(pdf, signer, timestamper, field, reason, Path(drawing.name))
    verdicts = validate(pdf, pki.trust(now=now), policy=pki.policy)
    for verdict in verdicts:
        broken = verdict.broken
        if broken is not None or verdict.standing is not Standing.VALID:
            said = broken or verdict.links[-1]
            raise SignatureUnsound(field=verdict.field, link=said.name, en=said.en, zh=said.zh)
        assert verdict.stamp is not None
        keep(store, verdict.stamp)
    return Signed(pdf, verdicts)


def with_signature(
    pdf: bytes,
    signer: Signer,
    timestamper: TimeStamper,
    field: SigFieldSpec,
    reason: str,
    drawing: Path | None = None,
) -> bytes:
    """The PDF with one more signature and its time-stamp, not validated; `drawing` is a one-page PDF to be seen."""
    meta = PdfSignatureMetadata(
        field_name=field.sig_field_name,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        embed_validation_info=False,
    )
    style = None
    if drawing is not None:
        centred = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins.uniform(0))
        style = StaticStampStyle(
            background=ImportedPdfPage(str(drawing)),
            background_layout=centred,
            background_opacity=0.85,
            border_width=0,
        )
    out = io.BytesIO()
    PdfSigner(meta, signer, timestamper=timestamper, stamp_style=style, new_field_spec=field).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out
    )
    return out.getvalue()
