"""The benchmarks run, and what they tell is a ratio to something named. No figure is asserted."""

from __future__ import annotations

import pytest

from chain.devnet import anvil_program
from scripts.bench import backfill, costs, deeds
from scripts.bench.figures import Figure, Options, markdown, table
from scripts.bench.peers import same
from scripts.bench.programs import PeerUnusable, envio_seconds, ponder_seconds


def test_a_row_holds_the_median_the_range_and_the_ratio_to_its_peer() -> None:
    figure = Figure("reads", [900, 1_000, 3_000], "requests/s", "a constant", [0.4, 0.5, 0.9], "2,000 /s")
    assert figure.cells() == ("reads", "1,000", "900-3,000", "requests/s", "0.50 × a constant", "2,000 /s")
    head, dashes, row = markdown(table([figure])).splitlines()
    assert head.count("|") == dashes.count("|") == row.count("|")


def test_every_act_whose_gas_is_kept_is_told() -> None:
    told = {figure.subject for figure in costs.measure(Options())}
    assert {"Evidence.anchor", "Trees.file", "Calendar.publish"} <= told


def test_a_row_that_the_peer_has_otherwise_is_a_failure_and_is_named() -> None:
    ours = [("1", "0", "Transferred"), ("1", "1", "Transferred")]
    assert same("events", ours, list(ours)) == 2
    with pytest.raises(PeerUnusable, match="Registered"):
        same("events", ours, [ours[0], ("1", "1", "Registered")])
    with pytest.raises(PeerUnusable, match="2 here and 3 there"):
        same("events", ours, [*ours, ours[1]])


PONDER_SAID = """\
{"time":1000,"msg":"Started returning 200 responses","endpoint":"/health"}
{"time":1500,"msg":"Started backfill indexing","chain":"devnet"}
{"time":1501,"msg":"Started fetching backfill JSON-RPC data","cache_rate":"0.0%"}
(node:1) DeprecationWarning: not a line of its own
{"time":4000,"msg":"Started returning 200 responses","endpoint":"/ready"}
"""


def test_ponder_is_timed_from_its_first_line_about_the_backfill_to_ready() -> None:
    assert ponder_seconds(PONDER_SAID, cached=False) == 2.5


def test_a_reindex_that_was_not_all_from_the_cache_and_a_backfill_that_was_are_not_taken() -> None:
    with pytest.raises(PeerUnusable, match="its cache"):
        ponder_seconds(PONDER_SAID, cached=True)
    skipped = "Skipped fetching backfill JSON-RPC data (cache contains all required data)"
    from_cache = PONDER_SAID.replace("Started fetching backfill JSON-RPC data", skipped)
    assert ponder_seconds(from_cache, cached=True) == 2.5
    with pytest.raises(PeerUnusable, match="the node"):
        ponder_seconds(from_cache, cached=False)


def test_envio_is_timed_from_its_start_of_indexing_to_the_last_block() -> None:
    said = """\
{"@timestamp":"2026-11-27T22:14:57.000Z","message":"Initializing the indexer storage..."}
{"@timestamp":"2026-11-27T22:14:58.750Z","message":"The indexer storage is ready. Starting indexing!"}
{"@timestamp":"2026-11-27T22:15:01.000Z","message":"All chains are caught up to end blocks."}
"""
    assert envio_seconds(said) == 2.25


@pytest.mark.skipif(anvil_program() is None, reason="anvil is not installed: the benchmark did not run")
def test_a_backfill_is_measured_against_the_limit() -> None:
    figures = list(backfill.measure(Options(rounds=1, postgres=False, scale=100)))
    assert figures[0].subject.startswith("limit")
    assert all(figure.ratios for figure in figures if "fill" in figure.subject)


@pytest.mark.skipif(anvil_program() is None, reason="anvil is not installed: the benchmark did not run")
def test_deeds_certificates_and_filings_are_measured_against_raw_pushing() -> None:
    figures = list(deeds.measure(Options(rounds=1, scale=100)))
    assert sum(bool(figure.ratios) for figure in figures) == len(deeds.STAGES)
    assert all(min(figure.values) > 0 for figure in figures)
