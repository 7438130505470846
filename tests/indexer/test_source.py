"""The source of ranges, with a node that refuses or breaks off what it finds too much."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chain.rpc import NodeError, NodeUnreachable, Rpc
from indexer.fetch import HistoryChanged, fetch
from indexer.source import Source
from tests.indexer.devnet import Devnet
from tests.indexer.liar import Answers, lying_proxy

BLOCKS = 60
NOBODY = "0x" + "ab" * 32


@pytest.fixture
def full(devnet: Devnet) -> Devnet:
    """A devnet with `BLOCKS` blocks of two logs each."""
    for number in range(BLOCKS):
        devnet.send("register", number, 1, "true", 1)
        devnet.send("transfer", number, 2)
        devnet.mine()
    return devnet


def refusing_more_than(blocks: int) -> Callable[[Answers, list[str]], None]:
    """A node that refuses to look for logs in more than so many blocks."""

    def refuse(answers: Answers, methods: list[str]) -> None:
        if methods.count("eth_getBlockByNumber") > blocks:
            del answers[0]["result"]
            answers[0]["error"] = {"code": -32005, "message": "too many blocks"}

    return refuse


def breaking_off_more_than(blocks: int) -> Callable[[Answers, list[str]], None]:
    """A node that leaves out an answer to more than so many blocks."""

    def leave_out(answers: Answers, methods: list[str]) -> None:
        if methods.count("eth_getBlockByNumber") > blocks:
            answers.pop()

    return leave_out


@pytest.mark.parametrize("fault", [refusing_more_than, breaking_off_more_than])
@pytest.mark.parametrize("bearable", [1, 3, 7, 1_000])
def test_ranges_follow_each_other_to_the_end_however_little_a_node_gives_at_once(
    full: Devnet, fault: Callable[[int], Callable[[Answers, list[str]], None]], bearable: int
) -> None:
    with lying_proxy(full.url, seed=1, rate=1.0) as (url, liar):
        liar.faults, liar.breakdowns = {"too much": fault(bearable)}, []
        ranges = [*Source(Rpc(url), [full.ledger], prove=False).ranges(1, BLOCKS + 1, None)]
    assert [one.first for one in ranges] == [1, *(one.last + 1 for one in ranges[:-1])]
    whole = fetch(full.rpc, [full.ledger], 1, BLOCKS + 1, None)
    assert [header["hash"] for one in ranges for header in one.headers] == [one["hash"] for one in whole.headers]
    assert [log for one in ranges for log in one.logs] == whole.logs and len(whole.logs) == 2 * BLOCKS
    assert all(one.last - one.first < bearable for one in ranges)


def test_a_node_that_refuses_a_single_block_is_given_up(full: Devnet) -> None:
    with lying_proxy(full.url, seed=1, rate=1.0) as (url, liar):
        source = Source(Rpc(url), [full.ledger], prove=False)
        for fault, given_up in ((refusing_more_than, NodeError), (breaking_off_more_than, NodeUnreachable)):
            liar.faults, liar.breakdowns = {"too much": fault(0)}, []
            with pytest.raises(given_up):
                next(source.ranges(1, BLOCKS + 1, None))
            with pytest.raises(given_up):
                source.range(1, 2, None)


def test_the_first_range_must_follow_the_block_that_is_named(full: Devnet) -> None:
    source = Source(full.rpc, [full.ledger], prove=False)
    first = next(source.ranges(1, BLOCKS, None))
    assert next(source.ranges(2, BLOCKS, first.headers[0]["hash"])).first == 2
    for given in (source.range, lambda *way: next(source.ranges(*way))):
        with pytest.raises(HistoryChanged):
            given(2, BLOCKS, NOBODY)
