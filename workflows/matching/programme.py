"""Linear programmes for HiGHS: one thread and one seed, so that the same programme has the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from chain.errors import ChaqiError

UNBOUNDED = float(highspy.kHighsInf)


class MatchingUnproved(ChaqiError):
    """What the solver answered does not hold in whole numbers."""

    status = 500
    en = "The matching could not be proved: {fault}. Nothing is proposed."
    zh = "匹配结果未能通过整数校验：{fault}。不提出任何建议。"


@dataclass(slots=True)
class Programme:
    """Least `cost` over columns within `least` and `most`; each row between its limits. A column is its entries."""

    cost: Sequence[float]
    least: Sequence[float]
    most: Sequence[float]
    columns: Sequence[Sequence[tuple[int, float]]]
    rows: Sequence[tuple[float, float]]

    def solve(self) -> tuple[list[float], list[float]] | None:
        """A vertex that is optimal, and the rows' duals; None where there is none."""
        if not self.cost:
            return [], [0.0] * len(self.rows)
        starts = np.cumsum([0, *map(len, self.columns)], dtype=np.int32)
        entries = [entry for column in self.columns for entry in column]
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = len(self.cost), len(self.rows)
        programme.col_cost_ = np.array(self.cost, dtype=np.double)
        programme.col_lower_ = np.array(self.least, dtype=np.double)
        programme.col_upper_ = np.array(self.most, dtype=np.double)
        programme.row_lower_ = np.array([low for low, _ in self.rows], dtype=np.double)
        programme.row_upper_ = np.array([high for _, high in self.rows], dtype=np.double)
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        programme.a_matrix_.start_ = starts
        programme.a_matrix_.index_ = np.array([row for row, _ in entries], dtype=np.int32)
        programme.a_matrix_.value_ = np.array([value for _, value in entries], dtype=np.double)
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, setting in (("output_flag", False), ("solver", "simplex"), ("threads", 1), ("random_seed", 0)):
            solver.setOptionValue(option, setting)
        solver.passModel(programme)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = solver.getSolution()
        return list(solution.col_value), list(solution.row_dual)
