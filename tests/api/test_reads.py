"""Lists, single entities, history and the block every answer is of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.stack import Stack

PARTIES = "/v1/parties"


def test_a_list_has_items_next_total_and_the_block_it_is_of(stack: Stack) -> None:
    answer = stack.client.get(PARTIES, params={"limit": 2}).json()
    assert set(answer) == {"items", "next", "total", "as_of"}
    assert [party["id"] for party in answer["items"]] == [1, 2]
    assert answer["total"] >= len(stack.party_ids)
    assert set(answer["as_of"]) == {"block", "hash", "time", "lag_blocks"}
    block = stack.rpc.call("eth_getBlockByNumber", hex(answer["as_of"]["block"]), False)
    assert (block["hash"], int(block["timestamp"], 16)) == (answer["as_of"]["hash"], answer["as_of"]["time"])


def test_walking_next_visits_every_entity_once_at_one_block_while_the_ledger_grows(stack: Stack) -> None:
    page = stack.client.get(PARTIES, params={"limit": 3}).json()
    first, seen = page, list(page["items"])
    stack.enrol("latecomer", "FARMER")
    while page["next"]:
        page = stack.client.get(PARTIES, params={"limit": 3, "cursor": page["next"]}).json()
        seen += page["items"]
    assert [party["id"] for party in seen] == list(range(1, first["total"] + 1))
    assert page["as_of"]["hash"] == first["as_of"]["hash"]
    assert stack.client.get(PARTIES).json()["total"] == first["total"] + 1


def test_filters_choose_by_column(stack: Stack) -> None:
    farmers = stack.client.get(PARTIES, params={"role": "FARMER", "limit": 500}).json()
    assert {stack.party_ids["farmer"], stack.party_ids["neighbour"]} <= {one["id"] for one in farmers["items"]}
    assert all("FARMER" in one["roles"] for one in farmers["items"])
    assert farmers["total"] == len(farmers["items"])
    assert stack.client.get(PARTIES, params={"status": "REVOKED"}).json()["items"] == []


def test_an_entity_can_be_asked_for_as_it_stood_at_a_block_and_at_an_instant(stack: Stack) -> None:
    party = stack.enrol("changing", "FARMER")
    before = stack.client.get(f"{PARTIES}/{party}").json()
    stack.act("operator", "Parties.assignRoles", party=party, roles=0b11)
    after = stack.client.get(f"{PARTIES}/{party}").json()
    assert (before["roles"], after["roles"]) == (["FARMER"], ["FARMER", "FIRM"])

    block = before["as_of"]["block"]
    then = stack.client.get(f"{PARTIES}/{party}", params={"as_of": block}).json()
    assert then["roles"] == ["FARMER"]
    assert then["as_of"]["block"] == block
    assert then["as_of"]["hash"] == before["as_of"]["hash"]

    enrolled = stack.client.get(f"{PARTIES}/{party}/history").json()["items"][0]["since_block"]
    early = {"as_of": enrolled - 1}
    assert stack.client.get(f"{PARTIES}/{party}", params=early).json()["code"] == "NotRecorded"
    assert party not in {one["id"] for one in stack.client.get(PARTIES, params=early | {"limit": 500}).json()["items"]}


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8))])
def test_an_instant_means_the_last_block_not_after_it(stack: Stack, zone: timezone) -> None:
    newest = stack.client.get("/v1/parties/1").json()["as_of"]["block"]
    past = stack.client.get("/v1/parties/1", params={"as_of": newest - 5}).json()["as_of"]["time"] - 1
    instant = datetime.fromtimestamp(past, zone).isoformat()
    found = stack.client.get("/v1/parties/1", params={"as_of": instant}).json()["as_of"]
    following = stack.rpc.call("eth_getBlockByNumber", hex(found["block"] + 1), False)
    assert found["time"] <= past < int(following["timestamp"], 16)


def test_the_plus_of_a_time_zone_may_arrive_unencoded(stack: Stack) -> None:
    newest = stack.client.get("/v1/parties/1").json()["as_of"]
    instant = datetime.fromtimestamp(newest["time"], timezone(timedelta(hours=8))).isoformat()
    assert stack.client.get(f"/v1/parties/1?as_of={instant}").json()["as_of"]["time"] == newest["time"]


def test_history_lists_every_version_with_the_blocks_it_was_in_force(stack: Stack) -> None:
    party = stack.enrol("reformed", "FARMER")
    for roles in (0b10, 0b11):
        stack.act("operator", "Parties.assignRoles", party=party, roles=roles)
    versions = stack.client.get(f"{PARTIES}/{party}/history").json()["items"]
    assert [one["roles"] for one in versions] == [["FARMER"], ["FIRM"], ["FARMER", "FIRM"]]
    assert [one["until_block"] for one in versions] == [*(one["since_block"] for one in versions[1:]), None]

    earlier = stack.client.get(
        f"{PARTIES}/{party}/history", params={"as_of": versions[1]["since_block"], "limit": 1}
    ).json()
    assert earlier["total"] == 2
    second = stack.client.get(f"{PARTIES}/{party}/history", params={"cursor": earlier["next"], "limit": 1}).json()
    assert second["items"][0] == versions[1] | {"until_block": None}
    assert second["next"] is None


def test_events_of_an_entity_are_its_own_and_no_others(stack: Stack) -> None:
    party = stack.enrol("observed", "FARMER")
    stack.act("operator", "Parties.assignRoles", party=party, roles=0b10)
    answer = stack.client.get(f"{PARTIES}/{party}/events").json()
    assert [event["event"] for event in answer["items"]] == ["PartyEnrolled", "RolesAssigned"]
    assert all(event["args"]["party"] == party for event in answer["items"])
    assert stack.client.get("/v1/events", params={"party": party}).json()["items"] == answer["items"]


def test_who_knows_the_block_is_told_that_nothing_changed(stack: Stack) -> None:
    block = stack.client.get("/v1/parties/1").json()["as_of"]["block"]
    first = stack.client.get("/v1/parties/1", params={"as_of": block})
    again = stack.client.get("/v1/parties/1", params={"as_of": block}, headers={"if-none-match": first.headers["etag"]})
    assert first.json()["as_of"]["hash"] in first.headers["etag"]
    assert (again.status_code, again.content) == (304, b"")
    stale = stack.client.get("/v1/parties/1", params={"as_of": block}, headers={"if-none-match": 'W/"0x00"'})
    assert stale.status_code == 200


def test_an_answer_is_never_older_than_what_the_mirror_has_committed(stack: Stack) -> None:
    party = stack.enrol("fresh", "FARMER")
    for roles in (0b10, 0b1, 0b10, 0b1):
        stack.act("operator", "Parties.assignRoles", party=party, roles=roles)
        shown = stack.client.get(f"{PARTIES}/{party}").json()["roles"]
        assert shown == (["FIRM"] if roles == 0b10 else ["FARMER"])


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/parties/1?as_of=99999999", 404, "UnknownBlock"),
        ("/v1/parties/1?as_of=0", 404, "UnknownBlock"),
        ("/v1/parties?as_of=1999-01-01T00:00:00Z", 404, "UnknownBlock"),
        ("/v1/parties?as_of=2999-01-01T00:00:00Z", 404, "UnknownBlock"),
        ("/v1/parties?as_of=yesterday", 422, "AsOfMalformed"),
        ("/v1/parties?as_of=2026-11-22T10:00:00", 422, "AsOfMalformed"),
        ("/v1/parties?as_of=-1", 422, "AsOfMalformed"),
        ("/v1/parties?as_of=", 422, "AsOfMalformed"),
        ("/v1/parties/1?as_of=999999999999999999999999", 422, "AsOfMalformed"),
        ("/v1/parties?cursor=zzz", 422, "CursorMalformed"),
        ("/v1/parties?cursor=WzEsIngiXQ", 422, "CursorMalformed"),
        ("/v1/parties?limit=0", 422, "ParameterMalformed"),
        ("/v1/parties?colour=red", 422, "ParameterMalformed"),
        ("/v1/parties?role=KING", 422, "RoleUnknown"),
        ("/v1/parties/0", 422, "IdMalformed"),
        ("/v1/parties/99999999999999999999", 422, "IdMalformed"),
        ("/v1/parties/424242", 404, "NotRecorded"),
        ("/v1/trees/0xzz", 422, "IdMalformed"),
        ("/v1/trees/7", 404, "NotRecorded"),
        ("/v1/trees?title=SOLD", 422, "ParameterMalformed"),
        ("/v1/evidence/0x12", 422, "IdMalformed"),
        ("/v1/events?tree=x", 422, "IdMalformed"),
        ("/v1/nothing", 404, "NotFound"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_of_its_own(stack: Stack, path: str, status: int, code: str) -> None:
    answer = stack.client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{code}"
    assert stack.client.get(answer.json()["type"]).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/parties?limit=0",
        "/v1/parties?limit=many",
        "/v1/parties?colour=red",
        "/v1/trees?title=SOLD",
        "/v1/events?order=random",
        f"/v1/trees?tag={'x' * 101}",
        "/v1/parties/0",
        "/v1/trees/0xzz",
        "/v1/evidence/0x12",
        "/v1/parties?as_of=2999-01-01T00:00:00Z",
    ],
)
def test_chinese_words_embed_no_english_ones(stack: Stack, path: str) -> None:
    told = stack.client.get(path).json()["detail_zh"]
    english = {"input", "should", "string", "valid", "extra", "inputs", "hex", "or", "the", "instant", "missing"}
    assert not english & set(re.findall("[a-z]+", told.lower())), told


def test_a_body_is_complained_of_in_chinese(stack: Stack) -> None:
    bodies: list[Any] = [{}, {"account": 5}, {"account": "0x", "more": 1}, [], "text"]
    for body in bodies:
        told = stack.client.post("/v1/session/challenge", json=body).json()
        assert told["code"] == "RequestMalformed"
        assert not re.search("[Ff]ield required|[Ii]nput|permitted|不符合要求", told["detail_zh"]), told["detail_zh"]


def test_a_page_of_a_block_that_left_the_chain_says_so(stack: Stack) -> None:
    from api.reads import Place

    token = Place(5, "0x" + "ab" * 32, (1,)).token()
    answer = stack.client.get(PARTIES, params={"cursor": token})
    assert (answer.status_code, answer.json()["code"]) == (410, "CursorOvertaken")


def test_problems_speak_the_callers_language(stack: Stack) -> None:
    def detail(language: str) -> str:
        headers = {"accept-language": language}
        found: str = stack.client.get("/v1/parties/424242", headers=headers).json()["detail"]
        return found

    assert detail("zh-CN,zh;q=0.9,en;q=0.8").startswith("截至区块")
    assert detail("fr;q=1, en;q=0.5, zh;q=0.2").startswith("There is no party")
    assert detail("en;q=rubbish").startswith("There is no party")
