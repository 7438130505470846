"""A statement is recomputed from what happened; a payment after a claim lowers what may be claimed (scenario 20)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.loans.accounts import Order, Parts
from workflows.loans.statements import (
    Charged,
    ClaimExceedsDebt,
    Disbursed,
    Entry,
    NothingDisbursed,
    Paid,
    Rescheduled,
    posted_twice,
    require_within,
    statement,
)

DAY = 86_400
START = 1_780_000_000
LOAN = Disbursed(START, 10_000_000, 48_000)


def test_states_each_entry_and_what_is_left() -> None:
    stated = statement([LOAN, Charged(START + 50 * DAY, 5_000), Paid(START + 73 * DAY, 200_000, "a")], START + 73 * DAY)
    assert stated.owed == Parts(0, 0, 10_000_000 + 5_000 + 96_000 - 200_000)
    assert stated.lines[-1].parts == Parts(5_000, 96_000, 99_000)
    assert stated.conserved


class TestClaim:
    """Given a certificate, the debtor pays 40 % before the package is built."""

    CERTIFIED_AT = START + 73 * DAY
    CLAIM = statement([LOAN], CERTIFIED_AT).owed
    PAYMENT = Paid(CERTIFIED_AT + 5 * DAY, CLAIM.total * 40 // 100, "paid")

    def test_of_the_certificate_was_right_when_made(self) -> None:
        require_within(self.CLAIM, statement([LOAN, self.PAYMENT], self.CERTIFIED_AT))

    def test_is_refused_after_the_payment_and_by_the_statement_allowed(self) -> None:
        later = statement([LOAN, self.PAYMENT], self.CERTIFIED_AT + 6 * DAY)
        with pytest.raises(ClaimExceedsDebt) as refused:
            require_within(self.CLAIM, later)
        assert refused.value.values["head"] == "interest"  # costs and interest were paid off first (CC 561)
        require_within(later.owed, later)
        fresh = self.CLAIM.total - self.PAYMENT.amount
        interest_since = 5 * DAY // DAY * 10_000_000 * 48_000 // (365 * 10**6)
        assert fresh <= later.owed.total <= fresh + 2 * interest_since

    @pytest.mark.parametrize("head", ["costs", "interest", "principal"])
    def test_is_refused_for_a_fen_too_much_under_any_head(self, head: str) -> None:
        stated = statement([LOAN, Charged(START + DAY, 100)], START + 30 * DAY)
        one_more: Any = {head: getattr(stated.owed, head) + 1}
        with pytest.raises(ClaimExceedsDebt) as refused:
            require_within(replace(stated.owed, **one_more), stated)
        assert refused.value.values["head"] == head


def test_a_receipt_counts_once() -> None:
    assert posted_twice([LOAN, Paid(START, 1, "a"), Paid(START, 1, "b"), Paid(START, 1, "a")]) == ["a"]


@pytest.mark.parametrize("entries", [[], [Paid(START, 1, "a")], [replace(LOAN, at=START + 1)]])
def test_without_a_disbursement_there_is_no_debt(entries: list[Entry]) -> None:
    with pytest.raises(NothingDisbursed):
        statement(entries, START)


@given(
    st.integers(1, 10**11),
    st.integers(1, 240_000),
    st.lists(
        st.tuples(st.sampled_from(["pay", "charge", "reschedule"]), st.integers(0, 90), st.integers(0, 10**6)),
        max_size=12,
    ),
    st.sampled_from(Order),
)
def test_conserves_money_whatever_happened(
    principal: int, rate: int, happened: list[tuple[str, int, int]], order: Order
) -> None:
    entries: list[Entry] = [Disbursed(START, principal, rate)]
    now = START
    for place, (what, days, size) in enumerate(happened):
        now += days * DAY
        match what:
            case "pay":
                owed = statement(entries, now, order).owed.total
                entries.append(Paid(now, owed * size // 10**6, str(place)))
            case "charge":
                entries.append(Charged(now, size))
            case _:
                entries.append(Rescheduled(now, 1 + size % 240_000))
        stated = statement(entries, now, order)
        assert stated.conserved
        assert stated.owed == stated.lines[-1].owed
