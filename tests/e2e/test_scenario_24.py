"""Scenario 24: clocks that differ, the last minutes of a last day, and a last day that is a holiday."""

from __future__ import annotations

from tests.e2e.deals import active, advance, refused, shown
from tests.stack import Stack
from workflows.deadlines import Verdict, judge


def test_24_near_a_limit_nothing_follows_by_itself_and_a_last_day_off_rolls_on(future: Stack) -> None:
    stack = future
    agreement = active(stack)
    where = {"agreement": agreement, "milestone": 0}
    stack.act("farmer", "Agreements.deliver", quantity=10_000, evidence=stack.anchor(), **where)
    (inspection,) = (one for one in shown(stack, agreement)["deadlines"] if one["rule"] == "inspection")
    limit, delivered_at = inspection["due_at"], shown(stack, agreement)["deliveries"][0]["delivered_at"]
    rolled = stack.client.get("/v1/calendar/end", params={"since": delivered_at, "days": 10}).json()["ends_at"]
    assert limit == rolled, "the contract's calendar and the register's agree, days off included"

    assert judge(limit - 240, 1, limit) is Verdict.REVIEW
    advance(stack, limit + 60)
    assert refused(stack, "farmer", "Agreements.deem", **where) == (409, "InspectionRunning")
    passed = stack.client.get("/v1/deadlines", params={"rule": "inspection", "state": "passed"}).json()["items"]
    assert str(agreement) in {one["id"] for one in passed}
    assert shown(stack, agreement)["stage"] == "ACTIVE", "that a deadline passed changes nothing by itself"
    advance(stack, limit + 301)
    stack.act("farmer", "Agreements.deem", **where)
    assert shown(stack, agreement)["stage"] == "ACCEPTED"
