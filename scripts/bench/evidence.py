"""A million documents in one batch, beside the limit: as many SHA-256 of a leaf's size.

Queued, closed into a batch, its tree built, and a receipt made for every document; then one receipt verified. In a
process of its own, whose peak memory over all of it is told.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from chain import offchain
from chain.settings import Settings
from scripts.bench.apart import apart, peak_megabytes
from scripts.bench.figures import Figure, Options, over_rounds
from workflows.evidence.batches import Document, Submission, build, close_batch, enqueue, receipts
from workflows.evidence.hashing import DigestStream
from workflows.evidence.leaf import leaf
from workflows.evidence.receipt import unhex

DOCUMENTS = 1_000_000
LIMIT = "SHA-256 alone"
LEAF_INPUT_BYTES = 115
VERIFIED = 1_000


def measure(options: Options) -> Iterator[Figure]:
    """Documents per second through each step, peak memory, and the milliseconds of one verification."""
    yield from over_rounds([apart(_measured, DOCUMENTS // options.scale) for _ in range(options.rounds)])


def _measured(count: int) -> list[Figure]:
    before = peak_megabytes()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(var_dir=Path(folder))
        offchain.migrate(settings)
        store = offchain.open_store(settings)
        ceiling = _hashes(count)
        seconds: dict[str, float] = {}
        with _timed(seconds, "queued"):
            enqueue(store, 1, _submissions(count), now=1_800_000_000)
        with _timed(seconds, "closed into a batch"):
            batch = close_batch(store, 1, now=1_800_000_001, limit=count)
        assert batch is not None
        with _timed(seconds, "tree built"):
            build(store, batch)
        with _timed(seconds, "receipts made"):
            made = sum(1 for _ in receipts(store, _leaves(store)))
        assert made == count
        verified = _verified(store)
        store.dispose()
    return [
        Figure(f"limit: {LIMIT}, {count:,} documents", [ceiling], "documents/s"),
        *(
            Figure(what, [count / took], "documents/s", LIMIT, [count / took / ceiling])
            for what, took in seconds.items()
        ),
        Figure("one receipt verified", verified, "ms", wanted="1"),
        Figure("memory added at the peak", [peak_megabytes() - before], "MB"),
    ]


class _timed:
    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = time.perf_counter() - self._start


def _submissions(count: int) -> Iterator[Submission]:
    for number in range(count):
        stream = DigestStream()
        stream.update(f"SYNTHETIC document {number}\n".encode())
        yield Submission(stream.finish(), number.to_bytes(32), f"{number}.txt")


def _hashes(count: int) -> float:
    octets = bytes(LEAF_INPUT_BYTES)
    start = time.perf_counter()
    for _ in range(count):
        hashlib.sha256(octets).digest()
    return count / (time.perf_counter() - start)


def _leaves(store: sa.Engine) -> Iterator[bytes]:
    last = 0
    while True:
        with offchain.reading(store) as connection:
            chosen = sa.select(Document.c.id, Document.c.leaf).where(Document.c.id > last).order_by(Document.c.id)
            rows = connection.execute(chosen.limit(5_000)).all()
        if not rows:
            return
        yield from (row.leaf for row in rows)
        last = rows[-1].id


def _verified(store: sa.Engine) -> list[float]:
    with offchain.reading(store) as connection:
        some = connection.execute(sa.select(Document.c.leaf).limit(VERIFIED)).scalars().all()
    found = list(receipts(store, some))
    start = time.perf_counter()
    for receipt in found:
        assert receipt.batch is not None
        computed = leaf(unhex(receipt.leaf.salt), receipt.document.digests)
        assert receipt.batch.wire_path.root_of(computed) == unhex(receipt.batch.root)
    return [(time.perf_counter() - start) * 1_000 / len(found)]
