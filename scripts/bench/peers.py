"""Ponder and Envio beside the mirror, on the same chain and PostgreSQL server, and an independent check of its rows.

Both are installed by `make bench-peers` only. Ponder's limit of requests a second (20 at first, 500 at most, for a node
on the same machine too) is raised to 100,000; Envio, over RPC and without Hasura, has none. All keep every event
decoded and fold it into its asset; the mirror alone keeps every version. Peers are timed from their first line about
the backfill to ready; the mirror as in the backfill's table.

Ponder indexes a second time into another schema of its database, with every log now from its cache there; beside it the
mirror's rebuild. Both decode and fold every event again; Ponder's handlers also write it again, the mirror has it.
Afterwards every event and every asset must be the same in all.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from indexer.store import open_mirror
from scripts.bench.backfill import BLOCKS, EVENTS_A_BLOCK, chain, mirrored
from scripts.bench.figures import Figure, Options
from scripts.bench.programs import PeerUnusable, bring, envio, ponder
from tests.stores import new_database, postgresql_server

UNFINAL_BLOCKS = 70
"""Empty blocks after the full ones: Ponder's backfill ends where it takes the chain for final."""

Rows = Sequence[tuple[str, ...]]


def measure(options: Options) -> Iterator[Figure]:
    """Events per second of all, and whether their rows agree."""
    bring()
    rates: dict[str, list[float]] = defaultdict(list)
    agreed: list[float] = []
    with contextlib.ExitStack() as running:
        rpc, ledger = running.enter_context(chain(BLOCKS // options.scale))
        server = running.enter_context(postgresql_server())
        if server is None:
            raise PeerUnusable(reason="PostgreSQL is not installed here")
        rpc.batch([("evm_mine", [])] * UNFINAL_BLOCKS)
        genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
        events = BLOCKS // options.scale * EVENTS_A_BLOCK
        for _ in range(options.rounds):
            ours, ponders, envios = (new_database(server) for _ in range(3))
            rates["Ponder"].append(events / ponder(rpc, ledger, ponders, "fetched"))
            rates["Ponder's re-index"].append(events / ponder(rpc, ledger, ponders, "cached", cached=True))
            rates["Envio"].append(events / envio(rpc, ledger, envios))
            filled, rebuilt = mirrored(rpc.url, ledger, genesis, ours, events)
            rates["backfill, mirror, PostgreSQL"].append(filled)
            rates["rebuild, mirror, PostgreSQL"].append(rebuilt)
            peers = [of_ponder(ponders, "fetched"), of_ponder(ponders, "cached"), of_envio(envios)]
            agreed.append(agreeing(of_mirror(ours), peers))

    def beside(subject: str, peer: str, wanted: str) -> Figure:
        ratios = [ours / theirs for ours, theirs in zip(rates[subject], rates[peer], strict=True)]
        return Figure(subject, rates[subject], "events/s", peer, ratios, wanted)

    yield Figure("backfill, Ponder 0.17.7, limiter raised", rates["Ponder"], "events/s")
    yield Figure("backfill, Envio 3.0.0-alpha.21", rates["Envio"], "events/s")
    yield beside("backfill, mirror, PostgreSQL", "Ponder", "4.0")
    yield beside("backfill, mirror, PostgreSQL", "Envio", "4.5")
    yield Figure("re-index from its cache, Ponder 0.17.7", rates["Ponder's re-index"], "events/s")
    yield beside("rebuild, mirror, PostgreSQL", "Ponder's re-index", "3.0")
    yield Figure("rows of each, all equal", agreed, "rows")


@dataclass(frozen=True)
class Kept:
    """Where a program keeps what it indexed: its database, and the queries that tell its events and its assets."""

    url: str
    events: str
    assets: str


ASSET = "id, owner, status, value, name"


def of_mirror(url: str) -> Kept:
    """Where the mirror keeps its rows."""
    events = "SELECT block_number, log_index, '0x' || encode(tx_hash, 'hex'), event, args FROM logs"
    return Kept(url, events, f"SELECT {ASSET} FROM assets WHERE until_block IS NULL")


def of_ponder(url: str, schema: str) -> Kept:
    """Where Ponder keeps what it indexed into `schema`."""
    events = f"SELECT block, log_index, tx_hash, name, args FROM {schema}.event"
    return Kept(url, events, f"SELECT {ASSET} FROM {schema}.asset")


def of_envio(url: str) -> Kept:
    """Where Envio keeps its rows."""
    return Kept(url, 'SELECT block, "logIndex", "txHash", name, args FROM "Event"', f'SELECT {ASSET} FROM "Asset"')


def agreeing(ours: Kept, theirs: Sequence[Kept]) -> int:
    """Rows that every program keeps. Raises `PeerUnusable` unless they keep the same."""
    events, assets = _rows(ours.url, ours.events), _rows(ours.url, ours.assets)
    for one in theirs:
        same("events", events, _rows(one.url, one.events))
        same("assets", assets, _rows(one.url, one.assets))
    return len(events) + len(assets)


def same(what: str, ours: Rows, theirs: Rows) -> int:
    """How many rows both are. Raises `PeerUnusable` with the first row that only one of them has."""
    if ours != theirs:
        different = sorted(set(ours) ^ set(theirs))[:1]
        raise PeerUnusable(reason=f"{what} differ, {len(ours)} here and {len(theirs)} there, first {different}")
    return len(ours)


def _rows(url: str, query: str) -> Rows:
    """Every row in order, each value as text; JSON with its members in order."""
    engine = open_mirror(url)
    with engine.connect() as connection:
        rows = [tuple(map(_text, row)) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return sorted(rows)


def _text(value: object) -> str:
    if isinstance(value, str) and value.startswith("{"):
        members = {name: str(member) for name, member in orjson.loads(value).items()}
        return orjson.dumps(members, option=orjson.OPT_SORT_KEYS).decode()
    return str(value)
