"""The local chain as a child process: anvil, or the pure-Python chain of `chain.fallback` without Node.

    {var_dir}/devnet/
        chain.json      chain id and engine, chosen at the first start and kept
        clock           offset of the chain's clock (chain/clock.py)
        node.json       the running process, so that a chain whose supervisor was killed is taken over
        state*.json.gz  anvil's saved state and the copy before it (chain/saved_state.py)
        chain.db        the pure-Python chain's store
        node.log, home/ whatever the node says and writes; emptied at every start

anvil's flags, each with its measured reason:
    --hardfork berlin            the newest rules that every engine runs (Besu, GoQuorum, FISCO BCOS)
    --order fifo                 the default order, by fees, shuffles transactions that all pay nothing
    --prune-history 8            without it 992 MB against 161 MB after 16,000 acts; without the number
                                 `eth_call` at `latest` fails in 1 % of calls, racing a new block; 2 of a chain
                                 that is not kept, as each state in memory is 130 MB a million slots
    --accounts 0                 no account that the whole world has the key of
    --no-request-size-limit      batches over 2 MB
    never --transaction-block-keeper: `eth_getLogs` answers [] for old blocks
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self
from urllib.parse import urlsplit

import structlog

from chain import clock
from chain.errors import ChaqiError
from chain.node_process import NodeProcess, listener
from chain.rpc import NodeError, NodeUnreachable, Rpc
from chain.saved_state import SavedState, StateTorn
from chain.settings import Settings

_log = structlog.get_logger()

Engine = Literal["anvil", "python"]

GAS_LIMIT = 3_000_000_000
"""Gas limit of a block: room for thousands of acts a second."""

_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 120.0
"""Seconds a node may take to answer; a saved chain of a million acts loads in about a minute."""

_REST_AT_LEAST = 5.0
_REST_PER_SECOND_SAVED = 30.0
_REST_AT_MOST = 120.0
"""A crash may not lose more blocks than the mirror undoes by itself (`Settings.reorg_depth`)."""
"""Saving stops the node for 0.3 s per 10,000 acts; resting 30 times as long bounds that to 3 %."""


class AnvilMissing(ChaqiError):
    """The chain in this folder was begun with anvil, which is not here."""

    en = "anvil is not installed. Run `make setup` with Node 20 or newer, or remove {folder} for a new chain."
    zh = "未安装 anvil。请在安装 Node 20 或更高版本后运行 `make setup`，或删除 {folder} 以新建链。"


class PortTaken(ChaqiError):
    """Something else listens where the chain should."""

    en = "Port {port} is taken by {listener}. Stop that program, or set CHAQI_RPC_URL to another port."
    zh = "端口 {port} 已被 {listener} 占用。请停止该程序，或用 CHAQI_RPC_URL 指定其他端口。"


class DevnetRunning(ChaqiError):
    """Another supervisor runs the chain in this folder."""

    en = "The chain in {folder} is already run by process {pid}. Stop that one first."
    zh = "{folder} 中的链已由进程 {pid} 运行。请先停止它。"


class OtherChainId(ChaqiError):
    """The chain in this folder has another chain id than the settings."""

    en = "The chain in {folder} has chain id {found}, not {expected}. Set CHAQI_CHAIN_ID or CHAQI_VAR_DIR."
    zh = "{folder} 中的链 ID 为 {found}，而非 {expected}。请设置 CHAQI_CHAIN_ID={found} 或使用其他目录。"


class NotLocal(ChaqiError):
    """A local chain was asked for at an address that is not this machine's."""

    en = "A local chain cannot be started at {url}: it listens on http://127.0.0.1:PORT only."
    zh = "无法在 {url} 启动本地链：仅支持 http://127.0.0.1:端口。"


class NodeFailed(ChaqiError):
    """The node ended, or did not answer in time."""

    status = 503
    en = "The local chain did not start. Its last words: {words}"
    zh = "本地链未能启动。最后输出：{words}"


def anvil_program() -> Path | None:
    """The anvil binary that `make setup` installed, or one on the path."""
    installed = sorted((_ROOT / "hardhat-free-devnet/node_modules/@foundry-rs").glob("anvil-*/bin/anvil"))
    found = str(installed[0]) if installed else shutil.which("anvil")
    return Path(found) if found else None


