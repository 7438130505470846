"""`chaqi mirror …`: run it, ask how it is, prove it, rebuild it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.console import Console

from chain.database import LeaseHeld
from chain.deploy import Deployment
from chain.errors import ChaqiError
from chain.rpc import Rpc
from chain.settings import Settings
from indexer import dump as dumping
from indexer import queries, store
from indexer.deployed import open_following, rebuild_offline, storage
from indexer.projection import discover
from indexer.reconcile import Reconciled
from indexer.reconcile import reconcile as compare
from indexer.schema import cursor, folds
from indexer.verify import verify as prove
from scripts.services import stop_on_signal

app = typer.Typer(help="The mirror of the chain's events in SQL.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)

SILENCE_SECONDS = 30
"""So long may the running mirror show no sign of life while it is waited for."""


class MirrorDiffers(ChaqiError):
    """The mirror is not what the contracts hold."""

    en = "{count} values differ from contract storage; the first: {first}. Run `chaqi mirror rebuild`."
    zh = "有 {count} 个值与合约存储不一致，第一个：{first}。请运行 `chaqi mirror rebuild`。"


class MirrorSilent(ChaqiError):
    """Somebody holds the mirror and does nothing that could be seen."""

    en = (
        "The process that holds the mirror gave no sign of life for {seconds} seconds. Stop it, and repeat the "
        "command; the order to rebuild stands, so the next `chaqi mirror run` obeys it too."
    )
    zh = (
        "占用镜像的进程已有 {seconds} 秒没有任何动静。请停止该进程后重复本命令；"
        "重建指令仍然有效，下一次 `chaqi mirror run` 也会执行。"
    )


class RewindOutOfBounds(ChaqiError):
    """The mirror cannot go back to a block before its first, or after its last."""

    en = "The mirror can be rewound to a block from {first} to {last}, not to {to}."
    zh = "镜像可回退到区块 {first} 至 {last}，不能回退到 {to}。"


@app.command()
def run(
    standby: Annotated[bool, typer.Option("--standby", help="Wait until the present writer is gone.")] = False,
) -> None:
    """Follow the chain until stopped."""
    settings = Settings()
    engine = _prepared(settings)
    with store.only_writer(engine, wait=standby):
        open_following(settings, engine).run(stop_on_signal())  # until here, a signal ends us at once


@app.command()
def status() -> None:
    """Cursor, head, lag and fault."""
    with open_for_reading(Settings()) as engine, store.reading(engine) as connection:
        known = queries.status(connection)
    for name in ("chain_id", "first_block", "block", "hash", "head", "lag_blocks", "fault"):
        console.print(f"{name:12} {getattr(known, name)}", highlight=False)


@app.command()
def rebuild() -> None:
    """Drop all projections and fold them again from the stored logs; no node needed. Gives the same bytes."""
    settings = Settings()
    engine = _prepared(settings)
    with store.reading(engine) as connection:
        queries.status(connection)  # refuses a mirror that has nothing yet
    try:
        with store.only_writer(engine):
            folded = rebuild_offline(Deployment.load(settings), engine)
    except LeaseHeld:  # the running mirror does it
        _order_rebuild(engine)
        console.print("rebuilt by the running mirror")
    else:
        console.print(f"rebuilt from {folded:,} logs")


def _order_rebuild(engine: sa.Engine) -> None:
    """Has the running mirror rebuild, and waits for it; however long it takes while it is seen to move.

    Raises `MirrorSilent` when nothing moves for `SILENCE_SECONDS`.
    """
    with store.writing(engine) as connection:
        connection.execute(sa.update(cursor).values(refold=True))
    seen: tuple[object, ...] = ()
    end = 0.0
    while True:
        with store.reading(engine) as connection:
            if not connection.scalar(sa.select(cursor.c.refold)):
                return
            # While it folds it leaves the cursor alone, and the folds advance instead.
            signs = (
                connection.scalar(sa.select(cursor.c.seen_at)),
                *connection.scalars(sa.select(folds.c.block).order_by(folds.c.projection)),
            )
        if signs != seen:
            seen, end = signs, time.monotonic() + SILENCE_SECONDS
        elif time.monotonic() > end:
            raise MirrorSilent(seconds=SILENCE_SECONDS)
        time.sleep(0.1)


@app.command()
def reconcile() -> None:
    """Compare every mirrored row with contract storage; exit 0 only if nothing differs."""
    result = compared(Settings())
    rows = ", ".join(f"{count:,} {name}" for name, count in result.rows.items())
    console.print(f"no difference: {rows}; blocks {result.first_block} to {result.last_block}")


def compared(settings: Settings) -> Reconciled:
    """The mirror compared with storage. Raises `MirrorDiffers`."""
    deployment = Deployment.load(settings)
    with open_for_reading(settings) as engine:
        result = compare(engine, storage(deployment, Rpc(settings.rpc_url)), discover())
    if result.differences:
        raise MirrorDiffers(count=len(result.differences), first=result.differences[0])
    return result


@app.command()
def verify(
    first: Annotated[int | None, typer.Option(help="First block.")] = None,
    last: Annotated[int | None, typer.Option(help="Last block.")] = None,
) -> None:
    """Prove from receipts roots that no log is missing and none is invented."""
    settings = Settings()
    with open_for_reading(settings) as engine:
        proved = prove(engine, Rpc(settings.rpc_url), first, last)
    console.print(f"blocks {proved.first} to {proved.last}: {proved.blocks:,} blocks, {proved.logs:,} logs proved")


@app.command()
def dump(
    to: Annotated[int | None, typer.Option(help="As it stood when this block was the last.")] = None,
) -> None:
    """Write the whole mirror to standard output, the same bytes for the same chain on every database."""
    with open_for_reading(Settings()) as engine, store.reading(engine) as connection:
        if to is not None:
            queries.as_of(connection, block=to)
        for line in dumping.dump(connection, discover(), to):
            sys.stdout.buffer.write(line)


@app.command()
def rewind(to: Annotated[int, typer.Option(help="Last block to keep.")]) -> None:
    """Tell the running mirror to go back to a block and follow the node from there."""
    with open_for_reading(Settings()) as engine, store.writing(engine) as connection:
        known = queries.status(connection)
        first = known.first_block - 1
        if not first <= to <= known.block:
            raise RewindOutOfBounds(first=first, last=known.block, to=to)
        connection.execute(sa.update(cursor).values(rewind_to=to))
    console.print(f"the mirror goes back to block {to} at its next step")


@contextmanager
def open_for_reading(settings: Settings) -> Iterator[sa.Engine]:
    """The mirror's database, for a command that does not follow the chain."""
    engine = _prepared(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def _prepared(settings: Settings) -> sa.Engine:
    engine = store.open_mirror(settings.mirror_url)
    store.migrate(engine)
    return engine
