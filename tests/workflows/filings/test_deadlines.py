"""What runs on a filing in each state: seven days to file, ten for notice and review, fifteen, six months."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chain.vocabulary import ENUMERATIONS
from workflows.calendar import Calendar
from workflows.calendar.calendar import end_of
from workflows.filings.deadlines import of_filing

FILER, GATEWAY, OBLIGOR = 41, 4, 7
STATES, RECEIPTS = list(ENUMERATIONS["FilingState"]), list(ENUMERATIONS["CourtReceipt"])
SUBMITTED, SAID = end_of(date(2031, 6, 2)) - 60, end_of(date(2031, 6, 9)) - 60  # Mondays of a year nobody published
ROW: dict[str, Any] = {
    "filing": "0xf1",
    "filer": FILER,
    "gateway": GATEWAY,
    "obligor": f"0x{OBLIGOR:064x}",
    "submitted_at": SUBMITTED,
    "filed_at": SAID,
    "receipt": RECEIPTS.index("NOTIFIED"),
    "receipt_at": SAID,
}


def found(state: str, **changed: Any) -> dict[str, tuple[int, int, int]]:
    row = ROW | {"state": STATES.index(state)} | changed
    return {one.rule.id: (one.party, one.since, one.due_at) for one in of_filing(row, Calendar({}))}


IDLE = {"idle_case": (GATEWAY, SUBMITTED, end_of(date(2031, 12, 2)))}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("SUBMITTED", {"filing_decision": (GATEWAY, SUBMITTED, end_of(date(2031, 6, 9)))}),
        ("NOT_ACCEPTED", {"filing_review": (FILER, SAID, end_of(date(2031, 6, 19)))}),
        ("FILED", {"execution_notice": (GATEWAY, SAID, end_of(date(2031, 6, 19)))} | IDLE),
        (
            "NOTIFIED",
            {
                "jurisdiction_objection": (OBLIGOR, SAID, end_of(date(2031, 6, 19))),
                "non_enforcement_application": (OBLIGOR, SAID, end_of(date(2031, 6, 24))),
            }
            | IDLE,
        ),
        ("MEASURES", {}),
        ("CLOSED", {}),
    ],
)
def test_each_state_has_its_deadlines(state: str, expected: dict[str, tuple[int, int, int]]) -> None:
    assert found(state) == expected


def test_a_resumed_case_gives_no_second_time_to_object() -> None:
    assert found("NOTIFIED", receipt=RECEIPTS.index("RESUMED")) == IDLE
