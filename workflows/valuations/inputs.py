"""What a valuation was computed from: taken from a tree's record, committed to on chain, and kept sealed off it.

A posting commits to the Merkle root over the salted inputs of its trees (one tree: the leaf itself). The plaintext lies
in the vault under its owner's key, with salt and path, so that whoever may read it computes leaf, root and figures
again; harvests are an income, and stay private.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chain.errors import ChaqiError
from chain.offchain import Base, reading, writing
from workflows.commitment import Json, commit
from workflows.evidence.tree import BatchTree, Path
from workflows.packs import MILLION, Pack
from workflows.trees.record import TreeRecord
from workflows.valuations.value import Inputs, full_years_left
from workflows.vault import Vault

TAG: Final = "valuation-inputs"
LOT_MOST: Final = 200
"""Trees of one posting, as the contract takes them."""


class InputsAbsent(ChaqiError):
    """The inputs behind a valuation were not kept here."""

    status = 404
    en = "The inputs of the valuation of tree {tree} are not kept here; ask the appraiser, party {appraiser}."
    zh = "此处未保存茶树 {tree} 的估值输入，请向评估师（参与方 {appraiser}）索取。"


class InputsRow(Base):
    """Where the inputs of one tree in one posting lie: `record` is the vault's commitment."""

    __tablename__ = "valuation_inputs"

    tree: Mapped[str] = mapped_column(sa.String(78), primary_key=True)
    root: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    record: Mapped[bytes] = mapped_column(sa.LargeBinary)
    kept_at: Mapped[int] = mapped_column(sa.BigInteger)


Kept = Base.metadata.tables[InputsRow.__tablename__]


@dataclass(frozen=True, slots=True)
class Opened:
    """Inputs as they were kept; `proved`: salt and path lead to the root on chain."""

    pack: str
    inputs: Inputs
    salt: bytes
    path: Path
    proved: bool


@dataclass(frozen=True, slots=True)
class Lot:
    """Inputs that are posted together: salts and paths in the order of `inputs`."""

    pack: str
    inputs: tuple[Inputs, ...]
    salts: tuple[bytes, ...]
    root: bytes
    paths: tuple[Path, ...]

    @classmethod
    def of(cls, pack: str, inputs: Sequence[Inputs], salts: Sequence[bytes]) -> Lot:
        """Commits to inputs, of at most `LOT_MOST` trees."""
        if not 0 < len(inputs) <= LOT_MOST:
            raise ValueError(f"a lot holds 1 to {LOT_MOST} trees")
        leaves = [leaf(one, salt) for one, salt in zip(inputs, salts, strict=True)]
        tree = BatchTree.of(leaves)
        return cls(pack, tuple(inputs), tuple(salts), tree.root, tuple(tree.paths(0, leaves)))


def leaf(inputs: Inputs, salt: bytes) -> bytes:
    """The salted commitment to the inputs of one tree."""
    return commit(TAG, salt, inputs.json())


def inputs_of(tree: str, record: TreeRecord, surveyed_at: int, as_of: int, index_ppm: int, pack: Pack) -> Inputs:
    """The inputs that a tree's record gives on a date (UTC seconds), at an index."""
    when = datetime.fromtimestamp(as_of, UTC)
    # An old trunk may carry a young cultivar, and it is the cultivar's age that the price is of (domain §1).
    years = record.age_years
    if record.graft_year is not None:
        years = min(years, max(when.year - record.graft_year, 0))
    basis = pack.price(record.cultivar, years, record.altitude_m)
    return Inputs(
        tree=tree,
        as_of=as_of,
        crown_a_cm=record.crown_a_cm,
        crown_b_cm=record.crown_b_cm,
        health=record.health.value,
        seasons_dry_g=tuple(season.dry_g for season in sorted(record.yields, key=lambda one: one.year)),
        band_fen_per_kg=basis.band_fen_per_kg,
        cultivar_ppm=basis.cultivar_ppm,
        altitude_ppm=basis.altitude_ppm,
        index_ppm=index_ppm,
        right_years=full_years_left(record.right_until, as_of, pack.valuation.horizon_years),
        share_ppm=MILLION,
        title_class=record.title_class.value,
        accuracy_cm=record.position.accuracy_cm,
        surveyed_at=surveyed_at,
        second_appraiser=False,
        attested=True,  # no survey is accepted without evidence of it
    )


def keep(store: sa.Engine, vault: Vault, lot: Lot, owners: Sequence[int], *, now: int) -> None:
    """Seals a lot's inputs, each for the tree's owner (party id). What is kept already stays as it is.

    Raises `SubjectErased`, `SubjectRestricted`.
    """
    for inputs, salt, path, owner in zip(lot.inputs, lot.salts, lot.paths, owners, strict=True):
        with reading(store) as connection:
            known = sa.select(Kept.c.tree).where(Kept.c.tree == inputs.tree, Kept.c.root == lot.root)
            if connection.scalar(known) is not None:
                continue
        content: Json = {
            "pack": lot.pack,
            "salt": "0x" + salt.hex(),
            "inputs": inputs.json(),
            "path": ["0x" + sibling.hex() for sibling in path.siblings],
            "sides": path.sides,
        }
        sealed = vault.put(f"party-{owner}", TAG, content, now=now)
        with writing(store) as connection:
            row = {"tree": inputs.tree, "root": lot.root, "record": sealed, "kept_at": now}
            connection.execute(sa.insert(Kept).values(**row))


def read(
    store: sa.Engine, vault: Vault, tree: str, root: bytes, reader: str, purpose: str, *, now: int
) -> Opened | None:
    """The inputs of a tree in a posting; None when they were not kept here. The reading is written down first.

    Raises what `Vault.read` raises.
    """
    with reading(store) as connection:
        record = connection.scalar(sa.select(Kept.c.record).where(Kept.c.tree == tree, Kept.c.root == root))
    if record is None:
        return None
    stored: Any = vault.read(record, reader, purpose, now=now).record
    inputs, salt = Inputs.read(stored["inputs"]), bytes.fromhex(stored["salt"][2:])
    path = Path(tuple(bytes.fromhex(one[2:]) for one in stored["path"]), stored["sides"])
    return Opened(stored["pack"], inputs, salt, path, path.root_of(leaf(inputs, salt)) == root)
