"""The two years within which enforcement is applied for, read both ways, and what interrupts them.

CPL 250 counts from the last instalment; 法释〔2018〕18号 9 from each instalment. Both are told, the earlier one is
warned of, and neither blocks: a court does not raise limitation of its own accord (民诉法解释 481).
Dates are days in Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel

from workflows.deeds.points import Point, warning

YEARS = 2


class Reading(BaseModel):
    """One reading of the law: when limitation ends, and whether it has by the day that was asked about."""

    rule: str
    ends: date
    passed: bool


class Limitation(BaseModel):
    """Both readings; `interrupted` is the last interruption that counted, if any."""

    each_instalment: list[Reading]
    last_instalment: Reading
    interrupted: date | None


def years_later(day: date, years: int) -> date:
    """The same day so many years later; 29 February ends on 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def limitation(due: Sequence[date], interruptions: Sequence[date], today: date) -> Limitation:
    """Both readings for instalments that were due on these days.

    A demand, the debtor's agreement, and applying for the certificate interrupt (民法典 195; 法释〔2018〕18号 9(2)):
    two years run anew from the last interruption before the period had passed. Raises `ValueError` without an
    instalment.
    """
    if not due:
        raise ValueError("limitation of nothing")
    stops = sorted(day for day in interruptions if day <= today)
    each = [_reading("法释〔2018〕18号 9", _end(day, stops), today) for day in sorted(due)]
    last = _reading("民诉法 250", _end(max(due), stops), today)
    counted = [day for day in stops if day > min(due)]
    return Limitation(each_instalment=each, last_instalment=last, interrupted=counted[-1] if counted else None)


def _end(due: date, stops: Sequence[date]) -> date:
    ends = years_later(due, YEARS)
    for day in stops:
        if due < day <= ends:
            ends = years_later(day, YEARS)
    return ends


def _reading(rule: str, ends: date, today: date) -> Reading:
    return Reading(rule=rule, ends=ends, passed=today > ends)


def warnings(found: Limitation) -> list[Point]:
    """What to tell the filer; never a reason to stop him."""
    late = [reading for reading in found.each_instalment if reading.passed]
    points = []
    if late:
        said = f"; interrupted on {found.interrupted.isoformat()}" if found.interrupted else ""
        said_zh = f"；曾于 {found.interrupted.isoformat()} 中断" if found.interrupted else ""
        points.append(
            warning(
                "LIMITATION_INSTALMENT",
                f"Counted from each instalment, limitation of {len(late)} of {len(found.each_instalment)} has passed "
                f"(the first on {late[0].ends.isoformat()}){said}.",
                f"按每期起算，{len(found.each_instalment)} 期中有 {len(late)} 期的申请执行期间已届满"
                f"（最早于 {late[0].ends.isoformat()}）{said_zh}。",
                "法释〔2018〕18号 9",
            )
        )
    if found.last_instalment.passed:
        points.append(
            warning(
                "LIMITATION_LAST",
                f"Counted from the last instalment, limitation passed on {found.last_instalment.ends.isoformat()}.",
                f"按最后一期起算，申请执行期间已于 {found.last_instalment.ends.isoformat()} 届满。",
                "民诉法 250",
            )
        )
    return points
