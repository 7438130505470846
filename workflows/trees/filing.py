"""The off-chain half of filing and surveying a tree: its record, kept in the vault, and no tree recorded twice.

An act carries only a salted commitment to the tree's record. Whoever hands in the act hands in the record with its
salt, and three things are checked before the act goes on: the record is the one committed to, it says what the act
says, and no live tree stands within survey accuracy of it. The contract cannot check any of them: an act that is sent
straight to the chain bypasses this module.

Exact positions stay sealed in the vault. What finds the few candidates for a comparison is a blinded cell: a keyed
hash of the grid cell of about 50 metres that a tree stands in, useless without the vault's master key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from eth_utils.crypto import keccak
from pydantic import ValidationError
from sqlalchemy.orm import Mapped, mapped_column

from chain.acts import SignedAct
from chain.errors import ChaqiError
from chain.offchain import AnyRow, Base, reading, writing
from workflows.commitment import SALT_BYTES, Json
from workflows.faults import first_fault
from workflows.trees.position import Position, canonical, geo_cell, refuse_duplicate
from workflows.trees.record import TreeRecord
from workflows.vault import SubjectErased, SubjectRestricted, Vault

CELL_E7: Final = 5_000
"""Side of a blinded cell, 0.0005 degree."""

CELL_AT_LEAST_CM: Final = 2_900
"""Length of the shortest side of a cell, its northern one in the far north of the region (58° N: 29.5 m)."""

LOOKED_UP_AT_ONCE: Final = 500
POSITIONS_LOCK: Final = 0x74726565
"""PostgreSQL advisory lock: neighbours are recorded one after the other. SQLite has one writer anyway."""

RECORD_TAG: Final = "tree-record"
CHECK: Final = "chaqi:duplicate-check"
FILE, SURVEY = "Trees.file", "Trees.survey"

STATED: Final = {
    FILE: ("tag", "village", "cultivar", "titleClass", "ageYears", "ageMethod", "graftYear"),
    SURVEY: ("girthCm", "heightCm", "crownACm", "crownBCm", "health"),
}
"""Fields that both the act and the record state, and that must agree."""


class RecordMalformed(ChaqiError):
    """The record of a tree is not one."""

    status = 422
    en = "The tree's record is malformed at {field}: {problem}."
    zh = "茶树记录格式错误，字段 {field}：{problem}。"


class RecordMissing(ChaqiError):
    """A filing or survey came without the record it commits to, so nothing can be compared."""

    status = 422
    en = "Act {act} needs the tree's `record` (JSON) and the `salt` of its commitment (32 bytes, 0x hex) beside it."
    zh = "行为 {act} 须同时提交茶树记录 `record`（JSON）及其承诺所用盐值 `salt`（32 字节，0x 十六进制）。"


class RecordUncalledFor(ChaqiError):
    """A record or salt came with an act that commits to none."""

    status = 422
    en = "Act {act} takes no record; only Trees.file and Trees.survey do."
    zh = "行为 {act} 不附带记录；仅 Trees.file 与 Trees.survey 可附带。"


class CommitmentDiffers(ChaqiError):
    """The record and salt are not those the act commits to."""

    status = 422
    en = "The act commits to {committed}, the record with its salt gives {found}. Send the very record that was signed."
    zh = "行为中的承诺为 {committed}，而记录与盐值得到 {found}。请提交签署时的原记录。"


class RecordContradicts(ChaqiError):
    """The record says otherwise than the act."""

    status = 422
    en = "The act states {field} {stated}, its record {recorded}."
    zh = "行为中 {field} 为 {stated}，而记录为 {recorded}。"


class PositionRow(Base):
    """Where a recorded tree stands, blinded. `record` is the vault's commitment, `act` the act it came with."""

    __tablename__ = "tree_positions"
    __table_args__ = (sa.Index(None, "cell"), sa.Index(None, "tree"))

    attributes: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    tree: Mapped[str] = mapped_column(sa.String(78))
    tag: Mapped[str] = mapped_column(sa.String(32))
    act: Mapped[str] = mapped_column(sa.String(66))
    cell: Mapped[bytes] = mapped_column(sa.LargeBinary)
    accuracy_cm: Mapped[int] = mapped_column(sa.Integer)
    record: Mapped[bytes] = mapped_column(sa.LargeBinary)
    filed_at: Mapped[int] = mapped_column(sa.BigInteger)


