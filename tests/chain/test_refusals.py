"""Refusals: revert data comes back as the contract's named error with its values, in words people can act on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chain.refusals import ActRefused, Fact, facts, refusal, refusal_of
from chain.rpc import NodeError

SAMPLES: dict[str, Any] = {"address": "0x" + "11" * 20, "string": "tag", "bool": True}


def sample(kind: str) -> Any:
    if kind.startswith("bytes"):
        return bytes(int(kind.removeprefix("bytes") or 3))
    return SAMPLES.get(kind, 1)


def selector_of(name: str) -> bytes:
    return next(selector for selector, fact in facts().items() if fact.name == name)


@pytest.mark.parametrize(("selector", "fact"), facts().items(), ids=[fact.name for fact in facts().values()])
def test_every_custom_error_comes_back_with_its_values_in_both_languages(selector: bytes, fact: Fact) -> None:
    values = [sample(kind) for _, kind in fact.abi]
    refused = refusal(selector + encode([kind for _, kind in fact.abi], values))
    assert refused.code == fact.name
    assert list(refused.values) == [name for name, _ in fact.abi]
    for language in ("en", "zh"):
        assert not re.search(r"[{}]", refused.words(language))


def test_the_errors_of_our_interfaces_have_words_of_their_own() -> None:
    told = [fact for fact in facts().values() if not fact.en.startswith(f"{fact.name}: ")]
    assert {"AccountTaken", "ActReplayed", "TagTaken", "SurveyTooLate", "SignatureInvalid"} <= {
        fact.name for fact in told
    }
    for fact in told:
        if any("\u4e00" <= sign <= "\u9fff" for sign in fact.zh):
            assert set(re.findall(r"{(\w+)}", fact.zh)) <= {name for name, _ in fact.abi}


def test_enumerations_are_told_by_name() -> None:
    refused = refusal(selector_of("StatusUnchanged") + encode(["uint64", "uint8"], [7, 2]))
    assert refused.values == {"party": 7, "status": 2}
    assert "SUSPENDED" in refused.words("en") and "已暂停" in refused.words("zh")


def test_octets_are_told_as_hex() -> None:
    fact = next(fact for fact in facts().values() if fact.name == "SignatureInvalid")
    values = [sample(kind) for _, kind in fact.abi]
    refused = refusal(selector_of(fact.name) + encode([kind for _, kind in fact.abi], values))
    assert "0x" + "00" * 32 in refused.values.values()


def test_a_reason_in_text_is_told_as_it_is() -> None:
    refused = refusal(bytes.fromhex("08c379a0") + encode(["string"], ["not today"]))
    assert (refused.code, refused.values) == ("ContractSaid", {"message": "not today"})
    assert "not today" in refused.words("en") and "not today" in refused.words("zh")


@given(st.binary(max_size=200))
def test_whatever_a_contract_reverts_with_is_a_refusal(data: bytes) -> None:
    refused = refusal(data)
    assert refused.words("en") and refused.words("zh")


@given(st.sampled_from(list(facts())), st.binary(max_size=200))
def test_revert_data_that_is_cut_or_garbled_is_a_refusal_too(selector: bytes, rest: bytes) -> None:
    refused = refusal(selector + rest)
    assert refused.code in (facts()[selector].name, "ActMalformed")
    assert refused.words("en") and refused.words("zh")


def test_a_reason_that_is_no_text_is_a_refusal_too() -> None:
    assert refusal(bytes.fromhex("08c379a0") + encode(["bytes"], [b"\xff"])).words("en")


REVERT = "0x08c379a0" + encode(["string"], ["no"]).hex()


@pytest.mark.parametrize("data", [REVERT, {"data": REVERT}, {"data": REVERT, "message": "x"}])
def test_engines_wrap_revert_data_differently(data: object) -> None:
    refused = refusal_of(NodeError("eth_call", 3, "execution reverted", data))
    assert refused is not None and refused.code == "ContractSaid"


@pytest.mark.parametrize("data", [None, "0x", "Reverted", {"data": None}, 5])
def test_a_revert_without_data_is_a_malformed_act(data: object) -> None:
    refused = refusal_of(NodeError("eth_call", 3, "execution reverted", data))
    assert refused is not None and refused.code == "ActMalformed"


@pytest.mark.parametrize("data", ["Reverted 0xzz", "0xzz", "0x0"])
def test_revert_data_that_is_no_hex_is_a_malformed_act(data: str) -> None:
    refused = refusal_of(NodeError("eth_call", 3, "VM Exception: revert", data))
    assert refused is not None and refused.code == "ActMalformed"


@pytest.mark.parametrize("message", ["block not found", "EVM error OutOfGas", "BlockOutOfRangeError"])
def test_a_node_that_fails_is_no_refusal(message: str) -> None:
    assert refusal_of(NodeError("eth_call", -32000, message)) is None


def test_a_refusal_is_a_conflict() -> None:
    assert ActRefused.status == 409
