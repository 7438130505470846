"""Scenario 7: who may sign, and when."""

from __future__ import annotations

import base64
import time
from typing import Any

from tests.e2e.deals import TERMS, act, offer, refused, shown
from tests.stack import Stack
from tests.workflows.documents.test_signature_page import forged
from workflows.pki.authority import DevelopmentAuthority
from workflows.pki.provider import DevelopmentPki
from workflows.pki.timestamp import Trust
from workflows.pki.tsa import POLICY
from workflows.pki.validation import SignatureVerdict, validate


def test_07_a_suspended_party_signs_nothing_and_a_later_suspension_undoes_nothing(future: Stack) -> None:
    stack = future
    agreement = offer(stack)
    sign = {"agreement": agreement, "terms": TERMS}
    for who, answer in (("firm", (403, "PartySuspended")), ("farmer", (409, "CounterpartyInactive"))):
        party = {"party": stack.party_ids[who]}
        act(stack, "operator", "Parties.suspend", evidence=stack.anchor(), **party)
        assert refused(stack, "firm", "Agreements.sign", **sign) == answer
        assert (shown(stack, agreement)["stage"], shown(stack, agreement)["deposit_paid"]) == ("OFFERED", 0)
        act(stack, "operator", "Parties.reinstate", evidence=stack.anchor(), **party)
    act(stack, "firm", "Agreements.sign", **sign)
    act(stack, "operator", "Parties.suspend", party=stack.party_ids["firm"], evidence=stack.anchor())
    assert shown(stack, agreement)["stage"] == "SIGNED"
    deposited = {"amount": 1, "receivedAt": stack.now(), "receipt": "0x" + "07" * 32, "evidence": stack.anchor()}
    act(stack, "bank", "Agreements.confirmDeposit", agreement=agreement, **deposited)
    assert shown(stack, agreement)["stage"] == "ACTIVE"
    act(stack, "operator", "Parties.reinstate", party=stack.party_ids["firm"], evidence=stack.anchor())


def test_07_a_certificate_revoked_before_the_time_stamp_signs_nothing_and_a_later_revocation_undoes_nothing(
    future: Stack,
) -> None:
    stack = future
    agreement = offer(stack)
    sign = {"agreement": agreement, "terms": TERMS}
    authority = DevelopmentAuthority(stack.settings.var_dir / "pki", stack.outbox.store)

    def signed_page() -> tuple[bytes, SignatureVerdict]:
        paper = stack.client.post(f"/v1/agreements/{agreement}/signature-page", headers=stack.sign_in("firm"))
        assert paper.status_code == 200, paper.text
        (verdict,) = validate(paper.content, trust(), policy=POLICY)
        return paper.content, verdict

    def trust() -> Trust:
        return DevelopmentPki(authority, lambda: int(time.time())).trust(now=int(time.time()))

    def revoke(verdict: SignatureVerdict, seconds_after: int) -> None:
        assert verdict.certificate is not None and verdict.stamp is not None
        at = verdict.stamp.generated_at // 1000 + seconds_after
        authority.revoke(verdict.certificate.serial_number, at=at)

    def sign_with(page: bytes) -> Any:
        wire = stack.sign("firm", "Agreements.sign", **sign).json()
        return stack.client.post("/v1/acts", json=wire | {"document": base64.b64encode(page).decode()})

    late, verdict = signed_page()
    revoke(verdict, -60)
    answer = sign_with(late)
    assert (answer.status_code, answer.json()["code"]) == (409, "SigningCertificateRevoked"), answer.text
    assert verdict.certificate is not None
    assert answer.json()["values"]["serial"] == f"{verdict.certificate.serial_number:x}"
    assert (shown(stack, agreement)["stage"], shown(stack, agreement)["deposit_paid"]) == ("OFFERED", 0)
    deposited = {"amount": 1, "receivedAt": stack.now(), "receipt": "0x" + "08" * 32, "evidence": stack.anchor()}
    taken = refused(stack, "bank", "Agreements.confirmDeposit", agreement=agreement, **deposited)
    assert taken == (409, "StageUnfit")

    good, verdict = signed_page()
    revoke(verdict, 60)  # the next one that is asked for is of another certificate
    answer = sign_with(good)
    assert answer.status_code == 202, answer.text
    stack.settled(answer.json()["id"])
    assert shown(stack, agreement)["stage"] == "SIGNED"


def test_07_only_the_page_of_the_agreement_signed_by_its_signer_goes_with_the_act(future: Stack) -> None:
    stack = future
    agreement, other = offer(stack), offer(stack)

    def paper(about: int, who: str) -> bytes:
        answer = stack.client.post(f"/v1/agreements/{about}/signature-page", headers=stack.sign_in(who))
        assert answer.status_code == 200, answer.text
        content: bytes = answer.content
        return content

    unsigned = stack.client.get(f"/v1/agreements/{agreement}/signature-page").content
    good = paper(agreement, "firm")
    assert good.startswith(unsigned)
    for document, code in (
        ("no base64!", "DocumentMalformed"),
        (b"no PDF", "NotPdf"),
        (unsigned, "PageNotSigned"),
        (paper(other, "firm"), "PageDiffers"),
        (paper(agreement, "farmer"), "PageNotSigned"),
        (forged(good), "PageSignatureBroken"),
    ):
        wire = stack.sign("firm", "Agreements.sign", agreement=agreement, terms=TERMS).json()
        text = document if isinstance(document, str) else base64.b64encode(document).decode()
        answer = stack.client.post("/v1/acts", json=wire | {"document": text})
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert answer.json()["detail_zh"]
    assert shown(stack, agreement)["stage"] == "OFFERED"

    wire = stack.sign("farmer", "Agreements.withdraw", agreement=agreement).json()
    answer = stack.client.post("/v1/acts", json=wire | {"document": base64.b64encode(good).decode()})
    assert (answer.status_code, answer.json()["code"]) == (422, "DocumentUncalledFor")
    path = f"/v1/agreements/{agreement}/signature-page"
    assert stack.client.post(path).status_code == 401
    assert stack.client.post(path, headers=stack.sign_in("bank")).status_code == 403
