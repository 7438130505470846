"""Loans under any sequence of acts: money is conserved, no state is skipped, title never moves, and storage is the fold
of the events.

The model is `workflows.loans.statements`, which knows nothing of the contract, and a table of states written from
`domain.md` §2.4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.contracts.ledger import DAY, Event, Ledger
from tests.contracts.lending import ROOT, SECURED, application_at, appointed, terms
from tests.contracts.pledges import registered, valued_tree
from workflows.loans.accounts import Order
from workflows.loans.statements import Charged, Disbursed, Entry, Paid, Rescheduled, statement

PRINCIPAL = 1_000_000
OWED = ("REPAYING", "DEFAULTED", "WRITTEN_OFF")

NEXT = {
    ("CONTRACTED", "disburse"): "REPAYING",
    ("REPAYING", "accelerate"): "DEFAULTED",
    ("REPAYING", "restructure"): "REPAYING",
    ("DEFAULTED", "restructure"): "REPAYING",
    ("DEFAULTED", "writeOff"): "WRITTEN_OFF",
} | {(state, "settle"): "SETTLED" for state in OWED}
"""Every way from one state to another."""


@dataclass
class Known:
    """A loan as the model knows it."""

    number: int
    order: Order
    rate: int
    state: str = "CONTRACTED"
    entries: list[Entry] = field(default_factory=list)


class Fold:
    """What the events say of loans."""

    def __init__(self) -> None:
        self.loans: dict[int, dict[str, Any]] = {}
        self.accounts: dict[int, dict[str, int]] = {}
        self.margins: dict[int, dict[str, Any]] = {}
        self.instalments: dict[tuple[int, int, int], dict[str, int]] = {}

    def take(self, each: Event) -> None:
        args = dict(each.args)
        number = args.pop("loan", 0)
        match each.name:
            case "AccountChanged":
                del args["actor"]
                self.accounts[number] = args
            case "MarginChanged":
                self.margins[number] = {name: args[name] for name in args if name not in ("actor", "evidence")}
            case "InstalmentSet":
                self.instalments[number, args.pop("schedule"), args.pop("place")] = args
            case _:
                known = self.loans.setdefault(number, {})
                known.update({name: value for name, value in args.items() if name not in ("actor", "evidence")})


class Machine(RuleBasedStateMachine):
    ledger: Ledger

    def __init__(self) -> None:
        super().__init__()
        self.mark = self.ledger.snapshot()
        self.fold = Fold()
        self.receipts = 0
        self.tree = valued_tree(self.ledger)
        appointed(self.ledger)
        self.known = [self._contracted(order, secured) for order, secured in ((0, False), (1, False), (0, True))]
        for loan in (self.known[0], self.known[2]):
            self._paid_out(loan)

    def teardown(self) -> None:
        self.ledger.revert(self.mark)

    def _contracted(self, order: int, secured: bool) -> Known:
        product = {"product": "TREE_MORTGAGE"} if secured else {}
        loan = application_at(self.ledger, "APPROVED", **product)
        changes = SECURED if secured else {}
        signed = terms(self.ledger, loan, **(changes | {"order": Order(order).name, "principalFen": PRINCIPAL}))
        for who in ("bank", "farmer"):
            self._happens("Loans.agree", who, **signed)
        if secured:
            registered(self.ledger, self.tree, debt=loan, securedMax=5_000_000, rank=1)
        return Known(loan, Order(order), signed["ratePpm"])

    def _happens(self, key: str, who: str, **fields: Any) -> None:
        for each in self.ledger.act(key, who, **fields):
            self.fold.take(each)

    def _tried(self, key: str, who: str, **fields: Any) -> bool:
        """Whether the contract accepts it; then it happens."""
        signed = self.ledger.sign(key, who, **fields)
        if self.ledger.attempt(self.ledger.deployment.address(key.split(".")[0]), signed.calldata) is not None:
            return False
        for each in self.ledger.relay(signed).events[1:]:
            self.fold.take(each)
        return True

    def _moves(self, loan: Known, act: str, key: str, who: str, **fields: Any) -> bool:
        """Tries an act; where it is accepted, the state is the next one of the table."""
        before = self.ledger.view("Loans.loan", loan.number)["state"]
        assert before == loan.state
        happened = self._tried(key, who, loan=loan.number, **fields)
        after = self.ledger.view("Loans.loan", loan.number)["state"]
        if happened and after != before:
            assert NEXT[before, act] == after
            loan.state = after
        return happened

    def _owed(self, loan: Known) -> int:
        found: int = self.ledger.view("Loans.outstanding", loan.number)
        return found

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        self.ledger.wait(days * DAY)

    @rule(which=st.integers(0, 2))
    def disburse(self, which: int) -> None:
        self._paid_out(self.known[which])

    def _paid_out(self, loan: Known) -> None:
        now = self.ledger.now
        if self._moves(loan, "disburse", "Loans.disburse", "bank", receipt=self._receipt()):
            loan.entries.append(Disbursed(now, PRINCIPAL, loan.rate))

    @rule(which=st.integers(0, 2), permille=st.integers(1, 1_100), late=st.integers(0, 3))
    def pay(self, which: int, permille: int, late: int) -> None:
        loan = self.known[which]
        amount = max(1, self._owed(loan) * permille // 1_000)
        paid_at = self.ledger.now - late * DAY
        receipt = self._receipt()
        fields = {"amountFen": amount, "paidAt": paid_at, "receipt": receipt}
        if self._moves(loan, "pay", "Loans.postPayment", "bank", **fields):
            loan.entries.append(Paid(paid_at, amount, receipt))

    @rule(which=st.integers(0, 2), settles=st.booleans())
    def pay_all(self, which: int, settles: bool) -> None:
        loan, owed = self.known[which], self._owed(self.known[which])
        receipt, now = self._receipt(), self.ledger.now
        if owed and self._tried(
            "Loans.postPayment", "bank", loan=loan.number, amountFen=owed, paidAt=now, receipt=receipt
        ):
            loan.entries.append(Paid(now, owed, receipt))
            if settles:
                assert self._moves(loan, "settle", "Loans.settle", "bank")

    @rule(which=st.integers(0, 2), amount=st.integers(1, 10_000))
    def charge(self, which: int, amount: int) -> None:
        loan, now = self.known[which], self.ledger.now
        if self._moves(loan, "charge", "Loans.chargeCosts", "bank", amountFen=amount):
            assert loan.state in ("DEFAULTED", "WRITTEN_OFF")
            loan.entries.append(Charged(now, amount))

    @rule(which=st.integers(0, 2), accepts=st.booleans(), rate=st.integers(1, 240_000))
    def restructure(self, which: int, accepts: bool, rate: int) -> None:
        self._restructured(which, accepts, rate)

    def _restructured(self, which: int, accepts: bool, rate: int) -> None:
        loan, owed = self.known[which], self._owed(self.known[which])
        offer = {
            "ratePpm": rate,
            "allInPpm": rate,
            "scheduleRoot": ROOT,
            "dueAt": [self.ledger.now + 60 * DAY, self.ledger.now + 120 * DAY],
            "amountFen": [owed // 2 + 1, owed // 2 + 1],
        }
        offered = self._moves(loan, "offer", "Loans.restructure", "bank", **offer)
        now = self.ledger.now
        if offered and accepts and self._moves(loan, "restructure", "Loans.restructure", "farmer", **offer):
            loan.entries.append(Rescheduled(now, rate))

    @rule(which=st.integers(0, 2), called=st.booleans())
    def fall_behind(self, which: int, called: bool) -> None:
        """What must come before anybody may call the loan due; and perhaps that."""
        loan = self.known[which]
        self.ledger.wait(65 * DAY)
        self._moves(loan, "demand", "Loans.demand", "bank")
        self._restructured(which, False, loan.rate)
        if called:
            self.officers_call(which, "OVERDUE")

    @rule(which=st.integers(0, 2), trigger=st.sampled_from(["OVERDUE", "OVERDUE", "BREACH"]))
    def call_due(self, which: int, trigger: str) -> None:
        self.officers_call(which, trigger)

    def officers_call(self, which: int, trigger: str) -> None:
        """By a bank that may not, and by two officers."""
        for who in ("second bank", "officer", "bank"):
            self._accelerated(which, who, trigger)

    @rule(which=st.integers(0, 2), who=st.sampled_from(["bank", "officer"]))
    def propose(self, which: int, who: str) -> None:
        self._accelerated(which, who, "OVERDUE")

    def _accelerated(self, which: int, who: str, trigger: str) -> None:
        loan = self.known[which]
        before = self.ledger.view("Loans.loan", loan.number)
        owed_since = self.ledger.view("Loans.arrears", loan.number)[1]
        if self._moves(loan, "accelerate", "Loans.accelerate", who, trigger=trigger):
            assert who != "second bank"
            assert before["demandedAt"] and before["restructuringOfferedAt"]
            if trigger == "OVERDUE":
                assert owed_since and before["demandedAt"] >= owed_since
            if loan.state == "DEFAULTED":
                assert before["firstOfficer"] not in (0, self.ledger.ids[who]), "one officer alone called it due"

    @rule(which=st.integers(0, 2), step=st.sampled_from(["observe", "call", "cure", "breach"]))
    def climb(self, which: int, step: str) -> None:
        fields = {"basis": "COVER"} if step == "cure" else {}
        loan, now = self.known[which], self.ledger.now
        before = self.ledger.view("Margins.margin", loan.number)
        if self._tried(f"Margins.{step}", "bank", loan=loan.number, **fields):
            assert which == 2, "an unsecured loan has no ladder"
            if step == "breach":
                assert before["state"] == "CALL" and now > before["cureEndsAt"]

    @rule(up=st.booleans())
    def prices_move(self, up: bool) -> None:
        """By a sixth, of which a rise counts for a tenth a month."""
        now = self.ledger.view("Valuations.valuation", self.tree)
        value = now["value"] * (7 if up else 5) // 6
        stress = now["stress"] * (7 if up else 5) // 6
        self.ledger.wait(DAY)
        fields = {"value": value, "stress": stress, "confidence": 8_500, "asOf": self.ledger.now}
        self._tried(
            "Valuations.post", "appraiser", tree=self.tree, model="0x" + "3d" * 32, inputs="0x" + "19" * 32, **fields
        )

    @rule(which=st.integers(0, 2), act=st.sampled_from(["settle", "writeOff"]))
    def end(self, which: int, act: str) -> None:
        owed = self._owed(self.known[which])
        if self._moves(self.known[which], act, f"Loans.{act}", "bank") and act == "settle":
            assert owed == 0

    @precondition(lambda self: any(loan.entries for loan in self.known))
    @invariant()
    def money_is_conserved_and_the_statement_says_the_same(self) -> None:
        for loan in self.known:
            if not loan.entries:
                continue
            stated = statement(loan.entries, self.ledger.now, loan.order)
            assert stated.conserved
            assert self._owed(loan) == stated.owed.total
            kept = self.ledger.view("Loans.account", loan.number)
            assert (kept["principalFen"], kept["paidFen"]) == (stated.account.principal, stated.account.paid)
            assert kept["accrued"] == stated.account.accrued

    @invariant()
    def storage_is_the_fold_of_the_events(self) -> None:
        for loan in self.known:
            stored = self.ledger.view("Loans.loan", loan.number)
            said = self.fold.loans[loan.number]
            assert {name: said.get(name, stored[name]) for name in stored} == stored
            if loan.number in self.fold.accounts:
                assert self.ledger.view("Loans.account", loan.number) == self.fold.accounts[loan.number]
            for place in range(stored["schedule"] and 2):
                kept = self.ledger.view("Loans.instalment", loan.number, stored["schedule"], place)
                assert kept == self.fold.instalments[loan.number, stored["schedule"], place]
            if loan.number in self.fold.margins:
                assert self.ledger.view("Margins.margin", loan.number) == self.fold.margins[loan.number]

    @invariant()
    def title_never_moves(self) -> None:
        assert self.ledger.view("Trees.tree", self.tree)["owner"] == self.ledger.ids["farmer"]

    def _receipt(self) -> str:
        self.receipts += 1
        return "0x" + f"{self.receipts:064x}"


def test_no_order_of_acts_breaks_a_loan(ledger: Ledger) -> None:
    bound = type("Bound", (Machine,), {"ledger": ledger})
    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=8,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
