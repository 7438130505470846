"""Subsidy programmes and claims brought to any state, by the acts that lead there."""

from __future__ import annotations

from typing import Any

from eth_utils import keccak

from tests.contracts.groves import tree_at
from tests.contracts.ledger import DAY, NO_HASH, Ledger

STATES = (
    "SUBMITTED", "NOTICE", "OBJECTED", "APPROVED", "PAID", "AUDITED", "REJECTED", "CLAWED_BACK", "RETURNED",
)  # fmt: skip
RATE, BUDGET, YEAR = 30_000, 100_000, 2026
PLOT = "0x" + "b7" * 32
NOTICE = 7 * DAY
LONGEST_REST = 12 * DAY
"""More days than any public holiday puts between the end of a period and the next working day."""

PROGRAMME: dict[str, Any] = {
    "measure": "ANCIENT_TREE",
    "basis": "TREE",
    "year": YEAR,
    "rateFen": RATE,
    "budgetFen": BUDGET,
    "noticeDays": 7,
}


def opened(ledger: Ledger, **changes: Any) -> int:
    """An open programme of `agri`."""
    terms = PROGRAMME | {"closesAt": ledger.now + 90 * DAY} | changes
    (made,) = ledger.act("Subsidies.openProgramme", "agri", **terms)
    programme: int = made.args["programme"]
    return programme


def asset_of(tree: int) -> str:
    return f"0x{tree:064x}"


def submission(ledger: Ledger, programme: int, asset: str, **changes: Any) -> dict[str, Any]:
    """A claim of the farmer for itself."""
    own = {"subject": ledger.ids["farmer"], "quantity": 1, "mandate": NO_HASH}
    return {"programme": programme, "asset": asset} | own | changes


def submitted(ledger: Ledger, programme: int, asset: str, who: str = "farmer", **changes: Any) -> str:
    happened = ledger.act("Subsidies.submit", who, **submission(ledger, programme, asset, **changes))
    claim: str = happened[-1].args["claim"]
    return claim


def voucher(text: str) -> str:
    return "0x" + keccak(text=text).hex()


def claim_at(ledger: Ledger, state: str, tag: str = "CA-FH-0001", programme: int | None = None) -> str:
    """A claim of the farmer for a tree of its own, in this state; a running notice has just begun."""
    tree = tree_at(ledger, "REGISTERED", tag=tag)
    claim = submitted(ledger, programme or opened(ledger), asset_of(tree))
    if state == "REJECTED":
        ledger.act("Subsidies.reject", "agri", claim=claim, ground="PAPERS_LACKING")
    if state in ("SUBMITTED", "REJECTED"):
        return claim
    ledger.act("Subsidies.publish", "agri", claim=claim)
    if state == "OBJECTED":
        ledger.act("Subsidies.object", "neighbour", claim=claim)
    if state in ("NOTICE", "OBJECTED"):
        return claim
    ledger.wait(NOTICE + LONGEST_REST)
    ledger.act("Subsidies.approve", "agri", claim=claim)
    if state != "APPROVED":
        ledger.act("Subsidies.pay", "agri", claim=claim, voucher=voucher(f"payment {tag}"))
    if state == "AUDITED":
        ledger.act("Subsidies.audit", "auditor", claim=claim)
    if state in ("CLAWED_BACK", "RETURNED"):
        ledger.act("Subsidies.clawBack", "auditor", claim=claim, ground="FALSE_STATEMENT")
    if state == "RETURNED":
        ledger.act("Subsidies.recordReturn", "agri", claim=claim, voucher=voucher(f"return {tag}"))
    assert ledger.view("Subsidies.claim", claim)["state"] == state
    return claim
