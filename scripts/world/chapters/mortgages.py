"""Loans over mortgaged trees: paid out once the registry has registered, and what follows when prices fall.

Which trees, how many and how far prices fall are assumed. Each fall is a valuation of its own, of the same inputs at a
lower index, in steps of less than a fifth; the lender is told by the ladder and signs every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, islice
from typing import TYPE_CHECKING

from scripts.world.chapters import valuations
from scripts.world.chapters.loans import DAY_SECONDS, EVERY, LENT_DAY, PLACE, Borrowing
from scripts.world.steps import DaysLater, EvidenceOf, HeadTime, IdOf, NumberOf, OwedUnder, Paper, Step, Value, Wave
from scripts.world.trees import Tree
from workflows.liens.land import needs_legal_review
from workflows.loans.margins import STANDARD
from workflows.loans.schedules import Instalment, interest_then_bullet
from workflows.trees.record import TitleClass
from workflows.valuations.value import Valuation, needs_second, value

if TYPE_CHECKING:
    from scripts.world.story import Story

TREES_A_LOAN, AT_LEAST = 37, 8
NUMBERED_FROM = 100_000
LIEN_PLACE = 9
"""Liens of this chapter are numbered apart from those of the other."""

FATES = ("REPAYING", "CURED", "BREACHED", "CALLED", "SETTLED", "CONTRACTED", "WARNED", "REPAYING")
FALLS = {"WARNED": 8_500, "CALLED": 9_300, "CURED": 9_300, "BREACHED": 10_700}
"""LTV in basis points to which prices fall."""

OPENING_PERMILLE = 690
COLLATERAL_FEN = (500_000, 20_000_000)
MATURITY_DAY = 330
FALL_DAYS = (85, 92, 99)
INDEX_STEP_PPM = 10_000
FALL_AT_MOST_PERCENT = 18
"""Of a valuation, so that it needs no second appraiser."""


@dataclass(frozen=True)
class Mortgage(Borrowing):
    """One loan of the story over one tree."""

    tree: Tree

    @cached_property
    def collateral(self) -> int:
        """What the tree counted for on the day of the first valuation; fen."""
        return _collateral(valued(self.tree))

    @cached_property
    def principal(self) -> int:
        """Fen, in whole yuan: a little below the opening LTV."""
        return self.collateral * OPENING_PERMILLE // 100_000 * 100

    @cached_property
    def schedule(self) -> list[Instalment]:
        """One bullet with its interest."""
        lent_at, due_at = LENT_DAY * DAY_SECONDS, MATURITY_DAY * DAY_SECONDS
        return interest_then_bullet(self.principal, self.rate, lent_at, [due_at])

    @property
    def application(self) -> Step:
        """The complete file, for a loan over the tree."""
        step = super().application
        return replace(step, message=step.message | {"product": "TREE_MORTGAGE", "termDays": MATURITY_DAY - LENT_DAY})

    @property
    def terms(self) -> dict[str, Value]:
        """What both sides sign: with the ladder of the domain."""
        return super().terms | {
            "requiredEffect": "CONSTITUTED",
            "openingLtvBps": STANDARD.opening,
            "warnLtvBps": STANDARD.warn,
            "callLtvBps": STANDARD.call,
            "breachLtvBps": STANDARD.breach,
            "cureWorkingDays": STANDARD.cure_working_days,
            "dueAt": [DaysLater(MATURITY_DAY)],
        }

    @property
    def new_schedule(self) -> dict[str, Value]:
        """What the bank offers before it calls the loan due."""
        return super().new_schedule | {"dueAt": [DaysLater(200), DaysLater(MATURITY_DAY)]}

    @property
    def lien(self) -> Step:
        """The bank's filing of the mortgage."""
        return Step(self.bank, "Liens.file", self._lien_number, self._lien_terms, self._contract)

    def confirmation(self) -> Step:
        """The owner's signature over the same terms and the same contract."""
        message = {"lien": NumberOf(self.lien), **self._lien_terms, "evidence": EvidenceOf(self._contract)}
        return Step(self.borrower, "Liens.confirm", self._lien_number, message)

    def registration(self, registry: str, day: int) -> Step:
        """The registry's receipt, which it gave on the day before."""
        message: dict[str, Value] = {
            "lien": NumberOf(self.lien),
            "registeredAt": DaysLater(day - 1),
            "receipt": self._draws.octets("registry", 32),
        }
        paper = Paper(registry, "certificate of the registry", f"mortgage {self.number}")
        return Step(registry, "Liens.register", self._lien_number, message, paper)

    def discharge(self) -> Step:
        """The bank's discharge after the loan was settled."""
        message: dict[str, Value] = {"liens": [NumberOf(self.lien)], "ground": "CLAIM_ENDED"}
        paper = Paper(self.bank, "statement of payoff", f"mortgage {self.number}")
        return Step(self.bank, "Liens.discharge", self._lien_number, message, paper)

    def margin(self, function: str, paper: str, **message: Value) -> Step:
        """A step of the bank on the ladder."""
        return self.step(self.bank, f"Margins.{function}", paper, message)

    @cached_property
    def falls(self) -> list[valuations.Posting]:
        """The valuations by which prices fall to what the loan's fate says."""
        found: list[valuations.Posting] = []
        if self.fate not in FALLS:
            return found
        target = self.principal * 10_000 // FALLS[self.fate]
        before, index = valued(self.tree), valuations.INDEX_PPM[valuations.FIRST_DAY]
        for day in FALL_DAYS:
            lowest = before.value_fen * (100 - FALL_AT_MOST_PERCENT) // 100
            for fallen in count(index, -INDEX_STEP_PPM):
                found_value = valued(self.tree, fallen)
                if found_value.value_fen < lowest:
                    break
                index, before = fallen, found_value
                if _collateral(before) <= target:
                    break
            found.append(valuations.posting_at(self.story, day, self.tree, index))
            if _collateral(before) <= target:
                break
        return found

    @property
    def _contract(self) -> Paper:
        return Paper(self.bank, "mortgage contract", f"mortgage {self.number}")

    @property
    def _lien_number(self) -> int:
        return self.tree.number * 10 + LIEN_PLACE

    @property
    def _lien_terms(self) -> dict[str, Value]:
        reviewed = needs_legal_review(self.tree.record.land_kind)
        return {
            "kind": "REAL_PROPERTY",
            "asset": valuations.id_of(self.tree),
            "grantor": IdOf(self.borrower),
            "holder": IdOf(self.bank),
            "debt": NumberOf(self.application),
            "securedMax": 2 * self.principal,
            "noTransfer": True,
            "rank": 1,
            "legalReview": EvidenceOf(self._contract) if reviewed else bytes(32),
        }


