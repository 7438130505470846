"""`domain.md` §10, scenario 18: the notary is the spouse of the creditor's manager."""

from __future__ import annotations

import secrets

from tests.enforcement import desk
from tests.stack import Stack


def test_18_a_notary_with_an_interest_is_not_assigned_and_a_deed_found_later_is_flagged(stack: Stack) -> None:
    own = desk(stack)
    ids = stack.party_ids
    found_later = own.issued()
    certificate = own.certified(found_later)

    # The check before, in words; the contract's refusal, whoever ignores them.
    tie = {"notary": ids[own.notary], "party": ids["bank"], "relation": "SPOUSE_OF_MANAGER"}
    assignment = {"notary": ids[own.notary], "parties": [ids["bank"], ids["farmer"]], "ties": [tie]}
    body = {"assignment": {**assignment, "office_division": 445_100}}
    report = stack.client.post("/v1/deeds/check", json=body).json()["assignment"]
    assert [point["code"] for point in report["points"]] == ["CONFLICT"]
    assert "12(1)(3)" in report["points"][0]["basis"]
    both = {"notary": ids[own.notary], "party": ids["bank"]}
    own.act("office", "Notaries.declareConflict", **both, conflicted=True)
    problem = own.refused("office", "Deeds.open", **own.opening("0x" + secrets.token_hex(32)))
    assert (problem["status"], problem["code"], problem["values"]) == (403, "ConflictOfInterest", both)

    # Another notary is assigned.
    own.act("office", "Deeds.open", **own.opening("0x" + secrets.token_hex(32), notary=ids[own.reviewer]))

    # What was issued before is flagged: a risk, not a nullity.
    own.act("auditor", "Deeds.flag", deed=found_later)
    card = own.get(f"/v1/deeds/{found_later}")
    assert (card["state"], card["flagged"]) == ("ISSUED", True)
    alerts = own.get("/v1/enforcement/alerts", office=ids["office"])["items"]
    assert [alert["reason"] for alert in alerts if alert["certificate"] == certificate] == ["CONFLICT"]
