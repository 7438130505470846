"""The relay: carries acts from the outbox to the chain with keys that pay nothing, and watches them until final.

One relay owns the relayers' nonces (`chain.database`). What is pending stands in the store, what happened in the chain,
nothing only in memory. It sends the same bytes again when a transaction stays away or its block is lost; "already
known" and "nonce too low" then mean "look for it in the blocks".

    chain.bundle     which acts go into one transaction
    chain.follower   what became of the transactions
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import sqlalchemy as sa
import structlog
from eth_utils import keccak

from chain.bundle import bundles, call_of
from chain.database import lease
from chain.deploy import Deployment
from chain.follower import Follower, Head
from chain.offchain import AnyRow, reading, writing
from chain.outbox import PENDING, ActState, Outbox, acts, attempts, parts, set_state, transactions
from chain.rpc import NodeError, NodeUnreachable, Rpc
from chain.signers import Signer

IN_FLIGHT = 100
"""Transactions per relayer that may wait for a block at once: some 3,000 acts, in bundles."""
SEND_BATCH = 500
"""Acts that are signed, written down and sent together."""
REQUEST = 50
"""Transactions in one request. Of more than some 70 anvil takes a part out of turn; full bundles are a megabyte."""
RESEND_BATCH = 500
RESEND_SECONDS = 5.0
LEASE = "relay"

log = structlog.get_logger("relay")


class Relay:
    """Moves every act of the outbox as far as the chain allows; `step` is one round."""

    def __init__(
        self, outbox: Outbox, rpc: Rpc, relayers: Sequence[Signer], deployment: Deployment, confirmations: int
    ) -> None:
        self._store = outbox.store
        self._rpc = rpc
        self._relayers = {relayer.address: relayer for relayer in relayers}
        self._chain_id = deployment.chain_id
        self._bundle = deployment.address("Bundle")
        self._follower = Follower(outbox.store, rpc, next(iter(self._relayers)), confirmations)
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
        head = self._follower.read_head()
        moved = self._follower.follow(head)
        room, oldest = self._in_flight()
        if oldest < time.time() - RESEND_SECONDS:
            self._resend(head)
        return moved + self._send(room, head)

    def _in_flight(self) -> tuple[dict[str, int], float]:
        """How many more transactions each relayer may send, and when the oldest pending one was sent."""
        query = sa.select(transactions.c.relayer, sa.func.count(), sa.func.min(transactions.c.sent_at))
        with reading(self._store) as connection:
            rows = connection.execute(query.where(PENDING).group_by(transactions.c.relayer)).all()
        counts = {relayer: count for relayer, count, _ in rows}
        room = {address: max(0, IN_FLIGHT - counts.get(address, 0)) for address in self._relayers}
        return room, min((sent_at for _, _, sent_at in rows), default=float("inf"))

    def _send(self, room: dict[str, int], head: Head) -> int:
        """Sends accepted acts as far as there is room; the node checks one batch while the next is signed."""
        accepted = sa.select(acts.c.sequence, acts.c.contract, acts.c.call)
        accepted = accepted.where(acts.c.state == ActState.ACCEPTED).order_by(acts.c.sequence).limit(SEND_BATCH)
        nonces: dict[str, int] = {}
        count = 0
        with ThreadPoolExecutor(1) as sender:
            sent: Future[Any] | None = None
            while free := sum(room.values()):
                with reading(self._store) as connection:
                    waiting = connection.execute(accepted).all()
                if not waiting:
                    break
                nonces = nonces or self._next_nonces()
                carried = list(islice(bundles(waiting, head.gas_limit), free))
                rows = [self._sign(bundle, room, nonces) for bundle in carried]
                self._write_down(rows, carried)
                if sent:
                    sent.result()
                sent = sender.submit(self._broadcast, [(row["hash"], row["raw"]) for row in rows])
                count += sum(map(len, carried))
            if sent:
                sent.result()
        return count

    def _sign(self, bundle: Sequence[AnyRow], room: dict[str, int], nonces: dict[str, int]) -> dict[str, Any]:
        """The transaction that carries these acts, by the relayer with the most room."""
        relayer = max(room, key=lambda address: room[address])
        nonce = nonces[relayer]
        room[relayer] -= 1
        nonces[relayer] += 1
        to, call, gas = call_of(bundle, self._bundle)
        raw = self._relayers[relayer].sign_transaction(to=to, call=call, nonce=nonce, gas=gas, chain_id=self._chain_id)
        return {
            "relayer": relayer,
            "nonce": nonce,
            "hash": "0x" + keccak(raw).hex(),
            "raw": raw,
            "sent_at": time.time(),
            "final": False,
        }

    def _write_down(self, rows: Sequence[dict[str, Any]], carried: Sequence[Sequence[AnyRow]]) -> None:
        """Keeps transactions, and which acts each carries, before anybody sees them."""
        numbered = transactions.insert().returning(transactions.c.sequence, sort_by_parameter_order=True)
        with writing(self._store) as connection:
            sequences = connection.execute(numbered, rows).scalars().all()
            pairs = [
                {"transaction": sequence, "act": act.sequence}
                for sequence, bundle in zip(sequences, carried, strict=True)
                for act in bundle
            ]
            connection.execute(attempts.insert(), pairs)
            set_state(connection, [one["act"] for one in pairs], ActState.SUBMITTED, attempts=acts.c.attempts + 1)

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
        overdue = sa.and_(PENDING, transactions.c.sent_at < now - RESEND_SECONDS)
        query = sa.select(transactions.c.hash, transactions.c.raw).where(overdue)
        with reading(self._store) as connection:
            rows = connection.execute(query.order_by(transactions.c.sequence).limit(RESEND_BATCH)).all()
        used = self._broadcast(rows)
        with writing(self._store) as connection:
            sent = transactions.c.hash.in_([row.hash for row in rows])
            connection.execute(transactions.update().where(sent).values(sent_at=now))
        blocks = dict(zip(used, self._follower.locate(used), strict=True))
        self._follower.settle(sorted({block for block in blocks.values() if block is not None}))
        # A node may count the nonces of a block that it has not made yet. The block after that one decides.
        missing = [one for one, block in blocks.items() if block is None]
        since = self._follower.read_head().number if missing else head.number
        displaced = [one for one in missing if self._missing.get(one, since) < head.number]
        self._missing = {one: self._missing.get(one, since) for one in missing}
        if displaced:
            log.warning("another transaction took the nonce", transactions=displaced)
            self._follower.displace(displaced, head)

    def _broadcast(self, signed: Sequence[AnyRow | tuple[str, bytes]]) -> list[str]:
        """Sends bytes that are written down already; returns the hashes of those whose nonce is used."""
        used: list[str] = []
        for part in parts(signed, REQUEST):
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
