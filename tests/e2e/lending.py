"""What the scenarios about loans begin with: a loan over a mortgaged tree, all through the API."""

from __future__ import annotations

import secrets
from typing import Any

from tests.contracts.appraisals import FIGURES, INPUTS, MODEL
from tests.contracts.lending import MOST, SECURED, UNSECURED
from tests.e2e.pledges import agreed, hand_in, register, registered_tree
from tests.stack import Stack

HOUR, DAY = 3_600, 86_400


def receipt() -> str:
    """A commitment to a receipt's number."""
    return "0x" + secrets.token_hex(32)


def approved(stack: Stack, product: str = "UNSECURED", amount: int = MOST) -> str:
    """The id of a loan that the bank has approved."""
    application = {
        "bank": stack.party_ids["bank"],
        "product": product,
        "amountFen": amount,
        "termDays": 365,
        "purpose": "TENDING",
        "consents": stack.anchor("farmer"),
    }
    loan = str(int(hand_in(stack, "farmer", "LoanApplications.submit", **application, evidence=stack.anchor()), 16))
    decision = {"loan": loan, "approvedFen": amount, "reason": "NONE"}
    hand_in(stack, "bank", "LoanApplications.decide", **decision, evidence=stack.anchor())
    return loan


def contracted(stack: Stack, loan: str, secured: bool, due_in: tuple[int, ...] = (365,)) -> dict[str, Any]:
    """Both sign; the amounts due cover principal and interest. Returns the terms."""
    levels = SECURED if secured else UNSECURED
    owed = MOST + MOST * levels["ratePpm"] // 10**6
    dates = [stack.now() + days * DAY for days in due_in]
    terms = levels | {
        "loan": loan,
        "principalFen": MOST,
        "dueAt": dates,
        "amountFen": [owed // len(dates) + 1] * len(dates),
    }
    for who in ("bank", "farmer"):
        hand_in(stack, who, "Loans.agree", **terms, evidence=stack.anchor())
    return terms


def appoint_second_officer(stack: Stack) -> None:
    """From now on `second bank` may sign for the bank what takes two."""
    officer = {"officer": stack.party_ids["second bank"], "appointed": True}
    hand_in(stack, "bank", "LoanApplications.appointOfficer", **officer, evidence=stack.anchor())


def lent(stack: Stack, due_in: tuple[int, ...] = (365,)) -> tuple[str, str]:
    """A loan of ¥23,924 over a tree that covers it at 70.0 %, paid out; and the tree."""
    tree = registered_tree(stack)
    loan = approved(stack, "TREE_MORTGAGE")
    contracted(stack, loan, True, due_in)
    lien = agreed(stack, tree, "bank", debt=loan, securedMax=5_000_000, rank=1)
    register(stack, lien, stack.now() - 60)
    hand_in(stack, "bank", "Loans.disburse", loan=loan, receipt=receipt(), evidence=stack.anchor())
    return loan, tree


def appraised(stack: Stack, tree: str, collateral: int) -> None:
    """The tree is worth so much as collateral from now on, an hour later."""
    stack.pass_time(HOUR)
    stress = -(-collateral * 10_000 // FIGURES["confidence"])
    figures = {"value": 2 * stress, "stress": stress, "confidence": FIGURES["confidence"]}
    hand_in(stack, "appraiser", "Valuations.post", tree=tree, asOf=stack.now(), model=MODEL, inputs=INPUTS, **figures)


def later(stack: Stack, seconds: int) -> None:
    """Lets time pass, and a block of then be mirrored."""
    stack.pass_time(seconds)
    stack.anchor()


def shown(stack: Stack, path: str, **query: Any) -> dict[str, Any]:
    """What the API answers."""
    answer = stack.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