Positions = Base.metadata.tables[PositionRow.__tablename__]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record nearby, before it is known whether its tree is live: the tree's id and the act it came with."""

    tree: str
    act: str


class Filing:
    """The records of filed and surveyed trees."""

    def __init__(self, store: sa.Engine, vault: Vault, master_key: bytes) -> None:
        self._store = store
        self._vault = vault
        self._blind = hmac.digest(master_key, b"chaqi-tree-cells", sha256)

    def check(self, signed: SignedAct, record: object, salt: bytes) -> TreeRecord:
        """The record, if it is the one the act commits to and says what the act says.

        Raises `RecordUncalledFor`, `RecordMalformed`, `PositionOutsideRegion`, `CommitmentDiffers`,
        `RecordContradicts`.
        """
        key, message = signed.act.type.key, signed.act.message
        if key not in STATED:
            raise RecordUncalledFor(act=key)
        parsed = read_record(record)
        if len(salt) != SALT_BYTES:
            raise RecordMalformed(field="salt", problem=f"{len(salt)} bytes instead of {SALT_BYTES}")
        found = parsed.commitment(salt)
        if found != message["attributes"]:
            raise CommitmentDiffers(committed="0x" + message["attributes"].hex(), found="0x" + found.hex())
        for field, stated, recorded in _statements(signed, parsed):
            if stated != recorded:
                raise RecordContradicts(field=field, stated=stated, recorded=recorded)
        return parsed

    def keep(
        self,
        signed: SignedAct,
        record: TreeRecord,
        salt: bytes,
        *,
        owner: int,
        live: Callable[[Sequence[Candidate]], Collection[str]],
        now: int,
        accept: Callable[[sa.Connection], None] | None = None,
    ) -> None:
        """Seals the record for its `owner` (party id), unless a live tree stands too near.

        `live` picks, of some candidates, the ids of the trees that are on the ledger and alive, or on their way to
        it. `accept` takes the act in the transaction that keeps the record: both happen or neither. A record that
        is known already is compared again, for its neighbours may have come since, and from now on counts for this
        act. Raises `DuplicateTree`, `SubjectErased`, `SubjectRestricted`, and what `accept` raises.
        """
        tree, attributes = tree_of(signed), signed.act.message["attributes"]
        sealed: bytes | None = None
        compared: set[tuple[bytes, int]] = set()
        while True:
            with reading(self._store) as connection:
                known = _is_known(connection, attributes)
                near = self._near(connection, record.position)
            found = live([Candidate(row.tree, row.act) for row in near])
            others = [row for row in near if row.tree in found and row.tree != tree]
            refuse_duplicate(record.position, self._positions(others, now))
            compared.update((row.attributes, row.filed_at) for row in near)
            if known and accept is None and any(row.act == signed.id for row in near):
                return
            if sealed is None and not known:
                content: Json = {"salt": "0x" + salt.hex(), "record": record.model_dump(mode="json")}
                sealed = self._vault.put(f"party-{owner}", RECORD_TAG, content, now=now)
            with writing(self._store) as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(POSITIONS_LOCK)))
                others = [row for row in self._near(connection, record.position) if row.tree != tree]
                if any((row.attributes, row.filed_at) not in compared for row in others):
                    continue  # somebody filed a neighbour meanwhile, perhaps anew
                if accept is not None:
                    accept(connection)
                if _is_known(connection, attributes):
                    last = Positions.c.filed_at
                    later = sa.case((last >= now, last + 1), else_=now)  # so that whoever compares just now sees it
                    changed = sa.update(Positions).where(Positions.c.attributes == attributes)
                    connection.execute(changed.values(act=signed.id, filed_at=later))
                    return
                connection.execute(
                    sa.insert(Positions).values(
                        attributes=attributes,
                        tree=tree,
                        tag=record.tag,
                        act=signed.id,
                        cell=self._cell(*_grid(record.position)),
                        accuracy_cm=record.position.accuracy_cm,
                        record=sealed,
                        filed_at=now,
                    )
                )
                return

    def read(self, attributes: bytes, reader: str, purpose: str, *, now: int) -> Mapping[str, Any] | None:
        """The record and salt behind a commitment on chain; None when none was handed in.

        The reading is written down first. Raises what `Vault.read` raises.
        """
        chosen = sa.select(Positions.c.record).where(Positions.c.attributes == attributes)
        with reading(self._store) as connection:
            sealed = connection.scalar(chosen)
        if sealed is None:
            return None
        opened = self._vault.read(sealed, reader, purpose, now=now).record
        assert isinstance(opened, Mapping)  # as `keep` wrote it
        return opened

    def _near(self, connection: sa.Connection, position: Position) -> list[AnyRow]:
        south, west = _grid(position)
        worst = connection.scalar(sa.select(sa.func.max(Positions.c.accuracy_cm))) or 0
        reach = (position.accuracy_cm + worst) // CELL_AT_LEAST_CM + 1
        steps = range(-reach, reach + 1)
        cells = [self._cell(south + up, west + right) for up in steps for right in steps]
        return [
            row
            for start in range(0, len(cells), LOOKED_UP_AT_ONCE)
            for row in connection.execute(
                sa.select(Positions).where(Positions.c.cell.in_(cells[start : start + LOOKED_UP_AT_ONCE]))
            )
        ]

    def _positions(self, rows: Iterable[AnyRow], now: int) -> Iterator[tuple[str, Position]]:
        for row in rows:
            try:
                opened = self._vault.read(row.record, CHECK, "duplicate check of a filing", now=now).record
            except (SubjectErased, SubjectRestricted):
                continue  # what was erased cannot be compared
            assert isinstance(opened, Mapping)
            yield row.tag, read_record(opened["record"]).position

    def _cell(self, south: int, west: int) -> bytes:
        return hmac.digest(self._blind, f"{south}/{west}".encode(), sha256)


