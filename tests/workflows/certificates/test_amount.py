"""CC 561: costs, interest, principal; not a fen is lost on the way."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workflows.certificates.amount import CC_561, PRINCIPAL_FIRST, CertificateText, Owed, check_certificate, recompute

MOST = 10**12
claims = st.builds(Owed, **{item: st.integers(0, MOST) for item in CC_561})
payments = st.lists(st.integers(0, MOST), max_size=6)
CLAIM = Owed(principal=4_000_000, interest=90_000, penalty=20_000, costs=30_000)


def test_a_receipt_of_3000_yuan_goes_to_costs_then_interest_then_penalty_then_principal() -> None:
    """Scenario 19."""
    found = recompute(CLAIM, [300_000])
    assert found.left == Owed(principal=3_840_000, interest=0, penalty=0, costs=0)
    assert found.left.total == CLAIM.total - 300_000
    assert found.deducted == Owed(principal=160_000, interest=90_000, penalty=20_000, costs=30_000)


def test_the_parties_may_agree_on_another_order() -> None:
    found = recompute(CLAIM, [300_000], order=PRINCIPAL_FIRST)
    assert found.left == Owed(principal=3_700_000, interest=90_000, penalty=20_000, costs=30_000)


@given(claims, payments)
def test_nothing_is_lost(claim: Owed, paid: list[int]) -> None:
    found = recompute(claim, paid)
    assert found.left.total + found.deducted.total == claim.total
    assert found.deducted.total + found.overpaid == sum(paid)
    assert found.overpaid == max(0, sum(paid) - claim.total)


@given(claims, payments)
def test_an_item_is_touched_only_when_those_before_it_are_paid(claim: Owed, paid: list[int]) -> None:
    left = recompute(claim, paid).left
    for earlier, later in itertools.pairwise(CC_561):
        assert getattr(left, earlier) == 0 or getattr(left, later) == getattr(claim, later)


@given(claims, payments)
def test_payments_add_up_in_any_order_and_in_any_pieces(claim: Owed, paid: list[int]) -> None:
    assert recompute(claim, paid) == recompute(claim, paid[::-1]) == recompute(claim, [sum(paid)])


def test_a_certificate_over_more_than_is_left_is_not_complete() -> None:
    documented: Any = CertificateText.model_config["json_schema_extra"]
    example = documented["example"]
    whole = CertificateText.model_validate(example | {"certified": CLAIM.model_dump()})
    assert [point.code for point in check_certificate(whole).points if point.kind == "missing"] == ["AMOUNT"]
    moved = CertificateText.model_validate(
        example | {"certified": {"principal": 3_000_000, "interest": 90_000, "penalty": 0, "costs": 0}}
    )
    assert [point.code for point in check_certificate(moved).points] == ["AMOUNT"], "paid interest is not certified"
    assert not check_certificate(CertificateText.model_validate(example | {"certified": {"principal": 0}})).complete
