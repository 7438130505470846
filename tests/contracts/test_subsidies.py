"""Subsidies: one class an act, which act is possible in which state, and a walk in which no fen goes astray."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from eth_abi.abi import encode
from eth_utils import keccak
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chain.refusals import ActRefused
from chain.vocabulary import ENUMERATIONS, role_bits
from tests.contracts.claims import (
    BUDGET,
    LONGEST_REST,
    NOTICE,
    PLOT,
    PROGRAMME,
    RATE,
    STATES,
    YEAR,
    asset_of,
    claim_at,
    opened,
    submission,
    submitted,
    voucher,
)
from tests.contracts.groves import tree_at, tree_id
from tests.contracts.ledger import DAY, NO_HASH, Event, Ledger, event

SHANGHAI = 8 * 3_600


def claim_of(ledger: Ledger, claim: str) -> dict[str, Any]:
    found: dict[str, Any] = ledger.view("Subsidies.claim", claim)
    return found


def programme_of(ledger: Ledger, programme: int) -> dict[str, Any]:
    found: dict[str, Any] = ledger.view("Subsidies.programme", programme)
    return found


def claim_id(programme: int, subject: int, asset: str, year: int) -> str:
    types = ["uint256", "uint64", "bytes32", "uint16"]
    return "0x" + keccak(encode(types, [programme, subject, bytes.fromhex(asset[2:]), year])).hex()


def funding_id(measure: str, asset: str, year: int) -> str:
    place = list(ENUMERATIONS["Measure"]).index(measure)
    return "0x" + keccak(encode(["uint8", "bytes32", "uint16"], [place, bytes.fromhex(asset[2:]), year])).hex()


class TestRoles:
    ROLE_OF: ClassVar = {
        "openProgramme": ("AGRI",),
        "registerPlot": ("VILLAGE", "REGISTRY"),
        "publish": ("AGRI",),
        "resolveObjection": ("AGRI",),
        "approve": ("AGRI",),
        "reject": ("AGRI",),
        "pay": ("AGRI",),
        "audit": ("AUDITOR",),
        "clawBack": ("AGRI", "AUDITOR"),
        "recordReturn": ("AGRI",),
    }
    MESSAGES: ClassVar[dict[str, dict[str, Any]]] = {
        "openProgramme": PROGRAMME | {"closesAt": 0, "measure": "NONE"},
        "registerPlot": {"plot": NO_HASH, "holder": 1, "areaCmu": 1},
        "publish": {},
        "resolveObjection": {"upheld": True},
        "approve": {},
        "reject": {"ground": "NOT_ELIGIBLE"},
        "pay": {"voucher": NO_HASH},
        "audit": {},
        "clawBack": {"ground": "MISUSED"},
        "recordReturn": {"voucher": NO_HASH},
    }

    @pytest.mark.parametrize("function", sorted(ROLE_OF))
    def test_of_an_act_are_these_and_no_others(self, ledger: Ledger, function: str) -> None:
        needed = role_bits(*self.ROLE_OF[function])
        number = ledger.enrol("somebody", "LAWYER")
        message = self.MESSAGES[function]
        if function not in ("openProgramme", "registerPlot"):
            message = message | {"claim": NO_HASH}
        ledger.act("Parties.assignRoles", "operator", party=number, roles=((1 << 22) - 1) & ~needed)
        assert ledger.refuses("RoleMissing", f"Subsidies.{function}", "somebody", **message)["needed"] == needed
        for role in self.ROLE_OF[function]:
            ledger.act("Parties.assignRoles", "operator", party=number, roles=role_bits(role))
            signed = ledger.sign(f"Subsidies.{function}", "somebody", **message)
            refused = ledger.attempt(ledger.deployment.address("Subsidies"), signed.calldata)
            assert refused is not None and refused.code in ("ProgrammeUnfit", "PlotIncomplete", "NoSuchClaim")


class TestEvidence:
    @pytest.mark.parametrize(
        ("function", "who", "state", "fields"),
        [
            ("publish", "agri", "SUBMITTED", {}),
            ("object", "neighbour", "NOTICE", {}),
            ("resolveObjection", "agri", "OBJECTED", {"upheld": True}),
            ("reject", "agri", "SUBMITTED", {"ground": "NOT_ELIGIBLE"}),
            ("pay", "agri", "APPROVED", {"voucher": voucher("one")}),
            ("audit", "auditor", "PAID", {}),
            ("clawBack", "auditor", "PAID", {"ground": "MISUSED"}),
            ("recordReturn", "agri", "CLAWED_BACK", {"voucher": voucher("two")}),
        ],
    )
    def test_must_be_live(self, ledger: Ledger, function: str, who: str, state: str, fields: dict[str, Any]) -> None:
        claim = claim_at(ledger, state)
        ledger.refuses(
            "EvidenceUnknown", f"Subsidies.{function}", who, claim=claim, evidence="0x" + "99" * 32, **fields
        )

    def test_must_be_live_for_what_begins_and_for_approval(self, ledger: Ledger) -> None:
        none = {"evidence": "0x" + "99" * 32}
        ledger.refuses(
            "EvidenceUnknown", "Subsidies.openProgramme", "agri", **PROGRAMME, closesAt=ledger.now + DAY, **none
        )
        plot = {"plot": PLOT, "holder": ledger.ids["farmer"], "areaCmu": 1}
        ledger.refuses("EvidenceUnknown", "Subsidies.registerPlot", "village", **plot, **none)
        asset = asset_of(tree_at(ledger, "REGISTERED"))
        claim = submission(ledger, opened(ledger), asset)
        ledger.refuses("EvidenceUnknown", "Subsidies.submit", "farmer", **claim, **none)
        noticed = claim_at(ledger, "NOTICE", tag="CA-FH-0002")
        ledger.wait(NOTICE + LONGEST_REST)
        ledger.refuses("EvidenceUnknown", "Subsidies.approve", "agri", claim=noticed, **none)


class TestProgramme:
    def test_is_opened_by_the_bureau_under_the_digest_of_its_act(self, ledger: Ledger) -> None:
        instant = ledger.now
        terms = PROGRAMME | {"closesAt": instant + 90 * DAY}
        signed = ledger.sign("Subsidies.openProgramme", "agri", **terms)
        (made,) = ledger.relay(signed).events[1:]
        programme = int(signed.id, 16)
        assert made == event(
            "Subsidies.ProgrammeOpened",
            programme=programme,
            agency=ledger.ids["agri"],
            openedAt=instant,
            evidence=ledger.evidence,
            **terms,
        )
        none_moved = {"approvedFen": 0, "paidFen": 0, "returnedFen": 0}
        expected = {"agency": ledger.ids["agri"], "openedAt": instant, **terms, **none_moved}
        assert programme_of(ledger, programme) == expected

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("measure", "NONE"),
            ("basis", "NONE"),
            ("year", 1999),
            ("year", 2200),
            ("rateFen", 0),
            ("budgetFen", RATE - 1),
            ("closesAt", 1_700_000_000),
            ("noticeDays", 6),
            ("noticeDays", 91),
        ],
    )
    def test_must_have_proper_terms(self, ledger: Ledger, field: str, value: Any) -> None:
        terms = PROGRAMME | {"closesAt": ledger.now + DAY} | {field: value}
        assert ledger.refuses("ProgrammeUnfit", "Subsidies.openProgramme", "agri", **terms) == {"field": field}

    def test_that_is_none_is_named(self, ledger: Ledger) -> None:
        to, call, _ = ledger.encoded("Subsidies.programme", 7)
        assert ledger.refuses_call("NoSuchProgramme", to, call) == {"programme": 7}


class TestPlot:
    def test_is_what_the_village_states_last(self, ledger: Ledger) -> None:
        farmer, neighbour = ledger.ids["farmer"], ledger.ids["neighbour"]
        for who, holder, area in (("village", farmer, 1_250), ("registry", neighbour, 900)):
            happened = ledger.act("Subsidies.registerPlot", who, plot=PLOT, holder=holder, areaCmu=area)
            stated = {"plot": PLOT, "holder": holder, "areaCmu": area, "evidence": ledger.evidence}
            assert happened == [event("Subsidies.PlotRegistered", actor=ledger.ids[who], **stated)]
            assert ledger.view("Subsidies.plot", PLOT) == {"holder": holder, "areaCmu": area}
        assert ledger.view("Subsidies.plotCount") == 1

    def test_needs_an_id_an_area_and_a_party(self, ledger: Ledger) -> None:
        plot = {"plot": PLOT, "holder": ledger.ids["farmer"], "areaCmu": 5}
        for field, empty in (("plot", NO_HASH), ("areaCmu", 0)):
            values = ledger.refuses("PlotIncomplete", "Subsidies.registerPlot", "village", **plot | {field: empty})
            assert values == {"field": field}
        ledger.refuses("NoSuchParty", "Subsidies.registerPlot", "village", **plot | {"holder": 10_000})


class TestSubmission:
    def test_makes_a_claim_whose_id_is_its_content(self, ledger: Ledger) -> None:
        programme, asset = opened(ledger), asset_of(tree_at(ledger, "REGISTERED"))
        instant = ledger.now
        funded, made = ledger.act("Subsidies.submit", "farmer", **submission(ledger, programme, asset))
        claim = claim_id(programme, ledger.ids["farmer"], asset, YEAR)
        assert ledger.view("Subsidies.claimId", programme, ledger.ids["farmer"], asset, YEAR) == claim
        funding = funding_id("ANCIENT_TREE", asset, YEAR)
        assert ledger.view("Subsidies.fundingId", 1, asset, YEAR) == funding
        assert funded == event("Subsidies.FundingChanged", funding=funding, claim=claim)
        assert ledger.view("Subsidies.liveClaim", funding) == claim
        due = ledger.view("Calendar.endOfWorkingDays", instant, 20)
        assert due > instant + 27 * DAY
        assert (due + 1 + SHANGHAI) % DAY == 0, "a day ends at midnight in Shanghai"
        stated = {
            "programme": programme,
            "asset": asset,
            "subject": ledger.ids["farmer"],
            "agent": 0,
            "quantity": 1,
            "amountFen": RATE,
            "submittedAt": instant,
            "reviewDueAt": due,
        }
        papers = {"mandate": NO_HASH, "evidence": ledger.evidence}
        assert made == event("Subsidies.ClaimSubmitted", claim=claim, **stated, **papers)
        later = {"reviewedAt": 0, "noticeEndsAt": 0, "objectedAt": 0, "decidedAt": 0, "paidAt": 0}
        assert claim_of(ledger, claim) == {
            **stated,
            **later,
            "state": "SUBMITTED",
            "ground": "NONE",
            "voucher": NO_HASH,
            "returnVoucher": NO_HASH,
        }

    def test_ends_with_the_programme(self, ledger: Ledger) -> None:
        closes = ledger.now + 30 * DAY
        programme, asset = opened(ledger, closesAt=closes), asset_of(tree_at(ledger, "REGISTERED"))
        ledger.wait(closes - ledger.now)
        ledger.wait(1)
        values = ledger.refuses("ProgrammeClosed", "Subsidies.submit", "farmer", **submission(ledger, programme, asset))
        assert values == {"programme": programme, "closesAt": closes}
        ledger.refuses("NoSuchProgramme", "Subsidies.submit", "farmer", **submission(ledger, 7, asset))

    def test_by_an_agent_needs_a_mandate_that_the_farmer_attested(self, ledger: Ledger) -> None:
        programme, asset = opened(ledger), asset_of(tree_at(ledger, "REGISTERED"))
        own = ledger.anchor("farmer", "0x" + "4d" * 32)
        for mandate in (NO_HASH, ledger.evidence):
            fields = submission(ledger, programme, asset, mandate=mandate)
            values = ledger.refuses("MandateMissing", "Subsidies.submit", "village", **fields)
            assert values == {"subject": ledger.ids["farmer"], "agent": ledger.ids["village"]}
        claim = submitted(ledger, programme, asset, "village", mandate=own)
        assert claim_of(ledger, claim)["agent"] == ledger.ids["village"]
        ledger.act("Evidence.revokeRoot", "farmer", evidence=own, reason="")
        other = submission(ledger, programme, asset_of(tree_at(ledger, "REGISTERED", tag="CA-FH-0002")), mandate=own)
        ledger.refuses("EvidenceIsRevoked", "Subsidies.submit", "village", **other)

    def test_is_of_a_registered_living_tree_of_the_subject_without_restraint(self, ledger: Ledger) -> None:
        programme = opened(ledger)

        def refused(error: str, tree: int, **changes: Any) -> dict[str, Any]:
            fields = submission(ledger, programme, asset_of(tree), **changes)
            return ledger.refuses(error, "Subsidies.submit", "farmer", **fields)

        refused("NoSuchTree", 7)
        noticed = tree_at(ledger, "NOTICE", tag="A-1")
        assert refused("TitleNotReady", noticed) == {"tree": noticed, "title": "NOTICE", "needed": "REGISTERED"}
        other = tree_at(ledger, "REGISTERED", tag="A-2", owner="firm")
        assert refused("NotOwner", other) == {"tree": other, "party": ledger.ids["farmer"]}
        dying = tree_at(ledger, "REGISTERED", "REPORTED_DEAD", tag="A-3")
        assert refused("LifeNotReady", dying)["life"] == "REPORTED_DEAD"
        tree = tree_at(ledger, "REGISTERED", tag="A-4")
        assert refused("QuantityUnfit", tree, quantity=2) == {"quantity": 2}
        ledger.act("Trees.restrain", "court", tree=tree, kind="COURT", expiresAt=ledger.now + 9 * DAY)
        until = ledger.now + DAY
        ledger.act("Trees.restrain", "regulator", tree=tree, kind="COMPLIANCE", expiresAt=until)
        assert refused("TreeRestrained", tree)["kind"] == "COMPLIANCE"
        ledger.wait(DAY)  # the regulator's limit is over; the court's seizure does not stand in the way
        submitted(ledger, programme, asset_of(tree))

    def test_is_of_a_farmer_who_may_act(self, ledger: Ledger) -> None:
        programme = opened(ledger)
        tree = tree_at(ledger, "REGISTERED", owner="firm")
        fields = submission(ledger, programme, asset_of(tree), subject=ledger.ids["firm"])
        assert ledger.refuses("RoleMissing", "Subsidies.submit", "firm", **fields)["needed"] == role_bits("FARMER")
        asset = asset_of(tree_at(ledger, "REGISTERED", tag="CA-FH-0002"))
        mandate = ledger.anchor("farmer", "0x" + "4d" * 32)
        by_agent = submission(ledger, programme, asset, mandate=mandate)
        ledger.act("Parties.suspend", "operator", party=ledger.ids["farmer"])
        ledger.refuses("PartySuspended", "Subsidies.submit", "village", **by_agent)
        ledger.act("Parties.revoke", "operator", party=ledger.ids["farmer"])
        ledger.refuses("PartyRevoked", "Subsidies.submit", "village", **by_agent)

    def test_of_an_area_stays_within_what_is_registered(self, ledger: Ledger) -> None:
        programme = opened(ledger, basis="AREA", measure="ECO_GARDEN", rateFen=120)
        claim = submission(ledger, programme, PLOT, quantity=833)
        submit, farmer = "Subsidies.submit", ledger.ids["farmer"]
        assert ledger.refuses("NoSuchPlot", submit, "farmer", **claim) == {"plot": PLOT}
        ledger.act("Subsidies.registerPlot", "village", plot=PLOT, holder=ledger.ids["neighbour"], areaCmu=832)
        assert ledger.refuses("NotPlotHolder", submit, "farmer", **claim) == {"plot": PLOT, "party": farmer}
        ledger.act("Subsidies.registerPlot", "village", plot=PLOT, holder=farmer, areaCmu=832)
        values = ledger.refuses("AreaExceeded", submit, "farmer", **claim)
        assert values == {"plot": PLOT, "claimed": 833, "registered": 832}
        assert ledger.refuses("QuantityUnfit", submit, "farmer", **claim | {"quantity": 0}) == {"quantity": 0}
        made = submitted(ledger, programme, PLOT, quantity=832)
        assert claim_of(ledger, made)["amountFen"] == 832 * 120

    def test_beyond_the_whole_budget_is_refused_at_once(self, ledger: Ledger) -> None:
        programme = opened(ledger, basis="AREA", rateFen=2**63, budgetFen=2**63)
        ledger.act("Subsidies.registerPlot", "village", plot=PLOT, holder=ledger.ids["farmer"], areaCmu=9)
        claim = submission(ledger, programme, PLOT, quantity=9)
        values = ledger.refuses("BudgetExhausted", "Subsidies.submit", "farmer", **claim)
        assert values == {"programme": programme, "leftFen": 2**63, "amountFen": 9 * 2**63}


class TestDoubleFunding:
    def test_of_the_same_claim_is_impossible(self, ledger: Ledger) -> None:
        programme, asset = opened(ledger), asset_of(tree_at(ledger, "REGISTERED"))
        claim = submitted(ledger, programme, asset)
        values = ledger.refuses("ClaimExists", "Subsidies.submit", "farmer", **submission(ledger, programme, asset))
        assert values == {"claim": claim, "state": "SUBMITTED"}

    def test_by_another_programme_for_the_same_measure_and_year_is_impossible(self, ledger: Ledger) -> None:
        asset = asset_of(tree_at(ledger, "REGISTERED"))
        claim = submitted(ledger, opened(ledger), asset)
        values = ledger.refuses(
            "DoubleFunding", "Subsidies.submit", "farmer", **submission(ledger, opened(ledger), asset)
        )
        assert values == {"asset": asset, "measure": "ANCIENT_TREE", "year": YEAR, "claim": claim}
        for differs in ({"measure": "ORGANIC"}, {"year": YEAR + 1}):
            submitted(ledger, opened(ledger, **differs), asset)

    def test_by_the_next_owner_is_impossible(self, ledger: Ledger) -> None:
        programme = opened(ledger)
        tree = tree_at(ledger, "REGISTERED")
        submitted(ledger, programme, asset_of(tree))
        moved = {"tree": tree, "to": ledger.ids["neighbour"], "basis": "COURT_SALE", "receipt": voucher("registry")}
        ledger.act("Trees.recordTransfer", "registry", **moved)
        again = submission(ledger, programme, asset_of(tree), subject=ledger.ids["neighbour"])
        ledger.refuses("DoubleFunding", "Subsidies.submit", "neighbour", **again)

    def test_is_not_what_follows_a_rejection_or_a_return(self, ledger: Ledger) -> None:
        programme = opened(ledger)
        rejected = claim_at(ledger, "REJECTED", programme=programme)
        asset = claim_of(ledger, rejected)["asset"]
        assert ledger.view("Subsidies.liveClaim", funding_id("ANCIENT_TREE", asset, YEAR)) == NO_HASH
        assert submitted(ledger, programme, asset) == rejected
        again = claim_of(ledger, rejected)
        assert (again["state"], again["ground"], again["decidedAt"], again["reviewedAt"]) == ("SUBMITTED", "NONE", 0, 0)
        assert ledger.view("Subsidies.claimCount") == 1
        returned = claim_at(ledger, "RETURNED", tag="CA-FH-0002")
        paid_back = claim_of(ledger, returned)["asset"]
        submitted(ledger, opened(ledger), paid_back)


class TestNotice:
    def test_runs_for_the_programmes_days_and_ends_on_a_working_day(self, ledger: Ledger) -> None:
        claim = claim_at(ledger, "SUBMITTED")
        instant = ledger.now
        (published,) = ledger.act("Subsidies.publish", "agri", claim=claim)
        ends = ledger.view("Calendar.endOfDays", instant, 7)
        assert ends >= instant + NOTICE
        assert published == event(
            "Subsidies.ClaimPublished",
            claim=claim,
            actor=ledger.ids["agri"],
            state="NOTICE",
            reviewedAt=instant,
            noticeEndsAt=ends,
            objectedAt=0,
            evidence=ledger.evidence,
        )
        ledger.wait(ends - ledger.now)
        assert ledger.refuses("ClaimNoticeRunning", "Subsidies.approve", "agri", claim=claim) == {
            "claim": claim,
            "endsAt": ends,
        }
        ledger.wait(1)
        values = ledger.refuses("ClaimNoticeOver", "Subsidies.object", "neighbour", claim=claim)
        assert values == {"claim": claim, "endsAt": ends}
        ledger.act("Subsidies.approve", "agri", claim=claim)

    def test_late_review_is_possible_and_shows(self, ledger: Ledger) -> None:
        claim = claim_at(ledger, "SUBMITTED")
        ledger.wait(60 * DAY)
        ledger.act("Subsidies.publish", "agri", claim=claim)
        state = claim_of(ledger, claim)
        assert state["reviewedAt"] > state["reviewDueAt"]

    def test_waits_while_an_objection_is_open(self, ledger: Ledger) -> None:
        claim = claim_at(ledger, "NOTICE")
        before = claim_of(ledger, claim)["noticeEndsAt"]
        instant = ledger.wait(2 * DAY)
        (objected,) = ledger.act("Subsidies.object", "neighbour", claim=claim)
        assert objected == event(
            "Subsidies.ClaimObjected",
            claim=claim,
            actor=ledger.ids["neighbour"],
            state="OBJECTED",
            objectedAt=instant,
            evidence=ledger.evidence,
        )
        ledger.wait(30 * DAY)
        ledger.act("Subsidies.resolveObjection", "agri", claim=claim, upheld=False)
        after = claim_of(ledger, claim)
        assert (after["state"], after["objectedAt"]) == ("NOTICE", 0)
        assert after["noticeEndsAt"] == before + 30 * DAY + 1

    def test_with_an_upheld_objection_ends_in_rejection(self, ledger: Ledger) -> None:
        claim = claim_at(ledger, "OBJECTED")
        ledger.act("Subsidies.resolveObjection", "agri", claim=claim, upheld=True)
        state = claim_of(ledger, claim)
        assert (state["state"], state["ground"], state["objectedAt"]) == ("REJECTED", "OBJECTION_UPHELD", 0)


class TestDecision:
    def test_to_approve_looks_at_the_asset_again(self, ledger: Ledger) -> None:
        claim = claim_at(ledger, "NOTICE")
        ledger.wait(NOTICE + LONGEST_REST)
        ledger.act("Trees.reportDeath", "village", tree=tree_id("CA-FH-0001"))
        ledger.refuses("LifeNotReady", "Subsidies.approve", "agri", claim=claim)
        ledger.act("Trees.concludeDeathReport", "forestry", tree=tree_id("CA-FH-0001"), finding="ALIVE")
        ledger.act("Subsidies.approve", "agri", claim=claim)

    def test_to_approve_sets_the_amount_aside_until_the_budget_is_spent(self, ledger: Ledger) -> None:
        programme = opened(ledger, budgetFen=2 * RATE + RATE // 2)
        tags = ("A-1", "A-2", "A-3")
        claims = [claim_at(ledger, "NOTICE", tag=tag, programme=programme) for tag in tags]
        ledger.wait(NOTICE + LONGEST_REST)
        for number, claim in enumerate(claims[:2], start=1):
            moved, decided = ledger.act("Subsidies.approve", "agri", claim=claim)
            assert moved.args["approvedFen"] == programme_of(ledger, programme)["approvedFen"] == number * RATE
            assert decided.args["decidedAt"] == ledger.now - 1
        values = ledger.refuses("BudgetExhausted", "Subsidies.approve", "agri", claim=claims[2])
        assert values == {"programme": programme, "leftFen": RATE // 2, "amountFen": RATE}
        ledger.act("Subsidies.reject", "agri", claim=claims[0], ground="NOT_ENTITLED")
        ledger.act("Subsidies.approve", "agri", claim=claims[2])

    def test_belongs_to_the_bureau_of_the_programme(self, ledger: Ledger) -> None:
        claim = claim_at(ledger, "SUBMITTED")
        values = ledger.refuses("NotAgency", "Subsidies.publish", "other agri", claim=claim)
        assert values == {"programme": claim_of(ledger, claim)["programme"], "party": ledger.ids["other agri"]}

    def test_is_not_for_whom_it_concerns(self, ledger: Ledger) -> None:
        both = role_bits("FARMER", "AGRI", "AUDITOR")
        ledger.act("Parties.assignRoles", "operator", party=ledger.ids["farmer"], roles=both)
        claim = claim_at(ledger, "SUBMITTED")
        for function, who in (("publish", "farmer"), ("reject", "farmer")):
            ground = {"ground": "NOT_ELIGIBLE"} if function == "reject" else {}
            values = ledger.refuses("SubjectCannotDecide", f"Subsidies.{function}", who, claim=claim, **ground)
            assert values == {"claim": claim, "party": ledger.ids["farmer"]}
        paid = claim_at(ledger, "PAID", tag="CA-FH-0002")
        ledger.refuses("SubjectCannotDecide", "Subsidies.audit", "farmer", claim=paid)
        ledger.refuses("SubjectCannotDecide", "Subsidies.clawBack", "farmer", claim=paid, ground="MISUSED")

    def test_against_a_claim_needs_a_ground(self, ledger: Ledger) -> None:
        for state, function, who in (("SUBMITTED", "reject", "agri"), ("PAID", "clawBack", "auditor")):
            claim = claim_at(ledger, state, tag=f"CA-{state}")
            values = ledger.refuses("GroundMissing", f"Subsidies.{function}", who, claim=claim, ground="NONE")
            assert values == {"claim": claim}


class TestMoney:
    def test_is_paid_once_on_a_voucher_of_its_own(self, ledger: Ledger) -> None:
        programme = opened(ledger)
        one = claim_at(ledger, "PAID", tag="A-1", programme=programme)
        other = claim_at(ledger, "APPROVED", tag="A-2", programme=programme)
        paid = claim_of(ledger, one)
        assert paid["voucher"] == voucher("payment A-1")
        assert ledger.view("Subsidies.claimOfVoucher", paid["voucher"]) == one
        for given, used in ((NO_HASH, NO_HASH), (paid["voucher"], one)):
            values = ledger.refuses("VoucherUnfit", "Subsidies.pay", "agri", claim=other, voucher=given)
            assert values == {"voucher": given, "claim": used}
        assert programme_of(ledger, programme)["approvedFen"] == RATE
        assert programme_of(ledger, programme)["paidFen"] == RATE

    def test_that_came_back_can_be_spent_again(self, ledger: Ledger) -> None:
        programme = opened(ledger, budgetFen=RATE)
        claim_at(ledger, "RETURNED", tag="A-1", programme=programme)
        second = claim_at(ledger, "PAID", tag="A-2", programme=programme)
        state = programme_of(ledger, programme)
        assert (state["approvedFen"], state["paidFen"], state["returnedFen"]) == (0, 2 * RATE, RATE)
        assert claim_of(ledger, second)["state"] == "PAID"

    def test_is_not_audited_by_the_bureau_that_paid(self, ledger: Ledger) -> None:
        claim = claim_at(ledger, "PAID")
        both = role_bits("AGRI", "AUDITOR")
        ledger.act("Parties.assignRoles", "operator", party=ledger.ids["agri"], roles=both)
        values = ledger.refuses("AuditorIsAgency", "Subsidies.audit", "agri", claim=claim)
        assert values == {"programme": claim_of(ledger, claim)["programme"], "party": ledger.ids["agri"]}

    def test_is_asked_back_by_the_bureau_or_by_an_auditor(self, ledger: Ledger) -> None:
        claim = claim_at(ledger, "AUDITED")
        ledger.refuses("NotAgency", "Subsidies.clawBack", "other agri", claim=claim, ground="MISUSED")
        for who in ("agri", "auditor"):
            mark = ledger.snapshot()
            (examined,) = ledger.act("Subsidies.clawBack", who, claim=claim, ground="MISUSED")
            assert (examined.args["state"], examined.args["ground"]) == ("CLAWED_BACK", "MISUSED")
            ledger.revert(mark)


class TestStates:
    STEPS: ClassVar[dict[str, tuple[str, tuple[str, ...], dict[str, Any]]]] = {
        "publish": ("agri", ("SUBMITTED",), {}),
        "object": ("neighbour", ("NOTICE",), {}),
        "resolveObjection": ("agri", ("OBJECTED",), {"upheld": False}),
        "approve": ("agri", ("NOTICE",), {}),
        "reject": ("agri", ("SUBMITTED", "NOTICE", "APPROVED"), {"ground": "NOT_ELIGIBLE"}),
        "pay": ("agri", ("APPROVED",), {"voucher": voucher("the only one")}),
        "audit": ("auditor", ("PAID",), {}),
        "clawBack": ("auditor", ("PAID", "AUDITED"), {"ground": "MISUSED"}),
        "recordReturn": ("agri", ("CLAWED_BACK",), {"voucher": voucher("the only one")}),
    }

    @pytest.mark.parametrize("state", STATES)
    def test_cannot_be_skipped(self, ledger: Ledger, state: str) -> None:
        claim = claim_at(ledger, state)
        for function, (who, needed, fields) in self.STEPS.items():
            if state in needed:
                continue
            values = ledger.refuses("ClaimNotReady", f"Subsidies.{function}", who, claim=claim, **fields)
            assert (values["claim"], values["state"]) == (claim, state)
            assert values["needed"] in needed

    def test_of_no_claim_are_none(self, ledger: Ledger) -> None:
        for function, (who, _, fields) in self.STEPS.items():
            values = ledger.refuses("NoSuchClaim", f"Subsidies.{function}", who, claim="0x" + "77" * 32, **fields)
            assert values == {"claim": "0x" + "77" * 32}
        to, call, _ = ledger.encoded("Subsidies.claim", "0x" + "77" * 32)
        ledger.refuses_call("NoSuchClaim", to, call)


class Fold:
    """What the events say."""

    def __init__(self) -> None:
        self.programmes: dict[int, dict[str, Any]] = {}
        self.claims: dict[str, dict[str, Any]] = {}
        self.fundings: dict[str, str] = {}
        self.vouchers: dict[str, str] = {}

    def take(self, each: Event) -> None:
        args = {name: value for name, value in each.args.items() if name not in ("actor", "evidence", "mandate")}
        match each.name:
            case "ProgrammeOpened":
                programme = args.pop("programme")
                self.programmes[programme] = args | {"approvedFen": 0, "paidFen": 0, "returnedFen": 0}
            case "BudgetMoved":
                programme = args.pop("programme")
                self.programmes[programme] |= args
            case "FundingChanged":
                self.fundings[args["funding"]] = args["claim"]
            case "ClaimSubmitted":
                none = dict.fromkeys(("reviewedAt", "noticeEndsAt", "objectedAt", "decidedAt", "paidAt"), 0)
                papers = {"voucher": NO_HASH, "returnVoucher": NO_HASH}
                anew = {"state": "SUBMITTED", "ground": "NONE"}
                claim = args.pop("claim")
                self.claims[claim] = args | none | papers | anew
            case _:
                claim = args.pop("claim")
                self.claims[claim] |= args
                for name in ("voucher", "returnVoucher"):
                    if name in args:
                        self.vouchers[args[name]] = claim


class Bureau(RuleBasedStateMachine):
    """Two programmes of one measure, three trees of two farmers, and every act in any order.

    The model knows the rules only as `domain.md` 2.5 says them: who may be paid for what, and that a budget is a
    budget. Each act's outcome is foretold, and storage is compared with it and with the fold of the events.
    """

    ledger: ClassVar[Ledger]
    TAGS = ("W-1", "W-2", "W-3")
    OWNERS = ("farmer", "farmer", "neighbour")
    BUDGET = 2 * RATE

    def __init__(self) -> None:
        super().__init__()
        self.mark = self.ledger.snapshot()
        self.fold = Fold()
        self.budgets: dict[int, dict[str, int]] = {}
        self.states: dict[tuple[int, int], str] = {}  # (programme, tree)
        self.ends: dict[tuple[int, int], int] = {}
        self.ids: dict[tuple[int, int], str] = {}
        self.vouchers = 0

    def teardown(self) -> None:
        self.ledger.revert(self.mark)

    @initialize()
    def begin(self) -> None:
        for tag, owner in zip(self.TAGS, self.OWNERS, strict=True):
            tree_at(self.ledger, "REGISTERED", tag=tag, owner=owner)
        for _ in range(2):
            terms = PROGRAMME | {"closesAt": self.ledger.now + 10_000 * DAY, "budgetFen": self.BUDGET}
            (made,) = self.ledger.act("Subsidies.openProgramme", "agri", **terms)
            self.fold.take(made)
            self.budgets[made.args["programme"]] = {"approved": 0, "paid": 0, "returned": 0}

    def do(self, expected: bool, key: str, who: str, **fields: Any) -> bool:
        try:
            happened = self.ledger.act(f"Subsidies.{key}", who, **fields)
        except ActRefused as refused:
            assert not expected, f"{key} refused with {refused.code}"
            return False
        assert expected, f"{key} accepted"
        for each in happened:
            self.fold.take(each)
        return True

    def pick(self, place: int) -> tuple[tuple[int, int], str, dict[str, int]] | None:
        if not self.ids:
            return None
        which = sorted(self.ids)[place % len(self.ids)]
        return which, self.ids[which], self.budgets[which[0]]

    def spent(self, budget: dict[str, int]) -> int:
        return budget["approved"] + budget["paid"] - budget["returned"]

    @rule(programme=st.integers(0, 1), tree=st.integers(0, 2))
    def submit(self, programme: int, tree: int) -> None:
        number = sorted(self.budgets)[programme]
        asset, owner = asset_of(tree_id(self.TAGS[tree])), self.OWNERS[tree]
        dead = ("REJECTED", "RETURNED")
        funded = [one for (_, other), one in self.states.items() if other == tree and one not in dead]
        own = self.states.get((number, tree), "REJECTED")
        fields = submission(self.ledger, number, asset, subject=self.ledger.ids[owner])
        if self.do(not funded and own == "REJECTED", "submit", owner, **fields):
            self.states[number, tree] = "SUBMITTED"
            self.ids[number, tree] = claim_id(number, self.ledger.ids[owner], asset, YEAR)

    @rule(place=st.integers(0, 5))
    def publish(self, place: int) -> None:
        if (found := self.pick(place)) is None:
            return
        which, claim, _ = found
        if self.do(self.states[which] == "SUBMITTED", "publish", "agri", claim=claim):
            self.states[which] = "NOTICE"
            self.ends[which] = self.ledger.view("Calendar.endOfDays", self.ledger.now - 1, 7)

    @rule(place=st.integers(0, 5), upheld=st.booleans())
    def dispute(self, place: int, upheld: bool) -> None:
        if (found := self.pick(place)) is None:
            return
        which, claim, _ = found
        running = self.states[which] == "NOTICE" and self.ledger.now <= self.ends[which]
        if self.do(running, "object", "firm", claim=claim):
            self.do(True, "resolveObjection", "agri", claim=claim, upheld=upheld)
            self.states[which] = "REJECTED" if upheld else "NOTICE"
            self.ends[which] += 1

    @rule(place=st.integers(0, 5))
    def approve(self, place: int) -> None:
        if (found := self.pick(place)) is None:
            return
        which, claim, budget = found
        over = self.states[which] == "NOTICE" and self.ledger.now > self.ends[which]
        if self.do(over and self.spent(budget) + RATE <= self.BUDGET, "approve", "agri", claim=claim):
            self.states[which] = "APPROVED"
            budget["approved"] += RATE

    @rule(place=st.integers(0, 5), again=st.booleans())
    def pay(self, place: int, again: bool) -> None:
        if (found := self.pick(place)) is None:
            return
        which, claim, budget = found
        fresh = not again or self.vouchers == 0
        self.vouchers += fresh
        paper = voucher(f"walk {self.vouchers}")
        if self.do(
            self.states[which] == "APPROVED" and paper not in self.fold.vouchers,
            "pay",
            "agri",
            claim=claim,
            voucher=paper,
        ):
            self.states[which] = "PAID"
            budget["approved"] -= RATE
            budget["paid"] += RATE

    @rule(place=st.integers(0, 5))
    def reject(self, place: int) -> None:
        if (found := self.pick(place)) is None:
            return
        which, claim, budget = found
        before = self.states[which]
        fits = before in ("SUBMITTED", "NOTICE", "APPROVED")
        if self.do(fits, "reject", "agri", claim=claim, ground="NOT_ELIGIBLE"):
            self.states[which] = "REJECTED"
            budget["approved"] -= RATE if before == "APPROVED" else 0

    @rule(place=st.integers(0, 5))
    def audit(self, place: int) -> None:
        if (found := self.pick(place)) is None:
            return
        which, claim, _ = found
        if self.do(self.states[which] == "PAID", "audit", "auditor", claim=claim):
            self.states[which] = "AUDITED"

    @rule(place=st.integers(0, 5), give_back=st.booleans())
    def claw_back(self, place: int, give_back: bool) -> None:
        if (found := self.pick(place)) is None:
            return
        which, claim, budget = found
        fits = self.states[which] in ("PAID", "AUDITED")
        if self.do(fits, "clawBack", "auditor", claim=claim, ground="MISUSED"):
            self.states[which] = "CLAWED_BACK"
        if give_back:
            self.vouchers += 1
            paper = voucher(f"walk {self.vouchers}")
            due = self.states[which] == "CLAWED_BACK"
            if self.do(due, "recordReturn", "agri", claim=claim, voucher=paper):
                self.states[which] = "RETURNED"
                budget["returned"] += RATE

    @rule(days=st.sampled_from([1, 20]))
    def wait(self, days: int) -> None:
        self.ledger.wait(days * DAY)

    @invariant()
    def storage_is_the_model_and_the_fold(self) -> None:
        for number, budget in self.budgets.items():
            stored = programme_of(self.ledger, number)
            assert stored == self.fold.programmes[number]
            assert {name: stored[f"{name}Fen"] for name in budget} == budget
            assert 0 <= self.spent(budget) <= self.BUDGET == stored["budgetFen"]
        for which, claim in self.ids.items():
            stored = claim_of(self.ledger, claim)
            assert stored == self.fold.claims[claim]
            assert stored["state"] == self.states[which]
        for tree in range(len(self.TAGS)):
            out = [
                self.ids[which]
                for which, state in self.states.items()
                if which[1] == tree and state not in ("REJECTED", "RETURNED")
            ]
            assert len(out) <= 1, "funded twice"
            funding = funding_id("ANCIENT_TREE", asset_of(tree_id(self.TAGS[tree])), YEAR)
            expected = out[0] if out else NO_HASH
            assert self.ledger.view("Subsidies.liveClaim", funding) == self.fold.fundings.get(funding, NO_HASH)
            assert self.ledger.view("Subsidies.liveClaim", funding) == expected


@pytest.fixture
def bureau(ledger: Ledger) -> Iterator[type[Bureau]]:
    Bureau.ledger = ledger
    yield Bureau


def test_no_order_of_acts_overspends_or_funds_twice(bureau: type[Bureau]) -> None:
    run_state_machine_as_test(
        bureau,
        settings=settings(
            max_examples=6,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_budget_of_the_figures_pays_for_three() -> None:
    assert 3 * RATE <= BUDGET < 4 * RATE
