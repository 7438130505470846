"""Whether something came in time, when clocks are not exact (domain §10, scenario 24)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

ACCURACY_SECONDS: Final = 300
"""So near to a limit a person decides, whatever accuracy a time-stamp claims."""


class Verdict(StrEnum):
    """What a machine may say of an instant and a limit."""

    IN_TIME = "in_time"
    LATE = "late"
    REVIEW = "review"
    """A person has to decide."""


def judge(instant: int, accuracy: int, limit: int) -> Verdict:
    """The verdict over an act at `instant` (UTC seconds of a time-stamp authority) ± `accuracy` seconds.

    The block's time is no argument: blocks only order. Nobody is in default by a machine within five minutes of the
    limit, or nearer to it than the time-stamp is accurate.
    """
    margin = max(accuracy, ACCURACY_SECONDS)
    if abs(instant - limit) <= margin:
        return Verdict.REVIEW
    return Verdict.IN_TIME if instant < limit else Verdict.LATE
