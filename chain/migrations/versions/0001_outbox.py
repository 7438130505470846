"""The outbox: acts, and the transactions that carry them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_outbox"
down_revision: str | None = None

RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Creates both tables."""
    op.create_table(
        "outbox_acts",
        sa.Column("sequence", RowId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("idempotency_key", sa.String(256)),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("signer", sa.String(42), nullable=False),
        sa.Column("wire", sa.JSON, nullable=False),
        sa.Column("contract", sa.String(42), nullable=False),
        sa.Column("call", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("error_values", sa.JSON),
        sa.Column("error_words", sa.JSON),
        sa.Column("accepted_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_outbox_acts"),
        sa.UniqueConstraint("id", name="uq_outbox_acts_id"),
        sa.UniqueConstraint("signer", "idempotency_key", name="uq_outbox_acts_signer_idempotency_key"),
    )
    op.create_index("ix_outbox_acts_signer", "outbox_acts", ["signer"])
    op.create_index("ix_outbox_acts_state_sequence", "outbox_acts", ["state", "sequence"])
    op.create_table(
        "outbox_transactions",
        sa.Column("sequence", RowId, autoincrement=True, nullable=False),
        sa.Column("relayer", sa.String(42), nullable=False),
        sa.Column("nonce", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(66), nullable=False),
        sa.Column("act", RowId, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("sent_at", sa.Float, nullable=False),
        sa.Column("block_number", sa.BigInteger),
        sa.Column("block_hash", sa.String(66)),
        sa.Column("position", sa.Integer),
        sa.Column("succeeded", sa.Boolean),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_outbox_transactions"),
        sa.UniqueConstraint("relayer", "nonce", name="uq_outbox_transactions_relayer_nonce"),
        sa.UniqueConstraint("hash", name="uq_outbox_transactions_hash"),
        sa.ForeignKeyConstraint(["act"], ["outbox_acts.sequence"], name="fk_outbox_transactions_act_outbox_acts"),
    )
    op.create_index("ix_outbox_transactions_act", "outbox_transactions", ["act"])
    op.create_index("ix_outbox_transactions_block_number", "outbox_transactions", ["block_number"])
    op.create_index("ix_outbox_transactions_final_block_number", "outbox_transactions", ["final", "block_number"])
