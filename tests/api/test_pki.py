"""The list that certificates of the development authority point to, as OpenSSL reads it from the API."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi.testclient import TestClient

from api.app import create_app
from chain import offchain
from tests.programs import run
from tests.stack import Stack
from workflows.pki.authority import DevelopmentAuthority, Purpose


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


def test_licensed_authorities_publish_their_own(stack: Stack, tmp_path: Path) -> None:
    licensed = TestClient(create_app(stack.settings.model_copy(update={"pki": tmp_path / "pki.toml"})))
    answer = licensed.get("/v1/pki/crl")
    assert (answer.status_code, answer.json()["code"]) == (404, "AuthorityElsewhere")
