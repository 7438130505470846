"""履约率: the share of agreements that were kept, by count and by value (domain §2.3).

An agreement belongs to the cohort of the day on which its last delivery was due when it was signed: no extension,
dispute or late delivery moves it to another. As of a state, it is

    fulfilled   at least 95 % of the quantity, delivered by due day and grace and accepted; paid at most 5 working days
                after performance was complete; no default declared, no dispute open
    open        none of these is missed yet
    failed      one of them is; a disputed agreement counts so until the dispute is resolved
    excluded    ended by consent or by force majeure, or never in force: shown, and in no rate

Goods count as accepted in time by the day they were delivered, because inspection runs against the buyer (CC 621).
Rates are fulfilled ÷ (fulfilled + open + failed), and accepted-and-paid value ÷ value due, in parts per million.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from chain.vocabulary import ENUMERATIONS
from workflows.calendar import Calendar
from workflows.calendar.calendar import day_of
from workflows.deadlines.register import REGISTER

ENOUGH_PER_CENT: Final = 95
PPM: Final = 1_000_000
GRAMS_PER_KILOGRAM: Final = 1000

STAGES: Final = tuple(ENUMERATIONS["AgreementStage"])
ENDINGS: Final = tuple(ENUMERATIONS["AgreementEnding"])

SEASONS: Final = ("雪片", "雪片", "春茶", "春茶", "春茶", "夏茶", "夏茶", "秋茶", "秋茶", "秋茶", "雪片", "雪片")
"""The tea season of each month, January first [A]; 雪片 of January and February is the winter before's."""


class Fate(StrEnum):
    """What has become of an agreement that fell due."""

    FULFILLED = "fulfilled"
    OPEN = "open"
    DISPUTED = "disputed"
    FAILED = "failed"
    MUTUAL = "mutual"
    FORCE_MAJEURE = "force_majeure"
    LAPSED = "lapsed"


EXCLUDED: Final = (Fate.MUTUAL, Fate.FORCE_MAJEURE, Fate.LAPSED)


def season_of(due_at: int) -> str:
    """The season an instant (UTC seconds) belongs to, such as "2026 春茶"."""
    day = day_of(due_at)
    year = day.year - 1 if day.month <= 2 else day.year
    return f"{year} {SEASONS[day.month - 1]}"


def fate_of(row: Mapping[str, Any], calendar: Calendar, now: int) -> Fate:
    """The fate of an agreement as of `now` (UTC seconds of the block asked for).

    `row` is a mirrored agreement with `accepted_in_time`, the grams of all its milestones.
    """
    stage, ending = STAGES[row["stage"]], ENDINGS[row["ending"]]
    if stage == "LAPSED":
        return Fate.LAPSED
    if ending == "MUTUAL":
        return Fate.MUTUAL
    if ending == "FORCE_MAJEURE":
        return Fate.FORCE_MAJEURE
    if row["claimant"]:
        return Fate.DISPUTED
    if ending != "NONE":
        return Fate.FAILED
    enough = row["accepted_in_time"] * 100 >= row["quantity"] * ENOUGH_PER_CENT
    if row["accepted_at"]:
        paid_by = REGISTER["payment"].ends_at(row["accepted_at"], calendar)
        settled_at = row["settled_at"] or now
        if not enough or settled_at > paid_by:
            return Fate.FAILED
        return Fate.FULFILLED if row["settled_at"] else Fate.OPEN
    due_at = row["due_at"]
    if row["extension_days"]:
        due_at = calendar.end_of_days(due_at, row["extension_days"])
    deliver_by = calendar.end_of_days(due_at, row["grace_days"])
    # What was delivered in time may still be under inspection, and notified force majeure still be decided on.
    return Fate.OPEN if now <= deliver_by or row["pending"] or enough or row["suspended"] else Fate.FAILED


def paid_value(row: Mapping[str, Any], fate: Fate) -> int:
    """What was accepted and paid, in fen; nothing while it is disputed."""
    if fate is Fate.DISPUTED:
        return 0
    accepted: int = row["accepted"] * row["unit_price"] // GRAMS_PER_KILOGRAM
    kept: int = row["deposit_paid"] + row["paid"] - row["refunded"]
    return min(accepted, max(0, kept))


@dataclass(slots=True)
class Rate:
    """Fulfilment of some agreements; money in fen."""

    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    value_due: int = 0
    value_kept: int = 0
    value_excluded: int = 0

    @property
    def due(self) -> int:
        """How many agreements count."""
        return sum(count for fate, count in self.fates.items() if fate not in EXCLUDED)

    @property
    def count_ppm(self) -> int | None:
        """Rate by count; None where nothing fell due."""
        return self.fates[Fate.FULFILLED] * PPM // self.due if self.due else None

    @property
    def value_ppm(self) -> int | None:
        """Rate by value; None where nothing fell due."""
        return self.value_kept * PPM // self.value_due if self.value_due else None

    def add(self, row: Mapping[str, Any], fate: Fate) -> None:
        """Counts one agreement."""
        self.fates[fate] += 1
        if fate in EXCLUDED:
            self.value_excluded += row["total"]
        else:
            self.value_due += row["total"]
            self.value_kept += paid_value(row, fate)


def rates(rows: Iterable[Mapping[str, Any]], calendar: Calendar, now: int) -> dict[str, Rate]:
    """Fulfilment by season, in the order of the seasons' first due days."""
    found: dict[str, Rate] = {}
    for row in sorted(rows, key=lambda one: one["due_at"]):
        found.setdefault(season_of(row["due_at"]), Rate()).add(row, fate_of(row, calendar, now))
    return found
