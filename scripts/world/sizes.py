"""Sizes of the world and the exact numbers of everything in it.

The "60 parties" of the tour and the "3,000 parties" of the book are farmers and firms. The institutions
that serve them (banks, notaries, authorities, ...) come on top, in the counts named here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

SizeName = Literal["tour", "county", "book"]

Institution = Literal[
    "OPERATOR", "REGULATOR", "AUDITOR", "COURT_GW", "REGISTRY", "FORESTRY", "AGRI", "GI_AUTH", "VILLAGE",
    "SURVEYOR", "APPRAISER", "INSPECTOR", "INSURER", "BANK", "TELECOM", "BROKER", "SCORER", "NOTARY_OFFICE",
    "NOTARY", "LAWYER",
]  # fmt: skip
Role = Literal["FARMER", "FIRM"] | Institution

# The same in every size: one of each kind of authority, forestry at province, city and county (which
# recognise trees of level 1, 2 and 3), land registry and 中登网, and the ten villages of `places`.
AUTHORITIES: dict[Institution, int] = {
    "OPERATOR": 1, "REGULATOR": 1, "AUDITOR": 1, "COURT_GW": 1, "REGISTRY": 2, "FORESTRY": 3, "AGRI": 1,
    "GI_AUTH": 1, "VILLAGE": 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """Exact counts of a world. `deeds_by_wallet` of its deeds are signed by wallets; `certificates` are issued ones."""

    name: str
    farmers: int
    firms: int
    trees: int
    deeds: int
    deeds_by_wallet: int
    certificates: int
    institutions: dict[Institution, int]

    @property
    def parties(self) -> int:
        """Farmers and firms."""
        return self.farmers + self.firms

    @property
    def suspended(self) -> int:
        """Farmers and firms that end up suspended: 1 %, but at least one."""
        return max(1, self.parties // 100)


SIZES: dict[SizeName, Size] = {
    "tour": Size("tour", 40, 20, 300, 40, 12, 6, AUTHORITIES | {
        "SURVEYOR": 2, "APPRAISER": 2, "INSPECTOR": 1, "INSURER": 1, "BANK": 3, "TELECOM": 1, "BROKER": 1,
        "SCORER": 1, "NOTARY_OFFICE": 2, "NOTARY": 4, "LAWYER": 2,
    }),
    "county": Size("county", 400, 200, 3_000, 2_328, 40, 271, AUTHORITIES | {
        "SURVEYOR": 6, "APPRAISER": 3, "INSPECTOR": 2, "INSURER": 2, "BANK": 8, "TELECOM": 3, "BROKER": 1,
        "SCORER": 2, "NOTARY_OFFICE": 5, "NOTARY": 40, "LAWYER": 10,
    }),
    "book": Size("book", 2_000, 1_000, 15_000, 232_853, 400, 27_092, AUTHORITIES | {
        "SURVEYOR": 12, "APPRAISER": 6, "INSPECTOR": 4, "INSURER": 3, "BANK": 25, "TELECOM": 3, "BROKER": 2,
        "SCORER": 3, "NOTARY_OFFICE": 15, "NOTARY": 180, "LAWYER": 40,
    }),
}  # fmt: skip


SMALLEST_SHARE = 0.01
"""Of less, the deeds that default may be worth less than their share of the certificates."""


def share_of_the_book(share: float) -> Size:
    """The book at `share` of its size (0.01 to 1), but with no fewer of anything than the tour has.

    Its institutions are the book's own, so that what an act costs does not depend on the share. The whole is the book.
    """
    book, least = SIZES["book"], SIZES["tour"]
    if share == 1:
        return book
    if not SMALLEST_SHARE <= share < 1:
        raise ValueError(f"a share of the book is from {SMALLEST_SHARE} to 1, not {share}")

    def part(whole: int, fewest: int) -> int:
        return max(fewest, round(whole * share))

    return replace(
        book,
        name=f"book at {share:g}",
        farmers=part(book.farmers, least.farmers),
        firms=part(book.firms, least.firms),
        trees=part(book.trees, least.trees),
        deeds=part(book.deeds, least.deeds),
        deeds_by_wallet=part(book.deeds_by_wallet, least.deeds_by_wallet),
        certificates=part(book.certificates, least.certificates),
    )
