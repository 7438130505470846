"""Liens: one class an act. Which sequences of acts are possible is `test_lien_machine.py`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.groves import tree_at
from tests.contracts.ledger import DAY, NO_HASH, Ledger, event
from tests.contracts.pledges import (
    DEBT,
    KINDS,
    RECEIPT,
    STOCK,
    VALUE,
    agreed,
    filed,
    ranks,
    register,
    registered,
    terms,
    valued_tree,
    worth,
)

TREE = KINDS.index("REAL_PROPERTY")
UNKNOWN = "0x" + "99" * 32
SECOND: dict[str, Any] = {"holder": "second bank", "debt": DEBT + 1}
THIRD: dict[str, Any] = {"holder": "third bank", "debt": DEBT + 2}


def lien(ledger: Ledger, number: int) -> dict[str, Any]:
    found: dict[str, Any] = ledger.view("Liens.lien", number)
    return found


class TestFile:
    @pytest.mark.parametrize("by", ["holder", "grantor"])
    def test_keeps_the_terms_of_either_side(self, ledger: Ledger, by: str) -> None:
        tree = valued_tree(ledger)
        both = terms(ledger, tree)
        filer = {"holder": "bank", "grantor": "farmer"}[by]
        signed = ledger.sign("Liens.file", filer, **both)
        number = int(signed.id, 16)
        assert ledger.relay(signed).events[1:] == [
            event("Liens.LienFiled", lien=number, actor=both[by], **both, evidence=ledger.evidence)
        ]
        assert ledger.view("Liens.filing", number)["filer"] == both[by]
        assert ranks(ledger, tree) == [], "a filing burdens nothing"

    def test_by_who_is_neither_side(self, ledger: Ledger) -> None:
        values = ledger.refuses("NotSignatory", "Liens.file", "neighbour", **terms(ledger, valued_tree(ledger)))
        assert values == {"party": ledger.ids["neighbour"]}

    def test_of_a_lien_of_oneself(self, ledger: Ledger) -> None:
        both = terms(ledger, tree_at(ledger, "REGISTERED"), holder="farmer")
        assert ledger.refuses("HolderUnfit", "Liens.file", "farmer", **both) == {"party": ledger.ids["farmer"]}

    @pytest.mark.parametrize("changes", [{"kind": "NONE"}, {"asset": 0}, {"debt": 0}, {"securedMax": 0}])
    def test_that_is_incomplete(self, ledger: Ledger, changes: dict[str, Any]) -> None:
        both = terms(ledger, 1) | changes
        values = ledger.refuses("FilingIncomplete", "Liens.file", "bank", **both)
        assert values == {"field": next(iter(changes))}

    def test_needs_live_evidence_also_of_a_legal_review(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        ledger.refuses("EvidenceUnknown", "Liens.file", "bank", evidence=UNKNOWN, **terms(ledger, tree))
        ledger.refuses("EvidenceUnknown", "Liens.file", "bank", **terms(ledger, tree, legalReview=UNKNOWN))
        filed(ledger, terms(ledger, tree, legalReview=ledger.evidence))

    def test_on_a_tree_of_another(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger, owner="neighbour")
        values = ledger.refuses("NotOwner", "Liens.file", "farmer", **terms(ledger, tree))
        assert values == {"tree": tree, "party": ledger.ids["farmer"]}

    @pytest.mark.parametrize("title", ["FILED", "SURVEYED", "NOTICE", "DISPUTED", "REJECTED"])
    def test_on_a_tree_whose_title_is_not_clear(self, ledger: Ledger, title: str) -> None:
        """CC 399(4): nothing whose ownership is unclear or disputed is mortgaged."""
        tree = tree_at(ledger, title)
        values = ledger.refuses("TitleNotReady", "Liens.file", "bank", **terms(ledger, tree))
        assert values == {"tree": tree, "title": title, "needed": "REGISTERED"}

    @pytest.mark.parametrize("life", ["REPORTED_DEAD", "DEAD", "LOST"])
    def test_on_a_tree_that_is_not_alive(self, ledger: Ledger, life: str) -> None:
        tree = tree_at(ledger, "REGISTERED", life)
        values = ledger.refuses("LifeNotReady", "Liens.file", "bank", **terms(ledger, tree))
        assert values == {"tree": tree, "life": life, "needed": "ALIVE"}

    def test_on_a_tree_that_only_witnesses_know(self, ledger: Ledger) -> None:
        tree = tree_at(ledger, "REGISTERED", titleClass="C")
        values = ledger.refuses("NotCollateral", "Liens.file", "bank", **terms(ledger, tree))
        assert values == {"tree": tree, "titleClass": "C"}
        filed(ledger, terms(ledger, tree_at(ledger, "REGISTERED", tag="CA-B", titleClass="B"), kind="LAND_RIGHT"))

    def test_on_a_seized_tree_until_the_seizure_ends(self, ledger: Ledger) -> None:
        """CC 399(5)."""
        tree = valued_tree(ledger)
        ledger.act("Trees.restrain", "court", tree=tree, kind="COURT", expiresAt=ledger.now + DAY)
        assert ledger.refuses("TreeRestrained", "Liens.file", "bank", **terms(ledger, tree))["kind"] == "COURT"
        ledger.wait(DAY)
        filed(ledger, terms(ledger, tree))

    def test_on_stock_asks_no_tree(self, ledger: Ledger) -> None:
        filed(ledger, terms(ledger, STOCK, kind="MOVABLE", grantor="firm", rank=1))


class TestConfirm:
    @pytest.mark.parametrize(("by", "other"), [("holder", "farmer"), ("grantor", "bank")])
    @pytest.mark.parametrize(("kind", "effect"), [("REAL_PROPERTY", "NONE"), ("LAND_RIGHT", "CONTRACT_ONLY")])
    def test_makes_the_lien_of_what_both_signed(
        self, ledger: Ledger, by: str, other: str, kind: str, effect: str
    ) -> None:
        tree = valued_tree(ledger)
        both = terms(ledger, tree, kind=kind)
        number = filed(ledger, both, by)
        told = {name: value for name, value in both.items() if name != "legalReview"}
        assert ledger.act("Liens.confirm", other, lien=number, **both) == [
            event(
                "Liens.LienConfirmed",
                lien=number,
                actor=ledger.ids[other],
                **told,
                effect=effect,
                evidence=ledger.evidence,
            )
        ]
        assert lien(ledger, number) == {
            "holder": both["holder"],
            "grantor": both["grantor"],
            "securedMax": both["securedMax"],
            "registeredAt": 0,
            "kind": kind,
            "effect": effect,
            "discharged": "NONE",
            "asset": tree,
            "debt": DEBT,
        }
        assert ledger.view("Liens.filing", number) == {"filer": 0, "terms": 0}
        assert ledger.view("Liens.liensOf", DEBT) == (number,)
        assert ranks(ledger, tree) == [(number, 1)]

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "LAND_RIGHT"},
            {"asset": 1},
            {"debt": 2},
            {"securedMax": 3},
            {"noTransfer": True},
            {"rank": 1},
            {"legalReview": UNKNOWN},
            {"evidence": UNKNOWN},
        ],
    )
    def test_of_other_terms_than_were_filed(self, ledger: Ledger, change: dict[str, Any]) -> None:
        both = terms(ledger, valued_tree(ledger))
        number = filed(ledger, both)
        values = ledger.refuses("NoSuchFiling", "Liens.confirm", "farmer", lien=number, **both | change)
        assert values == {"lien": number, "party": ledger.ids["bank"]}

    def test_is_the_other_sides_alone(self, ledger: Ledger) -> None:
        both = terms(ledger, valued_tree(ledger))
        number = filed(ledger, both)
        own = ledger.refuses("NoSuchFiling", "Liens.confirm", "bank", lien=number, **both)
        assert own == {"lien": number, "party": ledger.ids["farmer"]}
        stranger = ledger.refuses("NotSignatory", "Liens.confirm", "second bank", lien=number, **both)
        assert stranger == {"party": ledger.ids["second bank"]}
        ledger.act("Liens.confirm", "farmer", lien=number, **both)
        ledger.refuses("NoSuchFiling", "Liens.confirm", "farmer", lien=number, **both)

    def test_looks_at_tree_holder_and_evidence_again(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        both = terms(ledger, tree)
        number = filed(ledger, both)
        refused = ("Liens.confirm", "farmer")
        ledger.act("Trees.restrain", "regulator", tree=tree, kind="COMPLIANCE", expiresAt=0)
        ledger.refuses("TreeRestrained", *refused, lien=number, **both)
        ledger.act("Trees.lift", "regulator", tree=tree, kind="COMPLIANCE")
        ledger.act("Parties.suspend", "operator", party=ledger.ids["bank"])
        assert ledger.refuses("HolderUnfit", *refused, lien=number, **both) == {"party": ledger.ids["bank"]}
        ledger.act("Parties.reinstate", "operator", party=ledger.ids["bank"])
        ledger.act("Evidence.revokeRoot", "notary", reason="")
        ledger.refuses("EvidenceIsRevoked", *refused, lien=number, **both)

    def test_names_no_holder_but_a_bank(self, ledger: Ledger) -> None:
        both = terms(ledger, valued_tree(ledger), holder="firm")
        number = filed(ledger, both)
        values = ledger.refuses("HolderUnfit", "Liens.confirm", "farmer", lien=number, **both)
        assert values == {"party": ledger.ids["firm"]}

    def test_waits_while_the_grantor_recovers_a_lost_wallet(self, ledger: Ledger) -> None:
        three = {"bank": ledger.ids["bank"], "village": ledger.ids["village"], "operator": 1}
        both = terms(ledger, valued_tree(ledger))
        number = filed(ledger, both)
        ledger.act("Parties.appointGuardians", "farmer", **three)
        for guardian in ("bank", "village"):
            ledger.act("Parties.supportRecovery", guardian, party=ledger.ids["farmer"], newAccount="0x" + "ab" * 20)
        values = ledger.refuses("PartyRecovering", "Liens.confirm", "farmer", lien=number, **both)
        assert values == {"party": ledger.ids["farmer"]}


class TestRoom:
    """Domain scenario 1: nobody lends twice on the same value without knowing it."""

    def test_a_second_full_pledge_is_refused(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        registered(ledger, tree, securedMax=VALUE)
        both = terms(ledger, tree, securedMax=VALUE, **SECOND)
        number = filed(ledger, both)
        values = ledger.refuses("ValueExhausted", "Liens.confirm", "farmer", lien=number, **both)
        assert values == {"asset": tree, "securedMax": VALUE, "remaining": 0, "rank": 2}

    def test_a_second_pledge_of_what_is_left_is_not(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        registered(ledger, tree, securedMax=2_000_000)
        left = VALUE - 2_000_000
        assert ledger.view("Liens.rankIfFiled", TREE, tree) == [2, left]
        both = terms(ledger, tree, securedMax=left + 1, **SECOND)
        number = filed(ledger, both)
        assert ledger.refuses("ValueExhausted", "Liens.confirm", "farmer", lien=number, **both)["remaining"] == left
        agreed(ledger, tree, securedMax=left, **SECOND)
        assert ledger.view("Liens.rankIfFiled", TREE, tree) == [2, 0]

    def test_counts_also_liens_that_are_not_registered_yet(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        agreed(ledger, tree, securedMax=VALUE)
        assert ledger.view("Liens.rankIfFiled", TREE, tree) == [1, 0]

    def test_is_waived_by_who_names_the_rank(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        first = registered(ledger, tree, securedMax=VALUE)
        second = registered(ledger, tree, securedMax=VALUE, rank=2, **SECOND)
        assert ranks(ledger, tree) == [(first, 1), (second, 2)]

    @pytest.mark.parametrize("warned", [1, 3])
    def test_of_a_rank_that_is_not_the_present_one(self, ledger: Ledger, warned: int) -> None:
        tree = valued_tree(ledger)
        registered(ledger, tree, securedMax=1)
        both = terms(ledger, tree, rank=warned, **SECOND)
        number = filed(ledger, both)
        values = ledger.refuses("RankChanged", "Liens.confirm", "farmer", lien=number, **both)
        assert values == {"asset": tree, "warned": warned, "rank": 2}

    def test_of_what_has_no_value_here_is_knowing(self, ledger: Ledger) -> None:
        """An unvalued tree, and stock: the terms name the rank."""
        for asset, kind in ((tree_at(ledger, "REGISTERED"), "REAL_PROPERTY"), (STOCK, "MOVABLE")):
            both = terms(ledger, asset, kind=kind, debt=asset, securedMax=1)
            number = filed(ledger, both)
            ledger.refuses("ValueExhausted", "Liens.confirm", "farmer", lien=number, **both)
            agreed(ledger, asset, kind=kind, debt=asset, securedMax=1, rank=1)

    def test_a_debt_is_secured_once_by_an_asset(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        first = agreed(ledger, tree, securedMax=1)
        both = terms(ledger, tree, securedMax=2)
        number = filed(ledger, both)
        values = ledger.refuses("AlreadySecured", "Liens.confirm", "farmer", lien=number, **both)
        assert values == {"asset": tree, "debt": DEBT, "lien": first}

    def test_a_debt_has_one_creditor(self, ledger: Ledger) -> None:
        agreed(ledger, valued_tree(ledger))
        both = terms(ledger, valued_tree(ledger, "CA-2"), holder="second bank")
        number = filed(ledger, both)
        values = ledger.refuses("DebtOfAnother", "Liens.confirm", "farmer", lien=number, **both)
        assert values == {"debt": DEBT, "holder": ledger.ids["bank"]}

    def test_an_asset_carries_no_more_than_32(self, ledger: Ledger) -> None:
        for debt in range(1, 33):
            agreed(ledger, STOCK, kind="MOVABLE", debt=debt, securedMax=1, rank=1)
        both = terms(ledger, STOCK, kind="MOVABLE", rank=1)
        number = filed(ledger, both)
        values = ledger.refuses("AssetFull", "Liens.confirm", "farmer", lien=number, **both)
        assert values == {"asset": STOCK, "most": 32}
        ledger.act("Liens.discharge", "bank", liens=[ledger.view("Liens.liensOf", 1)[0]], ground="WAIVED")
        ledger.act("Liens.confirm", "farmer", lien=number, **both)

    def test_of_several_assets_for_one_debt(self, ledger: Ledger) -> None:
        liens = [agreed(ledger, valued_tree(ledger, f"CA-{number}")) for number in range(3)]
        assert ledger.view("Liens.liensOf", DEBT) == tuple(reversed(liens))
        assert ledger.view("Liens.coverOf", DEBT) == 3 * 2_000_000


class TestWithdraw:
    def test_ends_an_open_filing_of_ones_own(self, ledger: Ledger) -> None:
        both = terms(ledger, valued_tree(ledger))
        number = filed(ledger, both)
        values = ledger.refuses("NoSuchFiling", "Liens.withdraw", "farmer", lien=number)
        assert values == {"lien": number, "party": ledger.ids["farmer"]}
        assert ledger.act("Liens.withdraw", "bank", lien=number) == [
            event("Liens.FilingWithdrawn", lien=number, actor=ledger.ids["bank"])
        ]
        ledger.refuses("NoSuchFiling", "Liens.confirm", "farmer", lien=number, **both)
        ledger.refuses("NoSuchFiling", "Liens.withdraw", "bank", lien=number)


class TestRegister:
    @pytest.mark.parametrize(
        ("kind", "effect"),
        [("REAL_PROPERTY", "CONSTITUTED"), ("LAND_RIGHT", "OPPOSABLE"), ("MOVABLE", "OPPOSABLE")],
    )
    def test_gives_effect_by_the_registrys_time(self, ledger: Ledger, kind: str, effect: str) -> None:
        asset = STOCK if kind == "MOVABLE" else valued_tree(ledger)
        number = agreed(ledger, asset, kind=kind, rank=1)
        before, instant = lien(ledger, number), ledger.now - 3 * DAY
        assert register(ledger, number, instant) == [
            event(
                "Liens.LienRegistered",
                lien=number,
                actor=ledger.ids["registry"],
                effect=effect,
                registeredAt=instant,
                receipt=RECEIPT,
                evidence=ledger.evidence,
            )
        ]
        assert lien(ledger, number) == before | {"registeredAt": instant, "effect": effect}

    def test_is_the_registrys(self, ledger: Ledger) -> None:
        number = agreed(ledger, valued_tree(ledger))
        for who in ("bank", "farmer", "operator"):
            ledger.refuses("RoleMissing", "Liens.register", who, lien=number, registeredAt=ledger.now, receipt=RECEIPT)

    def test_happens_once(self, ledger: Ledger) -> None:
        instant = ledger.now
        number = registered(ledger, valued_tree(ledger), instant)
        values = ledger.refuses(
            "AlreadyRegistered", "Liens.register", "registry", lien=number, registeredAt=instant, receipt=RECEIPT
        )
        assert values == {"lien": number, "registeredAt": instant}

    def test_lies_in_the_past(self, ledger: Ledger) -> None:
        number = agreed(ledger, valued_tree(ledger))
        for instant in (0, ledger.now + 1, 2**64 - 1):
            values = ledger.refuses(
                "RegistryTimeUnfit", "Liens.register", "registry", lien=number, registeredAt=instant, receipt=RECEIPT
            )
            assert values == {"registeredAt": instant, "blockTime": ledger.now}
        register(ledger, number, ledger.now)

    def test_needs_a_receipt_and_live_evidence(self, ledger: Ledger) -> None:
        number = agreed(ledger, valued_tree(ledger))
        fields = {"lien": number, "registeredAt": ledger.now}
        values = ledger.refuses("FilingIncomplete", "Liens.register", "registry", receipt=NO_HASH, **fields)
        assert values == {"field": "receipt"}
        ledger.refuses("EvidenceUnknown", "Liens.register", "registry", receipt=RECEIPT, evidence=UNKNOWN, **fields)

    def test_of_no_lien_or_an_ended_one(self, ledger: Ledger) -> None:
        fields = {"registeredAt": ledger.now, "receipt": RECEIPT}
        assert ledger.refuses("NoSuchLien", "Liens.register", "registry", lien=7, **fields) == {"lien": 7}
        to, call, _ = ledger.encoded("Liens.lien", 7)
        ledger.refuses_call("NoSuchLien", to, call)
        number = agreed(ledger, valued_tree(ledger))
        ledger.act("Liens.discharge", "bank", liens=[number], ground="WAIVED")
        values = ledger.refuses("LienEnded", "Liens.register", "registry", lien=number, **fields)
        assert values == {"lien": number, "ground": "WAIVED"}


class TestRanking:
    """CC 414, and domain scenario 2: the block in which a lien was recorded is irrelevant."""

    def test_registered_comes_before_unregistered_and_says_so(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        first = agreed(ledger, tree, securedMax=1)
        second = agreed(ledger, tree, securedMax=1, **SECOND)
        assert ranks(ledger, tree) == [(first, 1), (second, 1)]
        assert register(ledger, second)[1:] == [
            event("Liens.PriorityConflict", lien=second, overtaken=first, asset=tree)
        ]
        assert ranks(ledger, tree) == [(second, 1), (first, 2)]
        assert len(register(ledger, first)) == 1, "who comes later overtakes nobody"

    def test_the_registrys_time_decides_and_the_same_second_is_level(self, ledger: Ledger) -> None:
        tree, noon = valued_tree(ledger), ledger.now
        later = registered(ledger, tree, noon + 1, securedMax=1)
        same = [registered(ledger, tree, noon, securedMax=1, **each) for each in (SECOND, THIRD)]
        assert ranks(ledger, tree) == [(same[0], 1), (same[1], 1), (later, 3)]
        assert ledger.view("Liens.rankIfFiled", TREE, tree)[0] == 4

    def test_what_has_arisen_comes_before_what_has_not(self, ledger: Ledger) -> None:
        """CC 402: an unregistered mortgage on a tree is none; one on a land right is (土地承包法 47)."""
        tree = valued_tree(ledger)
        none = agreed(ledger, tree, securedMax=1)
        arisen = agreed(ledger, tree, securedMax=1, kind="LAND_RIGHT", **SECOND)
        assert ranks(ledger, tree) == [(arisen, 1), (none, 2)]

    def test_stock_that_bears_a_trees_id_is_another_thing(self, ledger: Ledger) -> None:
        """Who names the id of stock could name a tree, also of another, and also one that is not filed yet."""
        tree = valued_tree(ledger)
        sham: dict[str, Any] = {"kind": "MOVABLE", "grantor": "neighbour", "noTransfer": True, "rank": 1}
        stock = registered(ledger, tree, **sham, **SECOND)
        assert ranks(ledger, tree) == [] and ranks(ledger, tree, "MOVABLE") == [(stock, 1)]
        assert ledger.view("Liens.rankIfFiled", TREE, tree) == [1, VALUE]
        assert len(register(ledger, agreed(ledger, tree))) == 1
        ledger.act("Trees.offerTransfer", "farmer", tree=tree, to=ledger.ids["firm"])
        ledger.act("Trees.acceptTransfer", "firm", tree=tree)
        moved = {"tree": tree, "to": ledger.ids["firm"], "basis": "AGREEMENT", "receipt": RECEIPT}
        ledger.act("Trees.recordTransfer", "registry", **moved)

    def test_of_equals_the_older_is_named_first(self, ledger: Ledger) -> None:
        several = [agreed(ledger, STOCK, kind="MOVABLE", debt=debt, rank=1, securedMax=debt) for debt in (5, 6, 7)]
        assert ranks(ledger, STOCK, "MOVABLE") == [(number, 1) for number in several]

    def test_ends_with_the_lien_wherever_it_stands(self, ledger: Ledger) -> None:
        for place in range(3):
            asset = STOCK + place
            several = [agreed(ledger, asset, kind="MOVABLE", debt=debt, rank=1, securedMax=1) for debt in (5, 6, 7)]
            ended = several.pop(place)
            ledger.act("Liens.discharge", "bank", liens=[ended], ground="CLAIM_ENDED")
            assert [number for number, _ in ranks(ledger, asset, "MOVABLE")] == several
        for debt in (5, 6, 7):
            assert len(ledger.view("Liens.liensOf", debt)) == 2

    def test_cover_is_what_better_ranks_leave(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        registered(ledger, tree, securedMax=3_000_000)
        registered(ledger, tree, securedMax=3_000_000, rank=2, **SECOND)
        registered(ledger, tree, securedMax=3_000_000, rank=3, **THIRD)
        covers = [ledger.view("Liens.coverOf", DEBT + place) for place in range(3)]
        assert covers == [3_000_000, VALUE - 3_000_000, 0]
        ledger.act("Trees.reportDeath", "farmer", tree=tree)
        assert ledger.view("Liens.coverOf", DEBT) == 0, "a tree that may be dead covers nothing"

    def test_stock_covers_nothing_here(self, ledger: Ledger) -> None:
        registered(ledger, STOCK, kind="MOVABLE", rank=1)
        assert ledger.view("Liens.coverOf", DEBT) == 0


class TestLandRight:
    def test_is_recorded_by_the_village(self, ledger: Ledger) -> None:
        number = agreed(ledger, valued_tree(ledger), kind="LAND_RIGHT")
        assert ledger.act("Liens.recordLandRight", "village", lien=number) == [
            event("Liens.LandRightRecorded", lien=number, village=ledger.ids["village"], evidence=ledger.evidence)
        ]
        assert ledger.view("Liens.clauses", number)["village"] == ledger.ids["village"]
        ledger.refuses("RoleMissing", "Liens.recordLandRight", "bank", lien=number)
        ledger.refuses("EvidenceUnknown", "Liens.recordLandRight", "village", lien=number, evidence=UNKNOWN)

    def test_is_not_a_mortgage_on_the_tree(self, ledger: Ledger) -> None:
        number = agreed(ledger, valued_tree(ledger))
        values = ledger.refuses("NoLandRight", "Liens.recordLandRight", "village", lien=number)
        assert values == {"lien": number, "kind": "REAL_PROPERTY"}


class TestAmend:
    def test_down_is_the_holders(self, ledger: Ledger) -> None:
        number = agreed(ledger, valued_tree(ledger))
        values = ledger.refuses("NotHolder", "Liens.amend", "farmer", lien=number, securedMax=1)
        assert values == {"lien": number, "party": ledger.ids["farmer"]}
        assert ledger.act("Liens.amend", "bank", lien=number, securedMax=1) == [
            event(
                "Liens.LienAmended",
                lien=number,
                actor=ledger.ids["bank"],
                securedMax=1,
                amendments=1,
                evidence=ledger.evidence,
            )
        ]
        assert lien(ledger, number)["securedMax"] == 1

    def test_up_needs_everyone_who_is_worse_off_in_any_order(self, ledger: Ledger) -> None:
        """CC 409: a change of the secured amount is not to the harm of other holders without their consent."""
        tree = valued_tree(ledger)
        registered(ledger, tree, ledger.now - 9, securedMax=1, holder="third bank", debt=9)
        number = registered(ledger, tree, ledger.now - 8, securedMax=2, rank=2)
        registered(ledger, tree, ledger.now - 7, securedMax=1, rank=3, **SECOND)
        raised = {"lien": number, "securedMax": 5}
        values = ledger.refuses("NotConcerned", "Liens.amend", "third bank", **raised)
        assert values == {"lien": number, "party": ledger.ids["third bank"]}
        for who in ("second bank", "farmer"):
            assert ledger.act("Liens.amend", who, **raised) == [
                event(
                    "Liens.AmendmentAgreed",
                    **raised,
                    party=ledger.ids[who],
                    amendments=0,
                    evidence=ledger.evidence,
                )
            ]
            assert ledger.view("Liens.agreedTo", number, 0, 5, ledger.ids[who])
        assert lien(ledger, number)["securedMax"] == 2
        _, amended = ledger.act("Liens.amend", "bank", **raised)
        assert (amended.name, amended.args["amendments"]) == ("LienAmended", 1)
        assert lien(ledger, number)["securedMax"] == 5

    def test_up_needs_the_present_owner(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        number = agreed(ledger, tree, securedMax=1)
        ledger.act(
            "Trees.recordTransfer", "registry", tree=tree, to=ledger.ids["firm"], basis="SUCCESSION", receipt=RECEIPT
        )
        ledger.refuses("NotConcerned", "Liens.amend", "farmer", lien=number, securedMax=5)
        ledger.act("Liens.amend", "bank", lien=number, securedMax=5)
        ledger.act("Liens.amend", "firm", lien=number, securedMax=5)
        assert lien(ledger, number)["securedMax"] == 5

    def test_consent_is_to_one_amendment(self, ledger: Ledger) -> None:
        number = agreed(ledger, STOCK, kind="MOVABLE", rank=1, securedMax=2)
        ledger.act("Liens.amend", "farmer", lien=number, securedMax=5)
        ledger.act("Liens.amend", "bank", lien=number, securedMax=1)
        assert len(ledger.act("Liens.amend", "bank", lien=number, securedMax=5)) == 1, "the old consent is spent"
        ledger.act("Liens.amend", "farmer", lien=number, securedMax=5)
        assert lien(ledger, number)["securedMax"] == 5

    def test_to_what_is_no_change(self, ledger: Ledger) -> None:
        number = agreed(ledger, valued_tree(ledger))
        for same in (0, 2_000_000):
            values = ledger.refuses("NothingAmended", "Liens.amend", "bank", lien=number, securedMax=same)
            assert values == {"lien": number, "securedMax": 2_000_000}
        ledger.refuses("EvidenceUnknown", "Liens.amend", "bank", lien=number, securedMax=1, evidence=UNKNOWN)


class TestAssign:
    def test_moves_all_liens_of_the_claim(self, ledger: Ledger) -> None:
        """CC 407: a mortgage is not transferred apart from its claim."""
        liens = [agreed(ledger, valued_tree(ledger, f"CA-{place}")) for place in range(2)]
        bank, second = ledger.ids["bank"], ledger.ids["second bank"]
        assert ledger.act("Liens.assign", "bank", debt=DEBT, to=second) == [
            event(
                "Liens.LienAssigned",
                lien=number,
                actor=bank,
                holder=second,
                previous=bank,
                evidence=ledger.evidence,
            )
            for number in reversed(liens)
        ]
        assert {lien(ledger, number)["holder"] for number in liens} == {second}
        values = ledger.refuses("NotHolder", "Liens.assign", "bank", debt=DEBT, to=second)
        assert values == {"lien": liens[1], "party": bank}

    def test_is_to_another_active_bank(self, ledger: Ledger) -> None:
        agreed(ledger, valued_tree(ledger))
        ledger.act("Parties.suspend", "operator", party=ledger.ids["third bank"])
        for who in ("firm", "farmer", "third bank", "bank"):
            values = ledger.refuses("HolderUnfit", "Liens.assign", "bank", debt=DEBT, to=ledger.ids[who])
            assert values == {"party": ledger.ids[who]}
        ledger.refuses("NoSuchParty", "Liens.assign", "bank", debt=DEBT, to=999)
        ledger.refuses(
            "EvidenceUnknown", "Liens.assign", "bank", debt=DEBT, to=ledger.ids["second bank"], evidence=UNKNOWN
        )

    def test_of_a_debt_without_liens(self, ledger: Ledger) -> None:
        assert ledger.refuses("DebtUnsecured", "Liens.assign", "bank", debt=3, to=ledger.ids["second bank"]) == {
            "debt": 3
        }


class TestDischarge:
    @pytest.mark.parametrize("who", ["bank", "registry", "court"])
    @pytest.mark.parametrize("ground", ["CLAIM_ENDED", "REALISED", "WAIVED", "OTHER"])
    def test_ends_the_lien(self, ledger: Ledger, who: str, ground: str) -> None:
        tree = valued_tree(ledger)
        number = registered(ledger, tree)
        before = lien(ledger, number)
        assert ledger.act("Liens.discharge", who, liens=[number], ground=ground) == [
            event(
                "Liens.LienDischarged",
                lien=number,
                actor=ledger.ids[who],
                discharged=ground,
                evidence=ledger.evidence,
            )
        ]
        assert lien(ledger, number) == before | {"discharged": ground}
        assert ledger.view("Liens.rankIfFiled", TREE, tree) == [1, VALUE]
        assert ledger.view("Liens.liensOf", DEBT) == ()
        assert ledger.refuses("LienEnded", "Liens.discharge", who, liens=[number], ground=ground) == {
            "lien": number,
            "ground": ground,
        }
        agreed(ledger, tree)

    def test_needs_no_evidence_but_the_holders_signature(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        first, second = registered(ledger, tree, securedMax=1), registered(ledger, tree, securedMax=1, **SECOND)
        ended = {"ground": "WAIVED", "evidence": NO_HASH}
        for who in ("registry", "court"):
            values = ledger.refuses("FilingIncomplete", "Liens.discharge", who, liens=[first], **ended)
            assert values == {"field": "evidence"}
        ledger.refuses("RoleMissing", "Liens.discharge", "bank", liens=[first, second], **ended)
        ledger.act("Liens.discharge", "bank", liens=[first], **ended)
        assert ranks(ledger, tree) == [(second, 1)]

    def test_counts_nowhere_although_it_is_unlinked_later(self, ledger: Ledger) -> None:
        """An ended lien stays in its lists until somebody confirms another or assigns the debt."""
        tree, other = valued_tree(ledger), valued_tree(ledger, "CA-2")
        few = {"securedMax": 1}
        kept, ended = agreed(ledger, tree, **few, **SECOND), registered(ledger, tree, noTransfer=True, **few)
        also, newest = agreed(ledger, other, **few), agreed(ledger, tree, **few, **THIRD)
        ledger.act("Liens.discharge", "bank", liens=[ended], ground="CLAIM_ENDED")
        assert ranks(ledger, tree) == [(kept, 1), (newest, 1)]
        assert ledger.view("Liens.liensOf", DEBT) == (also,)
        assert ledger.view("Liens.coverOf", DEBT) == 1
        assert ledger.view("Liens.rankIfFiled", TREE, tree) == [1, VALUE - 2]
        ledger.view("Liens.requireTransferable", tree)
        assert register(ledger, newest)[1:] == [
            event("Liens.PriorityConflict", lien=newest, overtaken=kept, asset=tree)
        ]
        again = agreed(ledger, tree, rank=2, **few)
        assert ranks(ledger, tree) == [(newest, 1), (kept, 2), (again, 2)]
        assert ledger.view("Liens.liensOf", DEBT) == (again, also)
        ledger.act("Liens.discharge", "bank", liens=[also], ground="CLAIM_ENDED")
        ledger.act("Liens.assign", "bank", debt=DEBT, to=ledger.ids["second bank"])
        assert lien(ledger, also)["holder"] == ledger.ids["bank"], "what ended is not assigned"
        assert ledger.view("Liens.liensOf", DEBT) == (again,)
        ledger.act("Liens.discharge", "second bank", liens=[again], ground="CLAIM_ENDED")
        ledger.refuses("DebtUnsecured", "Liens.assign", "second bank", debt=DEBT, to=ledger.ids["bank"])
        last = agreed(ledger, tree, **few, holder="third bank")
        assert ledger.view("Liens.liensOf", DEBT) == (last,), "the debt may be another's once no lien of it lives"

    @pytest.mark.parametrize("who", ["farmer", "second bank", "operator"])
    def test_is_not_the_debtors_or_anothers(self, ledger: Ledger, who: str) -> None:
        number = registered(ledger, valued_tree(ledger))
        ledger.refuses("RoleMissing", "Liens.discharge", who, liens=[number], ground="WAIVED")

    def test_that_says_nothing(self, ledger: Ledger) -> None:
        number = agreed(ledger, valued_tree(ledger))
        for fields, field in (
            ({"liens": [], "ground": "WAIVED"}, "liens"),
            ({"liens": [number], "ground": "NONE"}, "ground"),
        ):
            assert ledger.refuses("FilingIncomplete", "Liens.discharge", "bank", **fields) == {"field": field}
        ledger.refuses("EvidenceUnknown", "Liens.discharge", "bank", liens=[number], ground="WAIVED", evidence=UNKNOWN)

    def test_of_all_liens_of_a_loan_costs_less_than_45_000_gas_each(self, ledger: Ledger) -> None:
        liens = [registered(ledger, valued_tree(ledger, f"CA-{place}")) for place in range(10)]
        signed = ledger.sign("Liens.discharge", "bank", liens=liens, ground="CLAIM_ENDED")
        assert ledger.relay(signed).gas < 10 * 45_000


class TestTransfer:
    def _offered(self, ledger: Ledger, tree: int, to: str = "firm") -> dict[str, Any]:
        ledger.act("Trees.offerTransfer", "farmer", tree=tree, to=ledger.ids[to])
        ledger.act("Trees.acceptTransfer", to, tree=tree)
        return {"tree": tree, "to": ledger.ids[to], "receipt": RECEIPT}

    def test_leaves_the_lien_on_the_tree(self, ledger: Ledger) -> None:
        """CC 406."""
        tree = valued_tree(ledger)
        number = registered(ledger, tree)
        before = lien(ledger, number)
        ledger.act("Trees.recordTransfer", "registry", basis="AGREEMENT", **self._offered(ledger, tree))
        assert lien(ledger, number) == before
        assert ranks(ledger, tree) == [(number, 1)]

    def test_is_barred_by_a_registered_clause_until_the_holder_consents(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        number = registered(ledger, tree, noTransfer=True)
        assert ledger.view("Liens.clauses", number)["noTransfer"]
        fields = self._offered(ledger, tree) | {"basis": "AGREEMENT"}
        barred = {"tree": tree, "lien": number, "holder": ledger.ids["bank"]}
        assert ledger.refuses("TransferBarred", "Trees.recordTransfer", "registry", **fields) == barred
        ledger.act("Liens.consentToTransfer", "bank", lien=number, to=ledger.ids["neighbour"])
        ledger.refuses("TransferBarred", "Trees.recordTransfer", "registry", **fields)
        assert ledger.act("Liens.consentToTransfer", "bank", lien=number, to=ledger.ids["firm"]) == [
            event(
                "Liens.TransferConsented",
                lien=number,
                actor=ledger.ids["bank"],
                transferTo=ledger.ids["firm"],
                evidence=ledger.evidence,
            )
        ]
        ledger.act("Trees.recordTransfer", "registry", **fields)

    def test_is_not_barred_by_a_clause_nobody_could_read(self, ledger: Ledger) -> None:
        """担保解释 43: a clause that is not registered binds the parties, not the transferee."""
        tree = valued_tree(ledger)
        agreed(ledger, tree, noTransfer=True)
        ledger.act("Trees.recordTransfer", "registry", basis="AGREEMENT", **self._offered(ledger, tree))

    @pytest.mark.parametrize("basis", ["COURT_SALE", "SUCCESSION"])
    def test_by_a_court_or_to_heirs_needs_no_consent(self, ledger: Ledger, basis: str) -> None:
        tree = valued_tree(ledger)
        registered(ledger, tree, noTransfer=True)
        ledger.act("Trees.recordTransfer", "registry", tree=tree, to=ledger.ids["firm"], basis=basis, receipt=RECEIPT)

    def test_consent_is_the_holders(self, ledger: Ledger) -> None:
        number = registered(ledger, valued_tree(ledger), noTransfer=True)
        fields = {"lien": number, "to": ledger.ids["firm"]}
        values = ledger.refuses("NotHolder", "Liens.consentToTransfer", "farmer", **fields)
        assert values == {"lien": number, "party": ledger.ids["farmer"]}
        ledger.refuses("EvidenceUnknown", "Liens.consentToTransfer", "bank", evidence=UNKNOWN, **fields)


class TestProceeds:
    """CC 390, and domain scenario 5."""

    @pytest.mark.parametrize("who", ["bank", "insurer"])
    def test_take_the_place_of_a_dead_tree(self, ledger: Ledger, who: str) -> None:
        tree = valued_tree(ledger)
        number = registered(ledger, tree)
        ledger.act("Trees.reportDeath", "farmer", tree=tree)
        ledger.act("Trees.concludeDeathReport", "forestry", tree=tree, finding="DEAD")
        assert ranks(ledger, tree) == [(number, 1)], "the lien stays"
        paid = {"lien": number, "substitute": "INSURANCE", "amount": 1_200_000, "receipt": RECEIPT}
        assert ledger.act("Liens.attachProceeds", who, **paid) == [
            event("Liens.ProceedsAttached", **paid, actor=ledger.ids[who], evidence=ledger.evidence)
        ]
        assert ledger.view("Liens.proceeds", number, RECEIPT) == 1_200_000
        values = ledger.refuses("ReceiptUsed", "Liens.attachProceeds", "bank", **paid)
        assert values == {"lien": number, "receipt": RECEIPT}

    def test_are_stated_by_holder_or_insurer_in_full(self, ledger: Ledger) -> None:
        number = registered(ledger, valued_tree(ledger))
        paid = {"lien": number, "substitute": "DAMAGES", "amount": 1, "receipt": RECEIPT}
        ledger.refuses("RoleMissing", "Liens.attachProceeds", "farmer", **paid)
        for field, empty in (("amount", 0), ("receipt", NO_HASH)):
            values = ledger.refuses("FilingIncomplete", "Liens.attachProceeds", "bank", **paid | {field: empty})
            assert values == {"field": field}
        ledger.refuses("EvidenceUnknown", "Liens.attachProceeds", "bank", evidence=UNKNOWN, **paid)


class TestNoForeclosure:
    """Domain scenario 6: a lien gives its holder no act that moves the tree (CC 401)."""

    def test_no_act_of_a_holder_moves_title(self, ledger: Ledger) -> None:
        tree = valued_tree(ledger)
        registered(ledger, tree)
        bank, farmer = ledger.people["bank"], ledger.people["farmer"]
        to, call, _ = ledger.encoded("Trees.transferFrom", farmer.address, bank.address, tree)
        assert ledger.refuses_call("NoForeclosure", to, call, bank) == {"tree": tree}
        for basis in ("AGREEMENT", "COURT_SALE", "SUCCESSION"):
            fields = {"tree": tree, "to": ledger.ids["bank"], "basis": basis, "receipt": RECEIPT}
            ledger.refuses("RoleMissing", "Trees.recordTransfer", "bank", **fields)
        assert ledger.view("Trees.ownerOf", tree) == farmer.address


def test_value_is_asked_anew_each_time(ledger: Ledger) -> None:
    tree = valued_tree(ledger)
    agreed(ledger, tree, securedMax=VALUE)
    worth(ledger, tree, 100)
    assert ledger.view("Liens.coverOf", DEBT) == 100
