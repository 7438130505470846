"""Who gets what of the money."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workflows.liens.proceeds import Claim, Distribution, Share, distribute, pro_rata
from workflows.liens.ranking import Kind, Lien

fen = st.integers(0, 10**15)
instants = st.none() | st.integers(1_700_000_000, 1_700_000_003)


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, list[Lien], dict[str, Claim]]:
    count = draw(st.integers(0, 6))
    liens = [Lien(str(number), draw(st.sampled_from(Kind)), draw(instants)) for number in range(count)]
    claims = {one.id: Claim(draw(fen), draw(fen)) for one in liens}
    return draw(fen), draw(fen), liens, claims


@given(cases())
def test_no_fen_is_made_or_lost(case: tuple[int, int, list[Lien], dict[str, Claim]]) -> None:
    money, costs, liens, claims = case
    found = distribute(money, costs, liens, claims)
    assert found.costs + sum(share.paid for share in found.shares) + found.surplus == money
    for share in found.shares:
        assert 0 <= share.paid <= claims[share.lien].secured
        assert share.paid + share.shortfall == claims[share.lien].owed


@given(cases())
def test_nobody_is_paid_before_who_ranks_better_is_paid_in_full(
    case: tuple[int, int, list[Lien], dict[str, Claim]],
) -> None:
    money, costs, liens, claims = case
    arisen = {one.id: one.arisen for one in liens}
    found = distribute(money, costs, liens, claims)
    for share in found.shares:
        if share.paid:
            assert found.costs == costs
            better = [other for other in found.shares if other.rank < share.rank]
            assert all(other.paid == claims[other.lien].secured for other in better)
    if found.surplus:
        for share in found.shares:
            assert share.paid == (claims[share.lien].secured if arisen[share.lien] else 0)


@given(fen, st.lists(fen, max_size=8))
def test_equals_are_paid_in_proportion_to_the_fen(money: int, amounts: list[int]) -> None:
    paid = pro_rata(money, amounts)
    assert sum(paid) == min(money, sum(amounts))
    for amount, got in zip(amounts, paid, strict=True):
        assert abs(got * sum(amounts) - min(money, sum(amounts)) * amount) < max(1, sum(amounts))


def test_a_sale_in_figures() -> None:
    """¥50,000 less ¥2,000 of costs: one registered lien, two unregistered ones over stock."""
    liens = [
        Lien("registered", Kind.MOVABLE, 1_760_000_000),
        Lien("first", Kind.MOVABLE, None),
        Lien("second", Kind.MOVABLE, None),
    ]
    claims = {
        "registered": Claim(3_500_000, 3_000_000),
        "first": Claim(2_000_000, 2_000_000),
        "second": Claim(1_000_000, 9_000_000),
    }
    assert distribute(5_000_000, 200_000, liens, claims) == Distribution(
        200_000,
        (
            Share("registered", 1, 3_000_000, 500_000),
            Share("first", 2, 1_200_000, 800_000),
            Share("second", 2, 600_000, 400_000),
        ),
        0,
    )


def test_what_has_not_arisen_takes_nothing_and_the_mortgagor_the_rest() -> None:
    tree = [Lien("unregistered", Kind.REAL_PROPERTY, None)]
    found = distribute(1_000, 0, tree, {"unregistered": Claim(900, 900)})
    assert (found.shares[0].paid, found.shares[0].shortfall, found.surplus) == (0, 900, 1_000)
