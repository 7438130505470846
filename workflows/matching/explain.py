"""Why a lot or a demand was matched, or not: the limit that binds, with its numbers, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain.errors import Language
from workflows.matching.market import MFEN, Demand, Lot
from workflows.matching.network import Network
from workflows.matching.solve import Matching

WORDS: dict[str, tuple[str, str]] = {
    "LOT_MATCHED": (
        "All {grams} g are matched. The market price here is {market} fen/kg, the reserve {own}.",
        "{grams} 克全部匹配。当地市场价 {market} 分/公斤，保留价 {own}。",
    ),
    "LOT_PARTLY": (
        "{matched} of {grams} g are matched: at the market price of {market} fen/kg no more is wanted.",
        "{grams} 克中匹配 {matched} 克：按当地市场价 {market} 分/公斤，已无更多需求。",
    ),
    "LOT_SEASON": ("No firm wants tea of season {season}.", "没有企业需要 {season} 季的茶。"),
    "LOT_GRADE": ("No firm takes grade {grade} in this season.", "本季没有企业接受 {grade} 级茶。"),
    "LOT_LATE": (
        "The tea is ready on {ready}, after the last day ({last}) for which its grade is wanted.",
        "该茶 {ready} 方可交付，晚于其等级最后的需求日 {last}。",
    ),
    "LOT_PRICE": (
        "The reserve of {own} fen/kg is {short} above the most any firm pays, freight deducted.",
        "保留价 {own} 分/公斤，比扣除运费后任何企业的最高出价高 {short}。",
    ),
    "LOT_OUTBID": (
        "Others offer for less: the market price here is {market} fen/kg, {short} below the reserve.",
        "其他供方价格更低：当地市场价 {market} 分/公斤，比保留价低 {short}。",
    ),
    "LOT_FAIRNESS": (
        "{matched} of {grams} g are matched; without the bound that protects small farmers it would be {without} g.",
        "{grams} 克中匹配 {matched} 克；若无小农户保护下限，应为 {without} 克。",
    ),
    "LOT_PROTECTED": (
        "{matched} of {grams} g are matched, {without} g without the bound that protects small farmers.",
        "{grams} 克中匹配 {matched} 克；若无小农户保护下限，应为 {without} 克。",
    ),
    "DEMAND_MATCHED": (
        "All {grams} g are matched. The market price delivered is {market} fen/kg, the limit {own}.",
        "{grams} 克全部匹配。到货市场价 {market} 分/公斤，最高出价 {own}。",
    ),
    "DEMAND_PARTLY": (
        "{matched} of {grams} g are matched: at {market} fen/kg delivered no more is offered.",
        "{grams} 克中匹配 {matched} 克：按到货价 {market} 分/公斤，已无更多供应。",
    ),
    "DEMAND_SEASON": ("Nobody offers tea of season {season}.", "没有人供应 {season} 季的茶。"),
    "DEMAND_GRADE": ("Nobody offers grade {grade} or better in this season.", "本季没有 {grade} 级或更好的供应。"),
    "DEMAND_EARLY": (
        "Nothing of this grade is ready by {due}; the first is on {first}.",
        "{due} 前没有该等级的茶可交付；最早为 {first}。",
    ),
    "DEMAND_PRICE": (
        "The limit of {own} fen/kg is {short} below the cheapest offer, freight included.",
        "最高出价 {own} 分/公斤，比含运费的最低报价低 {short}。",
    ),
    "DEMAND_OUTBID": (
        "Others pay more: the market price delivered is {market} fen/kg, {short} above the limit.",
        "其他企业出价更高：到货市场价 {market} 分/公斤，比最高出价高 {short}。",
    ),
    "DEMAND_FAIRNESS": (
        "{matched} of {grams} g are matched; without the bound that protects small farmers it would be {without} g.",
        "{grams} 克中匹配 {matched} 克；若无小农户保护下限，应为 {without} 克。",
    ),
}
"""Each reason in English and Chinese over its values."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why. `shadow`: what one kilogram more (of a lot to deliver, of a demand to fill) would gain, in fen."""

    code: str
    values: dict[str, int | str]
    shadow: int

    def words(self, language: Language) -> str:
        """The reason in words."""
        return WORDS[self.code][language == "zh"].format(**self.values)


def reasons(matching: Matching) -> tuple[list[Reason], list[Reason]]:
    """The reason of every lot and of every demand, in their order."""
    cheapest = _cheapest(matching.lots, matching.network)
    of_lots = [_of_lot(matching, number) for number in range(len(matching.lots))]
    of_demands = [_of_demand(matching, number, cheapest) for number in range(len(matching.demands))]
    return of_lots, of_demands


def _of_lot(matching: Matching, number: int) -> Reason:
    lot, matched = matching.lots[number], matching.lot_grams[number]
    market, without = matching.price_of_lot[number], matching.lot_grams_without[number]
    hub = matching.network.entry[number]
    if hub is None or market is None:
        return _no_way_for_lot(lot, matching.demands)
    best = matching.network.netback[hub]
    if best is None or best < lot.reserve:
        return Reason("LOT_PRICE", {"own": lot.reserve, "short": lot.reserve - (best or 0)}, 0)
    amounts: dict[str, int | str] = {"grams": lot.grams, "matched": matched, "market": market, "own": lot.reserve}
    gain = max(0, market - lot.reserve)
    if matched != without:
        code = "LOT_FAIRNESS" if matched < without else "LOT_PROTECTED"
        return Reason(code, amounts | {"without": without}, gain)
    if matched:
        return Reason("LOT_MATCHED" if matched == lot.grams else "LOT_PARTLY", amounts, gain)
    return Reason("LOT_OUTBID", amounts | {"short": max(0, lot.reserve - market)}, 0)


