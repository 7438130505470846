"""Purchase agreements of the synthetic world: three cohorts, each kept better than the one before.

Most are kept; each other fate of `domain.md` 2.3 befalls some. Seed: 70 % kept at first, 95 % and more at last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from scripts.world.draws import Draws
from scripts.world.parties import Party, slug
from scripts.world.places import VILLAGES
from scripts.world.steps import DaysLater, IdOf, NumberOf, Paper, Step, Value, Wave
from workflows.agreements.money import deposit_penalty

if TYPE_CHECKING:
    from scripts.world.story import Story

BANK, INSPECTOR = slug("BANK", 1), slug("INSPECTOR", 1)
COHORT_DAYS = (35, 56, 98)
"""Days on which the cohorts begin, multiples of 21 apart, so that most of their steps fall on the same days."""
FAILED_PERCENT = (35, 20, 4)
PER_MILLE_OF_FARMERS = 700
"""Agreements for a thousand farmers. [A]"""
RARE_PERCENT = 8
"""Of a cohort: each of the ways to be kept that are not the usual one, and each of the other fates. [A]"""

GRAMS_PER_KILOGRAM = 1_000
DEPOSIT_PERCENT, DAMAGES_BPS = 20, 2_000
FIRST_DUE, LAST_DUE = 16, 20
OPEN_DAY, OPEN_UNTIL_DAY, UNDER_WAY_DUE_DAY = 140, 240, 230
NO_FORMULA = bytes(32)


class Fate(Enum):
    """What becomes of an agreement."""

    KEPT = auto()
    SHORT = auto()  # a little less than agreed, and the buyer takes it for the whole
    SILENT = auto()  # the buyer says nothing: deemed accepted
    RESOLVED = auto()
    EXTENDED = auto()
    SELLER_DEFAULT = auto()
    BUYER_DEFAULT = auto()
    DISPUTED = auto()
    LAPSED = auto()
    MUTUAL = auto()
    FORCE_MAJEURE = auto()
    UNDER_WAY = auto()
    WITHDRAWN = auto()
    OFFERED = auto()


FAILURES = (Fate.SELLER_DEFAULT, Fate.BUYER_DEFAULT, Fate.DISPUTED)
EXCLUDED = (Fate.LAPSED, Fate.MUTUAL, Fate.FORCE_MAJEURE)
TURNS = (Fate.SHORT, Fate.RESOLVED, Fate.EXTENDED, Fate.SILENT)
LATEST = (Fate.UNDER_WAY, Fate.WITHDRAWN, Fate.OFFERED)


@dataclass(frozen=True)
class Deal:
    """One agreement: number, day it begins, fate, sides, grams of its two deliveries, fen per kilogram."""

    number: int
    day: int
    fate: Fate
    farmer: Party
    firm: Party
    halves: tuple[int, int]
    unit_price: int

    @property
    def grams(self) -> int:
        """The whole quantity."""
        return sum(self.halves)

    @property
    def total(self) -> int:
        """The price of it, in fen."""
        return self.price(self.grams)

    @property
    def deposit(self) -> int:
        """What is agreed and paid as deposit, in fen."""
        return self.total * DEPOSIT_PERCENT // 100

    @property
    def village(self) -> str:
        """The farmer's village, which mediates."""
        return slug("VILLAGE", VILLAGES.index(self.farmer.village or VILLAGES[0]) + 1)

    def price(self, grams: int) -> int:
        """Fen for so many grams."""
        return grams * self.unit_price // GRAMS_PER_KILOGRAM

    @property
    def offer(self) -> Step:
        """The first step; its digest is the agreement's id. Of odd numbers the firm offers to buy."""
        offeror, other = (self.firm, self.farmer) if self.number % 2 else (self.farmer, self.firm)
        under_way = self.fate is Fate.UNDER_WAY
        dues = (UNDER_WAY_DUE_DAY, UNDER_WAY_DUE_DAY + 4) if under_way else (FIRST_DUE + self.day, LAST_DUE + self.day)
        until = DaysLater(OPEN_UNTIL_DAY if self.fate is Fate.OFFERED else self.day + 7)
        if self.fate is Fate.OFFERED:
            dues = (OPEN_UNTIL_DAY + 10, OPEN_UNTIL_DAY + 14)
        message: dict[str, Value] = {
            "counterparty": IdOf(other.slug),
            "asBuyer": offeror is self.firm,
            "terms": Draws(self.number, "agreement terms").octets("synthetic", 32),
            "quantity": self.grams,
            "unitPrice": self.unit_price,
            "formula": NO_FORMULA,
            "total": self.total,
            "deposit": self.deposit,
            "damagesBps": DAMAGES_BPS,
            "inspectionDays": 10,
            "graceDays": 3,
            "offerEndsAt": until,
            "dueAt": [DaysLater(due) for due in dues],
            "quantities": list(self.halves),
        }
        return Step(offeror.slug, "Agreements.offer", self.number << 4, message)

    def step(
        self, signer: str, act: str, attester: str | None = None, part: int = 0, fields: dict[str, Value] | None = None
    ) -> Step:
        """A later step about this agreement, on a paper of `attester`."""
        subject = f"agreement {self.number}, delivery {part}, of {signer}"
        paper = Paper(attester, f"paper for {act}", subject) if attester else None
        about: dict[str, Value] = {"agreement": NumberOf(self.offer)}
        return Step(signer, act, self.number << 4 | part, about | (fields or {}), paper)


