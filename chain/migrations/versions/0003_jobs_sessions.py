"""Heartbeats of jobs, sign-in nonces and sessions, and where filed trees stand (blinded)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_jobs_sessions"
down_revision: str | None = "0002_evidence_vault"


def upgrade() -> None:
    """Creates the tables of `workflows.jobs`, `api.sessions` and `workflows.trees.filing`."""
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("last_run", sa.BigInteger, nullable=False),
        sa.Column("next_run", sa.BigInteger),
        sa.Column("runs", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("fault", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_job_runs"),
    )
    op.create_table(
        "sign_in_nonces",
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("message", sa.JSON, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name="pk_sign_in_nonces"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("account", sa.String(42), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "tree_positions",
        sa.Column("attributes", sa.LargeBinary, nullable=False),
        sa.Column("tree", sa.String(78), nullable=False),
        sa.Column("tag", sa.String(32), nullable=False),
        sa.Column("act", sa.String(66), nullable=False),
        sa.Column("cell", sa.LargeBinary, nullable=False),
        sa.Column("accuracy_cm", sa.Integer, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("filed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("attributes", name="pk_tree_positions"),
    )
    op.create_index("ix_tree_positions_cell", "tree_positions", ["cell"])
    op.create_index("ix_tree_positions_tree", "tree_positions", ["tree"])
