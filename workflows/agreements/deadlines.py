"""Which deadlines run on an agreement, and against whom. Lengths are the register's, or the parties' where agreed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from chain.vocabulary import ENUMERATIONS
from indexer.projections.agreements import agreements, milestones
from workflows.calendar import Calendar
from workflows.deadlines.register import REGISTER
from workflows.deadlines.sources import AsOf, Deadline, Source

DOMAIN: Final = "agreements"
STAGES: Final = tuple(ENUMERATIONS["AgreementStage"])
OFFERED, SIGNED, ACTIVE, ACCEPTED, SETTLED = (
    STAGES.index(name) for name in ("OFFERED", "SIGNED", "ACTIVE", "ACCEPTED", "SETTLED")
)


def _of(row: Mapping[str, Any], rule: str, party: int, since: int, due_at: int, part: str = "") -> Deadline:
    return Deadline(REGISTER[rule], DOMAIN, row["agreement"], part, party, since, due_at)


def of_agreement(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """Deadlines of a mirrored agreement as a whole."""
    buyer, seller, stage = row["buyer"], row["seller"], row["stage"]
    if stage == OFFERED:
        yield _of(row, "offer", seller if row["offered_by_buyer"] else buyer, 0, row["offer_ends_at"])
    if row["claimant"]:
        since = row["disputed_at"]
        for party in (buyer, seller):
            yield _of(row, "mediation", party, since, REGISTER["mediation"].ends_at(since, calendar))
    if row["ending"]:
        return
    if stage == SIGNED:
        yield _of(row, "deposit", buyer, row["signed_at"], REGISTER["deposit"].ends_at(row["signed_at"], calendar))
    if stage == ACCEPTED:
        due_at = extended(REGISTER["payment"].ends_at(row["accepted_at"], calendar), row, calendar)
        yield _of(row, "payment", buyer, row["accepted_at"], due_at)
    if row["suspended"]:
        other, since = (seller if row["affected"] == buyer else buyer), row["occurred_at"]
        rule = REGISTER["force_majeure_decision"]
        yield _of(row, rule.id, other, since, rule.ends_at(since, calendar))
    if stage == ACCEPTED and row["noticed_by"] == seller:
        yield _of(row, "cure", buyer, row["late_since"], row["cure_ends_at"])


def of_milestone(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """Deadlines of a milestone, in a mirrored row that also has its agreement's sides, days and extension."""
    part = str(row["milestone"])
    if row["accepted"] + row["pending"] < row["quantity"]:
        due_at = extended(row["due_at"], row, calendar)
        yield _of(row, "delivery", row["seller"], row["signed_at"], calendar.end_of_days(due_at, 0), part)
        grace = REGISTER["delivery_grace"].ends_at(due_at, calendar, row["grace_days"])
        yield _of(row, "delivery_grace", row["seller"], due_at, grace, part)
        if row["noticed_by"] == row["buyer"] and row["late_since"] == due_at:
            yield _of(row, "cure", row["seller"], due_at, row["cure_ends_at"], part)
    if row["pending"]:
        since = row["delivered_at"]
        ends_at = REGISTER["inspection"].ends_at(since, calendar, row["inspection_days"])
        yield _of(row, "inspection", row["buyer"], since, ends_at, part)


def extended(due_at: int, row: Mapping[str, Any], calendar: Calendar) -> int:
    """A due instant with the days granted for force majeure, as the contract counts them."""
    return calendar.end_of_days(due_at, row["extension_days"]) if row["extension_days"] else due_at


def _agreements(as_of: AsOf) -> sa.Select[Any]:
    table = agreements.table
    return sa.select(table).where(as_of(table), table.c.stage.in_((OFFERED, SIGNED, ACTIVE, ACCEPTED, SETTLED)))


def _milestones(as_of: AsOf) -> sa.Select[Any]:
    part, whole = milestones.table, agreements.table
    days = ("grace_days", "inspection_days", "extension_days")
    taken = ("buyer", "seller", "signed_at", *days, "noticed_by", "late_since", "cure_ends_at")
    open_ = sa.and_(whole.c.stage == ACTIVE, whole.c.ending == 0, part.c.accepted < part.c.quantity)
    joined = sa.select(part, *(whole.c[name] for name in taken)).join(whole, whole.c.agreement == part.c.agreement)
    return joined.where(as_of(part), as_of(whole), open_)


SOURCES: Final = (Source(_agreements, of_agreement), Source(_milestones, of_milestone))
