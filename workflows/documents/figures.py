"""Money, rates, days and instants in the words of Chinese legal papers. Legal time is Asia/Shanghai."""

from __future__ import annotations

from datetime import date

from workflows.calendar.calendar import local

FEN_LIMIT = 10**14
"""One trillion yuan: the first amount that has no words here."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_GROUPS = ((10**8, "亿"), (10**4, "万"), (1, ""))


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: ¥23,924.22."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def yuan_in_words(fen: int) -> str:
    """Fen in the capital numerals that banks and courts ask for: 贰万叁仟玖佰贰拾肆元贰角贰分.

    Source: 支付结算办法, annex 1 (正确填写票据和结算凭证的基本规定). Raises ValueError outside 0 … 10^14 − 1.
    """
    if not 0 <= fen < FEN_LIMIT:
        raise ValueError(f"{fen} fen cannot be written in words")
    whole, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    words = f"{_whole(whole)}元" if whole else ""
    if not rest:
        return f"{words or '零元'}整"
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif whole:
        words += "零"
    return words + (f"{_DIGITS[cents]}分" if cents else "整")


def percent(ppm: int) -> str:
    """A rate in parts per million as per cent, without trailing zeros: 61500 → 6.15%."""
    sign = "-" if ppm < 0 else ""
    whole, rest = divmod(abs(ppm), 10_000)
    decimals = f"{rest:04d}".rstrip("0")
    return f"{sign}{whole}{'.' + decimals if decimals else ''}%"


def day(value: date) -> str:
    """2026年11月27日."""
    return f"{value.year}年{value.month}月{value.day}日"


def instant(seconds: int) -> str:
    """UTC seconds as the legal time of day: 2026年11月27日 12:28:00."""
    read = local(seconds)
    return f"{day(read.date())} {read:%H:%M:%S}"


def _whole(number: int) -> str:
    words, skipped = "", False
    for size, unit in _GROUPS:
        group = number // size % (10**4 if size < 10**8 else 10**5)
        if group == 0:
            skipped = bool(words)
            continue
        if words and (skipped or group < 1000):
            words += "零"
        words, skipped = f"{words}{_group(group)}{unit}", False
    return words


def _group(number: int) -> str:
    words, skipped = "", False
    for size, unit in _PLACES:
        digit = number // size % 10
        if digit == 0:
            skipped = bool(words)
            continue
        words, skipped = f"{words}{'零' if skipped else ''}{_DIGITS[digit]}{unit}", False
    return words
