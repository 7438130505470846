"""Where the inputs of valuations lie, and reports of prices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_valuations"
down_revision: str | None = "0005_matching_advice"


def upgrade() -> None:
    """Creates the tables of `workflows.valuations.inputs` and `workflows.valuations.prices`."""
    op.create_table(
        "valuation_inputs",
        sa.Column("tree", sa.String(78), nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tree", "root", name="pk_valuation_inputs"),
    )
    op.create_table(
        "price_quotes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("pack", sa.String(64), nullable=False),
        sa.Column("source", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ratio_ppm", sa.BigInteger, nullable=False),
        sa.Column("evidence", sa.String(66), nullable=False),
        sa.Column("reported_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_price_quotes"),
        sa.UniqueConstraint("pack", "source", "day", name="uq_price_quotes_pack_source_day"),
    )
