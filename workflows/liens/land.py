"""Land on which a lien needs a lawyer first."""

from __future__ import annotations

from typing import Final

from workflows.trees.record import LandKind

REVIEWED: Final = (LandKind.PRIVATE_HILL, LandKind.HOUSEYARD)
"""自留山 and 宅基地 with their surroundings: their land rights are not mortgaged unless a law allows it (CC 399(2))."""


def needs_legal_review(land: LandKind) -> bool:
    """Whether a lien on a tree there names the evidence of a legal review (`FileLien.legalReview`)."""
    return land in REVIEWED
