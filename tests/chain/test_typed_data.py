"""Typed data: what wallets sign is what we hash, for every act; and a field is of its type or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from eth_abi.abi import decode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from chain.signers import Signer
from chain.typed_data import Act, ActType, ActUnknown, Domain, Field, FieldMalformed, act_type, act_types

INTEGERS = {f"uint{bits}" for bits in (8, 16, 32, 40, 48, 64, 128, 256)}
SINGLE = {"bool", "string", "address", "bytes32"} | INTEGERS
KINDS = SINGLE | {f"{kind}[]" for kind in SINGLE}
ARRAYS = ActType(
    "Samples",
    "post",
    "PostSamples",
    (
        Field("trees", "uint256[]"),
        Field("values", "uint64[]"),
        Field("grades", "uint8[]", ("NONE", "A", "B")),
        Field("flags", "bool[]"),
        Field("roots", "bytes32[]"),
        Field("accounts", "address[]"),
        Field("words", "string[]"),
    ),
    b"\1\2\3\4",
    "Posts samples.",
    "提交样本。",
)
"""An act of no contract, with an array of every kind."""

KNOWN = {**act_types(), ARRAYS.key: ARRAYS}

integers = st.integers(min_value=0, max_value=2**256 - 1)
octets32 = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20).map(lambda octets: "0x" + octets.hex())
texts = st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" "), max_size=40)
domains = st.builds(Domain, st.sampled_from(("Parties", "Trees")), st.integers(1, 2**53 - 1), addresses)


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Values as the ABI encoder wants them."""
    if field.type.endswith("[]"):
        return st.lists(values_of(Field(field.name, field.type[:-2], field.members)), max_size=3).map(tuple)
    if field.members:
        return st.integers(0, len(field.members) - 1)
    plain: dict[str, st.SearchStrategy[Any]] = {
        "bool": st.booleans(),
        "string": texts,
        "address": addresses,
        "bytes32": octets32,
    }
    if field.type in plain:
        return plain[field.type]
    return st.integers(0, 2 ** int(field.type.removeprefix("uint")) - 1)


@st.composite
def filled(draw: st.DrawFn, known: Mapping[str, ActType] = KNOWN) -> Act:
    kind = known[draw(st.sampled_from(sorted(known)))]
    message = {field.name: draw(values_of(field)) for field in kind.fields}
    return Act(kind, message, draw(addresses), draw(integers), draw(integers))


@given(filled(), domains, octets32.filter(lambda secret: 0 < int.from_bytes(secret, "big") < 2**255))
def test_the_wallets_json_signs_to_the_same_signature(act: Act, domain: Domain, secret: bytes) -> None:
    as_wallet_gets_it = json.loads(json.dumps(act.typed_data(domain)))
    signable = encode_typed_data(full_message=as_wallet_gets_it)
    assert keccak(b"\x19\x01" + signable.header + signable.body) == act.digest(domain)
    theirs = Account.sign_message(signable, secret).signature
    assert Signer(secret).sign(act, domain).signature == bytes(theirs)


@given(filled(), domains)
def test_large_integers_survive_javascript(act: Act, domain: Domain) -> None:
    for value in act.typed_data(domain)["message"].values():
        for one in value if isinstance(value, list) else [value]:
            assert isinstance(one, str | bool) or 0 <= one < 2**53


@given(filled(), st.binary(max_size=100))
def test_calldata_is_the_function_with_act_and_authorization(act: Act, signature: bytes) -> None:
    call = act.calldata(signature)
    message, authorization = decode(list(act.type.abi), call[4:])
    assert call[:4] == act.type.selector
    assert dict(zip((field.name for field in act.type.fields), message, strict=True)) == act.message
    assert authorization == (act.signer, act.nonce, act.deadline, signature)


def each(change: Callable[[Any], Any], value: Any) -> Any:
    """The value changed, or every item of an array."""
    return [change(item) for item in value] if isinstance(value, list | tuple) else change(value)


@given(filled(), domains)
def test_every_form_of_a_value_reads_as_the_same_act(act: Act, domain: Domain) -> None:
    fields = {field.name: field for field in act.type.fields}
    shown = {name: act.typed_data(domain)["message"][name] for name in fields}
    by_name = {
        name: each(fields[name].members.__getitem__, value) if fields[name].members else shown[name]
        for name, value in act.message.items()
    }
    checksummed = {
        name: each(to_checksum_address, value) if fields[name].type.startswith("address") else value
        for name, value in shown.items()
    }
    for form in (act.message, shown, by_name, checksummed):
        assert act.type.read(form) == act.message


@given(filled(), domains, st.data())
def test_any_other_field_signer_nonce_or_deadline_is_another_act(act: Act, domain: Domain, data: st.DataObject) -> None:
    other = data.draw(filled())
    # Several contracts may have the same struct, such as CancelAct: it is the domain that tells them apart.
    if (act.type.name, act.message, act.signer, act.nonce, act.deadline) != (
        other.type.name,
        other.message,
        other.signer,
        other.nonce,
        other.deadline,
    ):
        assert act.digest(domain) != other.digest(domain)
    elsewhere = Domain(domain.contract, domain.chain_id + 1, domain.address)
    assert act.digest(domain) != act.digest(elsewhere)


