"""The population of a synthetic world: who takes part and which trees stand where."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, TypeVar

from scripts.world.draws import Draws
from scripts.world.parties import FIRM_CLASSES, Party, farmer, firm, institution, slug
from scripts.world.places import HAMLETS, PLOTS_A_SIDE, VILLAGES, Hamlet, garden
from scripts.world.quotas import allot, bounded_shares, largest_remainder, shuffled
from scripts.world.sizes import SIZES, Size, SizeName
from scripts.world.trees import (
    AGE_BANDS,
    AGE_METHODS,
    CULTIVARS,
    HEALTHS,
    LANDS,
    SEASONS,
    TITLES,
    Kinds,
    Tree,
    climate,
    tree,
)

TREES_MEDIAN, TREES_SIGMA = 4.5, 1.0
TREES_LEAST, TREES_MOST = 1, 120

Kind = TypeVar("Kind")


class Holding(NamedTuple):
    """Trees that one farmer (counted from 1) has in one hamlet; `first` is the number of the first one."""

    farmer: int
    hamlet: Hamlet
    first: int
    trees: int


class World:
    """A synthetic world by seed and size; every stream can be read again and gives the same values."""

    def __init__(self, seed: int, size: SizeName | Size) -> None:
        """The world of a seed; different seeds and different sizes share nothing."""
        self.seed = seed
        self.size = size if isinstance(size, Size) else SIZES[size]
        self.draws = Draws(seed, self.size.name)

    def parties(self) -> Iterator[Party]:
        """Institutions, then farmers, then firms, in the order of their enrolment."""
        number = 0
        for role, count in self.size.institutions.items():
            for nth in range(1, count + 1):
                number += 1
                village = VILLAGES[nth - 1] if role == "VILLAGE" else None
                yield institution(self.draws.of("party", slug(role, nth)), number, role, nth, village)
        homes = {holding.farmer: holding.hamlet.village for holding in reversed(self.holdings)}
        for nth in range(1, self.size.farmers + 1):
            number += 1
            draws = self.draws.of("party", slug("FARMER", nth))
            yield farmer(draws, number, nth, homes[nth], slug("FARMER", nth) in self._suspended)
        classes = allot(self.draws.of("firm-class"), FIRM_CLASSES, self.size.firms)
        for nth, firm_class in enumerate(classes, start=1):
            number += 1
            draws = self.draws.of("party", slug("FIRM", nth))
            yield firm(draws, number, nth, firm_class, slug("FIRM", nth) in self._suspended)

    def trees(self) -> Iterator[Tree]:
        """Every tree, hamlet by hamlet and owner by owner."""
        kinds = self._kinds
        plots = {hamlet: iter(shuffled(self.draws.of("plots", hamlet.name), PLOTS_A_SIDE**2)) for hamlet in HAMLETS}
        for holding in self.holdings:
            grove = garden(
                self.draws.of("garden", holding.hamlet.name, holding.farmer),
                holding.hamlet,
                next(plots[holding.hamlet]),
                holding.trees,
            )
            climates = self._climates[holding.hamlet.village]
            for place in range(holding.trees):
                number = holding.first + place
                draws = self.draws.of("tree", number)
                owner = slug("FARMER", holding.farmer)
                yield tree(draws, number, owner, grove, place, kinds[number - 1], climates)

    @cached_property
    def holdings(self) -> list[Holding]:
        """Who has how many trees in which hamlet.

        Farmers follow each other through the hamlets, so that each hamlet gets its exact quota and only a
        farmer at the border of two quotas has trees in both.
        """
        counts = bounded_shares(
            [self.draws.of("holding", nth).lognormal("trees", TREES_MEDIAN, TREES_SIGMA)
             for nth in range(1, self.size.farmers + 1)],
            self.size.trees, TREES_LEAST, TREES_MOST,
        )  # fmt: skip
        found: list[Holding] = []
        first, nth, left = 1, 1, counts[0]
        quotas = largest_remainder([hamlet.permille for hamlet in HAMLETS], self.size.trees)
        for hamlet, quota in zip(HAMLETS, quotas, strict=True):
            while quota:
                here = min(left, quota)
                found.append(Holding(nth, hamlet, first, here))
                first, quota, left = first + here, quota - here, left - here
                if not left and nth < self.size.farmers:
                    nth, left = nth + 1, counts[nth]
        return found

    @cached_property
    def _kinds(self) -> list[Kinds]:
        def allotted(name: str, weights: dict[Kind, int]) -> list[Kind]:
            return allot(self.draws.of(name), weights, self.size.trees)

        return [
            Kinds(*kinds)
            for kinds in zip(
                allotted("age-band", AGE_BANDS),
                allotted("cultivar", CULTIVARS),
                allotted("health", HEALTHS),
                allotted("title", TITLES),
                allotted("land", LANDS),
                allotted("age-method", AGE_METHODS),
                strict=True,
            )
        ]

    @cached_property
    def _climates(self) -> dict[str, tuple[float, ...]]:
        return {
            village: tuple(climate(self.draws.of("climate", village, year)) for year in SEASONS) for village in VILLAGES
        }

    @cached_property
    def _suspended(self) -> frozenset[str]:
        candidates = [slug("FARMER", nth) for nth in range(1, self.size.farmers + 1)]
        candidates += [slug("FIRM", nth) for nth in range(1, self.size.firms + 1)]
        order = shuffled(self.draws.of("suspended"), len(candidates))
        return frozenset(candidates[i] for i in order[: self.size.suspended])
