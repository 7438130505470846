"""The queue closed into batches, and receipts issued from it.

Documents are named by their leaf: whoever submits the same document with the same salt again changes
nothing, so a submission that may or may not have arrived is simply repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from chain.errors import ChaqiError
from chain.offchain import AnyRow, Base, reading, writing
from workflows.evidence.hashing import Digests
from workflows.evidence.leaf import leaf
from workflows.evidence.receipt import (
    AnchorPart,
    BatchPart,
    DocumentPart,
    LeafPart,
    Provenance,
    Receipt,
    State,
    hex0x,
)
from workflows.evidence.tables import BatchRow, DocumentRow, Stage
from workflows.evidence.tree import TILE_LEAVES, BatchTree, Path

CHUNK = 5_000
"""Documents moved in one transaction: bounds memory, and how long other writers wait."""

MAX_BATCH = 1_000_000

Document = Base.metadata.tables[DocumentRow.__tablename__]
Batch = Base.metadata.tables[BatchRow.__tablename__]


class LeafUnknown(ChaqiError):
    """Nobody submitted a document with this leaf here."""

    status = 404
    en = "No document with leaf {leaf} was submitted here."
    zh = "此处没有叶子为 {leaf} 的文件。"


class LeafTaken(ChaqiError):
    """The same leaf was submitted before for another attester."""

    status = 409
    en = "Leaf {leaf} was submitted for another attester. Submit the document again with a fresh salt."
    zh = "叶子 {leaf} 已提交给另一出具方。请使用新的盐值重新提交。"


@dataclass(frozen=True, slots=True)
class Submission:
    """A document to be anchored: its digests, its salt, and what its holder says about it."""

    digests: Digests
    salt: bytes
    name: str | None = None
    provenance: Provenance | None = None

    @property
    def leaf(self) -> bytes:
        """The document's leaf under scheme 1."""
        return leaf(self.salt, self.digests)

    def receipt(self) -> Receipt:
        """The pending receipt, which the holder can write before anything is submitted."""
        return _receipt_head(self.leaf, self.salt, self.digests, self.name, self.provenance)


def enqueue(store: sa.Engine, attester: int, submissions: Iterable[Submission], now: int) -> int:
    """Queues documents for party `attester`'s next batch; returns how many were new; raises `LeafTaken`."""
    remaining, added = iter(submissions), 0
    while chunk := list(islice(remaining, CHUNK)):
        rows = {submission.leaf: _row(attester, submission, now) for submission in chunk}
        with writing(store) as connection:
            present = connection.execute(
                sa.select(Document.c.leaf, Document.c.attester).where(Document.c.leaf.in_(list(rows)))
            )
            for known, owner in present:
                if owner != attester:
                    raise LeafTaken(leaf=hex0x(known))
                del rows[known]
            if rows:
                connection.execute(_insert(connection, Document), list(rows.values()))
        added += len(rows)
    return added


def close_batch(store: sa.Engine, attester: int, now: int, limit: int) -> int | None:
    """Moves up to `limit` (at most a million) queued documents into one closed batch, oldest first.

    Returns the batch's id, or None when nothing waits. An interrupted close is taken up where it stopped.
    """
    limit = min(limit, MAX_BATCH)
    while True:
        with writing(store) as connection:
            batch = _filling(connection, attester)
            if batch is None:
                waits = sa.select(sa.exists(_queued(attester)))
                if not connection.scalar(waits):
                    return None
                opened = {"attester": attester, "stage": Stage.FILLING, "leaf_count": 0, "opened_at": now}
                connection.execute(_insert(connection, Batch), opened)
                batch = _filling(connection, attester)
                if batch is None:  # another worker opened one at the same moment and has closed it already
                    continue
            room = max(0, limit - batch.leaf_count)
            taken = _take(connection, attester, batch.id, batch.leaf_count, min(CHUNK, room))
            full = taken < CHUNK or batch.leaf_count + taken >= limit
            connection.execute(
                sa.update(Batch)
                .where(Batch.c.id == batch.id)
                .values(leaf_count=batch.leaf_count + taken, stage=Stage.CLOSED if full else Stage.FILLING)
            )
        if full:
            return int(batch.id)


def build(store: sa.Engine, batch_id: int) -> bytes:
    """Builds the tree of a closed batch, stores it, and returns the root; a built batch stays as it is."""
    with reading(store) as connection:
        leaves = connection.execution_options(yield_per=CHUNK).scalars(
            sa.select(Document.c.leaf).where(Document.c.batch_id == batch_id).order_by(Document.c.position)
        )
        tree = BatchTree.of(leaves)
    root = tree.root
    with writing(store) as connection:
        connection.execute(
            sa.update(Batch)
            .where(Batch.c.id == batch_id, Batch.c.stage == Stage.CLOSED)
            .values(root=root, tile_roots=tree.pack(), stage=Stage.BUILT)
        )
    return root


