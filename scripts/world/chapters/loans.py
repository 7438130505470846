"""Loans of farmers and firms in every state a loan can be in, from the application on day 40 to the end on day 170.

How many loans meet which fate, amounts and rates are assumed. The last bank stands for the provincial union that signs
second for the county's banks; its party is the officer whom each of them has appointed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from scripts.world.draws import Draws
from scripts.world.parties import slug
from scripts.world.steps import (
    DaysLater,
    EvidenceOf,
    HeadTime,
    IdOf,
    NumberOf,
    OwedUnder,
    Paper,
    Single,
    Step,
    Value,
    Wave,
)
from workflows.loans.schedules import Instalment, equal_instalments, schedule_root

if TYPE_CHECKING:
    from scripts.world.story import Story

TREES_A_LOAN = 12
EVERY, PLACE = 6, 1
"""Farmers who borrow own a usual tree whose number leaves this remainder; firms borrow in turn."""

FATES = (
    "REPAYING", "SUBMITTED", "SETTLED", "REPAYING", "OVERDUE", "APPROVED", "REPAYING", "REJECTED", "DEFAULTED",
    "REPAYING", "RESTRUCTURED", "INFO_REQUESTED", "REPAYING", "CONTRACTED", "FOUR_EYES", "REPAYING", "LATE_DECISION",
    "WRITTEN_OFF", "REPAYING", "WITHDRAWN", "CONFIRMING", "PRINCIPAL_FIRST", "SETTLED", "REPAYING", "COSTS",
)  # fmt: skip
"""How one loan after the other ends."""

UNDECIDED = frozenset({"SUBMITTED", "INFO_REQUESTED"})
NOT_APPROVED = UNDECIDED | {"REJECTED", "CONFIRMING", "WITHDRAWN"}
NOT_AGREED = NOT_APPROVED | {"APPROVED"}
NOT_LENT = NOT_AGREED | {"CONTRACTED"}
UNPAID = frozenset({"OVERDUE", "DEFAULTED", "WRITTEN_OFF", "COSTS", "RESTRUCTURED"})
CALLED_DUE = frozenset({"DEFAULTED", "WRITTEN_OFF", "COSTS"})
LARGE = frozenset({"FOUR_EYES", "CONFIRMING"})

LENT_DAY = 50
DUE_DAYS = (80, 110, 140)
LATER_DUE_DAYS = (150, 240)
SMALL_FEN, LARGE_FEN = (500_000, 8_000_000), (55_000_000, 90_000_000)
RATES_PPM = (43_500, 61_500)
FEES_PPM = 3_000
TERM_DAYS = 90
ACCELERATE_AFTER_DAYS = 30
COSTS_FEN = 120_000
DAY_SECONDS = 86_400
PURPOSES = ("HARVEST", "TENDING", "PURCHASE", "EQUIPMENT")


@dataclass(frozen=True)
class Borrowing:
    """One loan of the story."""

    story: Story
    number: int
    borrower: str
    fate: str

    @property
    def bank(self) -> str:
        """The lender; the last bank lends to nobody."""
        return slug("BANK", self.number % (self.story.world.size.institutions["BANK"] - 1) + 1)

    @property
    def officer(self) -> str:
        """Who signs second."""
        return slug("BANK", self.story.world.size.institutions["BANK"])

    @cached_property
    def principal(self) -> int:
        """Fen, in whole yuan."""
        least, most = LARGE_FEN if self.fate in LARGE else SMALL_FEN
        return self._draws.whole("principal", least // 100, most // 100) * 100

    @cached_property
    def rate(self) -> int:
        """Ppm a year."""
        return self._draws.whole("rate", *RATES_PPM)

    @cached_property
    def schedule(self) -> list[Instalment]:
        """Equal instalments; instants count from the day on which the first tree was filed."""
        due = [day * DAY_SECONDS for day in DUE_DAYS]
        return equal_instalments(self.principal, self.rate, LENT_DAY * DAY_SECONDS, due)

    @property
    def application(self) -> Step:
        """The complete file, with the borrower's consents."""
        paper = Paper(self.borrower, "application for a loan with consents", f"loan {self.number}")
        message: dict[str, Value] = {
            "bank": IdOf(self.bank),
            "product": "RECEIVABLE" if self.fate == "PRINCIPAL_FIRST" else "UNSECURED",
            "amountFen": self.principal,
            "termDays": TERM_DAYS,
            "purpose": PURPOSES[self.number % len(PURPOSES)],
            "consents": EvidenceOf(paper),
        }
        return Step(self.borrower, "LoanApplications.submit", self.number, message, paper)

    @property
    def terms(self) -> dict[str, Value]:
        """What both sides sign."""
        due: list[Single] = [DaysLater(day) for day in DUE_DAYS]
        amounts: list[Single] = [each.amount for each in self.schedule]
        return {
            "principalFen": self.principal,
            "ratePpm": self.rate,
            "allInPpm": self.rate + FEES_PPM,
            "order": "PRINCIPAL_FIRST" if self.fate == "PRINCIPAL_FIRST" else "STATUTORY",
            "requiredEffect": "NONE",
            "openingLtvBps": 0,
            "warnLtvBps": 0,
            "callLtvBps": 0,
            "breachLtvBps": 0,
            "cureWorkingDays": 0,
            "accelerateAfterDays": ACCELERATE_AFTER_DAYS,
            "scheduleRoot": schedule_root(self._draws.octets("schedule", 32), self.schedule),
            "dueAt": due,
            "amountFen": amounts,
        }

    @property
    def new_schedule(self) -> dict[str, Value]:
        """The restructuring that the bank offers: what is owed, in two parts and later."""
        half = self.principal * 11 // 20
        due: list[Single] = [DaysLater(day) for day in LATER_DUE_DAYS]
        amounts: list[Single] = [half, half]
        return {
            "ratePpm": self.rate,
            "allInPpm": self.rate + FEES_PPM,
            "scheduleRoot": self._draws.octets("new schedule", 32),
            "dueAt": due,
            "amountFen": amounts,
        }

    def step(self, signer: str, key: str, paper: str, message: dict[str, Value] | None = None, again: int = 0) -> Step:
        """An act on the loan; `again` tells it from others of its kind."""
        about = f"loan {self.number}" + (f", {again}" if again else "")
        whole: dict[str, Value] = {"loan": NumberOf(self.application), **(message or {})}
        return Step(signer, key, self.number * 10 + again, whole, Paper(signer, paper, about))

    def decision(self, signer: str) -> Step:
        """An officer's decision."""
        rejected = self.fate == "REJECTED"
        message: dict[str, Value] = {
            "approvedFen": 0 if rejected else self.principal,
            "reason": "AFFORDABILITY" if rejected else "NONE",
        }
        return self.step(signer, "LoanApplications.decide", "decision on the loan", message)

    def disbursement(self) -> Step:
        """The money, on the bank's receipt."""
        receipt: dict[str, Value] = {"receipt": self._draws.octets("disbursed", 32)}
        return self.step(self.bank, "Loans.disburse", "receipt of the disbursement", receipt)

    def payment(self, place: int, amount: Value, paid_at: Value) -> Step:
        """A payment that the bank posts on its receipt."""
        receipt = self._draws.octets(f"receipt {place}", 32)
        message: dict[str, Value] = {"amountFen": amount, "paidAt": paid_at, "receipt": receipt}
        return self.step(self.bank, "Loans.postPayment", "receipt of a payment", message, place + 1)

    def instalment(self, place: int) -> Step:
        """An instalment paid on its day."""
        return self.payment(place, self.schedule[place].amount, DaysLater(DUE_DAYS[place]))

    @property
    def _draws(self) -> Draws:
        return self.story.world.draws.of("loan", self.number)


