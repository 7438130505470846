"""What a mirrored tree counts for as collateral, as `Valuations.collateralValue` says on chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.valuations import valuations

INELIGIBLE_SECONDS: Final = 365 * 86_400
"""Age at which a valuation counts for nothing, as `Valuations.INELIGIBLE_AFTER`."""

_CHALLENGED, _REGISTERED, _WITNESSES, _ALIVE = (
    list(ENUMERATIONS[of]).index(name)
    for of, name in (("ValuationState", "CHALLENGED"), ("Title", "REGISTERED"), ("TitleClass", "C"), ("Life", "ALIVE"))
)


def collateral_value(connection: sa.Connection, tree: Mapping[str, Any], block: int | None, now: int) -> int:
    """Fen that a mirrored tree counts for as of a block (None: now) of time `now` (UTC seconds)."""
    stands = queries.row(connection, valuations, tree["tree"], block)
    counts = (
        stands is not None
        and stands["state"] != _CHALLENGED
        and now <= stands["as_of"] + INELIGIBLE_SECONDS
        and (tree["title"], tree["life"]) == (_REGISTERED, _ALIVE)
        and tree["title_class"] != _WITNESSES
        and tree["owner"] != stands["appraiser"]
    )
    return stands["collateral"] if stands and counts else 0
