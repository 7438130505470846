"""No sequence of acts makes weight: a random life of batches against a model, storage, and the fold of events.

The model is written from `domain.md` 2.2 alone. After every act each batch must balance to the gram:
weight = Σ holdings + processed + coded + consumed; all tea weighs at most its leaf ÷ 3.8; leaf stays under its cap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chain.refusals import ActRefused
from tests.contracts.harvests import ROOT, YEAR, made, tree_in_season
from tests.contracts.ledger import Event, Ledger

PEOPLE = ("farmer", "neighbour", "firm", "other firm")
POTENTIAL = 1_000
CAP = 6_500

weights = st.sampled_from((1, 37, 38, 500, 1_900, 3_800, 6_500))
people = st.sampled_from(PEOPLE)
firms = st.sampled_from(PEOPLE[1:])
some = st.integers(0, 10_000)
"""Picks one of what there is, by remainder."""


@dataclass
class Part:
    """A batch as the rules see it."""

    weight: int
    leaf: bool
    held: bool = False
    rejected: bool = False
    failed: bool = False
    passed: bool = False
    recalled: bool = False
    processed: int = 0
    coded: int = 0
    consumed: int = 0
    holdings: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def grown(self) -> bool:
        return not (self.held or self.rejected)

    @property
    def usable(self) -> bool:
        return self.grown and not self.failed and not self.recalled


@dataclass
class Deal:
    """A sale or a lot of codes."""

    batch: int
    who: str
    weight: int
    buyer: str = ""
    state: str = "OPEN"


class Folded:
    """What the events say, by their words in `IBatches`."""

    def __init__(self) -> None:
        self.batches: dict[int, dict[str, Any]] = {}
        self.holdings: dict[tuple[int, int], int] = {}
        self.picked: dict[int, int] = {}

    def take(self, each: Event) -> None:
        args = each.args
        match each.name:
            case "LeafPicked":
                self.batches[args["batch"]] = {"weight": args["weight"], "state": args["state"]}
            case "TeaMade":
                self.batches[args["batch"]] = {"weight": args["weight"], "state": "TEA"}
            case "PickDecided":
                self.batches[args["batch"]]["state"] = args["state"]
            case "WeightUsed":
                used = {name: args[name] for name in ("processed", "coded", "consumed")}
                self.batches[args["batch"]] |= used
            case "BatchInspected":
                self.batches[args["batch"]]["quality"] = args["quality"]
            case "BatchRecalled":
                self.batches[args["batch"]]["recalled"] = args["recalled"]
            case "HoldingChanged":
                self.holdings[args["batch"], args["party"]] = args["weight"]
            case "SeasonPicked":
                self.picked[args["tree"]] = args["picked"]


class Life(RuleBasedStateMachine):
    """Batches of two trees among four parties."""

    ledger: Ledger

    def __init__(self) -> None:
        super().__init__()
        self.mark = self.ledger.snapshot()
        self.parts: dict[int, Part] = {}
        self.sales: dict[int, Deal] = {}
        self.lots: dict[int, Deal] = {}
        self.picked: dict[str, int] = {"farmer": 0, "neighbour": 0}
        self.leaf_used = self.tea_made = self.tea_used = 0
        self.tree: dict[str, int] = {}
        self.first_block = 0

    def teardown(self) -> None:
        if self.tree:
            self.the_events_say_what_is_stored()
        self.ledger.revert(self.mark)

    @initialize()
    def trees(self) -> None:
        self.tree = {who: tree_in_season(self.ledger, f"CA-{who}", who, POTENTIAL) for who in self.picked}
        self.first_block = int(self.ledger.rpc.call("eth_blockNumber"), 16)
        for who in self.tree:
            self.pick(who, 3_800)
            self.make(who, [0], 3, 0)
        for number, part in self.parts.items():
            if not part.leaf:
                self.ledger.act("Batches.inspect", "inspector", batch=number, passed=True)
                part.passed = True
                self._offer(number, max(part.holdings, key=part.holdings.__getitem__), "firm", 500)
        for sale in range(2):
            self.confirm(sale)
        for number, part in list(self.parts.items()):
            if not part.leaf:
                self._request(number, "firm", 4, 50)
        self.review(0, True)

    def _try(self, allowed: bool, act: Callable[[], Any]) -> Any:
        """The act is accepted exactly when the model allows it."""
        try:
            done = act()
        except ActRefused as refused:
            assert not allowed, refused
            return None
        assert allowed, "the contract accepted what the rules forbid"
        return done

    def _one(self, choice: int, who: str | None = None) -> tuple[int, Part]:
        """Some batch; mostly one that `who` holds."""
        held = [number for number in sorted(self.parts) if who and choice % 4 and self.parts[number].holdings[who]]
        known = held or sorted(self.parts)
        return known[choice % len(known)], self.parts[known[choice % len(known)]]

    @rule(who=st.sampled_from(("farmer", "neighbour")), weight=weights)
    def pick(self, who: str, weight: int) -> None:
        number = made(self.ledger, "Batches.pick", who, tree=self.tree[who], season=YEAR, weight=weight)
        held = self.picked[who] + weight > CAP
        self.parts[number] = Part(weight, leaf=True, held=held)
        if not held:
            self._count(number, who)

    def _count(self, number: int, who: str) -> None:
        self.picked[who] += self.parts[number].weight
        self.parts[number].holdings[who] = self.parts[number].weight

    @rule(choice=some, released=st.booleans())
    def decide(self, choice: int, released: bool) -> None:
        number, part = self._one(choice)
        act = lambda: self.ledger.act("Batches.decidePick", "auditor", batch=number, released=released)  # noqa: E731
        if self._try(part.held, act) is None:
            return
        part.held, part.rejected = False, not released
        if released:
            owner = self.ledger.view("Batches.batch", number)["origin"]
            self._count(number, next(who for who, tree in self.tree.items() if tree == owner))

    @rule(who=people, choices=st.lists(some, min_size=1, max_size=3), share=st.integers(1, 3), gain=st.integers(-1, 1))
    def make(self, who: str, choices: list[int], share: int, gain: int) -> None:
        """Of a third, two thirds or all that one holds; one gram too much, just enough, or one less."""
        parents = sorted({self._one(choice + 1, who)[0] for choice in choices})
        given = [self.parts[one].holdings[who] * share // 3 for one in parents]
        leaf = sum(weight for one, weight in zip(parents, given, strict=True) if self.parts[one].leaf)
        old = sum(given) - leaf
        weight = max(leaf * 10 // 38 + old + gain, 0)
        allowed = all(self.parts[one].usable for one in parents) and all(given)
        allowed = allowed and 0 < weight <= leaf * 10 // 38 + old
        fields = {"parents": parents, "weights": given, "weight": weight}
        number = self._try(allowed, lambda: made(self.ledger, "Batches.make", who, **fields))
        if number is None:
            return
        for one, used in zip(parents, given, strict=True):
            self.parts[one].holdings[who] -= used
            self.parts[one].processed += used
        self.parts[number] = Part(weight, leaf=False, holdings=defaultdict(int, {who: weight}))
        self.leaf_used += leaf
        self.tea_used += old
        self.tea_made += weight

    @rule(choice=some, good=st.booleans())
    def inspect(self, choice: int, good: bool) -> None:
        number, part = self._one(choice)
        act = lambda: self.ledger.act("Batches.inspect", "inspector", batch=number, passed=good)  # noqa: E731
        if self._try(part.grown and not part.recalled, act) is not None:
            part.passed, part.failed = good, not good

    @rule(choice=some)
    def recall(self, choice: int) -> None:
        if choice % 3:  # seldom, or soon nothing can be done
            return
        number, part = self._one(choice)
        act = lambda: self.ledger.act("Batches.recall", "agri", batches=[number])  # noqa: E731
        if self._try(part.grown and not part.recalled, act) is not None:
            part.recalled = True

    @rule(choice=some, who=people, weight=weights)
    def consume(self, choice: int, who: str, weight: int) -> None:
        number, part = self._one(choice, who)
        act = lambda: self.ledger.act("Batches.consume", who, batch=number, weight=weight)  # noqa: E731
        if self._try(part.grown and weight <= part.holdings[who], act) is not None:
            part.holdings[who] -= weight
            part.consumed += weight

    @rule(choice=some, seller=people, buyer=people, weight=weights)
    def offer(self, choice: int, seller: str, buyer: str, weight: int) -> None:
        self._offer(self._one(choice, seller)[0], seller, buyer, weight)

    def _offer(self, number: int, seller: str, buyer: str, weight: int) -> None:
        part = self.parts[number]
        fields = {"batch": number, "buyer": self.ledger.ids[buyer], "weight": weight, "ordinaryCourse": True}
        allowed = part.usable and seller != buyer and weight <= part.holdings[seller]
        sale = self._try(allowed, lambda: made(self.ledger, "Batches.offerSale", seller, **fields))
        if sale is not None:
            self.sales[sale] = Deal(number, seller, weight, buyer)

    @rule(choice=some)
    def confirm(self, choice: int) -> None:
        if not self.sales:
            return
        sale = sorted(self.sales)[choice % len(self.sales)]
        deal = self.sales[sale]
        part = self.parts[deal.batch]
        allowed = deal.state == "OPEN" and part.usable and deal.weight <= part.holdings[deal.who]
        if self._try(allowed, lambda: self.ledger.act("Batches.confirmSale", deal.buyer, sale=sale)) is not None:
            deal.state = "CONFIRMED"
            part.holdings[deal.who] -= deal.weight
            part.holdings[deal.buyer] += deal.weight

    @rule(choice=some, who=firms, count=st.integers(0, 20), unit=st.sampled_from((1, 50, 250)))
    def request(self, choice: int, who: str, count: int, unit: int) -> None:
        self._request(self._one(choice, who)[0], who, count, unit)

    def _request(self, number: int, who: str, count: int, unit: int) -> None:
        part = self.parts[number]
        fields = {"batch": number, "count": count, "unitWeight": unit, "indicated": False}
        allowed = "firm" in who and part.usable and not part.leaf and part.passed
        allowed = allowed and 0 < count * unit <= part.holdings[who]
        lot = self._try(allowed, lambda: made(self.ledger, "Batches.requestCodes", who, **fields))
        if lot is not None:
            part.holdings[who] -= count * unit
            part.coded += count * unit
            self.lots[lot] = Deal(number, who, count * unit)

    @rule(choice=some, approved=st.booleans())
    def review(self, choice: int, approved: bool) -> None:
        if not self.lots:
            return
        lot = sorted(self.lots)[choice % len(self.lots)]
        deal = self.lots[lot]
        act = lambda: self.ledger.act("Batches.reviewCodes", "operator", lot=lot, approved=approved)  # noqa: E731
        if self._try(deal.state == "OPEN", act) is None:
            return
        deal.state = "APPROVED" if approved else "REJECTED"
        if not approved:
            self.parts[deal.batch].holdings[deal.who] += deal.weight
            self.parts[deal.batch].coded -= deal.weight

    @rule(choice=some)
    def issue(self, choice: int) -> None:
        if not self.lots:
            return
        lot = sorted(self.lots)[choice % len(self.lots)]
        deal = self.lots[lot]
        allowed = deal.state == "APPROVED" and self.parts[deal.batch].usable
        if self._try(allowed, lambda: self.ledger.act("Batches.issueCodes", deal.who, lot=lot, root=ROOT)) is not None:
            deal.state = "ISSUED"

    @invariant()
    def every_batch_balances_in_model_and_storage(self) -> None:
        for number, part in self.parts.items():
            stored = self.ledger.view("Batches.batch", number)
            held = {who: self.ledger.view("Batches.holding", number, self.ledger.ids[who]) for who in PEOPLE}
            assert held == {who: part.holdings[who] for who in PEOPLE}
            assert (stored["processed"], stored["coded"], stored["consumed"]) == (
                part.processed,
                part.coded,
                part.consumed,
            )
            left = stored["processed"] + stored["coded"] + stored["consumed"]
            assert sum(held.values()) + left == (stored["weight"] if part.grown else 0)

    @invariant()
    def no_tea_is_made_of_nothing(self) -> None:
        assert (self.tea_made - self.tea_used) * 38 <= self.leaf_used * 10

    @invariant()
    def leaf_counts_against_the_cap(self) -> None:
        for who, tree in self.tree.items():
            assert self.ledger.view("Batches.season", tree, YEAR)["picked"] == self.picked[who]

    def the_events_say_what_is_stored(self) -> None:
        address = self.ledger.deployment.address("Batches")
        since = hex(self.first_block + 1)
        logs = self.ledger.rpc.call("eth_getLogs", {"fromBlock": since, "toBlock": "latest", "address": address})
        folded = Folded()
        for log in logs:
            folded.take(self.ledger.event(log))
        assert folded.batches.keys() == self.parts.keys()
        for number, said in folded.batches.items():
            stored = self.ledger.view("Batches.batch", number)
            assert said == {name: stored[name] for name in said}
        for (number, party), weight in folded.holdings.items():
            assert self.ledger.view("Batches.holding", number, party) == weight
        for tree, picked in folded.picked.items():
            assert self.ledger.view("Batches.season", tree, YEAR)["picked"] == picked


def test_no_sequence_of_acts_makes_weight(ledger: Ledger) -> None:
    Bound = type("Bound", (Life,), {"ledger": ledger})
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=12,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
