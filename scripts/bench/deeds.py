"""Deeds, certificates and filings as a notary office brings them, beside the limit: the same transactions pushed raw.

10,000 deeds (nearly all in batches of 200), 1,200 certificates and 1,200 filings, every step a signed act of its party
with the anchors of its papers. Relayed: signed, written into the outbox and carried into blocks by the relay. Pushed:
the same acts as transactions signed beforehand, at a fresh anvil with the same clock. A rate counts deeds from
preparation to issue, certificates from claim to issue, filings from package to the court's receipt that it is filed.
Gas is that of the blocks, bytes are those by which the mirror's SQLite file grew.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path

import sqlalchemy as sa

from chain import offchain
from chain.bundle import gas_limit
from chain.clock import advance_to
from chain.deploy import deploy
from chain.errors import ChaqiError
from chain.follower import ACTED
from chain.offchain import AnyRow, reading
from chain.outbox import ActState, Outbox, acts
from chain.relay import Relay
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from indexer.deployed import open_following
from indexer.store import migrate, open_mirror
from scripts.bench.figures import Figure, Options
from scripts.bench.node import CHAIN_ID, node, push
from scripts.tour import HISTORY_SECONDS
from scripts.world.chapters import deeds, enforcement
from scripts.world.play import Player, Stage
from scripts.world.population import World
from scripts.world.sizes import SIZES
from scripts.world.steps import Wave
from scripts.world.story import Story

DEEDS, CERTIFICATES = 10_000, 1_200
STAGES: dict[str, tuple[str, str]] = {
    "deeds": ("prepare deeds", "issue deeds"),
    "certificates": ("claim", "decide on certificates"),
    "filings": ("package filings", "file at court"),
}
"""The first and the last wave of each."""
PUSHED = "the same pushed raw"
IN_TURN = 50
"""Transactions a request: of more anvil takes some out of turn, and parties would get other numbers than relayed."""


class ReplayDiffers(ChaqiError):
    """The transactions pushed raw were not all executed, so their rate would say nothing."""

    en = "Of {sent} transactions pushed raw, {failed} did not execute their act."
    zh = "直接推送的 {sent} 笔交易中有 {failed} 笔未执行其行为。"


class Office(Story):
    """Of the story only what leads to filings: parties, calendar, and the chapters of deeds and enforcement."""

    def waves(self) -> Iterator[Wave]:
        """Enrolment, calendar, trees (the story's days count from the first), and both chapters."""
        yield from takewhile(lambda wave: wave.name != "survey", super().waves())
        yield from sorted((*deeds.waves(self), *enforcement.waves(self)), key=lambda wave: wave.day)


@dataclass
class Played:
    """What was found while the story was played: by wave its seconds and first act; by stage its gas and bytes."""

    seconds: dict[str, float] = field(default_factory=dict)
    begins: dict[str, int] = field(default_factory=dict)
    clock: dict[str, int] = field(default_factory=dict)
    gas: dict[str, int] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    acts: list[AnyRow] = field(default_factory=list)

    def of(self, stage: str, seconds: dict[str, float]) -> float:
        """The seconds of all waves of a stage."""
        waves = list(self.begins)
        first, last = (waves.index(wave) for wave in STAGES[stage])
        return sum(seconds[wave] for wave in waves[first : last + 1])


def measure(options: Options) -> Iterator[Figure]:
    """Rates, gas and bytes of each stage."""
    size = replace(
        SIZES["county"],
        name="bench of deeds",
        farmers=SIZES["tour"].farmers,
        firms=SIZES["tour"].firms,
        trees=SIZES["tour"].trees,
        deeds=DEEDS // options.scale,
        deeds_by_wallet=SIZES["tour"].deeds_by_wallet,
        certificates=CERTIFICATES // options.scale,
    )
    counts = {"deeds": size.deeds - size.deeds_by_wallet, "certificates": size.certificates}
    counts["filings"] = size.certificates
    relayed: dict[str, list[float]] = defaultdict(list)
    pushed: dict[str, list[float]] = defaultdict(list)
    gas: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        genesis = int(time.time()) - HISTORY_SECONDS
        played = _play(Office(World(1, size)), genesis)
        raw = _push(played, genesis)
        for stage, count in counts.items():
            relayed[stage].append(count / played.of(stage, played.seconds))
            pushed[stage].append(count / played.of(stage, raw))
            gas[stage].append(played.gas[stage] / count)
            sizes[stage].append(played.size[stage] / count)
    for stage, count in counts.items():
        one = stage.removesuffix("s")
        yield Figure(f"limit: {count:,} {stage}, pushed raw", pushed[stage], f"{stage}/s")
        ratios = [rate / limit for rate, limit in zip(relayed[stage], pushed[stage], strict=True)]
        yield Figure(f"{count:,} {stage}, signed and relayed", relayed[stage], f"{stage}/s", PUSHED, ratios)
        yield Figure(f"a {one}, all its acts and anchors", gas[stage], "gas")
        yield Figure(f"a {one} in the mirror", sizes[stage], "bytes of SQL")


def _play(story: Story, genesis: int) -> Played:
    """Plays the story through outbox and relay, with blocks whenever the relay has sent everything."""
    with _ledger(genesis) as (settings, rpc, keystore):
        deployment = deploy(settings, keystore)
        offchain.migrate(settings)
        outbox = Outbox(offchain.open_store(settings))
        relay = Relay(outbox, rpc, keystore.relayers(), deployment, settings.confirmations)
        mirror = open_mirror(settings.mirror_url)
        migrate(mirror)
        found = Played()
        begun: dict[str, float] = {}
        blocks: dict[str, int] = {}

        def work() -> None:
            relay.step()
            standing = outbox.counts()
            if ActState.SUBMITTED in standing and ActState.ACCEPTED not in standing:
                rpc.call("evm_mine")

        def progress(wave: str, done: int, of: int) -> None:
            if wave not in begun:
                found.begins[wave] = sum(outbox.counts().values())
                for stage, (first, _) in STAGES.items():
                    if wave == first:
                        found.size[stage] = _mirrored(settings, mirror)
                        blocks[stage] = _head(rpc)[0]
                begun[wave] = time.perf_counter()
            found.seconds[wave] = time.perf_counter() - begun[wave]
            for stage, (_, last) in STAGES.items():
                if wave == last and done == of:
                    found.gas[stage] = _gas(rpc, blocks[stage], _head(rpc)[0])
                    found.size[stage] = _mirrored(settings, mirror) - found.size[stage]

        Player(story, Stage(settings, rpc, outbox, keystore, deployment, work)).play(progress)
        with reading(outbox.store) as connection:
            query = sa.select(acts.c.act, acts.c.contract, acts.c.call).order_by(acts.c.sequence)
            found.acts = list(connection.execute(query).all())
        for wave, at in found.begins.items():
            found.clock[wave] = _time_of(rpc, outbox, at) if at < len(found.acts) else 0
        outbox.store.dispose()
        mirror.dispose()
        return found


def _push(played: Played, genesis: int) -> dict[str, float]:
    """Seconds of each wave when its acts are pushed as transactions that are signed beforehand."""
    seconds: dict[str, float] = {}
    with _ledger(genesis) as (settings, rpc, keystore):
        deploy(settings, keystore)
        deployed = _head(rpc)[0]
        relayers = keystore.relayers()
        raw = [
            relayers[place % len(relayers)].sign_transaction(
                to=act.contract,
                call=act.call,
                nonce=place // len(relayers),
                gas=gas_limit(act.call),
                chain_id=CHAIN_ID,
            )
            for place, act in enumerate(played.acts)
        ]
        ends = [*list(played.begins.values())[1:], len(raw)]
        for (wave, begin), end in zip(played.begins.items(), ends, strict=True):
            advance_to(settings, rpc, played.clock[wave])
            start = time.perf_counter()
            anchors = sum(act.act == "Evidence.anchor" for act in played.acts[begin:end])
            for first, last in ((begin, begin + anchors), (begin + anchors, end)):  # the anchors come first
                push(rpc, raw[first:last], IN_TURN)
                while sum(_sent(rpc, relayer.address) for relayer in relayers) < last:
                    rpc.call("evm_mine")
            seconds[wave] = time.perf_counter() - start
        head = _head(rpc)[0]
        executed = sum(
            len(rpc.call("eth_getLogs", {"fromBlock": hex(number), "toBlock": hex(number), "topics": [ACTED]}))
            for number in range(deployed + 1, head + 1)
        )
        if failed := len(raw) - executed:
            raise ReplayDiffers(sent=len(raw), failed=failed)
    return seconds


@contextlib.contextmanager
def _ledger(genesis: int) -> Iterator[tuple[Settings, Rpc, Keystore]]:
    with node("--block-time", "1", "--timestamp", str(genesis)) as rpc, tempfile.TemporaryDirectory() as folder:
        settings = Settings(rpc_url=rpc.url, chain_id=CHAIN_ID, var_dir=Path(folder), confirmations=1)
        yield settings, rpc, Keystore(settings.keystore_file, CHAIN_ID)


def _head(rpc: Rpc) -> tuple[int, int]:
    block = rpc.call("eth_getBlockByNumber", "latest", False)
    return int(block["number"], 16), int(block["timestamp"], 16)


def _time_of(rpc: Rpc, outbox: Outbox, place: int) -> int:
    """The time of the block that holds the act of this place in the outbox."""
    with reading(outbox.store) as connection:
        act = connection.execute(sa.select(acts.c.id).order_by(acts.c.sequence).offset(place).limit(1)).scalar_one()
    status = outbox.status(act)
    assert status is not None and status.block_number is not None
    return int(rpc.call("eth_getBlockByNumber", hex(status.block_number), False)["timestamp"], 16)


def _gas(rpc: Rpc, after: int, last: int) -> int:
    blocks = rpc.batch(("eth_getBlockByNumber", [hex(number), False]) for number in range(after + 1, last + 1))
    return sum(int(block["gasUsed"], 16) for block in blocks)


def _mirrored(settings: Settings, mirror: sa.Engine) -> int:
    """Bytes of the mirror once it has caught up."""
    open_following(settings, mirror).catch_up()
    with mirror.connect() as connection:
        pages, page = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
        )
    return int(pages) * int(page)


def _sent(rpc: Rpc, account: str) -> int:
    return int(rpc.call("eth_getTransactionCount", account, "latest"), 16)