def waves(story: Story) -> Iterator[Wave]:
    """The chapter's waves, from day 40 to day 170."""
    every = list(borrowings(story))

    def of(*fates: str) -> list[Borrowing]:
        return [each for each in every if each.fate in fates]

    def but(fates: Iterable[str]) -> list[Borrowing]:
        return [each for each in every if each.fate not in fates]

    banks = sorted({each.bank for each in every})
    yield Wave("appoint officers of banks", 40, [_appointment(bank, every[0].officer) for bank in banks])
    yield Wave("apply for loans", 40, [each.application for each in every])
    request = "request for information"
    asked = [each.step(each.bank, "LoanApplications.requestInformation", request) for each in of("INFO_REQUESTED")]
    yield Wave("ask for information", 41, asked)
    timely = but(UNDECIDED | {"LATE_DECISION", "WITHDRAWN"})
    yield Wave("decide on loans", 42, [each.decision(each.bank) for each in timely])
    withdrawn = [each.step(each.borrower, "LoanApplications.withdraw", "withdrawal") for each in of("WITHDRAWN")]
    yield Wave("confirm large loans", 43, [*(each.decision(each.officer) for each in of("FOUR_EYES")), *withdrawn])
    yield Wave("decide late", 48, [each.decision(each.bank) for each in of("LATE_DECISION")])
    agreed, contract = but(NOT_AGREED), "loan contract"
    yield Wave("offer loans", 48, [each.step(each.bank, "Loans.agree", contract, each.terms) for each in agreed])
    yield Wave("accept loans", 49, [each.step(each.borrower, "Loans.agree", contract, each.terms) for each in agreed])
    lent = but(NOT_LENT)
    yield Wave("pay out loans", LENT_DAY, [each.disbursement() for each in lent])
    punctual = but(NOT_LENT | UNPAID)
    for place, day in enumerate(DUE_DAYS[:2]):
        yield Wave(f"pay instalment {place + 1}", day, [each.instalment(place) for each in punctual])
    yield from _default(of(*UNPAID), of(*CALLED_DUE), of("RESTRUCTURED"), of("COSTS"), of("WRITTEN_OFF"))
    paid_off = of("SETTLED")
    payoffs = [each.payment(2, OwedUnder(NumberOf(each.application)), HeadTime()) for each in paid_off]
    yield Wave("pay loans off", 141, payoffs)
    settled = [each.step(each.bank, "Loans.settle", "statement of settlement") for each in paid_off]
    yield Wave("settle loans", 142, settled)


