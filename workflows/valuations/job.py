"""The appraiser's round: finds the trees whose value has moved, computes them anew, and posts them in lots.

It works only where the worker holds the key of an enrolled appraiser: on a development chain the keystore's
`development appraiser`, once the operator has enrolled it, as the tour does. An appraiser elsewhere runs it with a key
of its own. What needs a second appraiser, is challenged, or stands under another restraint is left to people.

Every round starts from the mirror and the outbox alone: a lot that is on its way ends the round, so nothing is posted
twice, and a worker that dies between two steps repeats what was not accepted.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa

from chain.acts import SignedAct
from chain.errors import ChaqiError
from chain.offchain import reading
from chain.outbox import ActState, Outbox, acts
from chain.signers import Signer
from chain.typed_data import Act, Domain, act_type
from chain.vocabulary import ENUMERATIONS, role_bits
from indexer import queries
from indexer.projections.parties import ACTIVE, party_of
from indexer.projections.trees import ALIVE, trees
from indexer.projections.valuations import valuations
from workflows.commitment import SALT_BYTES
from workflows.packs import MILLION, Pack
from workflows.trees.filing import Filing, read_record
from workflows.trees.record import TreeRecord
from workflows.valuations import inputs as kept
from workflows.valuations import prices
from workflows.valuations.index import Quote, index
from workflows.valuations.inputs import Lot, inputs_of
from workflows.valuations.value import DAY_SECONDS, Inputs, model_hash, value
from workflows.vault import SubjectErased, SubjectRestricted, Vault

KEY: Final = "development appraiser"
LOT: Final = 50
LIFETIME_SECONDS: Final = 3_600
MOVED_PPM: Final = 10_000
"""An index that moved by a hundredth moves every value."""
RENEWED_DAYS: Final = 150
"""A valuation is renewed before it grows stale."""
POST: Final = "Valuations.postMany"
REGISTERED: Final = list(ENUMERATIONS["Title"]).index("REGISTERED")
CURRENT: Final = list(ENUMERATIONS["ValuationState"]).index("CURRENT")

Row = dict[str, Any]


class LotRefused(ChaqiError):
    """The last lot was refused; it is tried again after an hour."""

    status = 409
    en = "The last lot of valuations, act {act}, was refused: {reason}"
    zh = "上一批估值（行为 {act}）被拒绝：{reason}"


@dataclass(frozen=True, slots=True)
class Appraiser:
    """Who posts: a key, and the contract it signs for."""

    signer: Signer
    domain: Domain


def is_due(valuation: Row | None, surveyed_at: int, now: int, index_ppm: Callable[[int], int]) -> bool:
    """Whether a tree should be valued at `now`: never valued, surveyed since, the index moved, or stale soon.

    `index_ppm` gives the index that counts at an instant. Instants in UTC seconds.
    """
    if valuation is None:
        return True
    if valuation["state"] != CURRENT or valuation["as_of"] >= now:
        return False
    old = now - valuation["as_of"] >= RENEWED_DAYS * DAY_SECONDS
    then, today = index_ppm(valuation["as_of"]), index_ppm(now)
    return old or surveyed_at > valuation["as_of"] or abs(today - then) * MILLION > then * MOVED_PPM


def revalue(
    mirror: sa.Engine,
    store: sa.Engine,
    vault: Vault,
    filing: Filing,
    appraiser: Appraiser,
    pack: Pack,
    *,
    now: int,
) -> int:
    """Posts the next lot of what is due; returns of how many trees. Raises `LotRefused`."""
    outbox = Outbox(store)
    quotes = prices.reported(store, pack.name)
    with reading(mirror) as connection:
        at = queries.as_of(connection)
        party = _party(connection, appraiser.signer.address)
        if party is None or _on_its_way(store, outbox, appraiser, at.block, now):
            return 0
        due = _due(connection, party, at.time, quotes, pack)
    found: list[tuple[Inputs, int]] = []
    index_ppm = _index(quotes, pack)(at.time)
    for tree in due:
        record = _record(filing, tree, party, now)
        if record is not None:
            stated = inputs_of(tree["tree"], record, tree["surveyed_at"], at.time, index_ppm, pack)
            found.append((stated, tree["owner"]))
        if len(found) == LOT:
            break
    if not found:
        return 0
    lot = Lot.of(pack.name, [one for one, _ in found], [secrets.token_bytes(SALT_BYTES) for _ in found])
    kept.keep(store, vault, lot, [owner for _, owner in found], now=now)
    outbox.accept(_signed(appraiser, lot, pack, at.time, now))
    return len(found)


def _signed(appraiser: Appraiser, lot: Lot, pack: Pack, as_of: int, now: int) -> SignedAct:
    kind, values = act_type(POST), [value(one, pack) for one in lot.inputs]
    message = {
        "trees": [int(one.tree) for one in lot.inputs],
        "values": [one.value_fen for one in values],
        "stresses": [one.stress_fen for one in values],
        "confidences": [one.confidence_ppm // 100 for one in values],
        "asOf": as_of,
        "model": model_hash(pack),
        "inputs": lot.root,
    }
    deadline = max(now, as_of) + LIFETIME_SECONDS
    act = Act(kind, kind.read(message), appraiser.signer.address, secrets.randbits(128), deadline)
    return appraiser.signer.sign(act, appraiser.domain)


def _party(connection: sa.Connection, account: str) -> int | None:
    row = party_of(connection, account)
    if row is None or row["status"] != ACTIVE or not row["roles"] & role_bits("APPRAISER"):
        return None
    party: int = row["party"]
    return party


def _on_its_way(store: sa.Engine, outbox: Outbox, appraiser: Appraiser, mirrored: int, now: int) -> bool:
    mine = sa.select(acts.c.id, acts.c.accepted_at).where(acts.c.signer == appraiser.signer.address, acts.c.act == POST)
    with reading(store) as connection:
        last = connection.execute(mine.order_by(acts.c.sequence.desc()).limit(1)).first()
    status = None if last is None else outbox.status(last.id)
    if last is None or status is None:
        return False
    if status.state is ActState.REFUSED:
        if now - last.accepted_at < LIFETIME_SECONDS:
            raise LotRefused(act=last.id, reason=(status.error_words or {}).get("en", ""))
        return False
    return status.block_number is None or status.block_number > mirrored


def _due(connection: sa.Connection, party: int, now: int, quotes: list[Quote], pack: Pack) -> list[Row]:
    tree, valuation = trees.table, valuations.table
    standing = connection.execute(sa.select(valuation).where(queries.at(valuation, None))).mappings()
    known = {row["tree"]: dict(row) for row in standing}
    living = sa.select(tree).where(
        queries.at(tree, None), tree.c.title == REGISTERED, tree.c.life == ALIVE, tree.c.owner != party
    )
    index_ppm = _index(quotes, pack)
    return [
        dict(row)
        for row in connection.execute(living.order_by(tree.c.tree)).mappings()
        if is_due(known.get(row["tree"]), row["surveyed_at"], now, index_ppm)
    ]


def _index(quotes: list[Quote], pack: Pack) -> Callable[[int], int]:
    by_day: dict[date, int] = {}

    def at(instant: int) -> int:
        day = datetime.fromtimestamp(instant, UTC).date()
        if day not in by_day:
            by_day[day] = index(quotes, day, pack).counted_ppm
        return by_day[day]

    return at


def _record(filing: Filing, tree: Row, party: int, now: int) -> TreeRecord | None:
    try:
        found = filing.read(bytes.fromhex(tree["attributes"][2:]), f"party-{party}", "valuation", now=now)
    except (SubjectErased, SubjectRestricted):
        return None
    return None if found is None else read_record(found["record"])
