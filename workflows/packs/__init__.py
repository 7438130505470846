"""Packs: what is particular to a product, as data. A new category is a folder here, not a fork.

A folder holds one `pack.toml`. Money is in fen, weight in grams, lengths in centimetres, ratios in parts per million;
the pack's product ("dry" weight) is what the trade prices: 毛茶 of tea, dried peel of 陈皮. Every figure has a source:
[S] read in a text, [A] an assumption of this project, named table by table.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chain.errors import ChaqiError
from workflows.faults import first_fault

FOLDER: Final = Path(__file__).parent
OURS: Final = "dancong"
"""The category of the trees on this ledger."""
MILLION: Final = 1_000_000
HEALTHS: Final = ("A", "B", "C", "D")

Fen = Annotated[int, Field(ge=0, le=10**12)]
Ratio = Annotated[int, Field(ge=0, le=MILLION)]
"""Parts per million of a whole."""
Factor = Annotated[int, Field(ge=0, le=100 * MILLION)]
"""Parts per million that may exceed the whole."""
Text = Annotated[str, Field(min_length=1, max_length=200)]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""A day of any year, `MM-DD`."""


class PackUnknown(ChaqiError):
    """There is no pack of that name."""

    status = 404
    en = "There is no pack {name}. The packs are: {known}."
    zh = "没有名为 {name} 的品类包。现有：{known}。"


class PackMalformed(ChaqiError):
    """A pack's file does not say what a pack must say."""

    status = 500
    en = "Pack {name} is malformed at {field}: {problem}."
    zh = "品类包 {name} 的 {field} 有误：{problem}。"


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Words(_Table):
    """A term in both languages."""

    zh: Text
    en: Text


class Attribute(_Table):
    """What is recorded of a tree of this category beyond what every tree has."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    zh: Text
    en: Text
    unit: str


class Yields(_Table):
    """How much a tree gives, and how much of what is picked remains when it is dry."""

    dry_g_per_crown_m2: Annotated[int, Field(ge=1)]
    """One year's potential of a healthy tree."""
    cap_dry_g: Annotated[int, Field(ge=1)]
    """No tree gives more in a year."""
    flushes: Annotated[int, Field(ge=1, le=6)]
    """How often an old tree is picked in a year."""
    fresh_per_dry_ppm: Factor
    """Usual ratio of fresh to dry weight."""
    least_fresh_per_dry_ppm: Factor
    """No process leaves more: dry × this ≤ fresh."""
    season_cap_ppm: Factor
    """What a season may bring of its potential before somebody must look into it."""

    @model_validator(mode="after")
    def _drying_loses(self) -> Self:
        if not MILLION <= self.least_fresh_per_dry_ppm <= self.fresh_per_dry_ppm:
            raise ValueError("fresh weight is at least dry weight, and at least what the best process leaves")
        return self

    def season_cap_fresh_g(self, potential_dry_g: int) -> int:
        """The fresh grams of one season above which a harvest is held."""
        return potential_dry_g * self.season_cap_ppm * self.fresh_per_dry_ppm // MILLION**2

    def usual_fresh_g(self, dry_g: int) -> int:
        """The fresh grams that so much dry weight usually takes."""
        return dry_g * self.fresh_per_dry_ppm // MILLION

    def most_dry_g(self, fresh_g: int) -> int:
        """The dry grams that so much fresh weight can leave at most."""
        return fresh_g * MILLION // self.least_fresh_per_dry_ppm


class Season(_Table):
    """A picking window: both days included, within one year."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    zh: Text
    en: Text
    opens: MonthDay
    closes: MonthDay

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens > self.closes:
            raise ValueError(f"{self.name} closes before it opens")
        return self

    def holds(self, day: date) -> bool:
        """Whether the day lies in the window."""
        return self.opens <= f"{day:%m-%d}" <= self.closes


class Cultivar(_Table):
    """A cultivar: its share among old trees, its price against the band's, the season it is picked in."""

    zh: Text
    en: Text
    share: Annotated[int, Field(ge=0, le=100)]
    price_ppm: Factor
    season: str


class AgeBand(_Table):
    """Prices of the product at the farm gate by the age of what grows on the tree; the last band is open."""

    least_years: Annotated[int, Field(ge=0)]
    price_fen_per_kg: Fen


class AltitudeBand(_Table):
    """What altitude does to the price."""

    least_m: Annotated[int, Field(ge=0, le=6_000)]
    price_ppm: Factor


