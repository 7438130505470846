"""Whether a buyer of burdened stock takes it free of the lien (CC 404; 担保制度解释 56)."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.liens.ranking import Kind


@dataclass(frozen=True, slots=True)
class Sale:
    """What is known of a sale. Each fact is a person's finding; none is derived here."""

    ordinary_business: bool
    """The seller's registered business includes such goods and it sells them all the time."""
    reasonable_price_paid: bool
    delivered: bool
    far_above_usual_quantity: bool = False
    production_equipment: bool = False
    secures_a_debt: bool = False
    buyer_controls_or_is_controlled: bool = False
    should_have_searched: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the lien cannot be opposed to the buyer, and every point against it."""

    free: bool
    points: tuple[str, ...]
    points_zh: tuple[str, ...]


def ordinary_course(kind: Kind, sale: Sale) -> Verdict:
    """The verdict with every missing point at once."""
    against = [words for holds, words in _points(kind, sale) if holds]
    return Verdict(not against, tuple(en for en, _ in against), tuple(zh for _, zh in against))


def _points(kind: Kind, sale: Sale) -> list[tuple[bool, tuple[str, str]]]:
    return [
        (
            kind is not Kind.MOVABLE,
            (
                "A tree or a land right is no chattel: its lien follows it (CC 406).",
                "林木、土地经营权不是动产，抵押权不受转让影响（民法典 406）。",
            ),
        ),
        (
            not sale.ordinary_business,
            (
                "The sale was not in the ordinary course of the seller's business (CC 404).",
                "不属于出卖人的正常经营活动（民法典 404）。",
            ),
        ),
        (
            not sale.reasonable_price_paid,
            ("No reasonable price was paid (CC 404).", "未支付合理价款（民法典 404）。"),
        ),
        (not sale.delivered, ("The buyer has not obtained the goods (CC 404).", "买受人尚未取得财产（民法典 404）。")),
        (
            sale.far_above_usual_quantity,
            (
                "The quantity is far above that of a usual buyer (56(1)).",
                "购买商品的数量明显超过一般买受人（解释 56(1)）。",
            ),
        ),
        (
            sale.production_equipment,
            ("The goods are the seller's production equipment (56(2)).", "购买出卖人的生产设备（解释 56(2)）。"),
        ),
        (
            sale.secures_a_debt,
            ("The sale is meant to secure a debt (56(3)).", "订立买卖合同的目的在于担保债务履行（解释 56(3)）。"),
        ),
        (
            sale.buyer_controls_or_is_controlled,
            (
                "Buyer and seller are under one control (56(4)).",
                "买受人与出卖人存在直接或者间接的控制关系（解释 56(4)）。",
            ),
        ),
        (
            sale.should_have_searched,
            (
                "The buyer should have searched the register and did not (56(5)).",
                "买受人应当查询抵押登记而未查询（解释 56(5)）。",
            ),
        ),
    ]
