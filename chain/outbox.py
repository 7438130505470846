"""The outbox: every act that Chaqi promised to bring to the chain, and every transaction it signed to do so.

A transaction carries one act or several, and an act may need several transactions, one after the other.
An act is written here before anything is sent, and a transaction is written with its bytes before it is broadcast,
so that a crash at any instruction loses and doubles nothing (design law 7).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from chain.acts import SignedAct
from chain.errors import ChaqiError
from chain.offchain import Base, RowId, reading, writing


class ActState(StrEnum):
    """How far an act has come."""

    ACCEPTED = "accepted"
    """Written down; no transaction yet."""
    SUBMITTED = "submitted"
    """A signed transaction carries it to the chain."""
    MINED = "mined"
    """In a block that a reorganisation may still undo."""
    FINAL = "final"
    """Deep enough in the chain to be relied on."""
    REFUSED = "refused"
    """The contract refused it; the same act may be handed in again when the reason is gone."""


class IdempotencyKeyReused(ChaqiError):
    """The same idempotency key came with another act of the same signer."""

    status = 409
    en = "Idempotency key {key} was used for act {act}. Use a new key for a new act."
    zh = "幂等键 {key} 已用于行为 {act}，新的行为请使用新的键。"


acts = sa.Table(
    "outbox_acts",
    Base.metadata,
    sa.Column("sequence", RowId, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(66), nullable=False, unique=True),
    sa.Column("idempotency_key", sa.String(256)),
    sa.Column("act", sa.String(64), nullable=False),
    sa.Column("signer", sa.String(42), nullable=False, index=True),
    sa.Column("wire", sa.JSON, nullable=False),
    sa.Column("contract", sa.String(42), nullable=False),
    sa.Column("call", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.String(64)),
    sa.Column("error_values", sa.JSON),
    sa.Column("error_words", sa.JSON),
    sa.Column("accepted_at", sa.BigInteger, nullable=False),
    sa.Index("ix_outbox_acts_state_sequence", "state", "sequence"),
    sa.UniqueConstraint("signer", "idempotency_key"),
)

transactions = sa.Table(
    "outbox_transactions",
    Base.metadata,
    sa.Column("sequence", RowId, primary_key=True, autoincrement=True),
    sa.Column("relayer", sa.String(42), nullable=False),
    sa.Column("nonce", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(66), nullable=False, unique=True),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("sent_at", sa.Float, nullable=False),
    sa.Column("block_number", sa.BigInteger, index=True),
    sa.Column("block_hash", sa.String(66)),
    sa.Column("position", sa.Integer),
    sa.Column("final", sa.Boolean, nullable=False),
    sa.UniqueConstraint("relayer", "nonce"),
    sa.Index("ix_outbox_transactions_final_block_number", "final", "block_number"),
)
"""One row a relayer's nonce."""

attempts = sa.Table(
    "outbox_attempts",
    Base.metadata,
    sa.Column("act", RowId, sa.ForeignKey("outbox_acts.sequence"), primary_key=True),
    sa.Column("transaction", RowId, sa.ForeignKey("outbox_transactions.sequence"), primary_key=True, index=True),
    sa.Column("succeeded", sa.Boolean),
)
"""One row for each act that a transaction carries. `succeeded` is null until the transaction is in a block."""

PENDING: Final = sa.and_(transactions.c.final.is_(False), transactions.c.block_number.is_(None))
"""Condition of a transaction that is in no block that we know of."""

UNREFUSED: Final = {"error": None, "error_values": sa.null(), "error_words": sa.null()}
"""Column values of an act that no contract has refused."""


@dataclass(frozen=True)
class ActStatus:
    """An act as its sender may follow it."""

    id: str
    act: str
    signer: str
    state: ActState
    accepted_at: int
    transaction: str | None
    block_number: int | None
    block_hash: str | None
    error: str | None
    error_values: dict[str, Any] | None
    error_words: dict[str, str] | None
    wire: dict[str, Any]


