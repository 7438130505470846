"""`make book`: the seed's whole book on one machine, through real signed acts, and its sums asserted afterwards.

`domain.md` 6.2: 15,000 trees, 3,000 farmers and firms, 232,853 deeds for CNY 2,576,000,000, 27,092 certificates for
CNY 356,000,000, filings at 2,905 courts. A fresh development chain; every act is signed by its party and goes through
outbox and relay, then the mirror is filled, then each count and sum is read from SQL and, entity by entity, from the
contracts' storage. Fails when a single one differs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from chain import offchain
from chain.deploy import Deployment, deploy
from chain.devnet import Devnet
from chain.errors import ChaqiError
from chain.offchain import reading
from chain.outbox import Outbox, acts
from chain.relay import Relay
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from chain.vocabulary import enumeration
from indexer.deployed import open_following, storage
from indexer.projection import Projection, discover
from indexer.queries import at
from indexer.reconcile import Storage
from indexer.store import migrate, only_writer, open_mirror
from scripts.seed import wait_for_relay
from scripts.tour import HISTORY_SECONDS
from scripts.world.chapters.deeds import BOOK_CERTIFIED_FEN, BOOK_FEN, Enforcement
from scripts.world.play import Player, Stage
from scripts.world.population import World
from scripts.world.sizes import SIZES, share_of_the_book
from scripts.world.steps import Wave
from scripts.world.story import Story
from tests.stack import free_port

BLOCK_SECONDS = 5.0
"""Few large blocks: anvil's time for one grows with the state. A block also comes whenever all acts are sent."""
READ_AT_ONCE = 500
ITEMS = ("principal", "interest", "penalty", "costs")
console = Console(soft_wrap=True, highlight=False)


class BookDiffers(ChaqiError):
    """A count or a sum of the book is not what was drawn."""

    en = "The book differs from what was drawn: {facts}."
    zh = "整本账与生成目标不一致：{facts}。"


class Fact(NamedTuple):
    """One count or sum: what was wanted, what SQL holds and what the contracts hold."""

    subject: str
    wanted: int
    sql: int
    chain: int

    @property
    def holds(self) -> bool:
        """All three agree."""
        return self.wanted == self.sql == self.chain


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
    peak_bytes: int = 0
    """Most memory that the chain's node has held."""
    processor: dict[str, float] = field(default_factory=dict)
    """Seconds of processor time: what to compare on a machine that others use too."""


class Clock:
    """Adds up the seconds of waves by the contract that most of a wave's acts go to."""

    def __init__(self, waves: Sequence[Wave]) -> None:
        self._of = {
            wave.name: Counter(step.act.partition(".")[0] for step in wave.steps).most_common(1)[0][0]
            for wave in waves
            if wave.steps
        }
        self._wave = ""
        self._since = 0.0
        self.seconds: Counter[str] = Counter()

    def progress(self, wave: str, done: int, of: int) -> None:
        """Told by the player."""
        now = time.perf_counter()
        if self._wave in self._of:
            self.seconds[self._of[self._wave]] += now - self._since  # type: ignore[assignment]
        self._wave, self._since = wave, now


