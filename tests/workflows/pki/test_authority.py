"""The development authority's books, and what OpenSSL says of its certificates and lists."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.programs import run
from tests.workflows.pki.conftest import Office
from workflows.pki.authority import (
    LABEL,
    CertificateUnknown,
    DevelopmentAuthority,
    Purpose,
    RevocationDatesWrong,
    revocation_in,
)
from workflows.pki.standing import Revocation


def test_a_holder_keeps_its_certificate_over_restarts_and_races(office: Office) -> None:
    def issue(_: int) -> int:
        again = DevelopmentAuthority(office.folder / "pki", office.store)
        issued = again.issue("竞争公证处", Purpose.OFFICE, now=office.now)
        assert issued.key.public_key() == issued.certificate.public_key()
        return issued.certificate.serial_number

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(issue, range(3)))) == 1


def test_keys_are_their_owners_alone_and_certificates_say_that_they_are_for_tests(office: Office) -> None:
    issued = office.authority.issue("林合成", Purpose.NOTARY, now=office.now, wallet="eip155:521000:0x" + "ab" * 20)
    for file in (office.folder / "pki").glob("*.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (organisation,) = issued.certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    assert organisation.value == LABEL
    names = issued.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["eip155:521000:0x" + "ab" * 20]


def test_revoking_ends_a_certificate_and_the_next_one_is_new(office: Office, tmp_path: Path) -> None:
    first = office.authority.issue("泄密公证员", Purpose.NOTARY, now=office.now - 10 * 86_400).certificate
    serial, at = first.serial_number, office.now - 86_400
    with pytest.raises(RevocationDatesWrong):
        office.authority.revoke(serial, at=at, invalid_from=at + 1)
    office.authority.revoke(serial, at=at, invalid_from=at - 3 * 86_400)
    office.authority.revoke(serial, at=at + 5, reason="superseded")  # nothing more happens
    second = office.authority.issue("泄密公证员", Purpose.NOTARY, now=office.now).certificate
    assert second.serial_number != serial

    crl = x509.load_der_x509_crl(office.authority.crl(now=office.now))
    assert crl.is_signature_valid(office.authority.root.public_key())  # type: ignore[arg-type]
    assert revocation_in(crl, serial) == Revocation(at, at - 3 * 86_400)
    assert revocation_in(crl, second.serial_number) is None

    for name, content in (
        ("crl.pem", crl.public_bytes(Encoding.PEM)),
        ("first.pem", first.public_bytes(Encoding.PEM)),
        ("second.pem", second.public_bytes(Encoding.PEM)),
    ):
        (tmp_path / name).write_bytes(content)
    check = [
        "verify",
        "-attime",
        office.now,
        "-crl_check",
        "-CAfile",
        office.root_file,
        "-CRLfile",
        tmp_path / "crl.pem",
    ]
    assert run("openssl", *check, tmp_path / "second.pem").returncode == 0
    revoked = run("openssl", *check, tmp_path / "first.pem")
    assert revoked.returncode != 0
    assert b"certificate revoked" in revoked.stderr + revoked.stdout


def test_what_was_never_issued_cannot_be_revoked(office: Office) -> None:
    with pytest.raises(CertificateUnknown):
        office.authority.revoke(7, at=office.now)
