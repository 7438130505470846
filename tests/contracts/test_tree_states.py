"""Which act is possible in which state: for every title and life, every act succeeds or names the rule it breaks.

What succeeds also leads only to the next state of the table, so no order of acts skips one.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.groves import CERTIFICATE, LIVES, NOTICE, SURVEY, TITLES, tree_at
from tests.contracts.ledger import Ledger

RECEIPT = "0x" + "2e" * 32

STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "survey": ("surveyor", SURVEY),
    "postNotice": ("village", {}),
    "object": ("neighbour", {}),
    "resolveObjection": ("agri", {"upheld": False}),
    "uphold": ("agri", {"upheld": True}),
    "register": ("agri", {"certificate": CERTIFICATE}),
    "recognise": ("forestry", {"level": 1, "ageYears": 620}),
    "restrain": ("regulator", {"kind": "COMPLIANCE", "expiresAt": 0}),
    "reportDeath": ("farmer", {}),
    "concludeDeathReport": ("forestry", {"finding": "DEAD"}),
    "offerTransfer": ("farmer", {"to": "firm"}),
    "withdraw": ("farmer", {"to": 0}),
    "recordTransfer": ("registry", {"to": "firm", "basis": "SUCCESSION", "receipt": RECEIPT}),
}
FUNCTION = {"uphold": "resolveObjection", "withdraw": "offerTransfer"}

TITLE_NEEDED = {
    "postNotice": "SURVEYED",
    "object": "NOTICE",
    "resolveObjection": "DISPUTED",
    "uphold": "DISPUTED",
    "register": "NOTICE",
    "recognise": "REGISTERED",
    "offerTransfer": "REGISTERED",
    "withdraw": "REGISTERED",
    "recordTransfer": "REGISTERED",
}
LIFE_NEEDED = {
    "survey": ("ALIVE", "REPORTED_DEAD"),  # a report of death calls for a new survey
    "register": ("ALIVE",),
    "recognise": ("ALIVE",),
    "reportDeath": ("ALIVE",),
    "concludeDeathReport": ("REPORTED_DEAD",),
    "offerTransfer": ("ALIVE",),
    "recordTransfer": ("ALIVE",),
}
NEXT_TITLE = {
    ("survey", "FILED"): "SURVEYED",
    ("postNotice", "SURVEYED"): "NOTICE",
    ("object", "NOTICE"): "DISPUTED",
    ("resolveObjection", "DISPUTED"): "NOTICE",
    ("uphold", "DISPUTED"): "REJECTED",
    ("register", "NOTICE"): "REGISTERED",
}
NEXT_LIFE = {
    ("reportDeath", "ALIVE"): "REPORTED_DEAD",
    ("concludeDeathReport", "REPORTED_DEAD"): "DEAD",
}


def expected(step: str, title: str, life: str, over: bool) -> str | None:
    """The refusal that the rules of `domain.md` 2.1 call for; None: the act is accepted."""
    if step in TITLE_NEEDED and title != TITLE_NEEDED[step]:
        return "TitleNotReady"
    if step in LIFE_NEEDED and life not in LIFE_NEEDED[step]:
        return "LifeNotReady"
    if step == "survey" and title == "REJECTED":
        return "TitleNotReady"
    if step == "object" and over:
        return "NoticeOver"
    if step == "register" and not over:
        return "NoticeRunning"
    return None


@pytest.mark.parametrize("over", [False, True], ids=["now", "after 15 days"])
@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("title", TITLES)
def test_each_act_does_what_the_table_says(ledger: Ledger, title: str, life: str, over: bool) -> None:
    tree = tree_at(ledger, title, life)
    if over:
        ledger.wait(NOTICE)
    for step, (who, message) in STEPS.items():
        fields = {name: ledger.ids.get(value, value) if name == "to" else value for name, value in message.items()}
        key = f"Trees.{FUNCTION.get(step, step)}"
        error = expected(step, title, life, over)
        if error:
            values = ledger.refuses(error, key, who, tree=tree, **fields)
            assert values["tree"] == tree
            if error == "TitleNotReady":
                assert (values["title"], values["needed"]) == (title, TITLE_NEEDED.get(step, "FILED"))
            if error == "LifeNotReady":
                assert (values["life"], values["needed"]) == (life, LIFE_NEEDED[step][0])
            continue
        mark = ledger.snapshot()
        ledger.act(key, who, tree=tree, **fields)
        after = ledger.view("Trees.tree", tree)
        assert after["title"] == NEXT_TITLE.get((step, title), title), step
        assert after["life"] == NEXT_LIFE.get((step, life), life), step
        ledger.revert(mark)


def test_each_act_on_no_tree_says_so(ledger: Ledger) -> None:
    for step, (who, message) in STEPS.items():
        fields = {name: ledger.ids.get(value, value) if name == "to" else value for name, value in message.items()}
        assert ledger.refuses("NoSuchTree", f"Trees.{FUNCTION.get(step, step)}", who, tree=7, **fields) == {"tree": 7}
    for view in ("Trees.tree", "Trees.ownerOf", "Trees.tokenURI", "Trees.getApproved"):
        to, call, _ = ledger.encoded(view, 7)
        assert ledger.refuses_call("NoSuchTree", to, call) == {"tree": 7}


@pytest.mark.parametrize("life", ["DEAD", "LOST"])
def test_what_died_stays_dead(ledger: Ledger, life: str) -> None:
    tree = tree_at(ledger, "REGISTERED", life)
    for finding in ("ALIVE", "DEAD", "LOST"):
        ledger.refuses("LifeNotReady", "Trees.concludeDeathReport", "forestry", tree=tree, finding=finding)
    ledger.refuses("LifeNotReady", "Trees.reportDeath", "farmer", tree=tree)


def test_a_token_exists_from_registration_on(ledger: Ledger) -> None:
    for title in TITLES:
        tree = tree_at(ledger, title, tag=f"CA-{title}")
        if title == "REGISTERED":
            assert ledger.view("Trees.ownerOf", tree) == ledger.people["farmer"].address
            continue
        to, call, _ = ledger.encoded("Trees.ownerOf", tree)
        values = ledger.refuses_call("TitleNotReady", to, call)
        assert values == {"tree": tree, "title": title, "needed": "REGISTERED"}
