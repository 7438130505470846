"""Domain §10, scenario 2: registered before unregistered, whatever the blocks say."""

from __future__ import annotations

from tests.e2e.pledges import agreed, register, registered_tree, searched
from tests.stack import Stack


def test_02_a_registered_lien_outranks_an_earlier_recorded_one_and_the_conflict_is_raised(stack: Stack) -> None:
    tree = registered_tree(stack)
    earlier = agreed(stack, tree, "bank")
    stack.pass_time(60)
    later = agreed(stack, tree, "second bank")
    before = searched(stack, tree)
    block = stack.client.get("/v1/status").json()["mirror"]["block"]
    assert [one["rank"] for one in before["liens"]] == [1, 1], "neither has arisen yet (CC 402)"
    register(stack, later, stack.now() - 60)

    found = searched(stack, tree, money=1_500_000)
    assert [(one["id"], one["rank"], one["paid"]) for one in found["liens"]] == [
        (later, 1, 1_000_000),
        (earlier, 2, 0),
    ]
    recorded = [one["recorded_at"] for one in found["liens"]]
    assert recorded[0] > recorded[1], "the earlier block gives no priority"
    assert [(one["lien"], one["overtaken"]) for one in found["conflicts"]] == [(later, earlier)]
    events = stack.client.get("/v1/events", params={"event": "PriorityConflict", "lien": later}).json()["items"]
    assert [event["args"]["overtaken"] for event in events] == [earlier]
    assert "414" in found["liens"][0]["reason"] and "第四百一十四条" in found["liens"][0]["reason_zh"]
    assert searched(stack, tree, as_of=block) == before, "as of a block before the registration nothing has changed"
