"""Subsidies through the door: what is missing is said at once, and who is to be paid is shown without whole names."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest

from chain.vocabulary import role_bits
from scripts.mirror import compared
from tests.stack import Stack

DAY = 86_400
NONE = "0x" + "00" * 32
AREA, RATE = 500, 120


@pytest.fixture(scope="module")
def planter(stack: Stack) -> int:
    """A farmer whose identity record lies in the vault, as an enrolment office puts it there."""
    vault = stack.app.state.context.vault
    identity = vault.put("identity-planter", "party-v1", {"synthetic": True, "name": "陈单丛"}, now=int(time.time()))
    stack.people["planter"] = stack.keystore.derived("stack test planter")
    account = stack.people["planter"].address
    roles = role_bits("FARMER")
    stack.act("operator", "Parties.enrol", account=account, roles=roles, identity=identity)
    found: int = stack.client.get("/v1/parties", params={"account": account}).json()["items"][0]["id"]
    stack.party_ids["planter"] = found
    return found


def programme(stack: Stack, **changes: Any) -> str:
    """A programme that pays for areas; returns its id."""
    terms = {
        "measure": "ECO_GARDEN",
        "basis": "AREA",
        "year": 2026,
        "rateFen": RATE,
        "budgetFen": 10 * RATE * AREA,
        "closesAt": stack.now() + 30 * DAY,
        "noticeDays": 7,
        "evidence": stack.anchor(),
    }
    status = stack.act("agri", "Subsidies.openProgramme", **terms | changes)
    return str(int(status.id, 16))


def plot(stack: Stack, holder: str) -> str:
    """A plot of a party."""
    made = "0x" + secrets.token_hex(32)
    message = {"plot": made, "holder": stack.party_ids[holder], "areaCmu": AREA, "evidence": stack.anchor()}
    stack.act("village", "Subsidies.registerPlot", **message)
    return made


def submission(stack: Stack, paid_by: str, asset: str, who: str) -> dict[str, Any]:
    subject = stack.party_ids[who]
    claim = {"programme": paid_by, "subject": subject, "asset": asset, "quantity": AREA, "mandate": NONE}
    return claim | {"evidence": stack.anchor()}


def checked(stack: Stack, body: dict[str, Any]) -> dict[str, Any]:
    answer = stack.client.post("/v1/subsidies/check", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_claim_goes_from_its_check_to_the_notice_with_a_masked_name(stack: Stack, planter: int) -> None:
    paid_by, asset = programme(stack), plot(stack, "planter")
    claim = submission(stack, paid_by, asset, "planter")
    before = checked(stack, {name: claim[name] for name in claim if name != "mandate"})
    assert (before["points"], before["amount_fen"]) == ([], AREA * RATE)

    stack.act("planter", "Subsidies.submit", **claim)
    shown = stack.client.get(f"/v1/subsidies/{before['claim']}").json()
    assert (shown["state"], shown["subject"], shown["amount_fen"]) == ("SUBMITTED", planter, AREA * RATE)
    assert (shown["reviewed_late"], shown["review_overdue"]) == (False, False)
    assert shown["review_due_at"] > shown["submitted_at"] + 25 * DAY
    again = checked(stack, {name: claim[name] for name in claim if name != "mandate"})
    assert [point["code"] for point in again["points"]] == ["CLAIM_EXISTS"]
    assert "已提交过" in again["points"][0]["zh"]

    stack.act("agri", "Subsidies.publish", claim=before["claim"], evidence=stack.anchor())
    notice = stack.client.get(f"/v1/programmes/{paid_by}/notice")
    (item,) = notice.json()["items"]
    assert (item["claim"], item["name"], item["amount_fen"]) == (before["claim"], "陈＊丛", AREA * RATE)
    assert "陈单丛" not in notice.text
    stack.act("neighbour", "Subsidies.object", claim=before["claim"], evidence=stack.anchor())
    stack.act("agri", "Subsidies.resolveObjection", claim=before["claim"], upheld=True, evidence=stack.anchor())
    assert stack.client.get(f"/v1/programmes/{paid_by}/notice").json()["items"] == []

    history = stack.client.get(f"/v1/subsidies/{before['claim']}/history").json()["items"]
    assert [version["state"] for version in history] == ["SUBMITTED", "NOTICE", "OBJECTED", "REJECTED"]
    then = {"as_of": history[1]["since_block"]}
    (item,) = stack.client.get(f"/v1/programmes/{paid_by}/notice", params=then).json()["items"]
    assert item["state"] == "NOTICE"
    events = stack.client.get(f"/v1/subsidies/{before['claim']}/events").json()["items"]
    assert [event["event"] for event in events] == ["ClaimSubmitted", "ClaimPublished", "ClaimObjected", "ClaimDecided"]
    listed = stack.client.get("/v1/subsidies", params={"programme": paid_by, "state": "REJECTED"}).json()
    assert [one["ground"] for one in listed["items"]] == ["OBJECTION_UPHELD"]


def test_everything_that_stands_in_the_way_is_said_at_once(stack: Stack, planter: int) -> None:
    paid_by, asset = programme(stack, budgetFen=RATE * AREA), plot(stack, "farmer")
    body = {"programme": paid_by, "subject": stack.party_ids["bank"], "asset": asset, "quantity": AREA + 1}
    found = checked(stack, body | {"agent": planter, "mandate": NONE})
    assert [point["code"] for point in found["points"]] == [
        "SUBJECT_NO_FARMER",
        "MANDATE_MISSING",
        "EVIDENCE_MISSING",
        "PLOT_NOT_HELD",
        "AREA_EXCEEDED",
        "BUDGET_SHORT",
    ]
    assert stack.client.post("/v1/subsidies/check", json=body | {"programme": "7"}).status_code == 404


def test_double_funding_is_refused_at_the_door(stack: Stack, planter: int) -> None:
    asset = plot(stack, "planter")
    stack.act("planter", "Subsidies.submit", **submission(stack, programme(stack), asset, "planter"))
    again = stack.sign("planter", "Subsidies.submit", **submission(stack, programme(stack), asset, "planter"))
    answer = stack.client.post("/v1/acts", json=again.json())
    assert (answer.status_code, answer.json()["code"]) == (409, "DoubleFunding")
    assert "不得重复补贴" in answer.json()["detail_zh"]


def test_what_is_left_of_a_budget_is_shown(stack: Stack) -> None:
    paid_by = programme(stack)
    shown = stack.client.get(f"/v1/programmes/{paid_by}").json()
    assert shown["left_fen"] == shown["budget_fen"] == 10 * RATE * AREA
    assert shown["agency"] == stack.party_ids["agri"]
    listed = stack.client.get("/v1/programmes", params={"measure": "ECO_GARDEN", "year": 2026}).json()
    assert paid_by in [one["id"] for one in listed["items"]]


def test_a_plot_shows_its_holder_and_area_and_not_where_it_lies(stack: Stack, planter: int) -> None:
    made = plot(stack, "planter")
    shown = stack.client.get(f"/v1/plots/{made}").json()
    assert {name: shown[name] for name in ("id", "holder", "area_cmu")} == {
        "id": made,
        "holder": planter,
        "area_cmu": AREA,
    }
    listed = stack.client.get("/v1/plots", params={"holder": planter, "limit": 500}).json()["items"]
    assert made in [one["id"] for one in listed]
    events = stack.client.get(f"/v1/plots/{made}/events").json()["items"]
    assert [event["event"] for event in events] == ["PlotRegistered"]


def test_the_mirror_of_claims_is_what_the_contract_holds(stack: Stack, planter: int) -> None:
    result = compared(stack.settings)
    assert {"programmes", "subsidies", "plots", "fundings"} <= set(result.rows)
    assert result.rows["subsidies"] > 0
    assert result.differences == []
