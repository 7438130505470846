"""What the scenarios about liens begin with: a registered tree of known value, and liens on it, all through the API."""

from __future__ import annotations

import secrets
from typing import Any

from tests.contracts.appraisals import COLLATERAL, FIGURES, INPUTS, MODEL
from tests.contracts.groves import FILING, SURVEY, tree_id
from tests.stack import Stack

NOTICE_SECONDS = 15 * 86_400
WORTH = COLLATERAL


def hand_in(stack: Stack, who: str, key: str, **message: Any) -> str:
    """Posts a signed act, waits until it is mirrored, and returns its id."""
    signed = stack.sign(who, key, **message)
    answer = stack.client.post("/v1/acts", json=signed.json())
    assert answer.status_code == 202, answer.text
    stack.settled(signed.id)
    return signed.id


def refused(stack: Stack, who: str, key: str, **message: Any) -> dict[str, Any]:
    """The problem with which the API refuses an act; nothing is written."""
    signed = stack.sign(who, key, **message)
    answer = stack.client.post("/v1/acts", json=signed.json())
    assert answer.status_code >= 400
    assert stack.client.get(f"/v1/acts/{signed.id}").status_code == 404
    problem: dict[str, Any] = answer.json()
    return problem


def registered_tree(stack: Stack, owner: str = "farmer") -> str:
    """A registered tree of a collateral value of `WORTH`."""
    tag = f"P-{secrets.token_hex(6).upper()}"
    tree = tree_id(tag)
    stack.act(owner, "Trees.file", **FILING | {"tag": tag}, evidence=stack.anchor())
    stack.act("surveyor", "Trees.survey", tree=tree, **SURVEY, evidence=stack.anchor())
    stack.act("village", "Trees.postNotice", tree=tree, evidence=stack.anchor())
    stack.pass_time(NOTICE_SECONDS)
    stack.act("agri", "Trees.register", tree=tree, certificate="0x" + "ce" * 32)
    stack.act("appraiser", "Valuations.post", tree=tree, asOf=stack.now(), model=MODEL, inputs=INPUTS, **FIGURES)
    return str(tree)


def terms(stack: Stack, tree: str, bank: str, **changes: Any) -> dict[str, Any]:
    """The terms of a lien of a bank on a tree of the farmer, with a contract of its own."""
    return {
        "kind": "REAL_PROPERTY",
        "asset": tree,
        "grantor": stack.party_ids["farmer"],
        "holder": stack.party_ids[bank],
        "debt": secrets.randbits(250),
        "securedMax": 1_000_000,
        "noTransfer": False,
        "rank": 0,
        "legalReview": "0x" + "00" * 32,
        "evidence": stack.anchor(),
    } | changes


def agreed(stack: Stack, tree: str, bank: str, **changes: Any) -> str:
    """A lien that bank and farmer agreed on."""
    both = terms(stack, tree, bank, **changes)
    lien = str(int(hand_in(stack, bank, "Liens.file", **both), 16))
    hand_in(stack, "farmer", "Liens.confirm", lien=lien, **both)
    return lien


def register(stack: Stack, lien: str, at: int) -> None:
    """The registry's receipt."""
    receipt = "0x" + secrets.token_hex(32)
    hand_in(stack, "registry", "Liens.register", lien=lien, registeredAt=at, receipt=receipt, evidence=stack.anchor())


def searched(stack: Stack, tree: str, **query: Any) -> dict[str, Any]:
    """What a search of the tree shows."""
    answer = stack.client.get("/v1/liens/search", params={"asset": tree, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["assets"][0]
    return found
