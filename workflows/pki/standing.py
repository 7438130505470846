"""What a revocation does to a signature, by when the signature was made.

A signature is judged at its time-stamp ± accuracy. Made before the certificate's invalidity date it stays valid
for ever; made between that date and the revocation it may be somebody else's, which only the office or a court
can decide (公证法 39): REVIEW_REQUIRED, never void by itself; made after the revocation it is invalid.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a signature stands."""

    VALID = "valid"
    REVIEW_REQUIRED = "review_required"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Revocation:
    """A certificate's entry in its authority's list, UTC seconds.

    `invalid_from` is the invalidity date (RFC 5280 5.3.2): since when the key may have been in other hands; None
    for a certificate that ended without a compromise.
    """

    revoked_at: int
    invalid_from: int | None = None


def standing(signed_at: int, accuracy: int, revocation: Revocation | None) -> Standing:
    """How a signature of `signed_at` ± `accuracy` (UTC milliseconds) stands under the revocation, if any.

    An instant that the accuracy does not settle is for a person to settle.
    """
    if revocation is None:
        return Standing.VALID
    revoked_at = revocation.revoked_at * 1000
    doubtful_from = revoked_at if revocation.invalid_from is None else min(revoked_at, revocation.invalid_from * 1000)
    if signed_at + accuracy < doubtful_from:
        return Standing.VALID
    if signed_at - accuracy >= revoked_at:
        return Standing.INVALID
    return Standing.REVIEW_REQUIRED
