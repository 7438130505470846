"""Documents queued, receipts upgraded, and the verdict on a receipt."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.deploy import ATTESTER_PARTY
from tests.stack import Stack, wait_for
from workflows.evidence.hashing import DigestStream
from workflows.evidence.job import Chain, KeyAttester, OutboxRelay, anchor_pending

STATIC = Path(__file__).resolve().parents[2] / "api" / "static"


def digests(content: bytes) -> dict[str, Any]:
    stream = DigestStream()
    stream.update(content)
    found = stream.finish()
    return {"sha256": found.sha256.hex(), "sm3": found.sm3.hex(), "size": found.size}


def queue(stack: Stack, content: bytes) -> str:
    body = digests(content) | {"name": "申报.pdf"}
    answer = stack.client.post("/v1/evidence/documents", json=body, headers=stack.sign_in("farmer"))
    assert answer.status_code == 202, answer.text
    found: str = answer.json()["id"]
    return found


def receipt_of(stack: Stack, id: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.client.get(f"/v1/evidence/documents/{id}/receipt").json()
    return found


def anchor(stack: Stack, id: str, state: str) -> dict[str, Any]:
    """Lets the worker's job work until the receipt is in a state."""
    domain = stack.deployment.domains["Evidence"]
    attester = KeyAttester(ATTESTER_PARTY, stack.keystore.named("attester"), domain)
    chain = Chain(stack.rpc, domain, stack.settings.confirmations, stack.settings.reorg_depth)

    def reached() -> dict[str, Any] | None:
        anchor_pending(stack.outbox.store, attester, OutboxRelay(stack.outbox), chain, now=int(time.time()))
        receipt = receipt_of(stack, id)
        return receipt if receipt["state"] == state else None

    return wait_for(reached)


def verdict(stack: Stack, receipt: Any, document: Any = None) -> Any:
    return stack.client.post("/v1/evidence/verify", json={"receipt": receipt, "document": document})


def test_a_queued_document_goes_from_pending_to_final_and_verifies_link_by_link(stack: Stack) -> None:
    content = secrets.token_bytes(1000)
    id = queue(stack, content)
    pending = receipt_of(stack, id)
    assert (pending["state"], pending["document"]["name"]) == ("pending", "申报.pdf")
    waiting = verdict(stack, pending, digests(content)).json()
    assert (waiting["ok"], waiting["conclusion"]["code"]) == (False, "pending")

    final = anchor(stack, id, "final")
    whole = verdict(stack, final, digests(content)).json()
    assert (whole["ok"], whole["conclusion"]["code"]) == (True, "whole")
    assert [link["name"] for link in whole["links"]] == [
        *("document", "sha256", "sm3", "leaf", "path", "root", "evidence"),
        *("chain", "contract", "event", "record", "revocation", "block", "confirmations"),
    ]
    assert all(link["en"] and link["zh"] for link in whole["links"])

    other = verdict(stack, final, digests(content + b"!")).json()
    assert (other["ok"], other["links"][-1]["name"], other["links"][-1]["ok"]) == (False, "document", False)
    swapped = verdict(stack, final, digests(content) | {"sha256": "00" * 32}).json()
    assert (swapped["ok"], swapped["links"][-1]["name"]) == (False, "sha256")
    alone = verdict(stack, final).json()
    assert alone["ok"] and "not compared" in alone["links"][0]["en"]

    evidence = final["anchor"]["evidence"]
    stack.mirrored(final["anchor"]["block_number"])
    assert stack.client.get(f"/v1/evidence/{evidence}").json()["root"] == final["batch"]["root"]


def test_a_forged_receipt_breaks_where_it_lies(stack: Stack) -> None:
    content = secrets.token_bytes(100)
    receipt = anchor(stack, queue(stack, content), "anchored")
    anchor_part = receipt["anchor"]
    for change, link in (
        ({"anchor": anchor_part | {"contract": "0x" + "11" * 20}}, "contract"),
        ({"anchor": anchor_part | {"chain_id": 1}}, "chain"),
        ({"anchor": anchor_part | {"attester": 1}}, "evidence"),
        ({"anchor": anchor_part | {"transaction": "0x" + "11" * 32}}, "event"),
        ({"leaf": receipt["leaf"] | {"salt": "0x" + "00" * 32}}, "leaf"),
        ({"batch": receipt["batch"] | {"root": "0x" + "00" * 32}}, "root"),
    ):
        said = verdict(stack, receipt | change, digests(content)).json()
        assert (said["ok"], said["conclusion"]["code"], said["links"][-1]["name"]) == (False, "broken", link)


def test_a_small_upload_is_hashed_and_not_kept(stack: Stack) -> None:
    content = secrets.token_bytes(300_000)
    headers = stack.sign_in("farmer") | {"content-type": "application/octet-stream"}
    answer = stack.client.post("/v1/evidence/documents", content=content, headers=headers)
    assert answer.status_code == 202
    stated = answer.json()["receipt"]["document"]
    assert stated["sha256"] == hashlib.sha256(content).hexdigest()
    assert (stated["sm3"], stated["size"]) == (digests(content)["sm3"], len(content))
    assert answer.headers["location"].endswith(f"{answer.json()['id']}/receipt")
    kept = b"".join(file.read_bytes() for file in stack.settings.var_dir.glob("offchain.db*"))
    assert content[:64] not in kept


