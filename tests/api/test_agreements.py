"""Agreements, deadlines and fulfilment as the API shows them; what needs weeks to pass is in `tests/e2e`."""

from __future__ import annotations

import secrets
from typing import Any

from tests.stack import Stack
from workflows.agreements.terms import read_terms

DAY = 86_400
TOTAL, DEPOSIT = 10_000_000, 2_000_000


def document(stack: Stack, due_at: int) -> dict[str, Any]:
    """Complete terms between farmer and firm."""
    return {
        "buyer": stack.party_ids["firm"],
        "seller": stack.party_ids["farmer"],
        "goods": "SYNTHETIC 凤凰单丛毛茶",
        "grade": "特级",
        "season": "2026 春茶",
        "grams": 10_000,
        "fen_per_kilogram": 1_000_000,
        "deliveries": [{"due_at": due_at, "grams": 10_000}],
        "deposit_name": "定金",
        "deposit_fen": DEPOSIT,
        "damages_bps": 2_000,
        "force_majeure": "民法典 590",
        "forum": "SYNTHETIC 人民法院",
    }


def offered(stack: Stack, due_at: int | None = None, salt: bytes | None = None) -> str:
    """The farmer offers; returns the agreement's id."""
    due_at = due_at or stack.now() + 30 * DAY
    terms = read_terms(document(stack, due_at)).commitment(salt or secrets.token_bytes(32))
    signed = stack.sign(
        "farmer",
        "Agreements.offer",
        counterparty=stack.party_ids["firm"],
        asBuyer=False,
        terms=terms,
        quantity=10_000,
        unitPrice=1_000_000,
        formula="0x" + "00" * 32,
        total=TOTAL,
        deposit=DEPOSIT,
        damagesBps=2_000,
        inspectionDays=10,
        graceDays=3,
        offerEndsAt=0,
        dueAt=[due_at],
        quantities=[10_000],
    )
    stack.carry(signed)
    return str(int(signed.id, 16))


def shown(stack: Stack, agreement: str, **query: Any) -> dict[str, Any]:
    answer: dict[str, Any] = stack.client.get(f"/v1/agreements/{agreement}", params=query).json()
    return answer


def signed(stack: Stack, **changes: Any) -> str:
    agreement = offered(stack, **changes)
    stack.act("firm", "Agreements.sign", agreement=int(agreement), terms=shown(stack, agreement)["terms"])
    return agreement


def confirm(stack: Stack, agreement: str, amount: int = DEPOSIT) -> None:
    stack.act(
        "bank",
        "Agreements.confirmDeposit",
        agreement=int(agreement),
        amount=amount,
        receivedAt=stack.now(),
        receipt="0x" + secrets.token_hex(32),
        evidence=stack.anchor(),
    )


def rules(record: dict[str, Any]) -> list[str]:
    return [deadline["rule"] for deadline in record["deadlines"]]


def test_an_agreement_is_followed_from_offer_to_close_with_its_deadlines(stack: Stack) -> None:
    agreement = offered(stack)
    assert (shown(stack, agreement)["stage"], rules(shown(stack, agreement))) == ("OFFERED", ["offer"])
    before = shown(stack, agreement)["as_of"]["block"]
    stack.act("firm", "Agreements.sign", agreement=int(agreement), terms=shown(stack, agreement)["terms"])
    assert rules(shown(stack, agreement)) == ["deposit"]
    confirm(stack, agreement, 2_500_000)
    active = shown(stack, agreement)
    assert (active["stage"], active["prepayment"], active["balance"]) == ("ACTIVE", 500_000, -2_500_000)
    assert rules(active) == ["delivery", "delivery_grace"]
    part = {"agreement": int(agreement), "milestone": 0, "evidence": stack.anchor()}
    stack.act("farmer", "Agreements.deliver", quantity=10_000, **part)
    assert rules(shown(stack, agreement)) == ["inspection"]
    stack.act("firm", "Agreements.accept", quantity=10_000, **part)
    accepted = shown(stack, agreement)
    assert (accepted["stage"], accepted["balance"], rules(accepted)) == ("ACCEPTED", 7_500_000, ["payment"])
    assert accepted["deliveries"][0]["accepted_in_time"] == 10_000
    stack.act(
        "bank",
        "Agreements.recordPayment",
        agreement=int(agreement),
        toSeller=True,
        amount=7_500_000,
        receipt="0x" + secrets.token_hex(32),
        evidence=stack.anchor(),
    )
    stack.act("firm", "Agreements.close", agreement=int(agreement))
    closed = shown(stack, agreement)
    assert (closed["stage"], closed["balance"], closed["deadlines"]) == ("CLOSED", 0, [])
    assert shown(stack, agreement, as_of=before)["stage"] == "OFFERED"
    history = stack.client.get(f"/v1/agreements/{agreement}/history").json()["items"]
    assert [version["stage"] for version in history] == [
        "OFFERED", "SIGNED", "ACTIVE", "ACTIVE", "ACCEPTED", "SETTLED", "CLOSED",
    ]  # fmt: skip


