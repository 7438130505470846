"""Costs of a margin call over one mortgaged tree."""

from __future__ import annotations

from tests.contracts.gas import Costs
from tests.contracts.ledger import Ledger
from tests.contracts.lending import secured
from tests.contracts.pledges import worth


def _fallen(ledger: Ledger) -> dict[str, int]:
    loan, tree = secured(ledger)
    for cover in (2_976_965, 2_536_190):
        worth(ledger, tree, cover)
    return {"loan": loan}


ACTS: Costs = {"Margins.call": ("bank", _fallen)}
