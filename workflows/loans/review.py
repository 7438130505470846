"""The clock of a review: three working days that stand still only while information is awaited (domain §2.4)."""

from __future__ import annotations

from typing import Final

from workflows.calendar import Calendar

REVIEW_WORKING_DAYS: Final = 3
APPROVAL_DAYS: Final = 30


def review_due_at(submitted_at: int, calendar: Calendar) -> int:
    """When the decision on a complete file is due (UTC seconds)."""
    return calendar.end_of_working_days(submitted_at, REVIEW_WORKING_DAYS)


def resumed_due_at(due_at: int, paused_at: int, resumed_at: int, calendar: Calendar) -> int:
    """When the decision is due after a pause: the working days that were left are left again; late stays late."""
    if paused_at > due_at:
        return due_at
    left = next(
        days for days in range(1, REVIEW_WORKING_DAYS + 1) if calendar.end_of_working_days(paused_at, days) >= due_at
    )
    return calendar.end_of_working_days(resumed_at, left)


def approval_ends_at(decided_at: int, calendar: Calendar) -> int:
    """Until when an approval is valid (UTC seconds)."""
    return calendar.end_of_days(decided_at, APPROVAL_DAYS)
