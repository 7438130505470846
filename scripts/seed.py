"""`chaqi seed`: the labelled synthetic world, played as real signed acts on a running Chaqi."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

import sqlalchemy as sa
import typer
from rich import progress as bars
from rich.console import Console

from chain import offchain
from chain.acts import SignedAct
from chain.deploy import Deployment
from chain.offchain import reading
from chain.outbox import ActState, Outbox, acts
from chain.rpc import NodeError, Rpc
from chain.settings import Settings
from chain.signers import Keystore
from scripts.world.chapters import mortgages, valuations
from scripts.world.chapters import prices as reports
from scripts.world.chapters.batches import Spring
from scripts.world.demands import demands
from scripts.world.play import Player, Progress, Stage
from scripts.world.population import World
from scripts.world.story import Story
from workflows import packs
from workflows.batches import registry
from workflows.batches.codes import Package
from workflows.evidence.anchored import evidence_id
from workflows.master_key import master_key
from workflows.matching.supply import coming_spring
from workflows.matching.tables import post
from workflows.trees.filing import Filing
from workflows.valuations import inputs, prices
from workflows.vault import ERASURES_FILE, Vault

SEED = 1
LOOK_SECONDS = 0.03

console = Console(soft_wrap=True, highlight=False)


class WorldSize(StrEnum):
    """How large a synthetic world is; see `scripts/world/sizes.py`."""

    TOUR = "tour"
    COUNTY = "county"
    BOOK = "book"


def seed(
    size: Annotated[WorldSize, typer.Argument(help="tour, county or book.")] = WorldSize.TOUR,
    number: Annotated[int, typer.Option("--seed", help="Same number, same world.")] = SEED,
) -> None:
    """Play a synthetic world on the running Chaqi, or go on where an earlier run stopped."""
    settings = Settings()
    started = time.monotonic()
    played = play(settings, Deployment.load(settings), size, number)
    seconds = time.monotonic() - started
    console.print(f"{size} (synthetic, seed {number}): {played.handed_in:,} acts handed in, {seconds:.0f} s")


@dataclass(frozen=True)
class Played:
    """How many acts were handed in now, and the packages of the world's lots by the root of each lot."""

    handed_in: int
    lots: dict[bytes, list[Package]]


def play(settings: Settings, deployment: Deployment, size: WorldSize, number: int = SEED) -> Played:
    """Plays what is not played yet, showing progress."""
    rpc, outbox = Rpc(settings.rpc_url), Outbox(offchain.open_store(settings))
    stage = Stage(
        settings=settings,
        rpc=rpc,
        outbox=outbox,
        keystore=Keystore(settings.keystore_file, deployment.chain_id),
        deployment=deployment,
        work=lambda: wait_for_relay(outbox, rpc),
    )
    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
    with bars.Progress(*columns, bars.TimeElapsedColumn(), console=console, transient=True) as shown:
        task = shown.add_task("synthetic world")

        def progress(wave: str, done: int, of: int) -> None:
            shown.update(task, description=wave, completed=done, total=of)
            if not console.is_terminal and done == of and of:
                console.print(f"world     {wave}: {of:,}")

        world = World(number, size.value)
        story = Story(world)
        player = Player(story, stage)
        handed_in = player.play(progress)
        _keep_records(stage, world, player, progress)
        lots = Spring(story).lots_by_root
        _keep_codes(stage, lots, progress)
        _post_demands(stage, world, player)
        _keep_inputs(stage, story, player, progress)
        _keep_prices(stage, story, player)
    return Played(handed_in, lots)


def _post_demands(stage: Stage, world: World, player: Player) -> None:
    """Keeps what the firms would buy of the coming spring, for the matching; again: changes nothing."""
    for demand in demands(world, coming_spring(date.today()), player.party_id):
        post(stage.outbox.store, demand, now=int(time.time()), synthetic=True)