def _of_demand(matching: Matching, number: int, cheapest: Sequence[int | None]) -> Reason:
    demand, matched = matching.demands[number], matching.demand_grams[number]
    market, without = matching.price_of_demand[number], matching.demand_grams_without[number]
    least = cheapest[matching.network.exit[number]]
    if least is None:
        return _no_way_for_demand(demand, matching.lots)
    if least > demand.price:
        return Reason("DEMAND_PRICE", {"own": demand.price, "short": least - demand.price}, 0)
    amounts: dict[str, int | str] = {"grams": demand.grams, "matched": matched, "market": market, "own": demand.price}
    if matched != without:
        return Reason("DEMAND_FAIRNESS", amounts | {"without": without}, max(0, demand.price - market))
    if matched:
        code = "DEMAND_MATCHED" if matched == demand.grams else "DEMAND_PARTLY"
        return Reason(code, amounts, max(0, demand.price - market))
    return Reason("DEMAND_OUTBID", amounts | {"short": max(0, market - demand.price)}, 0)


def _no_way_for_lot(lot: Lot, demands: Sequence[Demand]) -> Reason:
    season = [demand for demand in demands if demand.season == lot.season]
    grade = [demand for demand in season if demand.grade >= lot.grade]
    if not season:
        return Reason("LOT_SEASON", {"season": lot.season}, 0)
    if not grade:
        return Reason("LOT_GRADE", {"grade": lot.grade}, 0)
    last = max(demand.due for demand in grade)
    # The hubs are of the season's days: a day on which only better grades are due does not help.
    return Reason("LOT_LATE", {"ready": lot.ready.isoformat(), "last": last.isoformat()}, 0)


def _no_way_for_demand(demand: Demand, lots: Sequence[Lot]) -> Reason:
    season = [lot for lot in lots if lot.season == demand.season]
    grade = [lot for lot in season if lot.grade <= demand.grade]
    if not season:
        return Reason("DEMAND_SEASON", {"season": demand.season}, 0)
    if not grade:
        return Reason("DEMAND_GRADE", {"grade": demand.grade}, 0)
    first = min(lot.ready for lot in grade)
    return Reason("DEMAND_EARLY", {"due": demand.due.isoformat(), "first": first.isoformat()}, 0)


def _cheapest(lots: Sequence[Lot], network: Network) -> list[int | None]:
    """By hub: the least price at which any tea could be there, freight included."""
    least: list[int | None] = [None] * network.hubs
    for lot, hub in zip(lots, network.entry, strict=True):
        if hub is not None:
            known = least[hub]
            least[hub] = lot.reserve if known is None else min(known, lot.reserve)
    for origin, goal, freight in network.ways:
        offered, known = least[origin], least[goal]
        if offered is not None and (known is None or offered + freight < known):
            least[goal] = offered + freight
    return least


def as_json(matching: Matching) -> dict[str, Any]:
    """The whole result as it is kept and shown; money in whole fen, rounded down."""
    of_lots, of_demands = reasons(matching)
    fairness = matching.fairness
    return {
        "welfare_fen": matching.welfare // MFEN,
        "gap_fen": -(-matching.gap // MFEN),
        "cost_of_fairness_fen": -(-matching.cost_of_fairness // MFEN),
        "fairness": {
            "small_farmers": fairness.small_farmers,
            "supply_share_ppm": fairness.supply_share_ppm,
            "least_share_ppm": fairness.least_share_ppm,
            "share_ppm": fairness.share_ppm,
            "share_without_ppm": fairness.share_without_ppm,
            "binding": fairness.binding,
        },
        "matched_grams": sum(matching.lot_grams),
        "offered_grams": sum(lot.grams for lot in matching.lots),
        "wanted_grams": sum(demand.grams for demand in matching.demands),
        "trades": [
            {
                "lot": matching.lots[one.lot].id,
                "farmer": matching.lots[one.lot].farmer,
                "demand": matching.demands[one.demand].id,
                "firm": matching.demands[one.demand].firm,
                "grams": one.grams,
                "price_fen_per_kg": one.price,
                "freight_fen_per_kg": one.freight,
                "value_fen": one.grams * one.price // MFEN,
            }
            for one in matching.trades
        ],
        "lots": [
            {"id": lot.id, "farmer": lot.farmer, "grams": grams, **_told(reason)}
            for lot, grams, reason in zip(matching.lots, matching.lot_grams, of_lots, strict=True)
        ],
        "demands": [
            {"id": demand.id, "firm": demand.firm, "grams": grams, **_told(reason)}
            for demand, grams, reason in zip(matching.demands, matching.demand_grams, of_demands, strict=True)
        ],
    }


def _told(reason: Reason) -> dict[str, Any]:
    return {
        "reason": reason.code,
        "en": reason.words("en"),
        "zh": reason.words("zh"),
        "shadow_fen_per_kg": reason.shadow,
    }
