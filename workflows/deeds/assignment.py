"""Which notary and which office may make a deed: conflicts of interest and competence (`domain.md` §0 rule 6, 2.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workflows.deeds.points import Point, Report, missing, report, warning

Relation = Literal["SELF", "SPOUSE", "NEAR_RELATIVE", "SPOUSE_OF_MANAGER", "INTEREST"]
Party = Annotated[int, Field(ge=1, le=2**53 - 1)]
Division = Annotated[int, Field(ge=110_000, le=659_999)]


class Tie(BaseModel):
    """What a notary has declared, or what was found: how he is tied to a party of the deed."""

    model_config = ConfigDict(strict=True, extra="forbid")

    notary: Party
    party: Party
    relation: Relation


class Assignment(BaseModel):
    """A case to be assigned: divisions by administrative code, ties that are known."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "notary": 31,
                "parties": [7, 22],
                "ties": [{"notary": 31, "party": 22, "relation": "SPOUSE_OF_MANAGER"}],
                "office_division": 445_100,
                "property_divisions": [445_103],
            }
        },
    )

    notary: Party
    parties: Annotated[list[Party], Field(min_length=1, max_length=200)]
    ties: Annotated[list[Tie], Field(max_length=1_000)] = []
    office_division: Division
    property_divisions: Annotated[list[Division], Field(max_length=100)] = []


def conflicts(notary: int, parties: Iterable[int], ties: Iterable[Tie]) -> list[Tie]:
    """The ties that keep a notary from making a deed of these parties (法释〔2018〕18号 12(1)(3))."""
    concerned = set(parties)
    own = [Tie(notary=notary, party=notary, relation="SELF")] if notary in concerned else []
    return own + [tie for tie in ties if tie.notary == notary and tie.party in concerned]


def competent(office_division: int, property_divisions: Iterable[int]) -> bool:
    """Whether an office may make the deed: of real property only where it lies (公证法 25), else anywhere.

    An office serves its prefecture: divisions with the same first four digits.
    """
    return all(division // 100 == office_division // 100 for division in property_divisions)


def check_assignment(case: Assignment) -> Report:
    """Everything that speaks against this notary and this office."""
    return report(_assignment(case))


def _assignment(case: Assignment) -> Iterator[Point]:
    for tie in conflicts(case.notary, case.parties, case.ties):
        yield from missing(
            [
                (
                    False,
                    "CONFLICT",
                    f"Notary {case.notary} is tied to party {tie.party} ({tie.relation}); another must be assigned.",
                    f"公证员 {case.notary} 与当事人 {tie.party} 存在利害关系（{tie.relation}），应另行指派。",
                    "公证法 23(3); 法释〔2018〕18号 12(1)(3)",
                )
            ]
        )
    yield from missing(
        [
            (
                competent(case.office_division, case.property_divisions),
                "COMPETENCE",
                "A deed that involves real property belongs to the office where the property lies.",
                "涉及不动产的公证应由不动产所在地的公证机构受理。",
                "公证法 25",
            )
        ]
    )
    if len({division // 100 for division in case.property_divisions}) > 1:
        yield warning(
            "SEVERAL_PLACES",
            "The properties lie in several prefectures; split the deed, or agree with the other office.",
            "不动产分布于多个地级市，请拆分办理或与其他公证处协商。",
            "公证法 25",
        )
