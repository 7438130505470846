"""When a tree is picked and how much leaf and tea may come of it (`domain.md` §2.2 and §6.2).

The contract enforces the same figures; here they are for whoever prepares an act. Weights in grams.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
CAP_PERMILLE = 1_300
LEAF_FOR_TEA = 5
"""Grams of fresh leaf that usually make one of 毛茶: 50 jin of leaf, 10 jin of tea."""
LEAST_LEAF_FOR_TEN_TEA = 38
"""Grams of fresh leaf without which no ten of 毛茶 can be made."""


@dataclass(frozen=True, slots=True)
class Flush:
    """The part of a year in which a tree is picked: first and last day, each (month, day)."""

    opens: tuple[int, int]
    closes: tuple[int, int]

    def window(self, year: int) -> tuple[int, int]:
        """First and last second (UTC) of the flush of a year, by the calendar of Shanghai."""
        first, last = (datetime(year, *day, tzinfo=SHANGHAI) for day in (self.opens, self.closes))
        if last < first:
            raise ValueError("a flush closes after it opens")
        end = datetime.combine(last.date() + timedelta(days=1), time.min, SHANGHAI)
        return int(first.timestamp()), int(end.timestamp()) - 1


EARLY = Flush((3, 20), (4, 20))
"""From 春分, such as 白叶."""
SPRING = Flush((4, 15), (5, 10))
"""Around 谷雨: the one picking of an ancient tree in a year."""
LATE = Flush((5, 5), (5, 31))
"""From 立夏, such as 香番薯."""


def cap_g(potential_g: int) -> int:
    """Leaf that a season may bring of a tree: 1.3 × potential of dry tea × 5."""
    return potential_g * CAP_PERMILLE * LEAF_FOR_TEA // 1_000


def most_tea_g(leaf_g: int, tea_g: int = 0) -> int:
    """The most tea that so much leaf, and so much tea blended with it, can make."""
    return leaf_g * 10 // LEAST_LEAF_FOR_TEN_TEA + tea_g
