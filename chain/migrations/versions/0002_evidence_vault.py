"""The queue and batches of evidence, and the vault of records encrypted per subject."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_evidence_vault"
down_revision: str | None = "0001_outbox"

row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Creates the tables of `workflows.evidence.tables` and `workflows.vault`."""
    _evidence()
    _vault()


def _evidence() -> None:
    filling, queued = sa.text("stage = 'filling'"), sa.text("batch_id IS NULL")
    op.create_table(
        "evidence_batches",
        sa.Column("id", row_id, nullable=False),
        sa.Column("attester", sa.BigInteger, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("leaf_count", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary),
        sa.Column("tile_roots", sa.LargeBinary),
        sa.Column("signed_act", sa.JSON),
        sa.Column("anchor", sa.JSON),
        sa.Column("anchored_block", sa.BigInteger),
        sa.Column("refusal", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_batches"),
        sa.CheckConstraint("stage IN ('filling', 'closed') OR root IS NOT NULL", name="ck_evidence_batches_root"),
    )
    op.create_index(
        "uq_evidence_batches_filling",
        "evidence_batches",
        ["attester"],
        unique=True,
        sqlite_where=filling,
        postgresql_where=filling,
    )
    op.create_index("ix_evidence_batches_attester_stage", "evidence_batches", ["attester", "stage"])
    op.create_table(
        "evidence_documents",
        sa.Column("id", row_id, nullable=False),
        sa.Column("attester", sa.BigInteger, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("sm3", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("provenance", sa.Text),
        sa.Column("submitted_at", sa.BigInteger, nullable=False),
        sa.Column("batch_id", row_id),
        sa.Column("position", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_documents"),
        sa.UniqueConstraint("leaf", name="uq_evidence_documents_leaf"),
        sa.UniqueConstraint("batch_id", "position", name="uq_evidence_documents_batch_id_position"),
        sa.CheckConstraint("(batch_id IS NULL) = (position IS NULL)", name="ck_evidence_documents_placed"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["evidence_batches.id"], name="fk_evidence_documents_batch_id_evidence_batches"
        ),
    )
    op.create_index(
        "ix_evidence_documents_queue",
        "evidence_documents",
        ["attester", "id"],
        sqlite_where=queued,
        postgresql_where=queued,
    )


def _vault() -> None:
    op.create_table(
        "vault_subjects",
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("master", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("erasure_asked_at", sa.BigInteger),
        sa.Column("erased_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("subject", name="pk_vault_subjects"),
        sa.CheckConstraint("(wrapped_key IS NULL) = (erased_at IS NOT NULL)", name="ck_vault_subjects_key"),
    )
    op.create_table(
        "vault_holds",
        sa.Column("id", row_id, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("placed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vault_holds"),
        sa.ForeignKeyConstraint(["subject"], ["vault_subjects.subject"], name="fk_vault_holds_subject_vault_subjects"),
    )
    op.create_index("ix_vault_holds_subject", "vault_holds", ["subject"])
    op.create_table(
        "vault_records",
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("stored_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("commitment", name="pk_vault_records"),
        sa.ForeignKeyConstraint(
            ["subject"], ["vault_subjects.subject"], name="fk_vault_records_subject_vault_subjects"
        ),
    )
    op.create_index("ix_vault_records_subject", "vault_records", ["subject"])
    op.create_table(
        "vault_reads",
        sa.Column("id", row_id, nullable=False),
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.Column("reader", sa.String(64), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("read_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vault_reads"),
        sa.ForeignKeyConstraint(
            ["commitment"], ["vault_records.commitment"], name="fk_vault_reads_commitment_vault_records"
        ),
    )
    op.create_index("ix_vault_reads_commitment", "vault_reads", ["commitment"])
