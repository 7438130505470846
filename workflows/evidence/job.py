"""One round of the evidence worker: close what waits, build, sign, hand to the relay, follow on the chain.

Every step is one committed transaction and every step is repeatable, so the process may die between any two
instructions: the next round goes on from the stage it finds. The signed act is stored before the relay sees
it and is resubmitted as it is; the contract refuses a second anchor of the same root.

Truth about anchoring is read from the chain alone, never from the relay's word: a batch whose block was
reorganised away, or lost with a killed development node, falls back to `signed` and is submitted again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from chain.acts import SignedAct
from chain.offchain import AnyRow, reading, writing
from chain.outbox import ActState, Outbox
from chain.rpc import Rpc
from chain.signers import Signer
from chain.typed_data import Act, Domain, act_type
from workflows.evidence.anchored import Newest, find_anchor, is_canonical, newest_block
from workflows.evidence.batches import Batch, build, close_batch
from workflows.evidence.leaf import SCHEME
from workflows.evidence.receipt import AnchorPart
from workflows.evidence.tables import Stage

DEFAULT_LIMIT = 100_000


class Attester(Protocol):
    """The party that vouches for batches."""

    @property
    def party(self) -> int:
        """Party id."""
        ...

    def sign_anchor(self, root: bytes, count: int, now: int) -> SignedAct:
        """A freshly signed `Evidence.anchor` under scheme 1."""
        ...


@dataclass(frozen=True, slots=True)
class KeyAttester:
    """An attester whose key is at hand; `lifetime` is how many seconds an act may wait for its block."""

    party: int
    signer: Signer
    domain: Domain
    lifetime: int = 86_400

    def sign_anchor(self, root: bytes, count: int, now: int) -> SignedAct:
        """See `Attester`."""
        kind = act_type("Evidence.anchor")
        message = kind.read({"root": root, "count": count, "scheme": SCHEME})
        act = Act(kind, message, self.signer.address, secrets.randbits(128), now + self.lifetime)
        return self.signer.sign(act, self.domain)


class Relay(Protocol):
    """Who brings a signed act onto the chain."""

    def submit(self, signed: SignedAct) -> object:
        """Takes the act; taking the same act again changes nothing."""
        ...

    def refusal(self, act: str) -> dict[str, str] | None:
        """Why the contract refuses the act with this id, in words by language; None while it may be
        accepted.
        """
        ...


@dataclass(frozen=True, slots=True)
class OutboxRelay:
    """The outbox as the relay of batches: `chain.relay` carries what it holds."""

    outbox: Outbox

    def submit(self, signed: SignedAct) -> None:
        """See `Relay`."""
        self.outbox.accept(signed)

    def refusal(self, act: str) -> dict[str, str] | None:
        """See `Relay`."""
        status = self.outbox.status(act)
        if status is None or status.state is not ActState.REFUSED:
            return None
        return status.error_words or {}


@dataclass(frozen=True, slots=True)
class Chain:
    """Where batches are anchored (the Evidence contract's domain), and when a block counts as certain."""

    rpc: Rpc
    domain: Domain
    confirmations: int
    reorg_depth: int


@dataclass(slots=True)
class Round:
    """What a round moved, as batch ids."""

    closed: list[int] = field(default_factory=list)
    signed: list[int] = field(default_factory=list)
    anchored: list[int] = field(default_factory=list)
    final: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    """Anchored before, no longer in the chain; submitted again."""


def anchor_pending(
    store: sa.Engine,
    attester: Attester,
    relay: Relay,
    chain: Chain,
    *,
    now: int,
    limit: int = DEFAULT_LIMIT,
) -> Round:
    """Moves every batch of `attester` as far as it can go now; `limit` is the most documents one batch takes.

    Raises `NodeUnreachable` and whatever signer and relay raise; the next round repeats what was left undone.
    """
    moved = Round()
    while (closed := close_batch(store, attester.party, now, limit)) is not None:
        moved.closed.append(closed)
    for batch in _at(store, attester.party, Stage.CLOSED):
        build(store, batch.id)
    newest = newest_block(chain.rpc)
    for batch in _at(store, attester.party, Stage.BUILT):
        signed = attester.sign_anchor(batch.root, batch.leaf_count, max(now, newest.timestamp))
        _move(store, batch, Stage.SIGNED, signed_act=signed.json())
        moved.signed.append(batch.id)
    for batch in _unsettled(store, attester.party, newest.number - chain.reorg_depth):
        _follow(store, batch, relay, chain, newest, moved)
    return moved


def _follow(store: sa.Engine, batch: AnyRow, relay: Relay, chain: Chain, newest: Newest, moved: Round) -> None:
    anchor = AnchorPart(**batch.anchor) if batch.anchor else None
    if anchor is None or not is_canonical(chain.rpc, anchor):
        domain = chain.domain
        anchor = find_anchor(chain.rpc, domain.chain_id, domain.address, batch.attester, batch.root)
    if anchor is None:
        _bring(store, batch, relay, chain, newest, moved)
        return
    stage = Stage.FINAL if newest.number - anchor.block_number >= chain.confirmations else Stage.ANCHORED
    if stage == batch.stage and anchor.model_dump() == batch.anchor:
        return
    _move(store, batch, stage, anchor=anchor.model_dump(), anchored_block=anchor.block_number)
    (moved.final if stage is Stage.FINAL else moved.anchored).append(batch.id)


def _bring(store: sa.Engine, batch: AnyRow, relay: Relay, chain: Chain, newest: Newest, moved: Round) -> None:
    signed = SignedAct.read(batch.signed_act, {chain.domain.contract: chain.domain})
    if batch.stage != Stage.SIGNED:
        _move(store, batch, Stage.SIGNED, anchor=None, anchored_block=None)
        moved.lost.append(batch.id)
    elif newest.timestamp > signed.act.deadline:  # no later block can accept it: signing anew doubles nothing
        _move(store, batch, Stage.BUILT, signed_act=None)
    elif (words := relay.refusal(signed.id)) is not None:
        _move(store, batch, Stage.REFUSED, refusal=words)
        moved.refused.append(batch.id)
    else:
        relay.submit(signed)


def _at(store: sa.Engine, attester: int, stage: Stage) -> list[AnyRow]:
    return _select(store, attester, Batch.c.stage == stage)


def _unsettled(store: sa.Engine, attester: int, from_block: int) -> list[AnyRow]:
    young = sa.and_(Batch.c.stage == Stage.FINAL, Batch.c.anchored_block > from_block)
    return _select(store, attester, sa.or_(Batch.c.stage.in_([Stage.SIGNED, Stage.ANCHORED]), young))


def _select(store: sa.Engine, attester: int, condition: sa.ColumnElement[bool]) -> list[AnyRow]:
    columns = [column for column in Batch.c if column.name != "tile_roots"]
    with reading(store) as connection:
        chosen = sa.select(*columns).where(Batch.c.attester == attester, condition).order_by(Batch.c.id)
        return list(connection.execute(chosen))


def _move(store: sa.Engine, batch: AnyRow, stage: Stage, **values: object) -> None:
    # Only from the stage it was read at: of two workers on one batch, the second changes nothing.
    with writing(store) as connection:
        connection.execute(
            sa.update(Batch).where(Batch.c.id == batch.id, Batch.c.stage == batch.stage).values(stage=stage, **values)
        )
