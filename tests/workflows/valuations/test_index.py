"""The price index: the median of three sources over twelve months, its cap, and prices that are none."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from workflows import packs
from workflows.packs import MILLION
from workflows.valuations.index import Index, Quote, index

TEA = packs.load("dancong")


def month(number: int, *ratios: int, first: int = 0) -> list[Quote]:
    """One report of each of as many sources as there are ratios, in a month of 2026 (from 1)."""
    day = date(2026 + (number - 1) // 12, (number - 1) % 12 + 1, 15)
    return [Quote(number * 100 + first + source, first + source, day, ratio) for source, ratio in enumerate(ratios)]


def after(months: int, quotes: list[Quote]) -> Index:
    return index(quotes, date(2026 + (months - 1) // 12, (months - 1) % 12 + 1, 28), TEA)


def test_without_reports_nothing_has_moved() -> None:
    found = after(3, [])
    assert (found.shown_ppm, found.counted_ppm, found.months, found.findings) == (MILLION, MILLION, (), ())


def test_a_month_is_the_median_of_its_sources() -> None:
    found = after(1, month(1, 1_000_000, 1_040_000, 1_900_000))
    assert found.months[0].price_ppm == 1_040_000
    assert found.shown_ppm == found.counted_ppm == 1_040_000


def test_many_reports_of_one_source_weigh_as_one() -> None:
    loud = [Quote(1_000 + n, 9, date(2026, 1, 1 + n), 1_500_000) for n in range(20)]
    found = after(1, [*month(1, 1_000_000, 1_010_000), *loud])
    assert found.months[0].price_ppm == 1_010_000


def test_two_sources_are_no_market() -> None:
    found = after(2, [*month(1, 1_000_000, 1_000_000, 1_000_000), *month(2, 2_000_000, 2_000_000)])
    assert found.months[1].price_ppm is None
    assert found.shown_ppm == MILLION


def test_twelve_months_smooth_the_season() -> None:
    quotes = [one for number in range(1, 14) for one in month(number, *[number * 100_000] * 3)]
    found = after(13, quotes)
    assert found.shown_ppm == sum(range(2, 14)) * 100_000 // 12


def test_04_collateral_feels_ten_per_cent_a_month_and_no_more() -> None:
    found = after(3, [one for number in (1, 2, 3) for one in month(number, *[400_000] * 3)])
    assert [one.counted_ppm for one in found.months] == [900_000, 810_000, 729_000]
    assert found.shown_ppm == 400_000


def test_04_a_single_print_of_half_a_million_yuan_is_a_finding_and_no_price() -> None:
    calm = [one for number in (1, 2) for one in month(number, 990_000, 1_000_000, 1_010_000)]
    without = after(2, calm)
    for quotes in (calm, month(1, 990_000, 1_000_000, 1_010_000)):  # in a month with other prices, and alone in its own
        printed = Quote(999, 77, date(2026, 2, 20), 62_500_000)
        found = after(2, [*quotes, printed])
        assert [finding.quote for finding in found.findings] == [printed]
        assert "6250 %" in found.findings[0].en and "6250 %" in found.findings[0].zh
        assert (found.shown_ppm, found.counted_ppm) == (without.shown_ppm, without.counted_ppm)


def test_a_price_of_next_to_nothing_is_none_either() -> None:
    found = after(1, month(1, 1_000_000, 1_000_000, 1_000_000, 10_000))
    assert [finding.quote.ratio_ppm for finding in found.findings] == [10_000]
    assert found.months[0].price_ppm == MILLION


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(1, 10_000_000), min_size=0, max_size=6), min_size=1, max_size=30))
def test_whatever_is_reported_the_counted_index_moves_by_at_most_a_tenth_and_towards_the_shown(
    ratios: list[list[int]],
) -> None:
    found = after(len(ratios), [one for number, each in enumerate(ratios, 1) for one in month(number, *each)])
    before = MILLION
    for one in found.months:
        assert abs(one.counted_ppm - before) <= before // 10
        assert abs(one.shown_ppm - one.counted_ppm) <= abs(one.shown_ppm - before)
        before = one.counted_ppm
