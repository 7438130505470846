"""The codes of issued lots in the off-chain store: how often each was scanned, and whether its package was opened.

Codes themselves are not kept, only keys that find them again: who reads the store can print no label. Of a scan the
count is kept, and of the first one the instant and the province; nothing of who scanned.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chain.errors import ChaqiError
from chain.offchain import AnyRow, Base, reading, writing
from workflows.batches.codes import Package, code_key, packages, root_of, scratch_key

MOST_SETS: Final = 3
"""How often codes of one lot can be made: again, when those made before were lost before they were printed."""

MOST_PACKAGES: Final = 20_000
MOST_GUESSES: Final = 5
WRITTEN_AT_ONCE: Final = 1_000


class CodesMadeBefore(ChaqiError):
    """Codes of the lot were made as often as can be."""

    status = 409
    en = "Codes of lot {lot} were made {sets} times, which is the most. Reject the lot and request another."
    zh = "码批 {lot} 的标识码已生成 {sets} 次，达到上限。请驳回该码批后重新申请。"


class LotTooLarge(ChaqiError):
    """More packages than codes are made for at once."""

    status = 422
    en = "A lot has at most {most} packages; this one has {count}."
    zh = "每个码批至多 {most} 件包装，本码批为 {count} 件。"


class Opened(StrEnum):
    """What a scratch code says of a package."""

    NOW = "NOW"  # right, and for the first time
    BEFORE = "BEFORE"  # right, and used before
    WRONG = "WRONG"
    LOCKED = "LOCKED"  # too many wrong ones


class CodeRow(Base):
    """One package. `root` names the set it was made in: codes count only under the root the chain holds."""

    __tablename__ = "tea_codes"
    __table_args__ = (sa.UniqueConstraint("lot", "root", "number"),)

    code: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    lot: Mapped[str] = mapped_column(sa.String(78))
    root: Mapped[bytes] = mapped_column(sa.LargeBinary)
    number: Mapped[int] = mapped_column(sa.Integer)
    salt: Mapped[bytes] = mapped_column(sa.LargeBinary)
    scratch: Mapped[bytes] = mapped_column(sa.LargeBinary)
    leaf: Mapped[bytes] = mapped_column(sa.LargeBinary)
    scans: Mapped[int] = mapped_column(sa.Integer)
    first_scan_at: Mapped[int | None] = mapped_column(sa.BigInteger)
    first_scan_area: Mapped[str | None] = mapped_column(sa.String(2))
    guesses: Mapped[int] = mapped_column(sa.Integer)
    opened_at: Mapped[int | None] = mapped_column(sa.BigInteger)


Codes = Base.metadata.tables[CodeRow.__tablename__]


@dataclass(frozen=True, slots=True)
class Code:
    """What is known of a code; instants in UTC seconds, `first_scan_area` a province code (GB/T 2260)."""

    lot: str
    root: bytes
    number: int
    scans: int
    first_scan_at: int | None
    first_scan_area: str | None
    opened_at: int | None


def make(store: sa.Engine, lot: str, count: int, weight_g: int) -> tuple[bytes, list[Package]]:
    """Makes and keeps the codes of a lot; returns their root and, this once, the codes.

    Raises `LotTooLarge`, `CodesMadeBefore`.
    """
    if count > MOST_PACKAGES:
        raise LotTooLarge(most=MOST_PACKAGES, count=count)
    made = packages(count, weight_g)
    return keep(store, lot, made), made


def keep(store: sa.Engine, lot: str, made: Sequence[Package]) -> bytes:
    """Keeps the codes of a lot, once however often it is asked; returns their root. Raises `CodesMadeBefore`."""
    leaves = [package.leaf for package in made]
    root = root_of(leaves)
    rows = [
        {
            "code": code_key(package.code),
            "lot": lot,
            "root": root,
            "number": package.number,
            "salt": package.salt,
            "scratch": scratch_key(package.salt, package.scratch),
            "leaf": one,
            "scans": 0,
            "guesses": 0,
        }
        for package, one in zip(made, leaves, strict=True)
    ]
    with writing(store) as connection:
        sets = set(connection.scalars(sa.select(Codes.c.root).where(Codes.c.lot == lot).distinct()))
        if root in sets:
            return root
        if len(sets) >= MOST_SETS:
            raise CodesMadeBefore(lot=lot, sets=len(sets))
        for start in range(0, len(rows), WRITTEN_AT_ONCE):
            connection.execute(sa.insert(Codes), rows[start : start + WRITTEN_AT_ONCE])
    return root


def find(store: sa.Engine, code: str) -> Code | None:
    """What is known of a code, or None."""
    with reading(store) as connection:
        row = connection.execute(sa.select(Codes).where(Codes.c.code == code_key(code))).one_or_none()
    return None if row is None else _read(row)


def scan(store: sa.Engine, code: str, *, at: int, area: str | None) -> Code | None:
    """Counts a scan at an instant (UTC seconds); the first one also says from which province, if it is told."""
    same = Codes.c.code == code_key(code)
    with writing(store) as connection:
        connection.execute(
            sa.update(Codes).where(same, Codes.c.scans == 0).values(first_scan_at=at, first_scan_area=area)
        )
        connection.execute(sa.update(Codes).where(same).values(scans=Codes.c.scans + 1))
        row = connection.execute(sa.select(Codes).where(same)).one_or_none()
    return None if row is None else _read(row)


def open_package(store: sa.Engine, code: str, scratch: str, *, at: int) -> Opened | None:
    """Checks a scratch code and notes the first right one; None when there is no such code."""
    same = Codes.c.code == code_key(code)
    with writing(store) as connection:
        row = connection.execute(sa.select(Codes).where(same).with_for_update()).one_or_none()
        if row is None:
            return None
        if row.guesses >= MOST_GUESSES:
            return Opened.LOCKED
        if not hmac.compare_digest(scratch_key(row.salt, scratch), row.scratch):
            connection.execute(sa.update(Codes).where(same).values(guesses=Codes.c.guesses + 1))
            return Opened.WRONG
        if row.opened_at is not None:
            return Opened.BEFORE
        connection.execute(sa.update(Codes).where(same).values(opened_at=at))
        return Opened.NOW


def leaves_of(store: sa.Engine, lot: str, root: bytes) -> Sequence[bytes]:
    """The leaves of a lot's set in the order of their numbers."""
    chosen = sa.select(Codes.c.leaf).where(Codes.c.lot == lot, Codes.c.root == root).order_by(Codes.c.number)
    with reading(store) as connection:
        return list(connection.scalars(chosen))


def _read(row: AnyRow) -> Code:
    return Code(row.lot, row.root, row.number, row.scans, row.first_scan_at, row.first_scan_area, row.opened_at)
