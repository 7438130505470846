"""Events: lists both ways, and the stream that misses and repeats nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from api.events import EventScope, Follower
from api.reads import Reads
from tests.stack import Stack, wait_for


def walk(stack: Stack, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = stack.client.get("/v1/events", params=params | cursor).json()
        found += page["items"]
        if page["next"] is None:
            assert len(found) == page["total"]
            return found
        cursor = {"cursor": page["next"]}


def test_both_orders_walk_the_same_events(stack: Stack) -> None:
    last = stack.client.get("/v1/events").json()["as_of"]["block"]
    oldest = walk(stack, limit=7, to_block=last)
    newest = walk(stack, limit=500, to_block=last, order="newest")
    assert oldest == newest[::-1]
    positions = [(event["block"], event["log_index"]) for event in oldest]
    assert positions == sorted(set(positions))


def test_events_are_the_chains_own_logs(stack: Stack) -> None:
    address = stack.deployment.address("Parties")
    found = walk(stack, contract="Parties", limit=500)
    logs = stack.rpc.call(
        "eth_getLogs",
        {"address": address, "fromBlock": "0x0", "toBlock": hex(max(event["block"] for event in found))},
    )
    assert [(event["block"], event["log_index"], event["tx_hash"]) for event in found] == [
        (int(log["blockNumber"], 16), int(log["logIndex"], 16), log["transactionHash"]) for log in logs
    ]


def test_events_are_chosen_by_name_and_blocks(stack: Stack) -> None:
    enrolled = walk(stack, event="PartyEnrolled")
    assert {event["event"] for event in enrolled} == {"PartyEnrolled"}
    block = enrolled[2]["block"]
    assert all(event["block"] == block for event in walk(stack, from_block=block, to_block=block))
    assert walk(stack, event="PartyEnrolled", as_of=block)[-1]["block"] == block
    assert walk(stack, event="NoSuchEvent") == []


@pytest.mark.parametrize("place", ["x", "1", "1:x", "-1:0", "1:2:3", f"{2**63}:0", f"1:{2**63}", f"1:{10**30}"])
def test_a_malformed_place_in_the_stream_is_refused(stack: Stack, place: str) -> None:
    answer = stack.client.get("/v1/events/stream", headers={"last-event-id": place})
    assert (answer.status_code, answer.json()["code"]) == (422, "CursorMalformed")


def test_a_stream_asks_the_mirror_beside_the_event_loop(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    view, on_loop = Reads.view, []

    def watched(*arguments: Any) -> Any:
        on_loop.append(asyncio._get_running_loop() is not None)
        return view(*arguments)

    monkeypatch.setattr(Reads, "view", watched)
    assert stack.client.get("/v1/events/stream", params={"tree": "x"}).json()["code"] == "IdMalformed"
    assert on_loop == [False]


def listen(url: str, headers: dict[str, str] | None = None, **params: Any) -> Iterator[dict[str, Any]]:
    with httpx2.stream("GET", url, params=params, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told: dict[str, Any] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name:
                told[name] = value
            elif "data" in told:
                yield told | {"data": json.loads(told["data"])}
                told = {}
            else:
                told = {}


def test_a_listener_hears_what_is_mirrored_and_resumes_where_it_broke_off(stack: Stack, served: str) -> None:
    start = stack.client.get("/v1/events").json()["as_of"]["block"]
    roots = [stack.anchor() for _ in range(3)]
    heard = listen(f"{served}/v1/events/stream", from_block=start, event="Anchored")
    first = next(heard)
    heard.close()  # type: ignore[attr-defined]
    assert first["data"]["args"]["evidence"] == roots[0]
    assert first["event"] == "Anchored"

    resumed = listen(f"{served}/v1/events/stream", {"last-event-id": first["id"]}, event="Anchored")
    assert [next(resumed)["data"]["args"]["evidence"] for _ in range(2)] == roots[1:]
    later = stack.anchor()
    assert next(resumed)["data"]["args"]["evidence"] == later
    resumed.close()  # type: ignore[attr-defined]


def test_a_listener_without_a_place_hears_only_what_is_new(stack: Stack, served: str) -> None:
    stack.anchor()
    heard = listen(f"{served}/v1/events/stream", event="Anchored")
    told: list[Any] = []
    thread = threading.Thread(target=lambda: told.append(next(heard)))
    thread.start()
    new = [stack.anchor() for _ in range(2)]
    wait_for(lambda: told or None)
    thread.join()
    heard.close()  # type: ignore[attr-defined]
    assert told[0]["data"]["args"]["evidence"] in new


def test_blocks_that_leave_the_chain_are_taken_back(stack: Stack) -> None:
    reads = stack.app.state.context.reads
    kept = stack.client.get("/v1/events").json()["as_of"]["block"]
    stack.anchor()
    follower = Follower(reads, EventScope(event="Anchored"), (kept, 2**62))
    back, found = follower.catch_up()
    assert (back, len(found)) == (None, 1)
    assert follower.catch_up() == (None, [])
    follower._sent[-1] = (found[0]["block"], "0x" + "00" * 32)  # as if another block stood there when it was sent
    assert follower.catch_up() == (found[0]["block"] - 1, found)