# Reading


@given(st.sampled_from(sorted(KNOWN)), st.data())
def test_a_malformed_value_names_its_field_and_what_was_expected(key: str, data: st.DataObject) -> None:
    kind = KNOWN[key]
    field = data.draw(st.sampled_from(kind.fields))
    message = {one.name: data.draw(values_of(one)) for one in kind.fields}
    message[field.name] = data.draw(malformed(field))
    with pytest.raises(FieldMalformed) as refusal:
        kind.read(message)
    assert refusal.value.values["field"] == field.name
    assert str(refusal.value.values["expected"]).startswith(field.type)
    assert field.name in refusal.value.words("en") and field.name in refusal.value.words("zh")


def malformed(field: Field) -> st.SearchStrategy[Any]:
    """Values that are not of the field's type."""
    if field.type.endswith("[]"):
        item = malformed(Field(field.name, field.type[:-2], field.members)).map(lambda value: [value])
        return st.one_of(st.sampled_from([None, 1, "", {}, b""]), item)
    strange: list[Any] = [None, [], {}, 1.5, float("nan"), b"\0" * 31, "0x", "\0", "line\nbreak", "\ud800"]
    bits = int(field.type.removeprefix("uint")) if field.type.startswith("uint") else 0
    if bits:
        largest = len(field.members) - 1 if field.members else 2**bits - 1
        strange += [-1, largest + 1, str(largest + 1), True, "", "01", "+1", "1.0", "0x1", " 1", "1\n", "１", 1.0]
    elif field.type == "string":
        strange += [1, True, b"text"]
        strange.remove("0x")  # is text
    elif field.type == "bool":
        strange += [0, 1, "true"]
    elif field.type == "address":
        strange += ["0x" + "1" * 39, "0x" + "1" * 41, "1" * 40, "0x" + "g" * 40, "0x" + "1" * 40 + "\n", 1]
        strange += ["0xAcfDF5A35e5752a8Ec0586c4De17c98B6cAbc69" + "1"]  # fails its checksum
    else:
        strange += ["0x" + "1" * 63, "0x" + "1" * 65, "1" * 64, "0x" + "g" * 64, b"\0" * 33, 1, bytearray(32)]
    return st.sampled_from(strange)


def test_every_type_that_acts_use_is_covered_here() -> None:
    assert {field.type for kind in act_types().values() for field in kind.fields} <= KINDS


@pytest.mark.parametrize("value", ["B", 2, "2"])
def test_an_enumeration_may_be_given_by_name_or_number(value: object) -> None:
    assert Field("titleClass", "uint8", ("NONE", "A", "B", "C")).read(value) == 2


@pytest.mark.parametrize("value", ["D", "b", "", 4])
def test_a_value_outside_an_enumeration_is_told_its_members(value: object) -> None:
    with pytest.raises(FieldMalformed, match=r"uint8 \(NONE, A, B, C\)"):
        Field("titleClass", "uint8", ("NONE", "A", "B", "C")).read(value)


def test_what_a_refusal_repeats_of_a_value_is_short() -> None:
    with pytest.raises(FieldMalformed) as refusal:
        Field("evidence", "bytes32").read("f" * 10_000_000)
    assert len(str(refusal.value)) < 200


def test_a_missing_and_an_unknown_field_are_named() -> None:
    kind = act_type("Parties.vetoRecovery")
    with pytest.raises(FieldMalformed, match="Field party must be uint64; it is missing"):
        kind.read({})
    with pytest.raises(FieldMalformed, match=r"Field deadline must be absent, Parties\.vetoRecovery has no such field"):
        kind.read({"party": 1, "deadline": 2})


def test_a_refusal_in_chinese_embeds_no_english() -> None:
    kind = act_type("Parties.vetoRecovery")
    for message in ({}, {"party": 1, "deadline": 2}):
        with pytest.raises(FieldMalformed) as refusal:
            kind.read(message)
        words = refusal.value.words("zh")
        assert not any(word in words for word in ("missing", "present", "absent", "such"))


def test_an_unknown_act_is_told_so() -> None:
    with pytest.raises(ActUnknown) as refusal:
        act_type("Trees.burn")
    assert (refusal.value.status, refusal.value.values) == (404, {"act": "Trees.burn"})


# What people read


@pytest.mark.parametrize("kind", act_types().values(), ids=lambda kind: kind.key)
def test_every_act_says_in_both_languages_what_it_does(kind: ActType) -> None:
    assert kind.en and kind.zh and any("\u4e00" <= sign <= "\u9fff" for sign in kind.zh)
    assert kind.key == f"{kind.contract}.{kind.function}"
    assert kind.members[-3:] == (("signer", "address"), ("nonce", "uint256"), ("deadline", "uint256"))