def test_what_went_wrong_is_among_an_agreements_events(stack: Stack) -> None:
    agreement = signed(stack)
    confirm(stack, agreement)
    stack.act("firm", "Remedies.raiseDispute", agreement=int(agreement), amount=1_000_000, evidence=stack.anchor())
    disputed = shown(stack, agreement)
    assert (disputed["frozen"], disputed["claimant"]) == (1_000_000, stack.party_ids["firm"])
    assert rules(disputed).count("mediation") == 2
    events = stack.client.get(f"/v1/agreements/{agreement}/events").json()["items"]
    assert [event["event"] for event in events] == [
        "Acted", "AgreementOffered", "MilestonePlanned", "AgreementSigned", "DepositConfirmed", "DisputeChanged",
    ]  # fmt: skip  # the digest of the offer is the agreement's id, so its own acceptance is among them
    assert stack.client.get("/v1/events", params={"agreement": agreement}).json()["items"] == events


def test_agreements_are_found_by_side_stage_and_dispute(stack: Stack) -> None:
    agreement = signed(stack)
    firm, farmer = stack.party_ids["firm"], stack.party_ids["farmer"]
    having: list[dict[str, Any]] = [{"party": firm}, {"party": farmer}, {"buyer": firm, "seller": farmer}]
    for query in [*having, {"stage": "SIGNED"}]:
        found = stack.client.get("/v1/agreements", params=query | {"limit": 500}).json()["items"]
        assert agreement in {one["id"] for one in found}, query
    lacking: list[dict[str, Any]] = [{"party": 1}, {"buyer": farmer}, {"ending": "MUTUAL"}, {"disputed": True}]
    for query in lacking:
        found = stack.client.get("/v1/agreements", params=query | {"limit": 500}).json()["items"]
        assert agreement not in {one["id"] for one in found}, query


def test_terms_are_for_the_two_sides_alone_and_only_the_signed_ones_are_kept(stack: Stack) -> None:
    due_at, salt = stack.now() + 30 * DAY, secrets.token_bytes(32)
    agreement = offered(stack, due_at, salt)
    path, why = f"/v1/agreements/{agreement}/terms", {"purpose": "before signing"}
    body: dict[str, Any] = {"terms": document(stack, due_at), "salt": "0x" + salt.hex()}
    firm, farmer = stack.sign_in("firm"), stack.sign_in("farmer")
    assert stack.client.put(path, json=body).json()["code"] == "SignInRequired"
    assert stack.client.get(path, params=why, headers=firm).json()["code"] == "TermsAbsent"
    other = body | {"terms": body["terms"] | {"grade": "一级"}}
    assert stack.client.put(path, json=other, headers=farmer).json()["code"] == "TermsNotThose"
    for _ in range(2):
        kept = stack.client.put(path, json=body, headers=farmer)
        assert (kept.status_code, kept.json()["terms"]) == (200, shown(stack, agreement)["terms"])
    for who in ("bank", "agri", "neighbour"):
        refused = stack.client.get(path, params=why, headers=stack.sign_in(who))
        assert (refused.status_code, refused.json()["code"]) == (403, "NotYours"), who
    read = stack.client.get(path, params=why, headers=firm)
    assert read.json()["terms"] == read_terms(body["terms"]).model_dump(mode="json")
    assert read.json()["salt"] == body["salt"]
    assert read.headers["cache-control"] == "no-store"


def test_deadlines_are_listed_by_end_for_whom_they_run(stack: Stack) -> None:
    agreement = signed(stack)
    firm = stack.party_ids["firm"]
    query: dict[str, Any] = {"party": firm, "domain": "agreements", "rule": "deposit", "limit": 2}
    found: list[dict[str, Any]] = []
    page = stack.client.get("/v1/deadlines", params=query).json()
    while True:
        found += page["items"]
        if page["next"] is None:
            break
        page = stack.client.get("/v1/deadlines", params=query | {"cursor": page["next"]}).json()
    assert len(found) == page["total"]
    assert [one["due_at"] for one in found] == sorted(one["due_at"] for one in found)
    (mine,) = (one for one in found if one["id"] == agreement)
    assert mine["party"] == firm and mine["state"] in ("running", "near") and mine["seconds_left"] > 0
    assert (
        mine["due_at"]
        == stack.client.get(
            "/v1/calendar/end", params={"since": shown(stack, agreement)["signed_at"], "working_days": 5}
        ).json()["ends_at"]
    )
    others: list[dict[str, Any]] = [{"state": "passed"}, {"within_days": 0}, {"party": 1}]
    for nothing in others:
        some = stack.client.get("/v1/deadlines", params=query | nothing).json()["items"]
        assert agreement not in {one["id"] for one in some}


def test_fulfilment_counts_nothing_before_it_falls_due(stack: Stack) -> None:
    signed(stack)
    firm = stack.party_ids["firm"]
    answer = stack.client.get("/v1/fulfilment", params={"party": firm}).json()
    assert sum(season["due"] for season in answer["items"]) == 0
    assert stack.client.get("/v1/fulfilment", params={"party": 0}).status_code == 422


def test_deadlines_are_listed_of_domains_that_have_some(stack: Stack) -> None:
    assert stack.client.get("/v1/deadlines", params={"domain": "loans"}).status_code == 200
    answer = stack.client.get("/v1/deadlines", params={"domain": "tea"})
    assert (answer.status_code, answer.json()["code"]) == (422, "DeadlineDomainUnknown")
    assert "agreements" in answer.json()["detail_zh"] and "loans" in answer.json()["detail"]
