"""Costs of evidence."""

from __future__ import annotations

from tests.contracts.gas import Costs

ACTS: Costs = {
    "Evidence.anchor": ("farmer", lambda _: {"root": "0x" + "ab" * 32, "count": 1000, "scheme": 1}),
}
