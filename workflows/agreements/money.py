"""What an agreement's money comes to: deposit, penalty, damages and balance. The twin of the contracts' arithmetic.

Money in fen; rounded down in the debtor's favour. Statutes: CC 585-588, 合同编通则解释 (2023) 65, 67, 68.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEPOSIT_PARTS: Final = 5
"""At most a fifth of the price is deposit (CC 586)."""

BPS: Final = 10_000
EXCESSIVE_PER_CENT: Final = 130
"""Damages above this share of the loss are usually excessive (解释 65)."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """A paid deposit in law: what is 定金, and what is only a prepayment."""

    base: int
    prepayment: int


def split(total: int, paid: int) -> Deposit:
    """How a paid deposit counts; what was paid prevails over what was agreed (CC 586)."""
    base = min(paid, total // DEPOSIT_PARTS)
    return Deposit(base, paid - base)


def deposit_penalty(total: int, paid: int, whole: int, open_: int, *, purpose_defeated: bool) -> int:
    """What the party in default loses by the deposit rule (定金罚则, CC 587).

    `whole` is the value of what that party had to perform, `open_` of what it did not. Pro rata to it, unless the part
    that failed defeats the purpose of the whole (解释 68(2)).
    """
    base = split(total, paid).base
    return base if purpose_defeated else base * open_ // whole


def damages(open_: int, bps: int) -> int:
    """Liquidated damages (违约金) on the value that was not performed."""
    return open_ * bps // BPS


def excessive(claimed: int, loss: int) -> bool:
    """Whether damages are more than 130 % of the loss, so that a court usually reduces them (CC 585, 解释 65)."""
    return claimed * 100 > loss * EXCESSIVE_PER_CENT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What each side pays the other after a default. Exactly one of the first two is above zero, or neither.

    `returned_double`: of `to_buyer`, deposit that comes back twice; `prepayment`: of it, what never was deposit.
    """

    to_buyer: int
    to_seller: int
    penalty: int
    returned_double: int
    prepayment: int


def outcome(*, total: int, deposit_paid: int, paid: int, accepted: int, penalty: int, seller_defaults: bool) -> Outcome:
    """The computation sheet of a default: deposit and payments credited to what was accepted, penalty against."""
    owed = accepted - paid - deposit_paid + (-penalty if seller_defaults else penalty)
    double = 2 * penalty if seller_defaults else 0
    return Outcome(max(0, -owed), max(0, owed), penalty, double, split(total, deposit_paid).prepayment)
