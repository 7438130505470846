"""The price index of a category: what prices did, and how much of it collateral may feel (`domain.md` §7.1).

A price is one report of one source for one day. A month's price is the median of its sources, each source the median of
its own reports. A report far from the month's median (of a month with too few sources: from the index so far) is no
price, and a finding for the auditor instead. A month with fewer sources than the pack asks for is not counted. The
index *shown* is the mean of the last twelve counted months against the base, as it is; the index that *counts* for
collateral follows it by at most ten per cent a month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from workflows.packs import MILLION, Pack
from workflows.valuations.words import percent

MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class Quote:
    """What one source says the product fetched on a day, against the pack's reference price: `ratio_ppm` is a million
    where it fetched just that.
    """

    id: int
    source: int
    day: date
    ratio_ppm: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A report that did not count, for the auditor."""

    quote: Quote
    usual_ppm: int

    @property
    def en(self) -> str:
        """In words."""
        return f"{percent(self.quote.ratio_ppm)} of the reference price, where {percent(self.usual_ppm)} is usual"

    @property
    def zh(self) -> str:
        """In Chinese."""
        return f"报价为参考价的 {percent(self.quote.ratio_ppm)}，通常为 {percent(self.usual_ppm)}"


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the index. `price_ppm` None: too few sources, so nothing moved."""

    year: int
    month: int
    price_ppm: int | None
    sources: int
    shown_ppm: int
    counted_ppm: int


@dataclass(frozen=True, slots=True)
class Index:
    """A category's index up to a day, oldest month first."""

    months: tuple[Month, ...]
    findings: tuple[Finding, ...]

    @property
    def shown_ppm(self) -> int:
        """The newest index as it is."""
        return self.months[-1].shown_ppm if self.months else MILLION

    @property
    def counted_ppm(self) -> int:
        """The newest index that counts for collateral."""
        return self.months[-1].counted_ppm if self.months else MILLION


def index(quotes: Iterable[Quote], until: date, pack: Pack) -> Index:
    """The index by the reports of full and begun months up to `until`; later reports are left out."""
    rules = pack.index
    by_month: dict[int, list[Quote]] = defaultdict(list)
    for quote in quotes:
        if quote.day <= until:
            by_month[_ordinal(quote.day)].append(quote)
    if not by_month:
        return Index((), ())
    months: list[Month] = []
    findings: list[Finding] = []
    prices: list[int] = []
    shown = counted = MILLION
    for ordinal in range(min(by_month), _ordinal(until) + 1):
        price, sources, odd = _month(by_month.get(ordinal, []), shown, pack)
        findings += odd
        if price is not None:
            prices = [*prices, price][-rules.months :]
            shown = sum(prices) // len(prices)
        move = counted * rules.monthly_move_ppm // MILLION
        counted = min(max(shown, counted - move), counted + move)
        year, month = divmod(ordinal, MONTHS_A_YEAR)
        months.append(Month(year, month + 1, price, sources, shown, counted))
    return Index(tuple(months), tuple(findings))


def median(values: Sequence[int]) -> int:
    """The middle value; of two, the lower, so that no price is invented."""
    return sorted(values)[(len(values) - 1) // 2]


def _month(quotes: list[Quote], before: int, pack: Pack) -> tuple[int | None, int, list[Finding]]:
    rules = pack.index
    usual = before
    if len({quote.source for quote in quotes}) >= rules.sources:
        usual = median([median(ratios) for ratios in _by_source(quotes).values()])
    kept, odd = list[Quote](), list[Finding]()
    for quote in sorted(quotes, key=lambda one: one.id):
        far = quote.ratio_ppm > usual * rules.outlier_times or quote.ratio_ppm * rules.outlier_times < usual
        if far:
            odd.append(Finding(quote, usual))
        else:
            kept.append(quote)
    sources = _by_source(kept)
    if len(sources) < rules.sources:
        return None, len(sources), odd
    return median([median(ratios) for ratios in sources.values()]), len(sources), odd


def _by_source(quotes: Iterable[Quote]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for quote in quotes:
        found[quote.source].append(quote.ratio_ppm)
    return found


def _ordinal(day: date) -> int:
    return day.year * MONTHS_A_YEAR + day.month - 1
