"""Answers made once a block, and endpoints found by the first words of their path."""

from __future__ import annotations

import asyncio
import re

import pytest
from starlette.routing import Match, Route
from starlette.testclient import TestClient
from starlette.types import Scope

from api import reads
from api.answers import KEPT_BYTES, Answers, Made
from api.app import ROUTERS, create_app
from api.routing import Endpoints
from indexer.queries import AsOf
from tests.stack import Stack

FIRST, SECOND = (AsOf(number, f"0x{number:064x}", number, 0) for number in (1, 2))


def test_an_answer_is_kept_until_the_next_block() -> None:
    answers = Answers()
    answers.keep(FIRST, "/a", b"first")
    answers.keep(FIRST, "/large", bytes(KEPT_BYTES + 1))
    assert (answers.kept(FIRST, "/a"), answers.kept(FIRST, "/large")) == (b"first", None)
    assert answers.kept(SECOND, "/a") is None
    answers.keep(SECOND, "/b", b"second")
    assert (answers.kept(SECOND, "/a"), answers.kept(SECOND, "/b")) == (None, b"second")


def test_what_many_ask_at_once_is_made_a_single_time_and_fails_for_all() -> None:
    made: list[str] = []

    async def make(address: str) -> Made:
        made.append(address)
        await asyncio.sleep(0)
        if address == "/broken":
            raise LookupError
        return FIRST, address.encode()

    async def ask() -> None:
        answers = Answers()
        asked = ["/a", "/b", "/a", "/broken", "/broken"]
        found = await asyncio.gather(
            *(answers.made(FIRST, one, lambda one=one: make(one)) for one in asked),  # type: ignore[misc]
            return_exceptions=True,
        )
        assert found[:3] == [(FIRST, b"/a"), (FIRST, b"/b"), (FIRST, b"/a")]
        assert all(isinstance(one, LookupError) for one in found[3:])
        assert made == ["/a", "/b", "/broken"]
        await answers.made(FIRST, "/a", lambda: make("/a"))
        assert made[-1] == "/a"

    asyncio.run(ask())


def test_an_answer_given_again_is_the_same_answer(stack: Stack) -> None:
    path = f"/v1/parties/{stack.party_ids['bank']}"
    first = stack.client.get(path)
    again = stack.client.get(path)
    if first.json()["as_of"] == again.json()["as_of"]:
        assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert set(first.headers) == set(again.headers)
    unchanged = stack.client.get(path, headers={"if-none-match": again.headers["etag"]})
    assert unchanged.status_code == 304 or unchanged.json()["as_of"] != again.json()["as_of"]
    assert stack.client.post(path).status_code == 405


ENDPOINTS = [route for router in ROUTERS for route in router.routes]


@pytest.mark.parametrize("path", sorted({route.path for route in ENDPOINTS if isinstance(route, Route)}))
def test_every_endpoint_is_found_as_if_all_were_tried(path: str) -> None:
    found = Endpoints(ENDPOINTS)
    for method in ("GET", "POST", "PUT", "DELETE"):
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": re.sub("[{}]", "", path),
            "root_path": "",
            "headers": [],
        }
        matches = [(one.matches(dict(scope))[0], one) for one in ENDPOINTS]
        wanted = next((one for match, one in matches if match == Match.FULL), None)
        match, child = found.matches(dict(scope))
        assert match == (Match.PARTIAL if wanted is None else Match.FULL)
        assert wanted is None or child["route"] is wanted


def test_what_takes_sqlite_long_is_made_in_a_thread(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "STEPS_AT_ONCE", 1)
    paths = (f"/v1/parties/{stack.party_ids['bank']}", "/v1/parties")
    wanted = []
    for steps in (1_000_000, 10):
        monkeypatch.setattr(reads, "QUICK_STEPS", steps)
        own = create_app(stack.settings)
        with TestClient(own) as client:
            for _ in range(100):  # of many small statements none is interrupted
                wanted.append([client.get(path, headers={"if-none-match": ""}).status_code for path in paths])
    assert wanted == [[200, 200]] * 200