def tree_of(signed: SignedAct) -> str:
    """The id of the tree that a filing or survey is about, in decimal."""
    message = signed.act.message
    return _tagged(message["tag"]) if signed.act.type.key == FILE else str(message["tree"])


def read_record(record: object) -> TreeRecord:
    """A record from its JSON. Raises `RecordMalformed`, `PositionOutsideRegion`."""
    try:
        return TreeRecord.model_validate_json(json.dumps(record))
    except ValidationError as failure:
        raise RecordMalformed(**first_fault(failure, "record")) from failure


def _statements(signed: SignedAct, record: TreeRecord) -> Iterator[tuple[str, Any, Any]]:
    message = signed.act.message
    members = {field.name: field.members for field in signed.act.type.fields}
    recorded = {
        "tag": record.tag,
        "village": record.village,
        "cultivar": record.cultivar,
        "titleClass": record.title_class.value,
        "ageYears": record.age_years,
        "ageMethod": record.age_method.value,
        "graftYear": record.graft_year or 0,
        "girthCm": record.girth_cm,
        "heightCm": record.height_cm,
        "crownACm": record.crown_a_cm,
        "crownBCm": record.crown_b_cm,
        "health": record.health.value,
    }
    for name in STATED[signed.act.type.key]:
        stated = members[name][message[name]] if members[name] else message[name]
        yield name, stated, recorded[name]
    if signed.act.type.key == FILE:
        yield "geoCell", message["geoCell"], geo_cell(record.position)
    else:
        yield "tree", str(message["tree"]), _tagged(record.tag)
        yield "accuracyCm", message["accuracyCm"], record.position.accuracy_cm


def _tagged(tag: str) -> str:
    return str(int.from_bytes(keccak(text=tag)))


def _is_known(connection: sa.Connection, attributes: bytes) -> bool:
    return connection.scalar(sa.select(Positions.c.attributes).where(Positions.c.attributes == attributes)) is not None


def _grid(position: Position) -> tuple[int, int]:
    place = canonical(position)
    return place.lat_e7 // CELL_E7, place.lon_e7 // CELL_E7
