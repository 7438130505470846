"""What is overdue and for how long, derived from schedule and time. The twin of `Loans.arrears`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from workflows.calendar import Calendar
from workflows.loans.accounts import Account, day_number

SUBSTANDARD_AFTER_DAYS: Final = 90
"""More days past due make a loan at least 次级."""
ATTENTION_AFTER_DAYS: Final = 30


class Bucket(StrEnum):
    """Days past due as banks report them (domain §2.4)."""

    CURRENT = "CURRENT"
    DAYS_1_30 = "1-30"
    DAYS_31_90 = "31-90"
    OVER_90 = ">90"


@dataclass(frozen=True, slots=True)
class Due:
    """One due date of the schedule in force; `total` is the sum of its amounts up to this one, in fen."""

    due_at: int
    amount: int
    total: int


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is overdue in fen, since the end of which day (UTC seconds), for how many days; all zero: nothing."""

    overdue: int = 0
    since: int = 0
    days_past_due: int = 0

    @property
    def bucket(self) -> Bucket:
        """The bucket it falls into."""
        if not self.days_past_due:
            return Bucket.CURRENT
        if self.days_past_due <= ATTENTION_AFTER_DAYS:
            return Bucket.DAYS_1_30
        return Bucket.DAYS_31_90 if self.days_past_due <= SUBSTANDARD_AFTER_DAYS else Bucket.OVER_90

    @property
    def non_performing(self) -> bool:
        """Whether the loan is at least 次级 for its days past due alone."""
        return self.days_past_due > SUBSTANDARD_AFTER_DAYS


def totals(due: Sequence[tuple[int, int]]) -> list[Due]:
    """Due dates and amounts with their running totals."""
    found: list[Due] = []
    for due_at, amount in due:
        found.append(Due(due_at, amount, amount + (found[-1].total if found else 0)))
    return found


def arrears(account: Account, rate_ppm: int, schedule: Sequence[Due], calendar: Calendar, now: int) -> Arrears:
    """What is overdue at an instant (UTC seconds).

    A due date on a day off rolls to the next working day (CC 203); after the last one whatever is left is due.
    """
    owed = account.owed(rate_ppm, day_number(now))
    debt = owed.interest + owed.principal
    if not debt:
        return Arrears()
    overdue = since = 0
    for place, each in enumerate(schedule):
        last = place == len(schedule) - 1
        if not last and each.total <= account.covered:
            continue
        due_at = calendar.end_of_days(each.due_at, 0)
        if due_at >= now:
            break
        since = since or due_at
        overdue = debt if last else each.total - account.covered
    if not since:
        return Arrears()
    return Arrears(min(overdue, debt), since, day_number(now) - day_number(since))


def next_due(account: Account, schedule: Sequence[Due], now: int) -> Due | None:
    """The next due date that is not covered yet, with what is missing for it; None when there is none."""
    for each in schedule:
        if each.due_at >= now and each.total > account.covered:
            return Due(each.due_at, min(each.amount, each.total - account.covered), each.total)
    return None
