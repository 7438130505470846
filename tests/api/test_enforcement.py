"""Deeds, certificates, filings and their figures at the door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from indexer.deployed import storage
from indexer.projection import discover
from indexer.reconcile import reconcile
from indexer.store import open_mirror
from tests.enforcement import CLAIMED, DAY, HOME_COURT, PRINCIPAL, Desk, desk
from tests.stack import Stack


@pytest.fixture(scope="module")
def case(stack: Stack) -> tuple[Desk, str, str, str]:
    """A debt from deed to recovery."""
    own = desk(stack)
    deed = own.issued()
    certificate = own.certified(deed)
    filing = own.filed(certificate)
    own.receipt(filing, "NOTIFIED")
    own.act("court", "Filings.recordRecoveries", filing=filing, amount=1_000_000)
    return own, deed, certificate, filing


def test_a_deed_is_found_by_whom_it_concerns(case: tuple[Desk, str, str, str]) -> None:
    own, deed, certificate, filing = case
    ids = own.stack.party_ids
    card = own.get(f"/v1/deeds/{deed}")
    assert (card["state"], card["principal"], card["notary"]) == ("ISSUED", PRINCIPAL, ids[own.notary])
    assert card["reviewer"] == ids[own.reviewer]
    assert (card["certificates"], card["filings"]) == ([certificate], [filing])
    assert card["parties"] == [
        {"party": ids[who], "obligor": obligor, "informed": obligor, "signed": True}
        for who, obligor in sorted((("farmer", True), ("bank", False)), key=lambda one: ids[one[0]])
    ]
    for filters in ({"number": card["number"]}, {"notary": ids[own.notary]}):
        assert [one["id"] for one in own.get("/v1/deeds", **filters)["items"]] == [deed]
    for name, value in (("obligor", ids["farmer"]), ("obligor", f"0x{ids['farmer']:064x}"), ("obligee", ids["bank"])):
        found = own.get("/v1/deeds", **{name: value, "state": "ISSUED", "limit": 500})["items"]
        assert deed in {one["id"] for one in found}
    assert own.get("/v1/deeds", obligor=ids["village"])["items"] == []


def test_the_states_of_a_case_are_its_history(case: tuple[Desk, str, str, str]) -> None:
    own, deed, certificate, filing = case

    def states(path: str) -> list[str]:
        seen = [version["state"] for version in own.get(f"{path}/history")["items"]]
        return [state for place, state in enumerate(seen) if seen[place - 1 : place] != [state]]

    whole = ["APPLIED", "VERIFIED", "ACCEPTED", "INFORMED", "SIGNED", "REVIEWED", "ISSUED"]
    assert states(f"/v1/deeds/{deed}") == whole
    assert states(f"/v1/certificates/{certificate}") == ["APPLIED", "NOTIFIED", "CONFIRMED", "VERIFIED", "ISSUED"]
    assert states(f"/v1/filings/{filing}") == ["PACKAGED", "SUBMITTED", "FILED", "NOTIFIED"]
    names = [event["event"] for event in own.get(f"/v1/deeds/{deed}/events")["items"]]
    assert names[:2] == ["ObligorNamed", "DeedOpened"] and names[-1] == "DeedIssued"


def test_events_are_chosen_by_deed_certificate_and_filing(case: tuple[Desk, str, str, str]) -> None:
    own, *entities = case
    for kind, entity in zip(("deed", "certificate", "filing"), entities, strict=True):
        chosen = own.get("/v1/events", **{kind: entity, "limit": 500})["items"]
        assert chosen and chosen == own.get(f"/v1/{kind}s/{entity}/events", limit=500)["items"]
        assert {one["args"][kind] for one in chosen if kind in one["args"]} == {entity}
        assert own.get("/v1/events", **{kind: "0x" + "11" * 32})["items"] == []
        refused = own.stack.client.get("/v1/events", params={kind: "7"})
        assert (refused.status_code, refused.json()["code"]) == (422, "IdMalformed")


def test_a_filing_and_a_certificate_say_where_they_stand(case: tuple[Desk, str, str, str]) -> None:
    own, deed, certificate, filing = case
    ids = own.stack.party_ids
    stands = own.get(f"/v1/filings/{filing}")
    assert (stands["obligor"], stands["court"], stands["recovered"]) == (ids["farmer"], HOME_COURT, 1_000_000)
    filters: dict[str, Any] = {"deed": deed, "province": 44, "court": HOME_COURT, "obligor": ids["farmer"]}
    filters |= {"certificate": certificate, "state": "NOTIFIED", "gateway": ids["court"], "closure": "NONE"}
    for name, value in filters.items():
        assert filing in {one["id"] for one in own.get("/v1/filings", **{name: value, "limit": 500})["items"]}, name
    assert own.get("/v1/filings", province=11)["total"] == 0
    paid = own.get(f"/v1/certificates/{certificate}")
    assert (paid["outstanding"], paid["deed_state"], paid["filings"]) == (CLAIMED, "ISSUED", [filing])
    assert [one["id"] for one in own.get("/v1/certificates", deed=deed, state="ISSUED")["items"]] == [certificate]


def test_the_deadlines_of_a_case_follow_its_states(case: tuple[Desk, str, str, str]) -> None:
    own, deed, certificate, filing = case

    def rules(entity: str, domain: str, state: str) -> dict[str, int]:
        history = own.get(f"/v1/{domain}/{entity}/history")["items"]
        block = next(version["since_block"] for version in reversed(history) if version["state"] == state)
        found = own.get("/v1/deadlines", domain=domain, as_of=block, limit=500)["items"]
        return {one["rule"]: one["party"] for one in found if one["id"] == entity}

    ids = own.stack.party_ids
    for state in ("ACCEPTED", "SIGNED", "REVIEWED"):
        assert rules(deed, "deeds", state) == {"deed_issue": ids["office"]}
    assert rules(deed, "deeds", "ISSUED") == {}
    assert rules(certificate, "certificates", "ISSUED") == {"enforcement_limitation": ids["bank"]}
    other = desk(own.stack)
    told = other.claimed(other.issued())
    other.delivered(told)
    assert rules(told, "certificates", "NOTIFIED") == {"verification_window": ids["farmer"]}
    assert rules(filing, "filings", "SUBMITTED") == {"filing_decision": 0}
    assert rules(filing, "filings", "FILED") == {"execution_notice": ids["court"], "idle_case": ids["court"]}
    objections = dict.fromkeys(("jurisdiction_objection", "non_enforcement_application"), ids["farmer"])
    assert rules(filing, "filings", "NOTIFIED") == objections | {"idle_case": ids["court"]}


def test_figures_are_of_whom_they_are_asked_for(case: tuple[Desk, str, str, str]) -> None:
    own, *_ = case
    ids = own.stack.party_ids
    for scope in (
        {},
        {"debtor": ids["farmer"]},
        {"creditor": ids["bank"]},
        {"office": ids["office"]},
        {"court": HOME_COURT},
        {"province": 44},
    ):
        figures = own.get("/v1/enforcement", **scope)
        assert figures["deeds"] >= figures["deeds_issued"] >= 1, scope
        assert figures["deeds_fen"] >= PRINCIPAL and figures["certificates_fen"] >= CLAIMED
        assert figures["recovered_fen"] >= 1_000_000 and figures["claimed_fen"] >= CLAIMED
        assert figures["recovery_rate_ppm"] == figures["recovered_fen"] * 1_000_000 // figures["claimed_fen"]
        assert sum(figures["filings_by_state"].values()) == figures["filings"]
        assert figures["days"]["application_to_deed"]["count"] >= 1
    nothing = own.get("/v1/enforcement", province=11)
    assert (nothing["deeds"], nothing["recovery_rate_ppm"]) == (0, None)
    assert nothing["days"]["filing_to_closure"] == {"count": 0, "mean": None}
    first = min(one["opened_at"] for one in own.get("/v1/deeds", limit=500)["items"])
    before = own.get("/v1/enforcement", as_of=datetime.fromtimestamp(first - 1, UTC).isoformat())
    assert (before["deeds"], before["filings"]) == (0, 0)


def test_checks_tell_everything_at_once(stack: Stack) -> None:
    spec = stack.client.get("/openapi.json").json()["components"]["schemas"]
    instrument = spec["Instrument"]["example"]
    broken = instrument | {"accepts_enforcement": False, "disputed": True}
    body: dict[str, Any] = {"instrument": broken, "deed": spec["DeedText"]["example"]}
    found = stack.client.post("/v1/deeds/check", json=body).json()
    assert {point["code"] for point in found["instrument"]["points"]} == {"DISPUTED", "ENFORCEMENT"}
    assert found["deed"]["complete"] and "assignment" not in found
    draft = spec["CertificateText"]["example"] | {"seal": 1}
    assert stack.client.post("/v1/certificates/check", json=draft).status_code == 422
    del draft["seal"]
    assert stack.client.post("/v1/certificates/check", json=draft).json()["complete"]
    package = spec["Package"]["example"]
    assert stack.client.post("/v1/filings/check", json=package).json()["complete"]
    nowhere = stack.client.post("/v1/filings/check", json=package | {"court": 449_999, "domicile_court": 449_999})
    assert nowhere.json()["code"] == "CourtUnknown"


def test_courts_are_counted_found_and_chosen(stack: Stack) -> None:
    whole = stack.client.get("/v1/courts").json()
    assert (whole["total"], len(whole["provinces"]), whole["items"]) == (2_905, 31, [])
    items = stack.client.get("/v1/courts", params={"province": 44}).json()["items"]
    assert stack.client.get(f"/v1/courts/{items[0]['code']}").json() == items[0]
    assert stack.client.get("/v1/courts/449999").json()["code"] == "CourtUnknown"
    properties = [{"court": items[1]["code"], "value_fen": 1, "proven": True}]
    seat = {"domicile": items[0]["code"], "properties": properties}
    chosen = stack.client.post("/v1/courts/choose", json=seat).json()["items"]
    assert [one["basis"] for one in chosen] == ["PROPERTY", "DOMICILE"]
    flows = stack.client.get("/v1/flows").json()["items"]
    assert {flow["product"] for flow in flows} == {"tree_loan", "consumer_credit"}


def test_days_are_whole_and_rounded_down(case: tuple[Desk, str, str, str]) -> None:
    own, _, _, filing = case
    before = own.get("/v1/enforcement", court=HOME_COURT)["days"]["filing_to_closure"]["count"]
    own.stack.pass_time(3 * DAY)
    own.act("court", "Filings.close", filing=filing, closure="NO_PROPERTY")
    after = own.get("/v1/enforcement", court=HOME_COURT)["days"]["filing_to_closure"]
    assert after["count"] == before + 1 and after["mean"] is not None


def test_mirror_and_storage_agree(case: tuple[Desk, str, str, str]) -> None:
    own, *_ = case
    ids = own.stack.party_ids
    report = {"notary": ids[own.notary], "invalidFrom": own.stack.now() - 1}
    own.act("office", "Notaries.reportKey", **report)
    own.act("office", "Notaries.declareConflict", notary=ids[own.notary], party=ids["village"], conflicted=True)
    ours = {"deeds", "deed_parties", "notary_keys", "notary_conflicts", "certificates", "filings", "live_filings"}
    engine = open_mirror(own.stack.settings.mirror_url)
    chosen = [one for one in discover() if one.name in ours]
    found = reconcile(engine, storage(own.stack.deployment, own.stack.rpc), chosen)
    engine.dispose()
    assert found.differences == []
    assert all(found.rows[name] for name in ours)
