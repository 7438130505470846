"""Costs of the calendar."""

from __future__ import annotations

from tests.contracts.gas import Costs
from workflows.calendar import announced


def _year() -> dict[str, int]:
    first, second = announced().words(2026)
    return {"year": 2026, "first": first, "second": second}


ACTS: Costs = {"Calendar.publish": ("regulator", lambda _: _year())}
