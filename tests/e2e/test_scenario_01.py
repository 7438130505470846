"""Domain §10, scenario 1: a second lien on a tree."""

from __future__ import annotations

from tests.e2e.pledges import WORTH, agreed, hand_in, refused, register, registered_tree, searched, terms
from tests.stack import Stack

MINUTE = 60


def test_01_a_second_lien_ranks_second_and_a_second_full_pledge_is_refused(stack: Stack) -> None:
    tree = registered_tree(stack)
    ten = stack.now() - 10 * MINUTE
    first = agreed(stack, tree, "bank", securedMax=2_000_000)
    register(stack, first, ten)

    # Bank B is warned before it signs: the search shows its rank and what is left of the value.
    warned = searched(stack, tree)
    assert (warned["value"], warned["claimed"], warned["remaining"]) == (WORTH, 2_000_000, WORTH - 2_000_000)
    assert warned["rank_if_registered"] == 2

    # An identical second pledge of the full value is refused, also when the owner would sign it.
    full = terms(stack, tree, "second bank", securedMax=WORTH)
    filing = str(int(hand_in(stack, "second bank", "Liens.file", **full), 16))
    problem = refused(stack, "farmer", "Liens.confirm", lien=filing, **full)
    assert (problem["code"], problem["status"]) == ("ValueExhausted", 409)
    assert problem["values"]["remaining"] == WORTH - 2_000_000
    assert problem["values"]["rank"] == 2

    # What is left can be pledged, with the rank that the bank has acknowledged.
    second = agreed(stack, tree, "second bank", securedMax=WORTH - 2_000_000, rank=warned["rank_if_registered"])
    register(stack, second, ten + 5 * MINUTE)
    found = searched(stack, tree)
    assert [(one["id"], one["rank"]) for one in found["liens"]] == [(first, 1), (second, 2)]
    assert found["remaining"] == 0
    assert found["conflicts"] == []
