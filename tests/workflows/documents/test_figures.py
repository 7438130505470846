"""Figures as Chinese legal papers write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.documents.figures import FEN_LIMIT, day, instant, percent, yuan, yuan_in_words

DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_words(words: str) -> int:
    """An independent reader: the fen that capital numerals stand for."""
    total = group = digit = 0
    for character in words.removesuffix("整"):
        if character in DIGITS:
            digit = DIGITS.index(character)
        elif character in UNITS:
            group, digit = group + digit * UNITS[character], 0
        elif character in "万亿元":
            total, group, digit = total + (group + digit) * {"万": 10**6, "亿": 10**10, "元": 100}[character], 0, 0
        else:
            total, digit = total + digit * {"角": 10, "分": 1}[character], 0
    return total


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (30, "叁角整"),
        (140_950, "壹仟肆佰零玖元伍角整"),  # the examples of 支付结算办法
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万柒仟元伍角叁分"),  # 零 before 伍角 is optional
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (1_000_000_000_000, "壹佰亿元整"),
        (10_000_010_001, "壹亿零壹佰元零壹分"),
    ],
)
def test_amounts_are_written_as_the_rules_for_payment_show(fen: int, words: str) -> None:
    assert yuan_in_words(fen) == words


@given(st.integers(0, FEN_LIMIT - 1))
def test_words_read_back_to_the_fen(fen: int) -> None:
    assert read_words(yuan_in_words(fen)) == fen


@pytest.mark.parametrize("fen", [-1, FEN_LIMIT])
def test_an_amount_without_words_is_refused(fen: int) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        yuan_in_words(fen)


def test_figures_and_rates() -> None:
    assert (yuan(2_392_422), yuan(5), yuan(-12_345)) == ("¥23,924.22", "¥0.05", "-¥123.45")
    assert (percent(61_500), percent(43_500), percent(120_000), percent(-1)) == ("6.15%", "4.35%", "12%", "-0.0001%")


def test_days_are_those_of_shanghai() -> None:
    assert instant(1795708799) == "2026年11月26日 23:59:59"
    assert instant(1795708800) == "2026年11月27日 00:00:00"
    assert day(date(2027, 1, 5)) == "2027年1月5日"
