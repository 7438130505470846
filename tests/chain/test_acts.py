"""Signed acts: the wire form comes back as it went, and what is not for us or not well-formed is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.acts import SignedAct, WrongChain, WrongContract
from chain.artifacts import BUSINESS_CONTRACTS
from chain.typed_data import Act, ActUnknown, Domain, FieldMalformed, act_type, act_types
from tests.chain.test_typed_data import filled

DOMAINS = {name: Domain(name, 521000, f"0x{number:040x}") for number, name in enumerate(BUSINESS_CONTRACTS, 10)}
PLAIN = SignedAct(
    Act(act_type("Parties.vetoRecovery"), {"party": 7}, "0x" + "ab" * 20, 2**200, 2**40), DOMAINS["Parties"], b"\1" * 65
)


@given(filled(act_types()), st.binary(max_size=200))
def test_the_wire_form_comes_back_as_the_same_act(act: Act, signature: bytes) -> None:
    signed = SignedAct(act, DOMAINS[act.type.contract], signature)
    back = SignedAct.read(json.loads(json.dumps(signed.json())), DOMAINS)
    assert back == signed
    assert (back.id, back.calldata) == (signed.id, signed.calldata)


def test_the_id_is_the_digest_that_was_signed() -> None:
    assert PLAIN.id == "0x" + PLAIN.act.digest(PLAIN.domain).hex()


def wire(**changes: Any) -> dict[str, Any]:
    return PLAIN.json() | changes


@pytest.mark.parametrize("chain_id", [1, "1", "0x7f328", None, True, 521000.5])
def test_an_act_for_another_chain_is_refused(chain_id: object) -> None:
    domain = PLAIN.domain.json() | {"chainId": chain_id}
    with pytest.raises(WrongChain) as refusal:
        SignedAct.read(wire(domain=domain), DOMAINS)
    assert refusal.value.values == {"signed": chain_id, "own": 521000}


@pytest.mark.parametrize("contract", ["0x" + "11" * 20, DOMAINS["Trees"].address, None, 5, ""])
def test_an_act_for_another_contract_is_refused(contract: object) -> None:
    domain = PLAIN.domain.json() | {"verifyingContract": contract}
    with pytest.raises(WrongContract) as refusal:
        SignedAct.read(wire(domain=domain), DOMAINS)
    assert refusal.value.values == {"signed": contract, "contract": "Parties", "own": DOMAINS["Parties"].address}


def test_a_contracts_address_may_be_written_in_capitals() -> None:
    domain = PLAIN.domain.json()
    shouted = domain | {"verifyingContract": "0x" + domain["verifyingContract"][2:].upper()}
    assert SignedAct.read(wire(domain=shouted), DOMAINS) == PLAIN


def test_the_domain_that_counts_is_ours_not_the_one_sent() -> None:
    other = PLAIN.domain.json() | {"name": "Somebody else"}
    assert SignedAct.read(wire(domain=other), DOMAINS).domain == DOMAINS["Parties"]


MALFORMED: dict[str, list[object]] = {
    "act": [None, 1, ["Parties.enrol"]],
    "domain": [None, "Parties", []],
    "message": [None, [], "party"],
    "signer": [None, 1, "0x12", "0x" + "g" * 40, "0x" + "1" * 40 + "\n"],
    "nonce": [None, -1, "-1", 2**256, str(2**256), 1.5, True, "0x1", "01", "", [], "9" * 5_000],
    "deadline": [None, -1, 2**256, 1.0, False, "soon"],
    "signature": [None, 1, "", "0", "0x0", "0xgg", "ab", "0x" + "00" * 4097],
}


@pytest.mark.parametrize(("field", "value"), [(field, one) for field, values in MALFORMED.items() for one in values])
def test_a_malformed_part_is_named(field: str, value: object) -> None:
    with pytest.raises(FieldMalformed) as refusal:
        SignedAct.read(wire(**{field: value}), DOMAINS)
    assert refusal.value.values["field"] == field
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize("field", MALFORMED)
def test_a_missing_part_is_named(field: str) -> None:
    rest = {name: value for name, value in wire().items() if name != field}
    with pytest.raises(FieldMalformed) as refusal:
        SignedAct.read(rest, DOMAINS)
    assert refusal.value.values["field"] == field


def test_an_unknown_act_and_a_malformed_field_are_refused() -> None:
    with pytest.raises(ActUnknown):
        SignedAct.read(wire(act="Parties.abolish"), DOMAINS)
    with pytest.raises(FieldMalformed, match="party"):
        SignedAct.read(wire(message={"party": "seven"}), DOMAINS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["act", "domain", "message", "chainId", "verifyingContract", "signer", "nonce"])
                | st.text(),
                inner,
            )
        ),
    )
)
def test_whatever_is_sent_the_answer_is_one_of_our_facts(sent: Any) -> None:
    forged = sent if isinstance(sent, dict) else {"message": sent}
    for attempt in (forged, wire() | forged, wire(message=sent), wire(domain=sent)):
        try:
            SignedAct.read(attempt, DOMAINS)
        except (ActUnknown, FieldMalformed, WrongChain, WrongContract) as fact:
            assert fact.words("en") and fact.words("zh")
