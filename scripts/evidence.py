"""`chaqi anchor` and `chaqi verify`: files into evidence, and evidence checked without trusting us."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.progress import Progress

from chain import offchain
from chain.deploy import ATTESTER_PARTY, Deployment, NotDeployed
from chain.errors import ChaqiError
from chain.rpc import Rpc
from chain.settings import Settings
from workflows.evidence import anchor as anchoring
from workflows.evidence import package as packages
from workflows.evidence import receipt as receipts
from workflows.evidence.envelope import SUFFIX, Origin, envelope
from workflows.evidence.hashing import hash_file
from workflows.evidence.package import Packed
from workflows.evidence.receipt import State
from workflows.evidence.verify import Verdict, verify_offline, verify_on_chain
from workflows.pki.provider import open_pki
from workflows.pki.timestamp import keep

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


class DocumentUnreceipted(ChaqiError):
    """A document was named that none of the receipts is for."""

    en = "{count} of the documents belong to none of the receipts: name the receipt of each."
    zh = "有 {count} 份文件不属于任何所给回执：请给出每份文件的回执。"


class NotVerified(ChaqiError):
    """A link of the chain of evidence is broken."""

    en = "NOT VERIFIED. Broken link: {link}. {en}"
    zh = "验证不通过。断裂环节：{link}。{zh}"


def anchor(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    out: Annotated[Path, typer.Option(help="Where the receipts are written.")] = Path("receipts"),
    wait: Annotated[State, typer.Option(help="Come back when all are at this state.")] = State.FINAL,
    timeout: Annotated[int, typer.Option(help="Seconds to wait.")] = 120,
    source: Annotated[
        str | None, typer.Option(help="The system the files come from: anchors an envelope with each that says so.")
    ] = None,
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
    documents = prepared.documents
    if source is not None:
        envelopes = _envelopes(settings, store, documents, source)
        documents += anchoring.prepare(envelopes, out).documents
    new = anchoring.submit(store, ATTESTER_PARTY, documents, int(time.time()))
    states = wait_for(settings, [document.receipt_path for document in documents], wait, timeout)
    console.print(
        f"{len(documents)} documents, {new} new; "
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


def package(
    paths: Annotated[list[Path], typer.Argument(help="Receipts (.receipt.json).")],
    out: Annotated[Path, typer.Option(help="The zip file to write.")] = Path("evidence.zip"),
    document: Annotated[
        list[Path] | None, typer.Option(help="A document to put in, matched by its digests; repeat.")
    ] = None,
    rpc: Annotated[str | None, typer.Option(help="The chain's node; default CHAQI_RPC_URL.")] = None,
) -> None:
    """Pack documents with the proofs of their receipts, for `chaqi-verify`, which needs neither us nor a network."""
    held = [receipts.read(path) for path in paths]
    contents = {hash_file(path): path.read_bytes() for path in document or ()}
    packed = [Packed(one, contents.pop(one.document.digests, None)) for one in held]
    if contents:
        raise DocumentUnreceipted(count=len(contents))
    proofs = packages.anchors_of(Rpc(rpc or Settings().rpc_url), held)
    out.write_bytes(packages.package(proofs, packed))
    inside = sum(one.content is not None for one in packed)
    console.print(
        f"{out}: {len(packed)} proofs, {inside} documents, {len(proofs)} anchors; check it: chaqi-verify {out}"
    )


def _envelopes(
    settings: Settings, store: sa.Engine, documents: tuple[anchoring.Prepared, ...], source: str
) -> list[Path]:
    """An envelope beside the receipt of each document; one that exists already stays as it was."""
    pki = open_pki(settings, store, lambda: int(time.time()))
    written = []
    for one in documents:
        name = one.receipt_path.name.removesuffix(receipts.SUFFIX)
        place = one.receipt_path.with_name(f"{name}{SUFFIX}")
        if not place.exists():
            now = int(time.time())
            origin = Origin(captured_at=now, application="chaqi anchor", source=source)
            content, stamp = envelope(name, one.receipt.document.digests, origin, pki=pki, now=now)
            keep(store, stamp)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        written.append(place)
    return written


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
