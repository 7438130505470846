"""Recoveries become proposals to the bank, never more than is owed and never twice."""

from __future__ import annotations

from workflows.filings.recoveries import Recovery, carry

FIRST = Recovery("0x" + "f1" * 32, 300, 300, 10, "0x" + "e1" * 32)
SECOND = Recovery("0x" + "f1" * 32, 300, 600, 20, "0x" + "e2" * 32)


def names(carried: object) -> list[str]:
    return [one["act"] for one in carried.acts]  # type: ignore[attr-defined]


def test_what_is_not_posted_is_proposed_up_to_the_debt_and_the_rest_is_surplus() -> None:
    found = carry("7", [FIRST, SECOND], set(), 500, False, ["1"])
    assert [one["message"]["amountFen"] for one in found.acts] == [300, 200]
    assert (found.unposted, found.surplus, names(found)) == (600, 100, ["Loans.postPayment"] * 2)
    assert len({one["message"]["receipt"] for one in found.acts}) == 2


def test_what_is_posted_is_not_proposed_again_and_settlement_and_discharge_follow() -> None:
    assert carry("7", [FIRST, SECOND], {FIRST.receipt}, 500, False, []).unposted == 300
    both = {FIRST.receipt, SECOND.receipt}
    assert names(carry("7", [FIRST, SECOND], both, 0, False, ["1"])) == ["Loans.settle"]
    (discharge,) = carry("7", [FIRST, SECOND], both, 0, True, ["1", "2"]).acts
    assert (discharge["act"], discharge["message"]["liens"]) == ("Liens.discharge", ["1", "2"])
    assert names(carry("7", [FIRST], both, 0, True, [])) == names(carry("7", [], set(), 0, True, ["1"])) == []
