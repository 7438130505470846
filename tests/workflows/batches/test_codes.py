"""Codes: unguessable, found again without being kept, proven by the root, opened once."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from chain.offchain import reading
from workflows.batches import codes, registry
from workflows.batches.codes import ALPHABET, CODE_LENGTH, SCRATCH_LENGTH, packages, path_of, read_code, root_of, shown
from workflows.batches.registry import CodesMadeBefore, LotTooLarge, Opened
from workflows.evidence.hashing import DigestStream
from workflows.evidence.leaf import leaf

LOT = "7"


class TestCode:
    def test_of_every_package_is_another(self) -> None:
        made = packages(500, 50)
        assert [package.number for package in made] == list(range(1, 501))
        assert len({package.code for package in made} | {package.scratch for package in made}) == 1_000
        assert len({package.salt for package in made}) == 500
        for package in made:
            assert (len(package.code), len(package.scratch)) == (CODE_LENGTH, SCRATCH_LENGTH)
            assert set(package.code + package.scratch) <= set(ALPHABET)

    @given(st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH))
    def test_is_read_however_a_person_types_it(self, code: str) -> None:
        assert read_code(code) == code
        assert read_code(f" {shown(code).lower()} ") == code
        assert read_code(code.replace("0", "o").replace("1", "l")) == code

    @pytest.mark.parametrize("text", ["", "A" * 15, "A" * 17, "U" * 16, "茶" * 16, "A" * 15 + "!"])
    def test_is_not_anything(self, text: str) -> None:
        assert read_code(text) is None

    def test_is_committed_to_with_its_weight_by_the_lots_root(self) -> None:
        made = packages(300, 50)
        leaves = [package.leaf for package in made]
        root = root_of(leaves)
        for package in (made[0], made[255], made[256], made[299]):
            document = json.loads(package.document)
            assert (document["code"], document["weight_g"]) == (package.code, 50)
            stream = DigestStream()
            stream.update(package.document)
            assert leaf(package.salt, stream.finish()) == package.leaf
            assert path_of(leaves, package.number).root_of(package.leaf) == root
        assert path_of(leaves, 1).root_of(made[1].leaf) != root


class TestRegistry:
    def test_finds_a_code_and_keeps_none(self, store: sa.Engine) -> None:
        root, made = registry.make(store, LOT, 3, 50)
        found = registry.find(store, made[1].code)
        assert found is not None
        assert (found.lot, found.root, found.number, found.scans) == (LOT, root, 2, 0)
        assert registry.find(store, made[1].scratch) is None
        assert registry.leaves_of(store, LOT, root) == [package.leaf for package in made]
        with reading(store) as connection:
            kept = str(connection.execute(sa.select(registry.Codes)).all())
        for package in made:
            assert package.code not in kept and package.scratch not in kept

    def test_counts_scans_and_remembers_the_first(self, store: sa.Engine) -> None:
        _, made = registry.make(store, LOT, 1, 50)
        for at, area in ((100, "44"), (200, "31"), (300, None)):
            found = registry.scan(store, made[0].code, at=at, area=area)
            assert found is not None
            assert (found.first_scan_at, found.first_scan_area) == (100, "44")
        assert found is not None and found.scans == 3
        assert registry.scan(store, "0" * CODE_LENGTH, at=1, area=None) is None

    def test_opens_a_package_once(self, store: sa.Engine) -> None:
        _, made = registry.make(store, LOT, 1, 50)
        code, scratch = made[0].code, made[0].scratch
        opened = [registry.open_package(store, code, scratch, at=at) for at in (5, 6)]
        assert opened == [Opened.NOW, Opened.BEFORE]
        found = registry.find(store, code)
        assert found is not None and found.opened_at == 5
        assert registry.open_package(store, "0" * CODE_LENGTH, scratch, at=7) is None

    def test_locks_after_a_few_wrong_guesses(self, store: sa.Engine) -> None:
        _, made = registry.make(store, LOT, 1, 50)
        wrong = "0" * SCRATCH_LENGTH
        guesses = [registry.open_package(store, made[0].code, wrong, at=1) for _ in range(registry.MOST_GUESSES)]
        assert guesses == [Opened.WRONG] * registry.MOST_GUESSES
        assert registry.open_package(store, made[0].code, made[0].scratch, at=1) is Opened.LOCKED

    def test_makes_codes_again_where_they_were_lost_but_not_for_ever(self, store: sa.Engine) -> None:
        roots = {registry.make(store, LOT, 2, 50)[0] for _ in range(registry.MOST_SETS)}
        assert len(roots) == registry.MOST_SETS
        with pytest.raises(CodesMadeBefore):
            registry.make(store, LOT, 2, 50)
        registry.make(store, "8", 2, 50)

    def test_keeps_the_same_codes_once(self, store: sa.Engine) -> None:
        made = packages(2, 50)
        roots = {registry.keep(store, LOT, made) for _ in range(registry.MOST_SETS + 1)}
        assert len(roots) == 1
        registry.scan(store, made[0].code, at=1, area=None)
        registry.keep(store, LOT, made)
        found = registry.find(store, made[0].code)
        assert found is not None and found.scans == 1

    def test_has_a_largest_lot(self, store: sa.Engine) -> None:
        with pytest.raises(LotTooLarge):
            registry.make(store, LOT, registry.MOST_PACKAGES + 1, 50)


def test_a_scratch_code_is_kept_under_its_packages_salt() -> None:
    one, other = packages(2, 50)
    assert codes.scratch_key(one.salt, one.scratch) != codes.scratch_key(other.salt, one.scratch)
