"""Advice that was given, kept as what was said, on which basis and when: never as a fact about a tree."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chain.offchain import Base, writing


class AdviceRow(Base):
    """Advice for a tree and a year on one basis (rule table, weather and card); `given_at` in UTC seconds."""

    __tablename__ = "advice_given"

    tree: Mapped[str] = mapped_column(sa.String(78), primary_key=True)
    basis: Mapped[str] = mapped_column(sa.String(66), primary_key=True)
    year: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    advice: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    given_at: Mapped[int] = mapped_column(sa.BigInteger)


Given = Base.metadata.tables[AdviceRow.__tablename__]


def keep(store: sa.Engine, tree: str, basis: str, year: int, advice: dict[str, Any], *, now: int) -> int:
    """Writes down that this was advised, the first time; returns when that was."""
    same = (Given.c.tree == tree, Given.c.basis == basis, Given.c.year == year)
    with writing(store) as connection:
        given = connection.scalar(sa.select(Given.c.given_at).where(*same))
        if given is not None:
            return int(given)
        connection.execute(sa.insert(Given).values(tree=tree, basis=basis, year=year, advice=advice, given_at=now))
    return now
