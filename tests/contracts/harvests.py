"""Leaf, tea, sales and lots of codes brought to any state, by the acts that lead there."""

from __future__ import annotations

from typing import Any

from tests.contracts.groves import tree_at
from tests.contracts.ledger import DAY, Ledger

YEAR = 2026
POTENTIAL = 2_300
"""Grams of dry tea that the tree of these tests may yield: `domain.md` §10, scenario 11."""
CAP = POTENTIAL * 13 // 2
ROOT = "0x" + "c0" * 32
PRODUCT, TOWN = "凤凰单丛茶", "凤凰镇"


def made(ledger: Ledger, key: str, who: str, **fields: Any) -> int:
    """Takes an act that creates something; returns its id: the act's digest."""
    signed = ledger.sign(key, who, **fields)
    ledger.relay(signed)
    return int(signed.id, 16)


def tree_in_season(ledger: Ledger, tag: str = "CA-FH-0001", owner: str = "farmer", potential: int = POTENTIAL) -> int:
    """A registered tree whose picking window has begun."""
    tree = tree_at(ledger, "REGISTERED", tag=tag, owner=owner)
    state_potential(ledger, tree, potential)
    return tree


def state_potential(ledger: Ledger, tree: int, potential: int = POTENTIAL, days: int = 60) -> None:
    """The agriculture bureau states a season whose window begins now."""
    window = {"opensAt": ledger.now, "closesAt": ledger.now + days * DAY}
    ledger.act("Batches.statePotential", "agri", tree=tree, season=YEAR, potential=potential, **window)


def leaf_of(ledger: Ledger, tree: int, weight: int = 10_000, who: str = "farmer") -> int:
    """A pick."""
    return made(ledger, "Batches.pick", who, tree=tree, season=YEAR, weight=weight)


def tea_of(ledger: Ledger, parts: dict[int, int], weight: int, who: str = "farmer") -> int:
    """Tea of so much of each of these batches."""
    parents = sorted(parts)
    return made(ledger, "Batches.make", who, parents=parents, weights=[parts[one] for one in parents], weight=weight)


def tea(ledger: Ledger, weight: int = 2_000, *, tag: str = "CA-FH-0001") -> int:
    """Tea of a tree of its own, held by the farmer who made it of 10 kg of leaf."""
    return tea_of(ledger, {leaf_of(ledger, tree_in_season(ledger, tag)): 10_000}, weight)


def passed(ledger: Ledger, batch: int) -> int:
    """The batch, inspected and found good."""
    ledger.act("Batches.inspect", "inspector", batch=batch, passed=True)
    return batch


def offered(ledger: Ledger, batch: int, weight: int, seller: str = "farmer", buyer: str = "firm") -> int:
    """An offered sale."""
    return made(
        ledger,
        "Batches.offerSale",
        seller,
        batch=batch,
        buyer=ledger.ids[buyer],
        weight=weight,
        ordinaryCourse=True,
    )


def sold(ledger: Ledger, batch: int, weight: int, seller: str = "farmer", buyer: str = "firm") -> int:
    """A confirmed sale."""
    sale = offered(ledger, batch, weight, seller, buyer)
    ledger.act("Batches.confirmSale", buyer, sale=sale)
    return sale


def requested(ledger: Ledger, batch: int, count: int = 10, unit: int = 50, *, indicated: bool = False) -> int:
    """A request for codes by the firm."""
    return made(ledger, "Batches.requestCodes", "firm", batch=batch, count=count, unitWeight=unit, indicated=indicated)


def firms_tea(ledger: Ledger, *, indicated: bool = False) -> int:
    """Inspected tea of which the firm has bought 1,500 g of 2,000 g."""
    tree = tree_in_season(ledger)
    if indicated:
        grant(ledger, tree)
    batch = passed(ledger, tea_of(ledger, {leaf_of(ledger, tree): 10_000}, 2_000))
    sold(ledger, batch, 1_500)
    return batch


def lot_at(ledger: Ledger, state: str, *, indicated: bool = False) -> int:
    """A lot of codes in this state."""
    lot = requested(ledger, firms_tea(ledger, indicated=indicated), indicated=indicated)
    if state == "REJECTED":
        ledger.act("Batches.reviewCodes", "operator", lot=lot, approved=False)
    elif state != "REQUESTED":
        ledger.act("Batches.reviewCodes", "operator", lot=lot, approved=True)
        if indicated and state != "REVIEWED":
            ledger.act("Batches.reviewCodes", "indications", lot=lot, approved=True)
    if state == "ISSUED":
        ledger.act("Batches.issueCodes", "firm", lot=lot, root=ROOT)
    assert ledger.view("Batches.lot", lot)["state"] == state
    return lot


def applied(ledger: Ledger, tree: int) -> int:
    """The tree, with an application for the indication."""
    ledger.act("Indications.listTown", "indications", product=PRODUCT, town=TOWN, listed=True)
    ledger.act("Indications.applyFor", "farmer", tree=tree, product=PRODUCT, town=TOWN)
    return tree


def grant(ledger: Ledger, tree: int) -> int:
    """The tree, with the indication granted."""
    applied(ledger, tree)
    ledger.act("Indications.decide", "indications", tree=tree, state="GRANTED")
    return tree
