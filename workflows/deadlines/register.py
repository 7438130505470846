"""The register of deadlines as data, and the instant at which one ends."""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Final, Literal

from workflows.calendar import Calendar
from workflows.calendar.calendar import day_of, end_of

MONTHS_A_YEAR: Final = 12


class Unit(StrEnum):
    """What a length counts."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"
    INSTANT = "instant"
    """Nothing: parties or an authority set the end themselves."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the register. `warn`: days before the end; `en` and `zh`: what is to be done by then."""

    id: str
    length: int
    unit: Unit
    kind: Literal["statutory", "contract", "service"]
    warn: int
    basis: str
    en: str
    zh: str

    def ends_at(self, since: int, calendar: Calendar, length: int | None = None) -> int:
        """The last second (UTC) of the period that begins on the day of `since`; `length` where agreed otherwise.

        The day it begins on does not count (CC 201), a last day off moves to the next working day (CC 203). With the
        unit "instant" it is `since` itself.
        """
        count = self.length if length is None else length
        match self.unit:
            case Unit.DAYS:
                return calendar.end_of_days(since, count)
            case Unit.WORKING_DAYS:
                return calendar.end_of_working_days(since, count)
            case Unit.MONTHS:
                return calendar.end_of_days(end_of(_months_later(day_of(since), count)), 0)
            case Unit.YEARS:
                return calendar.end_of_days(end_of(_months_later(day_of(since), MONTHS_A_YEAR * count)), 0)
            case Unit.INSTANT:
                return since


def _months_later(day: date, months: int) -> date:
    """The day of the same number, or the last of its month where there is none (CC 202)."""
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _read() -> Mapping[str, Rule]:
    text = files("workflows.deadlines").joinpath("register.toml").read_text(encoding="utf-8")
    return {name: Rule(id=name, **{**row, "unit": Unit(row["unit"])}) for name, row in tomllib.loads(text).items()}


REGISTER: Final[Mapping[str, Rule]] = _read()
"""Every rule by its id."""
