"""Scenario 15, through the API on the running chain: an altered deed, and a document that comes from nowhere."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from typer.testing import CliRunner

from scripts.chaqi import app
from scripts.evidence import DocumentUnreceipted
from tests.api.test_documents import anchor, digests
from tests.stack import Stack
from tests.workflows.documents.samples import DEED, OFFICE
from workflows.documents.render import render
from workflows.evidence.anchor import bring_up_to_date
from workflows.evidence.chaqi_verify import verify
from workflows.evidence.envelope import Origin, envelope
from workflows.evidence.hashing import Digests
from workflows.evidence.package import Packed, anchors_of, package
from workflows.evidence.receipt import parse
from workflows.pki.provider import open_pki
from workflows.pki.signing import sign


def queue(stack: Stack, content: bytes, name: str) -> str:
    body = digests(content) | {"name": name}
    answer = stack.client.post("/v1/evidence/documents", json=body, headers=stack.sign_in("notary"))
    assert answer.status_code == 202, answer.text
    found: str = answer.json()["id"]
    return found


def receipt_text(stack: Stack, id: str) -> bytes:
    return stack.client.get(f"/v1/evidence/documents/{id}/receipt").content


def test_15_an_altered_deed_fails_by_its_hash_and_a_document_without_envelope_has_no_origin(stack: Stack) -> None:
    now = int(time.time())  # certificates live by the real clock, also where a test has moved the chain's ahead
    store = stack.outbox.store
    pki = open_pki(stack.settings, store, lambda: now)
    rendered = render(replace(DEED, issued_at=now))
    deed = sign(rendered, pki, store, office=OFFICE, notary="黄合成", reason="赋予强制执行效力", now=now).pdf
    known = digests(deed)
    of_deed = Digests(known["size"], bytes.fromhex(known["sha256"]), bytes.fromhex(known["sm3"]))
    stated, _ = envelope("deed.pdf", of_deed, Origin(captured_at=now, application="e2e"), pki=pki, now=now)
    forged = b"a contract said to be older than it is (synthetic)"
    ids = [queue(stack, content, name) for content, name in ((deed, "deed.pdf"), (stated, "e.json"), (forged, "f.txt"))]
    for id in ids:
        anchor(stack, id, "final")
    receipts = [parse(receipt_text(stack, id)) for id in ids]
    assert receipts[0].anchor is not None
    evidence = receipts[0].anchor.evidence

    served = stack.client.get(f"/v1/evidence/{evidence}/package", params={"receipt": [ids[0]]})
    assert served.status_code == 200, served.text
    contract = stack.deployment.address("Evidence")
    assert verify(served.content, [deed], contract)[-1].ok

    out = io.BytesIO()
    copy_into_new_writer(PdfFileReader(io.BytesIO(deed))).write(out)
    at = len(deed) // 2
    for altered in (deed[:at] + bytes([deed[at] ^ 1]) + deed[at + 1 :], out.getvalue()):
        found = digests(altered)
        stated_receipt = receipts[0].model_dump(mode="json", exclude_none=True)
        said = stack.client.post("/v1/evidence/verify", json={"receipt": stated_receipt, "document": found}).json()
        assert (said["ok"], said["conclusion"]["code"]) == (False, "broken")
        link = verify(served.content, [altered], contract)[-1]
        assert (link.ok, link.name) == (False, "document")
        assert found["sha256"] in link.en

    packed = [Packed(receipt, content) for receipt, content in zip(receipts, (deed, stated, forged), strict=True)]
    links = verify(package(anchors_of(stack.rpc, receipts), packed), contract=contract)
    assert links[-1].ok
    origins = {link.about: link.en for link in links if link.name == "origin"}
    assert "states where it comes from" in origins["documents/0001-deed.pdf"]
    assert "integrity only, origin unproven" in origins["documents/0003-f.txt"]


def test_a_package_is_given_only_with_receipts_of_its_own(stack: Stack) -> None:
    evidence = stack.anchor()
    bare = stack.client.get(f"/v1/evidence/{evidence}/package")
    assert verify(bare.content)[-1].ok
    stranger = queue(stack, b"pending", "p.txt")
    refused = stack.client.get(f"/v1/evidence/{evidence}/package", params={"receipt": stranger})
    assert (refused.status_code, refused.json()["code"]) == (409, "ReceiptElsewhere")
    for id, status in (("0x" + "9a" * 32, 404), ("nonsense", 422)):
        assert stack.client.get(f"/v1/evidence/{id}/package").status_code == status


def test_the_command_line_writes_envelopes_and_packs_what_a_stranger_checks(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chaqi(*words: str) -> str:
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output or repr(done.exception)
        return done.output

    monkeypatch.setenv("CHAQI_VAR_DIR", str(stack.settings.var_dir))
    monkeypatch.setenv("CHAQI_RPC_URL", stack.settings.rpc_url)
    deed, out = tmp_path / "deed.txt", tmp_path / "receipts"
    deed.write_text("a deed (synthetic)")
    source = ("--source", "synthetic scanner", "--out", str(out), "--wait", "pending")
    assert "2 documents, 2 new" in chaqi("anchor", str(deed), *source)
    written = (out / "deed.txt.envelope.json").read_bytes()
    assert "2 documents, 0 new" in chaqi("anchor", str(deed), *source)
    assert (out / "deed.txt.envelope.json").read_bytes() == written

    held = [out / "deed.txt.receipt.json", out / "deed.txt.envelope.json.receipt.json"]
    for _ in range(2):  # the queue may hold what other tests left: their batch first, then ours
        anchor(stack, queue(stack, deed.read_bytes(), "beside"), "final")
    bring_up_to_date(stack.outbox.store, held)
    zipped = tmp_path / "evidence.zip"
    documents = ("--document", str(deed), "--document", str(out / "deed.txt.envelope.json"))
    assert "2 proofs, 2 documents, 1 anchors" in chaqi("package", *map(str, held), "--out", str(zipped), *documents)
    links = verify(zipped.read_bytes())
    assert links[-1].ok
    assert "states where it comes from" in links[-1].en
    refused = CliRunner().invoke(app, ["package", str(held[0]), "--document", __file__])
    assert isinstance(refused.exception, DocumentUnreceipted)