def wait_for_relay(outbox: Outbox, rpc: Rpc) -> None:
    """Lets the worker's relay work. When it has sent everything a development chain makes the block at once: a story of
    many short waves would else mostly wait for blocks.
    """
    time.sleep(LOOK_SECONDS)
    if outbox.count_at(ActState.ACCEPTED) or not (pending := outbox.count_pending()):
        return
    if _arrived(rpc, pending) >= pending:  # a block costs a node that holds much more than the acts in it
        with contextlib.suppress(NodeError):  # other chains make blocks when they want
            rpc.call("evm_mine")


def _arrived(rpc: Rpc, otherwise: int) -> int:
    """How many transactions wait for a block, or `otherwise` where the node does not tell."""
    try:
        return int(rpc.call("txpool_status")["pending"], 16)
    except NodeError:
        return otherwise


def _keep_records(stage: Stage, world: World, player: Player, progress: Progress) -> None:
    """Seals the trees' exact records for their owners, as the API does with those of the acts that it takes."""
    store, var_dir = stage.outbox.store, stage.settings.var_dir
    key = master_key(var_dir, stage.settings.vault_key)
    filing = Filing(store, Vault(store, key, var_dir / ERASURES_FILE), key)
    trees = {tree.tag: tree for tree in world.trees()}
    filed = sa.select(acts.c.wire).where(acts.c.act == "Trees.file").order_by(acts.c.sequence)
    with reading(store) as connection:
        wires = connection.execute(filed).scalars().all()
    for done, wire in enumerate(wires, start=1):
        tree = trees.get(wire["message"]["tag"])
        if tree is not None:  # others were filed by visitors
            filing.keep(
                SignedAct.read(wire, stage.deployment.domains),
                tree.record,
                tree.salt,
                owner=player.party_id(tree.owner),
                live=lambda near: (),  # the world holds no duplicates by construction
                now=int(time.time()),
            )
        progress("seal the trees' records", done, len(wires))


def _keep_codes(stage: Stage, lots: dict[bytes, list[Package]], progress: Progress) -> None:
    """Keeps the codes of the world's lots, as the API does with those that it makes, so that they can be scanned."""
    store = stage.outbox.store
    issued = sa.select(acts.c.wire).where(acts.c.act == "Batches.issueCodes").order_by(acts.c.sequence)
    with reading(store) as connection:
        wires = connection.execute(issued).scalars().all()
    for done, wire in enumerate(wires, start=1):
        packages = lots.get(bytes.fromhex(wire["message"]["root"][2:]))
        if packages:  # others were issued by visitors
            registry.keep(store, str(int(wire["message"]["lot"])), packages)
        progress("keep the codes of packages", done, len(wires))


def _keep_inputs(stage: Stage, story: Story, player: Player, progress: Progress) -> None:
    """Seals what the world's valuations were computed from, as an appraiser does with those that it posts."""
    store, var_dir = stage.outbox.store, stage.settings.var_dir
    vault = Vault(store, master_key(var_dir, stage.settings.vault_key), var_dir / ERASURES_FILE)
    postings = [*valuations.all_postings(story), *mortgages.falls(story)]
    for done, posting in enumerate(postings, start=1):
        owners = [player.party_id(tree.owner) for tree in posting.trees]
        inputs.keep(store, vault, posting.lot, owners, now=int(time.time()))
        progress("seal the inputs of valuations", done, len(postings))


def _keep_prices(stage: Stage, story: Story, player: Player) -> None:
    """Keeps the reports of prices on which the index rests, as the API does with a source's; again: changes nothing."""
    store, today = stage.outbox.store, date.today()
    known = {(quote.source, quote.day) for quote in prices.reported(store, packs.OURS)}
    for one in reports.reports(story):
        source = player.party_id(one.source)
        if (source, one.date) in known or one.date > today:
            continue
        evidence = "0x" + evidence_id(source, one.root).hex()
        now = int(time.time())
        prices.report(store, packs.OURS, source, one.date, one.ratio_ppm, evidence, today=today, now=now)
