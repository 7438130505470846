"""The rule table of advice and how it is applied: pure, in whole numbers, and saying which rule fired and why.

Dates are legal days in China; temperatures in 0.1 °C, rain in mm, altitudes in m.
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RULES_FILE, WEATHER_FILE = HERE / "rules.toml", HERE / "weather_synthetic.csv"


@dataclass(frozen=True, slots=True, order=True)
class TenDays:
    """Weather of one 旬 (first, second or last third of a month) at the reference altitude."""

    year: int
    month: int
    part: int
    mean: int
    least: int
    rain: int

    @property
    def begins(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 10 * self.part - 9)

    @property
    def season(self) -> int:
        """The year of the spring to which it matters: what happens from June on bears on the next one."""
        return self.year + (self.month >= 6)


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that applied, in words, with its source. `level` of a risk: LOW, MEDIUM, HIGH; "" where it is none."""

    id: str
    level: str
    en: str
    zh: str
    source: str


@dataclass(frozen=True, slots=True)
class Advice:
    """When to pick, what to look out for, and by which rules."""

    opens: date
    closes: date
    fired: tuple[Fired, ...]
    records: int
    """How many weather records there were to judge by."""


@cache
def table() -> dict[str, Any]:
    """The rule table."""
    return tomllib.loads(RULES_FILE.read_text())


@cache
def weather() -> tuple[TenDays, ...]:
    """The weather records that are kept here: SYNTHETIC, drawn for the tour, not measured."""
    lines = [line for line in WEATHER_FILE.read_text().splitlines() if not line.startswith("#")]
    return tuple(TenDays(*(int(cell) for cell in row)) for row in csv.reader(lines[1:]))


@cache
def basis_hash() -> str:
    """SHA-256 of the rule table and the weather records: the same hash, the same advice."""
    return "0x" + hashlib.sha256(RULES_FILE.read_bytes() + WEATHER_FILE.read_bytes()).hexdigest()


def usual_altitude(village: str) -> int:
    """The typical altitude of a village's ancient gardens; the reference altitude where it is not known."""
    rules = table()
    return int(rules["village_altitude_m"].get(village.removesuffix("村"), rules["altitude"]["reference_m"]))


def advise(cultivar: str, altitude_m: int, year: int, records: Sequence[TenDays]) -> Advice:
    """The advice for a tree of this cultivar and altitude in the spring of a year, from the weather until then."""
    known = sorted(one for one in records if one.season == year)
    window = _window_of(cultivar)
    fired = [Fired(window["id"], "", window["en"], window["zh"], window["source"])]
    shift = 0
    for days, rule in (_by_altitude(altitude_m), _by_warmth(known)):
        if rule is not None:
            shift += days
            fired.append(rule)
    opens, closes = (_day(year, window[end]) + timedelta(shift) for end in ("from", "until"))
    fired += _risks(known, opens, closes, altitude_m)
    return Advice(opens, closes, tuple(fired), len(known))


def _window_of(cultivar: str) -> dict[str, Any]:
    windows: list[dict[str, Any]] = table()["window"]
    named = (one for one in windows if any(name in cultivar for name in one["cultivars"]))
    return next(named, windows[0])


def _day(year: int, text: str) -> date:
    month, day = text.split("-")
    return date(year, int(month), int(day))


def _bounded(value: int, most: int) -> int:
    return max(-most, min(most, value))


def _by_altitude(altitude_m: int) -> tuple[int, Fired | None]:
    rule = table()["altitude"]
    higher = altitude_m - rule["reference_m"]
    days = _bounded(_towards_zero(higher * rule["days_later_per_100_m"], 100), rule["most_days"])
    if days == 0:
        return 0, None
    en = f"At {altitude_m} m the flush comes {abs(days)} days {'later' if days > 0 else 'earlier'}."
    zh = f"海拔 {altitude_m} 米，采期{'推迟' if days > 0 else '提前'} {abs(days)} 天。"
    return days, Fired("ALTITUDE", "", en, zh, rule["source"])


def _by_warmth(known: Sequence[TenDays]) -> tuple[int, Fired | None]:
    rule = table()["warmth"]
    means = [one.mean for one in known if one.month == rule["month"]]
    if not means:
        return 0, None
    mean = _towards_zero(sum(means), len(means))
    earlier = _towards_zero((mean - rule["normal"]) * rule["days_earlier_per_degree"], 10)
    days = _bounded(-earlier, rule["most_days"])
    if days == 0:
        return 0, None
    en = f"March was {mean} × 0.1 °C on average: the flush comes {abs(days)} days {'later' if days > 0 else 'earlier'}."
    zh = f"3 月平均气温 {mean}×0.1℃，采期{'推迟' if days > 0 else '提前'} {abs(days)} 天。"
    return days, Fired("WARMTH", "", en, zh, rule["source"])


def _risks(known: Sequence[TenDays], opens: date, closes: date, altitude_m: int) -> Iterator[Fired]:
    rule = table()["altitude"]
    colder = _towards_zero((altitude_m - rule["reference_m"]) * rule["lapse_per_100_m"], 100)
    metrics: dict[str, Callable[[Sequence[TenDays]], int]] = {
        "least": lambda period: min(one.least for one in period) - colder,
        "rain": lambda period: sum(one.rain for one in period),
        "peak": lambda period: max(one.rain for one in period),
    }
    for risk in table()["risk"]:
        if risk["months"]:
            period = [one for one in known if one.month in risk["months"]]
        else:
            period = [one for one in known if opens <= one.begins + timedelta(9) and one.begins <= closes]
        if not period:
            continue
        value = metrics[risk["metric"]](period)
        if value < risk.get("below", value) or value > risk.get("above", value):
            en, zh = (risk[language].format(value=value) for language in ("en", "zh"))
            yield Fired(risk["id"], risk["level"], en, zh, risk["source"])


def _towards_zero(value: int, by: int) -> int:
    return value // by if value >= 0 else -(-value // by)
