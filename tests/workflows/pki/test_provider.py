"""The same code with licensed authorities, by configuration: PKCS #12, lists, and time-stamps over HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from chain.settings import Settings
from tests.workflows.documents.samples import LIEN_SEARCH, OFFICE
from tests.workflows.pki.conftest import Office
from workflows.documents.render import render
from workflows.pki.authority import Purpose
from workflows.pki.provider import DevelopmentPki, LicensedPki, PkiMisconfigured, open_pki
from workflows.pki.signing import sign
from workflows.pki.timestamp import TimestampUnavailable, stamp
from workflows.pki.tsa import POLICY, DevelopmentTimestamper
from workflows.pki.validation import validate


@pytest.fixture
def tsa_address(office: Office) -> Iterator[str]:
    found = office.pki.timestamper()
    assert isinstance(found, DevelopmentTimestamper)
    stamper = found

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["content-type"] == "application/timestamp-query"
            answer = stamper.answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def licensed(office: Office, tsa_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration as an operator writes it, with certificates that happen to be the development authority's."""
    issued = office.authority.issue(OFFICE, Purpose.OFFICE, now=office.now)
    (tmp_path / "office.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"office", issued.key, issued.certificate, None, BestAvailableEncryption(b"synthetic")
        )
    )
    (tmp_path / "roots.pem").write_bytes(office.authority.root.public_bytes(Encoding.PEM))
    (tmp_path / "office.crl").write_bytes(office.authority.crl(now=office.now))
    file = tmp_path / "pki.toml"
    file.write_text(
        f"""
        roots = ["roots.pem"]
        crls = ["office.crl"]
        [time_stamp]
        url = "{tsa_address}"
        policy = "{POLICY}"
        [[holder]]
        name = "{OFFICE}"
        purpose = "office"
        pkcs12 = "office.p12"
        passphrase_variable = "CHAQI_TEST_PASSPHRASE"
        """
    )
    monkeypatch.setenv("CHAQI_TEST_PASSPHRASE", "synthetic")
    return file


def test_licensed_authorities_sign_through_the_same_code(office: Office, licensed: Path) -> None:
    pki = open_pki(Settings(pki=licensed), office.store, lambda: office.now)
    assert isinstance(pki, LicensedPki)
    done = sign(render(LIEN_SEARCH), pki, office.store, office=OFFICE, notary=None, reason="查询", now=office.now)
    (verdict,) = validate(done.pdf, pki.trust(now=office.now), policy=POLICY)
    assert (verdict.broken, verdict.signer) == (None, OFFICE)


def test_without_configuration_the_authority_is_the_labelled_one(office: Office, tmp_path: Path) -> None:
    pki = open_pki(Settings(var_dir=tmp_path), office.store, lambda: office.now)
    assert isinstance(pki, DevelopmentPki)
    assert pki.seal_label == "合成测试"


def test_what_is_not_configured_is_named(
    licensed: Path, office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pki = LicensedPki(licensed)
    with pytest.raises(PkiMisconfigured, match="none is named"):
        pki.signer("别处公证处", Purpose.OFFICE, now=office.now)
    monkeypatch.setenv("CHAQI_TEST_PASSPHRASE", "wrong")
    with pytest.raises(PkiMisconfigured, match="does not open"):
        pki.signer(OFFICE, Purpose.OFFICE, now=office.now)
    (licensed.parent / "office.crl").unlink()
    with pytest.raises(PkiMisconfigured, match=r"office\.crl"):
        pki.trust(now=office.now)
    for text in ("", "roots = [", 'roots = ["absent.pem"]\n[time_stamp]\nurl = ""\npolicy = ""'):
        (tmp_path / "bad.toml").write_text(text)
        with pytest.raises(PkiMisconfigured):
            LicensedPki(tmp_path / "bad.toml")


async def _ask(pki: LicensedPki, office: Office) -> None:
    await stamp(pki.timestamper(), bytes(32), policy=POLICY, trust=pki.trust(now=office.now))


def test_an_authority_that_does_not_answer_is_said_to_be_unavailable(licensed: Path, office: Office) -> None:
    licensed.write_text(licensed.read_text().replace("http://127.0.0.1:", "http://127.0.0.1:1/"))
    with pytest.raises(TimestampUnavailable):
        asyncio.run(_ask(LicensedPki(licensed), office))
