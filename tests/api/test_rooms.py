"""The rooms as pages: all of them, in Chinese first, with their filters, their past, and what can be signed there."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from api import words
from api.domain import PageQuery, example_of
from api.rooms import ROOMS, Room
from tests.stack import Stack

BROWSER = {"accept": "text/html,application/xhtml+xml"}
NUMBERED = "69053470632142356349478571331083923145071832180421283106371238310735163926014"


@pytest.fixture(scope="module")
def tree(stack: Stack) -> str:
    """A tree that was filed and surveyed."""
    evidence = stack.anchor()
    filed = {"tag": "ROOM-1", "village": "凤西村", "cultivar": "宋种", "geoCell": "23.93N116.68E", "titleClass": "A"}
    aged = {"ageYears": 300, "ageMethod": "ORAL", "graftYear": 0, "attributes": "0x" + "c4" * 32}
    stack.act("farmer", "Trees.file", **filed, **aged, evidence=evidence)
    found = stack.client.get("/v1/trees", params={"tag": "ROOM-1"}).json()["items"][0]
    measured = {"girthCm": 90, "heightCm": 400, "crownACm": 300, "crownBCm": 310, "health": "B", "accuracyCm": 20}
    survey = {"tree": found["id"], "attributes": "0x" + "c5" * 32, "evidence": stack.anchor("surveyor")}
    stack.act("surveyor", "Trees.survey", **survey, **measured)
    return str(found["id"])


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_field_of_a_room_has_its_chinese_word(room: Room) -> None:
    shown = {*room.domain.item.model_fields, *room.domain.filters.model_fields} - {*PageQuery.model_fields}
    assert [name for name in shown if not re.search("[\u4e00-\u9fff]", words.label(room.name, name))] == []
    assert set(room.columns) <= set(room.domain.item.model_fields)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_the_example_of_a_room_is_read_without_loss_of_a_field(room: Room) -> None:
    example = example_of(room.domain.item)
    assert all(words.cell(room.name, name, value).zh for name, value in example.items())


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_can_be_entered_even_while_it_is_empty(stack: Stack, room: Room) -> None:
    page = stack.client.get(f"/{room.name}", headers=BROWSER)
    assert page.status_code == 200
    assert room.domain.kind_zh in page.text and "default-src 'self'" in page.headers["content-security-policy"]


def test_a_list_shows_what_its_filters_ask_for(stack: Stack, tree: str) -> None:
    page = stack.client.get("/trees", params={"tag": "ROOM-1", "village": "", "title": "SURVEYED"}).text
    assert f'href="/trees/{tree}"' in page and "已勘测" in page and "共 1 条" in page
    assert "没有符合条件的记录" in stack.client.get("/trees", params={"tag": "ROOM-1", "title": "REJECTED"}).text


def test_a_list_goes_on_where_its_page_ends(stack: Stack) -> None:
    first = stack.client.get("/parties", params={"limit": "2", "status": "ACTIVE"}).text
    following = unescape(re.findall(r'<a href="\?([^"]+)" rel="next">', first)[0])
    assert parse_qs(following)["status"] == ["ACTIVE"]
    second = stack.client.get(f"/parties?{following}").text
    listed = re.compile(r'href="/parties/(\d+)"')
    assert not set(listed.findall(first)) & set(listed.findall(second))


def test_one_is_shown_with_units_history_and_links(stack: Stack, tree: str) -> None:
    page = stack.client.get(f"/trees/{tree}").text
    assert "90 厘米" in page and "300 年" in page and "乙" in page
    assert f'href="/parties/{stack.party_ids["farmer"]}"' in page and f'href="/liens?asset={tree}"' in page
    assert "已申报" in page and "首次记载" in page  # what changed, and from what


def test_one_is_shown_as_it_was(stack: Stack, tree: str) -> None:
    filed = stack.client.get(f"/v1/trees/{tree}/history").json()["items"][0]["since_block"]
    page = stack.client.get(f"/trees/{tree}", params={"as_of": filed}).text
    assert f"截至区块 {filed}" in page and "90 厘米" not in page


def test_the_acts_that_concern_one_are_offered_with_its_id(stack: Stack, tree: str) -> None:
    page = stack.client.get(f"/trees/{tree}").text
    asked = [parse_qs(urlsplit(unescape(link)).query) for link in re.findall(r'href="(/sign\?[^"]+)"', page)]
    assert {"act": ["Trees.postNotice"], "tree": [tree]} in asked


def numberless(said: str) -> str:
    """Without the block, which may have grown between two requests."""
    return re.sub(r"\d+", "", said)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/trees/{NUMBERED}", "NotRecorded"),
        ("/trees/abc", "IdMalformed"),
        ("/trees?title=nothing", "ParameterMalformed"),
        ("/trees?colour=green", "ParameterMalformed"),
        ("/trees?as_of=yesterday", "AsOfMalformed"),
        ("/trees?cursor=abc", "CursorMalformed"),
        ("/nowhere", "NotFound"),
    ],
)
def test_what_is_wrong_is_told_a_person_on_a_page_and_a_program_as_a_problem(
    stack: Stack, path: str, code: str
) -> None:
    page, problem = stack.client.get(path, headers=BROWSER), stack.client.get(path)
    assert page.status_code == problem.status_code >= 400
    assert page.headers["content-type"].startswith("text/html") and f"<h1>{code}" in page.text
    assert problem.json()["code"] == code
    assert numberless(problem.json()["detail_zh"]) in numberless(unescape(page.text))


def test_a_method_that_is_not_served_is_refused_on_a_page_too(stack: Stack) -> None:
    refused = stack.client.delete("/trees", headers=BROWSER)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
    assert "<h1>RequestRefused <small>HTTP 405" in refused.text
    problem = stack.client.delete("/v1/trees").json()
    assert (problem["code"], problem["status"], problem["title"]) == ("RequestRefused", 405, "Method Not Allowed")


def test_the_api_answers_a_browser_as_it_answers_a_program(stack: Stack) -> None:
    assert stack.client.get("/v1/trees/abc", headers=BROWSER).json()["code"] == "IdMalformed"
