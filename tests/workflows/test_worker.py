"""The worker's heartbeats: every round is noted, with its fault and with when the next one is due."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from chain.artifacts import CREATED
from chain.deploy import Deployed, Deployment
from chain.offchain import migrate, open_store
from chain.settings import Settings
from workflows import jobs
from workflows.worker import ANCHOR_SECONDS, Worker


def test_a_round_that_failed_is_noted_with_its_fault_and_the_next_one(tmp_path: Path) -> None:
    """Nobody listens at the node's port: the job fails, and is due again all the same."""
    settings = Settings(var_dir=tmp_path, rpc_url="http://127.0.0.1:1", offchain=None)
    migrate(settings)
    contracts = {name: Deployed("0x" + "11" * 20, 1, "") for name in CREATED}
    Deployment(settings.chain_id, "0x" + "00" * 32, contracts).save(settings.deployment_file)
    store = open_store(settings)
    stop = threading.Event()
    worker = threading.Thread(target=Worker(settings).run, args=(stop,))
    worker.start()
    try:
        deadline = time.monotonic() + 60
        while not (runs := jobs.runs(store)) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        worker.join()
        store.dispose()
    (run,) = runs
    assert run.name == "anchor-evidence"
    assert run.fault is not None and "127.0.0.1:1" in run.fault
    assert run.next_run is not None and run.next_run - run.last_run >= ANCHOR_SECONDS
