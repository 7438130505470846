"""`domain.md` §10, scenario 20: the debtor pays 40 % after the certificate, before filing."""

from __future__ import annotations

from typing import Any

from tests.enforcement import CLAIMED, desk
from tests.stack import Stack

PAID = CLAIMED * 40 // 100


def test_20_preflight_recomputes_wants_a_new_statement_and_no_more_than_is_owed_is_claimed(stack: Stack) -> None:
    own = desk(stack)
    certificate = own.certified(own.issued())
    filing = own.packaged(certificate)
    stack.pass_time(60)
    report = {"certificate": certificate, "amount": PAID, "receivedAt": stack.now()}
    own.act("bank", "Certificates.reportPayment", **report)
    left = own.get(f"/v1/certificates/{certificate}")["outstanding"]
    assert left == CLAIMED - PAID

    spec: Any = stack.client.get("/openapi.json").json()["components"]["schemas"]["Package"]["example"]
    package = spec | {"certified": CLAIMED, "paid_since": PAID, "claimed": CLAIMED, "statement_current": False}
    found = stack.client.post("/v1/filings/check", json=package).json()
    assert {point["code"] for point in found["points"]} == {"OVER_CLAIM", "STATEMENT"}
    fixed = package | {"claimed": left, "statement_current": True}
    assert stack.client.post("/v1/filings/check", json=fixed).json()["complete"]

    # The contract says the same to whoever did not ask.
    problem = own.refused("lawyer", "Filings.submit", **own.submission(filing))
    assert (problem["code"], problem["values"]) == (
        "OverClaim",
        {"filing": filing, "claimed": CLAIMED, "outstanding": left},
    )
    assert own.refused("lawyer", "Filings.submit", **own.submission(filing, left))["code"] == "StatementStale"
    own.act("lawyer", "Filings.submit", **own.submission(filing, left, statement=stack.anchor("bank")))
    assert own.get(f"/v1/filings/{filing}")["claimed"] == left
