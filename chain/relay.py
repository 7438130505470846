"""The relay: carries acts from the outbox to the chain with keys that pay nothing, and watches them until final.

One relay owns the relayers' nonces (`chain.lease`). It sends the same bytes again when a receipt has vanished, because
a restarted development node forgets its newest blocks; "nonce too low" and "already known" mean "look for the receipt".
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from eth_utils import keccak

from chain.acts import SignedAct
from chain.lease import lease
from chain.offchain import reading, writing
from chain.outbox import ActState, Outbox, acts, transactions
from chain.refusals import MALFORMED, ActRefused, refusal_of
from chain.rpc import NodeError, NodeUnreachable, Rpc
from chain.signers import Signer

GAS = 2_000_000
IN_FLIGHT = 1_000
"""Transactions per relayer that may wait for a block at once."""
SEND_BATCH = 200
RESEND_SECONDS = 5.0
ATTEMPTS = 5
"""How often an act that passes in simulation may revert in a block before it is refused."""
LEASE = "relay"

log = structlog.get_logger("relay")


def simulate(rpc: Rpc, signed: SignedAct, sender: str) -> None:
    """Asks the contract, at the head, whether it would accept the act. Raises `ActRefused`, `NodeError`."""
    refused = _simulate(rpc, [(signed.domain.address, signed.calldata)], sender)[0]
    if refused:
        raise refused


class Relay:
    """Moves every act of the outbox as far as the chain allows; `step` is one round."""

    def __init__(
        self,
        outbox: Outbox,
        rpc: Rpc,
        relayers: Sequence[Signer],
        chain_id: int,
        confirmations: int,
    ):
        self._outbox = outbox
        self._store = outbox.store
        self._rpc = rpc
        self._relayers = {relayer.address: relayer for relayer in relayers}
        self._chain_id = chain_id
        self._confirmations = confirmations
        self._next_nonces: dict[str, int] = {}
        self._head: tuple[int, str] | None = None

    def run(self, stop: threading.Event, pause: float = 0.05) -> None:
        """Works until `stop` is set; a node that does not answer is waited for. Raises `LeaseHeld`."""
        with lease(self._store, LEASE):
            while not stop.is_set():
                try:
                    moved = self.step()
                except NodeUnreachable as failure:
                    log.warning("node unreachable", reason=str(failure))
                    stop.wait(1.0)
                    continue
                if not moved:
                    stop.wait(pause)

    def step(self) -> int:
        """One round: notice lost blocks, collect receipts, confirm, resend, send. Returns how many acts moved."""
        number, block_hash = self._read_head()
        if self._head != (number, block_hash):
            if self._head is None or self._forked(number):
                self._forget_lost_blocks(number)
            self._head = (number, block_hash)
        return self._collect_receipts() + self._confirm(number) + self._send_accepted()

    # Receipts

    def _collect_receipts(self) -> int:
        query = (
            sa.select(
                transactions.c.hash,
                transactions.c.act,
                transactions.c.raw,
                transactions.c.sent_at,
            )
            .where(transactions.c.succeeded.is_(None))
            .order_by(transactions.c.relayer, transactions.c.nonce)
        )
        with reading(self._store) as connection:
            waiting = connection.execute(query).all()
        if not waiting:
            return 0
        receipts = []
        for part in _parts(waiting, 500):
            receipts += self._rpc.batch(
                ("eth_getTransactionReceipt", [row.hash]) for row in part
            )
        found = [
            (row, receipt)
            for row, receipt in zip(waiting, receipts, strict=True)
            if receipt
        ]
        overdue = time.time() - RESEND_SECONDS
        missing = [
            row
            for row, receipt in zip(waiting, receipts, strict=True)
            if not receipt and row.sent_at < overdue
        ]
        if found:
            self._store_receipts(found)
        if missing:
            self._broadcast([(row.hash, row.raw) for row in missing])
        return len(found)

    def _store_receipts(self, found: Iterable[tuple[Any, dict[str, Any]]]) -> None:
        succeeded: list[int] = []
        reverted: list[int] = []
        rows: list[dict[str, Any]] = []
        for row, receipt in found:
            good = receipt["status"] == "0x1"
            (succeeded if good else reverted).append(row.act)
            rows.append(
                {
                    "_hash": row.hash,
                    "block_number": int(receipt["blockNumber"], 16),
                    "block_hash": receipt["blockHash"],
                    "position": int(receipt["transactionIndex"], 16),
                    "succeeded": good,
                }
            )
        with writing(self._store) as connection:
            connection.execute(
                transactions.update().where(
                    transactions.c.hash == sa.bindparam("_hash")
                ),
                rows,
            )
            _set_state(connection, succeeded, ActState.MINED)
        for act in reverted:
            self._judge(act)

    def _judge(self, sequence: int) -> None:
        """An act's transaction reverted: refuse the act with the contract's reason, or try again if none is left.

        The simulation before and the block may differ in order; so may the replay of lost blocks.
        """
        with reading(self._store) as connection:
            act = connection.execute(
                sa.select(acts).where(acts.c.sequence == sequence)
            ).one()
        refused = _simulate(
            self._rpc, [(act.contract, act.call)], next(iter(self._relayers))
        )[0]
        if refused is None and act.attempts < ATTEMPTS:
            values: dict[str, Any] = {"state": ActState.ACCEPTED}
        else:
            refused = refused or ActRefused(MALFORMED, {})
            values = {
                "state": ActState.REFUSED,
                "error": refused.code,
                "error_values": {
                    name: _plain(value) for name, value in refused.values.items()
                },
                "error_words": {"en": refused.words("en"), "zh": refused.words("zh")},
            }
        with writing(self._store) as connection:
            connection.execute(
                acts.update().where(acts.c.sequence == sequence).values(**values)
            )

    # Certainty

    def _confirm(self, head: int) -> int:
        settled = sa.select(
            transactions.c.hash, transactions.c.act, transactions.c.succeeded
        ).where(
            transactions.c.final.is_(False),
            transactions.c.block_number <= head - self._confirmations,
        )
        with writing(self._store) as connection:
            rows = connection.execute(settled).all()
            if not rows:
                return 0
            connection.execute(
                transactions.update()
                .where(transactions.c.hash == sa.bindparam("_hash"))
                .values(final=True),
                [{"_hash": row.hash} for row in rows],
            )
            _set_state(
                connection, [row.act for row in rows if row.succeeded], ActState.FINAL
            )
        return len(rows)

    def _forked(self, head: int) -> bool:
        assert self._head
        number, block_hash = self._head
        return head < number or self._block_hash(number) != block_hash

    def _forget_lost_blocks(self, head: int) -> None:
        """Finds the newest block of ours that the chain still has; what lies above is as if never included."""
        blocks = sa.select(
            transactions.c.block_number, transactions.c.block_hash
        ).distinct()
        with reading(self._store) as connection:
            known = connection.execute(
                blocks.where(transactions.c.block_number.is_not(None)).order_by(
                    transactions.c.block_number.desc()
                )
            ).all()
        kept = -1
        for row in known:
            if (
                row.block_number <= head
                and self._block_hash(row.block_number) == row.block_hash
            ):
                kept = row.block_number
                break
        lost = transactions.c.block_number > kept
        with writing(self._store) as connection:
            rows = connection.execute(
                sa.select(
                    transactions.c.hash,
                    transactions.c.raw,
                    transactions.c.act,
                    transactions.c.succeeded,
                )
                .where(lost)
                .order_by(transactions.c.block_number, transactions.c.position)
            ).all()
            if not rows:
                return
            log.warning(
                "blocks lost, sending their transactions again",
                after_block=kept,
                count=len(rows),
            )
            _set_state(
                connection,
                [row.act for row in rows if row.succeeded],
                ActState.SUBMITTED,
            )
            connection.execute(
                transactions.update()
                .where(lost)
                .values(
                    block_number=None,
                    block_hash=None,
                    position=None,
                    succeeded=None,
                    final=False,
                )
            )
        self._broadcast([(row.hash, row.raw) for row in rows])

    # Sending

    def _send_accepted(self) -> int:
        accepted = (
            sa.select(acts.c.sequence, acts.c.contract, acts.c.call)
            .where(acts.c.state == ActState.ACCEPTED)
            .order_by(acts.c.sequence)
        )
        with reading(self._store) as connection:
            room = self._room(connection)
            waiting = connection.execute(
                accepted.limit(min(sum(room.values()), SEND_BATCH))
            ).all()
        if not waiting:
            return 0
        now = time.time()
        rows = []
        for act in waiting:
            relayer = max(room, key=lambda address: room[address])
            room[relayer] -= 1
            nonce = self._take_nonce(relayer)
            raw = self._relayers[relayer].sign_transaction(
                to=act.contract,
                call=act.call,
                nonce=nonce,
                gas=GAS,
                chain_id=self._chain_id,
            )
            rows.append(
                {
                    "relayer": relayer,
                    "nonce": nonce,
                    "hash": "0x" + keccak(raw).hex(),
                    "act": act.sequence,
                    "raw": raw,
                    "sent_at": now,
                    "final": False,
                }
            )
        with writing(self._store) as connection:
            connection.execute(transactions.insert(), rows)
            _set_state(
                connection,
                [row["act"] for row in rows],
                ActState.SUBMITTED,
                attempted=True,
            )
        self._broadcast([(row["hash"], row["raw"]) for row in rows])
        return len(rows)

    def _room(self, connection: sa.Connection) -> dict[str, int]:
        """How many more transactions each relayer may have in flight."""
        query = (
            sa.select(transactions.c.relayer, sa.func.count())
            .where(transactions.c.succeeded.is_(None))
            .group_by(transactions.c.relayer)
        )
        in_flight = defaultdict(
            int, {relayer: count for relayer, count in connection.execute(query)}
        )
        return {address: IN_FLIGHT - in_flight[address] for address in self._relayers}

    def _take_nonce(self, relayer: str) -> int:
        if relayer not in self._next_nonces:
            query = sa.select(sa.func.max(transactions.c.nonce)).where(
                transactions.c.relayer == relayer
            )
            with reading(self._store) as connection:
                last = connection.execute(query).scalar()
            on_chain = int(
                self._rpc.call("eth_getTransactionCount", relayer, "latest"), 16
            )
            self._next_nonces[relayer] = max(on_chain, -1 if last is None else last + 1)
        nonce = self._next_nonces[relayer]
        self._next_nonces[relayer] = nonce + 1
        return nonce

    def _broadcast(self, signed: Sequence[tuple[str, bytes]]) -> None:
        """Sends bytes that are written down already; what the node says to each shows in the receipt or the next try."""
        for part in _parts(signed, SEND_BATCH):
            answers = self._rpc.try_batch(
                ("eth_sendRawTransaction", ["0x" + raw.hex()]) for _, raw in part
            )
            for (transaction, _), answer in zip(part, answers, strict=True):
                if isinstance(answer, NodeError) and not _known(answer):
                    log.warning(
                        "transaction not taken",
                        transaction=transaction,
                        reason=answer.message,
                    )
        with writing(self._store) as connection:
            connection.execute(
                transactions.update()
                .where(transactions.c.hash == sa.bindparam("_hash"))
                .values(sent_at=time.time()),
                [{"_hash": transaction} for transaction, _ in signed],
            )

    def _read_head(self) -> tuple[int, str]:
        block = self._rpc.call("eth_getBlockByNumber", "latest", False)
        return int(block["number"], 16), block["hash"]

    def _block_hash(self, number: int) -> str | None:
        block = self._rpc.call("eth_getBlockByNumber", hex(number), False)
        return block["hash"] if block else None


def _simulate(
    rpc: Rpc, calls: Sequence[tuple[str, bytes]], sender: str
) -> list[ActRefused | None]:
    answers = rpc.try_batch(
        (
            "eth_call",
            [
                {
                    "from": sender,
                    "to": to,
                    "data": "0x" + call.hex(),
                    "gasPrice": "0x0",
                },
                "latest",
            ],
        )
        for to, call in calls
    )
    refusals: list[ActRefused | None] = []
    for answer in answers:
        refused = refusal_of(answer) if isinstance(answer, NodeError) else None
        if isinstance(answer, NodeError) and refused is None:
            raise answer
        refusals.append(refused)
    return refusals


def _set_state(
    connection: sa.Connection,
    sequences: Sequence[int],
    state: ActState,
    attempted: bool = False,
) -> None:
    if not sequences:
        return
    values: dict[str, Any] = {"state": state}
    if attempted:
        values["attempts"] = acts.c.attempts + 1
    connection.execute(
        acts.update()
        .where(acts.c.sequence == sa.bindparam("_sequence"))
        .values(**values),
        [{"_sequence": sequence} for sequence in sequences],
    )


def _known(answer: NodeError) -> bool:
    message = answer.message.lower()
    return (
        "already known" in message
        or "nonce too low" in message
        or "already imported" in message
    )


def _plain(value: object) -> object:
    return (
        str(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1 << 53
        else value
    )


def _parts(sequence: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (sequence[start : start + size] for start in range(0, len(sequence), size))
