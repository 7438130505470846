"""What is owed, computed again from what happened: the statement behind every claim (domain §3.3, §3.4).

The ledger, the notary and the court each recompute it from the same entries. A payment after a claim was made reduces
the claim, and a claim of more than the statement shows is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chain.errors import ChaqiError
from workflows.loans.accounts import Account, Order, Parts, day_number


class ClaimExceedsDebt(ChaqiError):
    """A claim is higher than the statement; `head` is the first of costs, interest, principal that is."""

    status = 409
    en = "{claimed_fen} fen are claimed as {head} and {owed_fen} fen are owed at {as_of}. Claim by the statement."
    zh = "所主张的{head_zh}为 {claimed_fen} 分，截至 {as_of} 实欠 {owed_fen} 分，请按最新对账单主张。"


class NothingDisbursed(ChaqiError):
    """A statement of a loan that was never paid out."""

    status = 409
    en = "Nothing was paid out by {as_of}: there is no debt to state."
    zh = "截至 {as_of} 尚未放款，不存在债务。"


@dataclass(frozen=True, slots=True)
class Disbursed:
    """The money was paid out (UTC seconds, fen) at a yearly rate in ppm."""

    at: int
    principal: int
    rate_ppm: int


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment of value date `at` on a receipt."""

    at: int
    amount: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Charged:
    """Costs of enforcement were charged."""

    at: int
    costs: int


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """A new schedule with its rate came into force."""

    at: int
    rate_ppm: int


Entry: TypeAlias = Disbursed | Paid | Charged | Rescheduled


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, what it went to, and what was owed after it."""

    entry: Entry
    parts: Parts
    owed: Parts


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened and what is owed as of an instant (UTC seconds)."""

    as_of: int
    lines: tuple[Line, ...]
    account: Account
    rate_ppm: int
    owed: Parts

    @property
    def conserved(self) -> bool:
        """Disbursed + interest + costs = paid + owed, to the fen."""
        disbursed = sum(each.entry.principal for each in self.lines if isinstance(each.entry, Disbursed))
        interest = self.account.interest_paid + self.owed.interest
        return disbursed + interest + self.account.charged_costs == self.account.paid + self.owed.total


def statement(entries: Sequence[Entry], as_of: int, order: Order = Order.STATUTORY) -> Statement:
    """The statement as of an instant, from entries in the order they were made; later ones are left out.

    Raises `NothingDisbursed`, and what `Account.pay` raises.
    """
    known = [each for each in entries if each.at <= as_of]
    if not known or not isinstance(known[0], Disbursed):
        raise NothingDisbursed(as_of=as_of)
    first = known[0]
    account, rate = Account(first.principal, day_number(first.at)), first.rate_ppm
    lines = [Line(first, Parts(principal=first.principal), Parts(principal=first.principal))]
    for each in known[1:]:
        day, parts = day_number(each.at), Parts()
        match each:
            case Paid():
                account, parts = account.pay(each.amount, rate, day, order)
            case Charged():
                account, parts = account.charge(each.costs), Parts(costs=each.costs)
            case Rescheduled():
                account, rate = account.rescheduled(rate, day), each.rate_ppm
        lines.append(Line(each, parts, account.owed(rate, max(day, account.accrued_day))))
    return Statement(as_of, tuple(lines), account, rate, account.owed(rate, day_number(as_of)))


def posted_twice(entries: Iterable[Entry]) -> list[str]:
    """Receipts that appear more than once."""
    seen: set[str] = set()
    twice = []
    for each in entries:
        if isinstance(each, Paid):
            if each.receipt in seen:
                twice.append(each.receipt)
            seen.add(each.receipt)
    return twice


def require_within(claim: Parts, stated: Statement) -> None:
    """Refuses a claim of more than is owed under any head. Raises `ClaimExceedsDebt`."""
    heads = (
        ("costs", "费用", claim.costs, stated.owed.costs),
        ("interest", "利息", claim.interest, stated.owed.interest),
        ("principal", "本金", claim.principal, stated.owed.principal),
    )
    for head, head_zh, claimed, owed in heads:
        if claimed > owed:
            raise ClaimExceedsDebt(head=head, head_zh=head_zh, claimed_fen=claimed, owed_fen=owed, as_of=stated.as_of)
