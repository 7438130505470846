"""`domain.md` §10, scenario 21: one deed, filed at the domicile and at the place of the property."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from chain.outbox import ActState
from tests.enforcement import HOME_COURT, PROPERTY_COURT, desk
from tests.stack import Stack, wait_for


def test_21_of_two_racing_filings_exactly_one_lives(stack: Stack) -> None:
    own = desk(stack)
    deed = own.issued()
    certificate = own.certified(deed)
    racing = {
        "lawyer": own.packaged(certificate, "lawyer", HOME_COURT),
        "bank": own.packaged(certificate, "bank", PROPERTY_COURT),
    }
    signed = [own.sign(who, "Filings.submit", **own.submission(filing)) for who, filing in racing.items()]
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda one: stack.client.post("/v1/acts", json=one.json()), signed))

    def settled(act: str) -> ActState | None:
        status = stack.outbox.status(act)
        done = (ActState.MINED, ActState.FINAL, ActState.REFUSED)
        return status.state if status and status.state in done else None

    ends = [
        wait_for(lambda one=one: settled(one.id)) if answer.status_code == 202 else ActState.REFUSED  # type: ignore[misc]
        for one, answer in zip(signed, answers, strict=True)
    ]
    assert sorted(end is ActState.REFUSED for end in ends) == [False, True]
    winner = next(one for one, end in zip(signed, ends, strict=True) if end is not ActState.REFUSED)
    stack.settled(winner.id)
    states = {one["id"]: one["state"] for one in own.get("/v1/filings", deed=deed)["items"]}
    assert sorted(states.values()) == ["PACKAGED", "SUBMITTED"]
    loser = next(who for who, filing in racing.items() if states[filing] == "PACKAGED")
    problem = own.refused(loser, "Filings.submit", **own.submission(racing[loser]))
    assert (problem["code"], problem["values"]["deed"]) == ("FilingIsLive", deed)


def test_21_a_case_that_another_court_filed_earlier_is_withdrawn(stack: Stack) -> None:
    own = desk(stack)
    filing = own.filed(own.certified(own.issued()))
    filed = own.get(f"/v1/filings/{filing}")["filed_at"]
    later = {"filing": filing, "otherCourt": PROPERTY_COURT, "otherFiledAt": filed + 1}
    assert own.refused("court", "Filings.cancelDuplicate", **later)["code"] == "EarlierFilingStands"
    assert own.refused("other court", "Filings.cancelDuplicate", **later)["code"] == "NotFilingCourt"
    own.act("court", "Filings.cancelDuplicate", **(later | {"otherFiledAt": filed - 1}))
    stands = own.get(f"/v1/filings/{filing}")
    assert (stands["state"], stands["closure"], stands["other_court"]) == ("CLOSED", "DUPLICATE", PROPERTY_COURT)
    certificate = stands["certificate"]
    again = own.packaged(certificate, "bank")
    problem = own.refused("bank", "Filings.submit", **own.submission(again))
    assert problem["code"] == "FilingIsLive", "it is being enforced at the other court"