class Outbox:
    """The acts in the off-chain store."""

    def __init__(self, store: sa.Engine) -> None:
        self.store = store

    def accept(self, signed: SignedAct, idempotency_key: str | None = None) -> ActStatus:
        """Takes one act. Taking the same act again changes nothing, unless it was refused: then it is tried again.

        Raises `IdempotencyKeyReused`.
        """
        with writing(self.store) as connection:
            self.accept_within(connection, signed, idempotency_key)
        status = self.status(signed.id)
        assert status is not None
        return status

    def accept_within(self, connection: sa.Connection, signed: SignedAct, idempotency_key: str | None) -> None:
        """`accept`, as a part of the caller's transaction. Raises `IdempotencyKeyReused`."""
        insert = _insert(connection).values(_row(signed, idempotency_key)).returning(acts.c.id)
        if connection.execute(insert).first() is None:
            self._accept_again(connection, signed, idempotency_key)

    def refuse_reused_key(self, signed: SignedAct, idempotency_key: str | None) -> None:
        """Makes sure that the key is free for this act. Raises `IdempotencyKeyReused`."""
        if idempotency_key is not None:
            with reading(self.store) as connection:
                _refuse_reused_key(connection, signed, idempotency_key)

    @staticmethod
    def _accept_again(connection: sa.Connection, signed: SignedAct, idempotency_key: str | None) -> None:
        act = signed.id
        if idempotency_key is not None:
            _refuse_reused_key(connection, signed, idempotency_key)
            connection.execute(
                acts.update()
                .where(acts.c.id == act, acts.c.idempotency_key.is_(None))
                .values(idempotency_key=idempotency_key)
            )
        connection.execute(
            acts.update()
            .where(acts.c.id == act, acts.c.state == ActState.REFUSED)
            .values(state=ActState.ACCEPTED, attempts=0, **UNREFUSED)
        )

    def accept_all(self, signed: Sequence[SignedAct], chunk: int = 500) -> int:
        """Takes many acts in order, in few transactions; returns how many were new."""
        new = 0
        for start in range(0, len(signed), chunk):
            part = {one.id: one for one in signed[start : start + chunk]}
            with writing(self.store) as connection:
                known = set(connection.execute(sa.select(acts.c.id).where(acts.c.id.in_(part))).scalars())
                rows = [_row(one, None) for one in part.values() if one.id not in known]
                if rows:
                    connection.execute(_insert(connection), rows)
                new += len(rows)
        return new

    def status(self, act: str) -> ActStatus | None:
        """How far the act has come; None when it is not known here."""
        with reading(self.store) as connection:
            row = connection.execute(_STATUS.where(acts.c.id == act)).first()
        return _status(row) if row else None

    def statuses(
        self, *, before: int | None = None, limit: int = 50, signer: str | None = None, state: ActState | None = None
    ) -> list[tuple[int, ActStatus]]:
        """Acts with their sequence numbers, newest first, below sequence `before`."""
        query = _STATUS.order_by(acts.c.sequence.desc()).limit(limit)
        if before is not None:
            query = query.where(acts.c.sequence < before)
        if signer is not None:
            query = query.where(acts.c.signer == signer.lower())
        if state is not None:
            query = query.where(acts.c.state == state)
        with reading(self.store) as connection:
            return [(row.sequence, _status(row)) for row in connection.execute(query)]

    def counts(self) -> dict[str, int]:
        """How many acts stand at each state."""
        query = sa.select(acts.c.state, sa.func.count()).group_by(acts.c.state)
        with reading(self.store) as connection:
            return {state: count for state, count in connection.execute(query)}

    def count_at(self, state: ActState) -> int:
        """How many acts stand at a state; reads no others, so that it may be asked again and again."""
        with reading(self.store) as connection:
            query = sa.select(sa.func.count()).select_from(acts).where(acts.c.state == state)
            return int(connection.execute(query).scalar_one())

    def count_pending(self) -> int:
        """How many transactions are in no block that we know of."""
        with reading(self.store) as connection:
            query = sa.select(sa.func.count()).select_from(transactions).where(PENDING)
            return int(connection.execute(query).scalar_one())

    def unsettled(self, ids: Iterable[str]) -> list[ActStatus]:
        """Those of the acts that are neither mined nor final; refused ones among them."""
        wanted = list(ids)
        found: list[ActStatus] = []
        with reading(self.store) as connection:
            for start in range(0, len(wanted), 500):
                query = _STATUS.where(
                    acts.c.id.in_(wanted[start : start + 500]), acts.c.state.not_in([ActState.MINED, ActState.FINAL])
                )
                found.extend(_status(row) for row in connection.execute(query))
        return found


_last = (
    sa.select(sa.func.max(attempts.c.transaction))
    .where(attempts.c.act == acts.c.sequence)
    .correlate(acts)
    .scalar_subquery()
)
_STATUS = sa.select(acts, transactions.c.hash, transactions.c.block_number, transactions.c.block_hash).select_from(
    acts.outerjoin(transactions, transactions.c.sequence == _last)
)


def set_state(
    connection: sa.Connection, sequences: Sequence[int], state: ActState, **more: sa.ColumnElement[int]
) -> None:
    """Moves acts to a state, as such that no contract has refused."""
    for part in parts(sequences, 5_000):
        connection.execute(acts.update().where(acts.c.sequence.in_(part)).values(state=state, **UNREFUSED, **more))


def parts(sequence: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    """The sequence, `size` items at a time."""
    return (sequence[start : start + size] for start in range(0, len(sequence), size))


def _insert(connection: sa.Connection) -> sqlite.Insert | postgresql.Insert:
    """Inserts acts unless they, or their idempotency keys, are there already, perhaps since this very moment."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(acts).on_conflict_do_nothing()
    return postgresql.insert(acts).on_conflict_do_nothing()


def _refuse_reused_key(connection: sa.Connection, signed: SignedAct, idempotency_key: str) -> None:
    query = sa.select(acts.c.id).where(
        acts.c.signer == signed.act.signer, acts.c.idempotency_key == idempotency_key, acts.c.id != signed.id
    )
    holder = connection.execute(query).scalar()
    if holder is not None:
        raise IdempotencyKeyReused(key=idempotency_key, act=holder)


def _row(signed: SignedAct, idempotency_key: str | None) -> dict[str, Any]:
    return {
        "id": signed.id,
        "idempotency_key": idempotency_key,
        "act": signed.act.type.key,
        "signer": signed.act.signer,
        "wire": signed.json(),
        "contract": signed.domain.address,
        "call": signed.calldata,
        "state": ActState.ACCEPTED,
        "attempts": 0,
        "accepted_at": int(time.time()),
    }


def _status(row: Any) -> ActStatus:
    return ActStatus(
        id=row.id,
        act=row.act,
        signer=row.signer,
        state=ActState(row.state),
        accepted_at=row.accepted_at,
        transaction=row.hash,
        block_number=row.block_number,
        block_hash=row.block_hash,
        error=row.error,
        error_values=row.error_values,
        error_words=row.error_words,
        wire=row.wire,
    )
