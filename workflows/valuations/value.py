"""What a tree is worth (`domain.md` §7.1): the income approach in whole numbers, the same to the fen on every machine.

Ratios are parts per million (D = 1,000,000). Every product or quotient is rounded down where it is written, in this
order, and nothing else is rounded:

    crown    = π·a·b / 4 with π = 3.141592, in cm²         potential = crown × g per m²
    basis    = potential × yield of the grade               Z = n / (n + k)
    yield    = (Z × mean of the seasons + (D − Z) × basis)  saleable = yield × weather
    price    = band × cultivar × altitude × index           net = saleable × (price − costs) − care, not below 0
    q        = survival / (D + rate)                        f₁ = q, fₜ = fₜ₋₁ × q
    value    = Σ ⌊net × fₜ⌋ over T years, × the owner's share

Stress is the least of three values: the price falls, the yield falls (before weather), or health falls one grade (the
yield by the ratio of the grades, and survival). Below the worst grade there is only death, so a tree of that grade is
worth nothing under stress; were it otherwise, better health could lower what a tree secures.
Collateral = stress × confidence; the largest loan = collateral × the pack's share.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from itertools import accumulate, repeat
from typing import Final

from chain.errors import ChaqiError
from workflows.commitment import Json, canonical_json
from workflows.packs import HEALTHS, MILLION, Pack

RULE: Final = "chaqi-valuation-1"
"""Name of the rule above; whoever changes the rule changes the name, and with it the model's hash."""

PI_PPM: Final = 3_141_592
CM2_PER_M2: Final = 10_000
GRAMS_PER_KG: Final = 1_000
DAY_SECONDS: Final = 86_400


