"""The ladder of §7.3, to the basis point, and what it lets a bank do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.loans.margins import NO_COVER, STANDARD, Levels, Recorded, Rung, Step, ltv_bps, opens, rung, step

LOAN = 2_392_400
LADDER = [
    (100, 3_417_746, 7_000, Rung.OK),
    (90, 2_976_965, 8_036, Rung.WARN),
    (80, 2_536_190, 9_433, Rung.CALL),
    (72, 2_183_566, 10_956, Rung.BREACH),
]
fen = st.integers(0, 10**12)


@pytest.mark.parametrize(("index", "cover", "bps", "rung_"), LADDER, ids=[f"index {row[0]}" for row in LADDER])
def test_the_example_of_the_domain(index: int, cover: int, bps: int, rung_: Rung) -> None:
    assert ltv_bps(LOAN, cover) == bps
    assert rung(LOAN, cover) is rung_


def test_the_largest_loan_opens_and_a_fen_more_does_not() -> None:
    assert opens(2_392_422, 3_417_746)
    assert not opens(2_392_423, 3_417_746)


class TestLevels:
    def test_count_once_reached_and_a_breach_once_passed(self) -> None:
        for owed, expected in ((7_999, 0), (8_000, 1), (8_999, 1), (9_000, 2), (10_000, 2), (10_001, 3)):
            assert rung(owed, 10_000) is Rung(expected)

    def test_are_what_both_agreed(self) -> None:
        strict = Levels(opening=5_000, warn=5_500, call=6_000, breach=6_000)
        assert rung(6_001, 10_000, strict) is Rung.BREACH

    @given(fen, fen, fen)
    def test_more_cover_never_climbs_the_ladder(self, owed: int, cover: int, more: int) -> None:
        assert rung(owed, cover + more) <= rung(owed, cover)
        assert rung(owed, cover) <= rung(owed + more, cover)

    def test_nothing_owed_is_covered_by_nothing(self) -> None:
        assert (rung(0, 0), ltv_bps(0, 0)) == (Rung.OK, 0)
        assert (rung(1, 0), ltv_bps(1, 0)) == (Rung.BREACH, NO_COVER)


class TestSteps:
    def test_a_call_comes_before_a_breach_however_deep_the_fall(self) -> None:
        for recorded in (Recorded.OK, Recorded.WARN, Recorded.CURED):
            assert step(recorded, Rung.BREACH, 0, 10) is Step.CALL

    def test_no_breach_before_the_cure_has_lapsed(self) -> None:
        assert step(Recorded.CALL, Rung.BREACH, 100, 100) is Step.NONE
        assert step(Recorded.CALL, Rung.BREACH, 100, 101) is Step.BREACH
        assert step(Recorded.CALL, Rung.CALL, 100, 101) is Step.NONE

    def test_cover_that_is_back_cures(self) -> None:
        for recorded in (Recorded.CALL, Recorded.BREACHED):
            assert step(recorded, Rung.WARN, 100, 50) is Step.CURE

    def test_warnings_are_observed_both_ways(self) -> None:
        assert step(Recorded.OK, Rung.WARN, 0, 0) is Step.OBSERVE
        assert step(Recorded.WARN, Rung.OK, 0, 0) is Step.OBSERVE
        assert step(Recorded.OK, Rung.OK, 0, 0) is Step.NONE
        assert step(Recorded.WARN, Rung.WARN, 0, 0) is Step.NONE

    @given(st.sampled_from(Recorded), fen, fen, st.integers(0, 100), st.integers(0, 100))
    def test_a_breach_needs_a_call_a_lapse_and_an_ltv_beyond_the_level(
        self, recorded: Recorded, owed: int, cover: int, ends: int, now: int
    ) -> None:
        if step(recorded, rung(owed, cover), ends, now) is Step.BREACH:
            assert recorded is Recorded.CALL
            assert now > ends
            assert ltv_bps(owed, cover) >= STANDARD.breach
