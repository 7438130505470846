"""The node as a source of ranges of blocks: asked ahead, for as much at a time as it gives and a processor holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from chain.rpc import Line, NodeError, NodeUnreachable, Rpc
from indexer.fetch import ANSWER, Range, calls, check, fetch

ASKED_AHEAD = 8
"""Ranges on which the node works, or which it has ready, while one is digested."""


class Spans:
    """How many blocks to ask for next, so that an answer holds about 500 logs.

    So many, with all that is made of them until they are on their way to the database, fit into a processor's cache
    of 1 MB: with 2,500 every step took nearly twice as long. Grows at most twofold per answer, falls as fast as
    needed, halves when the node refuses.
    """

    LOGS = 500
    MOST = 1_000

    def __init__(self) -> None:
        self.blocks = 8  # a short first answer: until it has come, nobody has anything to do

    def learn(self, blocks: int, logs: int) -> None:
        """Takes an answer into account."""
        fitting = blocks * self.LOGS // max(logs, 1)
        self.blocks = max(1, min(fitting, self.blocks * 2, self.MOST))

    def halve(self) -> bool:
        """After a refusal; False when there is nothing left to halve."""
        smaller = self.blocks > 1
        self.blocks = max(1, self.blocks // 2)
        return smaller


class Source:
    """Gives the blocks of one node, with the logs of `addresses` (lower-case), each range checked by `fetch.check`.

    Everything here raises what `check` raises, and `NodeUnreachable`, `NodeError` once a single block is refused.
    """

    def __init__(self, rpc: Rpc, addresses: Sequence[str], prove: bool) -> None:
        self._rpc = rpc
        self._addresses = addresses
        self._prove = prove
        self.spans = Spans()

    def range(self, first: int, last: int, parent: str | None) -> Range:
        """The blocks from `first` to `last`, after the block `parent`; fewer where the node refuses so many."""
        return self._checked(first, last, parent, None)

    def ranges(self, first: int, last: int, parent: str | None) -> Iterator[Range]:
        """The same in as many ranges as it takes.

        While the caller looks at one, the node works on the next. An answer is read only when its turn has come, so
        that it is still in the processor's cache when the caller looks at it.
        """
        ahead: deque[tuple[int, Line]] = deque()
        idle = [Line(self._rpc) for _ in range(ASKED_AHEAD)]
        with ExitStack() as lines:
            for line in idle:
                lines.callback(line.close)
            asked = first - 1
            while first <= last:
                while asked < last and idle:
                    line, start = idle.pop(), asked + 1
                    asked = min(last, asked + self.spans.blocks)
                    line.ask(calls(self._addresses, start, asked))
                    ahead.append((asked, line))
                end, line = ahead.popleft()
                found = self._checked(first, end, parent, line)
                idle.append(line)
                yield found
                first, parent = found.last + 1, found.headers[-1]["hash"]
                if found.last < end:  # less than was asked for: what is under way does not follow
                    for _, line in ahead:
                        line.close()
                        idle.append(line)
                    ahead.clear()
                    asked = found.last

    def _checked(self, first: int, last: int, parent: str | None, line: Line | None) -> Range:
        """The range, which was asked for on the `line` if there is one."""
        rpc, addresses = self._rpc, self._addresses
        try:
            if line is None:
                found = fetch(rpc, addresses, first, last, parent, self._prove)
            else:
                found = check(rpc, addresses, first, line.answer(ANSWER), parent, self._prove)
        except (NodeError, NodeUnreachable):
            if not self.spans.halve() or last == first:
                raise
            return self._checked(first, min(last, first + self.spans.blocks - 1), parent, None)
        self.spans.learn(last - first + 1, len(found.logs))
        return found
