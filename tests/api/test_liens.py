"""Liens and their filings as the API shows them; the search and its certificate."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from scripts.mirror import compared
from tests.e2e.pledges import agreed, hand_in, register, registered_tree, searched, terms
from tests.programs import pdf_text
from tests.stack import Stack
from workflows.commitment import canonical_json


@pytest.fixture(scope="module")
def pledged(stack: Stack) -> dict[str, Any]:
    """A tree with a registered lien that overtook an earlier one, and an open filing of a third."""
    tree = registered_tree(stack)
    early = agreed(stack, tree, "bank")
    late = agreed(stack, tree, "second bank", noTransfer=True)
    register(stack, late, stack.now() - 60)
    third = terms(stack, tree, "bank", rank=2)
    filing = str(int(hand_in(stack, "farmer", "Liens.file", **third), 16))
    return {"tree": tree, "early": early, "late": late, "filing": filing, "terms": third}


def test_a_lien_tells_its_whole_history(stack: Stack, pledged: dict[str, Any]) -> None:
    lien = stack.client.get(f"/v1/liens/{pledged['late']}").json()
    assert (lien["asset"], lien["effect"], lien["no_transfer"]) == (pledged["tree"], "CONSTITUTED", True)
    assert (lien["holder"], lien["registry"]) == (stack.party_ids["second bank"], stack.party_ids["registry"])
    assert [one["lien"] for one in lien["overtook"]] == [pledged["early"]]
    history = stack.client.get(f"/v1/liens/{pledged['late']}/history").json()["items"]
    assert [one["effect"] for one in history] == ["NONE", "CONSTITUTED"]
    events = stack.client.get(f"/v1/liens/{pledged['late']}/events").json()["items"]
    assert [one["event"] for one in events] == ["LienConfirmed", "LienRegistered", "PriorityConflict"]
    filed = stack.client.get(f"/v1/lien-filings/{pledged['late']}").json()
    assert (filed["state"], filed["filed_by"]) == ("CONFIRMED", stack.party_ids["second bank"])
    before = stack.client.get(f"/v1/liens/{pledged['late']}", params={"as_of": history[0]["since_block"]}).json()
    assert before["effect"] == "NONE"


def test_liens_are_found_by_what_they_are(stack: Stack, pledged: dict[str, Any]) -> None:
    tree = {"asset": pledged["tree"]}
    choices: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {"early", "late"}),
        ({"effect": "CONSTITUTED"}, {"late"}),
        ({"holder": stack.party_ids["bank"]}, {"early"}),
        ({"grantor": stack.party_ids["farmer"], "kind": "REAL_PROPERTY", "live": True}, {"early", "late"}),
        ({"live": False}, set()),
    ]
    for wanted, expected in choices:
        items = stack.client.get("/v1/liens", params=tree | wanted).json()["items"]
        assert {one["id"] for one in items} == {pledged[name] for name in expected}
    debt = stack.client.get(f"/v1/liens/{pledged['early']}").json()["debt"]
    assert [one["id"] for one in stack.client.get("/v1/liens", params={"debt": debt}).json()["items"]] == [
        pledged["early"]
    ]
    table = stack.client.get("/v1/liens/export", params=tree).text.splitlines()
    assert table[0].lstrip("\ufeff").startswith("id,kind,asset") and len(table) == 3


def test_an_open_filing_is_seen_by_the_side_that_is_to_answer(stack: Stack, pledged: dict[str, Any]) -> None:
    query = {"asset": pledged["tree"], "state": "OPEN", "holder": stack.party_ids["bank"]}
    (open_one,) = stack.client.get("/v1/lien-filings", params=query).json()["items"]
    assert (open_one["id"], open_one["rank"]) == (pledged["filing"], 2)
    assert open_one["evidence"] == pledged["terms"]["evidence"]
    assert stack.client.get(f"/v1/liens/{pledged['filing']}").status_code == 404, "a filing is no lien"


def test_a_search_by_asset_gives_the_order_of_the_law_and_the_shares(stack: Stack, pledged: dict[str, Any]) -> None:
    found = searched(stack, pledged["tree"], money=2_500_000)
    assert [(one["id"], one["rank"], one["paid"]) for one in found["liens"]] == [
        (pledged["late"], 1, 1_000_000),
        (pledged["early"], 2, 0),
    ]
    assert (found["claimed"], found["rank_if_registered"]) == (2_000_000, 2)
    assert found["tree"]["title"] == "REGISTERED"
    assert [(one["lien"], one["overtaken"]) for one in found["conflicts"]] == [(pledged["late"], pledged["early"])]


def test_a_search_by_debtor_finds_what_the_party_burdened_or_took_over(stack: Stack, pledged: dict[str, Any]) -> None:
    by_grantor = {"debtor": stack.party_ids["farmer"]}
    assets = stack.client.get("/v1/liens/search", params=by_grantor).json()["assets"]
    assert pledged["tree"] in {one["asset"] for one in assets}
    sold = registered_tree(stack)
    lien = agreed(stack, sold, "bank")
    moved = {"tree": sold, "to": stack.party_ids["buyer"], "basis": "SUCCESSION", "receipt": "0x" + "2e" * 32}
    stack.act("registry", "Trees.recordTransfer", **moved, evidence=stack.anchor())
    by_owner = stack.client.get("/v1/liens/search", params={"debtor": stack.party_ids["buyer"]}).json()
    assert lien in {one["id"] for asset in by_owner["assets"] for one in asset["liens"]}, "the lien followed (CC 406)"


def test_stock_that_bears_a_trees_id_is_shown_apart(stack: Stack, pledged: dict[str, Any]) -> None:
    sham = {"kind": "MOVABLE", "grantor": stack.party_ids["neighbour"], "rank": 1}
    both = terms(stack, pledged["tree"], "bank", **sham)
    lien = str(int(hand_in(stack, "bank", "Liens.file", **both), 16))
    hand_in(stack, "neighbour", "Liens.confirm", lien=lien, **both)
    tree, stock = stack.client.get("/v1/liens/search", params={"asset": pledged["tree"]}).json()["assets"]
    assert {one["id"] for one in tree["liens"]} == {pledged["early"], pledged["late"]}
    assert ([one["id"] for one in stock["liens"]], stock["tree"], stock["value"]) == ([lien], None, None)
    hand_in(stack, "bank", "Liens.discharge", liens=[lien], ground="WAIVED", evidence=stack.anchor())
    assert len(stack.client.get("/v1/liens/search", params={"asset": pledged["tree"]}).json()["assets"]) == 1


@pytest.mark.parametrize("query", [{}, {"asset": "1", "debtor": 1}])
def test_a_search_names_one_thing(stack: Stack, query: dict[str, Any]) -> None:
    for path in ("search", "certificate", "certificate.pdf"):
        answer = stack.client.get(f"/v1/liens/{path}", params=query)
        assert (answer.status_code, answer.json()["code"]) == (422, "SearchUnclear")


@pytest.mark.parametrize("path", ["certificate", "certificate.pdf"])
def test_nothing_is_certified_of_an_asset_that_nobody_knows(stack: Stack, path: str) -> None:
    answer = stack.client.get(f"/v1/liens/{path}", params={"asset": "1"})
    assert (answer.status_code, answer.json()["code"]) == (404, "NotRecorded")
    assert "茶树" in answer.json()["detail_zh"]


def test_a_certificate_can_be_checked_and_made_again(stack: Stack, pledged: dict[str, Any]) -> None:
    query = {"asset": pledged["tree"]}
    certified = stack.client.get("/v1/liens/certificate", params=query).json()
    content = {name: value for name, value in certified.items() if name not in ("number", "sha256", "as_of")}
    assert hashlib.sha256(canonical_json(content)).hexdigest() == certified["sha256"]
    assert certified["sha256"][:16].upper() in certified["number"]
    stack.anchor()
    again = stack.client.get("/v1/liens/certificate", params=query | {"as_of": certified["block"]["block"]}).json()
    assert (again["number"], again["sha256"]) == (certified["number"], certified["sha256"])


def test_a_certificate_is_printed_with_its_number_and_order(stack: Stack, pledged: dict[str, Any]) -> None:
    block = stack.client.get("/v1/liens/certificate", params={"asset": pledged["tree"]}).json()
    query = {"asset": pledged["tree"], "as_of": block["block"]["block"]}
    printed = stack.client.get("/v1/liens/certificate.pdf", params=query)
    assert printed.headers["content-type"] == "application/pdf"
    text = pdf_text(printed.content)
    assert block["number"] in text and "担保权益查询证明" in text
    assert text.index("已登记设立") < text.index("尚未设立")
    assert stack.client.get("/v1/liens/certificate.pdf", params=query).content == printed.content
    nothing = stack.client.get("/v1/liens/certificate.pdf", params={"debtor": 2**62})
    assert "未见有效担保权益记录" in pdf_text(nothing.content)


def test_what_the_mirror_says_of_liens_is_what_the_contract_holds(stack: Stack, pledged: dict[str, Any]) -> None:
    both = {"lien": pledged["early"], "securedMax": 1_100_000}
    for who in ("farmer", "bank"):
        hand_in(stack, who, "Liens.amend", **both, evidence=stack.anchor())
    paid = {"lien": pledged["early"], "substitute": "DAMAGES", "amount": 5, "receipt": "0x" + "5d" * 32}
    hand_in(stack, "bank", "Liens.attachProceeds", **paid, evidence=stack.anchor())
    buyer = {"lien": pledged["late"], "to": stack.party_ids["buyer"], "evidence": stack.anchor()}
    hand_in(stack, "second bank", "Liens.consentToTransfer", **buyer)
    lien = stack.client.get(f"/v1/liens/{pledged['early']}").json()
    assert (lien["secured_max"], lien["amendments"]) == (1_100_000, 1)
    assert [one["party"] for one in lien["consents"]] == sorted(stack.party_ids[who] for who in ("farmer", "bank"))
    compared_now = compared(stack.settings)
    assert not compared_now.differences
    for name in ("liens", "lien_filings", "lien_consents", "lien_proceeds"):
        assert compared_now.rows[name] > 0
