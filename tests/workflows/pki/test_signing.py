"""PAdES B-T: what we sign, poppler accepts; what is changed, both reject; and scenario 16 on documents."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from tests.programs import run
from tests.workflows.documents.samples import DEED, OFFICE
from tests.workflows.pki.conftest import Office
from workflows.documents.render import render
from workflows.pki.authority import Purpose
from workflows.pki.signing import NOTARY_FIELD, SEAL_FIELD, SignatureUnsound, Signed, sign
from workflows.pki.standing import Standing
from workflows.pki.timestamp import Trust
from workflows.pki.tsa import POLICY
from workflows.pki.validation import NotPdf, validate

NOTARY = "黄合成"
DAY = 86_400


def signed(office: Office, notary: str = NOTARY) -> Signed:
    return sign(
        render(DEED), office.pki, office.store, office=OFFICE, notary=notary, reason="赋予强制执行效力", now=office.now
    )


@pytest.fixture(scope="module")
def deed(_office: Office) -> bytes:
    return signed(_office).pdf


def test_notary_and_office_sign_with_time_stamps(office: Office, deed: bytes) -> None:
    notary, seal = validate(deed, office.trust, policy=POLICY)
    assert [(one.field, one.signer) for one in (notary, seal)] == [(NOTARY_FIELD, NOTARY), (SEAL_FIELD, OFFICE)]
    for one in (notary, seal):
        assert (one.broken, one.standing) == (None, Standing.VALID)
        assert [link.name for link in one.links] == [
            "content", "signature", "whole", "timestamp", "certificate", "revocation",
        ]  # fmt: skip
        assert one.stamp is not None
        assert one.stamp.generated_at == office.now * 1000


def test_poppler_accepts_both_signatures(deed: bytes, tmp_path: Path) -> None:
    assert poppler(deed, tmp_path) == 2


@settings(max_examples=15, deadline=None)
@given(at=st.integers(0, 10**9))
def test_one_flipped_byte_of_the_signed_document_is_found(at: int, deed: bytes, _office: Office) -> None:
    at %= deed.index(b"/ByteRange") - 100
    broken = deed[:at] + bytes([deed[at] ^ 1]) + deed[at + 1 :]
    try:
        verdicts = validate(broken, _office.trust, policy=POLICY)
    except NotPdf:
        return
    assert not verdicts or any(one.broken for one in verdicts)


def test_poppler_rejects_one_flipped_byte(deed: bytes, tmp_path: Path, office: Office) -> None:
    at = deed.index(b"(D:2026") + 6
    broken = deed[:at] + bytes([deed[at] ^ 1]) + deed[at + 1 :]
    assert poppler(broken, tmp_path) == 0
    assert [one.broken and one.broken.name for one in validate(broken, office.trust, policy=POLICY)] == [
        "content", "content",
    ]  # fmt: skip


def test_what_is_added_after_signing_is_found(deed: bytes, office: Office) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(deed))
    writer.root["/Lang"] = writer.root["/Type"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    verdicts = validate(out.getvalue(), office.trust, policy=POLICY)
    assert verdicts[-1].broken is not None
    assert verdicts[-1].broken.name == "whole"


def test_a_document_that_was_saved_anew_is_no_longer_signed(deed: bytes, office: Office) -> None:
    out = io.BytesIO()
    copy_into_new_writer(PdfFileReader(io.BytesIO(deed))).write(out)
    assert all(one.broken for one in validate(out.getvalue(), office.trust, policy=POLICY))


def test_an_unsigned_document_has_no_verdict_and_no_pdf_is_said_to_be_none(office: Office) -> None:
    assert validate(render(DEED).pdf, office.trust, policy=POLICY) == ()
    with pytest.raises(NotPdf):
        validate(b"text", office.trust, policy=POLICY)


def test_signatures_of_an_unknown_authority_break_at_the_time_stamp(deed: bytes) -> None:
    for one in validate(deed, Trust(()), policy=POLICY):
        assert one.broken is not None
        assert one.broken.name == "timestamp"


def test_16_deeds_of_a_compromised_key(office: Office) -> None:
    """Signed Monday to Wednesday; on Thursday the key is reported compromised since Tuesday."""
    monday = office.now
    deeds = []
    for day in range(3):
        office.now = monday + day * DAY
        deeds.append(signed(office, notary="失密公证员").pdf)
    stolen = office.authority.issue("失密公证员", Purpose.NOTARY, now=office.now).certificate.serial_number
    office.now = monday + 3 * DAY
    office.authority.revoke(stolen, at=office.now, invalid_from=monday + DAY)
    found = [validate(one, office.trust, policy=POLICY) for one in deeds]
    assert [notary.standing for notary, _ in found] == [
        Standing.VALID, Standing.REVIEW_REQUIRED, Standing.REVIEW_REQUIRED,
    ]  # fmt: skip
    assert all(notary.broken is None and seal.standing is Standing.VALID for notary, seal in found)
    assert "the office or a court decides" in found[1][0].links[-1].en


def test_nothing_leaves_that_would_not_validate(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    pki = office.pki
    issued = office.authority.issue("停用公证处", Purpose.OFFICE, now=office.now)
    signer = pki.signer("停用公证处", Purpose.OFFICE, now=office.now)
    office.authority.revoke(issued.certificate.serial_number, at=office.now - 60, reason="superseded")
    monkeypatch.setattr(pki, "signer", lambda *_, **__: signer)
    with pytest.raises(SignatureUnsound, match="revoked"):
        sign(render(DEED), pki, office.store, office="停用公证处", notary=None, reason="", now=office.now)


def poppler(pdf: bytes, folder: Path) -> int:
    """How many signatures poppler finds valid."""
    (folder / "signed.pdf").write_bytes(pdf)
    said = run("pdfsig", "-nocert", folder / "signed.pdf")
    return said.stdout.count(b"Signature is Valid")
