"""An office's file of a deed: identity receipts and session records become the evidence that the acts name."""

from __future__ import annotations

import time
from typing import Any

from tests.api.test_documents import anchor
from tests.enforcement import desk
from tests.stack import Stack
from tests.workflows.deeds.test_identity import numbered


def test_identity_and_session_lead_to_an_issued_deed_and_nothing_personal_is_kept(stack: Stack) -> None:
    own = desk(stack)
    number = "0x" + own.evidence[2:]
    own.act("office", "Deeds.open", **own.opening(number))
    deed = own.get("/v1/deeds", number=number)["items"][0]["id"]
    notary = stack.sign_in(own.notary)
    obligor = f"0x{stack.party_ids['farmer']:064x}"

    def post(path: str, body: Any, headers: dict[str, str] = notary) -> Any:
        return stack.client.post(f"/v1/deeds/{deed}/{path}", json=body, headers=headers)

    def session(**changes: Any) -> dict[str, Any]:
        now = int(time.time())
        presence = {"party": obligor, "joined_at": now - 90, "left_at": now - 10, "accepted_orally": True}
        whole = {"started_at": now - 100, "ended_at": now - 5, "present": [presence | {"informed_at": now - 50}]}
        return whole | {"recording_sha256": "0x" + "1a" * 32, "transcript_sha256": "0x" + "2b" * 32} | changes

    refused = post("session", session(transcript_sha256=None, present=[]))
    assert (refused.status_code, refused.json()["code"]) == (422, "SessionIncomplete")
    for word in ("transcript", "not present", "identity receipt"):
        assert word in refused.json()["detail"]
    question = {"party": obligor, "name": "陈合成", "number": numbered("19700101"), "live_capture": "0x" + "5c" * 32}
    assert post("identity", question, stack.sign_in("bank")).json()["code"] == "NotYours"
    wrong = question | {"number": "110101197001010011"}
    assert wrong == question or post("identity", wrong).json()["code"] == "IdentityRefused"
    identity = post("identity", question)
    assert identity.status_code == 201, identity.text
    kept = post("session", session())
    assert kept.status_code == 201, kept.text
    assert post("session", session(), stack.sign_in("lawyer")).status_code == 403

    for one in (identity, kept):
        anchor(stack, one.json()["receipt"], "final")
    file = stack.client.get(f"/v1/deeds/{deed}/file", headers=stack.sign_in("office")).json()["items"]
    evidence = {one["kind"]: one["evidence"] for one in file}
    assert set(evidence) == {"IDENTITY", "SESSION"} and all(evidence.values())
    stack.mirrored(int(stack.rpc.call("eth_blockNumber"), 16))
    own.act(own.notary, "Deeds.verifyIdentities", deed=deed, evidence=evidence["IDENTITY"])
    own.act("office", "Deeds.accept", deed=deed)

    # No session, no deed: the chain takes neither an empty nor an unknown session.
    farmer = stack.party_ids["farmer"]
    for nothing in ("0x" + "00" * 32, "0x" + "77" * 32):
        problem = own.refused(own.notary, "Deeds.inform", deed=deed, obligor=farmer, session=nothing)
        assert problem["code"] in ("EvidenceUnknown", "EvidenceNotLive"), problem
    own.act(own.notary, "Deeds.inform", deed=deed, obligor=farmer, session=evidence["SESSION"])
    assert own.get(f"/v1/deeds/{deed}")["state"] == "INFORMED"

    context = stack.app.state.context
    for paper in context.archive.papers(deed, "test", "what is kept", now=int(time.time())):
        written = paper.content.decode() + str(paper.about)
        assert "陈合成" not in written and question["number"] not in written and "5c5c" not in written
