"""The basic courts of the country, and which of them has jurisdiction over an enforcement (民诉法 235(2)).

`courts.csv` counts the courts of each province, 2,905 in all. SYNTHETIC: no official list of codes was at hand. A
court's code is its province's administrative code and its place in the province, six digits; its name says that it
is synthetic.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from chain.errors import ChaqiError

FILE = Path(__file__).parent / "courts.csv"

Code = Annotated[int, Field(ge=110_001, le=659_999, description="Code of a court (synthetic).")]


class CourtUnknown(ChaqiError):
    """A code that no court has."""

    status = 422
    en = "There is no court {court}. See /v1/courts."
    zh = "法院代码 {court} 不存在，参见 /v1/courts。"


class Province(NamedTuple):
    """A province, its administrative code of two digits, and how many basic courts it has here."""

    code: int
    name: str
    courts: int


class Court(BaseModel):
    """A basic court; invented, and labelled so."""

    code: int
    name: str
    province: str
    synthetic: bool = True


@cache
def provinces() -> tuple[Province, ...]:
    """The 31 provinces by code."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return tuple(Province(int(row["code"]), row["province"], int(row["courts"])) for row in rows)


def courts(province: int | None = None) -> Iterator[Court]:
    """Every court by code, or those of a province."""
    for code, name, count in provinces():
        if province in (None, code):
            yield from (_court(code, name, number) for number in range(1, count + 1))


def court(code: int) -> Court:
    """The court of a code. Raises `CourtUnknown`."""
    for province, name, count in provinces():
        if province == code // 10_000 and 1 <= code % 10_000 <= count:
            return _court(province, name, code % 10_000)
    raise CourtUnknown(court=code)


def _court(province: int, name: str, number: int) -> Court:
    return Court(code=province * 10_000 + number, name=f"SYNTHETIC {name}第{number:04d}基层人民法院", province=name)


class Property(BaseModel):
    """Property of the debtor in a court's district; `proven`: that it is there (执行程序解释 1)."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    court: Code
    value_fen: Annotated[int, Field(ge=0, le=2**53 - 1)]
    proven: bool


class Choice(BaseModel):
    """A competent court, why, and what the debtor's property there is worth."""

    court: int
    basis: str
    value_fen: int
    en: str
    zh: str


def competent(domicile: int, properties: Iterable[Property]) -> list[Choice]:
    """The courts that have jurisdiction, the advised one first: where most proven property lies, else the domicile.

    Whichever is chosen, the first to file has jurisdiction and there is one filing only (执行工作规定 13).
    Raises `CourtUnknown`.
    """
    court(domicile)
    worth: dict[int, int] = {}
    for one in properties:
        court(one.court)
        if one.proven:
            worth[one.court] = worth.get(one.court, 0) + one.value_fen
    here = worth.pop(domicile, 0)
    home = Choice(
        court=domicile,
        basis="DOMICILE",
        value_fen=here,
        en="The debtor's domicile.",
        zh="被执行人住所地。",
    )
    others = [
        Choice(
            court=code,
            basis="PROPERTY",
            value_fen=value,
            en="Property of the debtor is proven to lie here.",
            zh="有证据证明被执行财产在此地。",
        )
        for code, value in worth.items()
    ]
    return sorted([home, *others], key=lambda one: (-one.value_fen, one.basis != "DOMICILE", one.court))