def main() -> None:
    """Makes the book, shows the tables, and fails where a fact does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the book, 0.01 to 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("var") / "book", help="emptied before")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that node and relay are ended too
    shutil.rmtree(asked.folder, ignore_errors=True)
    with console.status("drawing the book") as status:
        book = make(asked.folder, asked.scale, asked.seed, lambda words: status.update(words))
    _show(book)
    if differing := [fact.subject for fact in book.facts if not fact.holds]:
        raise BookDiffers(facts=", ".join(differing))


def make(folder: Path, scale: float, seed: int, tell: Callable[[str], object]) -> Book:
    """Draws, plays, mirrors and checks the book at `scale` in `folder`."""
    book = Book()
    begun = time.perf_counter()
    story = Story(World(seed, share_of_the_book(scale)))
    waves = list(story.waves())
    book.parts.append(Part("drawn", sum(len(wave.steps) for wave in waves), time.perf_counter() - begun))
    settings = Settings(var_dir=folder, rpc_url=f"http://127.0.0.1:{free_port()}", confirmations=1)
    genesis = int(time.time()) - HISTORY_SECONDS
    with Devnet.start(settings, engine="anvil", block_time=BLOCK_SECONDS, genesis_time=genesis, kept=False) as devnet:
        keystore = Keystore(settings.keystore_file, settings.chain_id)
        deployment = deploy(settings, keystore)
        offchain.migrate(settings)
        with _relaying(settings):
            book.parts += _play(Told(story, waves), settings, keystore, deployment, tell)
        tell("mirror")
        book.parts.append(_mirror(settings))
        tell("reading every deed, certificate and filing from storage")
        begun = time.perf_counter()
        engine = open_mirror(settings.mirror_url)
        ledger = Ledger(engine, storage(deployment, Rpc(settings.rpc_url, timeout=600)))
        book.facts = list(_facts(Told(story, waves), ledger))
        engine.dispose()
        read = sum(fact.chain for fact in book.facts if fact.subject in ("deeds", "certificates issued", "filings"))
        book.parts.append(Part("read from storage", read, time.perf_counter() - begun))
        book.peak_bytes = _peak(devnet.pid)
        spent = os.times()
        book.processor = {
            "player, mirror, reads": spent.user + spent.system,
            "relay": spent.children_user + spent.children_system,
            "node": _processor_seconds(devnet.pid),
        }
    return book


class Told(Story):
    """A story whose waves have been told, so that they are not drawn twice."""

    def __init__(self, story: Story, waves: list[Wave]) -> None:
        self.__dict__.update(story.__dict__)
        self._told = waves

    def waves(self) -> Iterator[Wave]:
        """The same waves."""
        yield from self._told


def _play(
    story: Told, settings: Settings, keystore: Keystore, deployment: Deployment, tell: Callable[[str], object]
) -> list[Part]:
    rpc, outbox = Rpc(settings.rpc_url), Outbox(offchain.open_store(settings))
    clock = Clock(list(story.waves()))

    def progress(wave: str, done: int, of: int) -> None:
        clock.progress(wave, done, of)
        tell(f"{wave}: {done:,} of {of:,}")

    begun = time.perf_counter()
    stage = Stage(settings, rpc, outbox, keystore, deployment, lambda: wait_for_relay(outbox, rpc))
    Player(story, stage).play(progress)
    clock.progress("", 0, 0)
    seconds = time.perf_counter() - begun
    with reading(outbox.store) as connection:
        contract = sa.func.substr(acts.c.act, 1, sa.func.instr(acts.c.act, ".") - 1)
        counted = {
            name: count for name, count in connection.execute(sa.select(contract, sa.func.count()).group_by(contract))
        }
    outbox.store.dispose()
    parts = [Part(f"acts of {name}", count, clock.seconds[name]) for name, count in sorted(counted.items())]
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
    Relay(outbox, Rpc(settings.rpc_url), keystore.relayers(), settings.chain_id, settings.confirmations).run(ending)


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


class Ledger:
    """Both sides of the book: the mirror's rows in SQL and the contracts' storage."""

    def __init__(self, engine: sa.Engine, storage: Storage) -> None:
        self.engine = engine
        self.storage = storage
        self._known: dict[str, Projection] = {projection.name: projection for projection in discover()}

    def rows(self, name: str, *columns: str) -> list[Sequence[Any]]:
        """Current rows: their id, and these columns."""
        table = self._known[name].table
        (key,) = self._known[name].key_names
        query = sa.select(table.c[key], *(table.c[column] for column in columns)).where(at(table, None))
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def stored(self, function: str, arguments: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """What a view function answers to each of many lists of arguments. Raises `BookDiffers` where it refuses."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(arguments), READ_AT_ONCE):
            part = arguments[start : start + READ_AT_ONCE]
            for answer in self.storage.read([(function, one) for one in part])[1]:
                if answer is None:
                    raise BookDiffers(facts=f"{function} refused an id that the mirror has")
                found.append(answer)
        return found

    def counted(self, name: str, wanted: int) -> Fact:
        """How many there are by the mirror's rows, and by the contract's own counter."""
        function = self._known[name].count
        assert function is not None
        (answer,) = self.stored(function, [()])
        return Fact(name, wanted, len(self.rows(name)), int(next(iter(answer.values()))))