def test_only_parties_queue_documents(stack: Stack) -> None:
    body = digests(b"x")
    assert stack.client.post("/v1/evidence/documents", json=body).json()["code"] == "SignInRequired"
    answer = stack.client.post("/v1/evidence/documents", json=body, headers=stack.sign_in("stranger"))
    assert (answer.status_code, answer.json()["code"]) == (403, "PartyRequired")
    party = stack.enrol("suspended firm", "FIRM")
    stack.act("operator", "Parties.suspend", party=party, evidence=stack.anchor())
    answer = stack.client.post("/v1/evidence/documents", json=body, headers=stack.sign_in("suspended firm"))
    assert (answer.status_code, answer.json()["code"]) == (403, "PartyNotActive")


def test_a_neighbours_leaf_in_ones_path_does_not_lead_to_its_receipt(stack: Stack) -> None:
    ids = [queue(stack, secrets.token_bytes(10)) for _ in range(2)]
    receipts = [anchor(stack, id, "anchored") for id in ids]
    leaves = [receipt["leaf"]["hash"] for receipt in receipts]
    siblings = [step for receipt in receipts for step in re.findall("0x[0-9a-f]{64}", json.dumps(receipt["batch"]))]
    assert set(leaves) & set(siblings)  # neighbours see each other's leaf
    own = ids[0][66:]
    for hash in {*leaves, *siblings}:
        for id in (hash, hash + "00" * 32, hash + own if hash != leaves[0] else hash):
            answer = stack.client.get(f"/v1/evidence/documents/{id}/receipt")
            assert (answer.status_code, answer.json()["code"]) == (404, "ReceiptUnknown")


@pytest.mark.parametrize("declared", [True, False])
def test_a_document_of_a_gigabyte_is_refused_while_it_streams(stack: Stack, served: str, declared: bool) -> None:
    address = urlsplit(served)
    length, piece = 1 << 30, bytes(1 << 20)
    token = stack.sign_in("farmer")["authorization"]
    head = f"POST /v1/evidence/documents HTTP/1.1\r\nHost: chaqi\r\nAuthorization: {token}\r\n"
    head += f"Content-Length: {length}\r\n\r\n" if declared else "Transfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=120) as connection:
        connection.sendall(head.encode())
        for _ in range(length // len(piece)):
            connection.sendall(piece if declared else b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"" if declared else b"0\r\n\r\n")
        answer = connection.recv(65536)
        while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
            answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413")
    problem = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (problem["code"], problem["values"]["limit"]) == ("BodyTooLarge", stack.settings.upload_limit)


def test_any_other_body_over_a_megabyte_is_refused(stack: Stack) -> None:
    answer = stack.client.post("/v1/acts", content=bytes(2 << 20), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "BodyTooLarge")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"sha256": "zz", "sm3": "00" * 32, "size": 1}, "RequestMalformed"),
        ({"sha256": "00" * 32, "sm3": "00" * 32, "size": -1}, "RequestMalformed"),
        ({"sha256": "00" * 32, "sm3": "00" * 32, "size": True}, "RequestMalformed"),
        ({"sha256": "00" * 31, "sm3": "00" * 32, "size": 1}, "RequestMalformed"),
        ({"sha256": "00" * 32, "size": 1}, "RequestMalformed"),
    ],
)
def test_malformed_hashes_are_refused(stack: Stack, body: Any, code: str) -> None:
    answer = stack.client.post("/v1/evidence/documents", json=body, headers=stack.sign_in("farmer"))
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_unknown_and_malformed_receipts_have_their_own_problems(stack: Stack) -> None:
    def code(path: str) -> str:
        found: str = stack.client.get(path).json()["code"]
        return found

    assert code(f"/v1/evidence/documents/0x{'00' * 64}/receipt") == "ReceiptUnknown"
    assert code("/v1/evidence/documents/0x12/receipt") == "IdMalformed"
    malformed = verdict(stack, {"format": "something"})
    assert (malformed.status_code, malformed.json()["code"]) == (422, "ReceiptMalformed")


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed: the page's own SM3 was not tested")
@settings(max_examples=10, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=30))
def test_the_verify_pages_sm3_is_the_standards(contents: list[bytes]) -> None:
    program = "const sm3 = require(process.argv[1]); for (const hex of process.argv.slice(2)) "
    program += "console.log(sm3(new Uint8Array(Buffer.from(hex.slice(1), 'hex'))))"
    arguments = ["=" + content.hex() for content in [b"abc", b"abcd" * 16, *contents]]
    said = subprocess.run(
        ["node", "-e", program, str(STATIC / "sm3.js"), *arguments], capture_output=True, text=True, check=True
    ).stdout.split()
    assert said[0] == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert said[2:] == [digests(content)["sm3"] for content in contents]
