"""Linear programmes for HiGHS: one thread and one seed, so that the same programme has the same answer."""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np

from chain.errors import ChaqiError

UNBOUNDED = float(highspy.kHighsInf)


class MatchingUnproved(ChaqiError):
    """What the solver answered does not hold in whole numbers."""

    status = 500
    en = "The matching could not be proved: {fault}. Nothing is proposed."
    zh = "匹配结果未能通过整数校验：{fault}。不提出任何建议。"


Entries = Sequence[tuple[int, float]]
"""A column's coefficients by row."""


class Programme:
    """A linear programme: the least cost at which each row stays between its limits. Columns may be added between
    solutions; the solver then goes on from where it stood.
    """

    def __init__(self, rows: Sequence[tuple[float, float]]) -> None:
        """`rows`: the limits of each row."""
        self._columns = 0
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, setting in (("output_flag", False), ("solver", "simplex"), ("threads", 1), ("random_seed", 0)):
            self._solver.setOptionValue(option, setting)
        low, high = (np.array([row[end] for row in rows], dtype=np.double) for end in (0, 1))
        none = np.zeros(0, dtype=np.int32)
        self._solver.addRows(len(rows), low, high, 0, np.zeros(len(rows), dtype=np.int32), none, np.zeros(0))

    def add(
        self, cost: Sequence[float], least: Sequence[float], most: Sequence[float], entries: Sequence[Entries]
    ) -> None:
        """Further columns, each with its cost, limits and coefficients."""
        self._columns += len(cost)
        starts = np.cumsum([0, *map(len, entries)], dtype=np.int32)[:-1]
        flat = [entry for column in entries for entry in column]
        self._solver.addCols(
            len(cost),
            np.array(cost, dtype=np.double),
            np.array(least, dtype=np.double),
            np.array(most, dtype=np.double),
            len(flat),
            starts,
            np.array([row for row, _ in flat], dtype=np.int32),
            np.array([value for _, value in flat], dtype=np.double),
        )

    def solve(self) -> tuple[list[float], list[float]] | None:
        """A vertex that is optimal, by column, and the rows' duals; None where there is none."""
        self._solver.run()
        if self._solver.getModelStatus() not in (
            highspy.HighsModelStatus.kOptimal,
            highspy.HighsModelStatus.kModelEmpty,
        ):
            return None
        solution = self._solver.getSolution()
        duals: list[float] = list(solution.row_dual)
        return list(solution.col_value) if self._columns else [], duals
