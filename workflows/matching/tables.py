"""What the matching keeps off chain: demands that firms posted, and the runs computed from them and the mirror."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chain.errors import ChaqiError
from chain.offchain import AnyRow, Base, RowId, reading, writing
from workflows.matching.market import Demand

OPEN_AT_MOST = 200
"""Open demands of one firm."""


class DemandUnknown(ChaqiError):
    """No open demand of this firm has this id."""

    status = 404
    en = "Party {firm} has no open demand {demand}."
    zh = "参与方 {firm} 没有编号为 {demand} 的有效需求。"


class DemandsFull(ChaqiError):
    """A firm has as many open demands as it may."""

    status = 409
    en = "Party {firm} has {most} open demands already. Withdraw one first."
    zh = "参与方 {firm} 已有 {most} 个有效需求，请先撤回。"


class DemandRow(Base):
    """A demand; `synthetic` of the tour's invented ones; instants in UTC seconds."""

    __tablename__ = "matching_demands"
    __table_args__ = (sa.Index(None, "firm"),)

    id: Mapped[str] = mapped_column(sa.String(66), primary_key=True)
    firm: Mapped[int] = mapped_column(sa.BigInteger)
    season: Mapped[str] = mapped_column(sa.String(20))
    grade: Mapped[int] = mapped_column(sa.Integer)
    grams: Mapped[int] = mapped_column(sa.BigInteger)
    price: Mapped[int] = mapped_column(sa.BigInteger)
    place: Mapped[str] = mapped_column(sa.String(40))
    due: Mapped[date] = mapped_column(sa.Date)
    synthetic: Mapped[bool] = mapped_column(sa.Boolean)
    posted_at: Mapped[int] = mapped_column(sa.BigInteger)
    withdrawn_at: Mapped[int | None] = mapped_column(sa.BigInteger)


class RunRow(Base):
    """One computed matching: of which inputs, as of which block, with what result (`explain.as_json`)."""

    __tablename__ = "matching_runs"
    __table_args__ = (sa.Index(None, "block"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    inputs_hash: Mapped[str] = mapped_column(sa.String(66))
    block: Mapped[int] = mapped_column(sa.BigInteger)
    block_hash: Mapped[str] = mapped_column(sa.String(66))
    computed_at: Mapped[int] = mapped_column(sa.BigInteger)
    result: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


Demands = Base.metadata.tables[DemandRow.__tablename__]
Runs = Base.metadata.tables[RunRow.__tablename__]


def post(store: sa.Engine, demand: Demand, *, now: int, synthetic: bool = False) -> str:
    """Keeps a firm's demand under `demand.id`, or under a fresh id where that is empty; the same id again: no change.

    Raises `DemandsFull`.
    """
    made = demand.id or "0x" + secrets.token_hex(16)
    values = {name: getattr(demand, name) for name in ("firm", "season", "grade", "grams", "price", "place", "due")}
    with writing(store) as connection:
        if connection.scalar(sa.select(Demands.c.id).where(Demands.c.id == made)) is not None:
            return made
        open_ones = sa.select(sa.func.count()).where(Demands.c.firm == demand.firm, Demands.c.withdrawn_at.is_(None))
        if (connection.scalar(open_ones) or 0) >= OPEN_AT_MOST:
            raise DemandsFull(firm=demand.firm, most=OPEN_AT_MOST)
        connection.execute(sa.insert(Demands).values(id=made, synthetic=synthetic, posted_at=now, **values))
    return made


def withdraw(store: sa.Engine, firm: int, demand: str, *, now: int) -> None:
    """Ends an open demand of a firm. Raises `DemandUnknown`."""
    own = (Demands.c.id == demand, Demands.c.firm == firm, Demands.c.withdrawn_at.is_(None))
    with writing(store) as connection:
        if connection.execute(sa.update(Demands).where(*own).values(withdrawn_at=now)).rowcount == 0:
            raise DemandUnknown(firm=firm, demand=demand)


def open_demands(store: sa.Engine, firm: int | None = None, *, since: date | None = None) -> list[Demand]:
    """Demands that were not withdrawn, of one firm or of all, due on `since` or later; by id."""
    chosen = sa.select(Demands).where(Demands.c.withdrawn_at.is_(None)).order_by(Demands.c.id)
    if firm is not None:
        chosen = chosen.where(Demands.c.firm == firm)
    if since is not None:
        chosen = chosen.where(Demands.c.due >= since)
    with reading(store) as connection:
        return [
            Demand(row.id, row.firm, row.season, row.grade, row.grams, row.price, row.place, row.due)
            for row in connection.execute(chosen)
        ]


def latest_runs(store: sa.Engine, block: int, most: int = 10) -> list[AnyRow]:
    """The newest runs as of a block or before it, newest first: some may be of blocks that left the chain."""
    chosen = sa.select(Runs).where(Runs.c.block <= block).order_by(Runs.c.block.desc(), Runs.c.id.desc()).limit(most)
    with reading(store) as connection:
        return list(connection.execute(chosen))
