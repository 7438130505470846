"""`chaqi anchor` and `chaqi verify`: files into evidence, and evidence checked without trusting us."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from chain import offchain
from chain.deploy import ATTESTER_PARTY, Deployment, NotDeployed
from chain.errors import ChaqiError
from chain.rpc import Rpc
from chain.settings import Settings
from workflows.evidence import anchor as anchoring
from workflows.evidence import receipt as receipts
from workflows.evidence.receipt import State
from workflows.evidence.verify import Verdict, verify_offline, verify_on_chain

console = Console(soft_wrap=True, highlight=False)


class NotAnchoredInTime(ChaqiError):
    """The documents are queued, and the chain has not taken them yet."""

    en = (
        "{waiting} of {total} documents are not {state} after {seconds} seconds. They are queued and lose nothing: "
        "see that `make up` runs, then repeat the command."
    )
    zh = (
        "{total} 份文件中有 {waiting} 份在 {seconds} 秒后仍未达到 {state}。"
        "它们已排队，不会丢失：请确认 `make up` 正在运行，然后重复本命令。"
    )


class NotVerified(ChaqiError):
    """A link of the chain of evidence is broken."""

    en = "NOT VERIFIED. Broken link: {link}. {en}"
    zh = "验证不通过。断裂环节：{link}。{zh}"


def anchor(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    out: Annotated[Path, typer.Option(help="Where the receipts are written.")] = Path("receipts"),
    wait: Annotated[State, typer.Option(help="Come back when all are at this state.")] = State.FINAL,
    timeout: Annotated[int, typer.Option(help="Seconds to wait.")] = 120,
) -> None:
    """Anchor files as evidence on the running chain; a receipt for each, to be kept with the file."""
    settings = Settings()
    Deployment.load(settings)
    store = offchain.open_store(settings)
    with Progress(console=console, transient=True) as progress:
        hashing = progress.add_task("hashing", total=None)
        prepared = anchoring.prepare(paths, out, progress=lambda size: progress.advance(hashing, size))
    for skipped in prepared.skipped:
        console.print(f"passed over {skipped.path}: {skipped.skipped}")
    new = anchoring.submit(store, ATTESTER_PARTY, prepared.documents, int(time.time()))
    states = wait_for(settings, [document.receipt_path for document in prepared.documents], wait, timeout)
    console.print(
        f"{len(prepared.documents)} documents, {new} new; "
        + ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        + f"; receipts in {out}"
    )


def wait_for(settings: Settings, places: list[Path], state: State, timeout: float) -> dict[State, int]:
    """Brings receipts up to date until all have reached `state`; returns how many stand where.

    Raises `NotAnchoredInTime`.
    """
    order = list(State)
    store = offchain.open_store(settings)
    end = time.monotonic() + timeout
    while True:
        states = anchoring.bring_up_to_date(store, places)
        waiting = sum(count for at, count in states.items() if order.index(at) < order.index(state))
        if not waiting:
            return dict(states)
        if time.monotonic() > end:
            raise NotAnchoredInTime(waiting=waiting, total=len(places), state=state, seconds=int(timeout))
        time.sleep(0.25)


def verify(
    file: Annotated[Path, typer.Argument(help="The document.")],
    receipt: Annotated[Path, typer.Argument(help="Its receipt.")],
    rpc: Annotated[str | None, typer.Option(help="The chain's node; default CHAQI_RPC_URL.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Check file and receipt only, no chain.")] = False,
) -> None:
    """Check a file against its receipt, and the receipt against the chain; every link is named."""
    settings = Settings()
    held = receipts.read(receipt)
    verdict = verify_offline(file, held)
    if not offline:
        verdict = verify_on_chain(
            verdict,
            Rpc(rpc or settings.rpc_url),
            contract=_trusted(settings),
            confirmations=settings.confirmations,
        )
    show(verdict)
    broken = verdict.broken
    if broken is not None:
        raise NotVerified(link=broken.name, en=broken.en, zh=broken.zh)


def show(verdict: Verdict) -> None:
    """Prints a verdict, link by link, in both languages."""
    for link in verdict.links:
        console.print(f"[{'green' if link.ok else 'red'}]{'ok  ' if link.ok else 'FAIL'}[/] {link.en}")
        console.print(f"     {link.zh}", style="dim")


def _trusted(settings: Settings) -> str | None:
    """The Evidence contract we know ourselves, so that a receipt cannot bring its own."""
    try:
        return Deployment.load(settings).address("Evidence")
    except NotDeployed:
        return None
