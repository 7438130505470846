"""Deeds: some obligors sign by wallet, most deeds are prepared in batches.

As many as `domain.md` 6.2 has for the book, and its sum over them to the fen; other sizes have their share. What goes
another way than to issue goes so once in every state. Shares that no source gives are assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from scripts.world.draws import Draws
from scripts.world.parties import slug
from scripts.world.quotas import bounded_shares
from scripts.world.sizes import SIZES, Institution
from scripts.world.steps import DaysLater, EvidenceOf, HashOf, IdOf, Paper, Step, Value, Wave

if TYPE_CHECKING:
    from scripts.world.story import Story

BOOK_FEN = 257_600_000_000
LEAST_FEN, MOST_FEN = 50_000, 50_000_000
MEDIAN_FEN, SIGMA = 650_000, 1.03
RATE_BPS = 1_540
BATCH = 200
BATCHES_BEGIN = 1 << 24
SECOND = 1 << 25
"""Added to a number: the act of a party that concerns it a second time."""
REGULATOR = slug("REGULATOR", 1)


SMALLEST_BATCHES = 2

# How deeds signed by wallet end, by their number; the others are issued.
WALLET_ENDS = {1: "APPLIED", 2: "ACCEPTED", 3: "AWAITED", 4: "REFUSED", 5: "INFORMED"}
REVOKED, AMENDED = 6, 7


@dataclass(frozen=True)
class Deed:
    """A deed of the story; `obligor` is a party's slug, or the commitment to somebody without a wallet."""

    number: int
    office: str
    notary: str
    reviewer: str
    bank: str
    obligor: str | bytes
    principal: int
    draws: Draws

    @property
    def id(self) -> HashOf:
        """Its id on chain."""
        return HashOf(("uint64", "bytes32"), (IdOf(self.office), self.hash("number")))

    def hash(self, name: str) -> bytes:
        """A hash or commitment that belongs to it."""
        return self.draws.octets(name, 32)

    def paper(self, attester: str, kind: str) -> Paper:
        """A document about it."""
        return Paper(attester, kind, f"deed {self.number}")


def waves(story: Story) -> Iterator[Wave]:
    """The chapter, from day 42 to day 188."""
    yield from Deeds(story).waves()


