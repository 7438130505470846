"""Liens brought to any state by the acts that lead there, and trees that have a value."""

from __future__ import annotations

from typing import Any

from tests.contracts.appraisals import COLLATERAL, FIGURES, posting
from tests.contracts.groves import tree_at
from tests.contracts.ledger import NO_HASH, Ledger

KINDS = ("NONE", "REAL_PROPERTY", "MOVABLE", "LAND_RIGHT")
RECEIPT = "0x" + "4e" * 32
DEBT = int("d1" * 32, 16)
STOCK = int("57" * 32, 16)
"""The id of some stock that is no tree."""

VALUE = COLLATERAL


def worth(ledger: Ledger, tree: int, fen: int = VALUE) -> int:
    """Gives a tree a collateral value; returns the tree."""
    confidence = FIGURES["confidence"]
    stress = -(-fen * 10_000 // confidence)
    fields = posting(ledger, tree, value=2 * stress, stress=stress, confidence=confidence)
    ledger.act("Valuations.post", "appraiser", **fields)
    return tree


def valued_tree(ledger: Ledger, tag: str = "CA-FH-0001", owner: str = "farmer", fen: int = VALUE) -> int:
    """A registered tree of `owner` with a collateral value."""
    return worth(ledger, tree_at(ledger, "REGISTERED", tag=tag, owner=owner), fen)


def terms(ledger: Ledger, asset: int, **changes: Any) -> dict[str, Any]:
    """The terms of a lien of `bank` on an asset of `farmer`, but for what is changed; parties by name."""
    given: dict[str, Any] = {
        "kind": "REAL_PROPERTY",
        "asset": asset,
        "grantor": "farmer",
        "holder": "bank",
        "debt": DEBT,
        "securedMax": 2_000_000,
        "noTransfer": False,
        "rank": 0,
        "legalReview": NO_HASH,
    } | changes
    for side in ("grantor", "holder"):
        given[side] = ledger.ids.get(given[side], given[side])
    return given


def filed(ledger: Ledger, agreed: dict[str, Any], by: str = "holder") -> int:
    """A filing that the other side has not answered."""
    signed = ledger.sign("Liens.file", _name(ledger, agreed[by]), **agreed)
    ledger.relay(signed)
    return int(signed.id, 16)


def agreed(ledger: Ledger, asset: int, **changes: Any) -> int:
    """A lien that both sides agreed on, not registered."""
    both = terms(ledger, asset, **changes)
    lien = filed(ledger, both)
    ledger.act("Liens.confirm", _name(ledger, both["grantor"]), lien=lien, **both)
    return lien


def registered(ledger: Ledger, asset: int, at: int | None = None, **changes: Any) -> int:
    """A lien that the registry registered, by its own clock just now or at the instant `at`."""
    lien = agreed(ledger, asset, **changes)
    register(ledger, lien, at)
    return lien


def register(ledger: Ledger, lien: int, at: int | None = None) -> list[Any]:
    """The registry's receipt for a lien; returns the events."""
    instant = ledger.now - 60 if at is None else at
    return ledger.act("Liens.register", "registry", lien=lien, registeredAt=instant, receipt=RECEIPT)


def ranks(ledger: Ledger, asset: int, kind: str = "REAL_PROPERTY") -> list[tuple[int, int]]:
    """The live liens on an asset in the order of the law, with their ranks."""
    liens, places = ledger.view("Liens.ranking", KINDS.index(kind), asset)
    return list(zip(liens, places, strict=True))


def _name(ledger: Ledger, party: int) -> str:
    return next(name for name, number in ledger.ids.items() if number == party)
