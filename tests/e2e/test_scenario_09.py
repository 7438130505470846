"""Scenario 9: a seller who performed in part."""

from __future__ import annotations

from tests.e2e.deals import DAY, active, advance, default, handed_over, shown
from tests.stack import Stack


def test_09_after_60_per_cent_only_40_per_cent_of_the_deposit_are_lost(future: Stack) -> None:
    stack = future
    agreement = active(stack, 6_000, 4_000, paid=2_000_000)
    handed_over(stack, agreement, 0, 6_000)
    advance(stack, stack.now() + 35 * DAY)
    default(stack, agreement)
    ended = shown(stack, agreement)
    assert ended["penalty"] == 800_000
    assert ended["balance"] == 6_000_000 - 2_000_000 - 800_000
    season = stack.client.get("/v1/fulfilment", params={"party": ended["seller"]}).json()["items"][-1]
    assert season["failed"] >= 1 and season["fulfilled"] == 0
    assert 0 < season["value_kept"] <= season["value_due"]
