"""Keys: byte for byte what eth_account makes, and development keys stay on the development chain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_keys.datatypes import Signature
from eth_utils import keccak, to_checksum_address
from hypothesis import example, given
from hypothesis import strategies as st

from chain.settings import Settings
from chain.signers import DevelopmentKeysOnly, Keystore, KeyUnknown, Signer

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
FILE = Settings().keystore_file
secrets = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))
accounts = st.binary(min_size=20, max_size=20).map(lambda octets: "0x" + octets.hex())


@given(secrets)
def test_the_address_is_that_of_the_key(secret: bytes) -> None:
    assert to_checksum_address(Signer(secret).address) == Account.from_key(secret).address


@given(secrets, st.binary(min_size=32, max_size=32))
def test_signatures_are_those_of_eth_account(secret: bytes, digest: bytes) -> None:
    signature = Signer(secret).sign_digest(digest)
    assert signature == bytes(Account.unsafe_sign_hash(digest, secret).signature)
    assert signature[64] in (27, 28)
    assert int.from_bytes(signature[32:64], "big") <= ORDER // 2
    recovered = Signature(signature[:64] + bytes([signature[64] - 27])).recover_public_key_from_msg_hash(digest)
    assert recovered.to_checksum_address() == Account.from_key(secret).address


@given(
    secret=secrets,
    to=st.none() | accounts,
    call=st.binary(max_size=300),
    nonce=st.integers(0, 2**64 - 2),
    gas=st.integers(0, 2**64 - 1),
    chain_id=st.integers(1, 2**53),
)
@example(secret=b"\1" * 32, to=None, call=b"\x7f", nonce=0, gas=127, chain_id=1)
@example(secret=b"\1" * 32, to=None, call=b"\x80", nonce=128, gas=256, chain_id=521000)
@example(secret=b"\1" * 32, to="0x" + "00" * 20, call=b"\0", nonce=1, gas=1, chain_id=521000)
@example(secret=b"\1" * 32, to=None, call=bytes(55), nonce=1, gas=1, chain_id=521000)
@example(secret=b"\1" * 32, to=None, call=bytes(56), nonce=1, gas=1, chain_id=521000)
@example(secret=b"\1" * 32, to=None, call=bytes(70_000), nonce=1, gas=1, chain_id=521000)
def test_transactions_are_those_of_eth_account(
    secret: bytes, to: str | None, call: bytes, nonce: int, gas: int, chain_id: int
) -> None:
    raw = Signer(secret).sign_transaction(to=to, call=call, nonce=nonce, gas=gas, chain_id=chain_id)
    target = to_checksum_address(to) if to else ""
    theirs = Account.sign_transaction(
        {
            "to": target,
            "data": call,
            "nonce": nonce,
            "gas": gas,
            "gasPrice": 0,
            "value": 0,
            "chainId": chain_id,
        },
        secret,
    )
    assert raw == bytes(theirs.raw_transaction)


@pytest.mark.parametrize("chain_id", [1, 31337, 521001])
def test_development_keys_refuse_every_chain_but_their_own(chain_id: int) -> None:
    with pytest.raises(DevelopmentKeysOnly) as refusal:
        Keystore(FILE, chain_id)
    assert refusal.value.values == {"file": FILE.name, "own": 521000, "other": chain_id}
    assert str(chain_id) in refusal.value.words("zh")


def test_the_file_says_what_it_is_and_holds_the_keys_that_it_lists() -> None:
    content = json.loads(FILE.read_text())
    assert content["label"].startswith("DEVELOPMENT KEYS")
    keystore = Keystore(FILE, content["chain_id"])
    for name, entry in content["keys"].items():
        assert "0x" + keccak(text=f"chaqi development key {name}").hex() == entry["private_key"]
        assert to_checksum_address(keystore.named(name).address) == entry["address"]


def test_a_name_that_is_not_in_the_file_is_refused() -> None:
    with pytest.raises(KeyUnknown) as refusal:
        Keystore(FILE, 521000).named("treasurer")
    assert refusal.value.values == {"file": FILE.name, "name": "treasurer"}


def test_relayers_are_the_keys_of_that_name_in_the_order_of_the_file(tmp_path: Path) -> None:
    own = tmp_path / "keys.json"
    own.write_text(json.dumps({"chain_id": 5, "keys": {"relayer-2": {}, "operator": {}, "relayer-1": {}}}))
    keystore = Keystore(own, 5)
    assert [one.address for one in keystore.relayers()] == [
        keystore.derived("relayer-2").address,
        keystore.derived("relayer-1").address,
    ]


def test_a_synthetic_partys_key_depends_on_its_name_alone() -> None:
    assert Keystore.derived("party 7").address == Keystore(FILE, 521000).derived("party 7").address
    assert Keystore.derived("party 7").address != Keystore.derived("party 8").address
