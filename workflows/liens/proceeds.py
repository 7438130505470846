"""Who gets what of the money an asset brought (CC 389, 413, 414): pure, in fen, to the fen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from workflows.liens.ranking import Lien, ranked


@dataclass(frozen=True, slots=True)
class Claim:
    """What a lien's holder is owed, and the most of it that the lien secures; fen."""

    owed: int
    secured_max: int

    @property
    def secured(self) -> int:
        """What the lien secures of what is owed."""
        return min(self.owed, self.secured_max)


@dataclass(frozen=True, slots=True)
class Share:
    """What one lien brings its holder. `shortfall` is still owed, by the debtor and without security (CC 413); fen."""

    lien: str
    rank: int
    paid: int
    shortfall: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Where the money goes, `costs` of the sale first (CC 389). `surplus` is the mortgagor's (CC 413); fen."""

    costs: int
    shares: tuple[Share, ...]
    surplus: int


def distribute(money: int, costs: int, liens: Sequence[Lien], claims: Mapping[str, Claim]) -> Distribution:
    """Pays the liens rank by rank; those of one rank pro rata to what they secure.

    A lien that has not arisen (CC 402) takes nothing by preference: its holder's claim stays. Within a rank shares are
    rounded down, and the fen left go to the largest remainders, of equal ones to the lien named first.
    """
    left = money
    paid_costs = min(left, costs)
    left -= paid_costs
    shares: list[Share] = []
    for rank, level in groupby(ranked(liens), key=lambda one: one.rank):
        ids, secured = [], []
        for one in level:
            ids.append(one.lien.id)
            secured.append(claims[one.lien.id].secured if one.lien.arisen else 0)
        paid = pro_rata(left, secured)
        left -= sum(paid)
        shares += [Share(id, rank, got, claims[id].owed - got) for id, got in zip(ids, paid, strict=True)]
    return Distribution(paid_costs, tuple(shares), left)


def pro_rata(money: int, amounts: Sequence[int]) -> list[int]:
    """Money over amounts in their proportion, never more than an amount; its fen are all given out."""
    total = sum(amounts)
    if total <= money:
        return list(amounts)
    paid = [money * amount // total for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda place: -(money * amounts[place] % total))
    for place in by_remainder[: money - sum(paid)]:
        paid[place] += 1
    return paid
