"""Agreements brought to any stage, by the acts that lead there."""

from __future__ import annotations

import itertools
from typing import Any

from tests.contracts.ledger import DAY, NO_HASH, Event, Ledger

TERMS = "0x" + "7e" * 32
FORMULA = "0x" + "f0" * 32
QUANTITY, UNIT_PRICE, TOTAL, DEPOSIT = 10_000, 1_000_000, 10_000_000, 2_000_000
"""10 kg at 10,000 yuan a kilogram: 100,000 yuan, of which 20,000 are deposit."""
DUE_DAYS = (20, 40)

_receipts = itertools.count(1)


def receipt() -> str:
    """A bank's receipt that was not recorded yet."""
    return "0x" + next(_receipts).to_bytes(32, "big").hex()


def offer(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    """Fields of an offer of the farmer to sell to the firm in two halves, due in 20 and 40 days."""
    terms: dict[str, Any] = {
        "counterparty": ledger.ids["firm"],
        "asBuyer": False,
        "terms": TERMS,
        "quantity": QUANTITY,
        "unitPrice": UNIT_PRICE,
        "formula": NO_HASH,
        "total": TOTAL,
        "deposit": DEPOSIT,
        "damagesBps": 2_000,
        "inspectionDays": 10,
        "graceDays": 3,
        "offerEndsAt": 0,
        "dueAt": [ledger.now + days * DAY for days in DUE_DAYS],
        "quantities": [QUANTITY // 2, QUANTITY // 2],
    }
    return terms | changes


def offered(ledger: Ledger, who: str = "farmer", **changes: Any) -> int:
    """The id of an agreement that `who` offers."""
    signed = ledger.sign("Agreements.offer", who, **offer(ledger, **changes))
    ledger.relay(signed)
    return int(signed.id, 16)


def signed(ledger: Ledger, **changes: Any) -> int:
    """An agreement between farmer and firm, signed by both."""
    agreement = offered(ledger, **changes)
    ledger.act("Agreements.sign", "firm", agreement=agreement, terms=TERMS)
    return agreement


def confirm(ledger: Ledger, agreement: int, amount: int = DEPOSIT) -> list[Event]:
    """The bank confirms a deposit, received now."""
    return ledger.act(
        "Agreements.confirmDeposit",
        "bank",
        agreement=agreement,
        amount=amount,
        receivedAt=ledger.now,
        receipt=receipt(),
    )


def active(ledger: Ledger, *, paid: int = DEPOSIT, **changes: Any) -> int:
    """An agreement whose deposit is paid."""
    agreement = signed(ledger, **changes)
    if changes.get("deposit", DEPOSIT):
        confirm(ledger, agreement, paid)
    return agreement


def deliver(ledger: Ledger, agreement: int, quantity: int = QUANTITY // 2, milestone: int = 0) -> None:
    """The seller delivers, on evidence of a third party."""
    ledger.act("Agreements.deliver", "farmer", agreement=agreement, milestone=milestone, quantity=quantity)


def accept(ledger: Ledger, agreement: int, quantity: int = QUANTITY // 2, milestone: int = 0) -> None:
    """The buyer accepts so much and rejects the rest."""
    ledger.act("Agreements.accept", "firm", agreement=agreement, milestone=milestone, quantity=quantity)


def handed_over(ledger: Ledger, agreement: int, quantity: int = QUANTITY // 2, milestone: int = 0) -> None:
    """Delivered and accepted."""
    deliver(ledger, agreement, quantity, milestone)
    accept(ledger, agreement, quantity, milestone)


def performed(ledger: Ledger, **changes: Any) -> int:
    """An agreement of which everything is accepted and nothing but the deposit paid."""
    agreement = active(ledger, **changes)
    handed_over(ledger, agreement)
    handed_over(ledger, agreement, milestone=1)
    return agreement


def pay(ledger: Ledger, agreement: int, amount: int, *, to_seller: bool = True) -> None:
    """The bank records a payment."""
    ledger.act(
        "Agreements.recordPayment",
        "bank",
        agreement=agreement,
        toSeller=to_seller,
        amount=amount,
        receipt=receipt(),
    )


def deal(ledger: Ledger, agreement: int) -> dict[str, Any]:
    """The agreement as stored."""
    answer: dict[str, Any] = ledger.view("Agreements.agreement", agreement)
    return answer


def late_seller(ledger: Ledger, agreement: int, cure_days: int = 10) -> None:
    """The first open milestone falls due, the firm asks to cure, and the time to cure passes."""
    ledger.wait(30 * DAY)
    ledger.act("Remedies.noticeCure", "firm", agreement=agreement, cureDays=cure_days)
    ledger.wait(20 * DAY)


def late_buyer(ledger: Ledger, agreement: int, cure_days: int = 10) -> None:
    """Payment falls due, the farmer asks to cure, and the time to cure passes."""
    ledger.wait(30 * DAY)
    ledger.act("Remedies.noticeCure", "farmer", agreement=agreement, cureDays=cure_days)
    ledger.wait(20 * DAY)


def seller_in_default(
    ledger: Ledger, agreement: int, sanction: str = "DEPOSIT", *, purpose_defeated: bool = False
) -> None:
    """The firm declares the late farmer in default."""
    late_seller(ledger, agreement)
    ledger.act(
        "Remedies.declareDefault", "firm", agreement=agreement, sanction=sanction, purposeDefeated=purpose_defeated
    )


def balance(ledger: Ledger, agreement: int) -> int:
    """What the buyer owes, in fen."""
    answer: int = ledger.view("Agreements.balance", agreement)
    return answer
