"""Certificates of the development authority, and accepted time-stamp tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_keys_of_offices"
down_revision: str | None = "0006_valuations"


def upgrade() -> None:
    """Creates the tables of `workflows.pki`."""
    op.create_table(
        "pki_certificates",
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("certificate", sa.LargeBinary, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("invalid_from", sa.BigInteger),
        sa.Column("reason", sa.String(32)),
        sa.PrimaryKeyConstraint("serial", name="pk_pki_certificates"),
        sa.CheckConstraint("invalid_from IS NULL OR revoked_at IS NOT NULL", name="ck_pki_certificates_invalidity"),
    )
    op.create_index(
        "uq_pki_certificates_live",
        "pki_certificates",
        ["purpose", "holder"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "pki_timestamps",
        sa.Column("authority", sa.String(64), nullable=False),
        sa.Column("serial", sa.String(64), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("generated_at", sa.BigInteger, nullable=False),
        sa.Column("accuracy", sa.BigInteger, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("authority", "serial", name="pk_pki_timestamps"),
    )
    op.create_index("ix_pki_timestamps_digest", "pki_timestamps", ["digest"])
