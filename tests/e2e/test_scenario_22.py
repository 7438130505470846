"""`domain.md` §10, scenario 22: the first instalment is 25 months overdue, the last three months; a warning, no bar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.enforcement import desk
from tests.stack import Stack


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


def test_22_both_readings_of_limitation_are_told_and_the_filing_goes_on(stack: Stack) -> None:
    own = desk(stack)
    certificate = own.certified(own.issued())
    applied_at = own.get(f"/v1/certificates/{certificate}")["applied_at"]
    applied = datetime.fromtimestamp(applied_at, UTC).date()
    today = datetime.fromtimestamp(stack.now(), UTC).date()
    due = [months_before(applied, months) for months in (25, 14, 3)]

    spec: Any = stack.client.get("/openapi.json").json()["components"]["schemas"]["Package"]["example"]
    body = spec | {
        "due": [day.isoformat() for day in due],
        "interruptions": [applied.isoformat()],
        "today": today.isoformat(),
    }
    found = stack.client.post("/v1/filings/check", json=body).json()
    assert found["complete"], "limitation is no ground on which a court refuses of its own accord"
    (point,) = found["points"]
    assert (point["kind"], point["code"]) == ("warning", "LIMITATION_INSTALMENT")
    assert applied.isoformat() in point["en"] and applied.isoformat() in point["zh"]
    readings = found["limitation"]
    assert [one["passed"] for one in readings["each_instalment"]] == [True, False, False]
    assert (readings["last_instalment"]["passed"], readings["interrupted"]) == (False, applied.isoformat())

    filing = own.filed(certificate)
    assert own.get(f"/v1/filings/{filing}")["state"] == "FILED"
