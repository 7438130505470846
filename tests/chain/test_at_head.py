"""A node asked once: what stands over a new block, and what is asked again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Sequence
from typing import Any, cast

import pytest

from chain import at_head
from chain.at_head import HEAD, Answers, AtHead, Question
from chain.proofs import bloom_mask
from chain.rpc import NodeError, NodeUnreachable, Rpc

CONTRACT, OTHER = "0x" + "aa" * 20, "0x" + "bb" * 20
RECORD: Question = ("eth_call", {"to": CONTRACT, "data": "0x01"}, "latest")
REFUSED: Question = ("eth_call", {"to": OTHER, "data": "0x02"}, "latest")
UNMINED: Question = ("eth_getTransactionReceipt", "0x" + "cc" * 32)
BLOCK: Question = ("eth_getBlockByNumber", "0x1", False)
ALL = [HEAD, RECORD, REFUSED, UNMINED, BLOCK]


class Node:
    """A chain of headers, and a count of what it was asked."""

    def __init__(self) -> None:
        self.head = {"hash": "0x01", "number": "0x1", "parentHash": "0x00", "logsBloom": "0x00"}
        self.passed: list[Any] = []
        self.trips: list[list[Question]] = []
        self.waits = threading.Event()
        self.waits.set()
        self.fails = False

    def call(self, method: str, *params: Any) -> Any:
        assert (method, *params) == HEAD
        if self.fails:
            raise NodeUnreachable(url="", reason="")
        return self.head

    def try_batch(self, calls: Iterable[tuple[str, Sequence[Any]]]) -> list[Any]:
        questions: list[Question] = [(method, *params) for method, params in calls]
        self.trips.append(questions)
        self.waits.wait()
        return [self.answer(question) for question in questions]

    def batch(self, calls: Iterable[tuple[str, Sequence[Any]]]) -> list[Any]:
        numbers = [int(number, 16) for _, (number, _) in calls]
        return [one for one in self.passed if int(one["number"], 16) in numbers] or [None] * len(numbers)

    def answer(self, question: Question) -> Any:
        if question == REFUSED:
            return NodeError("eth_call", 3, "execution reverted")
        return None if question == UNMINED else f"{question[0]} at {self.head['hash']}"

    def grow(self, hash: str, parent: str, *touched: str) -> None:
        """A block whose hash says its number."""
        self.passed.append(self.head)
        bloom = hex(sum(map(bloom_mask, touched)))
        self.head = {"hash": hash, "number": hash, "parentHash": parent, "logsBloom": bloom}
        self.trips = []


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.setattr(at_head, "FRESH_SECONDS", -1.0)  # the head is looked at every time
    return Node()


@pytest.fixture
def asking(node: Node) -> AtHead:
    return AtHead(cast(Rpc, node))


def ask(asking: AtHead, *questions: Question) -> Answers:
    return asyncio.run(asking.ask(questions or ALL))


def test_what_is_known_is_not_asked_again(node: Node, asking: AtHead) -> None:
    for _ in range(3):
        answers = ask(asking)
        assert answers.call(*RECORD) == "eth_call at 0x01"
        assert answers.call(*HEAD)["hash"] == "0x01"
        with pytest.raises(NodeError, match="reverted"):
            answers.call(*REFUSED)
    assert node.trips == [ALL[1:], [], []]


def test_a_block_without_a_log_of_the_contract_leaves_what_was_found(node: Node, asking: AtHead) -> None:
    ask(asking)
    node.grow("0x02", "0x01", OTHER)
    answers = ask(asking)
    assert node.trips == [[REFUSED, UNMINED]], "what was refused or was not there yet"
    assert answers.call(*RECORD) == "eth_call at 0x01"
    assert answers.call(*HEAD)["hash"] == "0x02"


def test_a_log_of_the_contract_has_it_asked_again(node: Node, asking: AtHead) -> None:
    ask(asking)
    node.grow("0x02", "0x01", CONTRACT)
    assert ask(asking).call(*RECORD) == "eth_call at 0x02"
    assert node.trips == [[RECORD, REFUSED, UNMINED]]


def test_blocks_that_passed_unseen_are_looked_through(node: Node, asking: AtHead) -> None:
    ask(asking)
    node.grow("0x02", "0x01")
    node.grow("0x03", "0x02", OTHER)
    node.grow("0x04", "0x03")
    answers = ask(asking)
    assert node.trips == [[REFUSED, UNMINED]]
    assert (answers.call(*RECORD), answers.call(*HEAD)["hash"]) == ("eth_call at 0x01", "0x04")

    node.grow("0x05", "0x04", CONTRACT)
    node.grow("0x06", "0x05")
    assert ask(asking).call(*RECORD) == "eth_call at 0x06"


@pytest.mark.parametrize(
    "blocks",
    [
        [("0x02", "0x99")],
        [("0x02", "0x99"), ("0x03", "0x02")],
        [("0x02", "0x01"), ("0x03", "0x99")],
        [("0x01", "0x00")],
        [("0x00", "0x99")],
    ],
    ids=["another parent", "a gap from another parent", "a gap to another child", "as many blocks", "fewer blocks"],
)
def test_after_a_reorganisation_everything_is_asked_again(
    node: Node, asking: AtHead, blocks: list[tuple[str, str]]
) -> None:
    ask(asking)
    for hash, parent in blocks:
        node.grow(hash, parent)
    node.head["hash"] += " anew"
    ask(asking)
    assert node.trips == [ALL[1:]]


def test_after_too_many_blocks_or_without_them_everything_is_asked_again(node: Node, asking: AtHead) -> None:
    ask(asking)
    node.grow("0x04", "0x03")  # the node does not tell what was between
    ask(asking)
    assert node.trips == [ALL[1:]]

    for number in range(5, 6 + at_head.BRIDGED_BLOCKS):
        node.grow(hex(number), node.head["hash"])
    ask(asking)
    assert node.trips == [ALL[1:]]


def test_a_head_just_seen_is_not_looked_for(node: Node, asking: AtHead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_head, "FRESH_SECONDS", 3600.0)
    ask(asking, RECORD)
    node.grow("0x02", "0x01", CONTRACT)
    assert ask(asking, RECORD).call(*RECORD) == "eth_call at 0x01"
    assert node.trips == []


def test_what_is_asked_meanwhile_goes_in_one_trip_and_fails_alone(node: Node, asking: AtHead) -> None:
    async def all_at_once() -> None:
        first = asyncio.create_task(asking.ask([RECORD]))
        await asyncio.sleep(0.01)  # under way
        others = [asyncio.create_task(asking.ask([one])) for one in (BLOCK, REFUSED, RECORD)]
        await asyncio.sleep(0.01)
        node.waits.set()
        await asyncio.gather(first, *others)

    node.waits.clear()
    asyncio.run(all_at_once())
    assert node.trips == [[RECORD], [BLOCK, REFUSED]]

    node.fails = True
    with pytest.raises(NodeUnreachable):
        ask(asking, BLOCK)
    node.fails = False
    assert ask(asking, BLOCK).call(*BLOCK) == "eth_getBlockByNumber at 0x01"


def test_the_next_head_is_looked_for_before_anybody_has_to_wait(
    node: Node, asking: AtHead, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def twice() -> None:
        await asking.ask([RECORD])
        asking._looked -= 2000.0
        node.grow("0x02", "0x01", CONTRACT)
        assert (await asking.ask([RECORD])).call(*RECORD) == "eth_call at 0x01"
        assert asking._leaving is not None
        await asking._leaving
        assert (await asking.ask([RECORD])).call(*RECORD) == "eth_call at 0x02"

    monkeypatch.setattr(at_head, "FRESH_SECONDS", 3600.0)
    asyncio.run(twice())
