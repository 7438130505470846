"""The record of a tree that stays off chain; the chain carries only a salted commitment to it.

Exact positions invite theft and vandalism, so they are part of this record and never of an act or event.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from workflows.commitment import canonical_json, commit
from workflows.trees.position import Position

COMMITMENT_TAG = "tree-v1"

Name = Annotated[str, Field(min_length=1, max_length=40)]
"""A short name in Chinese or English; never a person's."""


class TitleClass(StrEnum):
    """What the right to the tree rests on; only A and B can secure a loan."""

    CERTIFICATE = "A"
    """不动产权证 or 林权证."""
    CONTRACT = "B"
    """承包经营权证 with the village's proof."""
    WITNESS = "C"
    """Witnesses only."""


class LandKind(StrEnum):
    """Kind of land the tree stands on; it decides which registry and which liens are possible."""

    FOREST = "林地"
    GARDEN = "园地"
    ARABLE = "耕地"
    PRIVATE_HILL = "自留山"
    HOUSEYARD = "房前屋后"


class AgeMethod(StrEnum):
    """How the age of a tree was found."""

    AUTHORITY = "AUTHORITY"
    CORE = "CORE"
    GIRTH_MODEL = "GIRTH_MODEL"
    ORAL = "ORAL"


class Health(StrEnum):
    """Health grade given by the surveyor, from A (vigorous) to D (dying)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class SeasonYield(_Strict):
    """Dry tea picked from the tree in the spring of one year."""

    year: int = Field(ge=1900, le=2200)
    dry_g: int = Field(ge=0, le=100_000)


class TreeRecord(_Strict):
    """What is known of one tree after its survey; whole numbers with their units in the names."""

    tag: str = Field(pattern=r"^[0-9A-Z](?:[0-9A-Z-]{0,30}[0-9A-Z])?$")
    village: Name
    hamlet: Name
    position: Position
    altitude_m: int = Field(ge=0, le=6_000)
    land_kind: LandKind
    title_class: TitleClass
    right_until: date | None
    """Last day of the right to the land; None where no dated right exists."""
    cultivar: Name
    age_years: int = Field(ge=1, le=3_000)
    age_method: AgeMethod
    age_ci_years: int = Field(ge=0, le=1_000)
    """Half width of the confidence interval of the age."""
    graft_year: int | None = Field(ge=1900, le=2200)
    """Year the cultivar was grafted onto this trunk: the cultivar is then younger than the tree."""
    girth_cm: int = Field(ge=1, le=2_000)
    height_cm: int = Field(ge=1, le=5_000)
    crown_a_cm: int = Field(ge=0, le=5_000)
    crown_b_cm: int = Field(ge=0, le=5_000)
    health: Health
    yields: tuple[SeasonYield, ...] = Field(max_length=5)

    def canonical_json(self) -> bytes:
        """The one byte string of this record (RFC 8785)."""
        return canonical_json(self.model_dump(mode="json"))

    def commitment(self, salt: bytes) -> bytes:
        """What the chain holds of this record, 32 bytes: see `workflows.commitment`.

        Without the salt the few plausible values of a record could be tried one by one.
        """
        return commit(COMMITMENT_TAG, salt, self.model_dump(mode="json"))
