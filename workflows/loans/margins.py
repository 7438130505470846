"""The ladder of cover (domain §7.3): where a secured loan stands, and what its bank may do next.

LTV = what is owed ÷ collateral value. A call on a fall of prices is contractual only (CC 408 speaks of the mortgagor's
conduct): levels and days to cure are terms that both signed. Nothing here acts; a person signs every step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

BPS: Final = 10_000
NO_COVER: Final = 2**32 - 1
"""The LTV of a debt that nothing covers."""


class Rung(IntEnum):
    """What the LTV measures, whatever the bank has recorded."""

    OK = 0
    WARN = 1
    CALL = 2
    BREACH = 3


class Recorded(IntEnum):
    """What the bank has recorded, as `MarginState` on chain."""

    OK = 0
    WARN = 1
    CALL = 2
    CURED = 3
    BREACHED = 4


class Step(IntEnum):
    """What the bank may do, by the act of `Margins` that does it."""

    NONE = 0
    OBSERVE = 1
    CALL = 2
    CURE = 3
    BREACH = 4


@dataclass(frozen=True, slots=True)
class Levels:
    """The agreed levels in basis points, and the working days to cure a call."""

    opening: int = 7_000
    warn: int = 8_000
    call: int = 9_000
    breach: int = 10_000
    cure_working_days: int = 10


STANDARD: Final = Levels()


def ltv_bps(owed: int, cover: int) -> int:
    """LTV in basis points, to the nearest; amounts in fen."""
    if not owed:
        return 0
    return min((owed * BPS + cover // 2) // cover, NO_COVER) if cover else NO_COVER


def opens(principal: int, cover: int, levels: Levels = STANDARD) -> bool:
    """Whether a loan of this principal may be paid out over this cover."""
    return principal * BPS <= levels.opening * cover


def rung(owed: int, cover: int, levels: Levels = STANDARD) -> Rung:
    """Where the LTV stands, compared exactly: a level counts once it is reached, a breach once it is passed."""
    if owed and owed * BPS > levels.breach * cover:
        return Rung.BREACH
    if owed and owed * BPS >= levels.call * cover:
        return Rung.CALL
    return Rung.WARN if owed and owed * BPS >= levels.warn * cover else Rung.OK


def step(recorded: Recorded, measured: Rung, cure_ends_at: int, now: int) -> Step:
    """What the bank may record now (instants in UTC seconds); a guarantee may cure a call at any time besides."""
    if recorded in (Recorded.CALL, Recorded.BREACHED):
        if measured < Rung.CALL:
            return Step.CURE
        passed = recorded is Recorded.CALL and measured is Rung.BREACH and now > cure_ends_at
        return Step.BREACH if passed else Step.NONE
    if measured >= Rung.CALL:
        return Step.CALL
    return Step.OBSERVE if (measured is Rung.WARN) != (recorded is Recorded.WARN) else Step.NONE
