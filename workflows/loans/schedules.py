"""Repayment schedules: when how much is due. Paid on time, they leave nothing owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from workflows.calendar import Calendar
from workflows.calendar.calendar import end_of
from workflows.commitment import commit
from workflows.loans.accounts import Account, day_number

SCHEDULE_TAG: Final = "loan-schedule-v1"
HARVEST_MONTH: Final = 6
"""Ancient trees are picked once, around 谷雨; the money for the spring tea is in by June (domain §7.3)."""
HARVEST_DAY: Final = 30


@dataclass(frozen=True, slots=True)
class Instalment:
    """One due date (last second of the day, UTC seconds) with its interest and principal in fen."""

    due_at: int
    interest: int
    principal: int

    @property
    def amount(self) -> int:
        """What is due."""
        return self.interest + self.principal


def equal_instalments(principal: int, rate_ppm: int, disbursed_at: int, due: Sequence[int]) -> list[Instalment]:
    """Instalments of the same amount, but for the last, which is at most so much (等额本息).

    `due` are instants, ascending. The amount is the smallest that pays the debt off with the last instalment.
    """
    least, most = principal // len(due), 2 * principal + _interest_of_all(principal, rate_ppm, disbursed_at, due)
    while least < most:
        middle = (least + most) // 2
        if _left(principal, rate_ppm, disbursed_at, due, middle) > 0:
            least = middle + 1
        else:
            most = middle
    return _paid_off(principal, rate_ppm, disbursed_at, due, least)


def interest_then_bullet(principal: int, rate_ppm: int, disbursed_at: int, due: Sequence[int]) -> list[Instalment]:
    """Interest at every due date and the principal at the last (先息后本)."""
    return _paid_off(principal, rate_ppm, disbursed_at, due, 0)


def harvest_bullet(
    principal: int, rate_ppm: int, disbursed_at: int, years: int, calendar: Calendar
) -> list[Instalment]:
    """Equal instalments each 30 June after the disbursement, when the spring tea is sold (domain §7.3)."""
    first = date.fromisoformat("1970-01-01").toordinal() + day_number(disbursed_at)
    start = date.fromordinal(first)
    season = start.year if start < date(start.year, HARVEST_MONTH, 1) else start.year + 1
    due = [calendar.end_of_days(end_of(date(season + n, HARVEST_MONTH, HARVEST_DAY)), 0) for n in range(years)]
    return equal_instalments(principal, rate_ppm, disbursed_at, due)


def monthly_due_dates(disbursed_at: int, months: int, calendar: Calendar, every: int = 1) -> list[int]:
    """The same day of every month after the disbursement, or the month's last; a day off rolls on (CC 203)."""
    start = date.fromordinal(date(1970, 1, 1).toordinal() + day_number(disbursed_at))
    due = []
    for step in range(every, months + 1, every):
        year, month = divmod(start.year * 12 + start.month - 1 + step, 12)
        following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        longest = (following - date(year, month + 1, 1)).days
        due.append(calendar.end_of_days(end_of(date(year, month + 1, min(start.day, longest))), 0))
    return due


def schedule_root(salt: bytes, schedule: Sequence[Instalment]) -> bytes:
    """The commitment to a schedule that the terms carry, 32 bytes; see `workflows.commitment`."""
    rows = [{"due_at": each.due_at, "interest": each.interest, "principal": each.principal} for each in schedule]
    return commit(SCHEDULE_TAG, salt, {"instalments": rows})


def _paid_off(principal: int, rate_ppm: int, disbursed_at: int, due: Sequence[int], amount: int) -> list[Instalment]:
    """Instalments of `amount`, or of the interest where that is more; the last takes what is left."""
    account = Account(principal, day_number(disbursed_at))
    schedule = []
    for place, due_at in enumerate(due):
        day = day_number(due_at)
        owed = account.owed(rate_ppm, day)
        last = place == len(due) - 1
        part = owed.total if last else min(max(amount, owed.interest), owed.total)
        account, parts = account.pay(part, rate_ppm, day)
        schedule.append(Instalment(due_at, parts.interest, parts.principal))
    return [each for each in schedule if each.amount]


def _left(principal: int, rate_ppm: int, disbursed_at: int, due: Sequence[int], amount: int) -> int:
    """What the last instalment is more than `amount`."""
    schedule = _paid_off(principal, rate_ppm, disbursed_at, due, amount)
    return schedule[-1].amount - amount


def _interest_of_all(principal: int, rate_ppm: int, disbursed_at: int, due: Sequence[int]) -> int:
    return Account(principal, day_number(disbursed_at)).owed(rate_ppm, day_number(due[-1])).interest
