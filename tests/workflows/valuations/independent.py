"""`domain.md` §7.1 once more, from its words alone and in another style: exact fractions, cut down at each step.

Shares nothing with `workflows.valuations`; the figures of the tea pack are written out here again.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

PI = Fraction(Decimal("3.141592"))
H = {"A": "1.00", "B": "0.85", "C": "0.60", "D": "0.25"}
S = {"A": "0.995", "B": "0.990", "C": "0.970", "D": "0.900"}
SPECIFIC = {"A": "0.01", "B": "0.02", "C": "0.03", "D": "0.04"}
COST_OF_A_KILOGRAM, CARE = 900 * 100, 800 * 100


class Worth(NamedTuple):
    """V, Stress, confidence in ppm, CV, largest loan."""

    value: int
    stress: int
    confidence: int
    collateral: int
    loan: int


def part(text: str) -> Fraction:
    return Fraction(Decimal(text))


def ppm(number: Fraction) -> Fraction:
    """Cut down to a millionth."""
    return Fraction(math.floor(number * 1_000_000), 1_000_000)


def worth(
    *,
    a_cm: int,
    b_cm: int,
    health: str,
    seasons: tuple[int, ...],
    band_fen: int,
    price_factors: tuple[Fraction, ...],
    years_left: int,
    share: Fraction,
    title: str,
    accuracy_cm: int,
    survey_days: Fraction,
    second: bool,
    attested: bool,
) -> Worth:
    crown_cm2 = math.floor(PI / 4 * a_cm * b_cm)
    potential = math.floor(Fraction(crown_cm2, 10_000) * 150)
    graded = math.floor(potential * part(H[health]))
    verified = seasons[max(len(seasons) - 5, 0) :]
    n = len(verified)
    z = ppm(Fraction(n, n + 2))
    observed = math.floor(Fraction(sum(verified), n)) if n else 0
    grams = math.floor(z * observed + (1 - z) * graded)
    price = band_fen
    for factor in price_factors:
        price = math.floor(price * factor)
    rate = part("0.02") + part("0.04") + part("0.04") + part(SPECIFIC[health])

    def v(y: int, p: int, s: Fraction) -> int:
        weathered = math.floor(y * part("0.95"))
        income = math.floor(Fraction(weathered * (p - COST_OF_A_KILOGRAM), 1_000)) - CARE
        if income < 0:
            income = 0
        q, total, discount = ppm(s / (1 + rate)), 0, Fraction(1)
        for _ in range(min(25, years_left)):
            discount = ppm(discount * q)
            total += math.floor(income * discount)
        return math.floor(total * share)

    cheap = v(grams, math.floor(price * part("0.7")), part(S[health]))
    poor = v(math.floor(grams * part("0.6")), price, part(S[health]))
    if health == "D":
        sick = 0  # there is no grade below but death
    else:
        worse = "ABCD"["ABCD".index(health) + 1]
        sick = v(math.floor(grams * part(H[worse]) / part(H[health])), price, part(S[worse]))
    stress = min(cheap, poor, sick)
    c = part("0.40") + part("0.05") * min(n, 3)
    c += part("0.10") if 0 < accuracy_cm <= 50 else 0
    c += part("0.15") if title == "A" else 0
    c += part("0.10") if survey_days <= 180 else 0
    c += part("0.05") if second else 0
    c += part("0.05") if attested else 0
    c = min(c, part("0.95"))
    collateral = math.floor(stress * c)
    loan = math.floor(collateral * part("0.70"))
    return Worth(v(grams, price, part(S[health])), stress, math.floor(c * 1_000_000), collateral, loan)
