"""Trees brought to any state of their valuation, by the acts that lead there."""

from __future__ import annotations

from typing import Any

from tests.contracts.groves import tree_at
from tests.contracts.ledger import DAY, Ledger

MODEL, INPUTS = "0x" + "3d" * 32, "0x" + "19" * 32
FIGURES: dict[str, Any] = {"value": 7_085_592, "stress": 4_020_878, "confidence": 8_500}
"""The worked example of `domain.md` §7.2; it counts for 3,417,746 fen."""

COLLATERAL = 3_417_746
LARGE: dict[str, Any] = {"value": 50_000_001, "stress": 30_000_000, "confidence": 8_500}
STATES = ("NONE", "CURRENT", "AWAITING_SECOND", "CHALLENGED")


def posting(ledger: Ledger, tree: int, **changes: Any) -> dict[str, Any]:
    """A valuation of a tree as of now."""
    return {"tree": tree, "asOf": ledger.now, "model": MODEL, "inputs": INPUTS, **FIGURES, **changes}


def valued(ledger: Ledger, state: str, tree: int | None = None, **changes: Any) -> int:
    """A registered tree whose valuation is in this state, by `appraiser`; a challenge is the owner's."""
    if tree is None:
        tree = tree_at(ledger, "REGISTERED")
    figures = LARGE if state == "AWAITING_SECOND" else {}
    if state != "NONE":
        ledger.act("Valuations.post", "appraiser", **posting(ledger, tree, **{**figures, **changes}))
    if state == "CHALLENGED":
        ledger.act("Valuations.challenge", "farmer", tree=tree)
    assert ledger.view("Valuations.valuation", tree)["state"] == state
    return tree


def many(ledger: Ledger, count: int, prefix: str = "CA-LOT") -> list[int]:
    """Registered trees, at the cost of one notice period for all."""
    from tests.contracts.groves import CERTIFICATE, FILING, NOTICE, SURVEY, tree_id

    trees = [tree_id(f"{prefix}-{number:04d}") for number in range(count)]
    for number, tree in enumerate(trees):
        ledger.act("Trees.file", "farmer", **(FILING | {"tag": f"{prefix}-{number:04d}"}))
        ledger.act("Trees.survey", "surveyor", tree=tree, **SURVEY)
        ledger.act("Trees.postNotice", "village", tree=tree)
    ledger.wait(NOTICE + DAY)
    for tree in trees:
        ledger.act("Trees.register", "agri", tree=tree, certificate=CERTIFICATE)
    return trees


def lot(ledger: Ledger, trees: list[int], **changes: Any) -> dict[str, Any]:
    """One posting of several trees as of now; the figures differ a little from tree to tree."""
    values = [FIGURES["value"] + number for number in range(len(trees))]
    return {
        "trees": trees,
        "values": values,
        "stresses": [value * 3 // 5 for value in values],
        "confidences": [FIGURES["confidence"]] * len(trees),
        "asOf": ledger.now,
        "model": MODEL,
        "inputs": INPUTS,
        **changes,
    }
