"""Scenario 16: what a revocation does to signatures before it, in its window and after it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.pki.standing import Revocation, Standing, standing

INSTANTS = st.integers(0, 2**33)


def day(number: int) -> int:
    """Noon of a day of that week: 1 is Monday."""
    return int(datetime(2026, 11, 22 + number, 12, tzinfo=UTC).timestamp())


REPORTED_THURSDAY = Revocation(revoked_at=day(4), invalid_from=day(2))


@pytest.mark.parametrize(
    ("signed", "expected"),
    [
        (1, Standing.VALID),
        (2, Standing.REVIEW_REQUIRED),
        (3, Standing.REVIEW_REQUIRED),
        (4, Standing.INVALID),
        (5, Standing.INVALID),
    ],
)
def test_16_monday_valid_tuesday_to_wednesday_review_after_the_report_invalid(signed: int, expected: Standing) -> None:
    assert standing(day(signed) * 1000, 0, REPORTED_THURSDAY) is expected


def test_an_instant_that_the_accuracy_does_not_settle_is_for_a_person() -> None:
    limit = day(2) * 1000
    assert standing(limit - 1001, 1000, REPORTED_THURSDAY) is Standing.VALID
    assert standing(limit - 1000, 1000, REPORTED_THURSDAY) is Standing.REVIEW_REQUIRED
    assert standing(day(4) * 1000 + 999, 1000, REPORTED_THURSDAY) is Standing.REVIEW_REQUIRED
    assert standing(day(4) * 1000 + 1000, 1000, REPORTED_THURSDAY) is Standing.INVALID


def test_without_a_compromise_everything_before_the_revocation_stays_valid() -> None:
    ended = Revocation(revoked_at=day(4))
    assert standing(day(3) * 1000, 1000, ended) is Standing.VALID
    assert standing(day(5) * 1000, 1000, ended) is Standing.INVALID


@given(signed=INSTANTS, later=INSTANTS, accuracy=st.integers(0, 10_000), revoked=INSTANTS, window=INSTANTS)
def test_a_later_signature_never_stands_better(
    signed: int, later: int, accuracy: int, revoked: int, window: int
) -> None:
    order = list(Standing)
    revocation = Revocation(revoked, max(0, revoked - window))
    first, second = sorted((signed, later))
    assert order.index(standing(first * 1000, accuracy, revocation)) <= order.index(
        standing(second * 1000, accuracy, revocation)
    )


@given(signed=INSTANTS, accuracy=st.integers(0, 10_000))
def test_a_certificate_that_was_never_revoked_stands(signed: int, accuracy: int) -> None:
    assert standing(signed, accuracy, None) is Standing.VALID
