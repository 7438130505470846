"""`domain.md` §10, scenario 14: the signature of a deed is used once, here, in time, in one form."""

from __future__ import annotations

from typing import Any

from chain.acts import SignedAct
from chain.typed_data import Act
from tests.enforcement import desk
from tests.stack import Stack

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_14_a_signature_is_not_replayed_nor_moved_nor_late_nor_turned(stack: Stack) -> None:
    own = desk(stack)
    deed = own.informed()
    signed: SignedAct = own.sign("farmer", "Deeds.sign", **own.signature(deed))

    def answer(one: SignedAct) -> Any:
        return stack.client.post("/v1/acts", json=one.json())

    # The malleable twin, before the true one is used.
    high = CURVE_ORDER - int.from_bytes(signed.signature[32:64], "big")
    twin = signed.signature[:32] + high.to_bytes(32, "big") + bytes([55 - signed.signature[64]])
    refused = answer(SignedAct(signed.act, signed.domain, twin))
    assert (refused.status_code, refused.json()["code"]) == (401, "SignatureMalleable")

    # Signed for another chain.
    elsewhere = type(signed.domain)(signed.domain.contract, 1, signed.domain.address)
    moved = stack.people["farmer"].sign(signed.act, elsewhere)
    refused = answer(SignedAct(signed.act, signed.domain, moved.signature))
    assert (refused.status_code, refused.json()["code"]) == (401, "SignatureInvalid")

    # Past its deadline.
    past = Act(signed.act.type, signed.act.message, signed.act.signer, signed.act.nonce + 1, stack.now() - 1)
    refused = answer(stack.people["farmer"].sign(past, signed.domain))
    assert (refused.status_code, refused.json()["code"]) == (422, "ActExpired")

    # Used once, and never again: the same bytes are the same act, the same nonce under another message is refused.
    assert own.get(f"/v1/deeds/{deed}")["signatures"] == 0
    stack.carry(signed)
    assert own.get(f"/v1/deeds/{deed}")["signatures"] == 1
    again = answer(signed)
    assert again.json()["id"] == signed.id, "the act that was accepted, not a second one"
    other = signed.act.message | {"acceptsVerification": False}
    replay = Act(signed.act.type, other, signed.act.signer, signed.act.nonce, signed.act.deadline)
    refused = answer(stack.people["farmer"].sign(replay, signed.domain))
    assert (refused.status_code, refused.json()["code"]) == (409, "ActReplayed")
    assert own.get(f"/v1/deeds/{deed}")["signatures"] == 1