def waves(story: Story) -> Iterator[Wave]:
    """The chapter's waves, from day 40 to day 143."""
    from scripts.world.story import LAND_REGISTRY  # the story tells the chapters

    every = list(mortgages(story))

    def of(*fates: str) -> list[Mortgage]:
        return [each for each in every if each.fate in fates]

    yield Wave("apply for loans over trees", 40, [each.application for each in every])
    yield Wave("decide on loans over trees", 42, [each.decision(each.bank) for each in every])
    contract = "loan contract"
    signed = [(each, each.terms) for each in every]
    yield Wave(
        "offer loans over trees", 43, [each.step(each.bank, "Loans.agree", contract, said) for each, said in signed]
    )
    accepted = [each.step(each.borrower, "Loans.agree", contract, said) for each, said in signed]
    yield Wave("accept loans over trees", 44, accepted)
    lent = [each for each in every if each.fate != "CONTRACTED"]
    yield Wave("file mortgages", 45, [each.lien for each in lent])
    yield Wave("confirm mortgages", 46, [each.confirmation() for each in lent])
    yield Wave("register mortgages", 48, [each.registration(LAND_REGISTRY, 48) for each in lent])
    yield Wave("pay out loans over trees", LENT_DAY, [each.disbursement() for each in lent])
    for day in FALL_DAYS:
        fallen = [posting for each in every for posting in each.falls if posting.day == day]
        yield Wave(f"value mortgaged trees, day {day}", day, [valuations.post_one(posting) for posting in fallen])
    yield Wave("warn of cover", 100, [each.margin("observe", "margin report") for each in of("WARNED")])
    called = of("CALLED", "CURED", "BREACHED")
    yield Wave("call for cover", 100, [each.margin("call", "notice of the margin call") for each in called])
    part = [each.payment(0, each.principal // 5, DaysLater(108)) for each in of("CURED")]
    yield Wave("pay to cure", 108, part)
    cured = [each.margin("cure", "statement of cure", basis="COVER") for each in of("CURED")]
    yield Wave("record cures", 109, cured)
    breached = of("BREACHED")
    yield Wave("record breaches", 130, [each.margin("breach", "notice of the breach") for each in breached])
    yield Wave("demand after breaches", 131, [each.step(each.bank, "Loans.demand", "demand") for each in breached])
    offer = "offer of a new schedule"
    offers = [each.step(each.bank, "Loans.restructure", offer, each.new_schedule) for each in breached]
    yield Wave("offer after breaches", 132, offers)
    notice: dict[str, Value] = {"trigger": "BREACH"}
    for day, who in ((133, "bank"), (134, "officer")):
        acts = [
            each.step(getattr(each, who), "Loans.accelerate", "notice of acceleration", notice) for each in breached
        ]
        yield Wave(f"call loans over trees due: {who}", day, acts)
    payoffs = [each.payment(2, OwedUnder(NumberOf(each.application)), HeadTime()) for each in of("SETTLED")]
    yield Wave("pay loans over trees off", 141, payoffs)
    settled = [each.step(each.bank, "Loans.settle", "statement of settlement") for each in of("SETTLED")]
    yield Wave("settle loans over trees", 142, settled)
    yield Wave("discharge mortgages", 143, [each.discharge() for each in of("SETTLED")])


def mortgages(story: Story) -> Iterator[Mortgage]:
    """All loans of the chapter, over trees of middling value that can secure one."""
    suspended = {party.slug for party in story.parties if party.suspended}
    contested = {tree.number for tree in valuations.challenged(story)} | story.fates.keys()
    usual = (tree for tree in story.trees if tree.number % EVERY == PLACE and tree.number not in contested)
    eligible = (tree for tree in usual if tree.owner not in suspended and _secures(tree))
    loans = max(AT_LEAST, len(story.trees) // TREES_A_LOAN)
    for place, tree in enumerate(islice(eligible, loans)):
        yield Mortgage(story, NUMBERED_FROM + place, tree.owner, FATES[place % len(FATES)], tree)


def falls(story: Story) -> Iterator[valuations.Posting]:
    """Every valuation of the chapter, with its inputs: what an appraiser keeps."""
    for each in mortgages(story):
        yield from each.falls


def _secures(tree: Tree) -> bool:
    """Whether a tree of its title and value can secure a loan without a second appraiser."""
    found = valued(tree)
    least, most = COLLATERAL_FEN
    moderate = least <= _collateral(found) <= most and not needs_second(None, found.value_fen, valuations.PACK)
    return moderate and tree.record.title_class is not TitleClass.WITNESS


def valued(tree: Tree, index_ppm: int | None = None) -> Valuation:
    """What the tree is worth on the day of the first valuation, at an index."""
    return value(valuations.inputs_on(tree, valuations.FIRST_DAY, index_ppm), valuations.PACK)


def _collateral(found: Valuation) -> int:
    """As `Valuations` counts it."""
    return found.stress_fen * (found.confidence_ppm // 100) // 10_000
