"""Scenario 8: a deposit beyond a fifth of the price, and a seller who does not perform at all."""

from __future__ import annotations

import secrets

from tests.e2e.deals import DAY, act, active, advance, default, refused, shown
from tests.stack import Stack


def test_08_of_25_000_on_100_000_the_seller_returns_40_000_and_the_prepayment_of_5_000(future: Stack) -> None:
    stack = future
    agreement = active(stack, paid=2_500_000)
    assert shown(stack, agreement)["prepayment"] == 500_000
    advance(stack, stack.now() + 35 * DAY)
    default(stack, agreement)
    ended = shown(stack, agreement)
    assert (ended["ending"], ended["sanction"], ended["penalty"]) == ("SELLER_DEFAULT", "DEPOSIT", 2_000_000)
    assert ended["balance"] == -(2 * 2_000_000 + 500_000)
    again = {"agreement": agreement, "sanction": "DAMAGES", "purposeDefeated": False, "evidence": stack.anchor()}
    assert refused(stack, "firm", "Remedies.declareDefault", **again) == (409, "AgreementEnded"), "not also 违约金"
    back = {"agreement": agreement, "toSeller": False, "evidence": stack.anchor()}
    more = back | {"amount": 4_500_001, "receipt": "0x" + secrets.token_hex(32)}
    assert refused(stack, "bank", "Agreements.recordPayment", **more) == (422, "AmountUnfit")
    paid = back | {"amount": 4_500_000, "receipt": "0x" + secrets.token_hex(32)}
    act(stack, "bank", "Agreements.recordPayment", **paid)
    act(stack, "firm", "Agreements.close", agreement=agreement)
    assert (shown(stack, agreement)["stage"], shown(stack, agreement)["balance"]) == ("CLOSED", 0)
