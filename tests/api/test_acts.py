"""Acts from the wallet to the ledger, and every way in which they are refused without a trace."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from chain.acts import SignedAct
from tests.stack import Stack

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ZERO = "0x" + "00" * 32


def anchoring(stack: Stack, who: str = "notary") -> SignedAct:
    return stack.sign(who, "Evidence.anchor", root="0x" + secrets.token_hex(32), count=1, scheme=1)


def refused(stack: Stack, wire: dict[str, Any]) -> tuple[int, str]:
    """Status and code of the answer; also checks that nothing was written."""
    before = stack.client.get("/v1/acts").json()["total"]
    answer = stack.client.post("/v1/acts", json=wire)
    assert stack.client.get("/v1/acts").json()["total"] == before
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["detail"] and problem["detail_zh"]
    return answer.status_code, problem["code"]


def test_an_act_is_followed_from_accepted_to_final_with_its_events(stack: Stack) -> None:
    signed = anchoring(stack)
    accepted = stack.client.post("/v1/acts", json=signed.json())
    assert accepted.status_code == 202
    assert accepted.headers["location"] == f"/v1/acts/{signed.id}"
    stack.settled(signed.id)
    act = stack.client.get(accepted.headers["location"]).json()
    assert act["state"] in ("mined", "final")
    assert [event["event"] for event in act["events"]] == ["Acted", "Anchored"]
    assert act["events"][0]["args"]["act"] == signed.id
    assert act["signer"] == signed.act.signer


def test_acts_that_one_transaction_brings_have_each_their_own_events(stack: Stack) -> None:
    signed = [anchoring(stack), anchoring(stack, "office"), anchoring(stack)]
    stack.outbox.accept_all(signed)
    assert len({stack.settled(one.id).transaction for one in signed}) == 1
    for one in signed:
        acted, anchored = stack.client.get(f"/v1/acts/{one.id}").json()["events"]
        assert (acted["event"], acted["args"]["act"]) == ("Acted", one.id)
        assert (anchored["event"], anchored["args"]["root"]) == ("Anchored", "0x" + one.act.message["root"].hex())


def test_a_stranger_signs_with_the_published_types_alone(stack: Stack) -> None:
    account = Account.from_key(secrets.token_bytes(32))
    stack.act("operator", "Parties.enrol", account=account.address, roles=1 << 16, identity=ZERO)
    types = stack.client.get("/v1/acts/types").json()["acts"]["Evidence.anchor"]
    message = {
        "root": "0x" + secrets.token_hex(32),
        "count": 3,
        "scheme": 1,
        "signer": account.address,
        "nonce": secrets.randbits(128),
        "deadline": stack.now() + 600,
    }
    typed = {name: types[name] for name in ("types", "primaryType", "domain")} | {"message": message}
    signature = account.sign_message(encode_typed_data(full_message=typed)).signature
    wire = {
        "act": "Evidence.anchor",
        "domain": types["domain"],
        "message": {name: message[name] for name in ("root", "count", "scheme")},
        "signer": account.address,
        "nonce": str(message["nonce"]),
        "deadline": message["deadline"],
        "signature": "0x" + signature.hex().removeprefix("0x"),
    }
    accepted = stack.client.post("/v1/acts", json=wire)
    assert accepted.status_code == 202, accepted.text
    stack.settled(accepted.json()["id"])
    found = stack.client.get("/v1/evidence", params={"root": message["root"]}).json()
    assert found["items"][0]["count"] == 3


def test_a_prepared_act_lacks_only_the_signature(stack: Stack) -> None:
    signer = stack.people["notary"]
    body = {"act": "Evidence.anchor", "message": {"root": "0x" + secrets.token_hex(32), "count": 1, "scheme": 1}}
    prepared = stack.client.post("/v1/acts/prepare", json=body | {"signer": signer.address}).json()
    again = stack.client.post("/v1/acts/prepare", json=body | {"signer": signer.address}).json()
    assert prepared["wire"]["nonce"] != again["wire"]["nonce"]
    said = encode_typed_data(full_message=prepared["typed_data"])
    digest = keccak(b"\x19" + said.version + said.header + said.body)
    assert "0x" + digest.hex() == prepared["id"]
    signature = signer.sign_digest(digest)
    accepted = stack.client.post("/v1/acts", json=prepared["wire"] | {"signature": "0x" + signature.hex()})
    assert (accepted.status_code, accepted.json()["id"]) == (202, prepared["id"])


def test_forged_malleable_expired_and_wrong_chain_signatures_are_named(stack: Stack) -> None:
    signed = anchoring(stack)
    wire = signed.json()
    forged = wire | {"message": wire["message"] | {"count": 2}}
    assert refused(stack, forged) == (401, "SignatureInvalid")

    r, s, v = signed.signature[:32], int.from_bytes(signed.signature[32:64]), signed.signature[64]
    twin = r + (CURVE_ORDER - s).to_bytes(32) + bytes([55 - v])
    assert refused(stack, wire | {"signature": "0x" + twin.hex()}) == (401, "SignatureMalleable")

    late = replace(signed.act, deadline=stack.now() - 10)
    assert refused(stack, stack.people["notary"].sign(late, signed.domain).json()) == (422, "ActExpired")

    other = stack.people["notary"].sign(signed.act, replace(signed.domain, chain_id=1))
    assert refused(stack, other.json()) == (422, "WrongChain")
    elsewhere = replace(signed.domain, address="0x" + "11" * 20)
    assert refused(stack, stack.people["notary"].sign(signed.act, elsewhere).json()) == (422, "WrongContract")
    assert refused(stack, wire | {"signature": "0x"}) == (401, "SignatureInvalid")


def test_a_replay_is_named_and_a_repeated_question_with_its_key_is_answered(stack: Stack) -> None:
    signed = anchoring(stack)
    key = {"idempotency-key": secrets.token_hex(8)}
    first = stack.client.post("/v1/acts", json=signed.json(), headers=key)
    stack.settled(signed.id)
    again = stack.client.post("/v1/acts", json=signed.json(), headers=key)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert again.json()["state"] in ("mined", "final")
    for headers in ({}, {"idempotency-key": secrets.token_hex(8)}):
        known = stack.client.post("/v1/acts", json=signed.json(), headers=headers)
        assert (known.status_code, known.json()["id"]) == (202, first.json()["id"])
    other = anchoring(stack)
    replay = replace(other.act, nonce=signed.act.nonce)
    assert refused(stack, stack.people["notary"].sign(replay, other.domain).json()) == (409, "ActReplayed")
    forged = signed.json() | {"signature": "0x" + "11" * 65}
    assert refused(stack, forged)[0] in (401, 409)
    reused = stack.client.post("/v1/acts", json=other.json(), headers=key)
    assert (reused.status_code, reused.json()["code"]) == (409, "IdempotencyKeyReused")


def test_two_signers_may_choose_the_same_key(stack: Stack) -> None:
    key = {"idempotency-key": secrets.token_hex(8)}
    for who in ("notary", "forestry"):
        assert stack.client.post("/v1/acts", json=anchoring(stack, who).json(), headers=key).status_code == 202


def test_who_may_not_act_is_told_why(stack: Stack) -> None:
    assert refused(stack, anchoring(stack, "stranger").json()) == (403, "PartyUnknown")
    party = stack.enrol("offender", "FARMER")
    evidence = stack.anchor()
    enrolling = stack.sign("offender", "Parties.enrol", account="0x" + "12" * 20, roles=1, identity=ZERO)
    assert refused(stack, enrolling.json()) == (403, "NotAuthorized")
    told = stack.client.post("/v1/acts", json=enrolling.json()).json()["detail_zh"]
    assert "Parties.enrol" in told  # by its name, not its selector
    noticing = stack.sign("offender", "Trees.postNotice", tree=7, evidence=evidence)
    assert refused(stack, noticing.json()) == (403, "RoleMissing")
    stack.act("operator", "Parties.suspend", party=party, evidence=evidence)
    assert refused(stack, anchoring(stack, "offender").json()) == (403, "PartySuspended")


def test_a_duplicate_anchor_is_refused_with_its_values(stack: Stack) -> None:
    root = "0x" + secrets.token_hex(32)
    stack.act("notary", "Evidence.anchor", root=root, count=1, scheme=1)
    again = stack.sign("notary", "Evidence.anchor", root=root, count=1, scheme=1)
    answer = stack.client.post("/v1/acts", json=again.json())
    assert (answer.status_code, answer.json()["code"]) == (409, "AlreadyAnchored")
    assert set(answer.json()["values"]) == {"evidence", "anchoredAt"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"act": "Trees.eat"}, "ActUnknown"),
        ({"message": {"root": "0x12", "count": 1, "scheme": 1}}, "FieldMalformed"),
        ({"message": {"root": "0x" + "00" * 32, "count": 1}}, "FieldMalformed"),
        ({"message": {"root": "0x" + "00" * 32, "count": 1, "scheme": 1, "tip": 5}}, "FieldMalformed"),
        ({"message": {"root": "0x" + "00" * 32, "count": True, "scheme": 1}}, "FieldMalformed"),
        ({"signer": "me"}, "FieldMalformed"),
        ({"signature": "0xzz"}, "FieldMalformed"),
        ({"nonce": -1}, "RequestMalformed"),
        ({"nonce": 1.5}, "RequestMalformed"),
        ({"deadline": str(2**256)}, "FieldMalformed"),
        ({"domain": {}}, "WrongChain"),
        ({"extra": 1}, "RequestMalformed"),
        ({"record": {"tag": "X"}}, "RecordUncalledFor"),
        ({"salt": "0x" + "00" * 32}, "RecordUncalledFor"),
        ({"record": {"tag": "X"}, "salt": "0x" + "00" * 32}, "RecordUncalledFor"),
    ],
)
def test_a_malformed_act_is_refused_before_it_reaches_the_chain(stack: Stack, change: Any, code: str) -> None:
    wire = anchoring(stack).json()
    assert refused(stack, wire | change)[1] == code


def test_acts_are_listed_newest_first_by_signer_and_state(stack: Stack) -> None:
    stack.enrol("nobody else", "NOTARY")
    for _ in range(3):
        stack.anchor("nobody else")
    mine: dict[str, Any] = {"signer": stack.people["nobody else"].address, "limit": 2}
    page = stack.client.get("/v1/acts", params=mine).json()
    rest = stack.client.get("/v1/acts", params=mine | {"cursor": page["next"]}).json()
    ids = [act["id"] for act in page["items"] + rest["items"]]
    assert len(ids) == len(set(ids)) == page["total"]
    assert "signature" not in str(page)
    assert stack.client.get("/v1/acts", params={"state": "refused", **mine}).json()["total"] == 0


def test_an_act_that_came_another_way_is_found_once_it_is_mirrored(stack: Stack) -> None:
    enrolment = stack.client.get("/v1/parties/1/events").json()["items"][0]
    acted = stack.client.get("/v1/events", params={"event": "Acted"}).json()["items"][0]
    assert acted["tx_hash"] == enrolment["tx_hash"]
    act = stack.client.get(f"/v1/acts/{acted['args']['act']}").json()
    assert act["state"] == "final"
    assert act["transaction"] == enrolment["tx_hash"]
    unknown = stack.client.get(f"/v1/acts/{ZERO}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "ActNotFound")
