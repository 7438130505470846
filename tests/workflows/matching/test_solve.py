"""Matching: feasible, optimal, fair within its bound, explained, and the same whatever the order."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.matching.markets import START, best, demands, gain, lots
from workflows.matching.explain import WORDS, as_json, reasons
from workflows.matching.market import (
    PPM,
    Demand,
    Lot,
    MarketMalformed,
    PlaceUnknown,
    Rules,
    inputs_hash,
    roads,
)
from workflows.matching.solve import Matching, match

OPEN = Rules(small_grams=0)
"""Nobody is small: the bound asks for nothing."""

LOT = Lot("lot", 1, "2026-spring", 2, 1_000, 400_000, "乌岽", START)
DEMAND = Demand("demand", 11, "2026-spring", 2, 1_000, 500_000, "潮州", START + timedelta(7))
CARRIAGE = roads()["乌岽"] + roads()["潮州"]

some_rules = st.builds(Rules, small_grams=st.integers(0, 8), tolerance_ppm=st.sampled_from([0, 50_000, 300_000]))


def kept_bound(matching: Matching, rules: Rules) -> bool:
    """The bound in whole numbers, computed from the trades alone."""
    total: dict[int, int] = {}
    for lot in matching.lots:
        total[lot.farmer] = total.get(lot.farmer, 0) + lot.grams
    value = of_small = 0
    for trade in matching.trades:
        lot = matching.lots[trade.lot]
        value += lot.reserve * trade.grams
        of_small += lot.reserve * trade.grams if total[lot.farmer] <= rules.small_grams else 0
    return of_small * PPM >= value * matching.fairness.least_share_ppm


class TestFeasible:
    @settings(max_examples=150, deadline=None)
    @given(lots(8, 5_000, (100_000, 900_000)), demands(6, 5_000, (200_000, 1_200_000)), some_rules)
    def test_trades_keep_every_limit_of_both_sides(self, supply: list[Lot], wanted: list[Demand], rules: Rules) -> None:
        found = match(supply, wanted, replace(rules, small_grams=rules.small_grams * 1_000))
        given_grams, taken = [0] * len(supply), [0] * len(wanted)
        for trade in found.trades:
            lot, demand = found.lots[trade.lot], found.demands[trade.demand]
            worth = gain(lot, demand, rules)
            assert worth is not None and trade.grams > 0
            assert lot.reserve <= trade.price and trade.price + trade.freight <= demand.price
            assert trade.freight == rules.carriage(lot.place, demand.place)
            given_grams[trade.lot] += trade.grams
            taken[trade.demand] += trade.grams
        assert given_grams == found.lot_grams and taken == found.demand_grams
        assert all(grams <= lot.grams for grams, lot in zip(given_grams, found.lots, strict=True))
        assert all(grams <= one.grams for grams, one in zip(taken, found.demands, strict=True))

    def test_an_empty_market_is_matched_with_nothing(self) -> None:
        for supply, wanted in (([], []), ([LOT], []), ([], [DEMAND])):
            assert match(supply, wanted, OPEN).trades == []


class TestOptimal:
    @settings(max_examples=120, deadline=None)
    @given(lots(3, 3), demands(3, 3))
    def test_no_allocation_of_all_gains_more(self, supply: list[Lot], wanted: list[Demand]) -> None:
        found = match(supply, wanted, OPEN)
        assert found.welfare == best(found.lots, found.demands, OPEN, 0, [False] * len(supply))
        assert (found.gap, found.cost_of_fairness) == (0, 0)

    @settings(max_examples=120, deadline=None)
    @given(lots(3, 3), demands(3, 3), some_rules)
    def test_no_fair_allocation_gains_more_than_the_proved_bound(
        self, supply: list[Lot], wanted: list[Demand], rules: Rules
    ) -> None:
        found = match(supply, wanted, rules)
        total: dict[int, int] = {}
        for lot in found.lots:
            total[lot.farmer] = total.get(lot.farmer, 0) + lot.grams
        small = [total[lot.farmer] <= rules.small_grams for lot in found.lots]
        optimum = best(found.lots, found.demands, rules, found.fairness.least_share_ppm, small)
        assert found.welfare <= optimum <= found.bound

    def test_the_proof_is_tight_on_a_large_market(self) -> None:
        supply, wanted = large()
        found = match(supply, wanted, Rules(small_grams=4_000, tolerance_ppm=0))
        assert found.fairness.binding
        # Which of several best corners the solver ends in depends on the processor.
        assert 0 <= found.gap < found.welfare // 200_000


class TestFair:
    @settings(max_examples=150, deadline=None)
    @given(lots(8, 5_000, (100_000, 900_000)), demands(6, 5_000, (200_000, 1_200_000)), some_rules)
    def test_the_bound_is_always_kept(self, supply: list[Lot], wanted: list[Demand], rules: Rules) -> None:
        rules = replace(rules, small_grams=rules.small_grams * 1_000)
        found = match(supply, wanted, rules)
        assert kept_bound(found, rules)
        assert found.cost_of_fairness >= 0
        assert found.fairness.binding or found.cost_of_fairness == 0

    def test_a_large_cheap_farmer_leaves_room_for_small_ones(self) -> None:
        large_one = replace(LOT, id="large", farmer=2, grams=10_000, reserve=300_000)
        wanted = [replace(DEMAND, grams=10_000)]
        rules = Rules(small_grams=1_000, tolerance_ppm=50_000)
        found = match([LOT, large_one], wanted, rules)
        # Of 400,000 and 3,000,000 fen offered the small farmer has 11.76 %; 6.76 % is the least.
        assert (found.fairness.supply_share_ppm, found.fairness.least_share_ppm) == (117_647, 67_647)
        assert found.fairness.share_without_ppm == 0 and found.fairness.binding
        assert 67_647 <= found.fairness.share_ppm < 67_800
        moved = found.lot_grams[found.lots.index(LOT)]
        assert found.cost_of_fairness == moved * 100_000
        codes = {lot.id: reason.code for lot, reason in zip(found.lots, reasons(found)[0], strict=True)}
        assert codes == {"large": "LOT_FAIRNESS", "lot": "LOT_PROTECTED"}

    def test_tolerance_of_everything_asks_for_nothing(self) -> None:
        supply, wanted = large()
        found = match(supply, wanted, Rules(small_grams=4_000, tolerance_ppm=PPM))
        assert (found.fairness.least_share_ppm, found.fairness.binding, found.gap) == (0, False, 0)


class TestOrder:
    @settings(max_examples=60, deadline=None)
    @given(lots(6, 50, (1, 900)), demands(5, 50), some_rules, st.randoms(use_true_random=False))
    def test_of_the_input_changes_nothing(
        self, supply: list[Lot], wanted: list[Demand], rules: Rules, dice: random.Random
    ) -> None:
        first = as_json(match(supply, wanted, rules))
        mixed, asked = list(supply), list(wanted)
        dice.shuffle(mixed)
        dice.shuffle(asked)
        assert as_json(match(mixed, asked, rules)) == first
        assert inputs_hash(mixed, asked, rules) == inputs_hash(supply, wanted, rules)


class TestReasons:
    @pytest.mark.parametrize(
        ("lot", "demand", "of_lot", "of_demand"),
        [
            ({}, {}, "LOT_MATCHED", "DEMAND_MATCHED"),
            ({"grams": 1_500}, {}, "LOT_PARTLY", "DEMAND_MATCHED"),
            ({}, {"grams": 1_500}, "LOT_MATCHED", "DEMAND_PARTLY"),
            ({"season": "2026-winter"}, {}, "LOT_SEASON", "DEMAND_SEASON"),
            ({"grade": 3}, {}, "LOT_GRADE", "DEMAND_GRADE"),
            ({"ready": START + timedelta(8)}, {}, "LOT_LATE", "DEMAND_EARLY"),
            ({"reserve": 500_000 - CARRIAGE + 1}, {}, "LOT_PRICE", "DEMAND_PRICE"),
        ],
    )
    def test_name_the_limit_that_binds(
        self, lot: dict[str, object], demand: dict[str, object], of_lot: str, of_demand: str
    ) -> None:
        found = match([replace(LOT, **lot)], [replace(DEMAND, **demand)], OPEN)  # type: ignore[arg-type]
        (lots_reason,), (demands_reason,) = reasons(found)
        assert (lots_reason.code, demands_reason.code) == (of_lot, of_demand)

    def test_of_who_was_outbid_say_by_how_much(self) -> None:
        dear = replace(LOT, id="dear", farmer=2, reserve=450_000)
        found = match([LOT, dear], [DEMAND], OPEN)
        codes = {lot.id: reason for lot, reason in zip(found.lots, reasons(found)[0], strict=True)}
        assert (codes["lot"].code, codes["dear"].code) == ("LOT_MATCHED", "LOT_OUTBID")
        low = replace(DEMAND, id="low", firm=12, price=450_000)
        found = match([LOT], [DEMAND, low], OPEN)
        asked = {one.id: reason for one, reason in zip(found.demands, reasons(found)[1], strict=True)}
        assert (asked["demand"].code, asked["low"].code) == ("DEMAND_MATCHED", "DEMAND_OUTBID")

    @settings(max_examples=60, deadline=None)
    @given(lots(6, 50), demands(5, 50), some_rules)
    def test_are_in_words_of_both_languages_with_every_value(
        self, supply: list[Lot], wanted: list[Demand], rules: Rules
    ) -> None:
        of_lots, of_demands = reasons(match(supply, wanted, rules))
        for reason in (*of_lots, *of_demands):
            assert reason.code in WORDS
            assert "{" not in reason.words("en") + reason.words("zh")
            assert reason.words("en") != reason.words("zh")
            assert reason.shadow >= 0

    def test_of_the_unmatched_never_contradict_the_prices(self) -> None:
        supply, wanted = large()
        found = match(supply, wanted, OPEN)
        for lot, grams, price in zip(found.lots, found.lot_grams, found.price_of_lot, strict=True):
            if price is not None and price < lot.reserve:
                assert grams == 0
            if price is not None and price > lot.reserve:
                assert grams == lot.grams


class TestMalformed:
    def test_places_must_be_known(self) -> None:
        with pytest.raises(PlaceUnknown):
            match([replace(LOT, place="月球")], [DEMAND], OPEN)

    @pytest.mark.parametrize("change", [{"grams": 0}, {"grade": 0}, {"reserve": 0}])
    def test_numbers_begin_at_one(self, change: dict[str, int]) -> None:
        with pytest.raises(MarketMalformed):
            match([replace(LOT, **change)], [DEMAND], OPEN)  # type: ignore[arg-type]

    def test_ids_are_unique(self) -> None:
        with pytest.raises(MarketMalformed):
            match([LOT, LOT], [DEMAND], OPEN)
        with pytest.raises(MarketMalformed):
            match([LOT], [replace(DEMAND, price=0)], OPEN)


def large(number: int = 600) -> tuple[list[Lot], list[Demand]]:
    """A market like the county's, drawn once: every third farmer is small and asks for more."""
    dice = random.Random(7)
    days = [date(2026, 4, 20) + timedelta(7 * week) for week in range(6)]
    supply = [
        Lot(
            f"lot {place:04}",
            place,
            "2026-spring",
            dice.randint(1, 4),
            dice.randint(200, 4_000) if place % 3 == 0 else dice.randint(5_000, 20_000),
            dice.randint(500_000, 900_000) if place % 3 == 0 else dice.randint(200_000, 700_000),
            dice.choice(["乌岽", "凤西", "石古坪"]),
            dice.choice(days),
        )
        for place in range(number)
    ]
    wanted = [
        Demand(
            f"demand {place:04}",
            10_000 + place,
            "2026-spring",
            dice.randint(1, 4),
            dice.randint(1_000, 30_000),
            dice.randint(200_000, 900_000),
            dice.choice(["潮州", "汕头", "乌岽"]),
            dice.choice(days),
        )
        for place in range(number // 4)
    ]
    return supply, wanted
