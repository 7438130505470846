"""The outbox: an act is one act however often, under whatever key and from however many threads it is handed in."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from chain.acts import SignedAct
from chain.offchain import writing
from chain.outbox import ActState, IdempotencyKeyReused, Outbox, acts
from chain.signers import Keystore, Signer
from chain.typed_data import Act, Domain, act_type

DOMAIN = Domain("Parties", 521000, "0x" + "11" * 20)
ALICE, BOB = Keystore.derived("alice"), Keystore.derived("bob")


def revocation(nonce: int, signer: Signer = ALICE) -> SignedAct:
    kind = act_type("Parties.cancel")
    return signer.sign(Act(kind, kind.read({"act": "0x" + "22" * 32}), signer.address, nonce, 2**40), DOMAIN)


@pytest.fixture
def outbox(store: sa.Engine) -> Outbox:
    """On both databases."""
    return Outbox(store)


def refuse(outbox: Outbox, signed: SignedAct) -> None:
    with writing(outbox.store) as connection:
        refused = {"state": ActState.REFUSED, "attempts": 3, "error": "PartyUnknown"}
        told = {"error_values": {"account": "0x"}, "error_words": {"en": "no", "zh": "否"}}
        connection.execute(acts.update().where(acts.c.id == signed.id).values(**refused, **told))


def test_an_accepted_act_can_be_followed_by_its_id(outbox: Outbox) -> None:
    signed = revocation(1)
    status = outbox.accept(signed, "key")
    assert status == outbox.status(signed.id)
    assert (status.id, status.act, status.signer) == (signed.id, "Parties.cancel", ALICE.address)
    assert (status.state, status.transaction, status.block_number, status.error) == (
        ActState.ACCEPTED,
        None,
        None,
        None,
    )
    assert SignedAct.read(status.wire, {"Parties": DOMAIN}) == signed


def test_an_act_that_nobody_handed_in_has_no_status(outbox: Outbox) -> None:
    assert outbox.status("0x" + "00" * 32) is None


@pytest.mark.parametrize("first", [None, "key"])
@pytest.mark.parametrize("second", [None, "key", "another"])
def test_the_same_act_again_is_the_same_act_under_any_key(
    outbox: Outbox, first: str | None, second: str | None
) -> None:
    once = outbox.accept(revocation(1), first)
    assert outbox.accept(revocation(1), second) == once
    assert outbox.counts() == {ActState.ACCEPTED: 1}


def test_a_key_that_belongs_to_another_act_is_refused_and_changes_nothing(outbox: Outbox) -> None:
    first, second = revocation(1), revocation(2)
    outbox.accept(first, "key")
    with pytest.raises(IdempotencyKeyReused) as refusal:
        outbox.accept(second, "key")
    assert refusal.value.values == {"key": "key", "act": first.id}
    assert outbox.status(second.id) is None
    outbox.accept(second)
    with pytest.raises(IdempotencyKeyReused):  # known by now, but the key is still another's
        outbox.accept(second, "key")


def test_a_key_is_its_signers_own(outbox: Outbox) -> None:
    first = outbox.accept(revocation(1), "key")
    second = outbox.accept(revocation(1, BOB), "key")
    assert first.id != second.id
    assert outbox.counts() == {ActState.ACCEPTED: 2}
    outbox.refuse_reused_key(revocation(1, BOB), "key")
    with pytest.raises(IdempotencyKeyReused):
        outbox.refuse_reused_key(revocation(2, BOB), "key")


def test_a_key_given_later_is_used_up_too(outbox: Outbox) -> None:
    outbox.accept(revocation(1))
    outbox.accept(revocation(1), "key")
    with pytest.raises(IdempotencyKeyReused):
        outbox.accept(revocation(2), "key")


def test_a_refused_act_may_be_handed_in_again(outbox: Outbox) -> None:
    signed = revocation(1)
    outbox.accept(signed, "key")
    refuse(outbox, signed)
    status = outbox.accept(signed, "key")
    assert (status.state, status.error, status.error_values, status.error_words) == (
        ActState.ACCEPTED,
        None,
        None,
        None,
    )
    with outbox.store.connect() as connection:
        row = connection.execute(sa.select(acts.c.attempts, acts.c.error_words.is_(sa.null()))).one()
        assert tuple(row) == (0, True)  # as if it had never been refused


@pytest.mark.parametrize("state", [ActState.SUBMITTED, ActState.MINED, ActState.FINAL])
def test_an_act_under_way_is_left_alone(outbox: Outbox, state: ActState) -> None:
    outbox.accept(revocation(1))
    with writing(outbox.store) as connection:
        connection.execute(acts.update().values(state=state, attempts=1))
    assert outbox.accept(revocation(1)).state is state


def test_many_acts_are_taken_in_order_and_each_once(outbox: Outbox) -> None:
    signed = [revocation(nonce) for nonce in range(30)]
    assert outbox.accept_all(signed[:20], chunk=7) == 20
    assert outbox.accept_all([*signed, signed[25]], chunk=7) == 10
    newest_first = [status.id for _, status in outbox.statuses()]
    assert newest_first == [one.id for one in reversed(signed)]


def test_acts_at_one_state_are_counted_without_the_others(outbox: Outbox) -> None:
    outbox.accept_all([revocation(1), revocation(2)])
    assert [outbox.count_at(state) for state in (ActState.ACCEPTED, ActState.SUBMITTED)] == [2, 0]


def test_threads_that_hand_in_the_same_act_at_once_hand_in_one(outbox: Outbox) -> None:
    for nonce in range(10):
        signed, start = revocation(nonce), threading.Barrier(4)

        def hand_in(signed: SignedAct = signed, start: threading.Barrier = start) -> str:
            start.wait()
            return outbox.accept(signed, f"key {signed.act.nonce}").id

        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(hand_in) for _ in range(4)]
            assert {one.result() for one in futures} == {signed.id}
    assert outbox.counts() == {ActState.ACCEPTED: 10}


def test_of_threads_with_one_key_for_different_acts_one_wins(outbox: Outbox) -> None:
    start = threading.Barrier(4)

    def hand_in(nonce: int) -> bool:
        start.wait()
        try:
            return bool(outbox.accept(revocation(nonce), "key"))
        except IdempotencyKeyReused:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(hand_in, range(4))) == [False, False, False, True]
    assert outbox.counts() == {ActState.ACCEPTED: 1}


def test_batches_from_several_threads_may_overlap(outbox: Outbox) -> None:
    signed = [revocation(nonce) for nonce in range(40)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda start: outbox.accept_all(signed[start:], chunk=5), (0, 3)))
    assert outbox.counts() == {ActState.ACCEPTED: 40}


def test_lists_go_backwards_page_by_page_and_can_be_narrowed(outbox: Outbox) -> None:
    signed = [revocation(nonce, ALICE if nonce % 3 else BOB) for nonce in range(10)]
    outbox.accept_all(signed)
    refuse(outbox, signed[4])
    seen: list[str] = []
    before = None
    while page := outbox.statuses(before=before, limit=4):
        seen += [status.id for _, status in page]
        before = page[-1][0]
    assert seen == [one.id for one in reversed(signed)]
    assert {status.signer for _, status in outbox.statuses(signer=BOB.address.upper().replace("X", "x"))} == {
        BOB.address
    }
    assert [status.id for _, status in outbox.statuses(state=ActState.REFUSED)] == [signed[4].id]


def test_what_is_not_yet_on_chain_of_some_acts(outbox: Outbox) -> None:
    signed = [revocation(nonce) for nonce in range(4)]
    outbox.accept_all(signed)
    refuse(outbox, signed[1])
    with writing(outbox.store) as connection:
        connection.execute(acts.update().where(acts.c.id == signed[2].id).values(state=ActState.MINED))
        connection.execute(acts.update().where(acts.c.id == signed[3].id).values(state=ActState.FINAL))
    unsettled = outbox.unsettled(one.id for one in signed)
    assert {one.id: one.state for one in unsettled} == {
        signed[0].id: ActState.ACCEPTED,
        signed[1].id: ActState.REFUSED,
    }
