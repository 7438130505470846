"""What a signed signature page has to be: that page, signed by the account's certificate while it was good."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pyhanko.pdf_utils.generic import NameObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec

from chain import offchain
from chain.settings import Settings
from tests.workflows.documents.samples import AGREEMENT_PAGE, ISSUED_AT, LIEN_SEARCH
from workflows.documents.render import render
from workflows.documents.signature_page import (
    PageDiffers,
    PageNotSigned,
    PageSignatureBroken,
    SigningCertificateRevoked,
    check_signature,
)
from workflows.pki.authority import DevelopmentAuthority, Purpose
from workflows.pki.provider import DevelopmentPki
from workflows.pki.signing import with_signature
from workflows.pki.timestamp import Stamp
from workflows.pki.tsa import POLICY

ACCOUNT = "eip155:521000:0x" + "ab" * 20
PAGE = render(AGREEMENT_PAGE).pdf


class Side:
    """A side of the agreement with its certificates."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(var_dir=folder)
        offchain.migrate(settings)
        self.authority = DevelopmentAuthority(folder / "pki", offchain.open_store(settings))
        self.pki = DevelopmentPki(self.authority, lambda: ISSUED_AT)

    def signed(self, page: bytes = PAGE, account: str = ACCOUNT) -> bytes:
        signer = self.pki.signer(f"7·{account}", Purpose.PARTY, now=ISSUED_AT, wallet=account)
        return with_signature(page, signer, self.pki.timestamper(), SigFieldSpec("Party"), "agreement")

    def revoke(self, at: int, invalid_from: int | None = None) -> None:
        serial = self.authority.issue(f"7·{ACCOUNT}", Purpose.PARTY, now=ISSUED_AT).certificate.serial_number
        self.authority.revoke(serial, at=at, invalid_from=invalid_from)

    def check(self, pdf: bytes) -> Stamp:
        trust = self.pki.trust(now=ISSUED_AT)
        return check_signature(pdf, PAGE, number="XY-7", account=ACCOUNT.upper(), trust=trust, policy=POLICY)


def forged(pdf: bytes) -> bytes:
    """Another value in the place of the signature's."""
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    value: bytes = signature.signer_info["signature"].native.hex().encode()
    at = pdf.lower().index(value)
    return pdf[:at] + value[::-1] + pdf[at + len(value) :]


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return Side(tmp_path_factory.mktemp("side"))


def test_a_later_revocation_takes_nothing_back(side: Side) -> None:
    pdf = side.signed()
    assert side.check(pdf).generated_at == ISSUED_AT * 1000
    side.revoke(ISSUED_AT + 2)
    assert side.check(pdf).generated_at == ISSUED_AT * 1000


@pytest.mark.parametrize(
    ("at", "invalid_from"), [(-1, None), (1, None), (60, -60)], ids=["before", "within the accuracy", "in doubt"]
)
def test_a_certificate_that_was_not_good_at_the_stamp_signs_nothing(
    side: Side, at: int, invalid_from: int | None
) -> None:
    pdf = side.signed()
    side.revoke(ISSUED_AT + at, None if invalid_from is None else ISSUED_AT + invalid_from)
    with pytest.raises(SigningCertificateRevoked):
        side.check(pdf)


def test_the_signer_of_the_act_signs_the_page_beside_whoever_else_did(side: Side) -> None:
    other = side.signed(account="eip155:521000:0x" + "cd" * 20)
    for pdf in (PAGE, other):
        with pytest.raises(PageNotSigned):
            side.check(pdf)
    signer = side.pki.signer(f"7·{ACCOUNT}", Purpose.PARTY, now=ISSUED_AT, wallet=ACCOUNT)
    both = with_signature(other, signer, side.pki.timestamper(), SigFieldSpec("Second"), "agreement")
    assert side.check(both).generated_at == ISSUED_AT * 1000


def test_a_page_that_was_changed_before_it_was_signed_is_another_page(side: Side) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(PAGE))
    page = writer.root["/Pages"]["/Kids"][0]
    page[NameObject("/Note")] = TextStringObject("changed")
    writer.mark_update(page.container_ref)
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(PAGE)
    for pdf in (side.signed(out.getvalue()), side.signed(render(LIEN_SEARCH).pdf)):
        with pytest.raises(PageDiffers):
            side.check(pdf)


def test_a_signature_that_was_changed_does_not_hold(side: Side) -> None:
    pdf = side.signed()
    with pytest.raises(PageSignatureBroken):
        side.check(forged(pdf))
