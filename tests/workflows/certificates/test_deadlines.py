"""What runs on a certificate: an objection for each obligor, then the creditor's application against each."""

from __future__ import annotations

from workflows.calendar import Calendar
from workflows.certificates.deadlines import of_limitation, of_window

ROW = {
    "certificate": "0xce",
    "creditor": 41,
    "obligor": f"0x{7:064x}",
    "defaulted_at": 1,
    "delivered_at": 5,
    "window_ends_at": 99,
    "apply_by": 999,
}


def test_an_obligor_objects_within_the_window() -> None:
    (found,) = of_window(ROW, Calendar({}))
    assert (found.rule.id, found.party, found.since, found.due_at) == ("verification_window", 7, 5, 99)


def test_obligors_who_are_no_parties_are_told_apart() -> None:
    strangers = ["0x" + octet * 32 for octet in ("aa", "bb")]
    found = [one for word in strangers for one in of_window(ROW | {"obligor": word}, Calendar({}))]
    assert [one.party for one in found] == [0, 0]
    assert len({one.key for one in found}) == 2


def test_the_creditor_applies_by_the_end_that_is_certified() -> None:
    (found,) = of_limitation(ROW, Calendar({}))
    assert (found.rule.id, found.party, found.since, found.due_at) == ("enforcement_limitation", 41, 1, 999)
