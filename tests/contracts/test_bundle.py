"""Bundle: acts brought together are executed as if each came alone, in order, and one that fails hurts no other."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode

from chain.acts import SignedAct
from chain.bundle import Call, together
from chain.signers import Signer
from tests.contracts.ledger import NOBODY, Event, Ledger, Receipt, event

ENOUGH = 1_000_000
BURNER = "0x" + "b0" * 20
METER = "0x" + "b1" * 20


def call(signed: SignedAct, gas: int = ENOUGH) -> Call:
    return Call(signed.domain.address, signed.calldata, gas)


def carry(ledger: Ledger, *calls: Call, sender: Signer | None = None) -> Receipt:
    """Makes the calls in one transaction."""
    to, data, _ = together(calls, ledger.deployment.address("Bundle"))
    return ledger.send(to, data, sender or ledger.relayer)


def roots(receipt: Receipt) -> list[str]:
    """What was anchored, in order."""
    return [each.args["root"] for each in receipt.events if each.name == "Anchored"]


def root(number: int) -> str:
    return "0x" + f"{number:064x}"


def anchor(ledger: Ledger, number: int, who: str = "notary", **auth: Any) -> SignedAct:
    return ledger.sign("Evidence.anchor", who, root=root(number), count=1, scheme=1, auth=auth)


def acted(ledger: Ledger, signed: SignedAct) -> Event:
    return event(
        "Evidence.Acted",
        act=signed.id,
        signer=signed.act.signer,
        nonce=signed.act.nonce,
        caller=ledger.deployment.address("Bundle"),
    )


def test_every_act_is_executed_in_its_order_with_its_own_events(ledger: Ledger) -> None:
    signed = [anchor(ledger, 3), anchor(ledger, 1, "other office"), anchor(ledger, 2)]
    receipt = carry(ledger, *map(call, signed))
    assert roots(receipt) == [root(3), root(1), root(2)]
    assert [each for each in receipt.events if each.name == "Acted"] == [acted(ledger, one) for one in signed]


def test_anybody_may_bring_it(ledger: Ledger) -> None:
    signed = anchor(ledger, 1)
    assert roots(carry(ledger, call(signed), sender=ledger.people["stranger"])) == [root(1)]


def test_one_that_is_refused_changes_nothing_and_stops_none_after_it(ledger: Ledger) -> None:
    refused = anchor(ledger, 2, "stranger")
    receipt = carry(ledger, call(anchor(ledger, 1)), call(refused), call(anchor(ledger, 3)))
    assert roots(receipt) == [root(1), root(3)]
    assert not ledger.view("Evidence.nonceUsed", refused.act.signer, refused.act.nonce)
    ledger.refuses_signed("PartyUnknown", refused)


def test_an_act_comes_once_however_often_it_is_in_a_bundle(ledger: Ledger) -> None:
    signed = anchor(ledger, 1)
    assert roots(carry(ledger, call(signed), call(signed))) == [root(1)]
    assert roots(carry(ledger, call(signed))) == []


def test_one_that_uses_up_its_gas_uses_up_its_own(ledger: Ledger) -> None:
    signed = [anchor(ledger, number) for number in (1, 2, 3)]
    assert roots(carry(ledger, call(signed[0]), call(signed[1], gas=30_000), call(signed[2]))) == [root(1), root(3)]
    assert roots(carry(ledger, call(signed[1]))) == [root(2)]


def test_the_gas_of_the_transaction_is_enough_although_every_act_uses_up_its_own(ledger: Ledger) -> None:
    """The last call logs the gas that it was given."""
    ledger.rpc.call("anvil_setCode", BURNER, "0xfe")
    ledger.rpc.call("anvil_setCode", METER, "0x5a60005260206000a000")  # log0 of gasleft()
    calls = [Call(BURNER, bytes([0xFF]) * length, 3_000_000) for length in (4, 400, 19_000, 388, 5_000)]
    calls.append(Call(METER, bytes([0xFF]) * 388, 3_000_000))
    to, data, gas = together(calls, ledger.deployment.address("Bundle"))
    count = int(ledger.rpc.call("eth_getTransactionCount", ledger.relayer.address, "latest"), 16)
    raw = ledger.relayer.sign_transaction(to=to, call=data, nonce=count, gas=gas, chain_id=ledger.deployment.chain_id)
    name = ledger.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
    ledger.rpc.call("evm_mine", {"timestamp": ledger.now})
    mined = ledger.rpc.call("eth_getTransactionReceipt", name)
    assert int(mined["gasUsed"], 16) > sum(one.gas for one in calls[:-1])
    assert int(mined["logs"][0]["data"], 16) == calls[-1].gas - 2  # the instruction's own


def test_a_bundle_is_nobody_and_its_sender_is_not_believed(ledger: Ledger) -> None:
    """An act without signature counts only when its signer calls, and here the bundle does."""
    signed = anchor(ledger, 1)
    unsigned = SignedAct(signed.act, signed.domain, b"")
    assert roots(carry(ledger, call(unsigned), sender=ledger.people["notary"])) == []
    assert roots(ledger.relay(unsigned, ledger.people["notary"])) == [root(1)]


def test_it_has_no_right_at_the_contracts_that_believe_their_caller(ledger: Ledger) -> None:
    manager, grant, _ = ledger.encoded("AccessManager.grantRole", 1, ledger.people["stranger"].address, 0)
    directory, name, _ = ledger.encoded("Directory.name", root(1), manager)
    calls = [Call(manager, grant, ENOUGH), Call(directory, name, ENOUGH)]
    assert carry(ledger, *calls, sender=ledger.people["operator"]).events == []


def test_a_bundle_within_a_bundle_and_an_empty_one_are_harmless(ledger: Ledger) -> None:
    signed = anchor(ledger, 1)
    inner = together([call(signed)], ledger.deployment.address("Bundle"))
    assert roots(carry(ledger, inner, Call(NOBODY, b"", ENOUGH))) == [root(1)]
    assert carry(ledger).events == []


@pytest.mark.parametrize("missing", [1, 300, 420])
def test_one_that_is_cut_off_is_refused_with_all_before_it(ledger: Ledger, missing: int) -> None:
    _, data, _ = together([call(anchor(ledger, 1)), call(anchor(ledger, 2))], NOBODY)
    (packed,) = decode(["bytes"], data[4:])
    to, cut, _ = ledger.encoded("Bundle.carry", packed[:-missing])
    assert ledger.attempt(to, cut) is not None
