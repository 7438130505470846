"""`domain.md` §10, scenario 16: a notary's key is reported; deeds of its window wait for the office, not void."""

from __future__ import annotations

from tests.enforcement import DAY, desk
from tests.stack import Stack


def test_16_deeds_of_the_window_of_a_lost_key_are_under_review_until_the_office_speaks(stack: Stack) -> None:
    own = desk(stack)
    monday = own.issued()
    stack.pass_time(DAY)
    invalid_from = stack.now()
    tuesday, wednesday = own.issued(), own.issued()
    certificate = own.claimed(tuesday)
    own.act("farmer", "Certificates.confirm", certificate=certificate)
    own.act(own.notary, "Certificates.verify", certificate=certificate, proven=0)
    stack.pass_time(DAY)
    own.act("office", "Notaries.reportKey", notary=stack.party_ids[own.notary], invalidFrom=invalid_from)

    assert not own.get(f"/v1/deeds/{monday}")["review_required"]
    for deed in (tuesday, wednesday):
        card = own.get(f"/v1/deeds/{deed}")
        assert (card["state"], card["review_required"]) == ("ISSUED", True), "not void"

    # The certificate pauses, and the alert is there for whoever waits for it.
    problem = own.refused("office", "Certificates.issue", **own.decision(certificate))
    assert (problem["code"], problem["values"]["deed"]) == ("ReviewRequired", tuesday)
    alerts = own.get("/v1/enforcement/alerts", creditor=stack.party_ids["bank"])["items"]
    (alert,) = [alert for alert in alerts if alert["certificate"] == certificate]
    assert (alert["reason"], alert["deed"]) == ("REVIEW_REQUIRED", tuesday)

    # The office confirms one and revokes the other.
    own.act("office", "Deeds.confirm", deed=tuesday)
    own.act("office", "Certificates.issue", **own.decision(certificate))
    own.act("office", "Deeds.revoke", deed=wednesday)
    assert not own.get(f"/v1/deeds/{tuesday}")["review_required"]
    assert own.get(f"/v1/deeds/{wednesday}")["state"] == "REVOKED"
    alerts = own.get("/v1/enforcement/alerts", creditor=stack.party_ids["bank"])["items"]
    assert certificate not in {alert["certificate"] for alert in alerts}
