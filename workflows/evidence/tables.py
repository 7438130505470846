"""The queue of documents and their batches, in the off-chain store.

A salt and a file name live here and in the holder's receipt, nowhere else. The documents themselves are not
kept.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chain.offchain import Base, RowId


class Stage(StrEnum):
    """How far a batch has come; each step is one transaction, so a crash resumes at the last one."""

    FILLING = "filling"
    """Takes documents from the queue."""
    CLOSED = "closed"
    """Its documents and their order are fixed."""
    BUILT = "built"
    """Its tree and root are stored."""
    SIGNED = "signed"
    """The attester's signed act is stored and may be with the relay."""
    ANCHORED = "anchored"
    FINAL = "final"
    REFUSED = "refused"
    """The contract refused the act; `refusal` says why (words by language), and `batches.reopen` tries
    again.
    """


class BatchRow(Base):
    """One batch; `leaf_count` documents, `anchor` as in a receipt, instants in UTC seconds."""

    __tablename__ = "evidence_batches"
    __table_args__ = (
        sa.CheckConstraint("stage IN ('filling', 'closed') OR root IS NOT NULL", name="root"),
        sa.Index(
            "uq_evidence_batches_filling",
            "attester",
            unique=True,
            sqlite_where=sa.text("stage = 'filling'"),
            postgresql_where=sa.text("stage = 'filling'"),
        ),
        sa.Index("ix_evidence_batches_attester_stage", "attester", "stage"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    attester: Mapped[int] = mapped_column(sa.BigInteger)
    stage: Mapped[Stage] = mapped_column(
        sa.Enum(Stage, native_enum=False, length=16, values_callable=lambda stages: [s.value for s in stages])
    )
    leaf_count: Mapped[int] = mapped_column(sa.Integer)
    opened_at: Mapped[int] = mapped_column(sa.BigInteger)
    root: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    tile_roots: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    signed_act: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    anchor: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    anchored_block: Mapped[int | None] = mapped_column(sa.BigInteger)
    refusal: Mapped[dict[str, str] | None] = mapped_column(sa.JSON(none_as_null=True))


class DocumentRow(Base):
    """One document waiting for or standing in a batch; `leaf` is its public name."""

    __tablename__ = "evidence_documents"
    __table_args__ = (
        sa.UniqueConstraint("leaf"),
        sa.UniqueConstraint("batch_id", "position"),
        sa.CheckConstraint("(batch_id IS NULL) = (position IS NULL)", name="placed"),
        sa.Index(
            "ix_evidence_documents_queue",
            "attester",
            "id",
            sqlite_where=sa.text("batch_id IS NULL"),
            postgresql_where=sa.text("batch_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    attester: Mapped[int] = mapped_column(sa.BigInteger)
    leaf: Mapped[bytes] = mapped_column(sa.LargeBinary)
    salt: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sha256: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sm3: Mapped[bytes] = mapped_column(sa.LargeBinary)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str | None] = mapped_column(sa.Text)
    provenance: Mapped[str | None] = mapped_column(sa.Text)
    submitted_at: Mapped[int] = mapped_column(sa.BigInteger)
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("evidence_batches.id"))
    position: Mapped[int | None] = mapped_column(sa.Integer)
