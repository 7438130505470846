"""The local chain as a process, on both engines: it survives restarts, crashes and a moved clock."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import orjson
import pytest

from chain import clock
from chain.devnet import (
    Devnet,
    DevnetRunning,
    Engine,
    NotLocal,
    OtherChainId,
    PortTaken,
    anvil_program,
)
from chain.node_process import NodeProcess
from chain.rpc import Rpc
from chain.saved_state import SavedState, StateFellBack, StateUnreadable
from chain.settings import Settings
from tests.chain.toy import CREATION, SENDER, free_port, receipt, transaction

YEAR = 365 * 86_400


@pytest.fixture(params=["anvil", "python"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "anvil" and anvil_program() is None:
        pytest.skip("anvil is not installed: this half of the test did not run")
    chosen: Engine = request.param
    return chosen


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path / "var", rpc_url=f"http://127.0.0.1:{free_port()}")


def block(rpc: Rpc, number: str = "latest") -> dict[str, str]:
    found: dict[str, str] = rpc.call("eth_getBlockByNumber", number, False)
    return found


def head_time(rpc: Rpc) -> int:
    return int(block(rpc)["timestamp"], 16)


SUPERVISOR = """
import sys
from pathlib import Path
from chain.devnet import Devnet
from chain.settings import Settings
folder, url, engine = sys.argv[1:]
devnet = Devnet.start(Settings(var_dir=Path(folder), rpc_url=url), engine=engine, block_time=0)
devnet.rpc.call("evm_mine")
print(devnet.pid, flush=True)
sys.stdin.read()
"""


def left_by_a_killed_supervisor(settings: Settings, engine: Engine) -> tuple[int, dict[str, str]]:
    """Process id and head of a chain whose supervisor, a process of its own, was ended by SIGKILL."""
    command = [sys.executable, "-c", SUPERVISOR, str(settings.var_dir), settings.rpc_url, engine]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        supervisor.kill()
    return pid, block(Rpc(settings.rpc_url))


def test_restart_keeps_every_block_receipt_and_log(settings: Settings, engine: Engine) -> None:
    with Devnet.start(settings, engine=engine, block_time=0) as devnet:
        assert devnet.engine == engine
        created = devnet.rpc.call("eth_sendRawTransaction", transaction(0, call=CREATION))
        devnet.rpc.call("evm_mine")
        toy = str(receipt(devnet.rpc, created)["contractAddress"])
        called = devnet.rpc.call("eth_sendRawTransaction", transaction(1, to=toy))
        devnet.rpc.call("evm_mine")
        before = [block(devnet.rpc, hex(number)) for number in range(3)]
        told = receipt(devnet.rpc, called)
        logs = devnet.rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
        assert len(logs) == 1

    with Devnet.start(settings, block_time=0) as again:
        assert again.engine == engine
        assert [block(again.rpc, hex(number)) for number in range(3)] == before
        assert receipt(again.rpc, called) == told
        assert again.rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}) == logs
        third = again.rpc.call("eth_sendRawTransaction", transaction(2, to=toy))
        again.rpc.call("evm_mine")
        assert receipt(again.rpc, third)["status"] == "0x1"
        assert block(again.rpc)["parentHash"] == before[-1]["hash"]


def test_the_genesis_stays_the_same_over_many_restarts(settings: Settings) -> None:
    hashes = set()
    for _ in range(5):
        with Devnet.start(settings, engine="anvil", block_time=0.2, genesis_time=int(time.time()) - 86_400) as devnet:
            hashes.add(devnet.rpc.call("eth_getBlockByNumber", "0x0", False)["hash"])
            time.sleep(1.1)
    assert len(hashes) == 1


def test_blocks_come_by_themselves(settings: Settings, engine: Engine) -> None:
    with Devnet.start(settings, engine=engine, block_time=1) as devnet:
        told = receipt(devnet.rpc, devnet.rpc.call("eth_sendRawTransaction", transaction(0, call=CREATION)))
        assert told["status"] == "0x1"
        assert devnet.rpc.call("eth_getTransactionCount", SENDER.address, "latest") == "0x1"


def test_a_chain_whose_node_was_killed_goes_on_from_what_was_saved(settings: Settings, engine: Engine) -> None:
    devnet = Devnet.start(settings, engine=engine, block_time=0)
    devnet.rpc.call("evm_mine")
    devnet.save()
    kept = block(devnet.rpc)
    os.kill(devnet.pid, signal.SIGKILL)
    devnet.stop()
    with Devnet.start(settings, block_time=0) as again:
        assert block(again.rpc) == kept
        again.rpc.call("evm_mine")
        assert block(again.rpc)["parentHash"] == kept["hash"]


def test_what_the_python_chain_acknowledged_survives_sigkill(settings: Settings) -> None:
    devnet = Devnet.start(settings, engine="python", block_time=0)
    mined = devnet.rpc.call("eth_sendRawTransaction", transaction(0, call=CREATION))
    devnet.rpc.call("evm_mine")
    waiting = devnet.rpc.call("eth_sendRawTransaction", transaction(1))
    os.kill(devnet.pid, signal.SIGKILL)
    devnet.stop()
    with Devnet.start(settings, block_time=0) as again:
        assert receipt(again.rpc, mined)["blockNumber"] == "0x1"
        again.rpc.call("evm_mine")
        assert receipt(again.rpc, waiting)["blockNumber"] == "0x2"


def test_a_running_chain_is_taken_over_when_its_supervisor_was_killed(settings: Settings, engine: Engine) -> None:
    left, head = left_by_a_killed_supervisor(settings, engine)
    with Devnet.start(settings, block_time=0) as second:
        assert second.pid == left
        assert block(second.rpc) == head
    assert NodeProcess.recall(settings.var_dir / "devnet" / "node.json") is None
    with Devnet.start(settings, block_time=0) as third:
        assert third.pid != left
        assert block(third.rpc) == head


def test_a_left_running_chain_follows_to_another_port(settings: Settings, engine: Engine) -> None:
    left, head = left_by_a_killed_supervisor(settings, engine)
    moved = settings.model_copy(update={"rpc_url": f"http://127.0.0.1:{free_port()}"})
    with Devnet.start(moved, block_time=0) as second:
        assert second.pid != left
        assert block(second.rpc) == head


def test_a_reused_process_id_is_not_taken_for_the_chain(settings: Settings, tmp_path: Path) -> None:
    record = tmp_path / "node.json"
    NodeProcess(os.getpid(), "another instant", "anvil", 1).record(record)
    assert NodeProcess.recall(record) is None
    record.write_text('{"pid": 1')
    assert NodeProcess.recall(record) is None


def test_two_supervisors_do_not_run_one_chain(settings: Settings, engine: Engine) -> None:
    with Devnet.start(settings, engine=engine, block_time=0) as devnet:
        with pytest.raises(DevnetRunning) as refusal:
            Devnet.start(settings)
        assert str(os.getpid()) in str(refusal.value)
        assert devnet.alive


def test_a_taken_port_is_named_with_its_holder(settings: Settings, engine: Engine) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", int(settings.rpc_url.rpartition(":")[2])))
        stranger.listen()
        with pytest.raises(PortTaken) as refusal:
            Devnet.start(settings, engine=engine)
        assert f"process {os.getpid()}" in str(refusal.value)
    with Devnet.start(settings, engine=engine, block_time=0) as devnet:
        assert devnet.alive


def test_a_chain_of_another_id_is_refused(settings: Settings, engine: Engine) -> None:
    Devnet.start(settings, engine=engine, block_time=0).stop()
    with pytest.raises(OtherChainId, match="521000"):
        Devnet.start(settings.model_copy(update={"chain_id": 31337}))


def test_a_chain_elsewhere_cannot_be_started(settings: Settings) -> None:
    with pytest.raises(NotLocal):
        Devnet.start(settings.model_copy(update={"rpc_url": "http://192.0.2.1:8545"}))


def test_a_damaged_state_falls_back_to_the_copy_before_it(settings: Settings) -> None:
    if anvil_program() is None:
        pytest.skip("anvil is not installed: this test did not run")
    with Devnet.start(settings, engine="anvil", block_time=0) as devnet:
        devnet.rpc.call("evm_mine")
        devnet.save()
        kept = block(devnet.rpc)
        devnet.rpc.call("evm_mine")
    newest = settings.var_dir / "devnet" / "state.json.gz"
    whole = newest.read_bytes()
    newest.write_bytes(whole[: len(whole) // 2])
    with Devnet.start(settings, block_time=0) as again:
        assert [type(notice) for notice in again.notices] == [StateFellBack]
        assert block(again.rpc) == kept


def test_a_chain_without_a_readable_state_is_refused_every_time(settings: Settings) -> None:
    if anvil_program() is None:
        pytest.skip("anvil is not installed: this test did not run")
    with Devnet.start(settings, engine="anvil", block_time=0) as devnet:
        devnet.rpc.call("evm_mine")
    for file in (settings.var_dir / "devnet").glob("state*.gz"):
        file.write_bytes(gzip.compress(b"{}")[:-3])
    for _ in range(2):
        with pytest.raises(StateUnreadable):
            Devnet.start(settings)


def test_a_save_that_a_crash_cut_short_does_not_count(settings: Settings) -> None:
    if anvil_program() is None:
        pytest.skip("anvil is not installed: this test did not run")
    with Devnet.start(settings, engine="anvil", block_time=0) as devnet:
        devnet.rpc.call("evm_mine")
    kept = Devnet.start(settings, block_time=0)
    head = block(kept.rpc)
    kept.stop()
    folder = settings.var_dir / "devnet"
    (folder / "state.json.gz").replace(folder / "state.before.json.gz")  # between the two renames
    (folder / "state.arriving").write_bytes(b"half")
    with Devnet.start(settings, block_time=0) as again:
        assert block(again.rpc) == head


def test_a_chain_begun_in_the_past_lives_through_it(settings: Settings, engine: Engine) -> None:
    begun = int(time.time()) - YEAR
    with Devnet.start(settings, engine=engine, block_time=0, genesis_time=begun) as devnet:
        assert 0 <= int(block(devnet.rpc, "0x0")["timestamp"], 16) - begun < 60
        spring = begun + 100 * 86_400
        assert clock.advance_to(settings, devnet.rpc, spring) == spring
        devnet.rpc.call("evm_mine")
        assert 0 <= head_time(devnet.rpc) - spring < 60

    with Devnet.start(settings, block_time=0) as again:
        before = head_time(again.rpc)
        again.rpc.call("evm_mine")
        assert before <= head_time(again.rpc) < spring + 60
        assert abs(time.time() + clock.offset(settings) - head_time(again.rpc)) < 60

        now = int(time.time())
        clock.advance_to(settings, again.rpc, now)
        again.rpc.call("evm_mine")
        assert clock.offset(settings) == 0
        assert abs(head_time(again.rpc) - now) < 60


def test_a_chain_that_is_not_kept_ends_with_its_node(settings: Settings) -> None:
    if anvil_program() is None:
        pytest.skip("anvil is not installed: this test did not run")
    with Devnet.start(settings, engine="anvil", block_time=0, kept=False) as devnet:
        devnet.rpc.call("evm_mine")
        devnet.save()
    assert not list((settings.var_dir / "devnet").glob("state*"))


def test_the_next_block_moves_the_clock_where_none_is_to_be_made_for_that(settings: Settings, engine: Engine) -> None:
    with Devnet.start(settings, engine=engine, block_time=0) as devnet:
        before, spring = block(devnet.rpc), int(time.time()) + YEAR
        clock.let_next_be_at(settings, devnet.rpc, spring)
        assert block(devnet.rpc) == before
        devnet.rpc.call("evm_mine")
        assert head_time(devnet.rpc) == spring
        clock.let_next_be_at(settings, devnet.rpc, spring - 1000)
        devnet.rpc.call("evm_mine")
        assert head_time(devnet.rpc) >= spring


def test_the_clock_never_goes_back(settings: Settings, engine: Engine) -> None:
    future = int(time.time()) + YEAR
    with Devnet.start(settings, engine=engine, block_time=0) as devnet:
        clock.advance_to(settings, devnet.rpc, future)
        head = block(devnet.rpc)
        assert clock.advance_to(settings, devnet.rpc, future - 1000) == future
        assert block(devnet.rpc) == head
    (settings.var_dir / "devnet" / "clock").unlink()  # as if it had been moved behind chain.clock's back
    with Devnet.start(settings, block_time=0) as again:
        again.rpc.call("evm_mine")
        assert head_time(again.rpc) >= future


class TornOnce:
    """A node whose first answer is of two blocks at once: its accounts are one transaction ahead."""

    def __init__(self, node: Rpc) -> None:
        self.asked = 0
        self._node = node

    def call(self, method: str) -> str:
        state = orjson.loads(gzip.decompress(bytes.fromhex(self._node.call(method)[2:])))
        self.asked += 1
        if self.asked == 1:
            sender = state["accounts"][SENDER.address]
            sender["nonce"] = (sender["nonce"] if isinstance(sender["nonce"], int) else int(sender["nonce"], 0)) + 1
        return "0x" + gzip.compress(orjson.dumps(state)).hex()


def test_a_state_of_two_blocks_at_once_is_not_kept(settings: Settings, tmp_path: Path) -> None:
    with Devnet.start(settings, engine="anvil", block_time=0) as devnet:
        devnet.rpc.call("eth_sendRawTransaction", transaction(0, call=CREATION))
        devnet.rpc.call("evm_mine")
        node = TornOnce(devnet.rpc)
        SavedState(tmp_path).save(cast(Rpc, node))
    assert node.asked == 2
