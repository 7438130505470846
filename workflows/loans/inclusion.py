"""两增两控: what a bank reports monthly of its loans to small and micro borrowers (domain §8).

Growth of their balance against that of all loans, and their number against a year ago; non-performing loans and the
all-in cost under control. A bank's own totals are inputs: they are not on this ledger. Money in fen, ratios in ppm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PPM: Final = 1_000_000
LIMIT_FEN: Final = 1_000_000_000
"""A borrower with a credit of at most ¥10m counts; PBOC statistics take ¥20m since 2024, so it is a parameter."""
NPL_TOLERANCE_PPM: Final = 30_000
"""Non-performing loans may be three points above those of all loans."""


@dataclass(frozen=True, slots=True)
class LoanRow:
    """One loan at the end of a month."""

    borrower: int
    limit: int
    balance: int
    all_in_ppm: int
    non_performing: bool
    first_loan: bool
    unsecured: bool


@dataclass(frozen=True, slots=True)
class BankTotals:
    """What only the bank knows: all its loans now and a year ago, and how many ppm of them do not perform."""

    loans: int
    loans_a_year_ago: int
    npl_ppm: int


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The loans of one month that count."""

    balance: int
    borrowers: int
    non_performing: int
    npl_ppm: int
    all_in_ppm: int
    first_loans: int
    unsecured: int


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The four figures and whether each is met; growth is None where there was nothing a year ago."""

    now: Portfolio
    a_year_ago: Portfolio
    growth_ppm: int | None
    all_growth_ppm: int | None
    balance_grows: bool
    borrowers_grow: bool
    npl_controlled: bool
    cost_controlled: bool


def portfolio(rows: Sequence[LoanRow], limit: int = LIMIT_FEN) -> Portfolio:
    """The figures of a month. A borrower counts by the sum of the credits it has, not loan by loan."""
    credit: dict[int, int] = {}
    for row in rows:
        credit[row.borrower] = credit.get(row.borrower, 0) + row.limit
    counted = [row for row in rows if row.balance and credit[row.borrower] <= limit]
    balance = sum(row.balance for row in counted)
    bad = sum(row.balance for row in counted if row.non_performing)
    return Portfolio(
        balance=balance,
        borrowers=len({row.borrower for row in counted}),
        non_performing=bad,
        npl_ppm=bad * PPM // balance if balance else 0,
        all_in_ppm=sum(row.balance * row.all_in_ppm for row in counted) // balance if balance else 0,
        first_loans=sum(row.first_loan for row in counted),
        unsecured=sum(row.balance for row in counted if row.unsecured),
    )


def inclusion(
    rows: Sequence[LoanRow], rows_a_year_ago: Sequence[LoanRow], totals: BankTotals, limit: int = LIMIT_FEN
) -> Inclusion:
    """两增两控 of a month against the same month a year ago."""
    now, before = portfolio(rows, limit), portfolio(rows_a_year_ago, limit)
    # Compared by cross-multiplication, so that rounding decides nothing.
    grows = now.balance * totals.loans_a_year_ago >= totals.loans * before.balance
    return Inclusion(
        now=now,
        a_year_ago=before,
        growth_ppm=_growth(now.balance, before.balance),
        all_growth_ppm=_growth(totals.loans, totals.loans_a_year_ago),
        balance_grows=grows,
        borrowers_grow=now.borrowers >= before.borrowers,
        npl_controlled=now.npl_ppm <= totals.npl_ppm + NPL_TOLERANCE_PPM,
        cost_controlled=not before.balance or now.all_in_ppm <= before.all_in_ppm,
    )


def _growth(now: int, before: int) -> int | None:
    return (now - before) * PPM // before if before else None
