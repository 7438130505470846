"""Codes on packages of tea: scans and openings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_tea_codes"
down_revision: str | None = "0003_jobs_sessions"


def upgrade() -> None:
    """Creates the table of `workflows.batches.registry`."""
    op.create_table(
        "tea_codes",
        sa.Column("code", sa.LargeBinary, nullable=False),
        sa.Column("lot", sa.String(78), nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("scratch", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("scans", sa.Integer, nullable=False),
        sa.Column("first_scan_at", sa.BigInteger),
        sa.Column("first_scan_area", sa.String(2)),
        sa.Column("guesses", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("code", name="pk_tea_codes"),
        sa.UniqueConstraint("lot", "root", "number", name="uq_tea_codes_lot_root_number"),
    )
