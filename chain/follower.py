"""What became of the transactions that were sent: in which block they are, which acts they executed, what is final.

An act was executed if its transaction logged `Acted` with the act's id: one `eth_getLogs` a block. A receipt costs some
nodes the whole block (anvil: 16 seconds for all of a block of 3,000): they are asked for only of what seems to have
failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog

from chain.artifacts import artifact
from chain.offchain import reading, writing
from chain.outbox import PENDING, UNREFUSED, ActState, acts, attempts, parts, set_state, transactions
from chain.refusals import MALFORMED, ActRefused, refusal_of
from chain.rpc import NodeError, Rpc
from chain.simulation import simulate_all

ATTEMPTS = 5
"""How often an act that passes in simulation may fail in a block before it is refused."""
ACTED = next(topic for topic, event in artifact("Parties").events.items() if event["name"] == "Acted")
BLOCKS, RECEIPTS, HASHES = 50, 100, 500
"""How many are asked for in one request."""

log = structlog.get_logger("relay")

_unseen = {"block_number": None, "block_hash": None, "position": None}
_of_an_attempt = transactions.c.sequence == attempts.c.transaction
_carried = sa.exists().where(
    attempts.c.act == acts.c.sequence, sa.or_(attempts.c.succeeded.is_(None), attempts.c.succeeded)
)


class Head(NamedTuple):
    """The chain's newest block."""

    number: int
    hash: str
    gas_limit: int


