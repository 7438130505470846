"""The order of the law, against a reading of the statute written apart from it."""

from __future__ import annotations

import random

from workflows.liens.ranking import Kind, Lien, ranked

SETS = 10_000


def lien(id: str, kind: Kind = Kind.REAL_PROPERTY, registered_at: int | None = None) -> Lien:
    return Lien(id, kind, registered_at)


def statute_prefers(one: Lien, other: Lien) -> bool:
    """Whether `one` is paid before `other`: CC 402, 403, 414 read clause by clause, for two liens only."""
    a, b = one.registered_at, other.registered_at
    if a is not None and b is not None:
        return a < b  # 414(1)(1): both registered, by the time of registration
    if a is not None or b is not None:
        return a is not None  # 414(1)(2): the registered one first
    chattel_or_land = {Kind.MOVABLE, Kind.LAND_RIGHT}
    if one.kind in chattel_or_land and other.kind in chattel_or_land:
        return False  # 414(1)(3): none registered, pro rata
    return one.kind in chattel_or_land and other.kind not in chattel_or_land  # 402: the other has not arisen


def random_set(dice: random.Random) -> list[Lien]:
    """Up to 12 liens with few instants, so that many coincide."""
    instants = [None, None, *dice.choices(range(1_700_000_000, 1_700_000_006), k=4)]
    return [lien(str(number), dice.choice(list(Kind)), dice.choice(instants)) for number in range(dice.randint(0, 12))]


def test_ten_thousand_random_sets_rank_as_the_statute_says() -> None:
    dice = random.Random(414)
    for _ in range(SETS):
        liens = random_set(dice)
        found = ranked(liens)
        assert {one.lien.id: one.rank for one in found} == {
            each.id: 1 + sum(statute_prefers(other, each) for other in liens) for each in liens
        }
        assert [one.rank for one in found] == sorted(one.rank for one in found)
        for one in found:
            level = [other for other in liens if not statute_prefers(other, one.lien)]
            level = [other for other in level if not statute_prefers(one.lien, other)]
            assert one.level_with == len(level) - 1


def test_the_order_given_decides_nothing_but_the_order_of_equals() -> None:
    dice = random.Random(406)
    for _ in range(300):
        liens = random_set(dice)
        shuffled = dice.sample(liens, len(liens))
        assert {(one.lien, one.rank) for one in ranked(liens)} == {(one.lien, one.rank) for one in ranked(shuffled)}


def test_every_place_has_its_reason_in_both_languages() -> None:
    found = ranked(
        [
            lien("none"),
            lien("stock", Kind.MOVABLE),
            lien("land", Kind.LAND_RIGHT),
            lien("late", registered_at=1_760_000_001),
            lien("early", registered_at=1_760_000_000),
            lien("same", Kind.LAND_RIGHT, 1_760_000_000),
        ]
    )
    assert [(one.lien.id, one.rank) for one in found] == [
        ("early", 1),
        ("same", 1),
        ("late", 3),
        ("stock", 4),
        ("land", 4),
        ("none", 6),
    ]
    early, _, late, stock, _, none = found
    assert "2025-10-09 16:53:20" in early.reason and "level with 1" in early.reason
    assert "同顺位" in early.reason_zh and "同顺位" not in late.reason_zh
    assert "pro rata with 1 other" in stock.reason and "按债权比例" in stock.reason_zh
    assert "CC 402" in none.reason and "抵押权未设立" in none.reason_zh
