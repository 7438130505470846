"""A tree's record is kept once, and compared with its neighbours every time its act is handed in."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from chain.acts import SignedAct
from chain.offchain import reading
from chain.signers import Keystore
from chain.typed_data import Act, Domain, act_type
from tests.api.test_trees import record_of
from workflows.trees.filing import Candidate, Filing, Positions, RecordContradicts, tree_of
from workflows.trees.position import DuplicateTree, geo_cell
from workflows.trees.record import TreeRecord
from workflows.vault import Records, Vault

DOMAIN = Domain("Trees", 521000, "0x" + "11" * 20)
FARMER = Keystore.derived("farmer")
SALT = bytes(range(32))
HERE = 239_400_000
NOW = 1_795_363_200
ONE = record_of("ONE", lat_e7=HERE)
NEAR = record_of("NEAR", lat_e7=HERE + 50)


def filing_of(record: TreeRecord) -> SignedAct:
    """A filing of its own each time."""
    kind = act_type("Trees.file")
    message = {
        "tag": record.tag,
        "village": record.village,
        "cultivar": record.cultivar,
        "geoCell": geo_cell(record.position),
        "titleClass": record.title_class.value,
        "ageYears": record.age_years,
        "ageMethod": record.age_method.value,
        "graftYear": 0,
        "attributes": record.commitment(SALT),
        "evidence": "0x" + "22" * 32,
    }
    act = Act(kind, kind.read(message), FARMER.address, secrets.randbits(128), 2**40)
    return FARMER.sign(act, DOMAIN)


@pytest.fixture
def filing(store: sa.Engine, tmp_path: Path) -> Filing:
    """On both databases."""
    return Filing(store, Vault(store, bytes(32), tmp_path / "erasures"), bytes(32))


def keep(filing: Filing, record: TreeRecord, *live: TreeRecord) -> SignedAct:
    """Files a record while the trees `live` stand."""
    signed = filing_of(record)
    standing = {tree_of(filing_of(one)) for one in live}
    filing.keep(signed, record, SALT, owner=7, live=lambda near: standing & {one.tree for one in near}, now=NOW)
    return signed


def kept(store: sa.Engine) -> tuple[dict[str, str], int]:
    """The act by tag of each position, and how many records are sealed."""
    with reading(store) as connection:
        acts = {row.tag: row.act for row in connection.execute(sa.select(Positions))}
        return acts, connection.scalar(sa.select(sa.func.count()).select_from(Records)) or 0


def test_a_known_record_is_compared_again_when_a_neighbour_stands_there_now(filing: Filing, store: sa.Engine) -> None:
    first = keep(filing, ONE)  # its act comes to nothing
    keep(filing, NEAR)
    with pytest.raises(DuplicateTree):
        keep(filing, ONE, NEAR)
    acts, _ = kept(store)
    assert acts["ONE"] == first.id


def test_a_known_record_counts_for_its_newest_act_and_is_sealed_once(filing: Filing, store: sa.Engine) -> None:
    keep(filing, ONE)
    again = keep(filing, ONE, ONE)  # a tree is no duplicate of itself
    assert kept(store) == ({"ONE": again.id}, 1)

    def on_its_way(near: Sequence[Candidate]) -> Collection[str]:
        return {one.tree for one in near if one.act == again.id}

    with pytest.raises(DuplicateTree):
        filing.keep(filing_of(NEAR), NEAR, SALT, owner=7, live=on_its_way, now=NOW)


def test_a_neighbour_that_comes_to_life_during_the_comparison_is_seen(filing: Filing) -> None:
    neighbour = keep(filing, NEAR)
    asked = iter([False, True])

    def live(near: Sequence[Candidate]) -> Collection[str]:
        if next(asked, True):
            return {one.tree for one in near}
        filing.keep(neighbour, NEAR, SALT, owner=7, live=lambda _: (), now=NOW, accept=lambda _: None)
        return ()

    with pytest.raises(DuplicateTree):
        filing.keep(filing_of(ONE), ONE, SALT, owner=7, live=live, now=NOW)


def test_an_act_that_is_not_accepted_keeps_no_position(filing: Filing, store: sa.Engine) -> None:
    def accept(_: sa.Connection) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        filing.keep(filing_of(ONE), ONE, SALT, owner=7, live=lambda _: (), now=NOW, accept=accept)
    assert kept(store)[0] == {}


def test_a_survey_brings_the_record_of_its_own_tree(filing: Filing) -> None:
    kind = act_type("Trees.survey")
    message = {
        "tree": tree_of(filing_of(NEAR)),
        "girthCm": ONE.girth_cm,
        "heightCm": ONE.height_cm,
        "crownACm": ONE.crown_a_cm,
        "crownBCm": ONE.crown_b_cm,
        "health": ONE.health.value,
        "accuracyCm": ONE.position.accuracy_cm,
        "attributes": ONE.commitment(SALT),
        "evidence": "0x" + "22" * 32,
    }
    signed = FARMER.sign(Act(kind, kind.read(message), FARMER.address, 1, 2**40), DOMAIN)
    with pytest.raises(RecordContradicts) as refusal:
        filing.check(signed, ONE.model_dump(mode="json"), SALT)
    assert refusal.value.values["field"] == "tree"
