"""The list and the responder that certificates of the development authority point to, as OpenSSL reads them."""

from __future__ import annotations

import time
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from fastapi.testclient import TestClient

from api.app import create_app
from chain import offchain
from tests.programs import run
from tests.stack import Stack
from workflows.pki.authority import STATUS_ADDRESS, DevelopmentAuthority, Purpose


@pytest.fixture(scope="module")
def authority(stack: Stack) -> DevelopmentAuthority:
    return DevelopmentAuthority(stack.settings.var_dir / "pki", offchain.open_store(stack.settings))


def test_a_certificate_leads_to_the_list_that_has_it_once_it_is_revoked(
    stack: Stack, authority: DevelopmentAuthority, tmp_path: Path
) -> None:
    now = int(time.time())
    certificate = authority.issue("名单公证处", Purpose.OFFICE, now=now - 60).certificate
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    place = urlsplit((points[0].full_name or [])[0].value).path

    assert f"{certificate.serial_number:X}" not in listed(stack, authority, place, tmp_path)
    authority.revoke(certificate.serial_number, at=now)
    assert f"{certificate.serial_number:X}" in listed(stack, authority, place, tmp_path)


def listed(stack: Stack, authority: DevelopmentAuthority, place: str, folder: Path) -> str:
    """What OpenSSL prints of the list, having checked its signature against the root."""
    answer = stack.client.get(place)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pkix-crl")
    (folder / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    read = ["crl", "-inform", "DER", "-noout", "-text", "-CAfile", folder / "root.pem"]
    done = run("openssl", *read, stdin=answer.content)
    assert done.returncode == 0 and b"verify OK" in done.stderr
    return done.stdout.decode()


def test_openssl_accepts_what_the_responder_says_good_revoked_unknown(
    stack: Stack, authority: DevelopmentAuthority, tmp_path: Path
) -> None:
    now = int(time.time())
    certificate = authority.issue("状态公证处", Purpose.OFFICE, now=now - 60).certificate
    (access,) = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert (access.access_method, access.access_location.value) == (
        x509.oid.AuthorityInformationAccessOID.OCSP,
        STATUS_ADDRESS,
    )

    def said(serial: int) -> str:
        """What OpenSSL reads of the answer to its own request, having checked the signature and its nonce."""
        (tmp_path / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
        common = ["-issuer", tmp_path / "root.pem", "-serial", f"0x{serial:x}"]
        assert run("openssl", "ocsp", *common, "-reqout", tmp_path / "request").returncode == 0
        asked = (tmp_path / "request").read_bytes()
        headers = {"content-type": "application/ocsp-request"}
        posted = stack.client.post(urlsplit(STATUS_ADDRESS).path, content=asked, headers=headers)
        got = stack.client.get(f"{urlsplit(STATUS_ADDRESS).path}/{quote(b64encode(asked).decode(), safe='')}")
        for answer in (posted, got):
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ocsp-response")
        (tmp_path / "answer").write_bytes(posted.content)
        read = ["-respin", tmp_path / "answer", "-CAfile", tmp_path / "root.pem"]
        with_nonce = run("openssl", "ocsp", "-reqin", tmp_path / "request", *read)
        done = run("openssl", "ocsp", *common, "-no_nonce", *read)
        for one in (with_nonce, done):
            assert one.returncode == 0 and b"Response verify OK" in one.stderr, one.stderr
        assert b"WARNING" not in with_nonce.stderr + done.stderr + done.stdout
        status = ocsp.load_der_ocsp_response(got.content).certificate_status
        assert status.name.lower() in done.stdout.decode()
        return done.stdout.decode()

    assert ": good" in said(certificate.serial_number)
    authority.revoke(certificate.serial_number, at=now, reason="cessation_of_operation")
    assert ": revoked" in said(certificate.serial_number)
    assert "cessationOfOperation" in said(certificate.serial_number)
    assert ": unknown" in said(certificate.serial_number + 1)


def test_the_responder_answers_for_no_other_authority_and_not_to_nonsense(
    stack: Stack, authority: DevelopmentAuthority
) -> None:
    def status(asked: bytes) -> str:
        answer = stack.client.post("/v1/pki/ocsp", content=asked, headers={"content-type": "application/ocsp-request"})
        return ocsp.load_der_ocsp_response(answer.content).response_status.name

    leaf = authority.issue("状态公证员", Purpose.NOTARY, now=int(time.time()) - 60).certificate
    for digest, expected in ((hashes.SHA256(), "SUCCESSFUL"), (hashes.SHA512(), "SUCCESSFUL")):
        builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, authority.root, digest)
        assert status(builder.build().public_bytes(Encoding.DER)) == expected
    other = ocsp.OCSPRequestBuilder().add_certificate(leaf, leaf, hashes.SHA256()).build()
    assert status(other.public_bytes(Encoding.DER)) == "UNAUTHORIZED"
    for nonsense in (b"", b"nonsense", other.public_bytes(Encoding.DER)[:-1]):
        assert status(nonsense) == "MALFORMED_REQUEST"
    answer = stack.client.get("/v1/pki/ocsp/no*base64")
    assert ocsp.load_der_ocsp_response(answer.content).response_status.name == "MALFORMED_REQUEST"


def test_licensed_authorities_publish_their_own(stack: Stack, tmp_path: Path) -> None:
    licensed = TestClient(create_app(stack.settings.model_copy(update={"pki": tmp_path / "pki.toml"})))
    for answer in (licensed.get("/v1/pki/crl"), licensed.get("/v1/pki/ocsp/MAA="), licensed.post("/v1/pki/ocsp")):
        assert (answer.status_code, answer.json()["code"]) == (404, "AuthorityElsewhere")
