"""Why a tree is worth what it is, as a banker reads it: each factor with its effect in money.

The account begins with a plain tree: the potential of this crown, vigorous, at the reference price of its age band, for
the whole horizon and wholly owned. Then the facts of this tree are taken in one after the other; the effect of a factor
is what the value changes by when it is taken in, so the effects add up to the value exactly. From there stress,
confidence and the lending share lead to the largest loan, each again with its effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

from workflows.packs import MILLION, Pack
from workflows.valuations.value import Inputs, Valuation, confidences, value, yields
from workflows.valuations.words import percent, yuan

Of = Literal["value", "collateral", "loan"]

CONFIDENCE_WORDS: Final = {
    "base": ("an appraisal by an enrolled appraiser", "登记评估师的评估"),
    "exact_fix": ("position exact (RTK)", "精确定位（RTK）"),
    "title_a": ("title of class A", "甲类权属"),
    "seasons": ("verified seasons", "经核实的产季"),
    "fresh_survey": ("survey fresh", "近期勘测"),
    "second_appraiser": ("second appraiser", "第二评估师"),
    "attested": ("photographs or sensors", "影像或传感器佐证"),
}


@dataclass(frozen=True, slots=True)
class Factor:
    """One step of the account: what it takes in, by how many fen that changes the running figure, and to what."""

    name: str
    of: Of
    en: str
    zh: str
    effect_fen: int
    after_fen: int

    def json(self) -> dict[str, str | int]:
        """With the money also in yuan."""
        return {**asdict(self), "effect_yuan": yuan(self.effect_fen), "after_yuan": yuan(self.after_fen)}


def factors(inputs: Inputs, pack: Pack) -> list[Factor]:
    """The account, in order; the last figure is the largest loan."""
    result = value(inputs, pack)
    account = [*_to_value(inputs, pack), *_to_collateral(inputs, pack, result)]
    loan = result.loan_fen - result.collateral_fen
    account.append(
        Factor(
            "lending_share",
            "loan",
            f"the bank lends {percent(pack.valuation.loan_ppm)} of collateral",
            f"贷款不超过担保价值的 {percent(pack.valuation.loan_ppm)}",
            loan,
            result.loan_fen,
        )
    )
    return account


def _to_value(inputs: Inputs, pack: Pack) -> Iterator[Factor]:
    plain = replace(
        inputs,
        health="A",
        seasons_dry_g=(),
        cultivar_ppm=MILLION,
        altitude_ppm=MILLION,
        index_ppm=MILLION,
        right_years=pack.valuation.horizon_years,
        share_ppm=MILLION,
    )
    potential, _ = yields(inputs, pack)
    running = value(plain, pack).value_fen
    yield Factor(
        "crown",
        "value",
        f"a crown of {inputs.crown_a_cm} × {inputs.crown_b_cm} cm promises {potential} g a year, "
        f"at {yuan(inputs.band_fen_per_kg)} yuan a kilogram for its age",
        f"冠幅 {inputs.crown_a_cm} × {inputs.crown_b_cm} 厘米，年潜力 {potential} 克，"
        f"按树龄档价 {yuan(inputs.band_fen_per_kg)} 元/公斤",
        running,
        running,
    )
    seasons = len(inputs.seasons_dry_g[-pack.valuation.most_seasons :])
    steps: tuple[tuple[str, dict[str, Any], str, str], ...] = (
        ("health", {"health": inputs.health}, f"health grade {inputs.health}", f"长势 {inputs.health} 级"),
        (
            "harvests",
            {"seasons_dry_g": inputs.seasons_dry_g},
            f"{seasons} verified seasons",
            f"{seasons} 个经核实产季",
        ),
        (
            "cultivar",
            {"cultivar_ppm": inputs.cultivar_ppm},
            f"cultivar fetches {percent(inputs.cultivar_ppm)} of the band's price",
            f"品种价为档价的 {percent(inputs.cultivar_ppm)}",
        ),
        (
            "altitude",
            {"altitude_ppm": inputs.altitude_ppm},
            f"altitude: {percent(inputs.altitude_ppm)}",
            f"海拔系数 {percent(inputs.altitude_ppm)}",
        ),
        (
            "index",
            {"index_ppm": inputs.index_ppm},
            f"price index {percent(inputs.index_ppm)}, capped",
            f"价格指数 {percent(inputs.index_ppm)}（限幅后）",
        ),
        (
            "right",
            {"right_years": inputs.right_years},
            f"{inputs.right_years} years left of the right",
            f"权利剩余 {inputs.right_years} 年",
        ),
        (
            "share",
            {"share_ppm": inputs.share_ppm},
            f"the owner's share is {percent(inputs.share_ppm)}",
            f"权利人份额 {percent(inputs.share_ppm)}",
        ),
    )
    for name, fact, en, zh in steps:
        plain = replace(plain, **fact)
        after = value(plain, pack).value_fen
        yield Factor(name, "value", en, zh, after - running, after)
        running = after


def _to_collateral(inputs: Inputs, pack: Pack, result: Valuation) -> Iterator[Factor]:
    fall = pack.valuation.stress
    worst, en, zh = min(
        (
            result.stressed_price_fen,
            f"price falls by {percent(fall.price_fall_ppm)}",
            f"价格下跌 {percent(fall.price_fall_ppm)}",
        ),
        (
            result.stressed_yield_fen,
            f"yield falls by {percent(fall.yield_fall_ppm)}",
            f"产量下降 {percent(fall.yield_fall_ppm)}",
        ),
        (result.stressed_health_fen, "health falls by one grade", "长势下降一级"),
    )
    yield Factor(
        "stress", "collateral", f"worst case: {en}", f"最不利情形：{zh}", worst - result.value_fen, result.stress_fen
    )
    # Believed not at all, a tree secures nothing; what speaks for the valuation gives it back part by part.
    running = 0
    yield Factor("doubt", "collateral", "nothing is known yet", "尚无依据", -result.stress_fen, running)
    points = 0
    for name, given in confidences(inputs, pack):
        points = min(points + given, pack.valuation.confidence.most_ppm)
        after = result.stress_fen * points // MILLION
        en, zh = CONFIDENCE_WORDS[name]
        share = percent(given)
        yield Factor(name, "collateral", f"{en}: {share}", f"{zh}：{share}", after - running, after)
        running = after
