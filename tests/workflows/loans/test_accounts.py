"""Money is conserved, interest is exact and in the debtor's favour, and payments go where the law sends them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.loans.accounts import Account, Order, OutOfOrder, Parts, PaymentExceedsDebt, allocate, day_number

DAY = 20_000
RATE = 43_500
orders = st.sampled_from(Order)
fen = st.integers(0, 10**12)
owing = st.builds(Parts, fen, fen, fen)


class TestAllocation:
    def test_goes_to_costs_then_interest_then_principal(self) -> None:
        owed = Parts(costs=50, interest=300, principal=10_000)
        assert allocate(40, owed) == Parts(40, 0, 0)
        assert allocate(200, owed) == Parts(50, 150, 0)
        assert allocate(1_350, owed) == Parts(50, 300, 1_000)

    def test_goes_to_principal_first_where_so_agreed(self) -> None:
        owed = Parts(costs=50, interest=300, principal=10_000)
        assert allocate(10_100, owed, Order.PRINCIPAL_FIRST) == Parts(0, 100, 10_000)

    @given(owing, st.data(), orders)
    def test_loses_nothing_and_exceeds_no_head(self, owed: Parts, data: st.DataObject, order: Order) -> None:
        amount = data.draw(st.integers(0, owed.total))
        parts = allocate(amount, owed, order)
        assert parts.total == amount
        assert 0 <= parts.costs <= owed.costs
        assert 0 <= parts.interest <= owed.interest
        assert 0 <= parts.principal <= owed.principal

    @given(owing, st.data())
    def test_reaches_principal_only_when_nothing_else_is_owed(self, owed: Parts, data: st.DataObject) -> None:
        parts = allocate(data.draw(st.integers(0, owed.total)), owed)
        if parts.principal:
            assert (parts.costs, parts.interest) == (owed.costs, owed.interest)
        if parts.interest:
            assert parts.costs == owed.costs


class TestInterest:
    def test_of_a_year_is_the_rate(self) -> None:
        assert Account(1_000_000_00, DAY).owed(RATE, DAY + 365).interest == 4_350_000

    def test_of_a_day_counts_the_first_and_not_the_last(self) -> None:
        account = Account(1_000_000_00, DAY)
        assert account.owed(RATE, DAY).interest == 0
        assert account.owed(RATE, DAY + 1).interest == 11_917  # 11,917.8 fen, down

    @given(st.integers(1, 10**12), st.integers(1, 240_000), st.lists(st.integers(0, 400), max_size=8))
    def test_does_not_depend_on_how_often_it_is_looked_at(self, principal: int, rate: int, pauses: list[int]) -> None:
        account, day = Account(principal, DAY), DAY
        for pause in pauses:
            day += pause
            account = account.rescheduled(rate, day)
        assert account.owed(rate, day) == Account(principal, DAY).owed(rate, day)
        exact = Fraction(principal * rate * (day - DAY), 365 * 10**6)
        assert exact - 1 < account.owed(rate, day).interest <= exact

    def test_day_begins_at_midnight_in_shanghai(self) -> None:
        assert day_number(57_600) == day_number(57_599) + 1 == 1


class TestAccount:
    @given(
        st.integers(1, 10**11),
        st.integers(1, 240_000),
        st.lists(st.tuples(st.integers(0, 200), st.integers(0, 10**11), st.integers(0, 10**6)), max_size=12),
        orders,
    )
    def test_conserves_money(
        self, principal: int, rate: int, happened: list[tuple[int, int, int]], order: Order
    ) -> None:
        """Disbursed + interest + costs = paid + owed, after anything that can happen."""
        account, day = Account(principal, DAY), DAY
        for pause, amount, costs in happened:
            day += pause
            account = account.charge(costs)
            account, _ = account.pay(min(amount, account.owed(rate, day).total), rate, day, order)
            owed = account.owed(rate, day)
            interest = account.interest_paid + owed.interest
            assert principal + interest + account.charged_costs == account.paid + owed.total
            assert min(owed.costs, owed.interest, owed.principal) >= 0

    def test_takes_no_more_than_is_owed(self) -> None:
        with pytest.raises(PaymentExceedsDebt):
            Account(100, DAY).pay(101, RATE, DAY)

    def test_does_not_go_back(self) -> None:
        account, _ = Account(100, DAY).pay(1, RATE, DAY + 2)
        with pytest.raises(OutOfOrder):
            account.pay(1, RATE, DAY + 1)
        with pytest.raises(OutOfOrder):
            account.rescheduled(RATE, DAY + 1)
