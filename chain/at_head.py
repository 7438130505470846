"""A node's answers about its newest state, asked for once however many want to know them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from functools import lru_cache, reduce
from itertools import pairwise
from operator import or_
from typing import Any, Final, Protocol

import orjson

from chain.proofs import maybe_in_bloom
from chain.rpc import NodeError, Rpc

FRESH_SECONDS: Final = 0.1
"""How long the newest block is believed to be that; after half of it the next is looked for, while nobody waits."""

KEPT_ANSWERS: Final = 16_384

BRIDGED_BLOCKS: Final = 256
"""How many blocks may have passed unseen before everything is asked again."""

HEAD: Final = ("eth_getBlockByNumber", "latest", False)

Question = tuple[Any, ...]
"""A method and its parameters."""

Header = dict[str, Any]
"""A block as the node tells it, without its transactions."""


class Node(Protocol):
    """Whoever answers JSON-RPC calls."""

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call. Raises `NodeUnreachable`, `NodeError`."""


class Answers:
    """What a node answered, to be read as if it were the node."""

    def __init__(self, answers: dict[bytes, Any]) -> None:
        self._answers = answers

    def call(self, method: str, *params: Any) -> Any:
        """The result of a call that was asked for. Raises `NodeError` where the node refused it."""
        answer = self._answers[_asked((method, *params))]
        if isinstance(answer, NodeError):
            raise answer.with_traceback(None)
        return answer


class AtHead:
    """A node that is asked everything once, used in one event loop. Answers are of the newest block, or of one that was
    the newest `FRESH_SECONDS` ago. What is asked while the node is answering goes together in the next round trip.

    For questions whose answers no mere passing of time changes: a contract's answer stands until a block has a log of
    that contract, as every change of its record is told by an event. The headers of blocks that nobody asked about
    meanwhile are read for that. A reorganisation drops all answers.
    """

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._looked = float("-inf")
        self._head: Header = {"hash": None}  # none yet
        self._answers: dict[bytes, Any] = {}
        self._wanted: dict[bytes, Question] = {}
        self._leaving: asyncio.Task[Answers] | None = None
        self._under_way: asyncio.Task[Answers] | None = None

    async def ask(self, questions: Iterable[Question]) -> Answers:
        """The answers; those that are not known yet from the node. Raises `NodeUnreachable`."""
        asked = {_asked(question): question for question in questions}
        age = time.monotonic() - self._looked
        if age <= FRESH_SECONDS and asked.keys() <= self._answers.keys():
            if age > FRESH_SECONDS / 2 and (self._under_way is None or self._under_way.done()):
                self._leave().add_done_callback(_looked_in_vain)
            return Answers(self._answers)
        self._wanted |= asked
        return await asyncio.shield(self._leave())

    def _leave(self) -> asyncio.Task[Answers]:
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._trip(self._under_way))
        return self._leaving

    async def _trip(self, before: asyncio.Task[Answers] | None) -> Answers:
        if before is not None and not before.done():
            await asyncio.wait([before])
        wanted, self._wanted = self._wanted, {}
        self._under_way, self._leaving = self._leaving, None
        return await asyncio.to_thread(self._fetch, wanted)

    def _fetch(self, wanted: dict[bytes, Question]) -> Answers:
        """The head first, so that no answer is kept for a block younger than the state that it is of."""
        looked, head = time.monotonic(), self._rpc.call(*HEAD)
        if head["hash"] != self._head["hash"]:
            self._head, self._answers = head, {**self._standing(head), _HEAD: head}
        missing = {asked: question for asked, question in wanted.items() if asked not in self._answers}
        found = self._rpc.try_batch([(method, params) for method, *params in missing.values()])
        self._answers.update(zip(missing, found, strict=True))
        self._looked = looked
        return Answers(self._answers)

    def _standing(self, head: Header) -> dict[bytes, Any]:
        """The answers that the blocks after theirs leave as they are."""
        passed = self._passed(head) if 0 < len(self._answers) <= KEPT_ANSWERS else []
        if not passed:
            return {}
        told = reduce(or_, (int(header["logsBloom"], 16) for header in passed))

        def stands(asked: bytes, answer: Any) -> bool:
            contract = _contract(asked)
            untouched = contract is None or not maybe_in_bloom(told, contract)
            return untouched and answer is not None and not isinstance(answer, NodeError)

        return {asked: answer for asked, answer in self._answers.items() if stands(asked, answer)}

    def _passed(self, head: Header) -> list[Header]:
        """The headers after the one that the answers are of, up to `head`; none if they lead elsewhere, or too many."""
        first, last = (int(header["number"], 16) for header in (self._head, head))
        if not first < last <= first + BRIDGED_BLOCKS:
            return []
        between = self._rpc.batch(("eth_getBlockByNumber", [hex(number), False]) for number in range(first + 1, last))
        if None in between:  # the node's chain has become shorter meanwhile
            return []
        leads = all(one["hash"] == next["parentHash"] for one, next in pairwise([self._head, *between, head]))
        return [*between, head] if leads else []


def _looked_in_vain(trip: asyncio.Task[Answers]) -> None:
    """Nobody waited for it; whoever has to wait for the next is told what is wrong."""
    if not trip.cancelled():
        trip.exception()


def _asked(question: Question) -> bytes:
    return orjson.dumps(question)


_HEAD: Final = _asked(HEAD)


@lru_cache(KEPT_ANSWERS)
def _contract(asked: bytes) -> str | None:
    """The contract that a question is for; None for one about blocks and transactions."""
    method, *parameters = orjson.loads(asked)
    return str(parameters[0]["to"]) if method == "eth_call" else None
