"""Trees brought to any state of title and life, by the acts that lead there."""

from __future__ import annotations

from typing import Any

from eth_utils import keccak

from tests.contracts.ledger import DAY, NO_HASH, Ledger

NOTICE = 15 * DAY
TITLES = ("FILED", "SURVEYED", "NOTICE", "DISPUTED", "REGISTERED", "REJECTED")
LIVES = ("ALIVE", "REPORTED_DEAD", "DEAD", "LOST")

FILING: dict[str, Any] = {
    "tag": "CA-FH-0001",
    "village": "乌岽村",
    "cultivar": "宋种",
    "geoCell": "ws5w8k",
    "titleClass": "A",
    "ageYears": 620,
    "ageMethod": "GIRTH_MODEL",
    "graftYear": 0,
    "attributes": "0x" + "a1" * 32,
}
SURVEY: dict[str, Any] = {
    "girthCm": 189,
    "heightCm": 580,
    "crownACm": 640,
    "crownBCm": 710,
    "health": "B",
    "accuracyCm": 3,
    "attributes": "0x" + "a2" * 32,
}
CERTIFICATE = "0x" + "ce" * 32


def tree_id(tag: str) -> int:
    return int.from_bytes(keccak(text=tag), "big")


def tree_at(
    ledger: Ledger,
    title: str,
    life: str = "ALIVE",
    tag: str = "CA-FH-0001",
    owner: str = "farmer",
    **filing: Any,
) -> int:
    """A tree of `owner` in this state, filed with these changes; a running notice has just begun."""
    tree = tree_id(tag)
    ledger.act("Trees.file", owner, **(FILING | {"tag": tag} | filing))
    if title != "FILED":
        ledger.act("Trees.survey", "surveyor", tree=tree, **SURVEY)
    if title not in ("FILED", "SURVEYED"):
        ledger.act("Trees.postNotice", "village", tree=tree)
    if title in ("DISPUTED", "REJECTED"):
        ledger.act("Trees.object", "neighbour", tree=tree)
    if title == "REJECTED":
        ledger.act("Trees.resolveObjection", "agri", tree=tree, upheld=True)
    if title == "REGISTERED":
        ledger.wait(NOTICE)
        ledger.act("Trees.register", "agri", tree=tree, certificate=CERTIFICATE)
    if life != "ALIVE":
        ledger.act("Trees.reportDeath", "village", tree=tree)
    if life in ("DEAD", "LOST"):
        ledger.act("Trees.concludeDeathReport", "forestry", tree=tree, finding=life)
    state = ledger.view("Trees.tree", tree)
    assert (state["title"], state["life"]) == (title, life)
    return tree


FILED_TREE: dict[str, Any] = {
    "owner": 0,
    "filedAt": 0,
    "noticeEndsAt": 0,
    "title": "FILED",
    "titleClass": "A",
    "life": "ALIVE",
    "protection": 0,
    "ageMethod": "GIRTH_MODEL",
    "holds": 0,
    "ageYears": 620,
    "graftYear": 0,
    "girthCm": 0,
    "heightCm": 0,
    "crownACm": 0,
    "crownBCm": 0,
    "health": "NONE",
    "accuracyCm": 0,
    "surveyedAt": 0,
    "surveyor": 0,
    "attributes": FILING["attributes"],
    "card": NO_HASH,
    "transferTo": 0,
    "transferAccepted": False,
    "disputedAt": 0,
}
"""What a filing leaves, but for `owner`, `filedAt` and `card`."""
