"""What a court recovered, carried to the loan and its liens as proposals: the bank's own act stays what counts.

A recovery is known on the loan by its receipt, made from filing and running total; the chain takes a receipt once, so
the same recovery is never posted twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any


@dataclass(frozen=True, slots=True)
class Recovery:
    """Money a court reported: `amount` and running `total` of its filing in fen, `at` in UTC seconds."""

    filing: str
    amount: int
    total: int
    at: int
    evidence: str

    @property
    def receipt(self) -> str:
        """The receipt that its payment bears on the loan."""
        return "0x" + sha256(f"chaqi-recovery {self.filing} {self.total}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Carried:
    """Recoveries not yet on the loan, their acts for the bank to sign, and what exceeds the debt (fen)."""

    unposted: int
    surplus: int
    acts: list[dict[str, Any]]


def carry(
    loan: str, recoveries: Sequence[Recovery], posted: Collection[str], owed: int, settled: bool, liens: Sequence[str]
) -> Carried:
    """What the bank should sign: payments up to what is `owed` (fen), then the settlement, then its liens' discharge.

    `posted`: receipts of payments on any loan; `liens`: those that still secure the loan. What exceeds the debt belongs
    to whoever gave the security (CC 413).
    """
    waiting = [one for one in recoveries if one.receipt not in posted]
    acts: list[dict[str, Any]] = []
    left = owed
    for one in waiting:
        amount = min(one.amount, left)
        left -= amount
        if amount:
            message = {"loan": loan, "amountFen": amount, "paidAt": one.at, "receipt": one.receipt}
            acts.append({"act": "Loans.postPayment", "message": {**message, "evidence": one.evidence}})
    if recoveries and not waiting and not owed and not settled:
        acts.append({"act": "Loans.settle", "message": {"loan": loan, "evidence": recoveries[-1].evidence}})
    if recoveries and settled and liens:
        discharge = {"liens": list(liens), "ground": "CLAIM_ENDED", "evidence": recoveries[-1].evidence}
        acts.append({"act": "Liens.discharge", "message": discharge})
    unposted = sum(one.amount for one in waiting)
    return Carried(unposted, max(0, unposted - owed), acts)
