"""The mirror's process is killed at random instants, again and again; nothing is lost, nothing doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import sqlalchemy as sa

from indexer.store import only_writer, reading
from tests.indexer.devnet import ROOT, Devnet
from tests.indexer.truth import act, assert_true

FOLLOWER = """
import sys, threading
from indexer import writer
from indexer.store import only_writer, open_mirror
from tests.indexer.devnet import Devnet
url, database, ledger, at = sys.argv[1:]
writer.LONG_WAY = 3
devnet = Devnet(url)
devnet.ledger, devnet.deployed_at = ledger, int(at)
engine = open_mirror(database)
with only_writer(engine, wait=True):
    devnet.mirror(engine).run(threading.Event(), 0.001)
"""


def test_killed_at_any_instant_it_goes_on_and_ends_in_the_truth(devnet: Devnet, engine: sa.Engine) -> None:
    rng = random.Random(11)
    database = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", FOLLOWER, devnet.url, database, devnet.ledger, str(devnet.deployed_at)]
    kills = 0
    while kills < 5:
        before = _block(engine)
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            deadline = time.monotonic() + 30
            while _block(engine) == before and time.monotonic() < deadline:  # it has begun to write
                act(devnet, rng)
                devnet.mine()
            for _ in range(rng.randrange(12)):
                act(devnet, rng)
                devnet.mine()
                time.sleep(rng.random() * 0.01)
            if rng.random() < 0.3:
                devnet.rpc.call("anvil_reorg", min(3, devnet.head - devnet.deployed_at - 1), [])
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        kills += 1
    with only_writer(engine, wait=True):  # the lock went with the process
        devnet.mirror(engine).catch_up()
    assert_true(engine, devnet)


def _block(engine: sa.Engine) -> int | None:
    with reading(engine) as connection:
        return connection.execute(sa.text("SELECT block FROM cursor")).scalar()
