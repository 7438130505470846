"""The order of liens on one asset (CC 414), each with its reason in words.

Three classes, one behind the other:

    registered      by the registry's time; the same second is the same rank
    arisen          on contract and not registered: stock (CC 403), land rights (土地承包法 47); all of one rank
    not arisen      a mortgage on a tree before its registration (CC 402): no security right, named last

The block in which a lien was recorded plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from workflows.calendar.calendar import local


class Kind(StrEnum):
    """What is burdened, and where it is registered."""

    REAL_PROPERTY = "REAL_PROPERTY"
    MOVABLE = "MOVABLE"
    LAND_RIGHT = "LAND_RIGHT"


@dataclass(frozen=True, slots=True)
class Lien:
    """What decides the rank of one lien. `registered_at` is the registry's time in UTC seconds, None before it."""

    id: str
    kind: Kind
    registered_at: int | None

    @property
    def arisen(self) -> bool:
        """Whether the law knows a security right at all."""
        return self.registered_at is not None or self.kind is not Kind.REAL_PROPERTY


@dataclass(frozen=True, slots=True)
class Ranked:
    """A lien's place: `rank` from 1, the number after those better; `level_with` how many others share it."""

    lien: Lien
    rank: int
    level_with: int
    reason: str
    reason_zh: str


def ranked(liens: Iterable[Lien]) -> list[Ranked]:
    """The liens in the order of the law; those of one rank in the order given."""
    classes: dict[tuple[int, int], list[Lien]] = {}
    for lien in liens:
        classes.setdefault(_standing(lien), []).append(lien)
    found: list[Ranked] = []
    for standing in sorted(classes):
        level = classes[standing]
        rank = len(found) + 1
        for lien in level:
            reason, reason_zh = _reason(lien, len(level) - 1)
            found.append(Ranked(lien, rank, len(level) - 1, reason, reason_zh))
    return found


def _standing(lien: Lien) -> tuple[int, int]:
    if lien.registered_at is not None:
        return 0, lien.registered_at
    return (1, 0) if lien.arisen else (2, 0)


def _reason(lien: Lien, others: int) -> tuple[str, str]:
    if lien.registered_at is not None:
        instant = f"{local(lien.registered_at):%Y-%m-%d %H:%M:%S}"
        level = f"; level with {others} of the same second, pro rata" if others else ""
        level_zh = f"；与同一秒登记的其他 {others} 项同顺位，按债权比例清偿" if others else ""
        return (
            f"Registered at {instant} (Beijing time) and ranked by that time (CC 414(1)(1)){level}.",
            f"于 {instant}（北京时间）登记，按登记时间先后确定顺位（民法典第四百一十四条第一款第一项）{level_zh}。",
        )
    if lien.arisen:
        level = f", pro rata with {others} other unregistered ones" if others else ""
        level_zh = f"，与其他 {others} 项未登记的按债权比例清偿" if others else ""
        return (
            f"Arisen on contract and not registered: after every registered lien (CC 414(1)(2), (3)){level}; "
            "cannot be opposed to a third party in good faith.",
            f"已依合同设立而未登记，在全部已登记担保之后受偿（民法典第四百一十四条第一款第二、三项）{level_zh}；"
            "不得对抗善意第三人。",
        )
    return (
        "A mortgage on a tree arises with its registration (CC 402): not registered, it is no security right yet.",
        "林木抵押权自登记时设立（民法典第四百零二条）；尚未登记，抵押权未设立。",
    )
