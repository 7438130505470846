"""What the length of the chain does to a backfill: time an event, and memory at the peak.

The chain of the backfill, grown from 100,000 logs to 3,000,000; each backfill and rebuild in a process of its own,
whose peak memory is the larger of its own and its writing process's. The mirror remembers a bounded number of current
versions, so a longer chain of ever new assets may add their memory, and no more.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import defaultdict
from collections.abc import Iterator

from scripts.bench.apart import apart, peak_megabytes
from scripts.bench.backfill import BLOCKS, EVENTS_A_BLOCK, chain, extend, mirrored
from scripts.bench.figures import Figure, Options
from tests.stores import new_database, postgresql_server

TIMES = (1, 10, 30)
"""Lengths of the chain, in lengths of the backfill's."""


TOLD = (("backfill", "events/s"), ("rebuild", "events/s"), ("memory at the peak", "MB"))


def measure(options: Options) -> Iterator[Figure]:
    """Events per second and peak memory at each length, beside the shortest."""
    unit = BLOCKS // options.scale
    with contextlib.ExitStack() as running:
        rpc, ledger = running.enter_context(chain(unit))
        folder = running.enter_context(tempfile.TemporaryDirectory())
        server = running.enter_context(postgresql_server()) if options.postgres else None
        genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
        shortest: dict[str, list[tuple[float, float, float]]] = {}
        blocks = unit
        for times in TIMES:
            extend(rpc, ledger, range(blocks, times * unit))
            blocks = times * unit
            found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
            for number in range(options.rounds):
                stores = {"SQLite": f"sqlite:///{folder}/{times}-{number}.db"}
                if server:
                    stores["PostgreSQL"] = new_database(server)
                for name, url in stores.items():
                    found[name].append(apart(_mirrored, rpc.url, ledger, genesis, url, blocks * EVENTS_A_BLOCK))
            peer = f"{unit * EVENTS_A_BLOCK:,} logs" if times > 1 else ""
            for name, runs in found.items():
                bases = shortest.setdefault(name, runs)
                for place, (what, unit_name) in enumerate(TOLD):
                    ratios = [run[place] / base[place] for run, base in zip(runs, bases, strict=True)] if peer else []
                    subject = f"{what}, {blocks * EVENTS_A_BLOCK:,} logs, {name}"
                    yield Figure(subject, [run[place] for run in runs], unit_name, peer, ratios)


def _mirrored(url: str, ledger: str, genesis: str, store: str, events: int) -> tuple[float, float, float]:
    filled, rebuilt = mirrored(url, ledger, genesis, store, events)
    return filled, rebuilt, peak_megabytes()
