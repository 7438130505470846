"""Values of the API's answers as people read them: with their units, in words, with the page they lead to.

One function a unit; `api.words` says which field has which.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from chain.vocabulary import ENUMERATIONS, ROLES, role_names
from workflows.calendar.calendar import local
from workflows.documents.figures import yuan

SHORT = 20
"""Characters from which on an id is shown by its beginning and its end."""


@dataclass(frozen=True)
class Cell:
    """A value as it is read: in Chinese, in English where that differs, and the page that it leads to."""

    zh: str
    en: str = ""
    href: str | None = None
    code: bool = False
    """Whether it is meant for machines, and for comparing letter by letter."""


NOTHING = Cell("—")

Unit = Callable[[Any], Cell]


def text(value: Any) -> Cell:
    """Words, or a list of them, as they are."""
    return Cell("、".join(map(str, value)) if isinstance(value, list) else str(value)) if value else NOTHING


def code(value: Any) -> Cell:
    """A hash, a commitment or an address; one of zeros is none."""
    return Cell(str(value), code=True) if value and str(value).strip("0x") else NOTHING


def number(value: Any) -> Cell:
    """A number that is not counted with, such as a year or a court."""
    return Cell(str(value)) if value else NOTHING


def count(value: Any) -> Cell:
    """How many."""
    return Cell(f"{value:,}")


def flag(value: Any) -> Cell:
    """Yes or no."""
    return Cell("是", "yes") if value else Cell("否", "no")


def fen(value: Any) -> Cell:
    """Money."""
    return NOTHING if value is None else Cell(yuan(value))


def gram(value: Any) -> Cell:
    """A weight."""
    return Cell(f"{value:,} 克", "g")


def centimetre(value: Any) -> Cell:
    """A length."""
    return Cell(f"{value:,} 厘米", "cm") if value else NOTHING


def hundredth_mu(value: Any) -> Cell:
    """An area, given in 0.01 mu."""
    return Cell(f"{value // 100:,}.{value % 100:02d} 亩", "mu")


def days(value: Any) -> Cell:
    """A number of days."""
    return Cell(f"{value} 天", "days")


def years(value: Any) -> Cell:
    """An age."""
    return Cell(f"{value} 年", "years") if value else NOTHING


def instant(value: Any) -> Cell:
    """UTC seconds as a time in China; 0 is none."""
    return Cell(local(value).strftime("%Y-%m-%d %H:%M")) if value else NOTHING


def basis_points(value: Any) -> Cell:
    """A share, given in hundredths of a percent."""
    return Cell(f"{value // 100}.{value % 100:02d} %")


def millionths(value: Any) -> Cell:
    """A share or a yearly rate, given in parts of a million."""
    return Cell(f"{value // 10_000}.{value % 10_000:04d} %")


def protection(value: Any) -> Cell:
    """The grade of an ancient tree (古树名木保护条例); 0: not recognised."""
    return Cell(("未认定", "一级", "二级", "三级")[value], ("none", "1st", "2nd", "3rd")[value])


def roles(value: Any) -> Cell:
    """A party's roles, by name or, as they are signed, as a set of bits."""
    names = role_names(value) if isinstance(value, int) else value
    return Cell("、".join(ROLES[name] for name in names), ", ".join(map(worded, names))) if names else NOTHING


def party(value: Any) -> Cell:
    """A party by its id; anything else is a commitment to somebody who is none."""
    return Cell(f"№\u00a0{value}", href=f"/parties/{value}") if str(value).isdecimal() and value else code(value)


@cache
def entity(room: str) -> Unit:
    """An entity of a room; the same unit for the same room."""

    def linked(value: Any) -> Cell:
        if not value or not str(value).strip("0x"):
            return NOTHING
        return Cell(shortened(str(value)), href=f"/{room}/{value}", code=True)

    return linked


def term(enumeration: str) -> Unit:
    """A member of an enumeration, or a list of them, by name."""
    words = ENUMERATIONS[enumeration]

    def named(value: Any) -> Cell:
        names = value if isinstance(value, list) else [value]
        shown = [name for name in names if name not in ("NONE", None)]
        return Cell("、".join(words.get(n, n) for n in shown), ", ".join(map(worded, shown))) if shown else NOTHING

    return named


def loan_state(value: str) -> Cell:
    """The state of a loan, which is that of its application until the contract is signed."""
    enumeration = "LoanState" if value in ENUMERATIONS["LoanState"] else "ApplicationState"
    return term(enumeration)(value)


def worded(name: str) -> str:
    """`FULLY_PAID` and `fully_paid` as English words; the unit at the end of a field's name goes with its value."""
    return re.sub("_(fen|ppm|bps|cm|cmu)$", "", name).replace("_", " ").lower()


def shortened(value: str) -> str:
    """An id by its beginning and end."""
    return value if len(value) < SHORT else f"{value[:8]}…{value[-6:]}"