def reopen(store: sa.Engine, batch_id: int) -> bool:
    """Lets the next round sign a refused batch anew; False when the batch was not refused."""
    with writing(store) as connection:
        changed = connection.execute(
            sa.update(Batch)
            .where(Batch.c.id == batch_id, Batch.c.stage == Stage.REFUSED)
            .values(stage=Stage.BUILT, signed_act=None, refusal=None)
        )
    return changed.rowcount == 1


def receipt_of(store: sa.Engine, leaf: bytes) -> Receipt:
    """The receipt of one document as it stands now; raises `LeafUnknown`."""
    for receipt in receipts(store, [leaf]):
        return receipt
    raise LeafUnknown(leaf=hex0x(leaf))


def receipts(store: sa.Engine, leaves: Iterable[bytes]) -> Iterator[Receipt]:
    """The receipts of the known ones among `leaves`, as they stand now, in the order of their batches."""
    remaining = iter(leaves)
    while chunk := list(islice(remaining, CHUNK)):
        with reading(store) as connection:
            paths_of = lru_cache(maxsize=2)(lambda batch, tile: _tile_paths(connection, batch, tile))
            found = connection.execute(
                sa.select(Document, Batch.c.stage, Batch.c.root, Batch.c.leaf_count, Batch.c.anchor)
                .join_from(Document, Batch, isouter=True)
                .where(Document.c.leaf.in_(chunk))
                .order_by(Document.c.batch_id, Document.c.position)
            )
            for row in found:
                digests = Digests(row.size, row.sha256, row.sm3)
                stated = Provenance.model_validate_json(row.provenance) if row.provenance else None
                receipt = _receipt_head(row.leaf, row.salt, digests, row.name, stated)
                if row.root is not None:
                    path = paths_of(row.batch_id, row.position // TILE_LEAVES)[row.position % TILE_LEAVES]
                    receipt = _placed(receipt, row, path)
                yield receipt


def _insert(connection: sa.Connection, table: sa.Table) -> sa.Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def _row(attester: int, submission: Submission, now: int) -> dict[str, Any]:
    stated = submission.provenance
    return {
        "attester": attester,
        "leaf": submission.leaf,
        "salt": submission.salt,
        "sha256": submission.digests.sha256,
        "sm3": submission.digests.sm3,
        "size": submission.digests.size,
        "name": submission.name,
        "provenance": stated.model_dump_json(exclude_none=True) if stated else None,
        "submitted_at": now,
    }


def _queued(attester: int) -> sa.Select[Any]:
    return sa.select(Document.c.id).where(Document.c.attester == attester, Document.c.batch_id.is_(None))


def _filling(connection: sa.Connection, attester: int) -> AnyRow | None:
    return connection.execute(
        sa.select(Batch.c.id, Batch.c.leaf_count)
        .where(Batch.c.attester == attester, Batch.c.stage == Stage.FILLING)
        .with_for_update()  # on PostgreSQL; SQLite's writer is alone anyway
    ).one_or_none()


def _take(connection: sa.Connection, attester: int, batch_id: int, position: int, limit: int) -> int:
    oldest = _queued(attester).order_by(Document.c.id).limit(limit).subquery()
    order = (sa.func.row_number().over(order_by=oldest.c.id) - 1 + position).label("position")
    placed = sa.select(oldest.c.id, order).subquery()
    moved = connection.execute(
        sa.update(Document).where(Document.c.id == placed.c.id).values(batch_id=batch_id, position=placed.c.position)
    )
    return moved.rowcount


def _tile_paths(connection: sa.Connection, batch_id: int, tile: int) -> list[Path]:
    batch = connection.execute(sa.select(Batch.c.leaf_count, Batch.c.tile_roots).where(Batch.c.id == batch_id)).one()
    tree = BatchTree.unpack(batch.leaf_count, batch.tile_roots)
    indexes = tree.tile(tile)
    leaves = connection.scalars(
        sa.select(Document.c.leaf)
        .where(Document.c.batch_id == batch_id, Document.c.position.between(indexes[0], indexes[-1]))
        .order_by(Document.c.position)
    )
    return tree.paths(tile, leaves.all())


def _receipt_head(
    leaf: bytes, salt: bytes, digests: Digests, name: str | None, provenance: Provenance | None
) -> Receipt:
    return Receipt(
        state=State.PENDING,
        document=DocumentPart(name=name, size=digests.size, sha256=digests.sha256.hex(), sm3=digests.sm3.hex()),
        leaf=LeafPart(scheme=1, salt=hex0x(salt), hash=hex0x(leaf)),
        provenance=provenance,
    )


def _placed(receipt: Receipt, row: AnyRow, path: Path) -> Receipt:
    state = {Stage.ANCHORED: State.ANCHORED, Stage.FINAL: State.FINAL}.get(row.stage, State.PENDING)
    return receipt.model_copy(
        update={
            "state": state,
            "batch": BatchPart.of(row.root, row.leaf_count, row.position, path),
            "anchor": AnchorPart(**row.anchor) if state is not State.PENDING else None,
        }
    )
