"""The worker's round over the ladder of cover: which step a bank may sign now and could not at the last round.

It tells, in the log, and does nothing: a person signs every warning, call, cure and breach (law 6).
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
import structlog

from indexer import queries
from indexer.store import reading
from workflows import jobs
from workflows.loans.margins import Step
from workflows.loans.positions import laddered, position

JOB: Final = "watch-margins"

log = structlog.get_logger("margins")


def watch(mirror: sa.Engine, store: sa.Engine) -> int:
    """One round as of the newest mirrored block; returns how many steps were told."""
    last = next((run.last_run for run in jobs.runs(store) if run.name == JOB), None)
    told = 0
    with reading(mirror) as connection:
        newest = queries.as_of(connection)
        before = _steps(connection, last, newest) if last is not None else {}
        for row in laddered(connection, None):
            stands = position(connection, row, None, newest.time)
            if stands.bank_may in (Step.NONE, before.get(row["loan"])):
                continue
            told += 1
            log.warning(
                "margin",
                loan=row["loan"],
                bank=row["bank"],
                bank_may=stands.bank_may.name,
                measured=stands.measured.name,
                ltv_bps=stands.ltv_bps,
                cure_ends_at=stands.cure_ends_at,
            )
    return told


def _steps(connection: sa.Connection, last: int, newest: queries.AsOf) -> dict[str, Step]:
    """What could be signed at the last round; nothing, where the mirror does not reach back to it."""
    try:
        then = queries.as_of(connection, instant=min(last, newest.time))
    except queries.UnknownBlock:
        return {}
    rows = laddered(connection, then.block)
    return {row["loan"]: position(connection, row, then.block, then.time).bank_may for row in rows}
