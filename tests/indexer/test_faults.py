"""Nodes and networks that fail or lie: refused while they do, and no trace of it afterwards."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from chain.errors import ChaqiError
from chain.rpc import Rpc
from indexer.fetch import AnswerInconsistent, LogsMissing, fetch
from indexer.verify import MirrorDiffers, verify
from tests.indexer.devnet import Devnet, running_anvil
from tests.indexer.liar import lying_proxy
from tests.indexer.truth import act, assert_true, mirrored_versions


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_node_does_the_tables_end_in_the_truth(devnet: Devnet, engine: sa.Engine, seed: int) -> None:
    """Backfill, live blocks, forks and restarts through a proxy that fails in four of ten answers."""
    rng = random.Random(seed)
    for _ in range(25):
        act(devnet, rng)
        devnet.mine()
    with lying_proxy(devnet.url, seed, rate=0.0) as (url, liar):
        mirror = devnet.mirror(engine, url, prove=True, patience=0.2)
        liar.rate = 0.4
        for _ in range(40):
            act(devnet, rng)
            devnet.mine()
            if rng.random() < 0.1:
                snapshot = devnet.rpc.call("evm_snapshot")
                devnet.mine(rng.randrange(1, 5))
                devnet.rpc.call("evm_revert", snapshot)
            if rng.random() < 0.1:
                rate, liar.rate = liar.rate, 0.0
                mirror = devnet.mirror(engine, url, prove=True, patience=0.2)
                liar.rate = rate
            try:
                mirror.step()
            except ChaqiError:
                continue
            except Exception as escaped:  # name the lies that got through to here
                raise AssertionError(f"seed {seed}: {liar.told}") from escaped
        liar.rate = 0.0
        mirror.catch_up()
    assert_true(engine, devnet)
    assert sum(liar.told.values()) > 10


LIES = ("empty logs", "logs of a transaction left out", "removed logs", "doubled log", "foreign block hash")


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_about_logs_is_refused_without_asking_for_every_receipt(devnet: Devnet, lie: str) -> None:
    for asset in range(3):
        devnet.send("register", asset, 1, "true", 1)
        devnet.send("transfer", asset, 2)
    devnet.mine()
    with lying_proxy(devnet.url, seed=1, rate=1.0) as (url, liar):
        liar.faults = {lie: liar.faults[lie]}
        liar.breakdowns = []
        with pytest.raises((LogsMissing, AnswerInconsistent)):
            fetch(Rpc(url), [devnet.ledger], 2, 2, None)


def test_any_single_log_of_distinct_ones_left_out_is_noticed(devnet: Devnet) -> None:
    for asset in range(5):
        devnet.send("register", asset, asset + 10, "true", 1)
    devnet.mine()
    with lying_proxy(devnet.url, seed=2, rate=0.0) as (url, liar):
        liar.faults, liar.breakdowns = {"short logs": liar.faults["short logs"]}, []
        assert len(fetch(Rpc(url), [devnet.ledger], 2, 2, None).logs) == 5
        liar.rate = 1.0
        for _ in range(10):
            with pytest.raises(LogsMissing):
                fetch(Rpc(url), [devnet.ledger], 2, 2, None)


def test_a_zeroed_bloom_does_not_hide_the_logs_it_hides_from_others(devnet: Devnet) -> None:
    devnet.send("register", 1, 1, "true", 1)
    devnet.mine()
    with lying_proxy(devnet.url, seed=3, rate=1.0) as (url, liar):
        liar.faults, liar.breakdowns = {"zero bloom": liar.faults["zero bloom"]}, []
        with pytest.raises((AnswerInconsistent, LogsMissing)):
            fetch(Rpc(url), [devnet.ledger], 2, 2, None)


def test_foreign_logs_are_told_from_missing_ones(devnet: Devnet, engine: sa.Engine) -> None:
    ours, at = devnet.ledger, devnet.deployed_at
    devnet.deploy()  # the same contract, but not one that is followed
    foreign, devnet.ledger, devnet.deployed_at = devnet.ledger, ours, at
    for asset in range(4):
        devnet.send("register", asset, 1, "foreign", 1, to=foreign)
        devnet.send("register", asset, 1, "ours", 1)
    devnet.mine()
    devnet.send("register", 9, 1, "foreign alone", 1, to=foreign)
    devnet.mine()
    devnet.mirror(engine).catch_up()
    assert_true(engine, devnet)
    assert {version[-1] for version in mirrored_versions(engine)} == {"ours"}


def test_a_node_that_pruned_its_receipts_is_refused(engine: sa.Engine) -> None:
    """`--transaction-block-keeper`: old blocks answer `[]` with HTTP 200."""
    with running_anvil("--transaction-block-keeper", "3") as devnet:
        devnet.deploy()
        for asset in range(12):
            devnet.send("register", asset, 1, "kept or not", 1)
            devnet.mine()
        assert len(devnet.logs()) < 12
        with pytest.raises(LogsMissing):
            devnet.mirror(engine).catch_up()


def test_verify_finds_a_row_that_was_lost_or_changed(devnet: Devnet, engine: sa.Engine) -> None:
    for asset in range(4):
        devnet.send("register", asset, 1, "stored", 1)
        devnet.mine()
    devnet.mirror(engine).catch_up()
    proved = verify(engine, devnet.rpc)
    assert (proved.first, proved.last, proved.blocks, proved.logs) == (1, devnet.head, devnet.head, 4)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM logs WHERE block_number = 3")
    with pytest.raises(MirrorDiffers) as found:
        verify(engine, devnet.rpc)
    assert found.value.values["block"] == 3
    assert verify(engine, devnet.rpc, first=4).logs == 2
