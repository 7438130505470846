"""Certificates that the development authority issued, and time-stamp tokens by their serial number."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chain.offchain import Base


class CertificateRow(Base):
    """One certificate; `serial` in hex, instants in UTC seconds.

    `revoked_at` is when the authority revoked it, `invalid_from` since when its key may have been in other hands.
    """

    __tablename__ = "pki_certificates"
    __table_args__ = (
        sa.CheckConstraint("invalid_from IS NULL OR revoked_at IS NOT NULL", name="invalidity"),
        sa.Index(
            "uq_pki_certificates_live",
            "purpose",
            "holder",
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        ),
    )

    serial: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(16))
    holder: Mapped[str] = mapped_column(sa.String(200))
    certificate: Mapped[bytes] = mapped_column(sa.LargeBinary)
    issued_at: Mapped[int] = mapped_column(sa.BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(sa.BigInteger)
    invalid_from: Mapped[int | None] = mapped_column(sa.BigInteger)
    reason: Mapped[str | None] = mapped_column(sa.String(32))


class TimestampRow(Base):
    """A token that was accepted, kept with what it was checked against; `generated_at` in UTC milliseconds."""

    __tablename__ = "pki_timestamps"

    authority: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    serial: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary, index=True)
    algorithm: Mapped[str] = mapped_column(sa.String(16))
    policy: Mapped[str] = mapped_column(sa.String(64))
    generated_at: Mapped[int] = mapped_column(sa.BigInteger)
    accuracy: Mapped[int] = mapped_column(sa.BigInteger)
    token: Mapped[bytes] = mapped_column(sa.LargeBinary)
