"""Which act a filing takes in which state (`domain.md` 2.9); what happens at court is told by the court alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.cases import CLAIMED, FILING_STATES, OTHER_COURT, filing_at, receipt, submission
from tests.contracts.ledger import Ledger

UNKNOWN = "0x" + "99" * 32
AT_COURT = ("FILED", "NOTIFIED", "MEASURES", "SUSPENDED", "SETTLEMENT")

RECEIPTS: dict[str, dict[str, str]] = {
    "RETURNED": {"SUBMITTED": "RETURNED"},
    "NOT_ACCEPTED": {"SUBMITTED": "NOT_ACCEPTED"},
    "FILED": {"SUBMITTED": "FILED"},
    "NOTIFIED": {"FILED": "NOTIFIED"},
    "MEASURES": {"NOTIFIED": "MEASURES", "MEASURES": "MEASURES"},
    "SUSPENDED": dict.fromkeys(("FILED", "NOTIFIED", "MEASURES"), "SUSPENDED"),
    "RESUMED": {"SUSPENDED": "NOTIFIED", "SETTLEMENT": "NOTIFIED"},  # where `filing_at` left it
    "SETTLEMENT": dict.fromkeys(("FILED", "NOTIFIED", "MEASURES", "SUSPENDED"), "SETTLEMENT"),
}
"""Receipt → state before → state after; from any other state it is refused."""

ACTS: dict[str, tuple[str, tuple[str, ...], dict[str, Any], str | None]] = {
    "submit": ("lawyer", ("PACKAGED", "RETURNED"), {}, "SUBMITTED"),
    "withdraw": ("lawyer", ("PACKAGED", "SUBMITTED", "RETURNED"), {}, "WITHDRAWN"),
    "recordRecoveries": ("court", AT_COURT, {"amount": 1}, None),
    "close": ("court", AT_COURT, {"closure": "NOT_ENFORCED"}, "CLOSED"),
    "cancelDuplicate": ("court", AT_COURT, {"otherCourt": OTHER_COURT, "otherFiledAt": 1}, "CLOSED"),
}


def steps(ledger: Ledger, filing: str) -> list[tuple[str, str, dict[str, Any], dict[str, str]]]:
    """Every act on a filing: key, signer, message, and which state leads to which."""
    found: list[tuple[str, str, dict[str, Any], dict[str, str]]] = [
        ("Filings.recordReceipts", "court", receipt(ledger, filing, kind), ways) for kind, ways in RECEIPTS.items()
    ]
    for name, (who, possible, fields, reached) in ACTS.items():
        message = submission(ledger, filing, CLAIMED) if name == "submit" else {"filing": filing, **fields}
        found.append((f"Filings.{name}", who, message, {state: reached or state for state in possible}))
    return found


@pytest.mark.parametrize("state", FILING_STATES)
def test_each_act_does_what_the_table_says(ledger: Ledger, state: str) -> None:
    filing = filing_at(ledger, state)
    for key, who, message, ways in steps(ledger, filing):
        if state not in ways:
            values = ledger.refuses("FilingNotReady", key, who, **message)
            assert (values["filing"], values["state"]) == (filing, state)
            continue
        ledger.refuses("EvidenceUnknown", key, who, **message, evidence=UNKNOWN)
        mark = ledger.snapshot()
        ledger.act(key, who, **message)
        assert ledger.view("Filings.filing", filing)["state"] == ways[state], (key, message)
        ledger.revert(mark)


def test_each_act_on_no_filing_says_so(ledger: Ledger) -> None:
    for key, who, message, _ in steps(ledger, UNKNOWN):
        assert ledger.refuses("FilingUnknown", key, who, **message) == {"filing": UNKNOWN}
    to, call, _ = ledger.encoded("Filings.filing", UNKNOWN)
    ledger.refuses_call("FilingUnknown", to, call)


def test_a_case_goes_on_where_it_stood_before_it_was_suspended_and_settled(ledger: Ledger) -> None:
    filing = filing_at(ledger, "MEASURES")
    for kind in ("SUSPENDED", "SETTLEMENT", "RESUMED"):
        ledger.act("Filings.recordReceipts", "court", **receipt(ledger, filing, kind))
    assert ledger.view("Filings.filing", filing)["state"] == "MEASURES"


def test_a_filing_stays_with_the_gateway_that_took_it_and_with_who_made_it(ledger: Ledger) -> None:
    filing = filing_at(ledger, "FILED")
    for key, who, message, _ in steps(ledger, filing):
        if who == "court":
            values = ledger.refuses("NotFilingCourt", key, "other court", **message)
            assert (values["gateway"], values["party"]) == (ledger.ids["court"], ledger.ids["other court"])
        else:
            assert ledger.refuses("NotFiler", key, "bank", **message) == {
                "filing": filing,
                "party": ledger.ids["bank"],
            }
