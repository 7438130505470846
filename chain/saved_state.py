"""The saved state of an anvil chain on disk: written whole or not at all, with the copy before it kept.

anvil's own `--state` writes in place: a crash meanwhile leaves half a file. Here the node is asked for it
(`anvil_dumpState`), which comes compressed with a checksum and goes into place by a rename.
"""

from __future__ import annotations

import gzip
import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from chain.errors import ChaqiError
from chain.rpc import Rpc

DUMPS = 20
"""How often the node is asked for a state that is of one block."""


class StateUnreadable(ChaqiError):
    """Neither the saved state of the chain nor the copy before it can be read."""

    en = (
        "The saved state of the local chain in {folder} is damaged, and so is the copy before it. "
        "Remove that folder to start a new chain (its blocks are lost)."
    )
    zh = "本地链在 {folder} 中保存的状态及其备份均已损坏。删除该目录可重新建链（原有区块将丢失）。"


class StateFellBack(ChaqiError):
    """The newest saved state was damaged; the chain goes on from the copy before it."""

    en = (
        "The newest saved state of the local chain was damaged (kept as {damaged}). The chain goes on from "
        "the copy before it; transactions since then are sent again by the relay."
    )
    zh = "本地链最新保存的状态已损坏（保留为 {damaged}）。已从上一份副本继续，其后的交易将由中继重新发送。"


class StateTorn(ChaqiError):
    """The node gave no state that is of one block."""

    en = "The local chain gave no whole state in {times} tries; the one before stays. It is saved again shortly."
    zh = "本地链在 {times} 次尝试中均未给出完整状态；保留上一份，稍后重试。"


@dataclass(frozen=True)
class Loaded:
    """A state laid out for anvil's `--load-state`."""

    file: Path
    head_time: int
    """Timestamp of the newest block when the state was saved: no later block may be older. UTC seconds."""
    fell_back: StateFellBack | None


class SavedState:
    """The saved states in one folder."""

    def __init__(self, folder: Path) -> None:
        self.newest = folder / "state.json.gz"
        self.before = folder / "state.before.json.gz"
        self._folder = folder

    @property
    def exists(self) -> bool:
        """Whether a chain was saved here."""
        return self.newest.exists() or self.before.exists()

    def save(self, rpc: Rpc) -> None:
        """Ask the node for its state and keep it. Raises `NodeUnreachable`, `NodeError`, `StateTorn`."""
        for _ in range(DUMPS):
            state = bytes.fromhex(rpc.call("anvil_dumpState").removeprefix("0x"))
            if _is_whole(orjson.loads(gzip.decompress(state))):
                break
            time.sleep(0.05)
        else:
            raise StateTorn(times=DUMPS)
        arriving = self._folder / "state.arriving"
        with arriving.open("wb") as file:
            file.write(state)
            file.flush()
            os.fsync(file.fileno())
        if self.newest.exists():
            self.newest.replace(self.before)
        arriving.replace(self.newest)

    def load(self) -> Loaded:
        """Lay the newest readable state out for anvil. Raises `StateUnreadable`."""
        damaged: Path | None = None
        for source in (self.newest, self.before):
            if not source.exists():
                continue
            try:
                text = gzip.decompress(source.read_bytes())  # checks length and CRC
            except (OSError, EOFError, zlib.error):
                damaged = source
                continue
            fell_back = None
            if damaged is not None:
                fell_back = StateFellBack(damaged=damaged.replace(self._folder / "state.damaged"))
            state = _with_one_genesis(orjson.loads(text))
            laid_out = self._folder / "state.json"
            laid_out.write_bytes(orjson.dumps(state))
            return Loaded(laid_out, int(state["block"]["timestamp"], 16), fell_back)
        raise StateUnreadable(folder=self._folder)


def _is_whole(state: dict[str, Any]) -> bool:
    """Whether accounts and transactions are of the same block: every transaction raised one sender's nonce by one.

    anvil dumps without waiting for the block that it is executing (5 of 25 dumps under load): the accounts may be one
    block ahead. A chain that begins again from such a state holds acts whose events it never gave.
    """
    senders = (account for account in state["accounts"].values() if account["code"] in ("0x", "", None))
    return sum(_number(account["nonce"]) for account in senders) == len(state["transactions"])


def _number(value: int | str) -> int:
    return value if isinstance(value, int) else int(value, 0)


def _with_one_genesis(state: dict[str, Any]) -> dict[str, Any]:
    """The state without the genesis blocks that anvil makes, and dumps, at each later start.

    Which of them it then answers as block 0 is chance. Its clock only goes forward: the oldest is the chain's own.
    """
    genesis = min(
        (block for block in state["blocks"] if block["header"]["number"] == "0x0"),
        key=lambda block: int(block["header"]["timestamp"], 16),
    )
    later = [block for block in state["blocks"] if block["header"]["number"] != "0x0"]
    return state | {"blocks": [genesis, *later]}
