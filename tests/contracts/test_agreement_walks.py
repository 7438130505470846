"""No order of acts breaks what must always hold: mass, money, stages, and that the events tell everything.

The model knows nothing of the contracts but what their manuals say: who may do what when, and what it does to weights
and money.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chain.refusals import ActRefused
from tests.contracts.deals import DEPOSIT, QUANTITY, TERMS, UNIT_PRICE, deal, offer, receipt
from tests.contracts.ledger import DAY, Event, Ledger

ORDER = ("OFFERED", "SIGNED", "ACTIVE", "ACCEPTED", "SETTLED", "CLOSED")
ASIDE = {"WITHDRAWN": {"OFFERED"}, "LAPSED": {"SIGNED"}, "CLOSED": {"SIGNED", "ACTIVE", "ACCEPTED", "SETTLED"}}
ASIDE["SETTLED"] = {"SIGNED", "ACTIVE", "ACCEPTED", "SETTLED"}
SIDES = ("farmer", "firm")
GRAMS = st.integers(0, QUANTITY // 2 + 1)
FEN = st.integers(0, QUANTITY * UNIT_PRICE // 1000)


class Walk(RuleBasedStateMachine):
    """One agreement; acts that mostly fit, by those who mostly may."""

    ledger: Ledger

    @initialize(deposit=st.sampled_from([0, DEPOSIT]))
    def offered(self, deposit: int) -> None:
        self.mark = self.ledger.snapshot()
        signed = self.ledger.sign("Agreements.offer", "farmer", **offer(self.ledger, deposit=deposit))
        self.agreement = int(signed.id, 16)
        self.stage, self.folded = "NONE", dict[str, Any]()
        self.parts: dict[int, dict[str, Any]] = {0: {}, 1: {}}
        self.money = {"deposit": 0, "paid": 0, "refunded": 0, "awards": 0}
        self._take(self.ledger.relay(signed).events[1:])

    def teardown(self) -> None:
        if hasattr(self, "mark"):
            self.ledger.revert(self.mark)

    def _try(self, key: str, who: str, **fields: Any) -> None:
        try:
            self._take(self.ledger.act(key, who, agreement=self.agreement, **fields))
        except ActRefused as refused:
            assert refused.code not in ("Unknown", "Panic"), refused

    def _take(self, events: list[Event]) -> None:
        for event in events:
            args = dict(event.args)
            if event.name == "AgreementOffered":
                args |= {"stage": "OFFERED", "secured": args["deposit"] != 0}
            if event.name == "DepositConfirmed":
                self.money["deposit"] += args["depositPaid"]
            if event.name == "PaymentRecorded":
                self.money["paid" if args["toSeller"] else "refunded"] += args["amount"]
            if event.name in ("DisputeChanged", "DefaultDeclared"):
                self.money["awards"] = args["adjustment"]
            if "milestone" in args:
                part = self.parts[args["milestone"]]
                part |= {
                    name: args[name] for name in ("dueAt", "quantity", "accepted", "acceptedInTime") if name in args
                }
                if event.name in ("MilestoneDelivered", "DeliveryConcluded"):
                    part["pending"] = args.get("pending", 0)
                args |= {"accepted": args.get("acceptedOverall", self.folded.get("accepted", 0))}
                args |= {"pending": args.get("pendingOverall", self.folded.get("pending", 0))}
                args["quantity"] = self.folded.get("quantity", 0)
            self.folded |= args
            self.folded.pop("dueAt", None)
            if args.get("stage") not in (None, self.stage):
                self._moved(str(args["stage"]))

    def _moved(self, stage: str) -> None:
        """No stage is skipped, whatever the order of acts."""
        before, self.stage = self.stage, stage
        if before == "NONE":
            assert stage == "OFFERED"
        elif stage in ASIDE and before in ASIDE[stage]:
            assert stage not in ("SETTLED", "CLOSED") or before in ("ACCEPTED", "SETTLED") or self._ended()
        elif stage == "ACTIVE" and before == "OFFERED":
            assert self.folded["deposit"] == 0
        else:
            assert ORDER.index(stage) == ORDER.index(before) + 1

    def _ended(self) -> bool:
        return bool(self.ledger.view("Remedies.standing", self.agreement)["ending"] != "NONE")

    @rule(days=st.sampled_from([0, 1, 4, 12, 25]))
    def wait(self, days: int) -> None:
        self.ledger.wait(days * DAY)

    @rule(who=st.sampled_from(["firm", "firm", "neighbour"]))
    def sign(self, who: str) -> None:
        self._try("Agreements.sign", who, terms=TERMS)

    @rule(amount=st.one_of(st.just(DEPOSIT), FEN))
    def deposit(self, amount: int) -> None:
        self._try("Agreements.confirmDeposit", "bank", amount=amount, receivedAt=self.ledger.now, receipt=receipt())

    @rule(milestone=st.integers(0, 1), quantity=st.one_of(st.just(QUANTITY // 2), GRAMS))
    def deliver(self, milestone: int, quantity: int) -> None:
        self._try("Agreements.deliver", "farmer", milestone=milestone, quantity=quantity)

    @rule(milestone=st.integers(0, 1), quantity=st.one_of(st.just(QUANTITY // 2), GRAMS))
    def accept(self, milestone: int, quantity: int) -> None:
        self._try("Agreements.accept", "firm", milestone=milestone, quantity=quantity)

    @rule(milestone=st.integers(0, 1), conforming=GRAMS)
    def inspect(self, milestone: int, conforming: int) -> None:
        self._try("Agreements.inspect", "inspector", milestone=milestone, conforming=conforming)

    @rule(milestone=st.integers(0, 1))
    def deem(self, milestone: int) -> None:
        self._try("Agreements.deem", "farmer", milestone=milestone)

    @rule(act=st.sampled_from(["withdraw", "lapse", "close"]), who=st.sampled_from(SIDES))
    def word(self, act: str, who: str) -> None:
        self._try(f"Agreements.{act}", who)

    @rule()
    def waive(self) -> None:
        self._try("Agreements.waive", "firm")

    @rule(to_seller=st.booleans(), share=st.sampled_from([1, 1, 3]))
    def pay(self, to_seller: bool, share: int) -> None:
        owed = abs(self.ledger.view("Agreements.balance", self.agreement))
        self._try("Agreements.recordPayment", "bank", toSeller=to_seller, amount=owed // share, receipt=receipt())

    @rule(who=st.sampled_from(SIDES), amount=FEN)
    def dispute(self, who: str, amount: int) -> None:
        self._try("Remedies.raiseDispute", who, amount=amount)

    @rule(who=st.sampled_from([*SIDES, "village"]), awarded=st.one_of(st.just(0), FEN))
    def resolve(self, who: str, awarded: int) -> None:
        self._try("Remedies.resolveDispute", who, awarded=awarded)

    @rule(who=st.sampled_from(SIDES))
    def notify(self, who: str) -> None:
        self._try("Remedies.notifyForceMajeure", who, occurredAt=self.ledger.now)

    @rule(who=st.sampled_from([*SIDES, "village"]), terminates=st.booleans(), days=st.integers(0, 60))
    def decide(self, who: str, terminates: bool, days: int) -> None:
        self._try("Remedies.decideForceMajeure", who, terminates=terminates, extensionDays=days)

    @rule(who=st.sampled_from(SIDES))
    def notice(self, who: str) -> None:
        self._try("Remedies.noticeCure", who, cureDays=3)

    @rule(who=st.sampled_from(SIDES), sanction=st.sampled_from(["NONE", "DEPOSIT", "DAMAGES"]), whole=st.booleans())
    def default(self, who: str, sanction: str, whole: bool) -> None:
        self._try("Remedies.declareDefault", who, sanction=sanction, purposeDefeated=whole)

    @rule(who=st.sampled_from(SIDES), consents=st.booleans())
    def consent(self, who: str, consents: bool) -> None:
        self._try("Remedies.consentToTermination", who, consents=consents)

    @invariant()
    def mass_is_conserved(self) -> None:
        if not hasattr(self, "agreement"):
            return
        whole = deal(self.ledger, self.agreement)
        parts = [self.ledger.view("Agreements.milestone", self.agreement, number) for number in (0, 1)]
        for part, told in zip(parts, self.parts.values(), strict=True):
            assert part["accepted"] + part["pending"] <= part["quantity"]
            assert part["acceptedInTime"] <= part["accepted"]
            assert told.items() <= part.items()
        for name in ("accepted", "pending", "quantity"):
            assert whole[name] == sum(part[name] for part in parts)

    @invariant()
    def money_is_conserved(self) -> None:
        """What was earned, awarded and given back is what was paid and is still owed."""
        if not hasattr(self, "agreement"):
            return
        whole, money = deal(self.ledger, self.agreement), self.money
        earned = whole["accepted"] * whole["unitPrice"] // 1000
        balance = self.ledger.view("Agreements.balance", self.agreement)
        assert balance == earned + money["awards"] + money["refunded"] - money["paid"] - money["deposit"]
        assert whole["depositPaid"] == money["deposit"]
        if whole["stage"] in ("SETTLED", "CLOSED") and self.stage == "CLOSED":
            assert balance == 0

    @invariant()
    def events_suffice(self) -> None:
        if not hasattr(self, "agreement"):
            return
        stored = deal(self.ledger, self.agreement)
        stored |= self.ledger.view("Remedies.standing", self.agreement)
        stored |= self.ledger.view("Remedies.remedy", self.agreement)
        told = {name: value for name, value in self.folded.items() if name in stored}
        untold = {name: value for name, value in stored.items() if name not in told}
        assert {name: stored[name] for name in told} == told
        assert not [value for value in untold.values() if value not in (0, False, "NONE")], untold


def test_no_order_of_acts_breaks_conservation_or_skips_a_stage(ledger: Ledger) -> None:
    machine = type("WalkOnAnvil", (Walk,), {"ledger": ledger})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