def _default(
    unpaid: list[Borrowing],
    called: list[Borrowing],
    restructured: list[Borrowing],
    costly: list[Borrowing],
    written_off: list[Borrowing],
) -> Iterator[Wave]:
    """Demand, offer, two officers, and what follows."""
    demands = [each.step(each.bank, "Loans.demand", "demand") for each in unpaid]
    yield Wave("demand payment", 122, demands)
    offered = [*called, *restructured]
    offer = "offer of a new schedule"
    offers = [each.step(each.bank, "Loans.restructure", offer, each.new_schedule) for each in offered]
    yield Wave("offer new schedules", 123, offers)
    accepted = [each.step(each.borrower, "Loans.restructure", offer, each.new_schedule) for each in restructured]
    yield Wave("accept new schedules", 124, accepted)
    notice: dict[str, Value] = {"trigger": "OVERDUE"}
    words = "notice of acceleration"
    yield Wave("call loans due", 130, [each.step(each.bank, "Loans.accelerate", words, notice) for each in called])
    seconded = [each.step(each.officer, "Loans.accelerate", words, notice) for each in called]
    yield Wave("confirm calls of loans", 131, seconded)
    costs: dict[str, Value] = {"amountFen": COSTS_FEN}
    charged = [each.step(each.bank, "Loans.chargeCosts", "bill of enforcement", costs) for each in costly]
    yield Wave("charge costs of enforcement", 145, charged)
    recovered = [each.payment(0, COSTS_FEN * 3, DaysLater(160)) for each in costly]
    yield Wave("recover from loans in default", 160, recovered)
    yield Wave("write loans off", 170, [each.step(each.bank, "Loans.writeOff", "decision") for each in written_off])


def borrowings(story: Story) -> Iterator[Borrowing]:
    """All loans: borrowers are farmers of the chapter's trees and firms in turn."""
    suspended = {party.slug for party in story.parties if party.suspended}
    usual = (tree for tree in story.trees if tree.number % EVERY == PLACE and tree.number not in story.fates)
    farmers = list(dict.fromkeys(tree.owner for tree in usual if tree.owner not in suspended))
    firms = [party.slug for party in story.parties if party.role == "FIRM" and not party.suspended]
    for place in range(len(story.trees) // TREES_A_LOAN):
        some = firms if place % 2 else farmers
        yield Borrowing(story, place + 1, some[place // 2 % len(some)], FATES[place % len(FATES)])


def _appointment(bank: str, officer: str) -> Step:
    message: dict[str, Value] = {"officer": IdOf(officer), "appointed": True}
    number = int(bank.rpartition("-")[2])
    return Step(bank, "LoanApplications.appointOfficer", number, message, Paper(bank, "appointment", bank))
