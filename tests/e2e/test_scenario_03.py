"""Domain §10, scenario 3: prices fall, the bank calls, nothing happens by itself."""

from __future__ import annotations

from tests.contracts.lending import MOST
from tests.e2e.lending import appoint_second_officer, appraised, later, lent, shown
from tests.e2e.pledges import hand_in, refused
from tests.stack import Stack
from workflows.calendar import Calendar, announced
from workflows.calendar.calendar import local

INDEX_90, INDEX_80, INDEX_72 = 2_976_965, 2_536_190, 2_183_566


def test_03_an_index_of_80_calls_for_cover_and_default_needs_a_lapsed_cure_and_two_officers(stack: Stack) -> None:
    loan, tree = lent(stack)
    place = f"/v1/loans/{loan}/margin"
    opening = shown(stack, place)
    assert (opening["ltv_bps"], opening["measured"], opening["bank_may"]) == (7_000, "OK", "NONE")
    appoint_second_officer(stack)

    # The index falls to 0.90: a warning; to 0.80: the bank may call, and nothing else has changed.
    appraised(stack, tree, INDEX_90)
    warned = shown(stack, place)
    assert (warned["ltv_bps"], warned["measured"], warned["bank_may"]) == (
        _ltv(stack, loan, INDEX_90),
        "WARN",
        "OBSERVE",
    )
    appraised(stack, tree, INDEX_80)
    fallen = shown(stack, place)
    assert (fallen["ltv_bps"], fallen["measured"], fallen["recorded"]) == (_ltv(stack, loan, INDEX_80), "CALL", "OK")
    assert fallen["bank_may"] == "CALL"
    assert shown(stack, f"/v1/loans/{loan}")["state"] == "REPAYING"

    # The bank calls, on evidence of its notice: ten working days to cure.
    hand_in(stack, "bank", "Margins.call", loan=loan, evidence=stack.anchor("bank"))
    called = shown(stack, place)
    calendar = Calendar({}) if not _published(stack) else announced()
    assert called["cure_ends_at"] == calendar.end_of_working_days(called["called_at"], 10)
    assert local(called["cure_ends_at"]).strftime("%H:%M:%S") == "23:59:59"
    assert (called["recorded"], called["bank_may"]) == ("CALL", "NONE")
    assert shown(stack, f"/v1/trees/{tree}")["owner"] == stack.party_ids["farmer"], "no automatic liquidation"

    # While the cure runs there is neither breach nor default, however far prices fall.
    appraised(stack, tree, INDEX_72)
    assert shown(stack, place)["measured"] == "BREACH"
    early = refused(stack, "bank", "Margins.breach", loan=loan, evidence=stack.anchor())
    assert (early["code"], early["values"]["cureEndsAt"]) == ("MarginCureRunning", called["cure_ends_at"])
    breach = {"loan": loan, "trigger": "BREACH"}
    assert refused(stack, "bank", "Loans.accelerate", **breach, evidence=stack.anchor())["code"] == "TriggerNotMet"

    # The cure lapses. A person records the breach, demands, offers another way; then one officer, then the second.
    later(stack, called["cure_ends_at"] + 1 - stack.now())
    assert shown(stack, place)["bank_may"] == "BREACH"
    hand_in(stack, "bank", "Margins.breach", loan=loan, evidence=stack.anchor())
    assert refused(stack, "bank", "Loans.accelerate", **breach, evidence=stack.anchor())["code"] == "DemandMissing"
    hand_in(stack, "bank", "Loans.demand", loan=loan, evidence=stack.anchor())
    owed = shown(stack, f"/v1/loans/{loan}/statement")["owed"]["total_fen"]
    offer = {
        "ratePpm": 40_000,
        "allInPpm": 40_000,
        "scheduleRoot": "0x" + "5d" * 32,
        "dueAt": [stack.now() + 400 * 86_400],
        "amountFen": [owed + owed // 10],
    }
    hand_in(stack, "bank", "Loans.restructure", loan=loan, **offer, evidence=stack.anchor())
    hand_in(stack, "bank", "Loans.accelerate", **breach, evidence=stack.anchor())
    assert shown(stack, f"/v1/loans/{loan}")["state"] == "REPAYING"
    alone = refused(stack, "bank", "Loans.accelerate", **breach, evidence=stack.anchor())
    assert alone["code"] == "SecondOfficerNeeded"
    hand_in(stack, "second bank", "Loans.accelerate", **breach, evidence=stack.anchor())
    ended = shown(stack, f"/v1/loans/{loan}")
    assert (ended["state"], ended["trigger"]) == ("DEFAULTED", "BREACH")
    assert shown(stack, f"/v1/trees/{tree}")["owner"] == stack.party_ids["farmer"]


def _ltv(stack: Stack, loan: str, collateral: int) -> int:
    """What is owed to what covers it, in basis points: 8,036 and 9,433 until a midnight adds a day's interest."""
    owed: int = shown(stack, f"/v1/loans/{loan}/statement")["owed"]["total_fen"]
    assert MOST <= owed <= MOST + 2 * MOST * 40_000 // 365 // 1_000_000 + 2
    return owed * 10_000 // collateral


def _published(stack: Stack) -> bool:
    """Whether another test of this session has published working days."""
    return bool(shown(stack, "/v1/calendar")["total"])