class HealthGrade(_Table):
    """What a health grade means for the harvest, for survival from year to year, and for the discount rate."""

    yield_ppm: Ratio
    survival_ppm: Ratio
    specific_ppm: Annotated[int, Field(ge=0, le=40_000)]
    """Part of the rate that is the tree's own."""


class Health(_Table):
    """The four grades, from vigorous to dying."""

    A: HealthGrade
    B: HealthGrade
    C: HealthGrade
    D: HealthGrade

    @model_validator(mode="after")
    def _falls(self) -> Self:
        grades = [self.grade(name) for name in HEALTHS]
        for better, worse in pairwise(grades):
            falls = better.yield_ppm > worse.yield_ppm and better.survival_ppm >= worse.survival_ppm
            if not (falls and better.specific_ppm <= worse.specific_ppm):
                raise ValueError("a worse grade cannot promise more")
        if grades[-1].yield_ppm == 0:
            raise ValueError("a tree that yields nothing has no grade")
        return self

    def grade(self, name: str) -> HealthGrade:
        """The grade of this name. Raises `KeyError`."""
        grade: HealthGrade = {"A": self.A, "B": self.B, "C": self.C, "D": self.D}[name]
        return grade


class Rates(_Table):
    """The discount rate without the tree's own part."""

    risk_free_ppm: Ratio
    illiquidity_ppm: Ratio
    sector_ppm: Ratio

    @property
    def common_ppm(self) -> int:
        """What every tree is discounted at, at least."""
        return self.risk_free_ppm + self.illiquidity_ppm + self.sector_ppm


class Stress(_Table):
    """What collateral must survive: each alone, and a fall of one health grade."""

    price_fall_ppm: Ratio
    yield_fall_ppm: Ratio


class Confidence(_Table):
    """What makes a valuation believable, added up to `most_ppm`."""

    base_ppm: Ratio
    exact_fix_ppm: Ratio
    exact_fix_cm: Annotated[int, Field(ge=1)]
    title_a_ppm: Ratio
    season_ppm: Ratio
    seasons_counted: Annotated[int, Field(ge=1, le=5)]
    fresh_survey_ppm: Ratio
    fresh_survey_days: Annotated[int, Field(ge=1)]
    second_appraiser_ppm: Ratio
    attested_ppm: Ratio
    most_ppm: Ratio


class ValuationRules(_Table):
    """The parameters of `domain.md` §7."""

    weather_ppm: Ratio
    variable_cost_fen_per_kg: Fen
    yearly_care_fen: Fen
    credibility_seasons: Annotated[int, Field(ge=1)]
    """Observed seasons that weigh as much as the potential."""
    most_seasons: Annotated[int, Field(ge=1, le=20)]
    horizon_years: Annotated[int, Field(ge=1, le=60)]
    rates: Rates
    stress: Stress
    confidence: Confidence
    loan_ppm: Ratio
    second_change_ppm: Ratio
    """A change of the value by more needs a second appraiser."""
    second_value_fen: Fen
    """A value above needs a second appraiser."""
    stale_days: Annotated[int, Field(ge=1)]
    ineligible_days: Annotated[int, Field(ge=1)]


class IndexRules(_Table):
    """How prices become an index: `workflows.valuations.index`."""

    sources: Annotated[int, Field(ge=1)]
    """Independent sources a month needs before it counts."""
    months: Annotated[int, Field(ge=1, le=60)]
    monthly_move_ppm: Ratio
    """How far a month may move the index that counts for collateral."""
    outlier_times: Annotated[int, Field(ge=2)]
    """A price this many times above or below the month's median is no price."""


