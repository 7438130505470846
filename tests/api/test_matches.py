"""Matching through the door: computed on demand, kept by the worker's job, and everybody sees only his own terms."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa

from api.matches import DEMAND_EXAMPLE, LOT_EXAMPLE
from chain.offchain import writing
from indexer.store import open_mirror
from tests.stack import Stack
from workflows.matching import job
from workflows.matching.market import Rules
from workflows.matching.supply import Card
from workflows.matching.tables import Runs

MATCHES = "/v1/matches"
MARKET = {"supply": [LOT_EXAMPLE], "demand": [DEMAND_EXAMPLE | {"id": "b", "firm": 7}]}


@pytest.fixture(scope="module")
def firm(stack: Stack) -> int:
    return stack.enrol("tea firm", "FIRM")


@pytest.fixture
def mirror(stack: Stack) -> Any:
    engine = open_mirror(stack.settings.mirror_url)
    yield engine
    engine.dispose()


def test_a_market_in_the_request_is_matched_and_explained(stack: Stack) -> None:
    answer = stack.client.post(MATCHES, json=MARKET)
    assert answer.status_code == 200, answer.text
    result = answer.json()
    (trade,) = result["trades"]
    assert (result["kind"], trade["farmer"], trade["firm"], trade["grams"]) == ("proposal", 42, 7, 1_600)
    assert result["gap_fen"] == 0
    assert [one["reason"] for one in (*result["lots"], *result["demands"])] == ["LOT_MATCHED", "DEMAND_PARTLY"]
    assert "全部匹配" in result["lots"][0]["zh"]
    assert stack.client.post(MATCHES, json=MARKET).json() == result


@pytest.mark.parametrize(
    ("change", "code"),
    [({"place": "月球"}, "PlaceUnknown"), ({"grams": 0}, "RequestMalformed"), ({"grams": 1.5}, "RequestMalformed")],
)
def test_a_malformed_market_is_refused(stack: Stack, change: dict[str, Any], code: str) -> None:
    answer = stack.client.post(MATCHES, json=MARKET | {"supply": [LOT_EXAMPLE | change]})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    twice = stack.client.post(MATCHES, json=MARKET | {"supply": [LOT_EXAMPLE, LOT_EXAMPLE]})
    assert twice.json()["code"] == "MarketMalformed"


def test_demands_are_posted_listed_and_withdrawn_by_their_firm(stack: Stack, firm: int) -> None:
    headers = stack.sign_in("tea firm")
    made = stack.client.post(f"{MATCHES}/demands", json=DEMAND_EXAMPLE, headers=headers)
    assert made.status_code == 201, made.text
    own = stack.client.get(f"{MATCHES}/demands", headers=headers).json()["items"]
    assert [one["id"] for one in own] == [made.json()["id"]]
    address = f"{MATCHES}/demands/{made.json()['id']}"
    assert stack.client.get(f"{MATCHES}/demands").status_code == 401
    assert stack.client.delete(address, headers=stack.sign_in("farmer")).status_code == 403
    assert stack.client.delete(address, headers=headers).status_code == 204
    assert stack.client.delete(address, headers=headers).json()["code"] == "DemandUnknown"
    assert stack.client.get(f"{MATCHES}/demands", headers=headers).json()["items"] == []
    nowhere = stack.client.post(f"{MATCHES}/demands", json=DEMAND_EXAMPLE | {"place": "月球"}, headers=headers)
    assert nowhere.json()["code"] == "PlaceUnknown"


def test_a_run_is_computed_when_something_moved_and_shows_each_party_its_own(
    stack: Stack, firm: int, mirror: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A tree is registered only after a notice of 15 days, which a shared chain does not live to see.
    card = Card("7", stack.party_ids["farmer"], "乌岽", "蜜兰香", 610, 640, 610, "A")
    monkeypatch.setattr(job, "cards", lambda connection, instant: [card])
    store, now = stack.outbox.store, stack.now()
    with writing(store) as connection:
        connection.execute(sa.delete(Runs))
    assert stack.client.get(MATCHES).json()["code"] == "NoRun"

    headers = stack.sign_in("tea firm")
    year = time.gmtime(now).tm_year + 1
    dear = {"season": f"{year}-spring", "price": 9_000_000, "due": f"{year}-06-30"}
    last = {"season": f"{year - 1}-spring", "price": 9_000_000, "due": f"{year - 1}-12-31"}
    for wish in (dear, last):
        stack.client.post(f"{MATCHES}/demands", json=DEMAND_EXAMPLE | wish, headers=headers)
    first = job.match_mirror(store, mirror, Rules(), now=now)
    assert first is not None
    assert job.match_mirror(store, mirror, Rules(), now=now) is None, "nothing moved"

    public = stack.client.get(MATCHES).json()
    assert (public["inputs_hash"], public["kind"]) == (first, "proposal")
    assert "trades" not in public and public["fairness"]["small_farmers"] in (0, 1)
    own = stack.client.get(MATCHES, headers=headers).json()
    assert {trade["firm"] for trade in own["trades"]} <= {firm}
    assert len(own["demands"]) == 2
    others = stack.client.get(MATCHES, headers=stack.sign_in("neighbour")).json()
    assert (others["trades"], others["lots"], others["demands"]) == ([], [], [])

    before = public["block"] - 1
    assert stack.client.get(MATCHES, params={"as_of": before}).json()["code"] == "NoRun"
    with writing(store) as connection:
        connection.execute(sa.update(Runs).values(block_hash="0x" + "00" * 32))
    assert stack.client.get(MATCHES).json()["code"] == "NoRun", "a run of a block that left the chain is not shown"


def test_the_job_reads_the_cards_of_registered_living_unrestrained_trees(stack: Stack, mirror: sa.Engine) -> None:
    with mirror.connect() as connection:
        found = {card.tree for card in job.cards(connection, stack.now())}
    listed = stack.client.get("/v1/trees", params={"title": "REGISTERED", "life": "ALIVE", "limit": 500}).json()
    shown = [stack.client.get(f"/v1/trees/{tree['id']}").json() for tree in listed["items"]]
    assert found == {one["id"] for one in shown if not any(limit["in_force"] for limit in one["restraints"])}
