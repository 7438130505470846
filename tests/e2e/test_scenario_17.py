"""`domain.md` §10, scenario 17: a deed is revoked after a certificate was issued and a filing made on it."""

from __future__ import annotations

from tests.enforcement import desk
from tests.stack import Stack


def test_17_a_revoked_deed_blocks_what_rests_on_it_and_tells_lawyer_and_court(stack: Stack) -> None:
    own = desk(stack)
    deed = own.issued()
    certificate = own.certified(deed)
    filing = own.filed(certificate)
    applied = own.get(f"/v1/certificates/{certificate}")["applied_at"]
    own.act("office", "Deeds.revoke", deed=deed)

    # Nothing more can be filed or claimed on it.
    obligor = f"0x{stack.party_ids['farmer']:064x}"
    package = {"certificate": certificate, "obligor": obligor, "court": 440_002, "basis": "PROPERTY"}
    problem = own.refused("lawyer", "Filings.package", **package)
    assert (problem["code"], problem["values"]["state"]) == ("DeedNotReady", 10)

    # The lawyer who filed and the court's gateway are named, and the interruption of limitation stands.
    alerts = own.get("/v1/enforcement/alerts", debtor=stack.party_ids["farmer"])["items"]
    (alert,) = [alert for alert in alerts if alert["certificate"] == certificate]
    ids = stack.party_ids
    assert (alert["reason"], alert["limitation_from"]) == ("REVOKED", applied)
    assert [(one["filing"], one["filer"], one["gateway"]) for one in alert["filings"]] == [
        (filing, ids["lawyer"], ids["court"])
    ]
    assert own.get(f"/v1/certificates/{certificate}")["deed_state"] == "REVOKED"
    (told,) = own.get("/v1/events", contract="Deeds", event="DeedRevoked", order="newest", limit=1)["items"]
    assert told["args"]["deed"] == deed

    # The court ends the case; the creditor goes the way of a lawsuit, and no second filing is possible here.
    own.act("court", "Filings.close", filing=filing, closure="NOT_ENFORCED")
    assert own.get(f"/v1/filings/{filing}")["closure"] == "NOT_ENFORCED"
    (alert,) = [
        alert
        for alert in own.get("/v1/enforcement/alerts", debtor=ids["farmer"])["items"]
        if alert["certificate"] == certificate
    ]
    assert alert["filings"] == []
