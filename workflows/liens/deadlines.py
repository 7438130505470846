"""What a holder must do by when."""

from __future__ import annotations

from typing import Final

from workflows.calendar import Calendar

DISCHARGE_WORKING_DAYS: Final = 10
"""After the debt is paid off (domain §2.1; product rule, CC 393)."""


def discharge_due(paid_off_at: int, calendar: Calendar) -> int:
    """Last second at which the liens of a debt paid off at an instant should be discharged; UTC seconds."""
    return calendar.end_of_working_days(paid_off_at, DISCHARGE_WORKING_DAYS)


def discharge_overdue(paid_off_at: int, calendar: Calendar, now: int) -> bool:
    """Whether a lien that still lives at `now` should have been discharged; UTC seconds."""
    return now > discharge_due(paid_off_at, calendar)
