"""What each contract's acts cost: a module a contract says who signs what after which preparation, its JSON how much.

`ACTS`: act → (signer, preparation that returns the act's fields); behind a comma, how much of it.
`BUDGETS`: act → the most it may cost when its signer
sends it and counts its nonces up, where the design sets a limit; relaying has a limit of its own for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contracts.ledger import Ledger

Prepare = Callable[[Ledger], dict[str, Any]]
Costs = dict[str, tuple[str, Prepare]]
