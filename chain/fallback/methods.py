"""The JSON-RPC methods of the pure-Python chain: what Chaqi and its callers ask, in geth's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Protocol

from eth.abc import BlockHeaderAPI, ComputationAPI, ReceiptAPI, SignedTransactionAPI
from eth.exceptions import Revert
from eth_bloom import BloomFilter
from eth_utils import ValidationError, decode_hex, keccak, to_hex
from rlp import encode

from chain.fallback.blocks import Blocks, TransactionRefused


class Refusal(Exception):
    """A JSON-RPC error: code, message, data."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message} | ({} if data is None else {"data": data})


class Pace(Protocol):
    """The chain's clock and the making of blocks (chain/fallback/server.py)."""

    def mine(self) -> None:
        """Make a block now."""

    def set_next_time(self, instant: int) -> None:
        """Date the next block; time goes on ticking from there."""

    def shift(self, seconds: int) -> int:
        """Move the clock forward; the whole offset is returned."""

    def set_interval(self, seconds: float) -> None:
        """Make a block every so many seconds; 0 for none."""


class Methods:
    """The methods by name. Not thread-safe: the server serialises calls."""

    def __init__(self, blocks: Blocks, pace: Pace) -> None:
        self._blocks = blocks
        self._pace = pace
        self._receipts_of = lru_cache(maxsize=4096)(self._formatted_receipts)
        self._table: dict[str, Callable[..., Any]] = {
            "anvil_setTime": lambda instant: pace.set_next_time(_number(instant)),
            "eth_blockNumber": lambda: hex(blocks.head.block_number),
            "eth_call": self._call,
            "eth_chainId": lambda: hex(blocks.chain_id),
            "eth_estimateGas": self._estimate_gas,
            "eth_gasPrice": lambda: "0x0",
            "eth_getBalance": lambda account, block="latest": hex(self._state(block).get_balance(_bytes(account))),
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockReceipts": self._block_receipts,
            "eth_getCode": lambda account, block="latest": _hex(self._state(block).get_code(_bytes(account))),
            "eth_getLogs": lambda wanted: list(self._logs(wanted)),
            "eth_getStorageAt": self._storage,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionCount": self._transaction_count,
            "eth_getTransactionReceipt": self._receipt,
            "eth_sendRawTransaction": self._send,
            "evm_increaseTime": lambda seconds: pace.shift(_number(seconds)),
            "evm_mine": self._mine,
            "evm_setIntervalMining": lambda seconds: pace.set_interval(float(seconds)),
            "evm_setNextBlockTimestamp": lambda instant: pace.set_next_time(_number(instant)),
            "net_version": lambda: str(blocks.chain_id),
            "web3_clientVersion": lambda: "chaqi-python-chain/berlin",
        }

    def answer(self, method: str, parameters: list[Any]) -> Any:
        """The result of one call. Raises `Refusal`."""
        if method not in self._table:
            raise Refusal(-32601, f"the method {method} does not exist")
        try:
            return self._table[method](*parameters)
        except TransactionRefused as refusal:
            raise Refusal(-32000, str(refusal)) from refusal
        except (TypeError, ValueError, AttributeError, KeyError) as failure:
            raise Refusal(-32602, f"invalid parameters of {method}: {failure}") from failure

    def _header(self, block: Any) -> BlockHeaderAPI | None:
        if isinstance(block, dict):
            return self._blocks.header_by_hash(_bytes(block["blockHash"]))
        if block in (None, "latest", "pending", "safe", "finalized"):
            return self._blocks.head
        return self._blocks.header(0 if block == "earliest" else _number(block))

    def _state(self, block: Any) -> Any:
        header = self._header(block)
        if header is None:
            raise Refusal(-32001, "block not found")
        return self._blocks.state(header)

    def _transaction_count(self, account: str, block: Any = "latest") -> str:
        if block in ("latest", "pending"):
            return hex(self._blocks.nonce(_bytes(account), pending=block == "pending"))
        return hex(self._state(block).get_nonce(_bytes(account)))

    def _storage(self, account: str, slot: str, block: Any = "latest") -> str:
        value: int = self._state(block).get_storage(_bytes(account), _number(slot))
        return f"0x{value:064x}"

    def _send(self, raw: str) -> str:
        return _hex(self._blocks.accept(_bytes(raw)).hash)

    def _mine(self, *_: Any) -> str:
        self._pace.mine()
        return "0x0"

    def _run(self, request: dict[str, Any], block: Any) -> ComputationAPI:
        header = self._header(block)
        if header is None:
            raise Refusal(-32001, "block not found")
        plain = {
            "from": _bytes(request.get("from") or "0x" + "00" * 20),
            "to": _bytes(request.get("to") or "0x"),
            "gas": _number(request["gas"]) if request.get("gas") else 0,
            "value": _number(request.get("value") or "0x0"),
            "data": _bytes(request.get("input") or request.get("data") or "0x"),
        }
        try:
            computation = self._blocks.call(header, plain)
        except ValidationError as failure:
            raise Refusal(-32000, str(failure)) from failure
        if computation.is_error:
            if isinstance(computation.error, Revert):
                raise Refusal(3, "execution reverted", _hex(computation.output))
            raise Refusal(-32000, f"{type(computation.error).__name__}: {computation.error}")
        return computation

    def _call(self, request: dict[str, Any], block: Any = "latest", *_: Any) -> str:
        return _hex(self._run(request, block).output)

    def _estimate_gas(self, request: dict[str, Any], block: Any = "latest", *_: Any) -> str:
        """Gas that suffices: what was used, with the 64th that each nested call holds back, tried out."""
        used = self._run(request, block)
        gas = used.get_gas_used() + used.get_gas_refund() + self._intrinsic(request)
        while True:
            try:
                self._run({**request, "gas": hex(gas)}, block)
                return hex(gas)
            except Refusal:
                gas = gas * 65 // 64 + 1

    def _intrinsic(self, request: dict[str, Any]) -> int:
        data = _bytes(request.get("input") or request.get("data") or "0x")
        zeros = data.count(0)
        return 21_000 + zeros * 4 + (len(data) - zeros) * 16 + (0 if request.get("to") else 32_000)

    def _block_by_number(self, block: Any, full: bool = False) -> dict[str, Any] | None:
        header = self._header(block)
        return None if header is None else self._block(header, full)

    def _block_by_hash(self, block_hash: str, full: bool = False) -> dict[str, Any] | None:
        header = self._blocks.header_by_hash(_bytes(block_hash))
        return None if header is None else self._block(header, full)

    def _block(self, header: BlockHeaderAPI, full: bool) -> dict[str, Any]:
        transactions = self._blocks.transactions(header)
        return {
            "number": hex(header.block_number),
            "hash": _hex(header.hash),
            "parentHash": _hex(header.parent_hash),
            "sha3Uncles": _hex(header.uncles_hash),
            "miner": to_hex(header.coinbase),
            "stateRoot": _hex(header.state_root),
            "transactionsRoot": _hex(header.transaction_root),
            "receiptsRoot": _hex(header.receipt_root),
            "logsBloom": f"0x{header.bloom:0512x}",
            "difficulty": hex(header.difficulty),
            "totalDifficulty": hex(header.block_number + 1),
            "gasLimit": hex(header.gas_limit),
            "gasUsed": hex(header.gas_used),
            "timestamp": hex(header.timestamp),
            "extraData": _hex(header.extra_data),
            "mixHash": _hex(header.mix_hash),
            "nonce": _hex(header.nonce),
            "size": hex(len(encode(header)) + sum(len(one.encode()) for one in transactions)),
            "uncles": [],
            "transactions": [
                _transaction(one, header, index) if full else _hex(one.hash) for index, one in enumerate(transactions)
            ],
        }

    def _transaction(self, transaction_hash: str) -> dict[str, Any] | None:
        place = self._blocks.place(_bytes(transaction_hash))
        if place is None:
            waiting = self._blocks.waiting(_bytes(transaction_hash))
            return None if waiting is None else _transaction(waiting, None, None)
        header = self._blocks.header(place[0])
        assert header is not None
        return _transaction(self._blocks.transactions(header)[place[1]], header, place[1])

    def _receipt(self, transaction_hash: str) -> dict[str, Any] | None:
        place = self._blocks.place(_bytes(transaction_hash))
        return None if place is None else self._receipts_of(place[0])[place[1]]

    def _block_receipts(self, block: Any) -> list[dict[str, Any]] | None:
        header = self._header({"blockHash": block} if isinstance(block, str) and len(block) == 66 else block)
        return None if header is None else self._receipts_of(header.block_number)

    def _formatted_receipts(self, number: int) -> list[dict[str, Any]]:
        header = self._blocks.header(number)
        assert header is not None
        transactions, receipts = self._blocks.transactions(header), self._blocks.receipts(header)
        formatted, gas_before, first_log = [], 0, 0
        for index, (transaction, receipt) in enumerate(zip(transactions, receipts, strict=True)):
            formatted.append(_receipt(header, index, transaction, receipt, gas_before, first_log))
            gas_before = receipt.gas_used
            first_log += len(receipt.logs)
        return formatted

    def _logs(self, wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
        addresses = wanted.get("address") or []
        addresses = [addresses] if isinstance(addresses, str) else addresses
        topics = [[one] if isinstance(one, str) else (one or []) for one in wanted.get("topics") or []]
        some_of = [{one.lower() for one in choices} for choices in (addresses, *topics)]
        in_bloom = [[_bytes(one) for one in choices] for choices in some_of if choices]
        for header in self._range(wanted):
            bloom = BloomFilter(header.bloom)
            if not header.bloom or not all(any(one in bloom for one in choices) for choices in in_bloom):
                continue
            for receipt in self._receipts_of(header.block_number):
                for log in receipt["logs"]:
                    told = [log["address"], *log["topics"]]
                    if len(told) >= len(some_of) and all(
                        not choices or one.lower() in choices for one, choices in zip(told, some_of, strict=False)
                    ):
                        yield log

    def _range(self, wanted: dict[str, Any]) -> Iterator[BlockHeaderAPI]:
        if "blockHash" in wanted:
            header = self._header(wanted)
            if header is None:
                raise Refusal(-32000, "unknown block")
            yield header
            return
        first, last = self._header(wanted.get("fromBlock")), self._header(wanted.get("toBlock"))
        if first is None:
            return
        until = self._blocks.head if last is None else last
        for number in range(first.block_number, until.block_number + 1):
            header = self._blocks.header(number)
            if header is not None:
                yield header


def _receipt(
    header: BlockHeaderAPI,
    index: int,
    transaction: SignedTransactionAPI,
    receipt: ReceiptAPI,
    gas_before: int,
    first_log: int,
) -> dict[str, Any]:
    place = {
        "blockNumber": hex(header.block_number),
        "blockHash": _hex(header.hash),
        "transactionHash": _hex(transaction.hash),
        "transactionIndex": hex(index),
    }
    created = None
    if not transaction.to:
        created = to_hex(keccak(encode([transaction.sender, transaction.nonce]))[12:])
    return place | {
        "type": "0x0",
        "from": to_hex(transaction.sender),
        "to": to_hex(transaction.to) if transaction.to else None,
        "contractAddress": created,
        "status": "0x1" if receipt.state_root == b"\x01" else "0x0",
        "gasUsed": hex(receipt.gas_used - gas_before),
        "cumulativeGasUsed": hex(receipt.gas_used),
        "effectiveGasPrice": hex(transaction.gas_price),
        "logsBloom": f"0x{receipt.bloom:0512x}",
        "logs": [
            place
            | {
                "address": to_hex(log.address),
                "topics": [f"0x{one:064x}" for one in log.topics],
                "data": _hex(log.data),
                "logIndex": hex(first_log + position),
                "blockTimestamp": hex(header.timestamp),
                "removed": False,
            }
            for position, log in enumerate(receipt.logs)
        ],
    }


def _transaction(one: SignedTransactionAPI, header: BlockHeaderAPI | None, index: int | None) -> dict[str, Any]:
    v = one.y_parity + 35 + 2 * (one.chain_id or 0)
    return {
        "type": "0x0",
        "hash": _hex(one.hash),
        "nonce": hex(one.nonce),
        "from": to_hex(one.sender),
        "to": to_hex(one.to) if one.to else None,
        "value": hex(one.value),
        "gas": hex(one.gas),
        "gasPrice": hex(one.gas_price),
        "input": _hex(one.data),
        "chainId": hex(one.chain_id or 0),
        "v": hex(v),
        "r": hex(one.r),
        "s": hex(one.s),
        "blockNumber": hex(header.block_number) if header else None,
        "blockHash": _hex(header.hash) if header else None,
        "transactionIndex": None if index is None else hex(index),
    }


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _bytes(value: str) -> bytes:
    return decode_hex(value)


def _number(value: int | str) -> int:
    return value if isinstance(value, int) else int(value, 16)
