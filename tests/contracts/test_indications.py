"""Geographical indications: the towns of origin, the application, and each decision of the authority."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from tests.contracts.groves import tree_at
from tests.contracts.harvests import PRODUCT, TOWN, applied
from tests.contracts.ledger import DAY, NO_HASH, Ledger, event

REVIEW = 365 * DAY
STATES = ("NONE", "APPLIED", "GRANTED", "SUSPENDED", "REVOKED", "EXPIRED")
LEADS_TO = {
    "NONE": set(),
    "APPLIED": {"GRANTED", "NONE"},
    "GRANTED": {"GRANTED", "SUSPENDED", "REVOKED", "EXPIRED"},
    "SUSPENDED": {"GRANTED", "REVOKED", "EXPIRED"},
    "REVOKED": set(),
    "EXPIRED": set(),
}
"""`domain.md` 2.1, the row of GI."""

ORIGIN = "0x" + keccak(encode(["string", "string"], [PRODUCT, TOWN])).hex()


def indication(ledger: Ledger, tree: int) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Indications.indication", tree)
    return answer


def decide(ledger: Ledger, tree: int, state: str) -> None:
    ledger.act("Indications.decide", "indications", tree=tree, state=state)


def at(ledger: Ledger, state: str) -> int:
    tree = tree_at(ledger, "REGISTERED")
    if state == "NONE":
        ledger.act("Indications.listTown", "indications", product=PRODUCT, town=TOWN, listed=True)
        return tree
    applied(ledger, tree)
    if state != "APPLIED":
        decide(ledger, tree, "GRANTED")
    if state == "EXPIRED":
        ledger.wait(REVIEW)
    if state not in ("APPLIED", "GRANTED"):
        decide(ledger, tree, state)
    assert indication(ledger, tree)["state"] == state
    return tree


class TestTowns:
    def test_are_listed_and_taken_off_by_the_authority(self, ledger: Ledger) -> None:
        assert ledger.view("Indications.originId", PRODUCT, TOWN) == ORIGIN
        for listed in (True, False):
            happened = ledger.act("Indications.listTown", "indications", product=PRODUCT, town=TOWN, listed=listed)
            actor = ledger.ids["indications"]
            assert happened == [
                event("Indications.TownListed", origin=ORIGIN, actor=actor, product=PRODUCT, town=TOWN, listed=listed)
            ]
            assert ledger.view("Indications.listed", ORIGIN) is listed
        ledger.refuses("RoleMissing", "Indications.listTown", "agri", product=PRODUCT, town=TOWN, listed=True)

    def test_need_names(self, ledger: Ledger) -> None:
        for product, town, field in (("", TOWN, "product"), (PRODUCT, "", "town"), (PRODUCT, "长" * 22, "town")):
            values = ledger.refuses(
                "FilingIncomplete", "Indications.listTown", "indications", product=product, town=town, listed=True
            )
            assert values == {"field": field}


class TestApplication:
    def test_is_the_owners_for_a_town_on_the_list(self, ledger: Ledger) -> None:
        tree = at(ledger, "NONE")
        fields = {"tree": tree, "product": PRODUCT, "town": TOWN}
        ledger.refuses("NotOwner", "Indications.applyFor", "neighbour", **fields)
        ledger.refuses("RoleMissing", "Indications.applyFor", "surveyor", **fields)
        values = ledger.refuses("TownNotListed", "Indications.applyFor", "farmer", **(fields | {"town": "黄岗镇"}))
        assert values == {"product": PRODUCT, "town": "黄岗镇"}
        ledger.refuses("EvidenceUnknown", "Indications.applyFor", "farmer", **fields, evidence=NO_HASH)
        happened = ledger.act("Indications.applyFor", "farmer", **fields)
        assert happened == [
            event(
                "Indications.IndicationApplied",
                **fields,
                actor=ledger.ids["farmer"],
                origin=ORIGIN,
                evidence=ledger.evidence,
            )
        ]
        assert indication(ledger, tree) == {"origin": ORIGIN, "state": "APPLIED", "decidedBy": 0, "reviewDue": 0}

    def test_needs_a_registered_living_tree(self, ledger: Ledger) -> None:
        at(ledger, "NONE")
        for title, life, error in (
            ("NOTICE", "ALIVE", "TitleNotReady"),
            ("REGISTERED", "REPORTED_DEAD", "LifeNotReady"),
        ):
            tree = tree_at(ledger, title, life, tag=f"CA-{title}-{life}")
            ledger.refuses(error, "Indications.applyFor", "farmer", tree=tree, product=PRODUCT, town=TOWN)

    @pytest.mark.parametrize("state", STATES)
    def test_is_possible_where_none_is_open(self, ledger: Ledger, state: str) -> None:
        tree = at(ledger, state)
        fields = {"tree": tree, "product": PRODUCT, "town": TOWN}
        if state in ("NONE", "REVOKED", "EXPIRED"):
            ledger.act("Indications.applyFor", "farmer", **fields)
            assert indication(ledger, tree)["reviewDue"] == 0
        else:
            values = ledger.refuses("IndicationNotReady", "Indications.applyFor", "farmer", **fields)
            assert values == {"tree": tree, "state": state, "asked": "APPLIED"}


class TestDecision:
    @pytest.mark.parametrize("state", STATES)
    def test_leads_only_where_the_table_says(self, ledger: Ledger, state: str) -> None:
        tree = at(ledger, state)
        ledger.wait(REVIEW + 1)
        for asked in STATES:
            mark = ledger.snapshot()
            if asked in LEADS_TO[state]:
                decide(ledger, tree, asked)
                assert indication(ledger, tree)["state"] == asked
            else:
                values = ledger.refuses(
                    "IndicationNotReady", "Indications.decide", "indications", tree=tree, state=asked
                )
                assert values == {"tree": tree, "state": state, "asked": asked}
            ledger.revert(mark)

    def test_to_grant_holds_for_a_year_and_is_renewed_by_review(self, ledger: Ledger) -> None:
        tree = at(ledger, "APPLIED")
        granted_at = ledger.now
        happened = ledger.act("Indications.decide", "indications", tree=tree, state="GRANTED")
        assert happened == [
            event(
                "Indications.IndicationDecided",
                tree=tree,
                actor=ledger.ids["indications"],
                state="GRANTED",
                reviewDue=granted_at + REVIEW,
                evidence=ledger.evidence,
            )
        ]
        assert ledger.view("Indications.granted", tree)
        ledger.wait(granted_at + REVIEW - ledger.now)
        assert ledger.view("Indications.granted", tree)
        values = ledger.refuses("ReviewNotDue", "Indications.decide", "indications", tree=tree, state="EXPIRED")
        assert values == {"tree": tree, "reviewDue": granted_at + REVIEW}
        ledger.wait(1)
        assert not ledger.view("Indications.granted", tree), "nobody has to act for an overdue grant to stop"
        decide(ledger, tree, "GRANTED")
        assert ledger.view("Indications.granted", tree)

    def test_to_suspend_or_revoke_stops_it_at_once(self, ledger: Ledger) -> None:
        for state in ("SUSPENDED", "REVOKED"):
            mark = ledger.snapshot()
            tree = at(ledger, state)
            assert not ledger.view("Indications.granted", tree)
            ledger.revert(mark)

    def test_is_the_authoritys_on_live_evidence_for_another_than_itself(self, ledger: Ledger) -> None:
        tree = at(ledger, "APPLIED")
        ledger.refuses("RoleMissing", "Indications.decide", "agri", tree=tree, state="GRANTED")
        ledger.refuses(
            "EvidenceUnknown", "Indications.decide", "indications", tree=tree, state="NONE", evidence=NO_HASH
        )
        farmer = ledger.ids["farmer"]
        ledger.act("Parties.assignRoles", "operator", party=farmer, roles=1 | 1 << 8)
        values = ledger.refuses("OwnerCannotDecide", "Indications.decide", "farmer", tree=tree, state="GRANTED")
        assert values == {"tree": tree, "party": farmer}

    def test_to_grant_needs_a_town_still_on_the_list_and_a_living_tree(self, ledger: Ledger) -> None:
        tree = at(ledger, "APPLIED")
        ledger.act("Indications.listTown", "indications", product=PRODUCT, town=TOWN, listed=False)
        values = ledger.refuses("OriginNotListed", "Indications.decide", "indications", tree=tree, state="GRANTED")
        assert values == {"tree": tree, "origin": ORIGIN}
        ledger.act("Trees.reportDeath", "farmer", tree=tree)
        ledger.refuses("LifeNotReady", "Indications.decide", "indications", tree=tree, state="GRANTED")
