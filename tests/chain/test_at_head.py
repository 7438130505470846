"""A node asked once: what stands over a new block, and what is asked again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import pytest

from chain import at_head
from chain.at_head import HEAD, AtHead, Question
from chain.proofs import bloom_mask
from chain.rpc import NodeError, Rpc

CONTRACT, OTHER = "0x" + "aa" * 20, "0x" + "bb" * 20
RECORD: Question = ("eth_call", {"to": CONTRACT, "data": "0x01"}, "latest")
REFUSED: Question = ("eth_call", {"to": OTHER, "data": "0x02"}, "latest")
UNMINED: Question = ("eth_getTransactionReceipt", "0x" + "cc" * 32)
BLOCK: Question = ("eth_getBlockByNumber", "0x1", False)
ALL = [HEAD, RECORD, REFUSED, UNMINED, BLOCK]


class Node:
    """A chain of headers, and a count of what it was asked."""

    def __init__(self) -> None:
        self.head = {"hash": "0x01", "parentHash": "0x00", "logsBloom": "0x00"}
        self.asked: list[Question] = []

    def call(self, method: str, *params: Any) -> Any:
        assert (method, *params) == HEAD
        return self.head

    def try_batch(self, calls: Iterable[tuple[str, Sequence[Any]]]) -> list[Any]:
        questions: list[Question] = [(method, *params) for method, params in calls]
        self.asked += questions
        return [self.answer(question) for question in questions]

    def answer(self, question: Question) -> Any:
        if question == REFUSED:
            return NodeError("eth_call", 3, "execution reverted")
        return None if question == UNMINED else f"{question[0]} at {self.head['hash']}"

    def grow(self, hash: str, parent: str, *touched: str) -> None:
        self.head = {"hash": hash, "parentHash": parent, "logsBloom": hex(sum(map(bloom_mask, touched)))}
        self.asked = []


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.setattr(at_head, "FRESH_SECONDS", -1.0)  # the head is looked at every time
    return Node()


@pytest.fixture
def asking(node: Node) -> AtHead:
    return AtHead(cast(Rpc, node))


def test_what_is_known_is_not_asked_again(node: Node, asking: AtHead) -> None:
    for _ in range(3):
        answers = asking.ask(ALL)
        assert answers.call(*RECORD) == "eth_call at 0x01"
        assert answers.call(*HEAD)["hash"] == "0x01"
        with pytest.raises(NodeError, match="reverted"):
            answers.call(*REFUSED)
    assert node.asked == ALL[1:]


def test_a_block_without_a_log_of_the_contract_leaves_what_was_found(node: Node, asking: AtHead) -> None:
    asking.ask(ALL)
    node.grow("0x02", "0x01", OTHER)
    answers = asking.ask(ALL)
    assert node.asked == [REFUSED, UNMINED], "what was refused or was not there yet"
    assert answers.call(*RECORD) == "eth_call at 0x01"
    assert answers.call(*HEAD)["hash"] == "0x02"


def test_a_log_of_the_contract_has_it_asked_again(node: Node, asking: AtHead) -> None:
    asking.ask(ALL)
    node.grow("0x02", "0x01", CONTRACT)
    assert asking.ask(ALL).call(*RECORD) == "eth_call at 0x02"
    assert BLOCK not in node.asked


@pytest.mark.parametrize("parent", ["0x00", "0x07"])
def test_after_a_reorganisation_or_a_gap_everything_is_asked_again(node: Node, asking: AtHead, parent: str) -> None:
    asking.ask(ALL)
    node.grow("0x08", parent)
    asking.ask(ALL)
    assert node.asked == ALL[1:]


def test_nothing_is_known_without_asking_once_the_head_is_old(asking: AtHead, monkeypatch: pytest.MonkeyPatch) -> None:
    asking.ask([RECORD])
    assert asking.known([RECORD]) is None
    monkeypatch.setattr(at_head, "FRESH_SECONDS", 3600.0)
    known = asking.known([RECORD])
    assert known is not None and known.call(*RECORD) == "eth_call at 0x01"
    assert asking.known([RECORD, BLOCK]) is None
