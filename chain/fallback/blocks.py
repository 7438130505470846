"""Building blocks with py-evm: Berlin rules, no reward, no fees, a block whenever the server says so."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from typing import Any

from eth.abc import BlockHeaderAPI, ComputationAPI, ReceiptAPI, SignedTransactionAPI, StateAPI
from eth.chains.base import Chain, MiningChain
from eth.constants import ZERO_ADDRESS
from eth.db.atomic import AtomicDB
from eth.exceptions import CanonicalHeadNotFound, HeaderNotFound, TransactionNotFound
from eth.rlp.headers import BlockHeader
from eth.vm.forks import BerlinVM
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address, BlockNumber, Hash32
from eth_utils import ValidationError

from chain.errors import ChaqiError
from chain.fallback.store import Store

CALL_GAS = 100_000_000
"""Most gas an `eth_call` may use: about a minute of pure Python."""


class TransactionRefused(ChaqiError):
    """The chain does not take the transaction."""

    en = "{reason}"
    zh = "{reason}"


class NoRewardVM(BerlinVM):
    """Berlin without money."""

    @staticmethod
    def get_block_reward() -> int:
        """Nothing: nobody mines for money here."""
        return 0


class Blocks:
    """One canonical chain without forks. Not thread-safe: the server serialises access."""

    def __init__(self, store: Store, chain_id: int, gas_limit: int, genesis_time: int) -> None:
        """`genesis_time` (UTC seconds) dates the genesis of a new chain."""
        self._store = store
        self._gas_limit = gas_limit
        self.chain_id = chain_id
        rules = {"vm_configuration": ((0, NoRewardVM),), "chain_id": chain_id}
        berlin: type[MiningChain] = type("PythonChain", (MiningChain,), rules)
        db = AtomicDB(store)
        try:
            self._chain: Chain = berlin(db)
        except CanonicalHeadNotFound:
            genesis = BlockHeader(difficulty=1, block_number=0, gas_limit=gas_limit, timestamp=genesis_time)
            berlin.from_genesis_header(db, genesis)
            self._chain = berlin(db)
            store.commit()
        self.head: BlockHeaderAPI = self._chain.get_canonical_head()
        self._builder = NoRewardVM.get_transaction_builder()
        self._reading = self.state(self.head)
        self._waiting: dict[bytes, SignedTransactionAPI] = {}
        self._taken: defaultdict[bytes, set[int]] = defaultdict(set)
        self._unkept: list[tuple[bytes, bytes]] = []
        for raw in store.waiting():
            self._wait(self._builder.decode(raw))

    def header(self, number: int) -> BlockHeaderAPI | None:
        """The header of block `number`, if there is one."""
        if not 0 <= number <= self.head.block_number:
            return None
        return self._chain.get_canonical_block_header_by_number(BlockNumber(number))

    def header_by_hash(self, block_hash: bytes) -> BlockHeaderAPI | None:
        """The header with this hash, if there is one."""
        try:
            return self._chain.get_block_header_by_hash(Hash32(block_hash))
        except HeaderNotFound:
            return None

    def transactions(self, header: BlockHeaderAPI) -> tuple[SignedTransactionAPI, ...]:
        """The block's transactions."""
        return tuple(self._chain.chaindb.get_block_transactions(header, self._builder))

    def receipts(self, header: BlockHeaderAPI) -> tuple[ReceiptAPI, ...]:
        """The block's receipts."""
        return tuple(self._chain.chaindb.get_receipts(header, NoRewardVM.get_receipt_builder()))

    def place(self, transaction_hash: bytes) -> tuple[int, int] | None:
        """Block number and index of a mined transaction."""
        try:
            return self._chain.chaindb.get_transaction_index(Hash32(transaction_hash))
        except TransactionNotFound:
            return None

    def state(self, header: BlockHeaderAPI) -> StateAPI:
        """The state after block `header`, in that block's context. Changes made to it are not kept."""
        return self._chain.get_vm(header).state

    def waiting(self, transaction_hash: bytes) -> SignedTransactionAPI | None:
        """An accepted transaction that is in no block yet."""
        return self._waiting.get(transaction_hash)

    def nonce(self, account: bytes, *, pending: bool) -> int:
        """Next nonce of `account` at the head, counting waiting transactions if `pending`."""
        nonce: int = self._reading.get_nonce(Address(account))
        while pending and nonce in self._taken.get(account, ()):
            nonce += 1
        return nonce

    def accept(self, raw: bytes) -> SignedTransactionAPI:
        """Take a signed transaction for a coming block; `keep` saves it. Raises `TransactionRefused`."""
        try:
            transaction = self._builder.decode(raw)
            if transaction.gas < transaction.intrinsic_gas:
                raise TransactionRefused(reason="intrinsic gas too low")
            transaction.validate()
            transaction.check_signature_validity()
            sender = transaction.sender
        except TransactionRefused:
            raise
        except Exception as failure:  # py-evm and rlp raise dozens of types for bytes that are no transaction
            raise TransactionRefused(reason=f"invalid transaction: {failure}") from failure
        if transaction.chain_id != self.chain_id:
            raise TransactionRefused(reason=f"invalid chain id: {transaction.chain_id}, not {self.chain_id}")
        if transaction.hash in self._waiting or self.place(transaction.hash):
            raise TransactionRefused(reason="already known")
        state = self._reading
        if transaction.nonce < (expected := state.get_nonce(sender)):
            raise TransactionRefused(reason=f"nonce too low: next {expected}, got {transaction.nonce}")
        if transaction.gas > self._gas_limit:
            raise TransactionRefused(reason="exceeds block gas limit")
        if state.get_balance(sender) < transaction.value + transaction.gas * transaction.gas_price:
            raise TransactionRefused(reason="insufficient funds for gas * price + value")
        self._unkept.append((transaction.hash, raw))
        self._wait(transaction)
        return transaction

    def keep(self) -> None:
        """Put the transactions accepted since the last time on disk; acknowledge them only after this."""
        if self._unkept:
            self._store.accept(self._unkept)
            self._unkept.clear()

    def mine(self, timestamp: int, seconds: float | None = None) -> BlockHeaderAPI:
        """Build the next block of the waiting transactions, first come first served, in `seconds` of work."""
        deadline = None if seconds is None else time.monotonic() + seconds
        parent = self.head
        header: BlockHeaderAPI = BlockHeader(
            difficulty=1,
            block_number=parent.block_number + 1,
            gas_limit=self._gas_limit,
            timestamp=timestamp,
            parent_hash=parent.hash,
            state_root=parent.state_root,
            coinbase=ZERO_ADDRESS,
        )
        vm = self._chain.get_vm(header)
        mined: list[SignedTransactionAPI] = []
        receipts: list[ReceiptAPI] = []
        settled: list[bytes] = []
        try:
            queue = deque(self._waiting.values())
            early: dict[tuple[Address, int], SignedTransactionAPI] = {}  # those that came before the one they follow
            while queue:
                transaction = queue.popleft()
                if deadline is not None and time.monotonic() > deadline:
                    break
                if transaction.nonce > vm.state.get_nonce(transaction.sender):
                    early[transaction.sender, transaction.nonce] = transaction
                    continue
                if header.gas_used + transaction.gas > self._gas_limit:
                    break
                settled.append(transaction.hash)
                try:
                    receipt, _ = vm.apply_transaction(header, transaction)
                except ValidationError:  # its nonce was taken meanwhile: it can never be mined
                    continue
                header = vm.add_receipt_to_header(header, receipt)
                mined.append(transaction)
                receipts.append(receipt)
                if follower := early.pop((transaction.sender, transaction.nonce + 1), None):
                    queue.appendleft(follower)
            filled = vm.set_block_transactions_and_withdrawals(vm.get_block(), header, mined, receipts)
            block = vm.finalize_block(filled).block
            self._chain.chaindb.persist_block(block)
            self._store.commit(settled)
        except BaseException:
            self._store.discard()
            raise
        for one in settled:
            gone = self._waiting.pop(one)
            self._taken[gone.sender].discard(gone.nonce)
        self.head = block.header
        self._reading = self.state(self.head)
        return self.head

    def _wait(self, transaction: SignedTransactionAPI) -> None:
        self._waiting[transaction.hash] = transaction
        self._taken[transaction.sender].add(transaction.nonce)

    def call(self, header: BlockHeaderAPI, request: dict[str, Any]) -> ComputationAPI:
        """Run a call in the state after `header`; `request` has from, to, gas, value and data."""
        state = self.state(header)
        sender = request["from"]
        unsigned = NoRewardVM.create_unsigned_transaction(
            nonce=state.get_nonce(sender),
            gas_price=0,
            gas=min(request["gas"] or CALL_GAS, CALL_GAS),
            to=request["to"],
            value=request["value"],
            data=request["data"],
        )
        spoofed: Any = SpoofTransaction(unsigned, from_=sender)
        return state.costless_execute_transaction(spoofed)
