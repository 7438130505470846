"""The devnet's clock: the real one plus an offset that survives restarts, so that a past can be simulated.

Only a development chain's clock can be moved, and only forward: blocks never grow older than their parents.
"""

from __future__ import annotations

import time
from pathlib import Path

from chain.errors import ChaqiError
from chain.rpc import NodeError, Rpc
from chain.settings import Settings

CAUGHT_UP = 1
"""Seconds between the chain's clock and the real one that count as none."""


class ClockFixed(ChaqiError):
    """The node keeps real time: it is no development chain."""

    en = "The chain's clock cannot be moved: {url} is not a development chain."
    zh = "无法调整链上时间：{url} 不是开发链。"


def offset(settings: Settings) -> int:
    """Seconds by which the chain's clock is ahead of the real one; negative in a simulated past."""
    try:
        return int(_file(settings).read_text())
    except FileNotFoundError:
        return 0


def remember_offset(settings: Settings, seconds: int) -> None:
    """Keep the offset for the next start of the chain; none once the chain has caught up with real time."""
    file = _file(settings)
    if abs(seconds) <= CAUGHT_UP:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{seconds}\n")


def advance_to(settings: Settings, rpc: Rpc, instant: int) -> int:
    """Move the devnet's clock forward to `instant` (UTC seconds) in a new block; time ticks on from there.

    An instant that the chain has already reached changes nothing. The head's timestamp is returned.
    Raises `ClockFixed` where the node is no development chain.
    """
    _advance(settings, rpc, instant, mine=True)
    return _head_time(rpc)


def let_next_be_at(settings: Settings, rpc: Rpc, instant: int) -> None:
    """Like `advance_to`, but leaves it to the next block, whatever it brings, to move the clock: a block costs a node
    that holds much more than the acts in it.
    """
    _advance(settings, rpc, instant, mine=False)


def _advance(settings: Settings, rpc: Rpc, instant: int, *, mine: bool) -> None:
    if instant <= _head_time(rpc):
        return
    try:
        rpc.call("evm_setNextBlockTimestamp", instant)
        if mine:
            rpc.call("evm_mine")
    except NodeError as refusal:
        if _head_time(rpc) >= instant:  # an interval block came in between
            return
        raise ClockFixed(url=rpc.url) from refusal
    remember_offset(settings, instant - int(time.time()))


def _head_time(rpc: Rpc) -> int:
    return int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def _file(settings: Settings) -> Path:
    return settings.var_dir / "devnet" / "clock"
