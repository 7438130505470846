"""Synthetic parties: farmers and firms after `domain.md` 6.2, and the institutions that serve them.

No party has an invented name of a person or a firm: off chain it is called "SYNTHETIC farmer 0001".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scripts.world.draws import Draws
from scripts.world.sizes import Role
from workflows.commitment import SALT_BYTES, Json, commit

FirmClass = Literal["MICRO", "SMALL", "MEDIUM"]

# Sole traders and micro firms, small firms, cooperatives and medium firms.
FIRM_CLASSES: dict[FirmClass, int] = {"MICRO": 60, "SMALL": 33, "MEDIUM": 7}

IDENTITY_TAG = "party-v1"

# Below 100 million yuan: a small business, and never as many digits as a phone number. [A]
REVENUE_MOST_FEN = 9_999_999_999


@dataclass(frozen=True, slots=True)
class Party:
    """An invented party; `number` is its place in the order of enrolment, from 1.

    `facts` are whole numbers: age in years, garden area in 0.01 mu, revenue in fen a year.
    `salt` is drawn from the seed, which only a synthetic record may do.
    """

    number: int
    slug: str
    role: Role
    village: str | None
    firm_class: FirmClass | None
    facts: dict[str, int]
    suspended: bool
    salt: bytes
    synthetic: Literal[True] = True

    @property
    def identity(self) -> dict[str, Json]:
        """What the vault holds of the party."""
        kind, _, number = self.slug.rpartition("-")
        return {
            "synthetic": True,
            "name": f"SYNTHETIC {kind.replace('-', ' ')} {number}",
            "role": self.role,
            "village": self.village,
            "firm_class": self.firm_class,
            **self.facts,
        }

    @property
    def commitment(self) -> bytes:
        """What the chain holds of the identity, 32 bytes."""
        return commit(IDENTITY_TAG, self.salt, self.identity)


def slug(role: Role, number: int) -> str:
    """Name of a party inside the synthetic world, such as farmer-0001."""
    return f"{role.lower().replace('_', '-')}-{number:04d}"


def institution(draws: Draws, number: int, role: Role, nth: int, village: str | None) -> Party:
    """The nth institution of its kind; a village collective has its village."""
    return Party(number, slug(role, nth), role, village, None, {}, False, draws.octets("salt", SALT_BYTES))


def farmer(draws: Draws, number: int, nth: int, village: str, suspended: bool) -> Party:
    """The nth farmer, at home in the village where the first of his trees stands."""
    facts: dict[str, int] = {
        "age_years": draws.whole("age", 22, 78),
        "garden_area_cmu": min(max(round(100 * draws.lognormal("garden", 5, 0.8)), 100), 6_000),
    }
    salt = draws.octets("salt", SALT_BYTES)
    return Party(number, slug("FARMER", nth), "FARMER", village, None, facts, suspended, salt)


def firm(draws: Draws, number: int, nth: int, firm_class: FirmClass, suspended: bool) -> Party:
    """The nth firm."""
    facts: dict[str, int] = {
        "firm_age_years": draws.whole("age", 1, 25),
        "revenue_fen_a_year": min(round(draws.lognormal("revenue", 150_000_000, 1.0)), REVENUE_MOST_FEN),
    }
    salt = draws.octets("salt", SALT_BYTES)
    return Party(number, slug("FIRM", nth), "FIRM", None, firm_class, facts, suspended, salt)
