"""Scenario 10: a typhoon before the due day, and one after."""

from __future__ import annotations

from indexer.deployed import storage
from indexer.projection import discover
from indexer.reconcile import reconcile
from indexer.store import open_mirror
from tests.e2e.deals import DAY, act, active, advance, default, handed_over, refused, shown
from tests.stack import Stack


def test_10_a_typhoon_before_the_due_day_extends_and_one_after_excuses_nothing(future: Stack) -> None:
    stack = future
    struck, late = active(stack), active(stack, due_in=13)
    due_at = shown(stack, struck)["due_at"]
    advance(stack, due_at - 2 * DAY)
    typhoon = {"occurredAt": stack.now(), "evidence": stack.anchor()}
    act(stack, "farmer", "Remedies.notifyForceMajeure", agreement=struck, **typhoon)
    assert shown(stack, struck)["suspended"]
    assert refused(stack, "farmer", "Remedies.notifyForceMajeure", agreement=late, **typhoon) == (409, "AlreadyLate")

    advance(stack, due_at + 10 * DAY)
    notice = {"cureDays": 10, "evidence": stack.anchor()}
    assert refused(stack, "firm", "Remedies.noticeCure", agreement=struck, **notice) == (409, "AgreementSuspended")
    decision = {"terminates": False, "extensionDays": 30, "evidence": stack.anchor()}
    act(stack, "village", "Remedies.decideForceMajeure", agreement=struck, **decision)
    assert refused(stack, "firm", "Remedies.noticeCure", agreement=struck, **notice) == (409, "NotLate")
    handed_over(stack, struck, 0, 10_000)
    kept = shown(stack, struck)
    assert (kept["penalty"], kept["deliveries"][0]["accepted_in_time"], kept["due_at"]) == (0, 10_000, due_at)

    default(stack, late)
    assert shown(stack, late)["penalty"] == 2_000_000


def test_what_the_scenarios_left_is_mirrored_as_it_is_stored(future: Stack) -> None:
    stack = future
    active(stack)
    ours = [one for one in discover() if one.name in ("agreements", "milestones")]
    engine = open_mirror(stack.settings.mirror_url)
    found = reconcile(engine, storage(stack.deployment, stack.rpc), ours)
    engine.dispose()
    assert found.differences == []
    assert all(count > 0 for count in found.rows.values())
