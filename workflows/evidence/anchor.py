"""Files → pending receipts → the queue, and receipts brought up to date: what `chaqi anchor` does.

The receipt with its salt is on disk before the document is queued, and the leaf names the document, so
running the same command again after a crash at any point repeats nothing and loses nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from workflows.evidence.batches import Submission, enqueue, receipts
from workflows.evidence.hashing import Digests, WalkEntry, hash_file, walk
from workflows.evidence.leaf import new_salt
from workflows.evidence.receipt import SUFFIX, Provenance, Receipt, State, read, unhex, write

LONGEST_NAME = 200
"""Bytes of a document's name that its receipt's name keeps; file systems allow 255 in all."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A hashed document, its pending (or, from an earlier run, further advanced) receipt and its place."""

    path: Path
    receipt_path: Path
    receipt: Receipt

    @property
    def submission(self) -> Submission:
        """The document as the queue takes it."""
        kept = self.receipt
        salt = unhex(kept.leaf.salt)
        return Submission(kept.document.digests, salt, kept.document.name, kept.provenance)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Every document found, and what was passed over (symbolic links, special files)."""

    documents: tuple[Prepared, ...]
    skipped: tuple[WalkEntry, ...]


def prepare(
    paths: Sequence[Path],
    out: Path,
    *,
    provenance: Provenance | None = None,
    progress: Callable[[int], object] | None = None,
) -> Preparation:
    """Hashes every file named by `paths` and plans its receipt under `out`; writes nothing.

    A receipt that `out` already holds for the same content is taken up again, salt and all; one for other
    content is left alone. Raises `FileUnreadable`, `NotAFile`, `FileChanged` and `ReceiptMalformed` before
    anything is done.
    """
    hashed: list[tuple[WalkEntry, str, Digests]] = []
    skipped: list[WalkEntry] = []
    for path in paths:
        for entry in walk(path, leave_out=out):
            if entry.skipped:
                skipped.append(entry)
                continue
            name = entry.name if entry.path == path else f"{path.resolve().name}/{entry.name}"
            hashed.append((entry, name, hash_file(entry.path, progress)))
    planned: dict[Path, Prepared] = {}
    for entry, name, digests in hashed:
        place, kept = _place(out, name, digests, planned)
        receipt = kept or Submission(digests, new_salt(), _printable(entry.path.name), provenance).receipt()
        planned[place] = Prepared(entry.path, place, receipt)
    return Preparation(tuple(planned.values()), tuple(skipped))


def submit(store: sa.Engine, attester: int, documents: Sequence[Prepared], now: int) -> int:
    """Writes the receipts, then queues the documents for party `attester`; returns how many were new."""
    for document in documents:
        write(document.receipt_path, document.receipt)
    return enqueue(store, attester, (document.submission for document in documents), now)


def bring_up_to_date(store: sa.Engine, receipt_paths: Iterable[Path]) -> Counter[State]:
    """Rewrites the receipts that have advanced, each in one step, and counts all by their state.

    Raises `FileUnreadable`, `ReceiptMalformed`.
    """
    held = {path: read(path) for path in receipt_paths}
    places: dict[str, list[Path]] = {}
    for path, receipt in held.items():
        places.setdefault(receipt.leaf.hash, []).append(path)
    for newest in receipts(store, (unhex(leaf) for leaf in places)):
        for path in places[newest.leaf.hash]:
            advanced = {"state": newest.state, "batch": newest.batch, "anchor": newest.anchor}
            updated = held[path].model_copy(update=advanced)
            if updated != held[path]:
                write(path, updated)
                held[path] = updated
    return Counter(receipt.state for receipt in held.values())


def _place(out: Path, name: str, digests: Digests, planned: dict[Path, Prepared]) -> tuple[Path, Receipt | None]:
    # The second name is for other content under the same name: a receipt is a proof and is never overwritten.
    named = out / name
    digest = digests.sha256.hex()[:12]
    if len(os.fsencode(named.name)) > LONGEST_NAME:
        named = named.with_name(os.fsencode(named.name)[:LONGEST_NAME].decode("utf-8", "ignore"))
    first, second = (named.with_name(f"{named.name}{middle}{SUFFIX}") for middle in ("", f".{digest}"))
    for place in (first, second):
        kept = planned[place].receipt if place in planned else read(place) if place.exists() else None
        if kept is None or kept.document.digests == digests:
            return place, kept
    return second, None


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
