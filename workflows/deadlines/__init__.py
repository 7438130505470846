"""Deadlines: one register of lengths, the instant at which each ends, and who has to be told.

A domain joins in two places: a row in `register.toml`, and a module `workflows/<domain>/deadlines.py` whose `SOURCES`
say which of its rows run against whom, as a pure function of a mirrored row. Nothing else names it.
"""

from workflows.deadlines.judge import ACCURACY_SECONDS, Verdict, judge
from workflows.deadlines.register import REGISTER, Rule, Unit
from workflows.deadlines.sources import Deadline, Source, discover, domains, state_of

__all__ = [
    "ACCURACY_SECONDS",
    "REGISTER",
    "Deadline",
    "Rule",
    "Source",
    "Unit",
    "Verdict",
    "discover",
    "domains",
    "judge",
    "state_of",
]
