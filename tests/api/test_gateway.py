"""The read-only gateway, as other makers' clients use it."""

from __future__ import annotations

from typing import Any

import pytest
from web3 import Web3

from chain.artifacts import artifact
from tests.stack import Stack


def ask(stack: Stack, payload: Any) -> Any:
    return stack.client.post("/rpc", json=payload).json()


def test_web3_reads_a_contract_through_it(stack: Stack, served: str) -> None:
    web3 = Web3(Web3.HTTPProvider(f"{served}/rpc"))
    assert web3.is_connected()
    assert web3.eth.chain_id == stack.settings.chain_id
    address = Web3.to_checksum_address(stack.deployment.address("Parties"))
    parties = web3.eth.contract(address=address, abi=artifact("Parties").abi)
    assert parties.functions.partyCount().call() >= len(stack.party_ids)
    account = Web3.to_checksum_address(stack.people["farmer"].address)
    assert parties.functions.partyOf(account).call() == stack.party_ids["farmer"]
    assert len(web3.eth.get_logs({"address": address, "fromBlock": 0})) > 0


@pytest.mark.parametrize(
    "method",
    ["eth_sendRawTransaction", "eth_sendTransaction", "anvil_setCode", "evm_mine", "debug_traceCall", "eth_accounts"],
)
def test_whatever_is_not_listed_does_not_reach_the_node(stack: Stack, method: str) -> None:
    answer = ask(stack, {"jsonrpc": "2.0", "id": 7, "method": method, "params": []})
    assert (answer["id"], answer["error"]["code"]) == (7, -32601)
    assert method in answer["error"]["message"]


def test_a_batch_is_answered_in_order_each_for_itself(stack: Stack) -> None:
    answers = ask(
        stack,
        [
            {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"},
            {"jsonrpc": "2.0", "id": "b", "method": "evm_mine"},
            {"jsonrpc": "2.0", "id": "c", "method": "eth_getBlockByNumber", "params": ["nonsense", False]},
            {"jsonrpc": "2.0", "id": "d", "method": "net_version", "params": []},
            17,
        ],
    )
    assert [answer["id"] for answer in answers] == ["a", "b", "c", "d", None]
    assert answers[0]["result"] == hex(stack.settings.chain_id)
    assert answers[1]["error"]["code"] == -32601
    assert "error" in answers[2]
    assert answers[3]["result"] == str(stack.settings.chain_id)
    assert answers[4]["error"]["code"] == -32600


def test_storage_and_its_proof_can_be_read(stack: Stack) -> None:
    parties, first = stack.deployment.address("Parties"), "0x" + "00" * 32
    slot = ask(stack, {"jsonrpc": "2.0", "id": 1, "method": "eth_getStorageAt", "params": [parties, first, "latest"]})
    proof = ask(stack, {"jsonrpc": "2.0", "id": 2, "method": "eth_getProof", "params": [parties, [first], "latest"]})
    assert int(proof["result"]["storageProof"][0]["value"], 16) == int(slot["result"], 16)


def test_notifications_are_not_answered(stack: Stack) -> None:
    answer = stack.client.post("/rpc", json={"jsonrpc": "2.0", "method": "eth_chainId"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"{", -32700), (b"", -32700), (b"[]", -32600), (b"[" + b"1," * 100 + b"1]", -32600), (b"null", -32600)],
)
def test_what_is_no_request_is_a_json_rpc_error(stack: Stack, content: bytes, code: int) -> None:
    answer = stack.client.post("/rpc", content=content, headers={"content-type": "application/json"}).json()
    assert (answer["id"], answer["error"]["code"]) == (None, code)


def test_expensive_questions_are_bounded(stack: Stack) -> None:
    def code_of(method: str, *params: Any) -> int | None:
        answer = ask(stack, {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        found: int | None = answer.get("error", {}).get("code")
        return found

    assert code_of("eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(10_000)}) == -32602
    assert code_of("eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(9_999)}) is None
    assert code_of("eth_getLogs", {"fromBlock": "soon"}) == -32602
    assert code_of("eth_call", {"to": "0x" + "11" * 20}, "latest", {"0x" + "11" * 20: {"code": "0x00"}}) == -32602
    assert code_of("eth_call", {"to": "0x" + "11" * 20, "gas": "all"}, "latest") == -32602
    assert code_of("eth_call", {"to": "0x" + "11" * 20, "gas": hex(10**12)}, "latest") is None
