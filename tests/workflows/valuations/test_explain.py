"""The account that a banker reads adds up, to the fen, in both languages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings

from tests.workflows.valuations.examples import EXAMPLE, trees
from workflows import packs
from workflows.valuations.explain import factors
from workflows.valuations.value import Inputs, value
from workflows.valuations.words import percent, yuan


@pytest.mark.parametrize("name", packs.names())
@settings(max_examples=60, deadline=None)
@given(tree=trees())
def test_effects_add_up_to_the_value_the_collateral_and_the_loan(name: str, tree: Inputs) -> None:
    pack = packs.load(name)
    result = value(tree, pack)
    account = factors(tree, pack)
    assert account[0].effect_fen == account[0].after_fen
    for before, after in pairwise(account):
        assert before.after_fen + after.effect_fen == after.after_fen
    last = {factor.of: factor.after_fen for factor in account}
    assert last == {"value": result.value_fen, "collateral": result.collateral_fen, "loan": result.loan_fen}


def test_the_worked_example_reads_as_it_should() -> None:
    account = {factor.name: factor for factor in factors(EXAMPLE, packs.load("dancong"))}
    assert account["share"].after_fen == 7_085_592
    assert "40 %" in account["stress"].en and "产量下降 40 %" in account["stress"].zh
    assert account["title_a"].json()["effect_yuan"] == "6,031.31"  # 15 % of 40,208.78, rounded down
    assert account["lending_share"].json()["after_yuan"] == "23,924.22"
    assert all(factor.en and factor.zh for factor in account.values())


@pytest.mark.parametrize(("fen", "text"), [(0, "0.00"), (-5, "-0.05"), (123_456_789, "1,234,567.89"), (-100, "-1.00")])
def test_money_in_words(fen: int, text: str) -> None:
    assert yuan(fen) == text


@pytest.mark.parametrize(("ppm", "text"), [(0, "0 %"), (985_000, "98.5 %"), (1_000_000, "100 %"), (1, "0.0001 %")])
def test_parts_in_words(ppm: int, text: str) -> None:
    assert percent(ppm) == text