class Devnet:
    """A running local chain and the thread that saves it. Use `Devnet.start`, then `stop` (or `with`)."""

    def __init__(self, settings: Settings, *, kept: bool = True) -> None:
        """Nothing starts here; see `start`."""
        self._kept = kept
        self.rpc = Rpc(settings.rpc_url)
        self.notices: list[ChaqiError] = []
        """What a person should be told about the start, in words."""
        self._settings = settings
        self._folder = (settings.var_dir / "devnet").absolute()
        self._state = SavedState(self._folder)
        self._stopping = threading.Event()
        self._saver = threading.Thread(target=self._save_regularly, name="devnet-saver", daemon=True)
        self._lock: IO[str] | None = None
        self._process: NodeProcess | None = None
        self._saved_head = ""

    @classmethod
    def start(
        cls,
        settings: Settings,
        *,
        block_time: float = 1.0,
        genesis_time: int | None = None,
        engine: Engine | None = None,
        kept: bool = True,
    ) -> Devnet:
        """Start the chain kept in `settings.var_dir`, or a new one, and wait until it answers.

        `block_time` is seconds between blocks, 0: only those of `evm_mine`. `genesis_time` (UTC seconds)
        counts for a new chain only, and so does `engine`: anvil where it is installed, by default.
        Of a chain that is not `kept` nothing is saved: it ends with its node, which then needs no memory for copies.
        A chain of this folder that its supervisor left running is taken over as it is.
        Raises `AnvilMissing`, `PortTaken`, `DevnetRunning`, `OtherChainId`, `NotLocal`, `NodeFailed`,
        `StateUnreadable`.
        """
        devnet = cls(settings, kept=kept)
        try:
            devnet._start(block_time, genesis_time, engine)
        except BaseException:
            devnet._end()
            raise
        return devnet

    @property
    def engine(self) -> str:
        """`anvil` or `python`."""
        return self._process.engine if self._process else ""

    @property
    def pid(self) -> int:
        """Process id of the node; 0 if there is none."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """Whether the node's process runs."""
        return self._process is not None and self._process.alive

    def save(self) -> None:
        """Keep the chain as it stands now. The pure-Python chain keeps every block by itself."""
        if self.engine != "anvil" or not self._kept:
            return
        head = self.rpc.call("eth_getBlockByNumber", "latest", False)["hash"]
        if head != self._saved_head:
            self._state.save(Rpc(self.rpc.url, timeout=600))
            self._saved_head = head

    def stop(self) -> None:
        """Save the chain, end the node, and let another supervisor have the folder. Twice does no harm."""
        self._stopping.set()
        if self._saver.is_alive():
            self._saver.join()
        try:
            if self.alive and self.engine == "anvil":
                self.rpc.call("evm_setIntervalMining", 0)
                self.save()
        except (NodeUnreachable, NodeError, StateTorn, OSError) as failure:
            _log.warning("devnet_not_saved", reason=str(failure))
        finally:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self, block_time: float, genesis_time: int | None, engine: Engine | None) -> None:
        url = urlsplit(self._settings.rpc_url)
        if url.scheme != "http" or url.hostname not in ("127.0.0.1", "localhost"):
            raise NotLocal(url=self._settings.rpc_url)
        port = url.port or 80
        self._folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        chosen = self._engine(engine)
        left = NodeProcess.recall(self._folder / "node.json")
        if left is not None and left.port == port:
            self._process = left
        else:
            if left is not None:  # ours, at the port of earlier settings
                self._save_left(left)
                left.stop()
            if _stays_taken(port):
                raise PortTaken(port=port, listener=listener(port) or "another program")
            self._process = self._launch(chosen, port, block_time, genesis_time)
            self._process.record(self._folder / "node.json")
        self._await_answer()
        kept = {"chain_id": self._settings.chain_id, "engine": self.engine}
        (self._folder / "chain.json").write_text(json.dumps(kept))
        (self._folder / "state.json").unlink(missing_ok=True)
        if self.engine == "anvil" and self._kept:
            self.save()  # at once, so that the genesis survives whatever comes
            self._saver.start()

    def _take_lock(self) -> None:
        lock = (self._folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise DevnetRunning(folder=self._folder, pid=holder or "?") from held
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _engine(self, wanted: Engine | None) -> Engine:
        """The engine of the chain in this folder, chosen at its first start. Raises `OtherChainId`."""
        record = self._folder / "chain.json"
        if record.exists():
            kept = json.loads(record.read_text())
            if kept["chain_id"] != self._settings.chain_id:
                raise OtherChainId(
                    folder=self._folder,
                    found=kept["chain_id"],
                    expected=self._settings.chain_id,
                )
            engine: Engine = kept["engine"]
            return engine
        return wanted or ("anvil" if anvil_program() else "python")

    def _launch(self, engine: Engine, port: int, block_time: float, genesis_time: int | None) -> NodeProcess:
        home = self._folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        environment = {**os.environ, "HOME": str(home)}
        store = self._folder / "chain.db"
        now = int(time.time())
        common = [
            "--port",
            str(port),
            "--chain-id",
            str(self._settings.chain_id),
            "--gas-limit",
            str(GAS_LIMIT),
        ]
        pace = ["--block-time", f"{block_time:g}"] if block_time > 0 else ["--no-mining"]
        if engine == "anvil":
            program = anvil_program()
            if program is None:
                raise AnvilMissing(folder=self._folder)
            command: list[str | Path] = [program, *common, *pace]
            command += [
                "--hardfork",
                "berlin",
                "--gas-price",
                "0",
                "--base-fee",
                "0",
                "--order",
                "fifo",
            ]
            command += [
                "--accounts",
                "0",
                "--disable-default-create2-deployer",
                "--prune-history",
                "8" if self._kept else "2",
            ]
            command += ["--cache-path", home, "--no-request-size-limit", "--quiet"]
            begun = self._state.exists
            if begun:
                loaded = self._state.load()
                command += ["--load-state", loaded.file]
                if loaded.fell_back:
                    self.notices.append(loaded.fell_back)
                # anvil knows neither its clock's offset of before nor that blocks must not grow older
                clock.remember_offset(
                    self._settings,
                    max(clock.offset(self._settings), loaded.head_time - now),
                )
        else:
            begun = store.exists()
            command = [
                sys.executable,
                "-m",
                "chain.fallback",
                *common,
                *pace,
                "--store",
                store,
            ]
            environment["PYTHONPATH"] = str(_ROOT)
        if not begun:
            clock.remember_offset(self._settings, 0 if genesis_time is None else genesis_time - now)
        if clock.offset(self._settings):
            command += ["--timestamp", str(now + clock.offset(self._settings))]
        return NodeProcess.start(command, engine, port, self._folder / "node.log", environment)

    def _await_answer(self) -> None:
        asking = Rpc(self.rpc.url, timeout=5)
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                found = int(asking.call("eth_chainId"), 16)
                break
            except NodeUnreachable as silence:
                if not self.alive or time.monotonic() > deadline:
                    said = (self._folder / "node.log").read_text(errors="replace").strip()
                    raise NodeFailed(words=said[-500:] or "(none)") from silence
                time.sleep(0.02)
        if found != self._settings.chain_id:
            raise OtherChainId(folder=self._folder, found=found, expected=self._settings.chain_id)

    def _save_left(self, left: NodeProcess) -> None:
        if left.engine == "anvil":
            self._state.save(Rpc(f"http://127.0.0.1:{left.port}", timeout=600))

    def _save_regularly(self) -> None:
        rest = _REST_AT_LEAST
        while not self._stopping.wait(rest):
            began = time.monotonic()
            try:
                self.save()
            except (NodeUnreachable, NodeError, StateTorn, OSError) as failure:
                if not self.alive:
                    return
                _log.warning("devnet_not_saved", reason=str(failure))
            rest = _REST_PER_SECOND_SAVED * (time.monotonic() - began)
            rest = min(max(_REST_AT_LEAST, rest), _REST_AT_MOST)

    def _end(self) -> None:
        if self._process is not None:
            self._process.stop()
            (self._folder / "node.json").unlink(missing_ok=True)
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _stays_taken(port: int) -> bool:
    """Whether the port is in use and remains so for a second: one that is being left is free soon."""
    for _ in range(20):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
                return False
            except OSError:
                time.sleep(0.05)
    return True
