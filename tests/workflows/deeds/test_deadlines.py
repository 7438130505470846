"""A deed is issued within fifteen working days of its acceptance."""

from __future__ import annotations

from workflows.calendar import Calendar
from workflows.deeds.deadlines import of_deed


def test_the_office_issues_by_the_end_that_the_contract_keeps() -> None:
    (found,) = of_deed({"deed": "0xde", "office": 3, "opened_at": 5, "issue_by": 99}, Calendar({}))
    assert (found.rule.id, found.id, found.party, found.since, found.due_at) == ("deed_issue", "0xde", 3, 5, 99)
