"""Batches: one class a step from leaf to code. That no order of acts makes weight: `test_mass_balance.py`."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from chain.vocabulary import role_bits
from tests.contracts.groves import tree_at
from tests.contracts.harvests import (
    CAP,
    POTENTIAL,
    ROOT,
    YEAR,
    firms_tea,
    grant,
    leaf_of,
    lot_at,
    made,
    offered,
    passed,
    requested,
    sold,
    tea,
    tea_of,
    tree_in_season,
)
from tests.contracts.ledger import DAY, NO_HASH, Ledger, event

MOST_WEIGHT = 10**12
WINDOW = 366 * DAY

ROLE_OF = {
    "statePotential": ("AGRI", "APPRAISER"),
    "pick": ("FARMER",),
    "decidePick": ("AUDITOR",),
    "make": ("FARMER", "FIRM"),
    "inspect": ("INSPECTOR",),
    "recall": ("FARMER", "FIRM", "AGRI", "REGULATOR"),
    "requestCodes": ("FIRM",),
    "reviewCodes": ("OPERATOR",),
    "issueCodes": ("FIRM",),
}
MESSAGES: dict[str, dict[str, Any]] = {
    "statePotential": {"tree": 1, "season": YEAR, "potential": 1, "opensAt": 1, "closesAt": 2},
    "pick": {"tree": 1, "season": YEAR, "weight": 1},
    "decidePick": {"batch": 1, "released": True},
    "make": {"parents": [1], "weights": [1], "weight": 1},
    "inspect": {"batch": 1, "passed": True},
    "recall": {"batches": [1]},
    "requestCodes": {"batch": 1, "count": 1, "unitWeight": 1, "indicated": False},
    "reviewCodes": {"lot": 1, "approved": True},
    "issueCodes": {"lot": 1, "root": ROOT},
}


def batch(ledger: Ledger, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Batches.batch", number)
    return answer


def holding(ledger: Ledger, number: int, who: str) -> int:
    grams: int = ledger.view("Batches.holding", number, ledger.ids[who])
    return grams


class TestRoles:
    @pytest.mark.parametrize("function", sorted(ROLE_OF))
    def test_of_an_act_are_these_and_no_others(self, ledger: Ledger, function: str) -> None:
        needed = role_bits(*ROLE_OF[function])
        number = ledger.enrol("somebody", "LAWYER")
        everything_else = ((1 << 22) - 1) & ~needed
        ledger.act("Parties.assignRoles", "operator", party=number, roles=everything_else)
        values = ledger.refuses("RoleMissing", f"Batches.{function}", "somebody", **MESSAGES[function])
        assert values == {"party": number, "roles": everything_else, "needed": needed}
        for role in ROLE_OF[function]:
            ledger.act("Parties.assignRoles", "operator", party=number, roles=role_bits(role))
            signed = ledger.sign(f"Batches.{function}", "somebody", **MESSAGES[function])
            refused = ledger.attempt(ledger.deployment.address("Batches"), signed.calldata)
            assert refused is not None and refused.code in ("NoSuchTree", "NoSuchBatch", "NoSuchLot")


class TestEvidence:
    def test_of_every_act_must_be_live(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        leaf = leaf_of(ledger, tree, 5_000)
        held = leaf_of(ledger, tree, CAP)
        good = passed(ledger, tea_of(ledger, {leaf: 4_000}, 1_000))
        sold(ledger, good, 600)
        sale = offered(ledger, good, 100)
        asked = requested(ledger, good, 1, 100)
        approved = requested(ledger, good, 1, 100)
        ledger.act("Batches.reviewCodes", "operator", lot=approved, approved=True)
        window = {"opensAt": 1, "closesAt": 2}
        buyer = ledger.ids["other firm"]
        acts: list[tuple[str, str, dict[str, Any]]] = [
            ("statePotential", "agri", {"tree": tree, "season": YEAR, "potential": 1, **window}),
            ("pick", "farmer", {"tree": tree, "season": YEAR, "weight": 1}),
            ("decidePick", "auditor", {"batch": held, "released": True}),
            ("make", "farmer", {"parents": [leaf], "weights": [38], "weight": 10}),
            ("inspect", "inspector", {"batch": good, "passed": False}),
            ("recall", "regulator", {"batches": [good]}),
            ("consume", "farmer", {"batch": good, "weight": 1}),
            ("offerSale", "firm", {"batch": good, "buyer": buyer, "weight": 1, "ordinaryCourse": False}),
            ("confirmSale", "firm", {"sale": sale}),
            ("requestCodes", "firm", {"batch": good, "count": 1, "unitWeight": 1, "indicated": False}),
            ("reviewCodes", "operator", {"lot": asked, "approved": True}),
            ("issueCodes", "firm", {"lot": approved, "root": ROOT}),
        ]
        for function, who, fields in acts:
            ledger.refuses("EvidenceUnknown", f"Batches.{function}", who, evidence=NO_HASH, **fields)
        ledger.act("Evidence.revokeRoot", "notary", reason="")
        for function, who, fields in acts:
            ledger.refuses("EvidenceIsRevoked", f"Batches.{function}", who, **fields)


class TestSeason:
    def test_is_stated_by_agriculture_bureau_or_appraiser(self, ledger: Ledger) -> None:
        tree = tree_at(ledger, "REGISTERED")
        for who, potential in (("agri", POTENTIAL), ("appraiser", POTENTIAL + 100)):
            opens, closes = ledger.now + DAY, ledger.now + 40 * DAY
            fields = {"tree": tree, "season": YEAR, "potential": potential, "opensAt": opens, "closesAt": closes}
            happened = ledger.act("Batches.statePotential", who, **fields)
            assert happened == [
                event("Batches.PotentialStated", **fields, actor=ledger.ids[who], evidence=ledger.evidence)
            ]
            stated = ledger.view("Batches.season", tree, YEAR)
            assert stated == {"potential": potential, "picked": 0, "opensAt": opens, "closesAt": closes}
            assert ledger.view("Batches.capOf", tree, YEAR) == potential * 13 // 2
        assert ledger.view("Batches.capOf", tree, YEAR + 1) == 0

    def test_is_not_stated_by_the_trees_owner(self, ledger: Ledger) -> None:
        tree = tree_at(ledger, "REGISTERED")
        farmer = ledger.ids["farmer"]
        ledger.act("Parties.assignRoles", "operator", party=farmer, roles=role_bits("FARMER", "APPRAISER"))
        fields = {"tree": tree, "season": YEAR, "potential": 1, "opensAt": 1, "closesAt": 2}
        values = ledger.refuses("OwnerCannotDecide", "Batches.statePotential", "farmer", **fields)
        assert values == {"tree": tree, "party": farmer}

    @pytest.mark.parametrize(("opens", "closes"), [(7, 7), (8, 7), (0, WINDOW + 1)])
    def test_needs_a_window(self, ledger: Ledger, opens: int, closes: int) -> None:
        fields = {"tree": tree_at(ledger, "REGISTERED"), "season": YEAR, "potential": 1}
        values = ledger.refuses(
            "WindowUnfit", "Batches.statePotential", "agri", **fields, opensAt=opens, closesAt=closes
        )
        assert values == {"opensAt": opens, "closesAt": closes, "most": WINDOW}

    @pytest.mark.parametrize("potential", [0, MOST_WEIGHT + 1])
    def test_needs_a_weight(self, ledger: Ledger, potential: int) -> None:
        fields = {"tree": tree_at(ledger, "REGISTERED"), "season": YEAR, "opensAt": 1, "closesAt": 2}
        values = ledger.refuses("WeightUnfit", "Batches.statePotential", "agri", **fields, potential=potential)
        assert values == {"weight": potential, "most": MOST_WEIGHT}


class TestPick:
    def test_is_held_by_who_picked_it(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        now = ledger.now
        signed = ledger.sign("Batches.pick", "farmer", tree=tree, season=YEAR, weight=9_000)
        happened = ledger.relay(signed).events[1:]
        number, farmer = int(signed.id, 16), ledger.ids["farmer"]
        assert happened == [
            event(
                "Batches.LeafPicked",
                batch=number,
                tree=tree,
                maker=farmer,
                season=YEAR,
                weight=9_000,
                state="LEAF",
                restraints=0,
                indicated=False,
                evidence=ledger.evidence,
                madeAt=now,
            ),
            event("Batches.SeasonPicked", tree=tree, season=YEAR, picked=9_000),
            event("Batches.HoldingChanged", batch=number, party=farmer, weight=9_000),
        ]
        assert batch(ledger, number) == {
            "maker": farmer,
            "weight": 9_000,
            "madeAt": now,
            "season": YEAR,
            "state": "LEAF",
            "quality": "UNTESTED",
            "restraints": 0,
            "indicated": False,
            "recalled": False,
            "processed": 0,
            "coded": 0,
            "consumed": 0,
            "origin": tree,
        }
        assert holding(ledger, number, "farmer") == 9_000

    @pytest.mark.parametrize(
        ("title", "life", "error"),
        [
            ("NOTICE", "ALIVE", "TitleNotReady"),
            ("REGISTERED", "REPORTED_DEAD", "LifeNotReady"),
            ("REGISTERED", "DEAD", "LifeNotReady"),
            ("REGISTERED", "LOST", "LifeNotReady"),
        ],
    )
    def test_is_of_a_registered_living_tree(self, ledger: Ledger, title: str, life: str, error: str) -> None:
        tree = tree_at(ledger, title, life)
        ledger.refuses(error, "Batches.pick", "farmer", tree=tree, season=YEAR, weight=1)
        fields = {"tree": tree, "season": YEAR, "potential": 1, "opensAt": 1, "closesAt": 2}
        ledger.refuses(error, "Batches.statePotential", "agri", **fields)

    def test_is_the_owners(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        values = ledger.refuses("NotOwner", "Batches.pick", "neighbour", tree=tree, season=YEAR, weight=1)
        assert values == {"tree": tree, "party": ledger.ids["neighbour"]}

    def test_needs_a_season_that_somebody_stated(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        values = ledger.refuses("PotentialUnknown", "Batches.pick", "farmer", tree=tree, season=YEAR + 1, weight=1)
        assert values == {"tree": tree, "season": YEAR + 1}

    def test_falls_into_the_picking_window_to_the_second(self, ledger: Ledger) -> None:
        tree = tree_at(ledger, "REGISTERED")
        opens, closes = ledger.now + DAY, ledger.now + 2 * DAY
        window = {"opensAt": opens, "closesAt": closes}
        ledger.act("Batches.statePotential", "agri", tree=tree, season=YEAR, potential=POTENTIAL, **window)
        fields = {"tree": tree, "season": YEAR, "weight": 1}
        for instant, accepted in ((opens - 1, False), (opens, True), (closes, True), (closes + 1, False)):
            ledger.now = instant
            if accepted:
                ledger.act("Batches.pick", "farmer", **fields)
            else:
                values = ledger.refuses("PickingClosed", "Batches.pick", "farmer", **fields)
                assert values == {"tree": tree, "season": YEAR, **window}

    def test_weighs_something(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        for weight in (0, MOST_WEIGHT + 1):
            ledger.refuses("WeightUnfit", "Batches.pick", "farmer", tree=tree, season=YEAR, weight=weight)

    def test_of_a_frozen_tree_is_accepted_and_marked(self, ledger: Ledger) -> None:
        """A freeze does not bar the harvest (`domain.md` 2.1); from seizure the mortgagee may collect (CC 412)."""
        tree = tree_in_season(ledger)
        ledger.act("Trees.restrain", "court", tree=tree, kind="COURT", expiresAt=ledger.now + DAY)
        assert batch(ledger, leaf_of(ledger, tree, 100))["restraints"] == 0b001
        ledger.act("Trees.restrain", "regulator", tree=tree, kind="COMPLIANCE", expiresAt=0)
        assert batch(ledger, leaf_of(ledger, tree, 100))["restraints"] == 0b101
        ledger.wait(DAY)
        assert batch(ledger, leaf_of(ledger, tree, 100))["restraints"] == 0b100
        ledger.act("Trees.lift", "regulator", tree=tree, kind="COMPLIANCE")
        assert batch(ledger, leaf_of(ledger, tree, 100))["restraints"] == 0

    def test_knows_whether_the_tree_had_its_indication(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        grant(ledger, tree)
        assert batch(ledger, leaf_of(ledger, tree, 100))["indicated"]
        ledger.act("Indications.decide", "indications", tree=tree, state="SUSPENDED")
        assert not batch(ledger, leaf_of(ledger, tree, 100))["indicated"]


class TestCap:
    def test_holds_the_pick_that_goes_beyond_it(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        leaf_of(ledger, tree, CAP - 1)
        assert ledger.view("Batches.season", tree, YEAR)["picked"] == CAP - 1
        held = leaf_of(ledger, tree, 2)
        assert batch(ledger, held)["state"] == "HELD"
        assert holding(ledger, held, "farmer") == 0
        assert batch(ledger, leaf_of(ledger, tree, 1))["state"] == "LEAF", "to the gram"
        assert ledger.view("Batches.season", tree, YEAR)["picked"] == CAP

    @pytest.mark.parametrize("function", ["make", "inspect", "recall", "consume", "offerSale"])
    def test_keeps_everybody_from_what_is_held(self, ledger: Ledger, function: str) -> None:
        held = leaf_of(ledger, tree_in_season(ledger), CAP + 1)
        buyer = ledger.ids["firm"]
        acts: dict[str, tuple[str, dict[str, Any]]] = {
            "make": ("farmer", {"parents": [held], "weights": [38], "weight": 10}),
            "inspect": ("inspector", {"batch": held, "passed": True}),
            "recall": ("agri", {"batches": [held]}),
            "consume": ("farmer", {"batch": held, "weight": 1}),
            "offerSale": ("farmer", {"batch": held, "buyer": buyer, "weight": 1, "ordinaryCourse": True}),
        }
        who, fields = acts[function]
        for state in ("HELD", "REJECTED"):
            values = ledger.refuses("BatchNotReady", f"Batches.{function}", who, **fields)
            assert values == {"batch": held, "state": state}
            if state == "HELD":
                ledger.act("Batches.decidePick", "auditor", batch=held, released=False)

    def test_is_lifted_by_an_auditor_who_releases_the_pick(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        held = leaf_of(ledger, tree, CAP + 1)
        happened = ledger.act("Batches.decidePick", "auditor", batch=held, released=True)
        auditor, farmer = ledger.ids["auditor"], ledger.ids["farmer"]
        assert happened == [
            event("Batches.PickDecided", batch=held, actor=auditor, state="LEAF", evidence=ledger.evidence),
            event("Batches.SeasonPicked", tree=tree, season=YEAR, picked=CAP + 1),
            event("Batches.HoldingChanged", batch=held, party=farmer, weight=CAP + 1),
        ]
        assert holding(ledger, held, "farmer") == CAP + 1
        assert batch(ledger, leaf_of(ledger, tree, 1))["state"] == "HELD"

    def test_stays_where_an_auditor_rejects_the_pick(self, ledger: Ledger) -> None:
        tree = tree_in_season(ledger)
        held = leaf_of(ledger, tree, CAP + 1)
        ledger.act("Batches.decidePick", "auditor", batch=held, released=False)
        assert batch(ledger, held)["state"] == "REJECTED"
        assert ledger.view("Batches.season", tree, YEAR)["picked"] == 0
        values = ledger.refuses("BatchNotReady", "Batches.decidePick", "auditor", batch=held, released=True)
        assert values == {"batch": held, "state": "REJECTED"}

    def test_is_not_for_the_picker_to_lift(self, ledger: Ledger) -> None:
        held = leaf_of(ledger, tree_in_season(ledger), CAP + 1)
        farmer = ledger.ids["farmer"]
        ledger.act("Parties.assignRoles", "operator", party=farmer, roles=role_bits("FARMER", "AUDITOR"))
        values = ledger.refuses("MakerCannotDecide", "Batches.decidePick", "farmer", batch=held, released=True)
        assert values == {"batch": held, "party": farmer}


class TestTea:
    def test_takes_its_leaf_and_inherits_of_it(self, ledger: Ledger) -> None:
        leaf = leaf_of(ledger, tree_in_season(ledger), 9_000)
        now, farmer = ledger.now, ledger.ids["farmer"]
        signed = ledger.sign("Batches.make", "farmer", parents=[leaf], weights=[7_600], weight=2_000)
        number = int(signed.id, 16)
        origin = int.from_bytes(keccak(encode(["uint256[]", "uint64[]"], [[leaf], [7_600]])))
        used = {"processed": 7_600, "coded": 0, "consumed": 0}
        assert ledger.relay(signed).events[1:] == [
            event("Batches.HoldingChanged", batch=leaf, party=farmer, weight=1_400),
            event("Batches.InputUsed", batch=number, parent=leaf, weight=7_600),
            event("Batches.WeightUsed", batch=leaf, actor=farmer, **used),
            event(
                "Batches.TeaMade",
                batch=number,
                maker=farmer,
                origin=origin,
                season=YEAR,
                weight=2_000,
                restraints=0,
                indicated=False,
                evidence=ledger.evidence,
                madeAt=now,
            ),
            event("Batches.HoldingChanged", batch=number, party=farmer, weight=2_000),
        ]
        assert batch(ledger, number)["origin"] == origin
        assert (holding(ledger, leaf, "farmer"), holding(ledger, number, "farmer")) == (1_400, 2_000)

    @pytest.mark.parametrize(("leaf_weight", "most"), [(3_800, 1_000), (3_799, 999), (4, 1), (3, 0)])
    def test_weighs_at_most_its_leaf_by_three_point_eight(self, ledger: Ledger, leaf_weight: int, most: int) -> None:
        leaf = leaf_of(ledger, tree_in_season(ledger))
        fields = {"parents": [leaf], "weights": [leaf_weight]}
        values = ledger.refuses("YieldImpossible", "Batches.make", "farmer", **fields, weight=most + 1)
        assert values == {"weight": most + 1, "most": most}
        ledger.refuses("YieldImpossible", "Batches.make", "farmer", **fields, weight=0)
        if most:
            ledger.act("Batches.make", "farmer", **fields, weight=most)

    def test_of_tea_weighs_at_most_that_tea(self, ledger: Ledger) -> None:
        one, other = tea(ledger, tag="CA-1"), tea(ledger, tag="CA-2")
        leaf = leaf_of(ledger, tree_in_season(ledger, "CA-3"), 1_900)
        parents = sorted((one, other, leaf))
        fields = {"parents": parents, "weights": [1_900 if each == leaf else 1_000 for each in parents]}
        values = ledger.refuses("YieldImpossible", "Batches.make", "farmer", **fields, weight=2_501)
        assert values == {"weight": 2_501, "most": 2_500}
        ledger.act("Batches.make", "farmer", **fields, weight=2_500)

    def test_of_several_inherits_what_holds_of_all(self, ledger: Ledger) -> None:
        indicated = tree_in_season(ledger, "CA-1")
        grant(ledger, indicated)
        seized = tree_in_season(ledger, "CA-2")
        ledger.act("Trees.restrain", "court", tree=seized, kind="COURT", expiresAt=ledger.now + DAY)
        window = {"opensAt": ledger.now, "closesAt": ledger.now + DAY}
        ledger.act("Batches.statePotential", "agri", tree=seized, season=YEAR + 1, potential=POTENTIAL, **window)
        first, second = leaf_of(ledger, indicated, 1_000), leaf_of(ledger, indicated, 1_000)
        third = made(ledger, "Batches.pick", "farmer", tree=seized, season=YEAR + 1, weight=1_000)
        pure = batch(ledger, tea_of(ledger, {first: 500, second: 500}, 100))
        mixed = batch(ledger, tea_of(ledger, {first: 500, third: 500}, 100))
        assert (pure["indicated"], pure["restraints"], pure["season"]) == (True, 0, YEAR)
        assert (mixed["indicated"], mixed["restraints"], mixed["season"]) == (False, 1, 0)

    def test_needs_inputs_once_each_and_with_weight(self, ledger: Ledger) -> None:
        low, high = sorted((leaf_of(ledger, tree_in_season(ledger), 1_000), tea(ledger, tag="CA-2")))
        for parents, weights in (
            ([], []),
            ([low], []),
            ([low, high], [1]),
            ([high, low, high], [1, 1, 1]),
            ([low, low], [1, 1]),
            ([low, high], [1, 0]),
            (list(range(1, 34)), [1] * 33),
        ):
            values = ledger.refuses(
                "InputsMalformed", "Batches.make", "farmer", parents=parents, weights=weights, weight=1
            )
            assert values == {"count": len(parents), "most": 32}
        for parents in ([low, high], [high, low]):
            ledger.act("Batches.make", "farmer", parents=parents, weights=[38, 38], weight=10)

    def test_is_made_only_of_what_its_maker_holds(self, ledger: Ledger) -> None:
        leaf = leaf_of(ledger, tree_in_season(ledger), 1_000)
        for who, held, asked in (("farmer", 1_000, 1_001), ("neighbour", 0, 38)):
            values = ledger.refuses("HoldingShort", "Batches.make", who, parents=[leaf], weights=[asked], weight=1)
            assert values == {"batch": leaf, "party": ledger.ids[who], "asked": asked, "held": held}
        ledger.refuses("NoSuchBatch", "Batches.make", "farmer", parents=[7], weights=[1], weight=1)


class TestInspection:
    def test_is_reported_by_an_inspector_and_may_be_repeated(self, ledger: Ledger) -> None:
        number = tea(ledger)
        for verdict, quality in ((False, "FAILED"), (True, "PASSED")):
            happened = ledger.act("Batches.inspect", "inspector", batch=number, passed=verdict)
            inspector = ledger.ids["inspector"]
            assert happened == [
                event(
                    "Batches.BatchInspected",
                    batch=number,
                    actor=inspector,
                    quality=quality,
                    evidence=ledger.evidence,
                )
            ]
            assert batch(ledger, number)["quality"] == quality
        assert ledger.refuses("NoSuchBatch", "Batches.inspect", "inspector", batch=7, passed=True) == {"batch": 7}

    def test_is_not_the_makers(self, ledger: Ledger) -> None:
        number, farmer = tea(ledger), ledger.ids["farmer"]
        ledger.act("Parties.assignRoles", "operator", party=farmer, roles=role_bits("FARMER", "INSPECTOR"))
        ledger.refuses("MakerCannotDecide", "Batches.inspect", "farmer", batch=number, passed=True)

    def test_that_failed_leaves_only_destruction(self, ledger: Ledger) -> None:
        number = firms_tea(ledger)
        sale = offered(ledger, number, 100)
        ledger.act("Batches.inspect", "inspector", batch=number, passed=False)
        buyer = ledger.ids["firm"]
        for function, who, fields in (
            ("make", "farmer", {"parents": [number], "weights": [1], "weight": 1}),
            ("offerSale", "farmer", {"batch": number, "buyer": buyer, "weight": 1, "ordinaryCourse": True}),
            ("confirmSale", "firm", {"sale": sale}),
            ("requestCodes", "firm", {"batch": number, "count": 1, "unitWeight": 1, "indicated": False}),
        ):
            assert ledger.refuses("BatchFailed", f"Batches.{function}", who, **fields) == {"batch": number}
        ledger.act("Batches.consume", "farmer", batch=number, weight=500)
        ledger.act("Batches.withdrawSale", "farmer", sale=sale)


class TestRecall:
    def test_is_the_makers_or_an_authoritys(self, ledger: Ledger) -> None:
        for who in ("farmer", "agri", "regulator"):
            mark = ledger.snapshot()
            one, other = tea(ledger, tag="CA-1"), tea(ledger, tag="CA-2")
            happened = ledger.act("Batches.recall", who, batches=[one, other])
            assert happened == [
                event(
                    "Batches.BatchRecalled",
                    batch=number,
                    actor=ledger.ids[who],
                    recalled=True,
                    evidence=ledger.evidence,
                )
                for number in (one, other)
            ]
            assert batch(ledger, one)["recalled"] and batch(ledger, other)["recalled"]
            ledger.revert(mark)
        number = tea(ledger)
        values = ledger.refuses("NotMaker", "Batches.recall", "firm", batches=[number])
        assert values == {"batch": number, "party": ledger.ids["firm"]}

    def test_leaves_only_destruction(self, ledger: Ledger) -> None:
        number = firms_tea(ledger)
        sale = offered(ledger, number, 100)
        lot = requested(ledger, number)
        ledger.act("Batches.reviewCodes", "operator", lot=lot, approved=True)
        ledger.act("Batches.recall", "farmer", batches=[number])
        buyer = ledger.ids["firm"]
        for function, who, fields in (
            ("make", "farmer", {"parents": [number], "weights": [1], "weight": 1}),
            ("inspect", "inspector", {"batch": number, "passed": True}),
            ("recall", "agri", {"batches": [number]}),
            ("offerSale", "farmer", {"batch": number, "buyer": buyer, "weight": 1, "ordinaryCourse": True}),
            ("confirmSale", "firm", {"sale": sale}),
            ("requestCodes", "firm", {"batch": number, "count": 1, "unitWeight": 1, "indicated": False}),
            ("issueCodes", "firm", {"lot": lot, "root": ROOT}),
        ):
            assert ledger.refuses("BatchIsRecalled", f"Batches.{function}", who, **fields) == {"batch": number}
        ledger.act("Batches.consume", "farmer", batch=number, weight=500)


class TestConsumption:
    def test_takes_from_the_holder(self, ledger: Ledger) -> None:
        number, farmer = tea(ledger), ledger.ids["farmer"]
        happened = ledger.act("Batches.consume", "farmer", batch=number, weight=300)
        assert happened == [
            event("Batches.HoldingChanged", batch=number, party=farmer, weight=1_700),
            event("Batches.BatchConsumed", batch=number, actor=farmer, weight=300, evidence=ledger.evidence),
            event("Batches.WeightUsed", batch=number, actor=farmer, processed=0, coded=0, consumed=300),
        ]
        values = ledger.refuses("HoldingShort", "Batches.consume", "farmer", batch=number, weight=1_701)
        assert values == {"batch": number, "party": farmer, "asked": 1_701, "held": 1_700}
        ledger.refuses("WeightUnfit", "Batches.consume", "farmer", batch=number, weight=0)


class TestSale:
    def test_moves_weight_once_both_have_signed(self, ledger: Ledger) -> None:
        number = tea(ledger)
        farmer, firm = ledger.ids["farmer"], ledger.ids["firm"]
        fields = {"batch": number, "buyer": firm, "weight": 1_500, "ordinaryCourse": True}
        signed = ledger.sign("Batches.offerSale", "farmer", **fields)
        sale = int(signed.id, 16)
        assert ledger.relay(signed).events[1:] == [
            event("Batches.SaleOffered", sale=sale, seller=farmer, evidence=ledger.evidence, **fields)
        ]
        assert holding(ledger, number, "firm") == 0, "an offer moves nothing"
        assert ledger.act("Batches.confirmSale", "firm", sale=sale) == [
            event("Batches.SaleConcluded", sale=sale, actor=firm, state="CONFIRMED", evidence=ledger.evidence),
            event("Batches.HoldingChanged", batch=number, party=farmer, weight=500),
            event("Batches.HoldingChanged", batch=number, party=firm, weight=1_500),
        ]
        assert ledger.view("Batches.sale", sale) == {
            "seller": farmer,
            "buyer": firm,
            "weight": 1_500,
            "state": "CONFIRMED",
            "ordinaryCourse": True,
            "batch": number,
        }
        assert ledger.view("Batches.saleCount") == 1

    def test_is_of_what_the_seller_holds_to_another_party(self, ledger: Ledger) -> None:
        number = tea(ledger)
        farmer, firm = ledger.ids["farmer"], ledger.ids["firm"]
        fields = {"batch": number, "buyer": firm, "weight": 1, "ordinaryCourse": False}
        values = ledger.refuses("HoldingShort", "Batches.offerSale", "farmer", **(fields | {"weight": 2_001}))
        assert values == {"batch": number, "party": farmer, "asked": 2_001, "held": 2_000}
        values = ledger.refuses("SaleToSelf", "Batches.offerSale", "farmer", **(fields | {"buyer": farmer}))
        assert values == {"party": farmer}
        ledger.refuses("NoSuchParty", "Batches.offerSale", "farmer", **(fields | {"buyer": 999}))
        ledger.refuses("WeightUnfit", "Batches.offerSale", "farmer", **(fields | {"weight": 0}))

    def test_is_concluded_by_its_parties_once(self, ledger: Ledger) -> None:
        sale = offered(ledger, tea(ledger), 1_000)
        for function, who in (("confirmSale", "other firm"), ("confirmSale", "farmer"), ("withdrawSale", "firm")):
            values = ledger.refuses("NotSaleParty", f"Batches.{function}", who, sale=sale)
            assert values == {"sale": sale, "party": ledger.ids[who]}
        mark = ledger.snapshot()
        ledger.act("Batches.confirmSale", "firm", sale=sale)
        for function, who in (("confirmSale", "firm"), ("withdrawSale", "farmer")):
            values = ledger.refuses("SaleNotOpen", f"Batches.{function}", who, sale=sale)
            assert values == {"sale": sale, "state": "CONFIRMED"}
        ledger.revert(mark)
        assert ledger.act("Batches.withdrawSale", "farmer", sale=sale) == [
            event(
                "Batches.SaleConcluded",
                sale=sale,
                actor=ledger.ids["farmer"],
                state="WITHDRAWN",
                evidence=NO_HASH,
            )
        ]
        ledger.refuses("SaleNotOpen", "Batches.confirmSale", "firm", sale=sale)
        for function in ("confirmSale", "withdrawSale"):
            assert ledger.refuses("NoSuchSale", f"Batches.{function}", "firm", sale=7) == {"sale": 7}
        to, call, _ = ledger.encoded("Batches.sale", 7)
        ledger.refuses_call("NoSuchSale", to, call)

    def test_of_the_same_weight_to_two_is_confirmed_to_one(self, ledger: Ledger) -> None:
        number = tea(ledger)
        first, second = offered(ledger, number, 1_500), offered(ledger, number, 1_500, buyer="other firm")
        ledger.act("Batches.confirmSale", "other firm", sale=second)
        values = ledger.refuses("HoldingShort", "Batches.confirmSale", "firm", sale=first)
        assert values == {"batch": number, "party": ledger.ids["farmer"], "asked": 1_500, "held": 500}


class TestCodes:
    def test_are_requested_by_purchased_weight(self, ledger: Ledger) -> None:
        number, firm = firms_tea(ledger), ledger.ids["firm"]
        fields = {"batch": number, "count": 15, "unitWeight": 100, "indicated": False}
        signed = ledger.sign("Batches.requestCodes", "firm", **fields)
        lot = int(signed.id, 16)
        assert ledger.relay(signed).events[1:] == [
            event("Batches.CodesRequested", lot=lot, firm=firm, evidence=ledger.evidence, **fields),
            event("Batches.HoldingChanged", batch=number, party=firm, weight=0),
            event("Batches.WeightUsed", batch=number, actor=firm, processed=0, coded=1_500, consumed=0),
        ]
        assert ledger.view("Batches.lot", lot) == {
            "firm": firm,
            "count": 15,
            "unitWeight": 100,
            "state": "REQUESTED",
            "indicated": False,
            "batch": number,
            "root": NO_HASH,
        }
        assert ledger.view("Batches.lotCount") == 1

    def test_beyond_it_are_refused_with_the_figures(self, ledger: Ledger) -> None:
        number = firms_tea(ledger)
        most = 2**32 - 1, 2**64 - 1
        for count, unit in ((15, 101), (4, 1_000), most):
            values = ledger.refuses(
                "OverCoding",
                "Batches.requestCodes",
                "firm",
                batch=number,
                count=count,
                unitWeight=unit,
                indicated=False,
            )
            assert values == {"batch": number, "party": ledger.ids["firm"], "asked": count * unit, "held": 1_500}
        for count, unit in ((0, 5), (5, 0)):
            ledger.refuses(
                "WeightUnfit",
                "Batches.requestCodes",
                "firm",
                batch=number,
                count=count,
                unitWeight=unit,
                indicated=False,
            )

    def test_are_for_tea_that_passed(self, ledger: Ledger) -> None:
        leaf = leaf_of(ledger, tree_in_season(ledger), 1_000)
        sold(ledger, leaf, 500)
        fields = {"count": 1, "unitWeight": 1, "indicated": False}
        values = ledger.refuses("BatchNotReady", "Batches.requestCodes", "firm", batch=leaf, **fields)
        assert values == {"batch": leaf, "state": "LEAF"}
        number = tea(ledger, tag="CA-2")
        sold(ledger, number, 500)
        values = ledger.refuses("NotPassed", "Batches.requestCodes", "firm", batch=number, **fields)
        assert values == {"batch": number, "quality": "UNTESTED"}

    def test_under_the_indication_need_indicated_and_unrestrained_leaf(self, ledger: Ledger) -> None:
        fields = {"count": 1, "unitWeight": 1, "indicated": True}
        plain = firms_tea(ledger)
        assert ledger.refuses("NotIndicated", "Batches.requestCodes", "firm", batch=plain, **fields) == {"batch": plain}
        tree = tree_in_season(ledger, "CA-2")
        grant(ledger, tree)
        ledger.act("Trees.restrain", "court", tree=tree, kind="COURT", expiresAt=ledger.now + DAY)
        number = passed(ledger, tea_of(ledger, {leaf_of(ledger, tree): 10_000}, 2_000))
        sold(ledger, number, 500)
        values = ledger.refuses("FruitsRestrained", "Batches.requestCodes", "firm", batch=number, **fields)
        assert values == {"batch": number, "restraints": 1}
        requested(ledger, number, 1, 100)

    def test_go_from_request_over_review_to_issue(self, ledger: Ledger) -> None:
        lot = lot_at(ledger, "REQUESTED")
        operator, firm = ledger.ids["operator"], ledger.ids["firm"]
        assert ledger.act("Batches.reviewCodes", "operator", lot=lot, approved=True) == [
            event("Batches.CodesReviewed", lot=lot, actor=operator, state="APPROVED", evidence=ledger.evidence)
        ]
        assert ledger.act("Batches.issueCodes", "firm", lot=lot, root=ROOT) == [
            event("Batches.CodesIssued", lot=lot, actor=firm, state="ISSUED", root=ROOT, evidence=ledger.evidence)
        ]
        assert ledger.view("Batches.lot", lot)["root"] == ROOT

    def test_under_the_indication_are_confirmed_by_its_authority_too(self, ledger: Ledger) -> None:
        lot = lot_at(ledger, "REVIEWED", indicated=True)
        ledger.refuses("RoleMissing", "Batches.reviewCodes", "operator", lot=lot, approved=True)
        ledger.act("Batches.reviewCodes", "indications", lot=lot, approved=True)
        assert ledger.view("Batches.lot", lot)["state"] == "APPROVED"

    def test_that_are_rejected_give_the_weight_back(self, ledger: Ledger) -> None:
        lot = lot_at(ledger, "REVIEWED", indicated=True)
        number, firm = ledger.view("Batches.lot", lot)["batch"], ledger.ids["firm"]
        assert (holding(ledger, number, "firm"), batch(ledger, number)["coded"]) == (1_000, 500)
        actor = ledger.ids["indications"]
        assert ledger.act("Batches.reviewCodes", "indications", lot=lot, approved=False) == [
            event("Batches.CodesReviewed", lot=lot, actor=actor, state="REJECTED", evidence=ledger.evidence),
            event("Batches.WeightUsed", batch=number, actor=actor, processed=0, coded=0, consumed=0),
            event("Batches.HoldingChanged", batch=number, party=firm, weight=1_500),
        ]

    @pytest.mark.parametrize("state", ["APPROVED", "REJECTED", "ISSUED"])
    def test_are_reviewed_once(self, ledger: Ledger, state: str) -> None:
        lot = lot_at(ledger, state)
        values = ledger.refuses("LotNotReady", "Batches.reviewCodes", "operator", lot=lot, approved=True)
        assert values == {"lot": lot, "state": state, "needed": "REQUESTED"}

    @pytest.mark.parametrize("state", ["REQUESTED", "REVIEWED", "REJECTED", "ISSUED"])
    def test_are_issued_once_and_only_approved(self, ledger: Ledger, state: str) -> None:
        lot = lot_at(ledger, state, indicated=state == "REVIEWED")
        values = ledger.refuses("LotNotReady", "Batches.issueCodes", "firm", lot=lot, root=ROOT)
        assert values == {"lot": lot, "state": state, "needed": "APPROVED"}

    def test_are_issued_by_their_firm_with_a_root(self, ledger: Ledger) -> None:
        lot = lot_at(ledger, "APPROVED")
        values = ledger.refuses("NotLotFirm", "Batches.issueCodes", "other firm", lot=lot, root=ROOT)
        assert values == {"lot": lot, "party": ledger.ids["other firm"]}
        assert ledger.refuses("RootMissing", "Batches.issueCodes", "firm", lot=lot, root=NO_HASH) == {"lot": lot}
        for function, who, fields in (
            ("issueCodes", "firm", {"root": ROOT}),
            ("reviewCodes", "operator", {"approved": True}),
        ):
            assert ledger.refuses("NoSuchLot", f"Batches.{function}", who, lot=7, **fields) == {"lot": 7}

    def test_are_not_reviewed_by_who_asked_for_them(self, ledger: Ledger) -> None:
        lot, firm = lot_at(ledger, "REQUESTED"), ledger.ids["firm"]
        ledger.act("Parties.assignRoles", "operator", party=firm, roles=role_bits("FIRM", "OPERATOR"))
        values = ledger.refuses("MakerCannotDecide", "Batches.reviewCodes", "firm", lot=lot, approved=True)
        assert values == {"batch": ledger.view("Batches.lot", lot)["batch"], "party": firm}
