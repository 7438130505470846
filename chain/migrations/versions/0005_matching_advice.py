"""Firms' demands, runs of the matching, and advice that was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_matching_advice"
down_revision: str | None = "0004_tea_codes"


def upgrade() -> None:
    """Creates the tables of `workflows.matching.tables` and `workflows.advice.given`."""
    op.create_table(
        "matching_demands",
        sa.Column("id", sa.String(66), nullable=False),
        sa.Column("firm", sa.BigInteger, nullable=False),
        sa.Column("season", sa.String(20), nullable=False),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("grams", sa.BigInteger, nullable=False),
        sa.Column("price", sa.BigInteger, nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_matching_demands"),
    )
    op.create_index("ix_matching_demands_firm", "matching_demands", ["firm"])
    op.create_table(
        "matching_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=True),
        sa.Column("inputs_hash", sa.String(66), nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("block_hash", sa.String(66), nullable=False),
        sa.Column("computed_at", sa.BigInteger, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_matching_runs"),
    )
    op.create_index("ix_matching_runs_block", "matching_runs", ["block"])
    op.create_table(
        "advice_given",
        sa.Column("tree", sa.String(78), nullable=False),
        sa.Column("basis", sa.String(66), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("advice", sa.JSON, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tree", "basis", "year", name="pk_advice_given"),
    )
