"""SM2 with SM3 by GmSSL; OpenSSL, which shares no code with it, says the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.programs import run
from tests.workflows.pki.conftest import Office
from workflows.pki.authority import Purpose
from workflows.pki.sm2 import SM2_WITH_SM3, SM3, Sm2Invalid, Sm2Signer, development_signer, public_key, verify

CONTENT = "公证书（合成）".encode()


@pytest.fixture
def signer(office: Office) -> Sm2Signer:
    return development_signer(
        office.authority, "国密公证处（合成）", now=office.now, wallet="eip155:521000:0x" + "ab" * 20
    )


def test_a_signature_names_its_algorithms_and_certificate(office: Office, signer: Sm2Signer) -> None:
    signature = signer.sign(CONTENT)
    assert (signature.algorithm, signature.digest_algorithm) == (SM2_WITH_SM3, SM3)
    verify(CONTENT, signature, signer.certificate)
    assert development_signer(office.authority, "国密公证处（合成）", now=office.now) == signer


@settings(deadline=None)
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_one_flipped_bit_of_content_or_signature_is_found(signed: tuple[Sm2Signer, bytes], at: int, bit: int) -> None:
    signer, value = signed
    signature = replace(signer.sign(CONTENT), value=value)
    with pytest.raises(Sm2Invalid):
        verify(flipped(CONTENT, at, bit), signature, signer.certificate)
    with pytest.raises(Sm2Invalid):
        verify(CONTENT, replace(signature, value=flipped(value, at, bit)), signer.certificate)


@pytest.fixture(scope="module")
def signed(_office: Office) -> tuple[Sm2Signer, bytes]:
    signer = development_signer(_office.authority, "国密公证处（合成）", now=_office.now)
    return signer, signer.sign(CONTENT).value


def test_algorithms_certificates_and_keys_are_not_interchangeable(office: Office, signer: Sm2Signer) -> None:
    signature = signer.sign(CONTENT)
    other = development_signer(office.authority, "另一公证处（合成）", now=office.now)
    for wrong, certificate in (
        (replace(signature, algorithm="1.2.840.10045.4.3.2"), signer.certificate),
        (replace(signature, digest_algorithm="2.16.840.1.101.3.4.2.1"), signer.certificate),
        (signature, other.certificate),
    ):
        with pytest.raises(Sm2Invalid):
            verify(CONTENT, wrong, certificate)
    rsa = office.authority.issue("一般公证处", Purpose.OFFICE, now=office.now).certificate.public_bytes(Encoding.DER)
    with pytest.raises(Sm2Invalid, match="not an SM2 key"):
        public_key(rsa)


def test_openssl_accepts_certificate_and_signature_and_rejects_one_flipped_byte(
    office: Office, signer: Sm2Signer, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    (tmp_path / "certificate.der").write_bytes(signer.certificate)
    run("openssl", "x509", "-inform", "DER", "-in", tmp_path / "certificate.der", "-out", certificate)
    chained = run("openssl", "verify", "-attime", office.now, "-CAfile", office.root_file, certificate)
    assert chained.returncode == 0, chained.stderr
    exported = run("openssl", "x509", "-in", certificate, "-pubkey", "-noout")
    key.write_bytes(exported.stdout)

    def accepted(content: bytes, value: bytes) -> bool:
        (tmp_path / "content").write_bytes(content)
        (tmp_path / "value").write_bytes(value)
        checked = run(
            "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-in", tmp_path / "content", "-rawin",
            "-digest", "sm3", "-sigfile", tmp_path / "value", "-pkeyopt", "distid:1234567812345678",
        )  # fmt: skip
        return checked.returncode == 0

    value = signer.sign(CONTENT).value
    assert accepted(CONTENT, value)
    assert not accepted(flipped(CONTENT, 3, 0), value)
    assert not accepted(CONTENT, flipped(value, 20, 0))


def flipped(content: bytes, at: int, bit: int) -> bytes:
    at %= len(content)
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
