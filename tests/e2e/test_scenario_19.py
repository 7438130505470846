"""`domain.md` §10, scenario 19: the debtor objects with a receipt of ¥3,000; the debtor is silent."""

from __future__ import annotations

from tests.enforcement import CLAIM, CLAIMED, DAY, desk
from tests.stack import Stack

RECEIPT = 300_000


def test_19_a_proven_payment_reduces_the_certificate_in_the_order_of_the_code(stack: Stack) -> None:
    own = desk(stack)
    certificate = own.claimed(own.issued())
    own.act("farmer", "Certificates.object", certificate=certificate, evidence=stack.anchor("farmer"))
    own.act(own.notary, "Certificates.verify", certificate=certificate, proven=RECEIPT)

    problem = own.refused("office", "Certificates.issue", **own.decision(certificate))
    assert (problem["code"], problem["values"]) == (
        "BeyondClaim",
        {"certificate": certificate, "amount": CLAIMED, "owed": CLAIMED - RECEIPT},
    )

    body = {"claim": CLAIM, "payments": [RECEIPT]}
    left = stack.client.post("/v1/certificates/recompute", json=body).json()["left"]
    assert left == {"principal": 3_840_000, "interest": 0, "penalty": 0, "costs": 0}
    own.act("office", "Certificates.issue", **own.decision(certificate, **left))
    stands = own.get(f"/v1/certificates/{certificate}")
    assert (stands["state"], stands["proven"], stands["outstanding"]) == ("ISSUED", RECEIPT, CLAIMED - RECEIPT)


def test_19_proof_that_defeats_the_debt_leads_to_refusal(stack: Stack) -> None:
    own = desk(stack)
    certificate = own.claimed(own.issued())
    own.act("farmer", "Certificates.object", certificate=certificate)
    own.act(own.notary, "Certificates.verify", certificate=certificate, proven=CLAIMED)
    nothing = dict.fromkeys(CLAIM, 0)
    assert own.refused("office", "Certificates.issue", **own.decision(certificate, **nothing))["code"] == "BeyondClaim"
    own.act("office", "Certificates.refuse", certificate=certificate, ground="DEBT_DEFEATED")
    stands = own.get(f"/v1/certificates/{certificate}")
    assert (stands["state"], stands["ground"]) == ("REFUSED", "DEBT_DEFEATED")


def test_19_silence_counts_only_after_the_window_of_a_notice_that_is_proven_to_have_come(stack: Stack) -> None:
    own = desk(stack)
    certificate = own.claimed(own.issued())
    verify = {"certificate": certificate, "proven": 0}
    stack.pass_time(20 * DAY)
    assert own.refused(own.notary, "Certificates.verify", **verify)["code"] == "NoticeUndelivered"
    instant = stack.now()
    delivered = {"certificate": certificate, "deliveredAt": instant, "windowDays": 0}
    own.act(own.notary, "Certificates.recordDeliveries", **delivered)
    problem = own.refused(own.notary, "Certificates.verify", **verify)
    ends = own.get(f"/v1/certificates/{certificate}")["window_ends_at"]
    assert (problem["code"], problem["values"]["windowEndsAt"]) == ("WindowRunning", ends)
    assert ends >= instant + 7 * DAY
    stack.pass_time(ends - stack.now() + 1)
    own.act(own.notary, "Certificates.verify", **verify)
    own.act("office", "Certificates.issue", **own.decision(certificate))
    assert own.get(f"/v1/certificates/{certificate}")["state"] == "ISSUED"
