"""履约率 exactly as domain §2.3 defines it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.agreements.fulfilment import EXCLUDED, Fate, fate_of, rates, season_of
from workflows.calendar import Calendar

WEEKENDS = Calendar({})
DAY = 86_400
STAGE = {"SIGNED": 3, "LAPSED": 4, "ACTIVE": 5, "ACCEPTED": 6, "SETTLED": 7, "CLOSED": 8}
MUTUAL, FORCE_MAJEURE, BUYER_DEFAULT, SELLER_DEFAULT = range(1, 5)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


DUE = at("2026-06-10T08:00")  # a Wednesday


def agreement(**changes: Any) -> dict[str, Any]:
    """An agreement over 10 kg at 10,000 yuan, kept in every respect."""
    kept: dict[str, Any] = {
        "stage": STAGE["CLOSED"],
        "ending": 0,
        "claimant": 0,
        "suspended": False,
        "due_at": DUE,
        "extension_days": 0,
        "grace_days": 3,
        "quantity": 10_000,
        "unit_price": 1_000_000,
        "total": 10_000_000,
        "accepted": 10_000,
        "accepted_in_time": 10_000,
        "pending": 0,
        "accepted_at": DUE,
        "settled_at": DUE + DAY,
        "deposit_paid": 2_000_000,
        "paid": 8_000_000,
        "refunded": 0,
    }
    return kept | changes


UNPERFORMED: dict[str, Any] = {
    "stage": STAGE["ACTIVE"],
    "accepted": 0,
    "accepted_in_time": 0,
    "accepted_at": 0,
    "settled_at": 0,
    "paid": 0,
}


@pytest.mark.parametrize(
    ("changes", "fate"),
    [
        ({}, Fate.FULFILLED),
        ({"accepted_in_time": 9_500}, Fate.FULFILLED),
        ({"accepted_in_time": 9_499}, Fate.FAILED),
        ({"settled_at": at("2026-06-17T15:59:59")}, Fate.FULFILLED),
        ({"settled_at": at("2026-06-17T16:00:00")}, Fate.FAILED),
        ({"stage": STAGE["ACCEPTED"], "settled_at": 0}, Fate.FAILED),
        ({"claimant": 3}, Fate.DISPUTED),
        ({"ending": SELLER_DEFAULT}, Fate.FAILED),
        ({"ending": BUYER_DEFAULT}, Fate.FAILED),
        ({"ending": MUTUAL}, Fate.MUTUAL),
        ({"ending": FORCE_MAJEURE}, Fate.FORCE_MAJEURE),
        ({"stage": STAGE["LAPSED"]}, Fate.LAPSED),
        (UNPERFORMED, Fate.FAILED),
        (UNPERFORMED | {"pending": 5_000}, Fate.OPEN),
        (UNPERFORMED | {"suspended": True}, Fate.OPEN),
        (UNPERFORMED | {"extension_days": 90}, Fate.OPEN),
    ],
)
def test_an_agreement_long_due_has_one_fate(changes: dict[str, Any], fate: Fate) -> None:
    assert fate_of(agreement(**changes), WEEKENDS, DUE + 60 * DAY) is fate


@pytest.mark.parametrize(
    ("now", "fate"),
    [(at("2026-06-15T15:59:59"), Fate.OPEN), (at("2026-06-15T16:00:00"), Fate.FAILED)],
    ids=["last second of grace", "one later"],
)
def test_grace_that_ends_on_a_saturday_runs_until_monday(now: int, fate: Fate) -> None:
    assert fate_of(agreement(**UNPERFORMED), WEEKENDS, now) is fate


def test_payment_that_may_still_come_in_time_leaves_it_open() -> None:
    accepted = agreement(stage=STAGE["ACCEPTED"], settled_at=0)
    assert fate_of(accepted, WEEKENDS, DUE + DAY) is Fate.OPEN


@pytest.mark.parametrize(
    ("instant", "season"),
    [
        ("2026-03-01T00:00", "2026 春茶"),
        ("2026-05-31T15:59:59", "2026 春茶"),
        ("2026-05-31T16:00:00", "2026 夏茶"),
        ("2026-10-31T00:00", "2026 秋茶"),
        ("2026-12-31T00:00", "2026 雪片"),
        ("2027-02-01T00:00", "2026 雪片"),
    ],
)
def test_a_season_is_of_the_day_in_china(instant: str, season: str) -> None:
    assert season_of(at(instant)) == season


def test_both_rates_leave_out_what_ended_without_fault() -> None:
    rows = [
        agreement(),
        agreement(**UNPERFORMED),
        agreement(ending=MUTUAL),
        agreement(ending=FORCE_MAJEURE),
        agreement(claimant=1),
    ]
    (rate,) = rates(rows, WEEKENDS, DUE + 60 * DAY).values()
    assert (rate.due, rate.count_ppm) == (3, 333_333)
    assert (rate.value_due, rate.value_kept, rate.value_ppm) == (30_000_000, 10_000_000, 333_333)
    assert rate.value_excluded == 20_000_000


def test_an_extension_excuses_and_moves_nothing_to_another_season() -> None:
    extended = agreement(**UNPERFORMED, extension_days=120)
    assert list(rates([extended], WEEKENDS, DUE)) == ["2026 夏茶"]


rows = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(sorted(STAGE.values())),
        "ending": st.integers(0, 4),
        "claimant": st.integers(0, 1),
        "due_at": st.integers(DUE, DUE + 400 * DAY),
        "accepted": st.integers(0, 10_000),
        "accepted_in_time": st.integers(0, 10_000),
        "pending": st.integers(0, 1),
        "settled_at": st.sampled_from([0, DUE + 3 * DAY]),
        "paid": st.integers(0, 20_000_000),
    }
).map(lambda changes: agreement(**changes))


@given(st.lists(rows, max_size=12), st.integers(DUE, DUE + 500 * DAY))
def test_every_agreement_is_counted_once_and_no_rate_is_above_one(found: list[dict[str, Any]], now: int) -> None:
    by_season = rates(found, WEEKENDS, now)
    assert sum(sum(rate.fates.values()) for rate in by_season.values()) == len(found)
    for rate in by_season.values():
        assert rate.due + sum(rate.fates[fate] for fate in EXCLUDED) == sum(rate.fates.values())
        assert 0 <= (rate.count_ppm or 0) <= 1_000_000
        assert 0 <= (rate.value_ppm or 0) <= 1_000_000
        assert (rate.count_ppm is None) == (rate.due == 0)
