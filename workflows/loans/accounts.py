"""The money of a loan: interest, what payments go to, and what is owed. The twin of `contracts/LoanAccounts.sol`.

Interest of a day is principal × rate ÷ 365; the day of disbursement counts and the day of payment does not. It is
summed exactly, in fen × ppm × days, and rounded down to the fen whenever it is stated, in the debtor's favour (domain
§1): so it does not depend on how often anybody looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

from chain.errors import ChaqiError
from workflows.calendar.calendar import DAY_SECONDS, SHANGHAI_SECONDS

PPM_DAYS: Final = 365 * 1_000_000
"""Fen × ppm × days that make one fen of interest."""


class PaymentExceedsDebt(ChaqiError):
    """More is paid than is owed."""

    status = 422
    en = "A payment of {amount_fen} fen exceeds the {owed_fen} fen owed."
    zh = "还款 {amount_fen} 分超过所欠的 {owed_fen} 分。"


class OutOfOrder(ChaqiError):
    """Something is entered for a day before the last one entered."""

    status = 422
    en = "The account stands at day {accrued_day}; nothing can be entered for day {day} any more."
    zh = "账户已计息至第 {accrued_day} 日，不能再登记第 {day} 日的事项。"


class Order(IntEnum):
    """What a payment goes to first, as `AllocationOrder` on chain."""

    STATUTORY = 0
    """Costs of enforcement, interest, principal (CC 561)."""
    PRINCIPAL_FIRST = 1
    """As agreed: principal, interest, costs."""


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount by what it is for, in fen."""

    costs: int = 0
    interest: int = 0
    principal: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.costs + self.interest + self.principal


@dataclass(frozen=True, slots=True)
class Account:
    """A loan's money in fen as of `accrued_day` (a day in Shanghai, from 1970-01-01).

    `accrued` is all interest since disbursement, in fen × ppm × days. `covered` is what was paid to interest and
    principal under the schedule in force.
    """

    principal: int
    accrued_day: int
    costs: int = 0
    interest_paid: int = 0
    paid: int = 0
    charged_costs: int = 0
    covered: int = 0
    accrued: int = 0

    def accrued_until(self, rate_ppm: int, day: int) -> int:
        """Interest accrued up to the start of `day`, exact; an account never goes back."""
        return self.accrued + self.principal * rate_ppm * max(0, day - self.accrued_day)

    def owed(self, rate_ppm: int, day: int) -> Parts:
        """What is owed at the start of `day`."""
        interest = self.accrued_until(rate_ppm, day) // PPM_DAYS - self.interest_paid
        return Parts(self.costs, interest, self.principal)

    def pay(self, amount: int, rate_ppm: int, day: int, order: Order = Order.STATUTORY) -> tuple[Account, Parts]:
        """The account after a payment of value date `day`, and what it went to.

        Raises `PaymentExceedsDebt`, `OutOfOrder`.
        """
        self._require_in_order(day)
        owed = self.owed(rate_ppm, day)
        if amount > owed.total:
            raise PaymentExceedsDebt(amount_fen=amount, owed_fen=owed.total)
        parts = allocate(amount, owed, order)
        after = replace(
            self,
            principal=self.principal - parts.principal,
            accrued_day=day,
            costs=self.costs - parts.costs,
            interest_paid=self.interest_paid + parts.interest,
            paid=self.paid + amount,
            covered=self.covered + parts.interest + parts.principal,
            accrued=self.accrued_until(rate_ppm, day),
        )
        return after, parts

    def charge(self, costs: int) -> Account:
        """The account after costs of enforcement were charged."""
        return replace(self, costs=self.costs + costs, charged_costs=self.charged_costs + costs)

    def rescheduled(self, rate_ppm: int, day: int) -> Account:
        """The account on the day from which a new schedule, and its rate, are in force. Raises `OutOfOrder`."""
        self._require_in_order(day)
        return replace(self, accrued=self.accrued_until(rate_ppm, day), accrued_day=day, covered=0)

    def _require_in_order(self, day: int) -> None:
        if day < self.accrued_day:
            raise OutOfOrder(accrued_day=self.accrued_day, day=day)


def account_of(row: Mapping[str, Any]) -> Account:
    """The money of a mirrored loan as of its last change."""
    return Account(
        principal=row["principal_fen"],
        accrued_day=row["accrued_day"],
        costs=row["costs_fen"],
        interest_paid=row["interest_paid_fen"],
        paid=row["paid_fen"],
        charged_costs=row["charged_costs_fen"],
        covered=row["covered_fen"],
        accrued=int(row["accrued"]),
    )


def allocate(amount: int, owed: Parts, order: Order = Order.STATUTORY) -> Parts:
    """What a payment of at most what is owed goes to (CC 561)."""
    if order is Order.STATUTORY:
        costs = min(amount, owed.costs)
        interest = min(amount - costs, owed.interest)
        return Parts(costs, interest, amount - costs - interest)
    principal = min(amount, owed.principal)
    interest = min(amount - principal, owed.interest)
    return Parts(amount - principal - interest, interest, principal)


def day_number(instant: int) -> int:
    """The day in Shanghai of an instant (UTC seconds), from 1970-01-01."""
    return (instant + SHANGHAI_SECONDS) // DAY_SECONDS
