"""Valuations: one class an act, then what counts as collateral, then any order of acts against a model of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from chain.vocabulary import role_bits
from tests.contracts.appraisals import COLLATERAL, FIGURES, INPUTS, LARGE, MODEL, STATES, lot, many, posting, valued
from tests.contracts.groves import tree_at
from tests.contracts.ledger import DAY, Event, Ledger, event

YEAR = 365 * DAY
NONE = {"value": 0, "stress": 0, "collateral": 0, "confidence": 0, "asOf": 0, "state": "NONE", "appraiser": 0}
APPRAISERS = ("appraiser", "second appraiser", "third appraiser")


def stands(ledger: Ledger, tree: int) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Valuations.valuation", tree)
    return answer


def counts(ledger: Ledger, tree: int) -> int:
    answer: int = ledger.view("Valuations.collateralValue", tree)
    return answer


def scaled(times: float) -> dict[str, int]:
    """The figures with value and stress so many times as large."""
    return {"value": int(FIGURES["value"] * times), "stress": int(FIGURES["stress"] * times)}


class TestRoles:
    @pytest.mark.parametrize("function", ["post", "postMany", "appraiseAgain", "settle"])
    def test_of_an_act_is_the_appraiser_alone(self, ledger: Ledger, function: str) -> None:
        number = ledger.enrol("somebody", "LAWYER")
        message = lot(ledger, [1]) if function == "postMany" else posting(ledger, 1)
        roles = ((1 << 22) - 1) & ~role_bits("APPRAISER")
        ledger.act("Parties.assignRoles", "operator", party=number, roles=roles)
        needed = role_bits("APPRAISER")
        values = ledger.refuses("RoleMissing", f"Valuations.{function}", "somebody", **message)
        assert values == {"party": number, "roles": roles, "needed": needed}

    def test_of_a_challenge_is_the_owner_or_a_bank(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT")
        for who in ("neighbour", "appraiser", "village"):
            values = ledger.refuses("RoleMissing", "Valuations.challenge", who, tree=tree)
            assert values["needed"] == role_bits("BANK")
        for who in ("farmer", "bank"):
            mark = ledger.snapshot()
            ledger.act("Valuations.challenge", who, tree=tree)
            ledger.revert(mark)


class TestPost:
    def test_states_what_a_tree_is_worth(self, ledger: Ledger) -> None:
        tree = tree_at(ledger, "REGISTERED")
        assert stands(ledger, tree) == NONE
        assert counts(ledger, tree) == 0
        instant = ledger.now
        found = {**FIGURES, "collateral": COLLATERAL, "asOf": instant, "state": "CURRENT"}
        happened = ledger.act("Valuations.post", "appraiser", **posting(ledger, tree))
        appraiser = ledger.ids["appraiser"]
        assert happened == [
            event("Valuations.Valued", tree=tree, **found, appraiser=appraiser, model=MODEL, inputs=INPUTS)
        ]
        assert stands(ledger, tree) == found | {"appraiser": appraiser}
        assert counts(ledger, tree) == COLLATERAL
        assert not ledger.view("Valuations.isStale", tree)

    def test_keeps_the_largest_figures_apart(self, ledger: Ledger) -> None:
        tree, most = tree_at(ledger, "REGISTERED"), 2**48 - 1
        stress = most * 3 // 5
        figures = {"value": most, "stress": stress, "confidence": 9_500}
        ledger.act("Valuations.post", "appraiser", **posting(ledger, tree, **figures))
        found = stands(ledger, tree)
        assert found | figures == found
        assert (found["collateral"], found["state"]) == (0, "AWAITING_SECOND")
        ledger.wait(DAY)
        ledger.act("Valuations.appraiseAgain", "second appraiser", **posting(ledger, tree, **figures))
        found = stands(ledger, tree)
        assert found | figures == found
        assert found["collateral"] == stress * 95 // 100

    def test_of_no_tree_says_so(self, ledger: Ledger) -> None:
        assert ledger.refuses("NoSuchTree", "Valuations.post", "appraiser", **posting(ledger, 7)) == {"tree": 7}
        assert counts(ledger, 7) == 0
        assert not ledger.view("Valuations.isStale", 7)

    @pytest.mark.parametrize("title", ["FILED", "SURVEYED", "NOTICE", "DISPUTED", "REJECTED"])
    def test_waits_for_the_register(self, ledger: Ledger, title: str) -> None:
        tree = tree_at(ledger, title)
        values = ledger.refuses("TitleNotReady", "Valuations.post", "appraiser", **posting(ledger, tree))
        assert values == {"tree": tree, "title": title, "needed": "REGISTERED"}

    @pytest.mark.parametrize("life", ["REPORTED_DEAD", "DEAD", "LOST"])
    def test_is_of_a_living_tree(self, ledger: Ledger, life: str) -> None:
        tree = tree_at(ledger, "REGISTERED", life)
        values = ledger.refuses("LifeNotReady", "Valuations.post", "appraiser", **posting(ledger, tree))
        assert values == {"tree": tree, "life": life, "needed": "ALIVE"}

    def test_is_not_the_owners(self, ledger: Ledger) -> None:
        number = ledger.enrol("owner", "FARMER", "APPRAISER")
        tree = tree_at(ledger, "REGISTERED", owner="owner")
        values = ledger.refuses("AppraiserIsOwner", "Valuations.post", "owner", **posting(ledger, tree))
        assert values == {"tree": tree, "party": number}
        valued(ledger, "AWAITING_SECOND", tree)
        ledger.wait(DAY)
        message = posting(ledger, tree, **LARGE)
        ledger.refuses("AppraiserIsOwner", "Valuations.appraiseAgain", "owner", **message)
        ledger.act("Valuations.challenge", "bank", tree=tree)
        ledger.refuses("AppraiserIsOwner", "Valuations.settle", "owner", **message)

    @pytest.mark.parametrize("field_name", ["model", "inputs"])
    def test_names_its_model_and_inputs(self, ledger: Ledger, field_name: str) -> None:
        tree = valued(ledger, "CURRENT")
        nothing = {field_name: "0x" + "00" * 32}
        for key, message in (
            ("Valuations.post", posting(ledger, tree, **nothing)),
            ("Valuations.postMany", lot(ledger, [tree], **nothing)),
        ):
            assert ledger.refuses("ValuationIncomplete", key, "appraiser", **message) == {"field": field_name}

    def test_is_of_the_last_thirty_days_and_newer_than_the_last(self, ledger: Ledger) -> None:
        tree = tree_at(ledger, "REGISTERED")
        now = ledger.now
        for wrong in (now + 1, now - 30 * DAY - 1):
            values = ledger.refuses("DateUnfit", "Valuations.post", "appraiser", **posting(ledger, tree, asOf=wrong))
            assert values == {"tree": tree, "asOf": wrong, "earliest": now - 30 * DAY, "latest": now}
        ledger.act("Valuations.post", "appraiser", **posting(ledger, tree, asOf=now - 30 * DAY))
        again = posting(ledger, tree, asOf=now - 30 * DAY)
        values = ledger.refuses("DateUnfit", "Valuations.post", "appraiser", **again)
        assert values["earliest"] == now - 30 * DAY + 1

    def test_holds_figures_to_what_the_model_allows(self, ledger: Ledger) -> None:
        tree = tree_at(ledger, "REGISTERED")
        most = FIGURES["value"] * 3 // 5
        values = ledger.refuses("StressUnfit", "Valuations.post", "appraiser", **posting(ledger, tree, stress=most + 1))
        assert values == {"tree": tree, "stress": most + 1, "most": most}
        sure = posting(ledger, tree, confidence=9_501)
        values = ledger.refuses("ConfidenceUnfit", "Valuations.post", "appraiser", **sure)
        assert values == {"tree": tree, "confidence": 9_501, "most": 9_500}
        ledger.act("Valuations.post", "appraiser", **posting(ledger, tree, stress=most, confidence=9_500))

    @pytest.mark.parametrize("state", ["AWAITING_SECOND", "CHALLENGED"])
    def test_does_not_pass_over_a_second_pair_of_eyes(self, ledger: Ledger, state: str) -> None:
        tree = valued(ledger, state)
        ledger.wait(DAY)
        values = ledger.refuses("ValuationNotReady", "Valuations.post", "appraiser", **posting(ledger, tree))
        assert values == {"tree": tree, "state": state, "needed": "CURRENT"}


class TestSecondAppraisal:
    def test_is_needed_above_half_a_million_yuan(self, ledger: Ledger) -> None:
        for value, state in ((50_000_000, "CURRENT"), (50_000_001, "AWAITING_SECOND")):
            mark = ledger.snapshot()
            tree = tree_at(ledger, "REGISTERED")
            ledger.act("Valuations.post", "appraiser", **posting(ledger, tree, value=value, stress=30_000_000))
            assert stands(ledger, tree)["state"] == state
            assert counts(ledger, tree) == (25_500_000 if state == "CURRENT" else 0)
            ledger.revert(mark)

    @pytest.mark.parametrize("up", [True, False])
    def test_is_needed_when_a_value_moves_by_more_than_a_fifth(self, ledger: Ledger, up: bool) -> None:
        tree = valued(ledger, "CURRENT", value=10_000_000, stress=4_000_000)
        ledger.wait(60 * DAY)
        edge = 12_000_000 if up else 8_000_000
        for value, state in ((edge, "CURRENT"), (edge + (1 if up else -1), "AWAITING_SECOND")):
            mark = ledger.snapshot()
            message = posting(ledger, tree, value=value, stress=4_200_000 if up else 3_000_000)
            ledger.act("Valuations.post", "appraiser", **message)
            assert stands(ledger, tree)["state"] == state
            # the lower counts until somebody else has looked
            full = (4_200_000 if up else 3_000_000) * 85 // 100
            assert counts(ledger, tree) == (full if state == "CURRENT" else min(3_400_000, full))
            ledger.revert(mark)

    def test_is_not_asked_of_a_change_from_what_is_too_old_to_count(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT")
        ledger.wait(YEAR + DAY)
        ledger.act("Valuations.post", "appraiser", **posting(ledger, tree, **scaled(2)))
        assert stands(ledger, tree)["state"] == "CURRENT"
        assert counts(ledger, tree) == int(FIGURES["stress"] * 2) * 85 // 100

    def test_confirms_what_it_is_near_to(self, ledger: Ledger) -> None:
        tree = valued(ledger, "AWAITING_SECOND")
        ledger.wait(DAY)
        near = posting(ledger, tree, **{**LARGE, "confidence": 9_000})
        (happened,) = ledger.act("Valuations.appraiseAgain", "second appraiser", **near)
        assert happened.args["state"] == "CURRENT"
        assert happened.args["appraiser"] == ledger.ids["second appraiser"]
        assert counts(ledger, tree) == 27_000_000

    def test_that_is_far_off_waits_for_yet_another(self, ledger: Ledger) -> None:
        tree = valued(ledger, "AWAITING_SECOND")
        ledger.wait(DAY)
        half = posting(ledger, tree, value=25_000_000, stress=15_000_000)
        ledger.act("Valuations.appraiseAgain", "second appraiser", **half)
        assert stands(ledger, tree)["state"] == "AWAITING_SECOND"
        assert counts(ledger, tree) == 0
        ledger.wait(DAY)
        third = posting(ledger, tree, value=27_000_000, stress=15_000_000)
        ledger.refuses("SameAppraiser", "Valuations.appraiseAgain", "second appraiser", **third)
        ledger.act("Valuations.appraiseAgain", "third appraiser", **third)
        assert stands(ledger, tree)["state"] == "CURRENT"
        assert counts(ledger, tree) == 15_000_000 * 85 // 100

    def test_lifts_what_one_appraiser_may_not_raise_alone(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT", confidence=5_000)
        ledger.wait(DAY)
        ledger.act("Valuations.post", "appraiser", **posting(ledger, tree))
        before = FIGURES["stress"] // 2
        assert counts(ledger, tree) == before + before // 300
        ledger.wait(DAY)
        ledger.act("Valuations.appraiseAgain", "second appraiser", **posting(ledger, tree))
        assert counts(ledger, tree) == COLLATERAL

    def test_is_another_appraisers(self, ledger: Ledger) -> None:
        tree = valued(ledger, "AWAITING_SECOND")
        ledger.wait(DAY)
        message = posting(ledger, tree, **LARGE)
        values = ledger.refuses("SameAppraiser", "Valuations.appraiseAgain", "appraiser", **message)
        assert values == {"tree": tree, "party": ledger.ids["appraiser"]}

    @pytest.mark.parametrize("state", ["NONE", "CHALLENGED"])
    def test_is_of_a_valuation_that_stands(self, ledger: Ledger, state: str) -> None:
        tree = valued(ledger, state)
        ledger.wait(DAY)
        message = posting(ledger, tree)
        values = ledger.refuses("ValuationNotReady", "Valuations.appraiseAgain", "second appraiser", **message)
        assert values == {"tree": tree, "state": state, "needed": "AWAITING_SECOND"}


class TestCap:
    def test_lets_collateral_rise_by_a_tenth_in_thirty_days_however_often_it_is_posted(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT", value=10_000_000, stress=4_000_000, confidence=5_000)
        began = stands(ledger, tree)["asOf"]
        for _ in range(10):
            ledger.wait(began + 3 * DAY - ledger.now)
            began = ledger.now
            ledger.act("Valuations.post", "appraiser", **posting(ledger, tree, value=11_000_000, stress=6_000_000))
        risen = counts(ledger, tree)
        assert 2_200_000 <= risen <= 2_000_000 * 1.01**10

    def test_does_not_hold_a_fall(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT")
        ledger.wait(DAY)
        lower = scaled(0.9)
        ledger.act("Valuations.post", "appraiser", **posting(ledger, tree, **lower))
        assert counts(ledger, tree) == lower["stress"] * 85 // 100


class TestPostMany:
    def test_values_many_trees_at_once_each_with_its_event(self, ledger: Ledger) -> None:
        trees = many(ledger, 3)
        message = lot(ledger, trees)
        instant = ledger.now
        happened = ledger.act("Valuations.postMany", "appraiser", **message)
        assert [one.args["tree"] for one in happened] == trees
        for number, tree in enumerate(trees):
            value = FIGURES["value"] + number
            found = stands(ledger, tree)
            assert (found["value"], found["asOf"], found["state"]) == (value, instant, "CURRENT")
            assert counts(ledger, tree) == value * 3 // 5 * 85 // 100

    def test_is_all_or_none(self, ledger: Ledger) -> None:
        trees = many(ledger, 2)
        message = lot(ledger, [*trees, trees[0]])
        values = ledger.refuses("DateUnfit", "Valuations.postMany", "appraiser", **message)
        assert values["tree"] == trees[0], "the same tree twice"
        assert stands(ledger, trees[1]) == NONE

    @pytest.mark.parametrize("count", [0, 201])
    def test_takes_one_to_two_hundred(self, ledger: Ledger, count: int) -> None:
        message = lot(ledger, list(range(count)))
        values = ledger.refuses("CasesUnfit", "Valuations.postMany", "appraiser", **message)
        assert values == {"given": count, "most": 200}

    @pytest.mark.parametrize("short", ["values", "stresses", "confidences"])
    def test_wants_every_figure(self, ledger: Ledger, short: str) -> None:
        message = lot(ledger, [1, 2])
        message[short] = message[short][:1]
        ledger.refuses("CasesUnfit", "Valuations.postMany", "appraiser", **message)


class TestChallenge:
    @pytest.mark.parametrize("state", ["CURRENT", "AWAITING_SECOND"])
    def test_suspends_the_valuation_for_ten_working_days(self, ledger: Ledger, state: str) -> None:
        tree = valued(ledger, state)
        answer_by = ledger.view("Calendar.endOfWorkingDays", ledger.now, 10)
        (happened,) = ledger.act("Valuations.challenge", "bank", tree=tree)
        bank = ledger.ids["bank"]
        assert happened == event(
            "Valuations.ChallengeChanged",
            tree=tree,
            actor=bank,
            state="CHALLENGED",
            challenger=bank,
            answerBy=answer_by,
            evidence=ledger.evidence,
        )
        assert ledger.view("Valuations.challengeOf", tree) == {"challenger": bank, "answerBy": answer_by}
        assert counts(ledger, tree) == 0

    @pytest.mark.parametrize("state", ["NONE", "CHALLENGED"])
    def test_is_of_a_valuation_that_stands(self, ledger: Ledger, state: str) -> None:
        tree = valued(ledger, state)
        values = ledger.refuses("ValuationNotReady", "Valuations.challenge", "bank", tree=tree)
        assert values == {"tree": tree, "state": state, "needed": "CURRENT"}

    def test_of_no_tree_says_so(self, ledger: Ledger) -> None:
        ledger.refuses("NoSuchTree", "Valuations.challenge", "bank", tree=7)

    def test_and_its_answer_rest_on_live_evidence(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT")
        ledger.refuses("EvidenceUnknown", "Valuations.challenge", "bank", tree=tree, evidence="0x" + "99" * 32)
        ledger.act("Valuations.challenge", "bank", tree=tree)
        ledger.wait(DAY)
        message = posting(ledger, tree, evidence="0x" + "99" * 32)
        ledger.refuses("EvidenceUnknown", "Valuations.settle", "second appraiser", **message)


class TestSettle:
    def test_puts_independent_figures_in_force(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CHALLENGED")
        ledger.wait(DAY)
        lower = scaled(0.5)
        happened = ledger.act("Valuations.settle", "second appraiser", **posting(ledger, tree, **lower))
        assert [one.name for one in happened] == ["Valued", "ChallengeChanged"]
        assert happened[1].args["challenger"] == happened[1].args["answerBy"] == 0
        assert ledger.view("Valuations.challengeOf", tree) == {"challenger": 0, "answerBy": 0}
        found = stands(ledger, tree)
        assert (found["state"], found["appraiser"]) == ("CURRENT", ledger.ids["second appraiser"])
        assert counts(ledger, tree) == lower["stress"] * 85 // 100

    def test_is_for_neither_the_appraiser_nor_the_challenger(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT")
        both = ledger.enrol("lender", "BANK", "APPRAISER")
        ledger.act("Valuations.challenge", "lender", tree=tree)
        ledger.wait(DAY)
        message = posting(ledger, tree)
        ledger.refuses("SameAppraiser", "Valuations.settle", "appraiser", **message)
        values = ledger.refuses("ChallengerCannotSettle", "Valuations.settle", "lender", **message)
        assert values == {"tree": tree, "party": both}

    @pytest.mark.parametrize("state", ["NONE", "CURRENT", "AWAITING_SECOND"])
    def test_is_of_a_challenge(self, ledger: Ledger, state: str) -> None:
        tree = valued(ledger, state)
        ledger.wait(DAY)
        values = ledger.refuses("ValuationNotReady", "Valuations.settle", "second appraiser", **posting(ledger, tree))
        assert values == {"tree": tree, "state": state, "needed": "CHALLENGED"}


class TestCollateral:
    def test_05_counts_for_nothing_while_a_death_is_reported_and_never_after_it(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT")
        ledger.act("Trees.reportDeath", "farmer", tree=tree)
        assert counts(ledger, tree) == 0
        for finding, worth in (("ALIVE", COLLATERAL), ("DEAD", 0), ("LOST", 0)):
            mark = ledger.snapshot()
            ledger.act("Trees.concludeDeathReport", "forestry", tree=tree, finding=finding)
            assert counts(ledger, tree) == worth
            ledger.revert(mark)

    def test_of_title_class_c_is_nothing(self, ledger: Ledger) -> None:
        from tests.contracts.groves import CERTIFICATE, FILING, NOTICE, SURVEY, tree_id

        tree = tree_id("CA-WITNESSED")
        ledger.act("Trees.file", "farmer", **(FILING | {"tag": "CA-WITNESSED", "titleClass": "C"}))
        ledger.act("Trees.survey", "surveyor", tree=tree, **SURVEY)
        ledger.act("Trees.postNotice", "village", tree=tree)
        ledger.wait(NOTICE)
        ledger.act("Trees.register", "agri", tree=tree, certificate=CERTIFICATE)
        valued(ledger, "CURRENT", tree)
        assert stands(ledger, tree)["collateral"] == COLLATERAL
        assert counts(ledger, tree) == 0

    def test_of_ones_own_appraisal_is_nothing(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT")
        owner = {"tree": tree, "to": ledger.ids["appraiser"]}
        ledger.act("Trees.recordTransfer", "registry", basis="COURT_SALE", receipt="0x" + "2e" * 32, **owner)
        assert counts(ledger, tree) == 0

    def test_grows_stale_and_ends(self, ledger: Ledger) -> None:
        tree = valued(ledger, "CURRENT")
        as_of = stands(ledger, tree)["asOf"]
        for seconds, stale, worth in (
            (180 * DAY, False, COLLATERAL),
            (180 * DAY + 1, True, COLLATERAL),
            (YEAR, True, COLLATERAL),
            (YEAR + 1, True, 0),
        ):
            ledger.wait(as_of + seconds - ledger.now)
            assert (ledger.view("Valuations.isStale", tree), counts(ledger, tree)) == (stale, worth)


def test_each_act_in_each_state_succeeds_or_names_the_rule_it_breaks(ledger: Ledger) -> None:
    """No order of acts skips a state."""
    fits = {
        "post": ("NONE", "CURRENT"),
        "appraiseAgain": ("CURRENT", "AWAITING_SECOND"),
        "challenge": ("CURRENT", "AWAITING_SECOND"),
        "settle": ("CHALLENGED",),
    }
    mark = ledger.snapshot()
    for state in STATES:
        tree = valued(ledger, state)
        ledger.wait(DAY)
        for function, states in fits.items():
            key = f"Valuations.{function}"
            figures = LARGE if state == "AWAITING_SECOND" else {}
            message = {"tree": tree} if function == "challenge" else posting(ledger, tree, **figures)
            who = "bank" if function == "challenge" else "second appraiser"
            if state in states:
                within = ledger.snapshot()
                ledger.act(key, who, **message)
                expected = "CHALLENGED" if function == "challenge" else "CURRENT"
                assert stands(ledger, tree)["state"] == expected
                ledger.revert(within)
            else:
                assert ledger.refuses("ValuationNotReady", key, who, **message)["state"] == state
        ledger.revert(mark)
        mark = ledger.snapshot()


@dataclass
class Model:
    """The rules of `domain.md` §2.1 and §7.1 for one tree, written from the words."""

    value: int = 0
    collateral: int = 0
    as_of: int = 0
    by: str = ""
    state: str = "NONE"

    def post(self, who: str, value: int, as_of: int, full: int) -> None:
        """One appraiser's figures."""
        live = self.state == "CURRENT" and as_of - self.as_of <= YEAR
        if value > 50_000_000 or (live and abs(value - self.value) > self.value / 5):
            self._set(who, value, as_of, "AWAITING_SECOND", min(self.collateral, full) if live else 0)
        else:
            limit = self.collateral + self.collateral * (as_of - self.as_of) // (300 * DAY)
            self._set(who, value, as_of, "CURRENT", min(limit, full) if live else full)

    def look_again(self, who: str, value: int, as_of: int, full: int) -> None:
        """Another appraiser's figures."""
        if abs(value - self.value) > self.value / 5:
            self._set(who, value, as_of, "AWAITING_SECOND", min(self.collateral, full))
        else:
            self.settle(who, value, as_of, full)

    def settle(self, who: str, value: int, as_of: int, full: int) -> None:
        """Figures that end a doubt."""
        self._set(who, value, as_of, "CURRENT", full)

    def _set(self, who: str, value: int, as_of: int, state: str, collateral: int) -> None:
        self.by, self.value, self.as_of, self.state, self.collateral = who, value, as_of, state, collateral


