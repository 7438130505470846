"""A court package in one step: paper and chain fit, everything missing is told at once, the act comes ready to sign."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

from api.papers import CERTIFICATE_EXAMPLE, DEED_EXAMPLE
from tests.api.test_documents import anchor
from tests.enforcement import CLAIMED, HOME_COURT, INSTRUMENT, PRINCIPAL, Desk, desk
from tests.stack import Stack
from tests.workflows.deeds.test_identity import numbered


def printed(own: Desk, path: str, content: dict[str, Any], **case: str) -> tuple[int, Any]:
    answer = own.stack.client.post(path, json=content, params=case, headers=own.stack.sign_in("office"))
    return answer.status_code, f"0x{answer.headers['chaqi-sha256']}" if answer.is_success else answer.json()


def documented_deed(own: Desk) -> str:
    """An issued deed with identity receipt, session record and paper."""
    stack, now = own.stack, int(time.time())
    deed = own.informed()
    obligor = f"0x{stack.party_ids['farmer']:064x}"
    notary = stack.sign_in(own.notary)
    question = {"party": obligor, "name": "陈合成", "number": numbered("19700101"), "live_capture": "0x" + "5c" * 32}
    presence = {"party": obligor, "joined_at": now - 90, "informed_at": now - 50, "left_at": now - 10}
    session = {
        "started_at": now - 100,
        "ended_at": now - 5,
        "recording_sha256": "0x" + "1a" * 32,
        "transcript_sha256": "0x" + "2b" * 32,
        "present": [presence | {"accepted_orally": True}],
    }
    for path, body in (("identity", question), ("session", session)):
        assert stack.client.post(f"/v1/deeds/{deed}/{path}", json=body, headers=notary).status_code == 201
    for who in ("farmer", "bank"):
        own.act(who, "Deeds.sign", **own.signature(deed))
    own.act(own.reviewer, "Deeds.review", deeds=[deed])

    content = DEED_EXAMPLE | {"principal": PRINCIPAL, "instrument": DEED_EXAMPLE["instrument"]}
    status, problem = printed(own, "/v1/deeds/paper", content, deed=deed)
    assert (status, problem["code"], problem["values"]["field"]) == (409, "PaperDiffers", "instrument")
    content["instrument"] = content["instrument"] | {"sha256": INSTRUMENT[2:]}
    status, paper = printed(own, "/v1/deeds/paper", content, deed=deed)
    assert status == 200, paper
    refused = own.refused("office", "Deeds.issue", deeds=[deed], documents=["0x" + "77" * 32])
    assert (refused["code"], refused["values"]["field"]) == ("PaperDiffers", "document")
    own.act("office", "Deeds.issue", deeds=[deed], documents=[paper])
    return deed


def documented_certificate(own: Desk, deed: str) -> str:
    certificate = own.claimed(deed)
    own.act("farmer", "Certificates.confirm", certificate=certificate)
    own.act(own.notary, "Certificates.verify", certificate=certificate, proven=0)
    document = own.get(f"/v1/deeds/{deed}")["document"]
    content = CERTIFICATE_EXAMPLE | {"items": [{"name": "合计", "amount": CLAIMED}], "performed": 0, "total": CLAIMED}
    assert printed(own, "/v1/certificates/paper", content, certificate=certificate)[0] == 409  # another deed's hash
    content["deed_sha256"] = document[2:]
    _, paper = printed(own, "/v1/certificates/paper", content, certificate=certificate)
    wrong = own.decision(certificate, document=paper, costs=0)
    assert own.refused("office", "Certificates.issue", **wrong)["values"]["field"] == "total"
    own.act("office", "Certificates.issue", **own.decision(certificate) | {"document": paper})
    return certificate


def test_a_package_is_collected_checked_and_filed_by_the_lawyer_who_was_named(stack: Stack) -> None:
    own = desk(stack)
    certificate = documented_certificate(own, documented_deed(own))
    bank, lawyer = stack.sign_in("bank"), stack.sign_in("lawyer")
    ids = stack.party_ids
    asked: dict[str, Any] = {"certificate": certificate, "obligor": str(ids["farmer"]), "due": ["2026-06-30"]}
    asked |= {"court": HOME_COURT, "domicile_court": HOME_COURT}

    def ask(body: dict[str, Any] = asked, path: str = "package", headers: dict[str, str] = lawyer) -> Any:
        return stack.client.post(f"/v1/filings/{path}", json=body, headers=headers)

    def hand_in(kind: str, headers: dict[str, str], **more: Any) -> Any:
        params = {"kind": kind, **more}
        path, content = f"/v1/certificates/{certificate}/papers", f"{kind} (synthetic)".encode()
        return stack.client.post(path, params=params, content=content, headers=headers)

    # Without authority a lawyer sees nothing, and cannot give it to himself.
    assert ask().status_code == 403 and hand_in("AUTHORITY", lawyer, agent=ids["lawyer"]).status_code == 403
    assert hand_in("AUTHORITY", bank, agent=ids["lawyer"]).status_code == 201
    lacking = ask().json()
    assert not lacking["complete"] and lacking["act"] is None and lacking["package"] is None
    expected = {"APPLICATION", "IDENTITY", "PROPERTY_CLUES", "SERVICE_ADDRESS", "ACCOUNT"}
    assert {point["code"] for point in lacking["points"] if point["kind"] == "missing"} == expected
    over = {one["code"] for one in ask(asked | {"claimed": CLAIMED + 1, "court": 440_002}).json()["points"]}
    assert {"OVER_CLAIM", "JURISDICTION"} <= over

    for kind in ("APPLICATION", "APPLICANT_IDENTITY", "PROPERTY_CLUES", "SERVICE_ADDRESS", "RECEIVING_ACCOUNT"):
        assert hand_in(kind, lawyer).status_code == 201
    whole = ask().json()
    assert whole["complete"] and whole["claimed"] == CLAIMED and whole["act"] is None, whole  # not anchored yet
    assert ask().json()["package"]["sha256"] == whole["package"]["sha256"]
    anchor(stack, whole["package"]["receipt"], "final")
    stack.mirrored(int(stack.rpc.call("eth_blockNumber"), 16))

    # Many at once: one ready to sign, one that does not exist.
    many = ask({"items": [asked, asked | {"certificate": "0x" + "99" * 32}]}, "bulk").json()
    assert (many["ready"], many["items"][1]["problem"]["code"]) == (1, "NotRecorded")
    first = many["items"][0]["act"]
    filing = own.act("lawyer", first["act"], **first["message"])
    second = ask().json()["act"]
    assert (second["act"], second["message"]["filings"]) == ("Filings.submit", [filing])
    own.act("lawyer", second["act"], **second["message"])
    filed = own.get(f"/v1/filings/{filing}")
    assert (filed["state"], filed["claimed"], filed["package"]) == ("SUBMITTED", CLAIMED, whole["package"]["sha256"])
    assert "DUPLICATE" in {point["code"] for point in ask().json()["points"]}

    path = f"/v1/filings/package/{certificate}"
    zipped = stack.client.get(path, params={"sha256": filed["package"]}, headers=lawyer)
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as files:
        names = " ".join(files.namelist())
    for part in ("manifest", "index", "ledger", "-deed.pdf", "-certificate.pdf", "-authority", "-identity", "-session"):
        assert part in names, part
    assert stack.client.get(path, params={"sha256": "0x" + "00" * 32}, headers=lawyer).status_code == 404
    assert stack.client.get(path, params={"sha256": filed["package"]}, headers=stack.sign_in("firm")).status_code == 403
