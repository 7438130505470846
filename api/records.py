"""The record of a tree that comes with its filing or survey: checked, compared with the trees around, and kept."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from api.context import Context
from chain.acts import SignedAct
from chain.errors import ChaqiError
from chain.outbox import ActState
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.parties import party_of
from indexer.projections.trees import trees
from workflows.trees.filing import FILE, STATED, Candidate, RecordMissing, RecordUncalledFor, tree_of

GONE_TITLES = ("REJECTED",)
GONE_LIVES = ("DEAD", "LOST")


class SaltMalformed(ChaqiError):
    """The salt of a record is missing or not 32 bytes of 0x hex."""

    status = 422
    en = "A record comes with its salt, 32 bytes as 0x hex."
    zh = "提交记录时须同时提交盐值（32 字节，0x 十六进制）。"


class NotYetMirrored(ChaqiError):
    """The ledger knows more than the mirror: whose the tree is cannot be told yet."""

    status = 503
    en = "The mirror does not show yet whose the tree is: it is {lag} blocks behind. Try again in a moment."
    zh = "镜像落后 {lag} 个区块，尚不能确定茶树归属，请稍后重试。"


def needs_record(signed: SignedAct, record: object, salt: str | None) -> bool:
    """Whether the act is of those that come with a record. Raises `RecordMissing`, `RecordUncalledFor`."""
    act = signed.act.type.key
    if act not in STATED:
        if record is not None or salt is not None:
            raise RecordUncalledFor(act=act)
        return False
    if record is None:
        raise RecordMissing(act=act)
    return True


def keep_record(
    context: Context, signed: SignedAct, record: object, salt: str | None, idempotency_key: str | None
) -> None:
    """Keeps the record that came with an act, and accepts the act in the same transaction.

    Raises `SaltMalformed`, `NotYetMirrored`, and what `Filing.check`, `Filing.keep` and `Outbox.accept` raise.
    """
    if salt is None or not re.fullmatch(r"0x[0-9a-fA-F]{64}", salt):
        raise SaltMalformed()
    salted = bytes.fromhex(salt[2:])
    parsed = context.filing.check(signed, record, salted)
    with context.reads.view() as view:
        if signed.act.type.key == FILE:
            filer = party_of(view.connection, signed.act.signer)
            owner = filer["party"] if filer else None
        else:
            tree = queries.row(view.connection, trees, tree_of(signed))
            owner = tree["owner"] if tree else None
        if owner is None:  # the contract, asked before, knows the signer and the tree
            raise NotYetMirrored(lag=view.as_of.lag)
    context.filing.keep(
        signed,
        parsed,
        salted,
        owner=owner,
        live=lambda candidates: _live(context, candidates),
        now=int(time.time()),
        accept=lambda connection: context.outbox.accept_within(connection, signed, idempotency_key),
    )


def _live(context: Context, candidates: Sequence[Candidate]) -> set[str]:
    """Those of the trees that stand on the ledger and alive, or whose filing is on its way."""
    if not candidates:
        return set()
    statuses = [status for one in candidates if (status := context.outbox.status(one.act)) is not None]
    with context.reads.view() as view:
        alive = {one.tree for one in candidates if _alive(queries.row(view.connection, trees, one.tree))}
        mirrored = view.as_of.block
    coming = {
        status.id
        for status in statuses
        if status.state is not ActState.REFUSED and (status.block_number is None or status.block_number > mirrored)
    }
    return alive | {one.tree for one in candidates if one.act in coming}


def _alive(tree: dict[str, Any] | None) -> bool:
    if tree is None:
        return False
    titles, lives = list(ENUMERATIONS["Title"]), list(ENUMERATIONS["Life"])
    return titles[tree["title"]] not in GONE_TITLES and lives[tree["life"]] not in GONE_LIVES
