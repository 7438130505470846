"""The mirror's tables that are no projections: every header, every log, the cursor, how far each fold is.

These four are under Alembic. Tables of projections are not: they are a function of the logs, so a projection
whose definition changed is dropped and folded again from the stored logs (`indexer.rebuild`), which is what a
migration could only imitate.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"})
"""The mirror's own tables; each projection's table is kept apart from them."""

Words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text compared byte by byte on both databases, so that order and pages are the same everywhere."""

Whole = sa.BigInteger()
Flag = sa.Boolean(create_constraint=False)
Raw = sa.LargeBinary()

LARGEST_WHOLE = 2**63 - 1
"""Whole columns hold no more; greater values on chain are shown as this one, and exactly in `logs.args`."""

blocks = sa.Table(
    "blocks",
    metadata,
    sa.Column("number", Whole, primary_key=True, autoincrement=False),
    sa.Column("hash", Raw, nullable=False),
    sa.Column("parent_hash", Raw, nullable=False),
    sa.Column("timestamp", Whole, nullable=False),
    sa.Column("receipts_root", Raw, nullable=False),
    sa.Column("logs_bloom", Raw, comment="null when no bit is set"),
)

logs = sa.Table(
    "logs",
    metadata,
    sa.Column("block_number", Whole, primary_key=True, autoincrement=False),
    sa.Column("log_index", Whole, primary_key=True, autoincrement=False),
    sa.Column("tx_index", Whole, nullable=False),
    sa.Column("tx_hash", Raw, nullable=False),
    sa.Column("address", Raw, nullable=False),
    sa.Column("contract", Words, nullable=False),
    sa.Column("event", Words, comment="null when the contract's ABI does not know the topic"),
    sa.Column("topics", Raw, nullable=False, comment="32 bytes each, one after the other"),
    sa.Column("data", Raw, nullable=False),
    sa.Column("args", Words, comment="decoded, JSON; rule of types in indexer.decode"),
    sqlite_with_rowid=False,
)

cursor = sa.Table(
    "cursor",
    metadata,
    sa.Column("id", Whole, primary_key=True, autoincrement=False, comment="always 1"),
    sa.Column("chain_id", Whole, nullable=False),
    sa.Column("genesis_hash", Words, nullable=False),
    sa.Column("contracts", Words, nullable=False, comment="JSON: address -> [name, first block]"),
    sa.Column("first_block", Whole, nullable=False),
    sa.Column("block", Whole, nullable=False, comment="last mirrored block; first_block - 1 before any"),
    sa.Column("hash", Words),
    sa.Column("time", Whole, comment="its timestamp, UTC seconds"),
    sa.Column("head", Whole, nullable=False, comment="newest block seen at the node"),
    sa.Column("seen_at", sa.Float(53), nullable=False, comment="last sign of life, UTC seconds"),
    sa.Column("fault", Words, comment="JSON {code, values, en, zh, since}; null while all is well"),
    sa.Column("rewind_to", Whole, comment="an operator's order to roll back to this block"),
    sa.Column("refold", Flag, nullable=False, server_default=sa.false(), comment="an operator's order to rebuild"),
)

folds = sa.Table(
    "folds",
    metadata,
    sa.Column("projection", Words, primary_key=True),
    sa.Column("fingerprint", Words, nullable=False, comment="of columns, folds and event types"),
    sa.Column("block", Whole, nullable=False, comment="folded up to here; the cursor's block unless rebuilding"),
)
