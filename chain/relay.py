"""The relay: carries acts from the outbox to the chain with keys that pay nothing, and watches them until final.

One relay owns the relayers' nonces (`chain.database`). What is pending stands in the store, what happened in the chain,
nothing only in memory. It sends the same bytes again when a transaction stays away or its block is lost; "already
known" and "nonce too low" then mean "look for it in the blocks".

An act was executed if its transaction logged `Acted`: one `eth_getLogs` a block. A receipt costs some nodes the whole
block (anvil: 16 seconds for all of a block of 3,000): they are asked for only of what seems to have reverted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog
from eth_utils import keccak

from chain.acts import SignedAct
from chain.artifacts import artifact
from chain.database import lease
from chain.offchain import AnyRow, reading, writing
from chain.outbox import UNREFUSED, ActState, Outbox, acts, transactions
from chain.refusals import MALFORMED, ActRefused, refusal_of
from chain.rpc import NodeError, NodeUnreachable, Rpc
from chain.signers import Signer

GAS = 2_000_000
GAS_A_BYTE = 2_000
"""What each byte of a call may cost beyond `GAS`: 200 packages for courts, 31.6 million gas, come in 19 kilobytes."""
IN_FLIGHT = 1_000
"""Transactions per relayer that may wait for a block at once."""
SEND_BATCH = 500
RESEND_BATCH = 5_000
RESEND_SECONDS = 5.0
ATTEMPTS = 5
"""How often an act that passes in simulation may revert in a block before it is refused."""
LEASE = "relay"
ACTED = next(topic for topic, event in artifact("Parties").events.items() if event["name"] == "Acted")

log = structlog.get_logger("relay")

UNSEEN = {"block_number": None, "block_hash": None, "position": None, "succeeded": None}
_pending = sa.and_(transactions.c.final.is_(False), transactions.c.block_number.is_(None))
_carried = sa.exists().where(
    transactions.c.act == acts.c.sequence, sa.or_(transactions.c.block_number.is_(None), transactions.c.succeeded)
)


def simulate(rpc: Rpc, signed: SignedAct, sender: str) -> None:
    """Asks the contract, at the head, whether it would accept the act. Raises `ActRefused`, `NodeError`."""
    answer = _simulate(rpc, [(signed.domain.address, signed.calldata)], sender)[0]
    if isinstance(answer, NodeError):
        raise refusal_of(answer) or answer


class Head(NamedTuple):
    """The chain's newest block."""

    number: int
    hash: str