def waves(story: Story) -> Iterator[Wave]:
    """What happens on each day: no two steps of a day are of one agreement."""
    days: dict[int, list[Step]] = defaultdict(list)
    for deal in deals(story):
        for day, step in _life(deal):
            days[deal.day + day].append(step)
    for day in sorted(days):
        yield Wave(f"agreements, day {day}", day, days[day])


def deals(story: Story) -> Iterator[Deal]:
    """Every agreement of a story: about as many in each cohort, and a few that are still open at the end."""
    draws = story.world.draws.of("agreements")
    farmers = [party for party in story.parties if party.role == "FARMER" and not party.suspended]
    firms = [party for party in story.parties if party.role == "FIRM" and not party.suspended]
    cohort = max(len(FAILURES) + len(TURNS), len(farmers) * PER_MILLE_OF_FARMERS // 1_000 // len(COHORT_DAYS))
    plan = [(day, fate) for place, day in enumerate(COHORT_DAYS) for fate in _fates(cohort, place)]
    plan += [(OPEN_DAY, fate) for fate in LATEST for _ in range(_rare(cohort))]
    for number, (day, fate) in enumerate(plan, start=1):
        drawn = draws.of(number)
        kilograms = drawn.whole("kilograms", 1, 8)
        yield Deal(
            number,
            day,
            fate,
            farmers[drawn.rank("farmer") % len(farmers)],
            firms[drawn.rank("firm") % len(firms)],
            (kilograms * GRAMS_PER_KILOGRAM, drawn.whole("rest", 1, 8) * GRAMS_PER_KILOGRAM),
            drawn.whole("price", 40, 120) * 10_000,
        )


def _rare(cohort: int) -> int:
    return max(1, cohort * RARE_PERCENT // 100)


def _fates(cohort: int, place: int) -> Iterator[Fate]:
    """The fates of a cohort; those that are in no rate come on top."""
    failed, rare = (cohort * FAILED_PERCENT[place] + 50) // 100, _rare(cohort)
    yield from [EXCLUDED[place]] * rare
    for number in range(cohort):
        if number < failed:
            yield FAILURES[number % len(FAILURES)]
        elif number < failed + rare * len(TURNS):
            yield TURNS[number % len(TURNS)]
        else:
            yield Fate.KEPT


Steps = Iterator[tuple[int, Step]]
"""Steps, each with its day after the offer."""


def _life(deal: Deal) -> Steps:
    signer = deal.farmer if deal.number % 2 else deal.firm
    yield 0, deal.offer
    if deal.fate is Fate.OFFERED:
        return
    if deal.fate is Fate.WITHDRAWN:
        yield 1, deal.step(deal.offer.signer, "Agreements.withdraw")
        return
    yield 1, deal.step(signer.slug, "Agreements.sign", fields={"terms": deal.offer.message["terms"]})
    if deal.fate is Fate.LAPSED:
        yield 35, deal.step(deal.farmer.slug, "Agreements.lapse")
        return
    received: dict[str, Value] = {"receivedAt": DaysLater(deal.day + 2), "receipt": _receipt(deal, 1)}
    yield 2, deal.step(BANK, "Agreements.confirmDeposit", BANK, fields={"amount": deal.deposit, **received})
    if deal.fate is not Fate.UNDER_WAY:
        yield from _performance(deal)


def _performance(deal: Deal) -> Steps:
    owed = deal.total - deal.deposit
    match deal.fate:
        case Fate.MUTUAL:
            for day, side in ((14, deal.firm), (15, deal.farmer)):
                yield day, deal.step(side.slug, "Remedies.consentToTermination", BANK, fields={"consents": True})
            yield from _settled(deal, 17, -deal.deposit)
        case Fate.FORCE_MAJEURE:
            yield from _force_majeure(deal, {"terminates": True, "extensionDays": 0})
            yield from _settled(deal, 17, -deal.deposit)
        case Fate.EXTENDED:
            yield from _force_majeure(deal, {"terminates": False, "extensionDays": 30})
            yield from _delivered(deal, 35, 0)
            yield from _delivered(deal, 38, 1)
            yield from _settled(deal, 43, owed)
        case Fate.SELLER_DEFAULT:
            accepted = 0
            if deal.number % 2 == 0:
                yield from _delivered(deal, 14, 0)
                accepted = deal.price(deal.halves[0])
            open_ = deal.total - accepted
            penalty = deposit_penalty(deal.total, deal.deposit, deal.total, open_, purpose_defeated=False)
            yield from _default(deal, deal.firm, "DEPOSIT")
            yield from _settled(deal, 57, accepted - deal.deposit - penalty)
        case Fate.BUYER_DEFAULT:
            yield from _handed_over(deal)
            yield from _default(deal, deal.farmer, "DAMAGES")
            yield 57, _payment(deal, owed // 2)  # the rest, and the damages, are for a court
        case Fate.DISPUTED:
            yield from _handed_over(deal)
            yield 20, _dispute(deal)
            yield 21, _payment(deal, owed - deal.total // 10)
        case Fate.RESOLVED:
            yield from _handed_over(deal)
            yield 20, _dispute(deal)
            awarded = deal.total // 20
            yield 21, deal.step(deal.village, "Remedies.resolveDispute", INSPECTOR, fields={"awarded": awarded})
            yield from _settled(deal, 22, owed - awarded)
        case Fate.SHORT:
            short = deal.grams * 3 // 100
            yield from _delivered(deal, 14, 0)
            yield from _delivered(deal, 17, 1, deal.halves[1] - short)
            yield 20, deal.step(deal.firm.slug, "Agreements.waive", INSPECTOR)
            yield from _settled(deal, 21, deal.price(deal.grams - short) - deal.deposit)
        case Fate.SILENT:
            yield from _delivered(deal, 14, 0)
            yield 17, _delivery(deal, 1, deal.halves[1])
            yield 42, deal.step(deal.farmer.slug, "Agreements.deem", part=1, fields={"milestone": 1})
            yield from _settled(deal, 43, owed)
        case _:
            yield from _handed_over(deal)
            yield from _settled(deal, 20, owed)


def _force_majeure(deal: Deal, decision: dict[str, Value]) -> Steps:
    """A typhoon two days before the first delivery is due, and what the village decides on it."""
    occurred: dict[str, Value] = {"occurredAt": DaysLater(deal.day + FIRST_DUE - 2)}
    yield 14, deal.step(deal.farmer.slug, "Remedies.notifyForceMajeure", INSPECTOR, fields=occurred)
    yield 15, deal.step(deal.village, "Remedies.decideForceMajeure", INSPECTOR, fields=decision)


def _handed_over(deal: Deal) -> Steps:
    yield from _delivered(deal, 14, 0)
    yield from _delivered(deal, 17, 1)


def _delivered(deal: Deal, day: int, part: int, grams: int | None = None) -> Steps:
    """A delivery; every third agreement's is inspected the day after; its acceptance two days after."""
    weight = deal.halves[part] if grams is None else grams
    where: dict[str, Value] = {"milestone": part}
    yield day, _delivery(deal, part, weight)
    if deal.number % 3 == 0:
        yield day + 1, deal.step(INSPECTOR, "Agreements.inspect", INSPECTOR, part, where | {"conforming": weight})
    yield day + 2, deal.step(deal.firm.slug, "Agreements.accept", INSPECTOR, part, where | {"quantity": weight})


def _delivery(deal: Deal, part: int, grams: int) -> Step:
    fields: dict[str, Value] = {"milestone": part, "quantity": grams}
    return deal.step(deal.farmer.slug, "Agreements.deliver", INSPECTOR, part, fields)


def _default(deal: Deal, claimant: Party, sanction: str) -> Steps:
    yield 35, deal.step(claimant.slug, "Remedies.noticeCure", INSPECTOR, fields={"cureDays": 10})
    claim: dict[str, Value] = {"sanction": sanction, "purposeDefeated": False}
    yield 56, deal.step(claimant.slug, "Remedies.declareDefault", INSPECTOR, fields=claim)


def _dispute(deal: Deal) -> Step:
    return deal.step(deal.firm.slug, "Remedies.raiseDispute", INSPECTOR, fields={"amount": deal.total // 10})


def _settled(deal: Deal, day: int, owed: int) -> Steps:
    """What is owed is paid (negative: given back), and the agreement closed the day after."""
    if owed:
        yield day, _payment(deal, owed)
    yield day + 1, deal.step(deal.firm.slug, "Agreements.close")


def _payment(deal: Deal, owed: int) -> Step:
    fields: dict[str, Value] = {"toSeller": owed > 0, "amount": abs(owed), "receipt": _receipt(deal, 2)}
    return deal.step(BANK, "Agreements.recordPayment", BANK, fields=fields)


def _receipt(deal: Deal, nth: int) -> bytes:
    return Draws(deal.number, "agreement receipts").octets(f"synthetic {nth}", 32)