class InputsUnfit(ChaqiError):
    """An input of a valuation is out of its range."""

    status = 422
    en = "A valuation cannot take {field} = {given}."
    zh = "估值不能采用 {field} = {given}。"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a valuation depends on beside its pack. Instants in UTC seconds."""

    tree: str
    as_of: int
    crown_a_cm: int
    crown_b_cm: int
    health: str
    seasons_dry_g: tuple[int, ...]
    """Verified harvests of whole seasons, the newest last."""
    band_fen_per_kg: int
    cultivar_ppm: int
    altitude_ppm: int
    index_ppm: int
    """The capped index, a million at the base."""
    right_years: int
    """Full years left of the right to the tree."""
    share_ppm: int
    title_class: str
    accuracy_cm: int
    surveyed_at: int
    second_appraiser: bool
    attested: bool
    """Photographs or sensors bear the survey out."""

    def __post_init__(self) -> None:
        if self.health not in HEALTHS:
            raise InputsUnfit(field="health", given=self.health)
        if self.title_class not in ("A", "B", "C"):
            raise InputsUnfit(field="title_class", given=self.title_class)
        if not 0 <= self.share_ppm <= MILLION:
            raise InputsUnfit(field="share_ppm", given=self.share_ppm)
        if self.surveyed_at > self.as_of:
            raise InputsUnfit(field="surveyed_at", given=self.surveyed_at)
        for name, given in asdict(self).items():
            if any(isinstance(one, int) and one < 0 for one in (given if isinstance(given, tuple) else (given,))):
                raise InputsUnfit(field=name, given=given)

    @property
    def price_fen_per_kg(self) -> int:
        """The reference price."""
        price = self.band_fen_per_kg
        for factor in (self.cultivar_ppm, self.altitude_ppm, self.index_ppm):
            price = price * factor // MILLION
        return price

    def json(self) -> dict[str, Json]:
        """As it is committed to."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def read(cls, stored: dict[str, Json]) -> Inputs:
        """From `json`."""
        values: dict[str, object] = dict(stored)
        values["seasons_dry_g"] = tuple(values["seasons_dry_g"])  # type: ignore[arg-type]
        return cls(**values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Valuation:
    """A tree's value, and the figures it was come to by. Money in fen, a year where it is yearly."""

    potential_g: int
    yield_g: int
    price_fen_per_kg: int
    net_fen: int
    value_fen: int
    stressed_price_fen: int
    stressed_yield_fen: int
    stressed_health_fen: int
    stress_fen: int
    confidence_ppm: int
    collateral_fen: int
    loan_fen: int

    def json(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


def value(inputs: Inputs, pack: Pack) -> Valuation:
    """The valuation of a tree."""
    rules = pack.valuation
    potential, expected = yields(inputs, pack)
    price = inputs.price_fen_per_kg
    grade = pack.health.grade(inputs.health)
    fallen_price = price * (MILLION - rules.stress.price_fall_ppm) // MILLION
    fallen_yield = expected * (MILLION - rules.stress.yield_fall_ppm) // MILLION
    base = _worth(inputs, pack, expected, price, grade.survival_ppm)
    by_price = _worth(inputs, pack, expected, fallen_price, grade.survival_ppm)
    by_yield = _worth(inputs, pack, fallen_yield, price, grade.survival_ppm)
    by_health = _one_grade_down(inputs, pack, expected, price)
    stress = min(by_price, by_yield, by_health)
    confidence = min(sum(points for _, points in confidences(inputs, pack)), rules.confidence.most_ppm)
    collateral = stress * confidence // MILLION
    return Valuation(
        potential_g=potential,
        yield_g=expected,
        price_fen_per_kg=price,
        net_fen=net(expected, price, pack),
        value_fen=base,
        stressed_price_fen=by_price,
        stressed_yield_fen=by_yield,
        stressed_health_fen=by_health,
        stress_fen=stress,
        confidence_ppm=confidence,
        collateral_fen=collateral,
        loan_fen=collateral * rules.loan_ppm // MILLION,
    )


def yields(inputs: Inputs, pack: Pack) -> tuple[int, int]:
    """Dry grams a year: the potential of the crown, and what is expected of this tree."""
    crown_cm2 = PI_PPM * inputs.crown_a_cm * inputs.crown_b_cm // (4 * MILLION)
    potential = crown_cm2 * pack.yields.dry_g_per_crown_m2 // CM2_PER_M2
    basis = potential * pack.health.grade(inputs.health).yield_ppm // MILLION
    seasons = inputs.seasons_dry_g[-pack.valuation.most_seasons :]
    if not seasons:
        return potential, basis
    weight = MILLION * len(seasons) // (len(seasons) + pack.valuation.credibility_seasons)
    mean = sum(seasons) // len(seasons)
    return potential, (weight * mean + (MILLION - weight) * basis) // MILLION


def net(yield_g: int, price_fen_per_kg: int, pack: Pack) -> int:
    """What a tree earns its owner in an expected year, in fen; never below zero."""
    rules = pack.valuation
    saleable = yield_g * rules.weather_ppm // MILLION
    margin = price_fen_per_kg - rules.variable_cost_fen_per_kg
    return max(saleable * margin // GRAMS_PER_KG - rules.yearly_care_fen, 0)


def years(inputs: Inputs, pack: Pack) -> int:
    """Years whose income counts."""
    return min(pack.valuation.horizon_years, inputs.right_years)


def confidences(inputs: Inputs, pack: Pack) -> list[tuple[str, int]]:
    """What speaks for the valuation, and how much, before the cap."""
    points = pack.valuation.confidence
    seasons = min(len(inputs.seasons_dry_g), points.seasons_counted)
    fresh = inputs.as_of - inputs.surveyed_at <= points.fresh_survey_days * DAY_SECONDS
    return [
        ("base", points.base_ppm),
        ("exact_fix", points.exact_fix_ppm if 0 < inputs.accuracy_cm <= points.exact_fix_cm else 0),
        ("title_a", points.title_a_ppm if inputs.title_class == "A" else 0),
        ("seasons", points.season_ppm * seasons),
        ("fresh_survey", points.fresh_survey_ppm if fresh else 0),
        ("second_appraiser", points.second_appraiser_ppm if inputs.second_appraiser else 0),
        ("attested", points.attested_ppm if inputs.attested else 0),
    ]


def needs_second(before_fen: int | None, after_fen: int, pack: Pack) -> bool:
    """Whether a second appraiser must look: a large value, or a large change from one in force (None: none is)."""
    rules = pack.valuation
    if after_fen > rules.second_value_fen:
        return True
    return before_fen is not None and abs(after_fen - before_fen) * MILLION > rules.second_change_ppm * before_fen


def with_second(inputs: Inputs) -> Inputs:
    """The same inputs as the second appraiser has them."""
    return replace(inputs, second_appraiser=True)


def full_years_left(until: date | None, as_of: int, horizon: int) -> int:
    """Full years from an instant to the last day of a right; a right without a date lasts the horizon."""
    if until is None:
        return horizon
    today = datetime.fromtimestamp(as_of, UTC).date()
    passed = (until.month, until.day) < (today.month, today.day)
    return max(until.year - today.year - passed, 0)


@cache
def model_hash(pack: Pack) -> bytes:
    """What stands on chain for the rule and its parameters: SHA-256 of their canonical JSON."""
    content = pack.model_dump(mode="json", include={"name", "version", "valuation", "health", "yields"})
    return sha256(canonical_json({"rule": RULE, **content})).digest()


def _worth(inputs: Inputs, pack: Pack, yield_g: int, price: int, survival_ppm: int) -> int:
    grade = pack.health.grade(inputs.health)
    rate = pack.valuation.rates.common_ppm + grade.specific_ppm
    yearly = net(yield_g, price, pack)
    kept = survival_ppm * MILLION // (MILLION + rate)
    factors = accumulate(repeat(kept, years(inputs, pack)), lambda f, q: f * q // MILLION)
    total: int = sum(yearly * factor // MILLION for factor in factors)
    return total * inputs.share_ppm // MILLION


def _one_grade_down(inputs: Inputs, pack: Pack, expected: int, price: int) -> int:
    place = HEALTHS.index(inputs.health) + 1
    if place == len(HEALTHS):
        return 0
    here, below = pack.health.grade(inputs.health), pack.health.grade(HEALTHS[place])
    return _worth(inputs, pack, expected * below.yield_ppm // here.yield_ppm, price, below.survival_ppm)
