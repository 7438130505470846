"""Valuations through the API: what counts, why, for whom, and the price index."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.mirror import compared
from tests.stack import Stack
from tests.valued import modest_record, registered, value_tree


def one(stack: Stack, tree: str, **query: Any) -> Any:
    return stack.client.get(f"/v1/valuations/{tree}", params=query).json()


def test_a_valuation_is_read_as_of_any_block_with_what_it_counts_for(stack: Stack) -> None:
    record = modest_record()
    tree = registered(stack, record)
    assert stack.client.get(f"/v1/valuations/{tree}").json()["code"] == "NotRecorded"
    found = value_tree(stack, tree, record)
    shown = one(stack, tree)
    assert shown["value_fen"] == found.value_fen
    assert shown["counts_fen"] == shown["collateral_fen"] == found.collateral_fen
    assert (shown["state"], shown["suspended"], shown["stale"]) == ("CURRENT", None, False)
    assert shown["appraiser"] == stack.party_ids["appraiser"]
    before = shown["as_of"]["block"]
    stack.act("farmer", "Valuations.challenge", tree=tree, evidence=stack.anchor())
    challenged = one(stack, tree)
    assert (challenged["state"], challenged["suspended"], challenged["counts_fen"]) == ("CHALLENGED", "CHALLENGED", 0)
    assert challenged["challenger"] == stack.party_ids["farmer"] and challenged["answer_by"] > stack.now()
    assert one(stack, tree, as_of=before)["counts_fen"] == found.collateral_fen
    history = stack.client.get(f"/v1/valuations/{tree}/history").json()["items"]
    assert [version["state"] for version in history] == ["CURRENT", "CHALLENGED"]
    events = stack.client.get(f"/v1/valuations/{tree}/events").json()["items"]
    assert [event["event"] for event in events] == ["Valued", "ChallengeChanged"]
    listed = stack.client.get("/v1/valuations", params={"state": "CHALLENGED", "limit": 500}).json()["items"]
    assert tree in {item["id"] for item in listed}


def test_an_explanation_is_for_owner_appraiser_and_bank_and_adds_up(stack: Stack) -> None:
    record = modest_record()
    tree = registered(stack, record)
    found = value_tree(stack, tree, record)
    path = f"/v1/valuations/{tree}/explanation"
    why = {"purpose": "credit decision"}
    assert stack.client.get(path, params=why).status_code == 401
    assert stack.client.get(path, params=why, headers=stack.sign_in("neighbour")).status_code == 403
    for who in ("farmer", "appraiser", "bank"):
        answer = stack.client.get(path, params=why, headers=stack.sign_in(who)).json()
        assert answer["proved"] and answer["reproduced"] and answer["same_model"]
        assert answer["figures"]["loan_fen"] == found.loan_fen
        assert answer["factors"][-1]["after_fen"] == found.loan_fen
        assert all(factor["en"] and factor["zh"] and factor["effect_yuan"] for factor in answer["factors"])


def test_inputs_that_were_not_kept_here_are_the_appraisers_to_show(stack: Stack) -> None:
    record = modest_record()
    tree = registered(stack, record)
    value_tree(stack, tree, record, keep_inputs=False)
    answer = stack.client.get(
        f"/v1/valuations/{tree}/explanation", params={"purpose": "look"}, headers=stack.sign_in("farmer")
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "InputsAbsent")


def test_prices_are_reported_by_who_may_on_live_evidence_once_a_day(stack: Stack) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    body = {"pack": "chenpi", "day": str(yesterday), "price_ppm": 1_000_000, "evidence": stack.anchor()}

    def report(who: str, **changes: Any) -> tuple[int, str]:
        answer = stack.client.post("/v1/valuations/prices", json=body | changes, headers=stack.sign_in(who))
        return answer.status_code, answer.json().get("code", "")

    assert stack.client.post("/v1/valuations/prices", json=body).status_code == 401
    assert report("farmer") == (403, "NotYours")
    assert report("agri", evidence="0x" + secrets.token_hex(32)) == (404, "PriceUnproven")
    assert report("agri", pack="none") == (404, "PackUnknown")
    assert report("agri", day=str(yesterday + timedelta(days=3))) == (422, "PriceUnfit")
    assert report("agri") == (201, "")
    assert report("agri") == (422, "PriceUnfit")
    for who in ("appraiser", "second appraiser"):
        assert report(who, price_ppm=1_080_000) == (201, "")
    found = stack.client.get("/v1/valuations/index", params={"pack": "chenpi"}).json()
    assert (found["shown_ppm"], found["counted_ppm"]) == (1_080_000, 1_080_000)
    assert stack.client.get("/v1/valuations/index", params={"pack": "none"}).status_code == 404


def test_what_is_mirrored_is_what_the_contract_holds(stack: Stack) -> None:
    tree = registered(stack, record := modest_record())
    value_tree(stack, tree, record)
    stack.act("bank", "Valuations.challenge", tree=tree, evidence=stack.anchor())
    result = compared(stack.settings)
    assert result.rows["valuations"] >= 1
    assert not result.differences
