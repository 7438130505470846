"""Reports of prices as they come in, kept off chain: who says what the product fetched on which day."""

from __future__ import annotations

from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chain.errors import ChaqiError
from chain.offchain import Base, RowId, reading, writing
from workflows.valuations.index import Quote

REPORTERS: Final = ("AGRI", "GI_AUTH", "APPRAISER", "FIRM")
"""Roles whose parties are sources of prices."""


class PriceUnfit(ChaqiError):
    """A reported price is none."""

    status = 422
    en = "A price is reported for a day that has been, once a day and source; {day} is not such a day."
    zh = "价格应针对已过去的日期，每一来源每日一次；{day} 不符合。"


class QuoteRow(Base):
    """One report: `ratio_ppm` is the price against the pack's reference price of the very kind."""

    __tablename__ = "price_quotes"
    __table_args__ = (sa.UniqueConstraint("pack", "source", "day"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    pack: Mapped[str] = mapped_column(sa.String(64))
    source: Mapped[int] = mapped_column(sa.BigInteger)
    day: Mapped[date] = mapped_column(sa.Date)
    ratio_ppm: Mapped[int] = mapped_column(sa.BigInteger)
    evidence: Mapped[str] = mapped_column(sa.String(66))
    reported_at: Mapped[int] = mapped_column(sa.BigInteger)


Quotes = Base.metadata.tables[QuoteRow.__tablename__]


def report(
    store: sa.Engine, pack: str, source: int, day: date, ratio_ppm: int, evidence: str, *, today: date, now: int
) -> None:
    """Keeps a report of `source` (party id), resting on the evidence with this id. Raises `PriceUnfit`."""
    if day > today:
        raise PriceUnfit(day=str(day))
    row = {"pack": pack, "source": source, "day": day, "ratio_ppm": ratio_ppm, "evidence": evidence}
    try:
        with writing(store) as connection:
            connection.execute(sa.insert(Quotes).values(**row, reported_at=now))
    except sa.exc.IntegrityError:
        raise PriceUnfit(day=str(day)) from None


def reported(store: sa.Engine, pack: str) -> list[Quote]:
    """All reports of a category, in the order in which they came."""
    chosen = sa.select(Quotes).where(Quotes.c.pack == pack).order_by(Quotes.c.id)
    with reading(store) as connection:
        return [Quote(row.id, row.source, row.day, row.ratio_ppm) for row in connection.execute(chosen)]
