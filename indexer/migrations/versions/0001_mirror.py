"""Headers, logs, cursor and the progress of folds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Creates the four tables that no fold can make."""
    op.create_table(
        "blocks",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("parent_hash", sa.LargeBinary(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("receipts_root", sa.LargeBinary(), nullable=False),
        sa.Column("logs_bloom", sa.LargeBinary(), comment="null when no bit is set"),
        sa.PrimaryKeyConstraint("number", name="pk_blocks"),
    )
    op.create_table(
        "logs",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tx_index", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("contract", _WORDS, nullable=False),
        sa.Column("event", _WORDS, comment="null when the contract's ABI does not know the topic"),
        sa.Column("topics", sa.LargeBinary(), nullable=False, comment="32 bytes each, one after the other"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("args", _WORDS, comment="decoded, JSON; rule of types in indexer.decode"),
        sa.PrimaryKeyConstraint("block_number", "log_index", name="pk_logs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cursor",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("genesis_hash", _WORDS, nullable=False),
        sa.Column("contracts", _WORDS, nullable=False, comment="JSON: address -> [name, first block]"),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column(
            "block",
            sa.BigInteger(),
            nullable=False,
            comment="last mirrored block; first_block - 1 before any",
        ),
        sa.Column("hash", _WORDS),
        sa.Column("time", sa.BigInteger(), comment="its timestamp, UTC seconds"),
        sa.Column("head", sa.BigInteger(), nullable=False, comment="newest block seen at the node"),
        sa.Column("seen_at", sa.Float(53), nullable=False, comment="last sign of life, UTC seconds"),
        sa.Column("fault", _WORDS, comment="JSON {code, values, en, zh, since}; null while all is well"),
        sa.Column("rewind_to", sa.BigInteger(), comment="an operator's order to roll back to this block"),
        sa.Column(
            "refold", sa.Boolean(), nullable=False, server_default=sa.false(), comment="an operator's order to rebuild"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cursor"),
    )
    op.create_table(
        "folds",
        sa.Column("projection", _WORDS, nullable=False),
        sa.Column("fingerprint", _WORDS, nullable=False, comment="of columns, folds and event types"),
        sa.Column(
            "block",
            sa.BigInteger(),
            nullable=False,
            comment="folded up to here; the cursor's block unless rebuilding",
        ),
        sa.PrimaryKeyConstraint("projection", name="pk_folds"),
    )


def downgrade() -> None:
    """Drops the mirror; the chain has everything."""
    for table in ("folds", "cursor", "logs", "blocks"):
        op.drop_table(table)
