"""The signature page of a deed: a deed is signed by wallet and by certificate, or it is not issued."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.enforcement import DOCUMENT, Desk, desk
from tests.programs import pdf_text
from tests.stack import Stack
from workflows.documents.figures import yuan


@pytest.fixture(scope="module")
def own(stack: Stack) -> Desk:
    return desk(stack)


def page(own: Desk, deed: str, who: str) -> str:
    """The page, signed with a party's certificate, in base64."""
    answer = own.stack.client.post(f"/v1/deeds/{deed}/signature-page", headers=own.stack.sign_in(who))
    assert answer.status_code == 200, answer.text
    return base64.b64encode(answer.content).decode()


def hand_in(own: Desk, who: str, deed: str, document: str | None) -> Any:
    wire = own.sign(who, "Deeds.sign", **own.signature(deed)).json()
    return own.stack.client.post("/v1/acts", json=wire if document is None else wire | {"document": document})


def test_the_page_says_what_is_signed_in_the_same_bytes_each_time(own: Desk) -> None:
    deed = own.informed()
    path, stated = f"/v1/deeds/{deed}/signature-page", own.get(f"/v1/deeds/{deed}")
    first = own.stack.client.get(path)
    assert first.headers["content-type"] == "application/pdf"
    assert own.stack.client.get(path).content == first.content
    text = pdf_text(first.content)
    for word in (yuan(stated["principal"]), stated["instrument"], "自愿接受人民法院强制执行", deed[2:18].upper()):
        assert word in text
    assert own.stack.client.get(f"/v1/deeds/0x{'ee' * 32}/signature-page").status_code == 404


def test_a_wallet_alone_does_not_sign_a_deed(own: Desk) -> None:
    deed, other = own.informed(), own.informed()
    good = page(own, deed, "farmer")
    for document, code in (
        (None, "SignaturePageMissing"),
        ("no base64!", "DocumentMalformed"),
        (page(own, other, "farmer"), "PageDiffers"),
        (page(own, deed, "bank"), "PageNotSigned"),
    ):
        answer = hand_in(own, "farmer", deed, document)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert answer.json()["detail_zh"]
    assert own.get(f"/v1/deeds/{deed}")["signatures"] == 0
    answer = hand_in(own, "farmer", deed, good)
    assert answer.status_code == 202, answer.text
    own.stack.settled(answer.json()["id"])
    assert own.get(f"/v1/deeds/{deed}")["signatures"] == 1
    file = own.stack.client.get(f"/v1/deeds/{deed}/file", headers=own.stack.sign_in("office")).json()["items"]
    assert [one["kind"] for one in file] == ["SIGNATURE"]
    refused = own.stack.client.post(f"/v1/deeds/{deed}/signature-page", headers=own.stack.sign_in("lawyer"))
    assert (refused.status_code, refused.json()["code"]) == (403, "NotYours")


def test_an_office_issues_no_deed_that_a_party_signed_by_wallet_alone(own: Desk) -> None:
    deed = own.informed()
    for who in ("farmer", "bank"):
        own.act(who, "Deeds.sign", **own.signature(deed))  # straight to the chain, without a page
    own.act(own.reviewer, "Deeds.review", deeds=[deed])
    issue = {"deeds": [deed], "documents": [DOCUMENT]}
    path = f"/v1/deeds/{deed}/signature-page"
    for who in ("farmer", "bank"):
        refused = own.refused("office", "Deeds.issue", **issue)
        assert refused["code"] == "SignaturePageMissing", refused
        headers = own.stack.sign_in(who)
        kept = own.stack.client.put(path, json={"document": page(own, deed, who)}, headers=headers)
        assert kept.status_code == 204, kept.text
    foreign = own.stack.client.put(path, json={"document": ""}, headers=own.stack.sign_in("lawyer"))
    assert foreign.status_code == 403
    answer = own.stack.client.post("/v1/acts", json=own.sign("office", "Deeds.issue", **issue).json())
    assert answer.status_code == 202, answer.text
    own.stack.settled(answer.json()["id"])
    assert own.get(f"/v1/deeds/{deed}")["state"] == "ISSUED"