class Relay:
    """Moves every act of the outbox as far as the chain allows; `step` is one round."""

    def __init__(self, outbox: Outbox, rpc: Rpc, relayers: Sequence[Signer], chain_id: int, confirmations: int) -> None:
        self._store = outbox.store
        self._rpc = rpc
        self._relayers = {relayer.address: relayer for relayer in relayers}
        self._chain_id = chain_id
        self._confirmations = confirmations
        self._head: Head | None = None
        self._missing: dict[str, int] = {}
        """Transactions in no block whose nonces are used, each with the head when that was noticed first."""

    def run(self, stop: threading.Event, pause: float = 0.05) -> None:
        """Works until `stop` is set; a node that does not answer is waited for. Raises `LeaseHeld`."""
        with lease(self._store, LEASE):
            while not stop.is_set():
                try:
                    moved = self.step()
                except (NodeUnreachable, NodeError) as failure:
                    log.warning("the node does not serve", reason=str(failure))
                    stop.wait(1.0)
                    continue
                if not moved:
                    stop.wait(pause)

    def step(self) -> int:
        """One round: follow the chain to its head, send again what stays away, send what is new.

        Returns how many acts moved. Raises `NodeUnreachable`, and `NodeError` when a block goes away while it is
        read; the next round does what was left.
        """
        head = self._read_head()
        moved = 0
        if head != self._head:
            moved = self._follow(head)
            self._head = head
        room, oldest = self._in_flight()
        if oldest < time.time() - RESEND_SECONDS:
            self._resend(head)
        return moved + self._send(room)

    # Following the chain

    def _follow(self, head: Head) -> int:
        if self._head is not None and self._block_hash(self._head.number) == self._head.hash:
            blocks: Sequence[int] = range(self._head.number + 1, head.number + 1)
        else:
            self._forget_lost_blocks()
            with reading(self._store) as connection:
                hashes = connection.execute(sa.select(transactions.c.hash).where(_pending)).scalars().all()
            blocks = sorted({block for block in self._locate(hashes) if block is not None})
        return self._settle(blocks) + self._judge() + self._confirm(head)

    def _settle(self, blocks: Sequence[int]) -> int:
        """Notes which pending transactions are in these blocks, and whether they executed their acts."""
        with reading(self._store) as connection:
            waiting = connection.execute(sa.select(transactions.c.hash, transactions.c.act).where(_pending))
            pending: dict[str, int] = {row.hash: row.act for row in waiting}
        if not pending:
            return 0
        moved = 0
        for part in _parts(blocks, 50):
            bodies = self._rpc.batch(("eth_getBlockByNumber", [hex(number), False]) for number in part)
            ours = [body for body in bodies if body and not pending.keys().isdisjoint(body["transactions"])]
            logs = self._rpc.batch(("eth_getLogs", [{"blockHash": body["hash"], "topics": [ACTED]}]) for body in ours)
            executed = {entry["transactionHash"] for block in logs for entry in block}
            rows = [
                {
                    "_hash": one,
                    "block_number": int(body["number"], 16),
                    "block_hash": body["hash"],
                    "position": position,
                }
                for body in ours
                for position, one in enumerate(body["transactions"])
                if one in pending
            ]
            executed |= self._without_log([row["_hash"] for row in rows if row["_hash"] not in executed])
            for row in rows:
                row["succeeded"] = row["_hash"] in executed
            if rows:
                with writing(self._store) as connection:
                    connection.execute(transactions.update().where(transactions.c.hash == sa.bindparam("_hash")), rows)
                    mined = [pending[row["_hash"]] for row in rows if row["succeeded"]]
                    _set_state(connection, mined, ActState.MINED)
            moved += len(rows)
        return moved

    def _without_log(self, hashes: Sequence[str]) -> set[str]:
        """Those that succeeded all the same: a node that keeps back logs must not make an act look refused."""
        found: set[str] = set()
        for part in _parts(hashes, 100):
            receipts = self._rpc.batch(("eth_getTransactionReceipt", [one]) for one in part)
            found |= {
                receipt["transactionHash"] for receipt in receipts if receipt is not None and receipt["status"] == "0x1"
            }
        return found

    def _judge(self) -> int:
        """Acts whose every transaction reverted: sends them again, or refuses them in the contract's words.

        Relayers share blocks, and lost blocks are replayed, so an act may have come before another that it builds
        on. It is refused only when no earlier act is under way.
        """
        submitted = acts.c.state == ActState.SUBMITTED
        under_way = sa.select(sa.func.min(acts.c.sequence))
        with reading(self._store) as connection:
            query = sa.select(acts).where(submitted, ~_carried).order_by(acts.c.sequence)
            reverted = connection.execute(query).all()
            if not reverted:
                return 0
            earliest = [
                connection.execute(under_way.where(acts.c.state == ActState.ACCEPTED)).scalar(),
                connection.execute(under_way.where(submitted, _carried)).scalar(),
            ]
        first_open = min((one for one in earliest if one is not None), default=reverted[-1].sequence + 1)
        answers = _simulate(self._rpc, [(act.contract, act.call) for act in reverted], next(iter(self._relayers)))
        again: list[int] = []
        refused: list[tuple[int, ActRefused]] = []
        for act, answer in zip(reverted, answers, strict=True):
            refusal = refusal_of(answer) if isinstance(answer, NodeError) else None
            if refusal is None and act.attempts < ATTEMPTS:
                again.append(act.sequence)
                first_open = min(first_open, act.sequence)
            elif act.sequence < first_open:
                refused.append((act.sequence, refusal or ActRefused(MALFORMED, {})))
        with writing(self._store) as connection:
            _set_state(connection, again, ActState.ACCEPTED)
            for sequence, refusal in refused:
                words = {"en": refusal.words("en"), "zh": refusal.words("zh")}
                named = {name: _plain(value) for name, value in refusal.values.items()}
                connection.execute(
                    acts.update()
                    .where(acts.c.sequence == sequence)
                    .values(state=ActState.REFUSED, error=refusal.code, error_values=named, error_words=words)
                )
        return len(again) + len(refused)

    def _confirm(self, head: Head) -> int:
        deep = sa.and_(
            transactions.c.final.is_(False), transactions.c.block_number <= head.number - self._confirmations
        )
        executed = sa.select(transactions.c.act).where(deep, transactions.c.succeeded)
        with reading(self._store) as connection:
            if connection.execute(sa.select(transactions.c.hash).where(deep).limit(1)).first() is None:
                return 0
        with writing(self._store) as connection:
            connection.execute(acts.update().where(acts.c.sequence.in_(executed)).values(state=ActState.FINAL))
            return connection.execute(transactions.update().where(deep).values(final=True)).rowcount

    def _forget_lost_blocks(self) -> None:
        """Takes back what stood in blocks that the chain no longer has, and has it sent again."""
        kept = self._last_kept_block()
        lost = transactions.c.block_number > kept
        concerned = sa.select(transactions.c.act).where(lost)
        executed = sa.exists().where(
            transactions.c.act == acts.c.sequence, transactions.c.block_number <= kept, transactions.c.succeeded
        )
        with writing(self._store) as connection:
            count = connection.execute(
                acts.update()
                .where(acts.c.sequence.in_(concerned), acts.c.state != ActState.ACCEPTED, ~executed)
                .values(state=ActState.SUBMITTED, **UNREFUSED)
            ).rowcount
            connection.execute(transactions.update().where(lost).values(**UNSEEN, final=False, sent_at=0.0))
        if count:
            log.warning("blocks lost, sending their acts again", after_block=kept, count=count)

    def _last_kept_block(self) -> int:
        """The newest block with a transaction of ours that is still in the chain; -1 when none is."""
        newest = sa.select(transactions.c.block_number, transactions.c.block_hash)
        newest = newest.order_by(transactions.c.block_number.desc()).limit(1)
        below: sa.ColumnElement[bool] = transactions.c.block_number.is_not(None)
        while True:
            with reading(self._store) as connection:
                row = connection.execute(newest.where(below)).first()
            if row is None:
                return -1
            number: int = row.block_number
            if self._block_hash(number) == row.block_hash:
                return number
            below = transactions.c.block_number < number

    # Sending

    def _in_flight(self) -> tuple[dict[str, int], float]:
        """How many more transactions each relayer may send, and when the oldest pending one was sent."""
        query = sa.select(transactions.c.relayer, sa.func.count(), sa.func.min(transactions.c.sent_at))
        with reading(self._store) as connection:
            rows = connection.execute(query.where(_pending).group_by(transactions.c.relayer)).all()
        counts = {relayer: count for relayer, count, _ in rows}
        room = {address: max(0, IN_FLIGHT - counts.get(address, 0)) for address in self._relayers}
        return room, min((sent_at for _, _, sent_at in rows), default=float("inf"))

    def _send(self, room: dict[str, int]) -> int:
        """Sends accepted acts as far as there is room; the node checks one batch while the next is signed."""
        accepted = sa.select(acts.c.sequence, acts.c.contract, acts.c.call)
        accepted = accepted.where(acts.c.state == ActState.ACCEPTED).order_by(acts.c.sequence)
        nonces: dict[str, int] = {}
        count = 0
        with ThreadPoolExecutor(1) as sender:
            sent: Future[Any] | None = None
            while True:
                with reading(self._store) as connection:
                    waiting = connection.execute(accepted.limit(min(sum(room.values()), SEND_BATCH))).all()
                if not waiting:
                    break
                nonces = nonces or self._next_nonces()
                rows = [self._sign(act, room, nonces) for act in waiting]
                with writing(self._store) as connection:
                    connection.execute(transactions.insert(), rows)
                    sequences = [act.sequence for act in waiting]
                    _set_state(connection, sequences, ActState.SUBMITTED, attempts=acts.c.attempts + 1)
                if sent:
                    sent.result()
                sent = sender.submit(self._broadcast, [(row["hash"], row["raw"]) for row in rows])
                count += len(rows)
            if sent:
                sent.result()
        return count

    def _sign(self, act: AnyRow, room: dict[str, int], nonces: dict[str, int]) -> dict[str, Any]:
        """The transaction that carries an act, by the relayer with the most room."""
        relayer = max(room, key=lambda address: room[address])
        nonce = nonces[relayer]
        room[relayer] -= 1
        nonces[relayer] += 1
        raw = self._relayers[relayer].sign_transaction(
            to=act.contract, call=act.call, nonce=nonce, gas=gas_limit(act.call), chain_id=self._chain_id
        )
        return {
            "relayer": relayer,
            "nonce": nonce,
            "hash": "0x" + keccak(raw).hex(),
            "act": act.sequence,
            "raw": raw,
            "sent_at": time.time(),
            "final": False,
        }

    def _next_nonces(self) -> dict[str, int]:
        """Each relayer's first nonce that neither our transactions nor anybody else's have used.

        Read again each time: a number kept in memory would run ahead of the store when a commit fails, and
        the chain waits for ever for the transaction that would fill the gap.
        """
        last = sa.func.max(transactions.c.nonce)
        on_chain = self._rpc.batch(("eth_getTransactionCount", [one, "latest"]) for one in self._relayers)
        with reading(self._store) as connection:
            ours = [
                connection.execute(sa.select(last).where(transactions.c.relayer == one)).scalar()
                for one in self._relayers
            ]
        return {
            relayer: max(int(count, 16), 0 if nonce is None else nonce + 1)
            for relayer, count, nonce in zip(self._relayers, on_chain, ours, strict=True)
        }

    def _resend(self, head: Head) -> None:
        now = time.time()
        overdue = sa.and_(_pending, transactions.c.sent_at < now - RESEND_SECONDS)
        query = sa.select(transactions.c.hash, transactions.c.raw).where(overdue)
        with reading(self._store) as connection:
            rows = connection.execute(query.order_by(transactions.c.sequence).limit(RESEND_BATCH)).all()
        used = self._broadcast(rows)
        with writing(self._store) as connection:
            sent = transactions.c.hash.in_([row.hash for row in rows])
            connection.execute(transactions.update().where(sent).values(sent_at=now))
        blocks = dict(zip(used, self._locate(used), strict=True))
        self._settle(sorted({block for block in blocks.values() if block is not None}))
        # A node may count the nonces of a block that it has not made yet. The block after that one decides.
        missing = [one for one, block in blocks.items() if block is None]
        since = self._read_head().number if missing else head.number
        displaced = [one for one in missing if self._missing.get(one, since) < head.number]
        self._missing = {one: self._missing.get(one, since) for one in missing}
        if displaced:
            log.warning("another transaction took the nonce", transactions=displaced)
            # As of this block they have failed; should it be lost, they are sent again.
            failed = {"block_number": head.number, "block_hash": head.hash, "succeeded": False}
            with writing(self._store) as connection:
                connection.execute(
                    transactions.update().where(transactions.c.hash.in_(displaced), _pending).values(**failed)
                )
            self._judge()

    def _broadcast(self, signed: Sequence[AnyRow | tuple[str, bytes]]) -> list[str]:
        """Sends bytes that are written down already; returns the hashes of those whose nonce is used."""
        used: list[str] = []
        for part in _parts(signed, SEND_BATCH):
            answers = self._rpc.try_batch(("eth_sendRawTransaction", ["0x" + raw.hex()]) for _, raw in part)
            for (transaction, _), answer in zip(part, answers, strict=True):
                if not isinstance(answer, NodeError):
                    continue
                message = answer.message.lower()
                if "nonce too low" in message:
                    used.append(transaction)
                elif not any(known in message for known in ("already known", "already imported", "known tran")):
                    log.warning("transaction not taken", transaction=transaction, reason=answer.message)
        return used

    def _locate(self, hashes: Sequence[str]) -> list[int | None]:
        """The block that holds each transaction; None for one that is in none."""
        return [
            int(found["blockNumber"], 16) if found and found.get("blockNumber") else None
            for part in _parts(hashes, 500)
            for found in self._rpc.batch(("eth_getTransactionByHash", [one]) for one in part)
        ]

    def _read_head(self) -> Head:
        block = self._rpc.call("eth_getBlockByNumber", "latest", False)
        return Head(int(block["number"], 16), block["hash"])

    def _block_hash(self, number: int) -> str | None:
        block = self._rpc.call("eth_getBlockByNumber", hex(number), False)
        return block["hash"] if block else None


def gas_limit(call: bytes) -> int:
    """The gas that a transaction with this call may use."""
    return GAS + GAS_A_BYTE * len(call)


def _simulate(rpc: Rpc, calls: Sequence[tuple[str, bytes]], sender: str) -> list[Any | NodeError]:
    common = {"from": sender, "gasPrice": "0x0"}
    answers: list[Any | NodeError] = []
    for part in _parts(calls, 100):
        answers += rpc.try_batch(
            ("eth_call", [common | {"to": to, "data": "0x" + call.hex(), "gas": hex(gas_limit(call))}, "latest"])
            for to, call in part
        )
    return answers


def _set_state(
    connection: sa.Connection, sequences: Sequence[int], state: ActState, **more: sa.ColumnElement[int]
) -> None:
    for part in _parts(sequences, 5_000):
        connection.execute(acts.update().where(acts.c.sequence.in_(part)).values(state=state, **UNREFUSED, **more))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, int) and value >= 1 << 53 else value


def _parts(sequence: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (sequence[start : start + size] for start in range(0, len(sequence), size))