def test_any_order_of_acts_follows_the_rules_and_its_events_tell_the_storage(ledger: Ledger) -> None:
    """The first appraiser posts, the others look again; owner and bank challenge; time passes."""

    class Valuing(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.mark = ledger.snapshot()
            self.model, self.events = Model(), list[Event]()
            self.tree = tree_at(ledger, "REGISTERED")

        def teardown(self) -> None:
            if hasattr(self, "mark"):
                ledger.revert(self.mark)

        def figures(self, value: int, confidence: int) -> dict[str, Any]:
            message = posting(ledger, self.tree, value=value, stress=value // 2, confidence=confidence)
            self.said = (value, message["asOf"], value // 2 * confidence // 10_000)
            return message

        def check(self, happened: list[Event]) -> None:
            self.events += happened
            found = stands(ledger, self.tree)
            model = self.model
            assert (found["value"], found["collateral"], found["asOf"], found["state"]) == (
                model.value,
                model.collateral,
                model.as_of,
                model.state,
            )
            assert found["appraiser"] == ledger.ids[model.by]
            folded: dict[str, Any] = dict(NONE) | {"challenger": 0, "answerBy": 0}
            for one in self.events:
                folded |= {name: value for name, value in one.args.items() if name in folded}
            challenge = ledger.view("Valuations.challengeOf", self.tree)
            assert folded == found | challenge
            assert counts(ledger, self.tree) <= found["stress"]

        @precondition(lambda self: self.model.state in ("NONE", "CURRENT"))
        @rule(value=st.integers(1, 60_000_000), confidence=st.integers(4_000, 9_500))
        def post(self, value: int, confidence: int) -> None:
            if self.model.state == "CURRENT" and value % 2:
                value = max(self.model.value * (80 + value % 41) // 100, 1)  # half of them near the last
            happened = ledger.act("Valuations.post", "appraiser", **self.figures(value, confidence))
            self.model.post("appraiser", *self.said)
            self.check(happened)

        @precondition(lambda self: self.model.state in ("CURRENT", "AWAITING_SECOND"))
        @rule(who=st.sampled_from(APPRAISERS[1:]), percent=st.integers(60, 140), confidence=st.integers(4_000, 9_500))
        def look_again(self, who: str, percent: int, confidence: int) -> None:
            message = self.figures(self.model.value * percent // 100, confidence)
            if who == self.model.by:
                ledger.refuses("SameAppraiser", "Valuations.appraiseAgain", who, **message)
                return
            happened = ledger.act("Valuations.appraiseAgain", who, **message)
            self.model.look_again(who, *self.said)
            self.check(happened)

        @precondition(lambda self: self.model.state in ("CURRENT", "AWAITING_SECOND"))
        @rule(who=st.sampled_from(["farmer", "bank"]))
        def challenge(self, who: str) -> None:
            happened = ledger.act("Valuations.challenge", who, tree=self.tree)
            self.model.state = "CHALLENGED"
            self.check(happened)
            assert counts(ledger, self.tree) == 0

        @precondition(lambda self: self.model.state == "CHALLENGED")
        @rule(value=st.integers(1, 60_000_000), who=st.sampled_from(APPRAISERS))
        def settle(self, value: int, who: str) -> None:
            message = self.figures(value, 9_000)
            if who == self.model.by:
                ledger.refuses("SameAppraiser", "Valuations.settle", who, **message)
                return
            happened = ledger.act("Valuations.settle", who, **message)
            self.model.settle(who, *self.said)
            self.check(happened)

        @rule(days=st.sampled_from([1, 20, 100, 366]))
        def wait(self, days: int) -> None:
            ledger.wait(days * DAY)

    run_state_machine_as_test(
        Valuing,
        settings=settings(
            max_examples=5, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
