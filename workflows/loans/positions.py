"""Where loans stand as of a block of the mirror: account, schedule, cover and ladder, by the rules of this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.liens import liens
from indexer.projections.loans import instalments, loans, margins
from indexer.projections.trees import trees
from workflows.liens.ranking import Kind, Lien, ranked
from workflows.loans.accounts import account_of, day_number
from workflows.loans.arrears import Due
from workflows.loans.cover import Cover, cover
from workflows.loans.margins import Levels, Recorded, Rung, Step, ltv_bps, rung, step
from workflows.valuations.collateral import collateral_value

Row = Mapping[str, Any]

STATES: Final = tuple(ENUMERATIONS["LoanState"])
KINDS: Final = tuple(ENUMERATIONS["RegistryKind"])
REPAYING: Final = STATES.index("REPAYING")
STOCK: Final = KINDS.index("MOVABLE")


@dataclass(frozen=True, slots=True)
class Position:
    """A secured loan on the ladder: fen owed and behind it, what that measures, and what the bank has recorded.

    `applies`: the loan is secured and being repaid. `bank_may`: the step its bank may sign next. UTC seconds; 0: none.
    """

    owed: int
    cover: int
    levels: Levels
    measured: Rung
    recorded: Recorded
    recorded_ltv_bps: int
    called_at: int
    cure_ends_at: int
    breached_at: int
    applies: bool
    bank_may: Step

    @property
    def ltv_bps(self) -> int:
        """To the nearest basis point."""
        return ltv_bps(self.owed, self.cover)


def due_dates(connection: sa.Connection, row: Row, block: int | None, schedule: int | None = None) -> list[Due]:
    """A schedule of a mirrored loan as of a block (None: now), by default that in force."""
    version = row["schedule"] if schedule is None else schedule
    found = queries.of(connection, instalments, {"loan": row["loan"], "schedule": version}, block)
    return [Due(each["due_at"], each["amount_fen"], each["total_fen"]) for each in found]


def covers(connection: sa.Connection, loan: str, block: int | None, now: int) -> list[tuple[Row, Cover]]:
    """The live liens behind a loan as of a block (None: now) of time `now`, with what each counts for."""
    found: list[tuple[Row, Cover]] = []
    for lien in queries.of(connection, liens, {"debt": loan, "discharged": 0}, block):
        live = queries.of(connection, liens, {"asset": lien["asset"], "discharged": 0}, block)
        on_asset = [one for one in live if (one["kind"] == STOCK) == (lien["kind"] == STOCK)]
        tree = None if lien["kind"] == STOCK else queries.row(connection, trees, lien["asset"], block)
        value = 0 if tree is None else collateral_value(connection, tree, block, now)
        found.append((lien, cover(lien["lien"], _in_order(on_asset), value)))
    return found


def position(connection: sa.Connection, row: Row, block: int | None, now: int) -> Position:
    """Where a mirrored loan stands as of a block (None: now) of time `now`."""
    stands = queries.row(connection, margins, row["loan"], block)
    levels = Levels(
        row["opening_ltv_bps"],
        row["warn_ltv_bps"],
        row["call_ltv_bps"],
        row["breach_ltv_bps"],
        row["cure_working_days"],
    )
    owed = account_of(row).owed(row["rate_ppm"], day_number(now)).total
    behind = sum(each.counts for _, each in covers(connection, row["loan"], block, now))
    recorded, measured = Recorded(stands["state"] if stands else 0), rung(owed, behind, levels)
    applies = row["state"] == REPAYING and row["required_effect"] != 0
    cure_ends_at = stands["cure_ends_at"] if stands else 0
    return Position(
        owed=owed,
        cover=behind,
        levels=levels,
        measured=measured,
        recorded=recorded,
        recorded_ltv_bps=stands["ltv_bps"] if stands else 0,
        called_at=stands["called_at"] if stands else 0,
        cure_ends_at=cure_ends_at,
        breached_at=stands["breached_at"] if stands else 0,
        applies=applies,
        bank_may=step(recorded, measured, cure_ends_at, now) if applies else Step.NONE,
    )


def laddered(connection: sa.Connection, block: int | None) -> list[dict[str, Any]]:
    """The secured loans that are being repaid as of a block (None: now)."""
    table = loans.table
    chosen = sa.select(table).where(queries.at(table, block), table.c.state == REPAYING, table.c.required_effect != 0)
    return [dict(row) for row in connection.execute(chosen.order_by(table.c.loan)).mappings()]


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    order = [Lien(row["lien"], Kind(KINDS[row["kind"]]), row["registered_at"] or None) for row in rows]
    ranks = {each.lien.id: each.rank for each in ranked(order)}
    return [{"id": row["lien"], "rank": ranks[row["lien"]], "secured_max": row["secured_max"]} for row in rows]