class Deeds:
    """The chapter on one story."""

    def __init__(self, story: Story) -> None:
        """The deeds of `story`."""
        self.story = story
        self.count = story.world.size
        self._draws = story.world.draws.of("deeds")
        self._people = [party.slug for party in story.parties if party.role == "FARMER" and not party.suspended]

    def waves(self) -> Iterator[Wave]:
        """All waves."""
        yield Wave("open deeds", 42, [self._open(deed) for deed in self.by_wallet])
        yield Wave(
            "verify identities", 43, [self._by_notary(deed, "verifyIdentities") for deed in self._past("APPLIED")]
        )
        yield Wave("accept deeds", 44, [self._by_office(deed, "accept") for deed in self._past("APPLIED")])
        yield Wave("inform obligors", 45, [*self._inform(), *self._await_and_refuse()])
        yield Wave("sign deeds", 46, list(self._sign()))
        yield Wave("prepare deeds", 47, [self._prepare(place, batch) for place, batch in enumerate(self.batches)])
        yield Wave("review deeds", 48, list(self._review()))
        yield Wave("issue deeds", 49, list(self._issue()))
        yield Wave("amend deeds, declare conflicts", 60, [*self._amend(), self._conflict()])
        yield Wave("revoke a deed, report a key", 188, [*self._revoke(), self._report_key()])

    # Deeds

    @cached_property
    def principals(self) -> list[int]:
        """Amounts in fen, whose sum is the size's share of the book's."""
        total = BOOK_FEN * self.count.deeds // SIZES["book"].deeds
        wishes = [
            self._draws.of("deed", number).lognormal("amount", MEDIAN_FEN, SIGMA)
            for number in range(1, self.count.deeds + 1)
        ]
        return bounded_shares(wishes, total, LEAST_FEN, MOST_FEN)

    @cached_property
    def by_wallet(self) -> list[Deed]:
        """Deeds whose obligors sign by wallet."""
        return [
            self._deed(number, number, self._people[number % len(self._people)])
            for number in range(1, self.count.deeds_by_wallet + 1)
        ]

    @cached_property
    def batches(self) -> list[list[Deed]]:
        """The other deeds; those of a batch have office, notary and bank in common."""
        numbers = range(self.count.deeds_by_wallet + 1, self.count.deeds + 1)
        size = min(BATCH, -(-len(numbers) // SMALLEST_BATCHES))
        return [
            [
                self._deed(number, place, self._draws.of("deed", number).octets("obligor", 32))
                for number in numbers[start : start + size]
            ]
            for place, start in enumerate(range(0, len(numbers), size))
        ]

    def _deed(self, number: int, group: int, obligor: str | bytes) -> Deed:
        return Deed(
            number,
            self._nth("NOTARY_OFFICE", group),
            self._nth("NOTARY", group),
            self._nth("NOTARY", group + 1),
            self._nth("BANK", group),
            obligor,
            self.principals[number - 1],
            self._draws.of("deed", number),
        )

    def _nth(self, role: Institution, number: int) -> str:
        return slug(role, number % self.story.world.size.institutions[role] + 1)

    def _past(self, *ends: str) -> list[Deed]:
        """Deeds signed by wallet that went further than these ends."""
        return [deed for deed in self.by_wallet if WALLET_ENDS.get(deed.number) not in ends]

    def _open(self, deed: Deed) -> Step:
        message: dict[str, Value] = {
            "number": deed.hash("number"),
            "notary": IdOf(deed.notary),
            "obligee": IdOf(deed.bank),
            "obligors": [IdOf(str(deed.obligor))],
            "instrument": deed.hash("instrument"),
            "securities": bytes(32),
            "principal": deed.principal,
            "rateBps": RATE_BPS,
            "scope": "DEBT",
            "method": "SMS",
        }
        return Step(deed.office, "Deeds.open", deed.number, message, deed.paper(deed.office, "application for a deed"))

    def _by_notary(self, deed: Deed, act: str, **message: Value) -> Step:
        return self._about(deed, deed.notary, act, message)

    def _by_office(self, deed: Deed, act: str, **message: Value) -> Step:
        return self._about(deed, deed.office, act, message)

    def _about(self, deed: Deed, signer: str, act: str, message: dict[str, Value]) -> Step:
        paper = deed.paper(signer, f"record of {act}")
        return Step(signer, f"Deeds.{act}", deed.number, {"deed": deed.id, **message}, paper)

    def _inform(self) -> Iterator[Step]:
        for deed in self._past("APPLIED", "ACCEPTED", "AWAITED", "REFUSED"):
            session = EvidenceOf(deed.paper(deed.notary, "record of inform"))
            yield self._by_notary(deed, "inform", obligor=IdOf(str(deed.obligor)), session=session)

    def _await_and_refuse(self) -> Iterator[Step]:
        for deed in self.by_wallet:
            if WALLET_ENDS.get(deed.number) == "AWAITED":
                yield self._by_notary(deed, "awaitMaterials", awaited=True)
            if WALLET_ENDS.get(deed.number) == "REFUSED":
                yield self._by_office(deed, "end", ground="IN_DISPUTE")

    @cached_property
    def issued_by_wallet(self) -> list[Deed]:
        """Deeds signed by wallet that are issued."""
        return self._past(*WALLET_ENDS.values())

    def _sign(self) -> Iterator[Step]:
        for deed in self.issued_by_wallet:
            for signer in (str(deed.obligor), deed.bank):
                message: dict[str, Value] = {
                    "deed": deed.id,
                    "instrument": deed.hash("instrument"),
                    "acceptsEnforcement": True,
                    "acceptsVerification": True,
                }
                yield Step(signer, "Deeds.sign", deed.number, message)

    def _prepare(self, place: int, batch: list[Deed]) -> Step:
        first = batch[0]
        message: dict[str, Value] = {
            "office": IdOf(first.office),
            "obligee": IdOf(first.bank),
            "scope": "DEBT",
            "method": "SMS",
            "rateBps": RATE_BPS,
            "numbers": [deed.hash("number") for deed in batch],
            "obligors": [deed.hash("obligor") for deed in batch],
            "instruments": [deed.hash("instrument") for deed in batch],
            "sessions": [deed.hash("session") for deed in batch],
            "principals": [deed.principal for deed in batch],
        }
        return self._on_batch(first.notary, "prepare", place, message)

    def _on_batch(self, signer: str, act: str, place: int, message: dict[str, Value]) -> Step:
        paper = Paper(signer, f"records of {act}", f"batch of deeds {place}")
        return Step(signer, f"Deeds.{act}", BATCHES_BEGIN + place, message, paper)

    def _groups(self) -> Iterable[tuple[int, list[Deed]]]:
        """Deeds to be reviewed and issued together: single ones, and batches."""
        yield from ((SECOND + deed.number, [deed]) for deed in self.issued_by_wallet)
        yield from enumerate(self.batches)

    def _review(self) -> Iterator[Step]:
        for place, group in self._groups():
            yield self._on_batch(group[0].reviewer, "review", place, {"deeds": [deed.id for deed in group]})

    def _issue(self) -> Iterator[Step]:
        for place, group in self._groups():
            documents: list[Value] = [deed.hash("document") for deed in group]
            message: dict[str, Value] = {"deeds": [deed.id for deed in group], "documents": documents}  # type: ignore[dict-item]
            yield self._on_batch(group[0].office, "issue", place, message)

    def _amend(self) -> Iterator[Step]:
        deed = self.by_wallet[AMENDED - 1]
        yield self._by_office(deed, "amend", kind="SUPPLEMENT", document=deed.hash("supplement"))

    def _conflict(self) -> Step:
        office, notary = slug("NOTARY_OFFICE", 1), self._nth("NOTARY", 2)
        message: dict[str, Value] = {"notary": IdOf(notary), "party": IdOf(slug("FIRM", 1)), "conflicted": True}
        paper = Paper(office, "declaration of interests", notary)
        return Step(office, "Notaries.declareConflict", BATCHES_BEGIN, message, paper)

    def _revoke(self) -> Iterator[Step]:
        yield self._by_office(self.by_wallet[REVOKED - 1], "revoke")

    def _report_key(self) -> Step:
        notary = self.by_wallet[-1].notary
        message: dict[str, Value] = {"notary": IdOf(notary), "invalidFrom": DaysLater(186)}
        return Step(
            REGULATOR, "Notaries.reportKey", BATCHES_BEGIN, message, Paper(REGULATOR, "report of a key", notary)
        )
