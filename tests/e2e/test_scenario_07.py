"""Scenario 7: who may sign, and when."""

from __future__ import annotations

from tests.e2e.deals import TERMS, act, offer, refused, shown
from tests.stack import Stack


def test_07_a_suspended_party_signs_nothing_and_a_later_suspension_undoes_nothing(future: Stack) -> None:
    stack = future
    agreement = offer(stack)
    sign = {"agreement": agreement, "terms": TERMS}
    for who, answer in (("firm", (403, "PartySuspended")), ("farmer", (409, "CounterpartyInactive"))):
        party = {"party": stack.party_ids[who]}
        act(stack, "operator", "Parties.suspend", evidence=stack.anchor(), **party)
        assert refused(stack, "firm", "Agreements.sign", **sign) == answer
        assert (shown(stack, agreement)["stage"], shown(stack, agreement)["deposit_paid"]) == ("OFFERED", 0)
        act(stack, "operator", "Parties.reinstate", evidence=stack.anchor(), **party)
    act(stack, "firm", "Agreements.sign", **sign)
    act(stack, "operator", "Parties.suspend", party=stack.party_ids["firm"], evidence=stack.anchor())
    assert shown(stack, agreement)["stage"] == "SIGNED"
    deposited = {"amount": 1, "receivedAt": stack.now(), "receipt": "0x" + "07" * 32, "evidence": stack.anchor()}
    act(stack, "bank", "Agreements.confirmDeposit", agreement=agreement, **deposited)
    assert shown(stack, agreement)["stage"] == "ACTIVE"
    act(stack, "operator", "Parties.reinstate", party=stack.party_ids["firm"], evidence=stack.anchor())
