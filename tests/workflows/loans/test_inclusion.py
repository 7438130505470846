"""两增两控 of a month, from rows; every comparison exact."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workflows.loans.inclusion import LIMIT_FEN, BankTotals, LoanRow, inclusion, portfolio

ROW = LoanRow(1, 50_000_000, 40_000_000, 48_000, False, True, True)
TOTALS = BankTotals(loans=110, loans_a_year_ago=100, npl_ppm=12_000)

rows = st.lists(
    st.builds(
        LoanRow,
        st.integers(1, 6),
        st.integers(0, LIMIT_FEN),
        st.integers(0, LIMIT_FEN),
        st.integers(0, 240_000),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=20,
)


def test_of_a_month_that_meets_everything() -> None:
    now = [replace(ROW, balance=44_000_000, all_in_ppm=47_000), replace(ROW, borrower=2, balance=1)]
    found = inclusion(now, [ROW], TOTALS)
    assert (found.growth_ppm, found.all_growth_ppm) == (100_000, 100_000)
    assert found.balance_grows and found.borrowers_grow and found.npl_controlled and found.cost_controlled


def test_of_a_month_that_meets_nothing() -> None:
    now = [replace(ROW, balance=43_999_999, all_in_ppm=48_001, non_performing=True)]
    before = [ROW, replace(ROW, borrower=2, balance=1, limit=1)]
    found = inclusion(now, before, TOTALS)
    assert not (found.balance_grows or found.borrowers_grow or found.npl_controlled or found.cost_controlled)


def test_a_borrower_above_the_limit_does_not_count_by_any_of_its_loans() -> None:
    half = replace(ROW, limit=LIMIT_FEN // 2)
    assert portfolio([half, half]).borrowers == 1
    assert portfolio([half, replace(half, limit=LIMIT_FEN // 2 + 1)]).balance == 0


def test_a_loan_that_is_paid_back_is_no_borrower() -> None:
    assert portfolio([replace(ROW, balance=0)]).borrowers == 0


def test_the_first_year_has_no_growth_and_no_cost_to_compare() -> None:
    found = inclusion([ROW], [], BankTotals(1, 0, 0))
    assert (found.growth_ppm, found.all_growth_ppm, found.cost_controlled) == (None, None, True)


@given(rows)
def test_figures_are_sums_and_means_of_their_rows(given: list[LoanRow]) -> None:
    found = portfolio(given)
    assert 0 <= found.non_performing <= found.balance <= sum(row.balance for row in given)
    assert 0 <= found.npl_ppm <= 1_000_000
    if found.balance:
        assert min(row.all_in_ppm for row in given) <= found.all_in_ppm <= max(row.all_in_ppm for row in given)