class LoanProduct(_Table):
    """A loan product. LTV is outstanding debt against collateral value, in parts per million."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    zh: Text
    en: Text
    secured: bool
    cap_fen: Fen
    term_days: Annotated[int, Field(ge=1, le=3_650)]
    rate_ppm: Ratio
    """A year."""
    open_ppm: Ratio
    warn_ppm: Ratio
    call_ppm: Ratio
    breach_ppm: Ratio
    cure_working_days: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        steps = (self.open_ppm, self.warn_ppm, self.call_ppm, self.breach_ppm)
        if self.secured and list(steps) != sorted(set(steps)):
            raise ValueError(f"{self.code}: open < warn < call < breach")
        return self


class Origin(_Table):
    """The geographical indication and the towns whose trees may bear it."""

    claim: Words
    towns: Annotated[tuple[Text, ...], Field(min_length=1)]


class Source(_Table):
    """Where the figures of a table come from: [S] a text, [A] an assumption."""

    of: Text
    mark: Literal["S", "A"]
    text: Text


class Pack(_Table):
    """One category."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1)]
    category: Words
    product: Words
    attributes: tuple[Attribute, ...]
    yields: Yields
    seasons: Annotated[tuple[Season, ...], Field(min_length=1)]
    cultivars: Annotated[tuple[Cultivar, ...], Field(min_length=1)]
    other_cultivar_price_ppm: Factor
    """Of a cultivar that the pack does not name."""
    age_bands: Annotated[tuple[AgeBand, ...], Field(min_length=1)]
    altitude_bands: Annotated[tuple[AltitudeBand, ...], Field(min_length=1)]
    health: Health
    valuation: ValuationRules
    index: IndexRules
    loans: tuple[LoanProduct, ...]
    origin: Origin
    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for bands in ([b.least_years for b in self.age_bands], [b.least_m for b in self.altitude_bands]):
            if bands[0] != 0 or bands != sorted(set(bands)):
                raise ValueError("bands begin at 0 and climb")
        seasons = [season.name for season in self.seasons]
        strange = sorted({cultivar.season for cultivar in self.cultivars} - set(seasons))
        if strange or len(set(seasons)) != len(seasons):
            raise ValueError(f"seasons of cultivars that are not named once: {strange or seasons}")
        for named in ([c.zh for c in self.cultivars], [p.code for p in self.loans], [a.name for a in self.attributes]):
            if len(set(named)) != len(named):
                raise ValueError(f"named twice: {sorted(one for one in named if named.count(one) > 1)}")
        if sum(cultivar.share for cultivar in self.cultivars) != 100:
            raise ValueError("the shares of the cultivars are not 100 in all")
        told = {source.of for source in self.sources}
        if missing := sorted(SOURCED - told):
            raise ValueError(f"no source is named of {', '.join(missing)}")
        if unknown := sorted(told - SOURCED):
            raise ValueError(f"sources of what the pack does not have: {', '.join(unknown)}")
        return self

    @cached_property
    def _cultivar_by_name(self) -> dict[str, Cultivar]:
        return {cultivar.zh: cultivar for cultivar in self.cultivars}

    def cultivar(self, name: str) -> Cultivar | None:
        """The cultivar of this Chinese name; None when the pack does not know it."""
        return self._cultivar_by_name.get(name)

    def season(self, name: str) -> Season:
        """The season of this name. Raises `KeyError`."""
        return {season.name: season for season in self.seasons}[name]

    def price(self, cultivar: str, years: int, altitude_m: int) -> PriceBasis:
        """What the product of such a tree is priced by, before the index; `years` of what grows on the trunk."""
        known = self.cultivar(cultivar)
        return PriceBasis(
            [band.price_fen_per_kg for band in self.age_bands if band.least_years <= years][-1],
            known.price_ppm if known else self.other_cultivar_price_ppm,
            [band.price_ppm for band in self.altitude_bands if band.least_m <= altitude_m][-1],
        )

    def loan(self, code: str) -> LoanProduct | None:
        """The loan product of this code."""
        return next((product for product in self.loans if product.code == code), None)


class PriceBasis(NamedTuple):
    """Reference price of an age band in fen a kilogram, and what cultivar and altitude do to it."""

    band_fen_per_kg: int
    cultivar_ppm: int
    altitude_ppm: int


SOURCED: Final = frozenset(
    ("yields", "seasons", "cultivars", "age_bands", "altitude_bands", "health", "valuation", "index", "loans", "origin")
)
"""Tables whose figures need a source."""


def names() -> list[str]:
    """The packs there are."""
    return sorted(file.parent.name for file in FOLDER.glob("*/pack.toml"))


@cache
def load(name: str) -> Pack:
    """The pack of this name. Raises `PackUnknown`, `PackMalformed`."""
    known = names()
    if name not in known:
        raise PackUnknown(name=name, known=", ".join(known))
    pack = read(name, (FOLDER / name / "pack.toml").read_text())
    if pack.name != name:
        raise PackMalformed(name=name, field="name", problem=f"its folder is {name}, it calls itself {pack.name}")
    return pack


def read(name: str, text: str) -> Pack:
    """The pack that a TOML text describes. Raises `PackMalformed`."""
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise PackMalformed(name=name, field="pack.toml", problem=str(failure)) from failure
    try:
        return Pack.model_validate(content, strict=False)
    except ValidationError as failure:
        raise PackMalformed(name=name, **first_fault(failure, "pack")) from failure
