"""The pure-Python chain answers as a node does: roots, blooms and hashes hold, refusals carry what clients read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_utils import keccak
from trie import HexaryTrie

from chain.devnet import Devnet
from chain.rpc import NodeError, Rpc
from chain.settings import Settings
from tests.chain.toy import CHAIN_ID, CREATION, SENDER, free_port, receipt, transaction

HEADER = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"),
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
)
NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp"}
CALLER = "0x" + "33" * 20


@pytest.fixture(scope="module")
def rpc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rpc]:
    folder: Path = tmp_path_factory.mktemp("fallback")
    settings = Settings(var_dir=folder, rpc_url=f"http://127.0.0.1:{free_port()}")
    with Devnet.start(settings, engine="python", block_time=0) as devnet:
        yield devnet.rpc


@pytest.fixture(scope="module")
def toy(rpc: Rpc) -> str:
    """The toy contract, called three times in block 2 and once in block 3."""
    created = rpc.call("eth_sendRawTransaction", transaction(0, call=CREATION))
    rpc.call("evm_mine")
    address = str(receipt(rpc, created)["contractAddress"])
    rpc.batch([("eth_sendRawTransaction", [transaction(nonce, to=address)]) for nonce in (1, 2, 3)])
    rpc.call("evm_mine")
    rpc.call("eth_sendRawTransaction", transaction(4, to=address))
    rpc.call("evm_mine")
    return address


def number(value: str) -> bytes:
    """RLP's form of a quantity: big-endian, no leading zeros."""
    amount = int(value, 16)
    return amount.to_bytes((amount.bit_length() + 7) // 8, "big")


def raw(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


def refusal(rpc: Rpc, method: str, *params: Any) -> NodeError:
    with pytest.raises(NodeError) as refused:
        rpc.call(method, *params)
    return refused.value


def test_it_says_which_chain_it_is_also_to_contracts(rpc: Rpc) -> None:
    assert int(rpc.call("eth_chainId"), 16) == CHAIN_ID
    assert rpc.call("net_version") == str(CHAIN_ID)
    return_chain_id = "0x" + "4660005260206000f3"
    assert int(rpc.call("eth_call", {"data": return_chain_id}, "latest"), 16) == CHAIN_ID


def test_it_runs_berlin_and_nothing_newer(rpc: Rpc) -> None:
    push0 = "0x" + "5f60005260206000f3"
    assert "InvalidInstruction" in refusal(rpc, "eth_call", {"data": push0}, "latest").message
    base_fee = "0x" + "4860005260206000f3"
    assert "InvalidInstruction" in refusal(rpc, "eth_call", {"data": base_fee}, "latest").message


def test_headers_hash_to_their_hash_and_link_to_their_parent(rpc: Rpc, toy: str) -> None:
    parent = None
    for height in range(4):
        header = rpc.call("eth_getBlockByNumber", hex(height), False)
        fields = [number(header[name]) if name in NUMBERS else raw(header[name]) for name in HEADER]
        assert "0x" + keccak(rlp.encode(fields)).hex() == header["hash"]
        assert parent is None or header["parentHash"] == parent
        assert rpc.call("eth_getBlockByHash", header["hash"], False) == header
        parent = header["hash"]


def test_receipts_root_and_bloom_hold_what_the_receipts_say(rpc: Rpc, toy: str) -> None:
    header = rpc.call("eth_getBlockByNumber", "0x2", False)
    receipts = rpc.call("eth_getBlockReceipts", "0x2")
    assert [one["transactionHash"] for one in receipts] == header["transactions"]
    trie, bloom = HexaryTrie({}), 0
    for index, one in enumerate(receipts):
        logs = [[raw(log["address"]), [raw(each) for each in log["topics"]], raw(log["data"])] for log in one["logs"]]
        trie[rlp.encode(index)] = rlp.encode(
            [number(one["status"]), number(one["cumulativeGasUsed"]), raw(one["logsBloom"]), logs]
        )
        bloom |= int(one["logsBloom"], 16)
        assert rpc.call("eth_getTransactionReceipt", one["transactionHash"]) == one
    assert "0x" + trie.root_hash.hex() == header["receiptsRoot"]
    assert bloom == int(header["logsBloom"], 16) != 0
    assert sum(int(one["gasUsed"], 16) for one in receipts) == int(header["gasUsed"], 16)


def test_logs_are_found_by_range_address_and_topic(rpc: Rpc, toy: str) -> None:
    def told(**wanted: Any) -> list[int]:
        return [int(log["data"], 16) for log in rpc.call("eth_getLogs", {"fromBlock": "0x0", **wanted})]

    second = f"0x{2:064x}"
    assert told() == [1, 2, 3, 4]
    assert told(address=toy) == told(address=[CALLER, toy]) == [1, 2, 3, 4]
    assert told(address=CALLER) == []
    assert told(topics=[second]) == [2]
    assert told(topics=[[second, f"0x{4:064x}"]]) == [2, 4]
    assert told(topics=[None, second]) == []
    assert told(fromBlock="0x3", toBlock="0x3") == [4]
    assert told(fromBlock="0x0", toBlock="0x1") == []
    header = rpc.call("eth_getBlockByNumber", "0x2", False)
    found = rpc.call("eth_getLogs", {"blockHash": header["hash"]})
    assert [(int(log["logIndex"], 16), log["blockHash"]) for log in found] == [(n, header["hash"]) for n in range(3)]


def test_state_is_read_as_of_any_block(rpc: Rpc, toy: str) -> None:
    counts = [int(rpc.call("eth_getStorageAt", toy, "0x0", hex(height)), 16) for height in range(4)]
    assert counts == [0, 0, 3, 4]
    assert rpc.call("eth_getCode", toy, "latest") != "0x" == rpc.call("eth_getCode", toy, "0x0")
    assert int(rpc.call("eth_getTransactionCount", SENDER.address, "0x2"), 16) == 4


def test_a_revert_carries_its_data(rpc: Rpc, toy: str) -> None:
    refused = refusal(rpc, "eth_call", {"to": toy, "data": "0xdeadbeef"}, "latest")
    assert (refused.error_code, refused.data) == (3, "0xdeadbeef")
    assert refusal(rpc, "eth_estimateGas", {"to": toy, "data": "0xdeadbeef"}).data == "0xdeadbeef"


def test_estimated_gas_suffices(rpc: Rpc, toy: str) -> None:
    gas = rpc.call("eth_estimateGas", {"to": toy, "from": CALLER})
    rpc.call("eth_call", {"to": toy, "from": CALLER, "gas": gas}, "latest")
    assert int(gas, 16) < 200_000


def test_transactions_that_cannot_be_taken_are_refused_in_geths_words(rpc: Rpc, toy: str) -> None:
    assert "nonce too low" in refusal(rpc, "eth_sendRawTransaction", transaction(0, to=toy)).message
    assert "already known" in refusal(rpc, "eth_sendRawTransaction", transaction(4, to=toy)).message
    assert "intrinsic gas too low" in refusal(rpc, "eth_sendRawTransaction", transaction(9, to=toy, gas=20_000)).message
    elsewhere = SENDER.sign_transaction(to=toy, call=b"", nonce=9, gas=90_000, chain_id=1)
    assert "invalid chain id" in refusal(rpc, "eth_sendRawTransaction", "0x" + elsewhere.hex()).message
    assert "invalid transaction" in refusal(rpc, "eth_sendRawTransaction", "0x00").message


def test_a_transaction_ahead_of_its_turn_waits_for_the_one_before_it(rpc: Rpc, toy: str) -> None:
    later = rpc.call("eth_sendRawTransaction", transaction(6, to=toy))
    assert int(rpc.call("eth_getTransactionCount", SENDER.address, "pending"), 16) == 5
    rpc.call("evm_mine")
    assert rpc.call("eth_getTransactionReceipt", later) is None
    assert rpc.call("eth_getTransactionByHash", later)["blockNumber"] is None
    earlier = rpc.call("eth_sendRawTransaction", transaction(5, to=toy))
    assert int(rpc.call("eth_getTransactionCount", SENDER.address, "pending"), 16) == 7
    rpc.call("evm_mine")
    assert receipt(rpc, earlier)["status"] == receipt(rpc, later)["status"] == "0x1"
    assert rpc.call("eth_getTransactionByHash", later)["from"].lower() == SENDER.address


def test_a_reverted_transaction_is_mined_as_such(rpc: Rpc, toy: str) -> None:
    reverted = rpc.call("eth_sendRawTransaction", transaction(7, to=toy, call=b"no"))
    rpc.call("evm_mine")
    told = receipt(rpc, reverted)
    assert (told["status"], told["logs"]) == ("0x0", [])


def test_wrong_questions_are_refused_one_by_one_in_a_batch(rpc: Rpc) -> None:
    good, unknown, wrong = rpc.try_batch(
        [("eth_chainId", []), ("eth_none", []), ("eth_getBlockByNumber", ["latest", 1, 2])]
    )
    assert good == hex(CHAIN_ID)
    assert (unknown.error_code, wrong.error_code) == (-32601, -32602)
    assert rpc.call("eth_getBlockByNumber", "0xffff", False) is None
    assert rpc.call("eth_getTransactionReceipt", "0x" + "00" * 32) is None
    assert refusal(rpc, "eth_getCode", CALLER, "0xffff").message == "block not found"


def test_time_moves_forward_only(rpc: Rpc) -> None:
    before = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    rpc.call("evm_increaseTime", 1000)
    rpc.call("evm_mine")
    after = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    assert after >= before + 1000
    assert "lower than previous" in refusal(rpc, "evm_setNextBlockTimestamp", before).message