def _facts(story: Story, ledger: Ledger) -> Iterator[Fact]:
    size, book = story.world.size, SIZES["book"]
    steps = Counter(step.act for wave in story.waves() for step in wave.steps)
    yield ledger.counted("parties", len(story.parties) + 1)  # the deployment enrols an attester of its own
    yield ledger.counted("trees", size.trees)
    yield ledger.counted("agreements", steps["Agreements.offer"])
    yield ledger.counted("loans", steps["LoanApplications.submit"])
    yield ledger.counted("deeds", size.deeds)
    yield ledger.counted("certificates", steps["Certificates.file"])
    yield ledger.counted("filings", size.certificates)

    deeds = {key: int(principal) for key, principal in ledger.rows("deeds", "principal")}
    on_chain = ledger.stored("Deeds.deed", [(deed,) for deed in deeds])
    stored = sum(int(one["principal"]) for one in on_chain)
    yield Fact("deeds, fen", BOOK_FEN * size.deeds // book.deeds, sum(deeds.values()), stored)

    certified = (enumeration("enum CertificateState") or []).index("ISSUED")
    rows = ledger.rows("certificates", "deed", "applied_at", "state", *ITEMS)
    claims = ledger.stored("Certificates.certificate", [(row[0],) for row in rows])
    issued = [row for row in rows if row[3] == certified]
    valid = [one for one in claims if int(one["state"]) == certified]
    yield Fact("certificates issued", size.certificates, len(issued), len(valid))
    wanted = BOOK_CERTIFIED_FEN * size.certificates // book.certificates
    summed = sum(sum(map(int, row[4:])) for row in issued)
    yield Fact("certificates issued, fen", wanted, summed, sum(map(_total, valid)))

    entitled = ledger.stored("Deeds.entitlement", [(row[1], row[2]) for row in rows])
    within = sum(_total(one) <= int(most[""]) for one, most in zip(claims, entitled, strict=True))
    mirrored = sum(int(row[4]) <= deeds[row[1]] for row in rows)
    yield Fact("certificates within their deeds", len(rows), mirrored, within)

    filings = ledger.rows("filings", "court")
    filed = ledger.stored("Filings.filing", [(row[0],) for row in filings])
    drawn = len(set(Enforcement(story).court_of.values()))
    yield Fact("courts", drawn, len({row[1] for row in filings}), len({int(one["court"]) for one in filed}))


def _total(certificate: dict[str, Any]) -> int:
    return sum(int(certificate[item]) for item in ITEMS)


def _peak(process: int) -> int:
    """Most bytes of memory that a process has held; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _processor_seconds(process: int) -> float:
    """Processor time that a process has used; 0 where the system does not tell."""
    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _show(book: Book) -> None:
    parts = Table("part", "count", "seconds", "a second", title="the book (synthetic)")
    for part in book.parts:
        # Anchors go with the waves that rely on them, and have no time of their own.
        told = (f"{part.seconds:,.1f}", f"{part.acts / part.seconds:,.0f}") if part.seconds else ("", "")
        parts.add_row(part.subject, f"{part.acts:,}", *told)
    console.print(parts)
    facts = Table("", "wanted", "SQL", "chain", "", title="counts and sums")
    for fact in book.facts:
        numbers = (f"{number:,}" for number in fact[1:])
        facts.add_row(fact.subject, *numbers, "agrees" if fact.holds else "DIFFERS")
    console.print(facts)
    total = sum(part.seconds for part in book.parts if not part.subject.startswith("acts of"))
    console.print(f"{total / 60:.1f} minutes; the node held at most {book.peak_bytes / 1e9:.2f} GB")
    console.print("processor seconds: " + ", ".join(f"{name} {spent:,.0f}" for name, spent in book.processor.items()))


if __name__ == "__main__":
    main()
