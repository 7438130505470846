"""Makes the book: draws it, plays it through outbox and relay, mirrors it, and has its facts read."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from chain import offchain
from chain.deploy import Deployment, deploy
from chain.devnet import Devnet
from chain.offchain import reading
from chain.outbox import Outbox, acts
from chain.relay import Relay
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from indexer.deployed import open_following, storage
from indexer.store import migrate, only_writer, open_mirror
from scripts.book.facts import Fact, Ledger, facts
from scripts.book.watch import Watch, held, processor_seconds
from scripts.seed import wait_for_relay
from scripts.tour import HISTORY_SECONDS
from scripts.world.play import Player, Stage
from scripts.world.population import World
from scripts.world.sizes import share_of_the_book
from scripts.world.steps import Wave
from scripts.world.story import Story
from tests.stack import free_port

BLOCK_SECONDS = 5.0
"""Few large blocks: anvil's time for one grows with the state. A block also comes whenever all acts are sent."""


class Part(NamedTuple):
    """A part of the work: its acts (for the mirror events, for the last part reads), and seconds."""

    subject: str
    acts: int
    seconds: float


@dataclass
class Book:
    """What was measured and found."""

    parts: list[Part] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    peak_bytes: dict[str, int] = field(default_factory=dict)
    """Most memory that the chain's node and this process have held."""
    processor: dict[str, float] = field(default_factory=dict)
    """Seconds of processor time: what to compare on a machine that others use too."""


def make(folder: Path, scale: float, seed: int, tell: Callable[[str], object]) -> Book:
    """Draws, plays, mirrors and checks the book at `scale` in `folder`; `tell` takes a line each time it advances."""
    with made(folder, scale, seed, tell) as (_, book):
        return book


@contextmanager
def made(folder: Path, scale: float, seed: int, tell: Callable[[str], object]) -> Iterator[tuple[Settings, Book]]:
    """The book as `make` makes it, whose chain runs until the block ends; mirror and relay have stopped."""
    book = Book()
    tell("drawing the book")
    begun = time.perf_counter()
    story = Story(World(seed, share_of_the_book(scale)))
    waves = list(story.waves())
    told = Told(story, waves)
    book.parts.append(Part("drawn", sum(len(wave.steps) for wave in waves), time.perf_counter() - begun))
    settings = Settings(var_dir=folder, rpc_url=f"http://127.0.0.1:{free_port()}", confirmations=1)
    genesis = int(time.time()) - HISTORY_SECONDS
    with Devnet.start(settings, engine="anvil", block_time=BLOCK_SECONDS, genesis_time=genesis, kept=False) as devnet:
        watch = Watch(tell, waves, devnet.pid)
        keystore = Keystore(settings.keystore_file, settings.chain_id)
        deployment = deploy(settings, keystore)
        offchain.migrate(settings)
        with _relaying(settings):
            book.parts += _play(told, settings, keystore, deployment, watch)
        with watch.part("filling the mirror"):
            book.parts.append(_mirror(settings))
        with watch.part("reading everything from SQL and from storage"):
            begun = time.perf_counter()
            engine = open_mirror(settings.mirror_url)
            ledger = Ledger(engine, storage(deployment, Rpc(settings.rpc_url, timeout=600)))
            book.facts = list(facts(told, ledger))
            engine.dispose()
            book.parts.append(Part("read from storage", ledger.read, time.perf_counter() - begun))
        book.peak_bytes = {"node": held(devnet.pid, "VmHWM"), "player": held(os.getpid(), "VmHWM")}
        spent = os.times()
        book.processor = {
            "player, mirror, reads": spent.user + spent.system,
            "relay": spent.children_user + spent.children_system,
            "node": processor_seconds(devnet.pid),
        }
        yield settings, book


class Told(Story):
    """A story whose waves have been told, so that they are not drawn twice."""

    def __init__(self, story: Story, waves: list[Wave]) -> None:
        self.__dict__.update(story.__dict__)
        self._told = waves

    def waves(self) -> Iterator[Wave]:
        """The same waves."""
        yield from self._told


def _play(story: Told, settings: Settings, keystore: Keystore, deployment: Deployment, watch: Watch) -> list[Part]:
    rpc, outbox = Rpc(settings.rpc_url), Outbox(offchain.open_store(settings))
    begun = time.perf_counter()
    stage = Stage(settings, rpc, outbox, keystore, deployment, lambda: wait_for_relay(outbox, rpc))
    Player(story, stage).play(watch.progress)
    seconds = time.perf_counter() - begun
    with reading(outbox.store) as connection:
        contract = sa.func.substr(acts.c.act, 1, sa.func.instr(acts.c.act, ".") - 1)
        counted = {
            name: count for name, count in connection.execute(sa.select(contract, sa.func.count()).group_by(contract))
        }
    outbox.store.dispose()
    parts = [Part(f"acts of {name}", count, watch.seconds[name]) for name, count in sorted(counted.items())]
    return [*parts, Part("all acts", sum(counted.values()), seconds)]


@contextmanager
def _relaying(settings: Settings) -> Iterator[None]:
    """The relay in a process of its own, so that it works while acts are signed."""
    ending = multiprocessing.get_context("spawn").Event()
    process = multiprocessing.get_context("spawn").Process(target=_relay, args=(settings, ending), daemon=True)
    process.start()
    try:
        yield
    finally:
        ending.set()
        process.join()


def _relay(settings: Settings, ending: threading.Event) -> None:
    keystore = Keystore(settings.keystore_file, settings.chain_id)
    outbox = Outbox(offchain.open_store(settings))
    deployment = Deployment.load(settings)
    Relay(outbox, Rpc(settings.rpc_url), keystore.relayers(), deployment, settings.confirmations).run(ending)


def _mirror(settings: Settings) -> Part:
    engine = open_mirror(settings.mirror_url)
    migrate(engine)
    begun = time.perf_counter()
    with only_writer(engine):
        open_following(settings, engine).catch_up()
    seconds = time.perf_counter() - begun
    with engine.connect() as connection:
        events = connection.exec_driver_sql("SELECT count(*) FROM logs").scalar_one()
    engine.dispose()
    return Part("events mirrored", int(events), seconds)
