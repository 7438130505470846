"""Deeds and certificates on paper: signed for the office that asks, and for nobody else."""

from __future__ import annotations

import hashlib
import time

from api.papers import CERTIFICATE_EXAMPLE, DEED_EXAMPLE
from tests.stack import Stack
from workflows.pki.provider import open_pki
from workflows.pki.validation import validate


def office(stack: Stack) -> dict[str, str]:
    if "paper office" not in stack.people:
        stack.enrol("paper office", "NOTARY_OFFICE")
    return stack.sign_in("paper office")


def test_an_office_gets_its_deed_signed_by_notary_and_office(stack: Stack) -> None:
    answer = stack.client.post("/v1/deeds/paper", json=DEED_EXAMPLE, headers=office(stack))
    assert answer.status_code == 200, answer.text
    assert answer.headers["chaqi-sha256"] == hashlib.sha256(answer.content).hexdigest()
    now = int(time.time())
    pki = open_pki(stack.settings, stack.outbox.store, lambda: now)
    notary, seal = validate(answer.content, pki.trust(now=now), policy=pki.policy)
    assert notary.broken is None and seal.broken is None
    changed = answer.content.replace(b"/Type", b"/Typ3", 1)
    assert any(verdict.broken for verdict in validate(changed, pki.trust(now=now), policy=pki.policy))


def test_a_certificate_whose_amounts_disagree_is_refused(stack: Stack) -> None:
    headers = office(stack)
    assert stack.client.post("/v1/certificates/paper", json=CERTIFICATE_EXAMPLE, headers=headers).status_code == 200
    wrong = CERTIFICATE_EXAMPLE | {"total": 1}
    refused = stack.client.post("/v1/certificates/paper", json=wrong, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "AmountsDisagree")


def test_nobody_else_gets_a_paper(stack: Stack) -> None:
    assert stack.client.post("/v1/deeds/paper", json=DEED_EXAMPLE).status_code == 401
    assert stack.client.post("/v1/deeds/paper", json=DEED_EXAMPLE, headers=stack.sign_in("bank")).status_code == 403


def test_what_cannot_be_printed_is_told_so(stack: Stack) -> None:
    headers = office(stack)
    for wrong in (
        {"issued_at": 10**18},
        {"principal": -1},
        {"notary": "黄\u202e合成"},
        {"notary": "黄" * 30},
        {"schedule": "none"},
    ):
        refused = stack.client.post("/v1/deeds/paper", json=DEED_EXAMPLE | wrong, headers=headers)
        assert refused.status_code == 422, refused.text
        assert refused.json()["detail_zh"]
