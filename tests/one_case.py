"""Acts take lists of cases; most tests are about one case and say so: `certificate=...` stands for a list of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chain.typed_data import ActType

LISTS = {
    "amount": "amounts",
    "caseNumber": "caseNumbers",
    "certificate": "certificates",
    "court": "courts",
    "deed": "deeds",
    "document": "documents",
    "filing": "filings",
    "instant": "instants",
    "interest": "interests",
    "obligor": "obligors",
    "package": "packages",
    "penalty": "penalties",
    "principal": "principals",
}
"""A case's field → the list of it; lists whose names are no plurals have the same name."""


def of_cases(kind: ActType, cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of one act about all of these cases; what the act says once is what the first case says."""
    lists = {field.name for field in kind.fields if field.type.endswith("[]")}
    found: dict[str, Any] = {}
    for name, value in cases[0].items():
        listed = name if name in lists else LISTS.get(name)
        if listed in lists and not isinstance(value, list | tuple):
            found[str(listed)] = [case[name] for case in cases]
        else:
            found[name] = value
    return found


def of_one_case(kind: ActType, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an act, each value that stands alone where the act has a list as a list of one."""
    return of_cases(kind, [fields])
