"""Protection level of an old tree by its age (古树名木保护条例, in force since 2025-03-15)."""

from __future__ import annotations

LEVEL_1_YEARS = 500
LEVEL_2_YEARS = 300
LEVEL_3_YEARS = 100


def protection_level(age_years: int) -> int:
    """Level the law gives a tree of this age: 1 (≥500 years), 2 (300-499), 3 (100-299), 0 for none.

    The level by age is only what an authority should find: a tree is protected at that level once the
    province (1), the city (2) or the county (3) has recognised it.
    """
    if age_years >= LEVEL_1_YEARS:
        return 1
    if age_years >= LEVEL_2_YEARS:
        return 2
    if age_years >= LEVEL_3_YEARS:
        return 3
    return 0