class Follower:
    """Moves what was sent as far as the chain has taken it; `follow` is one round."""

    def __init__(self, store: sa.Engine, rpc: Rpc, sender: str, confirmations: int) -> None:
        """`sender`: the account by which failed acts are simulated."""
        self._store = store
        self._rpc = rpc
        self._sender = sender
        self._confirmations = confirmations
        self._head: Head | None = None

    def read_head(self) -> Head:
        """The newest block. Raises `NodeUnreachable`."""
        block = self._rpc.call("eth_getBlockByNumber", "latest", False)
        return Head(int(block["number"], 16), block["hash"], int(block["gasLimit"], 16))

    def follow(self, head: Head) -> int:
        """Notes what came with the blocks up to `head`; returns how many acts moved.

        Raises `NodeUnreachable`, and `NodeError` when a block goes away while it is read.
        """
        if head == self._head:
            return 0
        if self._head is not None and self._block_hash(self._head.number) == self._head.hash:
            blocks: Sequence[int] = range(self._head.number + 1, head.number + 1)
        else:
            self._forget_lost_blocks()
            with reading(self._store) as connection:
                hashes = connection.execute(sa.select(transactions.c.hash).where(PENDING)).scalars().all()
            blocks = sorted({block for block in self.locate(hashes) if block is not None})
        moved = self.settle(blocks) + self.judge() + self._confirm(head)
        self._head = head
        return moved

    def settle(self, blocks: Sequence[int]) -> int:
        """Notes which pending transactions are in these blocks, and which of their acts they executed."""
        with reading(self._store) as connection:
            waiting = connection.execute(sa.select(transactions.c.hash, transactions.c.sequence).where(PENDING))
            pending: dict[str, int] = {row.hash: row.sequence for row in waiting}
        if not pending:
            return 0
        moved = 0
        for part in parts(blocks, BLOCKS):
            bodies = self._rpc.batch(("eth_getBlockByNumber", [hex(number), False]) for number in part)
            ours = [body for body in bodies if body and not pending.keys().isdisjoint(body["transactions"])]
            logs = self._rpc.batch(("eth_getLogs", [{"blockHash": body["hash"], "topics": [ACTED]}]) for body in ours)
            mined = {
                one: {
                    "_sequence": pending[one],
                    "block_number": int(body["number"], 16),
                    "block_hash": body["hash"],
                    "position": position,
                }
                for body in ours
                for position, one in enumerate(body["transactions"])
                if one in pending
            }
            if mined:
                moved += self._note(mined, {_execution(entry) for block in logs for entry in block})
        return moved

    def _note(self, mined: Mapping[str, Mapping[str, Any]], executed: set[tuple[str, str]]) -> int:
        """Notes the places of transactions, by hash, and which acts succeeded: pairs of transaction and act id."""
        sequences = [row["_sequence"] for row in mined.values()]
        query = sa.select(transactions.c.hash, attempts.c.transaction, attempts.c.act, acts.c.id)
        query = query.where(_of_an_attempt, acts.c.sequence == attempts.c.act)
        with reading(self._store) as connection:
            carried = [
                row
                for part in parts(sequences, 5_000)
                for row in connection.execute(query.where(attempts.c.transaction.in_(part)))
            ]
        doubtful = {row.hash for row in carried if (row.hash, row.id) not in executed}
        executed = executed | self._in_receipts(sorted(doubtful))
        done = [row.act for row in carried if (row.hash, row.id) in executed]
        failed = [
            {"_act": row.act, "_transaction": row.transaction} for row in carried if (row.hash, row.id) not in executed
        ]
        with writing(self._store) as connection:
            place = transactions.update().where(transactions.c.sequence == sa.bindparam("_sequence"))
            connection.execute(place, list(mined.values()))
            for part in parts(sequences, 5_000):
                connection.execute(attempts.update().where(attempts.c.transaction.in_(part)).values(succeeded=True))
            if failed:
                one = sa.and_(
                    attempts.c.act == sa.bindparam("_act"), attempts.c.transaction == sa.bindparam("_transaction")
                )
                connection.execute(attempts.update().where(one).values(succeeded=False), failed)
            set_state(connection, done, ActState.MINED)
        return len(carried)

    def _in_receipts(self, hashes: Sequence[str]) -> set[tuple[str, str]]:
        """What they executed all the same: a node that keeps back logs must not make an act look refused."""
        return {
            _execution(entry)
            for part in parts(hashes, RECEIPTS)
            for receipt in self._rpc.batch(("eth_getTransactionReceipt", [one]) for one in part)
            if receipt is not None
            for entry in receipt["logs"]
            if entry["topics"][:1] == [ACTED]
        }

    def judge(self) -> int:
        """Acts whose every transaction failed them: sends them again, or refuses them in the contract's words.

        Relayers share blocks, and lost blocks are replayed, so an act may have come before another that it builds
        on. It is refused only when no earlier act is under way.
        """
        submitted = acts.c.state == ActState.SUBMITTED
        under_way = sa.select(sa.func.min(acts.c.sequence))
        with reading(self._store) as connection:
            query = sa.select(acts).where(submitted, ~_carried).order_by(acts.c.sequence)
            failed = connection.execute(query).all()
            if not failed:
                return 0
            earliest = [
                connection.execute(under_way.where(acts.c.state == ActState.ACCEPTED)).scalar(),
                connection.execute(under_way.where(submitted, _carried)).scalar(),
            ]
        first_open = min((one for one in earliest if one is not None), default=failed[-1].sequence + 1)
        answers = simulate_all(self._rpc, [(act.contract, act.call) for act in failed], self._sender)
        again: list[int] = []
        refused: list[tuple[int, ActRefused]] = []
        for act, answer in zip(failed, answers, strict=True):
            refusal = refusal_of(answer) if isinstance(answer, NodeError) else None
            if refusal is None and act.attempts < ATTEMPTS:
                again.append(act.sequence)
                first_open = min(first_open, act.sequence)
            elif act.sequence < first_open:
                refused.append((act.sequence, refusal or ActRefused(MALFORMED, {})))
        with writing(self._store) as connection:
            set_state(connection, again, ActState.ACCEPTED)
            for sequence, refusal in refused:
                words = {"en": refusal.words("en"), "zh": refusal.words("zh")}
                named = {name: _plain(value) for name, value in refusal.values.items()}
                connection.execute(
                    acts.update()
                    .where(acts.c.sequence == sequence)
                    .values(state=ActState.REFUSED, error=refusal.code, error_values=named, error_words=words)
                )
        return len(again) + len(refused)

    def displace(self, hashes: Sequence[str], head: Head) -> None:
        """Other transactions took the nonces of these: they have failed as of `head`, and their acts are judged.

        Should that block be lost, they are sent again.
        """
        displaced = sa.and_(transactions.c.hash.in_(hashes), PENDING)
        of_them = attempts.c.transaction.in_(sa.select(transactions.c.sequence).where(displaced))
        with writing(self._store) as connection:
            connection.execute(attempts.update().where(of_them).values(succeeded=False))
            place = {"block_number": head.number, "block_hash": head.hash}
            connection.execute(transactions.update().where(displaced).values(**place))
        self.judge()

    def _confirm(self, head: Head) -> int:
        deep = sa.and_(
            transactions.c.final.is_(False), transactions.c.block_number <= head.number - self._confirmations
        )
        executed = sa.select(attempts.c.act).where(_of_an_attempt, deep, attempts.c.succeeded)
        with reading(self._store) as connection:
            if connection.execute(sa.select(transactions.c.hash).where(deep).limit(1)).first() is None:
                return 0
        with writing(self._store) as connection:
            connection.execute(acts.update().where(acts.c.sequence.in_(executed)).values(state=ActState.FINAL))
            return connection.execute(transactions.update().where(deep).values(final=True)).rowcount

    def _forget_lost_blocks(self) -> None:
        """Takes back what stood in blocks that the chain no longer has, and has it sent again."""
        kept = self._last_kept_block()
        lost = sa.select(transactions.c.sequence).where(transactions.c.block_number > kept)
        concerned = sa.select(attempts.c.act).where(attempts.c.transaction.in_(lost))
        executed = sa.exists().where(
            attempts.c.act == acts.c.sequence,
            attempts.c.succeeded,
            _of_an_attempt,
            transactions.c.block_number <= kept,
        )
        with writing(self._store) as connection:
            count = connection.execute(
                acts.update()
                .where(acts.c.sequence.in_(concerned), acts.c.state != ActState.ACCEPTED, ~executed)
                .values(state=ActState.SUBMITTED, **UNREFUSED)
            ).rowcount
            connection.execute(attempts.update().where(attempts.c.transaction.in_(lost)).values(succeeded=None))
            connection.execute(
                transactions.update()
                .where(transactions.c.block_number > kept)
                .values(**_unseen, final=False, sent_at=0.0)
            )
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

    def locate(self, hashes: Sequence[str]) -> list[int | None]:
        """The block that holds each transaction; None for one that is in none."""
        return [
            int(found["blockNumber"], 16) if found and found.get("blockNumber") else None
            for part in parts(hashes, HASHES)
            for found in self._rpc.batch(("eth_getTransactionByHash", [one]) for one in part)
        ]

    def _block_hash(self, number: int) -> str | None:
        block = self._rpc.call("eth_getBlockByNumber", hex(number), False)
        return block["hash"] if block else None


def _execution(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Transaction and act id of a log `Acted`."""
    return entry["transactionHash"], entry["topics"][1]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, int) and value >= 1 << 53 else value
