"""The synthetic world against the targets of `domain.md` 6.2."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from itertools import islice
from statistics import fmean, median, stdev

import pytest

from scripts.world.parties import Party
from scripts.world.places import EAST_E7, NORTH_E7, SOUTH_E7, WEST_E7
from scripts.world.population import World
from scripts.world.sizes import SIZES, SizeName
from scripts.world.trees import AGE_BANDS, CULTIVARS, Tree
from workflows.trees.position import Position, distance_cm, duplicate
from workflows.trees.record import Health, TitleClass

SEED = 1
SIZE_NAMES: list[SizeName] = ["tour", "county", "book"]


@cache
def trees(size: SizeName) -> list[Tree]:
    return list(World(SEED, size).trees())


@cache
def parties(size: SizeName) -> list[Party]:
    return list(World(SEED, size).parties())


def digest(world: World) -> str:
    """Hash of everything the world says."""
    seen = sha256()
    for party in world.parties():
        seen.update(f"{party.number} {party.slug} {party.suspended} ".encode() + party.commitment)
    for tree in world.trees():
        seen.update(f"{tree.number} {tree.owner} {tree.geo_cell} ".encode() + tree.commitment)
    return seen.hexdigest()


def neighbourhoods(size: SizeName) -> Iterator[tuple[Tree, list[Tree]]]:
    """Each tree with the trees up to 11 m away, at least."""
    grid: dict[tuple[int, int], list[Tree]] = defaultdict(list)
    for tree in trees(size):
        grid[_square(tree.record.position)].append(tree)
    for tree in trees(size):
        row, column = _square(tree.record.position)
        around = [(row + dy, column + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        yield tree, [near for square in around for near in grid.get(square, []) if near is not tree]


def _square(position: Position) -> tuple[int, int]:
    return position.lat_e7 // 1_100, position.lon_e7 // 1_100


class TestCounts:
    @pytest.mark.parametrize(
        ("size", "farmers", "firms", "institutions", "tree_count"),
        [("tour", 40, 20, 41, 300), ("county", 400, 200, 103, 3_000), ("book", 2_000, 1_000, 314, 15_000)],
    )
    def test_farmers_and_firms_are_the_parties_and_institutions_come_on_top(
        self, size: SizeName, farmers: int, firms: int, institutions: int, tree_count: int
    ) -> None:
        roles = Counter(party.role for party in parties(size))
        assert (roles["FARMER"], roles["FIRM"]) == (farmers, firms)
        assert roles.total() - farmers - firms == institutions == sum(SIZES[size].institutions.values())
        assert len(trees(size)) == tree_count

    @pytest.mark.parametrize(("size", "suspended"), [("tour", 1), ("county", 6), ("book", 30)])
    def test_one_percent_of_farmers_and_firms_is_suspended(self, size: SizeName, suspended: int) -> None:
        found = [party for party in parties(size) if party.suspended]
        assert len(found) == suspended
        assert {party.role for party in found} <= {"FARMER", "FIRM"}

    @pytest.mark.parametrize(
        ("size", "quotas"),
        [("tour", [208, 66, 25, 1]), ("county", [2_080, 660, 250, 10]), ("book", [10_400, 3_300, 1_250, 50])],
    )
    def test_age_bands_are_exact(self, size: SizeName, quotas: list[int]) -> None:
        ages = [tree.record.age_years for tree in trees(size)]
        assert [sum(band.least <= age <= band.most for age in ages) for band in AGE_BANDS] == quotas

    @pytest.mark.parametrize("size", SIZE_NAMES)
    def test_seventy_percent_stand_in_wudong_and_fengxi(self, size: SizeName) -> None:
        villages = Counter(tree.record.village for tree in trees(size))
        assert 10 * (villages["乌岽"] + villages["凤西"]) == 7 * len(trees(size))
        assert len(villages) == 10

    @pytest.mark.parametrize("size", SIZE_NAMES)
    def test_cultivars_are_exact_percentages(self, size: SizeName) -> None:
        counted = Counter(tree.record.cultivar for tree in trees(size))
        assert {cultivar: 100 * n for cultivar, n in counted.items()} == {
            cultivar: percent * len(trees(size)) for cultivar, percent in CULTIVARS.items()
        }

    @pytest.mark.parametrize(("size", "classes"), [("tour", [12, 7, 1]), ("book", [600, 330, 70])])
    def test_firm_classes_are_exact(self, size: SizeName, classes: list[int]) -> None:
        counted = Counter(party.firm_class for party in parties(size) if party.firm_class)
        assert [counted[name] for name in ("MICRO", "SMALL", "MEDIUM")] == classes

    @pytest.mark.parametrize("size", SIZE_NAMES)
    def test_every_farmer_owns_1_to_120_trees_and_nobody_else_owns_any(self, size: SizeName) -> None:
        owned = Counter(tree.owner for tree in trees(size))
        assert owned.keys() == {party.slug for party in parties(size) if party.role == "FARMER"}
        assert 1 <= min(owned.values()) <= max(owned.values()) <= 120

    def test_holdings_are_skewed_as_the_lognormal_asks(self) -> None:
        owned = Counter(tree.owner for tree in trees("book"))
        assert median(owned.values()) == pytest.approx(4.5, abs=0.5)
        assert fmean(owned.values()) == 7.5
        assert stdev(math.log(trees_owned) for trees_owned in owned.values()) == pytest.approx(1.0, abs=0.15)


class TestPlaces:
    @pytest.mark.parametrize("size", SIZE_NAMES)
    def test_no_two_trees_stand_within_their_survey_accuracies(self, size: SizeName) -> None:
        for tree, near in neighbourhoods(size):
            others = [(other.tag, other.record.position) for other in near]
            assert duplicate(tree.record.position, others) is None

    def test_trees_of_a_garden_stand_2_to_4_metres_apart(self) -> None:
        gardens = Counter((tree.owner, tree.record.hamlet) for tree in trees("county"))
        for tree, near in neighbourhoods("county"):
            if gardens[tree.owner, tree.record.hamlet] > 1:
                nearest = min(distance_cm(tree.record.position, other.record.position) for other in near)
                assert 200 <= nearest <= 400

    @pytest.mark.parametrize("size", SIZE_NAMES)
    def test_every_tree_stands_in_the_box(self, size: SizeName) -> None:
        for tree in trees(size):
            assert SOUTH_E7 <= tree.record.position.lat_e7 <= NORTH_E7
            assert WEST_E7 <= tree.record.position.lon_e7 <= EAST_E7
            assert 600 <= tree.record.altitude_m <= 1_300

    def test_altitudes_are_normal_around_980_m(self) -> None:
        altitudes = [tree.record.altitude_m for tree in trees("book")]
        assert fmean(altitudes) == pytest.approx(980, abs=20)
        assert stdev(altitudes) == pytest.approx(140, abs=14)

    @pytest.mark.parametrize("size", SIZE_NAMES)
    def test_a_farmer_is_at_home_where_one_of_his_trees_stands(self, size: SizeName) -> None:
        villages = defaultdict(set)
        for tree in trees(size):
            villages[tree.owner].add(tree.record.village)
        for party in parties(size):
            if party.role == "FARMER":
                assert party.village in villages[party.slug]


class TestMeasures:
    def test_girth_follows_age_with_lognormal_spread(self) -> None:
        logs = [math.log(tree.record.girth_cm / (6 * tree.record.age_years**0.52)) for tree in trees("book")]
        assert fmean(logs) == pytest.approx(0, abs=0.01)
        assert stdev(logs) == pytest.approx(0.22, abs=0.01)

    def test_heights_and_crowns_stay_within_their_ranges(self) -> None:
        for record in (tree.record for tree in trees("book")):
            assert 250 <= record.height_cm <= 800
            for crown_cm in (record.crown_a_cm, record.crown_b_cm):
                typical_cm = 200 + 0.85 * record.age_years
                assert min(800, 0.75 * typical_cm) - 1 <= crown_cm <= min(800, 1.25 * typical_cm) + 1

    def test_ages_reach_beyond_600_but_not_beyond_720(self) -> None:
        assert 600 < max(tree.record.age_years for tree in trees("book")) <= 720

    def test_protection_follows_age(self) -> None:
        levels = Counter(tree.protection_level for tree in trees("book"))
        assert levels == {1: 50, 2: 1_250, 3: 13_700}

    def test_yields_of_three_springs_match_the_expected_percentiles(self) -> None:
        means = sorted(fmean(spring.dry_g for spring in tree.record.yields) for tree in trees("book"))
        expected = {0.05: 420, 0.50: 1_150, 0.95: 3_080}
        for quantile, grams in expected.items():
            assert means[int(quantile * len(means))] == pytest.approx(grams, rel=0.15)
        for tree in trees("book"):
            assert [spring.year for spring in tree.record.yields] == [2023, 2024, 2025]
            assert all(spring.dry_g <= 8_000 for spring in tree.record.yields)

    def test_sick_trees_bear_less(self) -> None:
        def bearing(health: Health) -> float:
            return fmean(tree.record.yields[0].dry_g for tree in trees("book") if tree.record.health is health)

        assert bearing(Health.A) > bearing(Health.B) > bearing(Health.C) > bearing(Health.D)

    def test_duck_shit_is_almost_always_a_graft_and_no_graft_is_older_than_1990(self) -> None:
        duck_shit = [tree.record.graft_year for tree in trees("book") if tree.record.cultivar.startswith("鸭屎香")]
        assert sum(year is not None for year in duck_shit) / len(duck_shit) > 0.85
        years = [tree.record.graft_year for tree in trees("book") if tree.record.graft_year]
        assert min(years) == 1990
        assert max(years) <= 2012
        assert Counter(years).most_common(2)[1][0] in (1990, 1996)

    def test_only_titles_without_papers_have_no_end(self) -> None:
        for record in (tree.record for tree in trees("book")):
            assert (record.right_until is None) == (record.title_class is TitleClass.WITNESS)

    def test_farmers_and_firms_have_their_ranges(self) -> None:
        farmers = [party.facts for party in parties("book") if party.role == "FARMER"]
        assert {min(f["age_years"] for f in farmers), max(f["age_years"] for f in farmers)} == {22, 78}
        assert median(f["garden_area_cmu"] for f in farmers) == pytest.approx(500, rel=0.08)
        assert min(f["garden_area_cmu"] for f in farmers) >= 100
        assert max(f["garden_area_cmu"] for f in farmers) <= 6_000
        firms = [party.facts for party in parties("book") if party.role == "FIRM"]
        assert {min(f["firm_age_years"] for f in firms), max(f["firm_age_years"] for f in firms)} == {1, 25}
        assert median(f["revenue_fen_a_year"] for f in firms) == pytest.approx(150_000_000, rel=0.08)


class TestReproduction:
    def test_the_tour_of_seed_1_is_these_very_bytes(self) -> None:
        assert digest(World(1, "tour")) == "226681a64354b5c4818fe9e9147a66690ab4c7c3182283bf72fa7ff57f0dc5a2"

    def test_a_seed_always_gives_the_same_world_and_another_seed_another(self) -> None:
        assert digest(World(5, "tour")) == digest(World(5, "tour")) != digest(World(6, "tour"))

    def test_a_part_of_a_stream_equals_the_whole_streams_part(self) -> None:
        interleaved = World(SEED, "tour")
        next(interleaved.trees())
        assert list(islice(interleaved.parties(), 70)) == parties("tour")[:70]
        assert list(islice(interleaved.trees(), 50)) == trees("tour")[:50]

    def test_sizes_share_no_salt_and_no_commitment(self) -> None:
        tour = {tree.commitment for tree in trees("tour")} | {party.salt for party in parties("tour")}
        county = {tree.commitment for tree in trees("county")} | {party.salt for party in parties("county")}
        assert tour.isdisjoint(county)


class TestPrivacy:
    @pytest.mark.parametrize("size", SIZE_NAMES)
    def test_nothing_looks_like_an_identity_card_or_a_phone_number(self, size: SizeName) -> None:
        words = [json.dumps(party.identity) + party.slug for party in parties(size)]
        words += [tree.record.canonical_json().decode() + tree.owner + tree.geo_cell for tree in trees(size)]
        pattern = re.compile(r"(?<!\d)(\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")
        assert not [found for text in words for found in pattern.findall(text)]

    def test_the_name_of_a_party_says_that_it_is_synthetic(self) -> None:
        for party in parties("book"):
            assert party.synthetic
            assert re.fullmatch(r"SYNTHETIC [a-z ]+ \d{4}", str(party.identity["name"]))
            assert party.identity["synthetic"] is True

    def test_a_tree_says_that_it_is_synthetic_on_its_plate(self) -> None:
        for tree in trees("book"):
            assert tree.synthetic
            assert re.fullmatch(r"SYN-[A-Z]{2}-\d{5}", tree.tag)

    @pytest.mark.parametrize("size", SIZE_NAMES)
    def test_numbers_names_tags_and_salts_are_unique(self, size: SizeName) -> None:
        assert [party.number for party in parties(size)] == list(range(1, len(parties(size)) + 1))
        assert [tree.number for tree in trees(size)] == list(range(1, len(trees(size)) + 1))
        assert len({party.slug for party in parties(size)}) == len(parties(size))
        assert len({tree.tag for tree in trees(size)}) == len(trees(size))
        salts = [party.salt for party in parties(size)] + [tree.salt for tree in trees(size)]
        assert len(set(salts)) == len(salts)
