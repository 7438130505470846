"""What a breach costs, to the fen: the worked scenarios, and what must hold for any numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workflows.agreements.money import damages, deposit_penalty, excessive, outcome, split

TOTAL = 10_000_000
"""100,000 yuan in fen."""

money = st.integers(0, 10**12)


def test_08_of_25_000_paid_on_100_000_a_fifth_is_deposit_and_comes_back_twice() -> None:
    assert (split(TOTAL, 2_500_000).base, split(TOTAL, 2_500_000).prepayment) == (2_000_000, 500_000)
    penalty = deposit_penalty(TOTAL, 2_500_000, TOTAL, TOTAL, purpose_defeated=True)
    sheet = outcome(total=TOTAL, deposit_paid=2_500_000, paid=0, accepted=0, penalty=penalty, seller_defaults=True)
    assert (sheet.to_buyer, sheet.to_seller) == (4_500_000, 0)
    assert (sheet.returned_double, sheet.prepayment) == (4_000_000, 500_000)


def test_09_after_60_per_cent_only_40_per_cent_of_the_deposit_are_lost() -> None:
    penalty = deposit_penalty(TOTAL, 2_000_000, TOTAL, 4_000_000, purpose_defeated=False)
    assert penalty == 800_000
    sheet = outcome(
        total=TOTAL, deposit_paid=2_000_000, paid=0, accepted=6_000_000, penalty=penalty, seller_defaults=True
    )
    assert (sheet.to_buyer, sheet.to_seller) == (0, 6_000_000 - 2_000_000 - 800_000)


def test_damages_beyond_130_per_cent_of_the_loss_are_called_excessive() -> None:
    assert damages(4_000_000, 2_000) == 800_000
    assert not excessive(1_300, 1_000)
    assert excessive(1_301, 1_000)
    assert excessive(1, 0)


@given(total=st.integers(5, 10**12), paid=money)
def test_a_deposit_is_never_more_than_a_fifth_and_no_fen_is_lost(total: int, paid: int) -> None:
    found = split(total, paid)
    assert 0 <= found.base * 5 <= total
    assert found.base + found.prepayment == paid
    assert found.prepayment == 0 or found.base == total // 5


@given(total=st.integers(5, 10**12), paid=money, part=st.integers(0, 10**6))
def test_a_penalty_grows_with_what_is_open_and_never_exceeds_the_whole(total: int, paid: int, part: int) -> None:
    open_ = total * part // 10**6
    penalty = deposit_penalty(total, paid, total, open_, purpose_defeated=False)
    whole = deposit_penalty(total, paid, total, open_, purpose_defeated=True)
    assert 0 <= penalty <= whole == split(total, paid).base
    assert penalty <= deposit_penalty(total, paid, total, total, purpose_defeated=False) == whole


@given(deposit=money, paid=money, accepted=money, penalty=money, seller=st.booleans())
def test_what_one_side_gets_the_other_gives(deposit: int, paid: int, accepted: int, penalty: int, seller: bool) -> None:
    sheet = outcome(
        total=10**12, deposit_paid=deposit, paid=paid, accepted=accepted, penalty=penalty, seller_defaults=seller
    )
    assert 0 in (sheet.to_buyer, sheet.to_seller)
    seller_has = paid + deposit + sheet.to_seller - sheet.to_buyer
    assert seller_has == accepted + (-penalty if seller else penalty)
