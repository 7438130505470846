"""Heartbeats of the worker's jobs: when each last ran, whether it went well, when it is due again.

An idle job beats too, so a silence longer than its period means that the worker stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chain.offchain import Base, reading, writing


class JobRow(Base):
    """One job; instants in UTC seconds."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    last_run: Mapped[int] = mapped_column(sa.BigInteger)
    next_run: Mapped[int | None] = mapped_column(sa.BigInteger)
    runs: Mapped[int] = mapped_column(sa.BigInteger)
    failures: Mapped[int] = mapped_column(sa.BigInteger)
    fault: Mapped[str | None] = mapped_column(sa.Text)


Runs = Base.metadata.tables[JobRow.__tablename__]


@dataclass(frozen=True, slots=True)
class JobRun:
    """How a job stands; instants in UTC seconds; `fault` in words when the last round failed."""

    name: str
    last_run: int
    next_run: int | None
    runs: int
    failures: int
    fault: str | None

    @property
    def ok(self) -> bool:
        """Whether the last round went well."""
        return self.fault is None


def record_run(
    store: sa.Engine, name: str, *, at: datetime, fault: str | None = None, next_run: datetime | None = None
) -> None:
    """Notes one round of a job, due at `at`; `fault` says why it failed."""
    values = {
        "last_run": int(at.timestamp()),
        "next_run": None if next_run is None else int(next_run.timestamp()),
        "fault": fault,
    }
    failed = int(fault is not None)
    with writing(store) as connection:
        known = connection.execute(
            sa.update(Runs)
            .where(Runs.c.name == name)
            .values(runs=Runs.c.runs + 1, failures=Runs.c.failures + failed, **values)
        )
        if known.rowcount == 0:
            connection.execute(sa.insert(Runs).values(name=name, runs=1, failures=failed, **values))


def runs(store: sa.Engine) -> list[JobRun]:
    """Every job that ever ran, by name."""
    with reading(store) as connection:
        return [JobRun(**row._mapping) for row in connection.execute(sa.select(Runs).order_by(Runs.c.name))]
