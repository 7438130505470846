"""The queue and its batches, on both databases."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from chain.offchain import reading, writing
from workflows.evidence import batches
from workflows.evidence.batches import (
    Batch,
    Document,
    LeafTaken,
    LeafUnknown,
    Submission,
    build,
    close_batch,
    enqueue,
    receipt_of,
    receipts,
    reopen,
)
from workflows.evidence.hashing import Digests
from workflows.evidence.receipt import Provenance, State, hex0x, unhex
from workflows.evidence.tables import Stage
from workflows.evidence.tree import BatchTree

ATTESTER, OTHER, NOW = 7, 8, 1_800_000_000


def submissions(count: int, start: int = 0) -> Iterator[Submission]:
    """`count` documents that differ in content and salt."""
    for number in range(start, start + count):
        digest = hashlib.sha256(number.to_bytes(8)).digest()
        salt = hashlib.sha256(b"salt" + number.to_bytes(8)).digest()
        yield Submission(Digests(number, digest, digest[::-1]), salt, f"{number}.pdf")


def members(store: sa.Engine, batch_id: int) -> list[bytes]:
    """The leaves of a batch, in order."""
    with reading(store) as connection:
        chosen = sa.select(Document.c.leaf, Document.c.position).where(Document.c.batch_id == batch_id)
        rows = connection.execute(chosen.order_by(Document.c.position)).all()
    assert [row.position for row in rows] == list(range(len(rows)))
    return [row.leaf for row in rows]


def stage(store: sa.Engine, batch_id: int) -> Stage:
    """The stage a batch stands at."""
    with reading(store) as connection:
        found = connection.scalar(sa.select(Batch.c.stage).where(Batch.c.id == batch_id))
    assert isinstance(found, Stage)
    return found


def test_documents_are_batched_in_the_order_they_came(store: sa.Engine) -> None:
    leaves = [one.leaf for one in submissions(20)]
    enqueue(store, ATTESTER, submissions(20), NOW)
    first = close_batch(store, ATTESTER, NOW, limit=12)
    second = close_batch(store, ATTESTER, NOW, limit=12)
    assert first is not None and second is not None
    assert members(store, first) == leaves[:12]
    assert members(store, second) == leaves[12:]
    assert close_batch(store, ATTESTER, NOW, limit=12) is None


def test_each_attester_has_its_own_queue(store: sa.Engine) -> None:
    enqueue(store, ATTESTER, submissions(2), NOW)
    enqueue(store, OTHER, submissions(3, start=10), NOW)
    mine = close_batch(store, ATTESTER, NOW, limit=100)
    assert mine is not None and len(members(store, mine)) == 2
    theirs = close_batch(store, OTHER, NOW, limit=100)
    assert theirs is not None and len(members(store, theirs)) == 3


def test_submitting_again_changes_nothing(store: sa.Engine) -> None:
    assert enqueue(store, ATTESTER, submissions(5), NOW) == 5
    assert enqueue(store, ATTESTER, submissions(7), NOW) == 2
    batch = close_batch(store, ATTESTER, NOW, limit=100)
    assert batch is not None and len(members(store, batch)) == 7
    assert enqueue(store, ATTESTER, submissions(7), NOW) == 0
    assert close_batch(store, ATTESTER, NOW, limit=100) is None


def test_the_same_document_twice_in_one_submission_is_one(store: sa.Engine) -> None:
    (one,) = submissions(1)
    assert enqueue(store, ATTESTER, [one, one], NOW) == 1


def test_a_leaf_of_another_attesters_queue_is_refused(store: sa.Engine) -> None:
    enqueue(store, ATTESTER, submissions(1), NOW)
    with pytest.raises(LeafTaken):
        enqueue(store, OTHER, submissions(2), NOW)
    assert close_batch(store, OTHER, NOW, limit=10) is None


def test_a_batch_bigger_than_a_chunk_is_filled_across_transactions(
    store: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CHUNK", 100)
    enqueue(store, ATTESTER, submissions(1000), NOW)
    batch = close_batch(store, ATTESTER, NOW, limit=750)
    assert batch is not None
    leaves = members(store, batch)
    assert leaves == [one.leaf for one in submissions(750)]
    assert build(store, batch) == BatchTree.of(leaves).root


def test_an_interrupted_close_is_taken_up_where_it_stopped(store: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK", 10)
    enqueue(store, ATTESTER, submissions(35), NOW)
    real, calls = batches._take, iter(range(100))

    def dies_in_the_third_transaction(*arguments: object) -> int:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(batches, "_take", dies_in_the_third_transaction)
    with pytest.raises(KeyboardInterrupt):
        close_batch(store, ATTESTER, NOW, limit=100)
    batch = close_batch(store, ATTESTER, NOW, limit=100)
    assert batch is not None
    assert members(store, batch) == [one.leaf for one in submissions(35)]
    assert close_batch(store, ATTESTER, NOW, limit=100) is None


def test_two_workers_share_the_queue_without_doubling(store: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK", 20)
    enqueue(store, ATTESTER, submissions(300), NOW)
    start = threading.Barrier(3)

    def work() -> list[int]:
        start.wait()
        closed = []
        while (batch := close_batch(store, ATTESTER, NOW, limit=50)) is not None:
            closed.append(batch)
        return closed

    with ThreadPoolExecutor(3) as pool:
        closed = {batch for done in [pool.submit(work) for _ in range(3)] for batch in done.result()}
    batched = [leaf for batch in sorted(closed) for leaf in members(store, batch)]
    assert sorted(batched) == sorted(one.leaf for one in submissions(300))


def test_receipts_follow_the_batch(store: sa.Engine) -> None:
    stated = Provenance(source="the surveyor's tablet")
    (one,) = submissions(1)
    told = Submission(one.digests, one.salt, one.name, stated)
    enqueue(store, ATTESTER, [told, *submissions(599, start=1)], NOW)
    waiting = receipt_of(store, told.leaf)
    assert waiting == told.receipt()
    assert (waiting.state, waiting.batch, waiting.provenance) == (State.PENDING, None, stated)

    batch = close_batch(store, ATTESTER, NOW, limit=1000)
    assert batch is not None
    assert receipt_of(store, told.leaf).batch is None
    root = build(store, batch)
    leaves = members(store, batch)
    issued = list(receipts(store, reversed(leaves)))
    assert [receipt.leaf.hash for receipt in issued] == [hex0x(leaf) for leaf in leaves]
    for index, receipt in enumerate(issued):
        placed = receipt.batch
        assert placed is not None
        assert (receipt.state, placed.index, placed.count, unhex(placed.root)) == (
            State.PENDING,
            index,
            600,
            root,
        )
        assert placed.wire_path.fits(index, 600)
        assert placed.wire_path.root_of(unhex(receipt.leaf.hash)) == root


def test_building_again_changes_nothing(store: sa.Engine) -> None:
    enqueue(store, ATTESTER, submissions(3), NOW)
    batch = close_batch(store, ATTESTER, NOW, limit=10)
    assert batch is not None
    root = build(store, batch)
    with writing(store) as connection:
        connection.execute(sa.update(Batch).values(stage=Stage.SIGNED))
    assert build(store, batch) == root
    assert stage(store, batch) is Stage.SIGNED


def test_only_a_refused_batch_is_reopened(store: sa.Engine) -> None:
    enqueue(store, ATTESTER, submissions(3), NOW)
    batch = close_batch(store, ATTESTER, NOW, limit=10)
    assert batch is not None
    build(store, batch)
    assert not reopen(store, batch)
    with writing(store) as connection:
        connection.execute(sa.update(Batch).values(stage=Stage.REFUSED, refusal={"en": "suspended"}))
    assert reopen(store, batch)
    assert stage(store, batch) is Stage.BUILT


def test_an_unknown_leaf_is_an_error_of_its_own(store: sa.Engine) -> None:
    with pytest.raises(LeafUnknown) as refusal:
        receipt_of(store, bytes(32))
    assert refusal.value.status == 404
