"""A loan as the API shows it: its schedule, payments, statement, collateral, and a portfolio's figures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from indexer.store import open_mirror
from scripts.mirror import compared
from tests.contracts.lending import MOST, PRINCIPAL
from tests.e2e.lending import DAY, appraised, approved, contracted, later, lent, receipt, shown
from tests.e2e.pledges import hand_in, refused
from tests.stack import Stack
from workflows import jobs
from workflows.loans import watch
from workflows.loans.accounts import Parts
from workflows.loans.statements import ClaimExceedsDebt, Disbursed, Entry, Paid, require_within, statement


@pytest.fixture(scope="module")
def loan(stack: Stack) -> dict[str, Any]:
    """A loan over a tree, of which part was paid back after two months."""
    loan, tree = lent(stack, due_in=(90, 365))
    disbursed_at = shown(stack, f"/v1/loans/{loan}/statement")["entries"][0]["at"]
    stack.pass_time(60 * DAY)
    paid_at = stack.now()
    payment = {"loan": loan, "amountFen": 500_000, "paidAt": paid_at, "receipt": receipt()}
    hand_in(stack, "bank", "Loans.postPayment", **payment, evidence=stack.anchor())
    return {"id": loan, "tree": tree, "paid_at": paid_at, "disbursed_at": disbursed_at, "payment": payment}


def test_a_loan_tells_its_whole_history(stack: Stack, loan: dict[str, Any]) -> None:
    found = shown(stack, f"/v1/loans/{loan['id']}")
    assert (found["state"], found["product"], found["late"]) == ("REPAYING", "TREE_MORTGAGE", False)
    assert (found["disbursed_fen"], found["paid_fen"]) == (MOST, 500_000)
    assert found["next_due"]["amount_fen"] > 0 and found["arrears"]["days_past_due"] == 0
    history = shown(stack, f"/v1/loans/{loan['id']}/history")["items"]
    states = [each["state"] for each in history]
    assert states == ["SUBMITTED", "APPROVED", "APPROVED", "CONTRACTED", "REPAYING", "REPAYING"]
    events = [each["event"] for each in shown(stack, f"/v1/loans/{loan['id']}/events")["items"]]
    assert events[:3] == ["Acted", "LoanSubmitted", "LoanDecided"]
    assert events[-2:] == ["PaymentPosted", "AccountChanged"]
    filtered = shown(stack, "/v1/events", loan=loan["id"])
    assert filtered["total"] == len(events)
    before = shown(stack, f"/v1/loans/{loan['id']}", as_of=history[0]["since_block"])
    assert (before["state"], before["owed"]) == ("SUBMITTED", None)


def test_loans_are_found_by_what_they_are(stack: Stack, loan: dict[str, Any]) -> None:
    mine = {"borrower": stack.party_ids["farmer"], "bank": stack.party_ids["bank"]}
    found = {each["id"] for each in shown(stack, "/v1/loans", **mine, state="REPAYING")["items"]}
    assert loan["id"] in found
    asked = approved(stack)
    assert asked in {each["id"] for each in shown(stack, "/v1/loans", state="APPROVED")["items"]}
    assert loan["id"] not in {each["id"] for each in shown(stack, "/v1/loans", product="UNSECURED")["items"]}
    hand_in(stack, "farmer", "LoanApplications.withdraw", loan=asked, evidence=stack.anchor())
    assert asked in {each["id"] for each in shown(stack, "/v1/loans", state="WITHDRAWN")["items"]}
    table = stack.client.get("/v1/loans/export", params=mine).text.splitlines()
    assert table[0].lstrip("\ufeff").startswith("id,borrower,bank,state")


def test_its_schedule_and_payments_are_told(stack: Stack, loan: dict[str, Any]) -> None:
    (version,) = shown(stack, f"/v1/loans/{loan['id']}/schedule")["versions"]
    assert version["in_force"] and len(version["instalments"]) == 2
    (payment,) = shown(stack, f"/v1/loans/{loan['id']}/payments")["payments"]
    assert (payment["receipt"], payment["paid_at"]) == (loan["payment"]["receipt"], loan["paid_at"])
    assert payment["to_costs_fen"] + payment["to_interest_fen"] + payment["to_principal_fen"] == 500_000


def test_its_instalments_are_deadlines_until_they_are_paid(stack: Stack, loan: dict[str, Any]) -> None:
    asked = {"domain": "loans", "party": stack.party_ids["farmer"], "rule": "loan_instalment"}

    def parts(loan: str) -> list[str]:
        return [one["part"] for one in shown(stack, "/v1/deadlines", **asked, limit=500)["items"] if one["id"] == loan]

    assert parts(loan["id"]) == ["0", "1"]
    other = approved(stack)
    (undecided,) = shown(stack, f"/v1/loans/{other}/history")["items"][:1]
    asked_then = {"rule": "loan_approval", "as_of": undecided["since_block"], "limit": 500}
    decisions = [one for one in shown(stack, "/v1/deadlines", **asked_then)["items"] if one["id"] == other]
    assert [one["party"] for one in decisions] == [stack.party_ids["bank"]]


def test_a_repaid_loan_leaves_a_lien_to_discharge(stack: Stack) -> None:
    loan, tree = lent(stack)
    later(stack, 30 * DAY)
    owed = shown(stack, f"/v1/loans/{loan}/statement")["owed"]["total_fen"]
    payment = {"amountFen": owed, "paidAt": stack.now(), "receipt": receipt()}
    hand_in(stack, "bank", "Loans.postPayment", loan=loan, **payment, evidence=stack.anchor())
    (lien,) = shown(stack, "/v1/liens", asset=tree)["items"]
    asked = {"rule": "lien_discharge", "party": stack.party_ids["bank"], "limit": 500}
    (found,) = (one for one in shown(stack, "/v1/deadlines", **asked)["items"] if one["id"] == lien["id"])
    assert found["since"] == payment["paidAt"]
    instalments = shown(stack, "/v1/deadlines", domain="loans", rule="loan_instalment", limit=500)["items"]
    assert loan not in {one["id"] for one in instalments}


def test_its_statement_is_recomputed_and_agrees_with_the_chain(stack: Stack, loan: dict[str, Any]) -> None:
    stated = shown(stack, f"/v1/loans/{loan['id']}/statement")
    assert stated["agrees"] and stated["conserved"]
    assert [each["entry"] for each in stated["entries"]] == ["disbursed", "paid"]
    entries: list[Entry] = [
        Disbursed(loan["disbursed_at"], MOST, 48_000),
        Paid(loan["paid_at"], 500_000, loan["payment"]["receipt"]),
    ]
    again = statement(entries, stated["as_of"]["time"])
    assert stated["owed"]["total_fen"] == again.owed.total
    before = shown(stack, f"/v1/loans/{loan['id']}/statement", as_of=stated["as_of"]["block"] - 1)
    assert before["owed"]["total_fen"] > 0


def test_a_claim_of_before_a_payment_is_found_too_high(stack: Stack, loan: dict[str, Any]) -> None:
    """The payment part of scenario 20: 40 % is paid after the claim was made."""
    other = approved(stack, amount=MOST)
    contracted(stack, other, False)
    hand_in(stack, "bank", "Loans.disburse", loan=other, receipt=receipt(), evidence=stack.anchor())
    later(stack, 30 * DAY)
    claimed = shown(stack, f"/v1/loans/{other}/statement")["owed"]
    payment = {"amountFen": claimed["total_fen"] * 40 // 100, "paidAt": stack.now(), "receipt": receipt()}
    hand_in(stack, "bank", "Loans.postPayment", loan=other, **payment, evidence=stack.anchor())
    twice = refused(stack, "bank", "Loans.postPayment", loan=other, **payment, evidence=stack.anchor())
    assert twice["code"] == "PaymentAlreadyPosted"
    stated = shown(stack, f"/v1/loans/{other}/statement")
    entries: list[Entry] = [
        Disbursed(stated["entries"][0]["at"], MOST, 48_000),
        Paid(payment["paidAt"], payment["amountFen"], payment["receipt"]),
    ]
    now = statement(entries, stated["as_of"]["time"])
    claim = Parts(claimed["costs_fen"], claimed["interest_fen"], claimed["principal_fen"])
    with pytest.raises(ClaimExceedsDebt):
        require_within(claim, now)
    require_within(now.owed, now)


def test_its_collateral_can_be_checked_on_the_chain_itself(stack: Stack, loan: dict[str, Any]) -> None:
    """Every call that an item names is sent through `/rpc`, and answers what the item says."""
    stack.anchor()
    found = shown(stack, f"/v1/collateral/loans/{loan['id']}")
    (item,) = found["items"]
    assert (item["tree"]["owner"], item["effect"], item["rank"]) == (stack.party_ids["farmer"], "CONSTITUTED", 1)
    assert item["counts_fen"] == found["cover_fen"] == item["value_fen"]
    calls = [*found["check"], *item["check"], *shown(stack, f"/v1/collateral/trees/{loan['tree']}")["check"]]
    answered = 0
    for number, call in enumerate(calls):
        body = {"jsonrpc": "2.0", "id": number, "method": call["method"], "params": call["params"]}
        answer = stack.client.post("/rpc", json=body).json()
        assert "result" in answer, call["function"]
        if call["answer"] is not None:
            assert answer["result"] == call["answer"], call["function"]
            answered += 1
    assert answered == 5


def test_a_tree_tells_what_it_secures(stack: Stack, loan: dict[str, Any]) -> None:
    found = shown(stack, f"/v1/collateral/trees/{loan['tree']}")
    (item,) = found["items"]
    assert (item["debt"], item["holder"]) == (loan["id"], stack.party_ids["bank"])
    assert found["value_fen"] - found["claimed_fen"] < 0 == found["remaining_fen"]


def test_the_worker_tells_once_which_step_a_bank_may_sign(stack: Stack, loan: dict[str, Any]) -> None:
    """Prices fall until the bank may call. The round tells it, and changes nothing."""
    other, tree = lent(stack)
    for cover in (2_976_965, 2_536_190):
        appraised(stack, tree, cover)
    mirror = open_mirror(stack.settings.mirror_url)
    store = stack.app.state.context.store
    with capture_logs() as told:
        assert watch.watch(mirror, store) >= 1
    mine = [each for each in told if each["loan"] == other]
    assert [(each["bank_may"], each["measured"]) for each in mine] == [("CALL", "CALL")]
    assert mine[0]["ltv_bps"] in (9_433, 9_434), "a midnight since it was paid out adds a day's interest"
    jobs.record_run(store, watch.JOB, at=datetime.fromtimestamp(stack.now(), UTC), fault=None, next_run=None)
    with capture_logs() as told_again:
        watch.watch(mirror, store)
    assert other not in {each["loan"] for each in told_again}
    assert shown(stack, f"/v1/loans/{other}/margin")["recorded"] == "OK"
    due = shown(stack, "/v1/deadlines", domain="loans", limit=500)["items"]
    assert ("loan_instalment", other) in {(each["rule"], each["id"]) for each in due}
    mirror.dispose()


def test_a_portfolio_adds_up(stack: Stack, loan: dict[str, Any]) -> None:
    bank = stack.party_ids["bank"]
    figures = shown(stack, "/v1/loans/portfolio", bank=bank, loans_fen=10**12, loans_a_year_ago_fen=10**12)
    listed = []
    for state in ("REPAYING", "DEFAULTED"):
        listed += shown(stack, "/v1/loans", bank=bank, state=state, limit=500)["items"]
    assert figures["balance_fen"] == sum(each["principal_fen"] for each in listed)
    assert figures["balance_fen"] == sum(figures["by_product"].values()) == sum(figures["by_bucket"].values())
    assert figures["loans"]["REPAYING"] >= 1
    reported = figures["inclusion"]
    assert reported["borrowers"] >= 1 and reported["borrowers_grow"]
    assert shown(stack, "/v1/loans/portfolio", bank=2**62)["balance_fen"] == 0


def test_a_loan_that_was_never_paid_out_has_no_debt(stack: Stack) -> None:
    asked = approved(stack, amount=PRINCIPAL)
    assert shown(stack, f"/v1/loans/{asked}/statement")["entries"] == []
    assert shown(stack, f"/v1/loans/{asked}/margin")["applies"] is False
    assert shown(stack, f"/v1/loans/{asked}/schedule")["versions"] == []


@pytest.mark.parametrize("path", ["schedule", "payments", "statement", "margin"])
def test_there_is_nothing_of_a_loan_that_is_not(stack: Stack, path: str) -> None:
    answer = stack.client.get(f"/v1/loans/7/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NotRecorded")


def test_the_mirror_of_loans_is_what_the_chain_holds(stack: Stack, loan: dict[str, Any]) -> None:
    result = compared(stack.settings)
    assert not result.differences
    assert result.rows["loans"] >= 1 and result.rows["payments"] >= 1 and result.rows["instalments"] >= 2
