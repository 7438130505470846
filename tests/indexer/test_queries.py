"""Reading as of blocks and instants, in pages, and what the mirror does not know."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from indexer import queries
from indexer.reconcile import MirrorLags, Storage, reconcile
from indexer.store import reading
from tests.indexer.devnet import LEDGER, Devnet, assets


@pytest.fixture
def filled(devnet: Devnet, engine: sa.Engine) -> Devnet:
    """Block 2 registers assets 0..9, block 3 transfers asset 3, block 4 is empty, block 5 sets its status."""
    for asset in range(10):
        devnet.send("register", asset, 1, f"asset {asset}", 2**64 - 1)
    devnet.mine()
    devnet.send("transfer", 3, 8)
    devnet.mine(2)
    devnet.send("setStatus", 3, 4, 77)
    devnet.mine()
    devnet.mirror(engine).catch_up()
    return devnet


def test_an_entity_as_of_each_block(filled: Devnet, engine: sa.Engine) -> None:
    with reading(engine) as connection:
        states = [queries.row(connection, assets, "3", block) for block in (1, 2, 3, 4, 5)]
        assert [state and (state["owner"], state["status"], state["value"]) for state in states] == [
            None,
            (1, 0, 2**63 - 1),
            (8, 0, 2**63 - 1),
            (8, 0, 2**63 - 1),
            (8, 4, 77),
        ]
        assert queries.row(connection, assets, "3") == states[-1]
        assert [version["since_block"] for version in queries.versions(connection, assets, "3")] == [2, 3, 5]


def test_pages_follow_each_other_without_gap(filled: Devnet, engine: sa.Engine) -> None:
    with reading(engine) as connection:
        after: str | None = None
        seen: list[str] = []
        while page := queries.rows(connection, assets, 3, after=after, limit=3):
            seen.extend(row["id"] for row in page)
            after = page[-1]["id"]
        assert seen == [str(asset) for asset in range(10)]
        assert queries.count(connection, assets, 3) == 10
        assert queries.count(connection, assets, 3, [assets.table.c.owner == 8]) == 1


def test_as_of_takes_a_block_or_an_instant_and_refuses_what_it_does_not_hold(filled: Devnet, engine: sa.Engine) -> None:
    headers = {n: filled.rpc.call("eth_getBlockByNumber", hex(n), False) for n in range(1, 6)}
    times = {number: int(header["timestamp"], 16) for number, header in headers.items()}
    with reading(engine) as connection:
        newest = queries.as_of(connection)
        assert (newest.block, newest.hash, newest.time, newest.lag) == (5, headers[5]["hash"], times[5], 0)
        assert queries.as_of(connection, block=3).hash == headers[3]["hash"]
        for instant in range(times[1], times[5] + 5):
            expected = max(number for number, mined in times.items() if mined <= instant)
            assert queries.as_of(connection, instant=instant).block == expected
        for unknown in ({"block": 0}, {"block": 6}, {"instant": times[1] - 1}):
            with pytest.raises(queries.UnknownBlock):
                queries.as_of(connection, **unknown)
        tomorrow = max(times[5], int(time.time())) + 86_400
        with pytest.raises(queries.UnknownBlock) as refusal:
            queries.as_of(connection, instant=tomorrow)
        told = datetime.fromtimestamp(tomorrow, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert told in refusal.value.words("en") and f"时刻 {told}" in refusal.value.words("zh")
        assert "instant" not in refusal.value.words("zh")


def test_an_empty_mirror_says_so(engine: sa.Engine) -> None:
    with reading(engine) as connection, pytest.raises(queries.MirrorEmpty):
        queries.as_of(connection)


def test_reconcile_finds_nothing_in_a_true_mirror_and_each_planted_difference(
    filled: Devnet, engine: sa.Engine
) -> None:
    storage = Storage(filled.rpc, {"Ledger": (filled.ledger, LEDGER["abi"])})
    result = reconcile(engine, storage, [assets])
    assert (result.differences, result.rows) == ([], {"assets": 10})
    assert result.first_block == result.last_block == filled.head
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE assets SET owner = 6 WHERE id = '3' AND until_block IS NULL")
        connection.exec_driver_sql("DELETE FROM assets WHERE id = '7'")
    found = reconcile(engine, storage, [assets]).differences
    assert [(one.key, one.column, one.mirrored, one.on_chain) for one in found] == [
        (None, "", 9, 10),
        ("3", "owner", 6, 8),
    ]


def test_reconcile_does_not_compare_with_a_mirror_that_stays_behind(
    filled: Devnet, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.reconcile.PATIENCE", 0.1)
    filled.mine()
    with pytest.raises(MirrorLags):
        reconcile(engine, Storage(filled.rpc, {"Ledger": (filled.ledger, LEDGER["abi"])}), [assets])
