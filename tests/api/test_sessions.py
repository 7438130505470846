"""Sign-in by a signed message: once, in time, by the account itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from api.sessions import digest
from tests.stack import Stack


def challenge(stack: Stack, account: str) -> dict[str, Any]:
    answer = stack.client.post("/v1/session/challenge", json={"account": account})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def present(stack: Stack, message: Any, signature: bytes) -> Any:
    answer = stack.client.post("/v1/session", json={"message": message, "signature": "0x" + signature.hex()})
    stack.client.cookies.clear()
    return answer


def test_a_wallet_signs_in_and_out(stack: Stack) -> None:
    farmer = stack.people["farmer"]
    typed = challenge(stack, farmer.address)
    answer = present(stack, typed["message"], farmer.sign_digest(digest(typed["message"], 521000)))
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    bearer = {"authorization": f"Bearer {answer.json()['token']}"}
    session = stack.client.get("/v1/session", headers=bearer).json()
    assert (session["account"], session["party"], session["roles"]) == (
        farmer.address,
        stack.party_ids["farmer"],
        ["FARMER"],
    )
    by_cookie = stack.client.get("/v1/session", headers={"cookie": cookie.split(";")[0]})
    assert by_cookie.json() == session
    assert stack.client.delete("/v1/session", headers=bearer).status_code == 204
    assert stack.client.get("/v1/session", headers=bearer).json()["code"] == "SignInRequired"


def test_any_wallets_typed_data_gives_the_same_digest(stack: Stack) -> None:
    account = Account.from_key(secrets.token_bytes(32))
    typed = challenge(stack, account.address)
    signature = account.sign_message(encode_typed_data(full_message=typed)).signature
    answer = present(stack, typed["message"], bytes(signature))
    assert answer.status_code == 200
    bearer = {"authorization": f"Bearer {answer.json()['token']}"}
    assert stack.client.get("/v1/session", headers=bearer).json()["party"] is None


def test_a_message_signs_in_once(stack: Stack) -> None:
    farmer = stack.people["farmer"]
    typed = challenge(stack, farmer.address)
    signature = farmer.sign_digest(digest(typed["message"], 521000))
    assert present(stack, typed["message"], signature).status_code == 200
    assert present(stack, typed["message"], signature).json()["code"] == "SignInStale"


@pytest.mark.parametrize("change", ["nonce", "expired", "future", "too long", "shorter", "uri", "statement"])
def test_a_message_of_ones_own_making_does_not_sign_in(stack: Stack, change: str) -> None:
    farmer = stack.people["farmer"]
    message = challenge(stack, farmer.address)["message"]
    message |= {
        "nonce": {"nonce": secrets.token_hex(16)},
        "expired": {"issuedAt": 1_000, "expiresAt": 2_000},
        "future": {"issuedAt": message["issuedAt"] + 5_000},
        "too long": {"expiresAt": message["expiresAt"] + 1},
        "shorter": {"expiresAt": message["expiresAt"] - 1},
        "uri": {"uri": "https://chaqi.example"},
        "statement": {"statement": "Win a prize."},
    }[change]
    answer = present(stack, message, farmer.sign_digest(digest(message, 521000)))
    assert (answer.status_code, answer.json()["code"]) == (401, "SignInStale")


def test_a_message_given_to_one_account_does_not_sign_in_another(stack: Stack) -> None:
    farmer, neighbour = stack.people["farmer"], stack.people["neighbour"]
    message = challenge(stack, neighbour.address)["message"] | {"account": farmer.address}
    answer = present(stack, message, farmer.sign_digest(digest(message, 521000)))
    assert (answer.status_code, answer.json()["code"]) == (401, "SignInStale")


def test_a_message_names_our_own_address_whatever_host_the_caller_names(stack: Stack) -> None:
    asked = stack.client.post(
        "/v1/session/challenge", json={"account": "0x" + "52" * 20}, headers={"host": "phisher.example"}
    )
    assert asked.json()["message"]["uri"] == stack.settings.api_url


def test_somebody_elses_signature_another_chains_and_a_malleable_one_do_not_sign_in(stack: Stack) -> None:
    farmer, neighbour = stack.people["farmer"], stack.people["neighbour"]
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

    def twin(signature: bytes) -> bytes:
        high = order - int.from_bytes(signature[32:64])
        return signature[:32] + high.to_bytes(32) + bytes([55 - signature[64]])

    wrong: tuple[Callable[[dict[str, Any]], bytes], ...] = (
        lambda message: neighbour.sign_digest(digest(message, 521000)),
        lambda message: farmer.sign_digest(digest(message, 1)),
        lambda message: twin(farmer.sign_digest(digest(message, 521000))),
        lambda message: bytes(65),
    )
    for sign in wrong:
        message = challenge(stack, farmer.address)["message"]
        answer = present(stack, message, sign(message))
        assert (answer.status_code, answer.json()["code"]) == (401, "SignInInvalid")


def test_a_contract_wallet_signs_in(stack: Stack) -> None:
    # answers isValidSignature with the magic value, whatever is asked: PUSH4 magic, shift left, return 32 bytes
    code = "631626ba7e60e01b60005260206000f3"
    wallet = "0x" + secrets.token_hex(20)
    stack.rpc.call("anvil_setCode", wallet, "0x" + code)
    assert present(stack, challenge(stack, wallet)["message"], bytes(65)).status_code == 200
    stack.rpc.call("anvil_setCode", wallet, "0x60006000fd")
    assert present(stack, challenge(stack, wallet)["message"], bytes(65)).json()["code"] == "SignInInvalid"


def test_the_store_keeps_no_token(stack: Stack) -> None:
    token = stack.sign_in("bank")["authorization"].split()[1]
    with stack.outbox.store.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM sessions").fetchall()
    assert rows
    assert token not in str(rows) and token.encode().hex() not in str(rows)
