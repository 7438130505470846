"""What a label may claim of tea, and what whoever scans it must be told.

Three things are kept apart that sellers like to mix: the age of the trunk, the age of the cultivar grafted on it, and
the geographical indication. 鸭屎香 is almost always grafted after 1990: on a trunk of 200 years it is no "200-year
鸭屎香" (`domain.md` §1). "凤凰单丛" says where tea comes from and nothing about age (§2.1). An ancient tree (古树) is
one that the forestry authority has recognised (古树名木保护条例 10), not one that looks old.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from workflows.batches.balance import PPM


class Claim(StrEnum):
    """What a label may say beyond weight and maker."""

    ANCIENT = "ANCIENT"  # 古树
    AGED = "AGED"  # "200-year 鸭屎香": the cultivar itself is so old
    SINGLE_TREE = "SINGLE_TREE"  # 单株
    INDICATION = "INDICATION"  # 地理标志


class Alarm(StrEnum):
    """What whoever scans a code must be told."""

    RECALLED = "RECALLED"
    FAILED = "FAILED"
    SEIZED = "SEIZED"
    INDICATION_LOST = "INDICATION_LOST"
    GRAFTED = "GRAFTED"
    SEEN_OFTEN = "SEEN_OFTEN"
    OPENED_BEFORE = "OPENED_BEFORE"


@dataclass(frozen=True, slots=True)
class Origin:
    """A tree and its part of the tea. `graft_year` 0: not grafted. `protection` 0: not recognised as ancient."""

    tag: str
    cultivar: str
    age_years: int
    graft_year: int
    protection: int
    indicated: bool
    share_ppm: int

    def cultivar_years(self, season: int) -> int:
        """How old what is picked was in that year: the graft's age on a grafted tree."""
        return min(self.age_years, season - self.graft_year) if self.graft_year else self.age_years


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a claim holds, with the reason in words; `code` is stable for programs."""

    code: str
    holds: bool
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that whoever scans must be told."""

    code: Alarm
    en: str
    zh: str


def check(claim: Claim, origins: Sequence[Origin], season: int, years: int = 0) -> Finding:
    """Whether tea of these trees, picked in this year, may bear the claim; `years` is the age that AGED claims."""
    match claim:
        case Claim.ANCIENT:
            return _ancient(origins)
        case Claim.AGED:
            return _aged(origins, season, years)
        case Claim.SINGLE_TREE:
            single = len(origins) == 1
            return Finding(
                claim,
                single,
                f"The tea is of {len(origins)} tree(s).",
                f"该茶来自 {len(origins)} 株茶树。",
            )
        case Claim.INDICATION:
            without = sum(origin.share_ppm for origin in origins if not origin.indicated)
            return Finding(
                claim,
                without == 0,
                f"{_percent(PPM - without)} of the tea is of trees with the indication.",
                f"{_percent(PPM - without)} 的茶来自已准予使用地理标志的茶树。",
            )


def _ancient(origins: Sequence[Origin]) -> Finding:
    without = sum(origin.share_ppm for origin in origins if origin.protection == 0)
    return Finding(
        Claim.ANCIENT,
        without == 0,
        f"{_percent(PPM - without)} of the tea is of trees recognised as ancient by the forestry authority.",
        f"{_percent(PPM - without)} 的茶来自主管部门认定的古树。",
    )


def _aged(origins: Sequence[Origin], season: int, years: int) -> Finding:
    youngest = min(origins, key=lambda origin: origin.cultivar_years(season))
    found = youngest.cultivar_years(season)
    en = f"Claimed {years} years; the youngest cultivar, {youngest.cultivar} on {youngest.tag}, is {found}."
    zh = f"声称 {years} 年；最年轻的品种为 {youngest.tag} 上的{youngest.cultivar}，{found} 年。"
    if youngest.graft_year:
        en += f" It was grafted in {youngest.graft_year} on a trunk of {youngest.age_years} years."
        zh += f"该树于 {youngest.graft_year} 年嫁接，砧木树龄 {youngest.age_years} 年。"
    return Finding(Claim.AGED, found >= years, en, zh)


def grafts(origins: Sequence[Origin], season: int) -> list[Notice]:
    """One warning for each grafted tree: trunk age is not cultivar age."""
    return [
        Notice(
            Alarm.GRAFTED,
            f"{origin.tag}: the trunk is {origin.age_years} years old, the {origin.cultivar} on it was grafted in "
            f"{origin.graft_year} and was {origin.cultivar_years(season)} years old when picked.",
            f"{origin.tag}：砧木树龄 {origin.age_years} 年，其上{origin.cultivar}于 {origin.graft_year} 年嫁接，"
            f"采摘时品种树龄为 {origin.cultivar_years(season)} 年。",
        )
        for origin in origins
        if origin.graft_year
    ]


def _percent(ppm: int) -> str:
    """Rounded down, so that nothing short of everything is called 100 %."""
    whole, rest = divmod(ppm // 100, 100)
    return f"{whole}.{rest:02d} %" if rest else f"{whole} %"


OFTEN = 20
"""Scans from which on a code may have been copied. [A]"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the batches behind a code stand now; `opened_before`: the scratch code of its package was used."""

    recalled: bool
    failed: bool
    seized: bool
    claims_indication: bool
    indication_granted: bool
    scans: int
    opened_before: bool


_ALARMS = {
    Alarm.RECALLED: (
        "This tea, or something it was made of, was recalled. Do not drink it; return it to the seller.",
        "该茶或其原料已被召回，请勿饮用，并退回销售方。",
    ),
    Alarm.FAILED: (
        "Something this tea was made of failed an inspection.",
        "该茶的某一原料批次检验不合格。",
    ),
    Alarm.SEIZED: (
        "Some of the leaf was picked while its tree was seized or restrained; a mortgagee may have a right to it.",
        "部分鲜叶采自被查封或受限制的茶树，抵押权人可能享有收取权（民法典 412）。",
    ),
    Alarm.INDICATION_LOST: (
        "It is sold under the geographical indication, which not all of its trees have now.",
        "该茶以地理标志名义销售，但其部分茶树目前未获准使用。",
    ),
    Alarm.SEEN_OFTEN: (
        f"This code was scanned more than {OFTEN} times. It may have been copied.",
        f"此码已被扫描超过 {OFTEN} 次，可能被复制。",
    ),
    Alarm.OPENED_BEFORE: (
        "The scratch code of this package was used before. If you did not open it yourself, the package is not new.",
        "此包装的刮开码已被使用过；若非您本人刮开，则并非新品。",
    ),
}


def alarms(standing: Standing) -> list[Notice]:
    """What of the present standing must be told, the gravest first."""
    told = {
        Alarm.RECALLED: standing.recalled,
        Alarm.FAILED: standing.failed,
        Alarm.SEIZED: standing.seized,
        Alarm.INDICATION_LOST: standing.claims_indication and not standing.indication_granted,
        Alarm.OPENED_BEFORE: standing.opened_before,
        Alarm.SEEN_OFTEN: standing.scans > OFTEN,
    }
    return [Notice(alarm, *_ALARMS[alarm]) for alarm, true in told.items() if true]
