"""Certificates and filings: deeds that defaulted, claimed, verified, certified, filed at court and enforced.

As many as `domain.md` 6.2 has for the book, and its sum over the certificates to the fen; other sizes have their share.
Banks, notaries, offices, lawyers and the court's gateway take up to two hundred cases into one act; who speaks for one
debtor acts alone. What goes another way than to issue goes so once in every state. Shares that no source gives are
assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from scripts.world import defaults
from scripts.world.chapters.deeds import AMENDED, Deed, Deeds
from scripts.world.parties import slug
from scripts.world.sizes import SIZES
from scripts.world.steps import DaysLater, DigestOf, EvidenceOf, Paper, Single, Step, Value, Wave

if TYPE_CHECKING:
    from scripts.world.story import Story

BOOK_CERTIFIED_FEN = 35_600_000_000
CASES_MOST = 200
SECOND, THIRD = 1 << 25, 1 << 26
"""Added to a number: the same act of a party in a later wave."""
COURT = slug("COURT_GW", 1)
APPLY_DAYS = 730

# How certificates end, by place; of the others every fifteenth is refused, and the rest are issued and filed.
CERTIFICATE_ENDS = {1: "APPLIED", 2: "NOTIFIED", 3: "OBJECTED", 4: "REFUSED"}
REFUSED_EVERY = 15
# How filings end, by place, again and again.
FILING_ENDS = ("FULFILLED", "NO_PROPERTY", "MEASURES", "SUBMITTED", "RETURNED", "NOTIFIED")
AT_COURT = ("NOTIFIED", "MEASURES", "FULFILLED", "NO_PROPERTY")
WITH_MEASURES = ("MEASURES", "FULFILLED", "NO_PROPERTY")
LISTS = {"principal": "principals", "interest": "interests", "penalty": "penalties", "costs": "costs"}
"""The items of a claim, and their lists in an act over many."""


@dataclass(frozen=True)
class Claim:
    """A defaulted deed: what is claimed, and how far it goes."""

    place: int
    deed: Deed
    end: str
    total: int
    """What is claimed, in fen."""

    @property
    def items(self) -> dict[str, int]:
        """What the total is made of, in fen."""
        return defaults.items(self.total)

    @property
    def filing_end(self) -> str:
        """How the filing on it ends."""
        return FILING_ENDS[self.place % len(FILING_ENDS)]


def waves(story: Story) -> Iterator[Wave]:
    """The chapter, from day 100 to day 180."""
    yield from Enforcement(story).waves()


class Enforcement:
    """The chapter on one story."""

    def __init__(self, story: Story) -> None:
        """The claims on the deeds of `story`."""
        self.story = story
        self.count = story.world.size
        self.deeds = Deeds(story)
        self._draws = story.world.draws.of("deeds")

    def waves(self) -> Iterator[Wave]:
        """All waves."""
        yield Wave("claim", 100, [step for step, _ in self.applications])
        yield Wave("notify debtors", 101, list(self._notify()))
        yield Wave("record deliveries", 103, list(self._deliver()))
        yield Wave("hear debtors", 105, [self._object(claim) for claim in self._that("OBJECTED", "REFUSED")])
        yield Wave("verify claims", 125, list(self._verify()))
        yield Wave("decide on certificates", 128, [*self._refuse(), *self._issue()])
        yield Wave("report payments", 135, [self._pay(claim) for claim in self.filed[:1]])
        yield Wave("package filings", 138, [step for step, _ in self.packages])
        yield Wave("submit filings", 140, list(self._submit()))
        returned = self._receipts("RETURNED", 146, 0, ("RETURNED",))
        yield Wave("file at court", 147, [*self._receipts("FILED", 146, 0, AT_COURT), *returned])
        yield Wave("notify of execution", 155, list(self._receipts("NOTIFIED", 154, SECOND, AT_COURT)))
        yield Wave("take measures", 162, list(self._receipts("MEASURES", 161, THIRD, WITH_MEASURES)))
        yield Wave("recover", 170, list(self._recover()))
        yield Wave("close cases", 180, list(self._close()))

    # Claims

    @cached_property
    def claims(self) -> list[Claim]:
        """Claims on different deeds, the first three signed by wallet; the size says how many are certified."""
        ends = list(defaults.ends(self.count.certificates, CERTIFICATE_ENDS, REFUSED_EVERY))
        signed = [deed for deed in self.deeds.issued_by_wallet if deed.number > AMENDED][: len(CERTIFICATE_ENDS) - 1]
        others = [deed for batch in self.deeds.batches for deed in batch]
        drawn = defaults.chosen([(deed.draws, deed.principal) for deed in others], len(ends) - len(signed))
        chosen = [*signed, *(others[place] for place in drawn)]
        wishes = [(deed.draws, deed.principal) for deed in chosen]
        certified = [end == "ISSUED" for end in ends]
        total = BOOK_CERTIFIED_FEN * self.count.certificates // SIZES["book"].certificates
        totals = defaults.claimed(wishes, certified, total)
        return [
            Claim(place, deed, end, fen)
            for place, (deed, end, fen) in enumerate(zip(chosen, ends, totals, strict=True), start=1)
        ]

    def _that(self, *ends: str) -> list[Claim]:
        """Claims that end so."""
        return [claim for claim in self.claims if claim.end in ends]

    @cached_property
    def applications(self) -> list[tuple[Step, list[Claim]]]:
        """The acts by which the banks claim, and the claims of each."""
        return [(self._apply(bank, claims), claims) for bank, claims in _together(self.claims, lambda it: it.deed.bank)]

    @cached_property
    def _certificates(self) -> dict[int, DigestOf]:
        """The id of each certificate, by its claim's place."""
        return {
            claim.place: DigestOf(step, number)
            for step, claims in self.applications
            for number, claim in enumerate(claims)
        }

    def _apply(self, bank: str, claims: list[Claim]) -> Step:
        message: dict[str, Value] = {
            "deeds": [claim.deed.id for claim in claims],
            **_items(claims),
            "performed": [claim.deed.principal - claim.items["principal"] for claim in claims],
            "defaultedAt": [DaysLater(95)] * len(claims),
        }
        return _step(bank, "Certificates.file", claims, message, "statements and ledgers")

    def _about(self, signer: str, act: str, claims: list[Claim], paper: str, **message: Value) -> Step:
        """An act on certificates."""
        certificates: list[Single] = [self._certificates[claim.place] for claim in claims]
        return _step(signer, f"Certificates.{act}", claims, {"certificates": certificates, **message}, paper)

    def _notify(self) -> Iterator[Step]:
        for notary, claims in _together(self._that("NOTIFIED", "OBJECTED", "REFUSED", "ISSUED"), _notary):
            yield self._about(notary, "notify", claims, "notices to the debtors", method="SMS")

    def _deliver(self) -> Iterator[Step]:
        for notary, claims in _together(self._that("OBJECTED", "REFUSED", "ISSUED"), _notary):
            at: list[Single] = [DaysLater(103)] * len(claims)
            yield self._about(notary, "recordDeliveries", claims, "proofs of delivery", deliveredAt=at, windowDays=0)

    def _object(self, claim: Claim) -> Step:
        """By the obligor, or the notary who asked one without a wallet."""
        signer = claim.deed.obligor if isinstance(claim.deed.obligor, str) else claim.deed.notary
        about: dict[str, Value] = {"certificate": self._certificates[claim.place]}
        paper = claim.deed.paper(signer, "objection with receipts")
        return Step(signer, "Certificates.object", claim.deed.number, about, paper)

    def _verify(self) -> Iterator[Step]:
        for notary, claims in _together(self._that("REFUSED", "ISSUED"), _notary):
            proven: list[Single] = [claim.total if claim.end == "REFUSED" else 0 for claim in claims]
            yield self._about(notary, "verify", claims, "records of verifications", proven=proven)

    def _refuse(self) -> Iterator[Step]:
        for claim in self._that("REFUSED"):
            about: dict[str, Value] = {"certificate": self._certificates[claim.place], "ground": "DEBT_DEFEATED"}
            paper = claim.deed.paper(claim.deed.office, "refusal of a certificate")
            yield Step(claim.deed.office, "Certificates.refuse", claim.deed.number, about, paper)

    def _issue(self) -> Iterator[Step]:
        for office, claims in _together(self.filed, lambda claim: claim.deed.office):
            message: dict[str, Value] = {
                **_items(claims),
                "applyBy": [DaysLater(128 + APPLY_DAYS)] * len(claims),
                "documents": [claim.deed.hash("certificate") for claim in claims],
            }
            yield self._about(office, "issue", claims, "certificates of enforcement", **message)

    def _pay(self, claim: Claim) -> Step:
        message: dict[str, Value] = {
            "certificate": self._certificates[claim.place],
            "amount": claim.total // 4,
            "receivedAt": DaysLater(134),
        }
        paper = claim.deed.paper(claim.deed.bank, "bank receipt")
        return Step(claim.deed.bank, "Certificates.reportPayment", claim.deed.number, message, paper)

    # Filings

    @cached_property
    def filed(self) -> list[Claim]:
        """Claims that were certified, all of which go to court."""
        return self._that("ISSUED")

    @cached_property
    def court_of(self) -> dict[int, int]:
        """The court of each filing, by the claim's place; every court has one where there are filings enough."""
        drawn = defaults.courts_of(self._draws.of("courts"), len(self.filed))
        return {claim.place: court for claim, court in zip(self.filed, drawn, strict=True)}

    @cached_property
    def packages(self) -> list[tuple[Step, list[Claim]]]:
        """The acts by which lawyers open packages, and the claims of each."""
        return [(self._package(lawyer, claims), claims) for lawyer, claims in _together(self.filed, self._lawyer)]

    @cached_property
    def _filings(self) -> dict[int, DigestOf]:
        """The id of each filing, by its claim's place."""
        return {
            claim.place: DigestOf(step, number) for step, claims in self.packages for number, claim in enumerate(claims)
        }

    def _lawyer(self, claim: Claim) -> str:
        return slug("LAWYER", claim.place % self.count.institutions["LAWYER"] + 1)

    def _package(self, lawyer: str, claims: list[Claim]) -> Step:
        message: dict[str, Value] = {
            "certificates": [self._certificates[claim.place] for claim in claims],
            "obligors": [claim.deed.obligor for claim in claims],
            "courts": [self.court_of[claim.place] for claim in claims],
            "basis": "DOMICILE",
        }
        return _step(lawyer, "Filings.package", claims, message, "powers of attorney")

    def owed(self, claim: Claim) -> int:
        """What is claimed at court, in fen: the first filed one was paid in part."""
        return claim.total - (claim.total // 4 if claim is self.filed[0] else 0)

    def _submit(self) -> Iterator[Step]:
        for lawyer, claims in _together(self.filed, self._lawyer):
            message: dict[str, Value] = {
                "packages": [claim.deed.hash("package") for claim in claims],
                "claimed": [self.owed(claim) for claim in claims],
                "statement": EvidenceOf(_paper(lawyer, claims, "statements of what is owed")),
            }
            yield self._on_filings(lawyer, "submit", claims, 0, message, "statements of what is owed")

    def _on_filings(
        self, signer: str, act: str, claims: list[Claim], later: int, message: dict[str, Value], paper: str
    ) -> Step:
        about: dict[str, Value] = {"filings": [self._filings[claim.place] for claim in claims]}
        return _step(signer, f"Filings.{act}", claims, about | message, paper, later)

    def _receipts(self, kind: str, day: int, later: int, ends: tuple[str, ...]) -> Iterator[Step]:
        for court, claims in _together((it for it in self.filed if it.filing_end in ends), lambda _: COURT):
            message: dict[str, Value] = {
                "kind": kind,
                "instants": [DaysLater(day)] * len(claims),
                "caseNumbers": [claim.deed.hash("case number") for claim in claims],
            }
            yield self._on_filings(court, "recordReceipts", claims, later, message, f"receipts of the court: {kind}")

    @cached_property
    def recovered(self) -> dict[int, int]:
        """What courts recover, in fen, by the claim's place: all of a fulfilled case, else a third."""
        return {
            claim.place: self.owed(claim) // (1 if claim.filing_end == "FULFILLED" else 3)
            for claim in self.filed
            if claim.filing_end in WITH_MEASURES
        }

    def _recover(self) -> Iterator[Step]:
        for court, claims in _together((it for it in self.filed if it.place in self.recovered), lambda _: COURT):
            amounts: list[Single] = [self.recovered[claim.place] for claim in claims]
            paper = "receipts of recovered money"
            yield self._on_filings(court, "recordRecoveries", claims, 0, {"amounts": amounts}, paper)

    def _close(self) -> Iterator[Step]:
        for closure in WITH_MEASURES[1:]:
            for court, claims in _together((it for it in self.filed if it.filing_end == closure), lambda _: COURT):
                paper = f"decisions that close cases: {closure}"
                yield self._on_filings(court, "close", claims, 0, {"closure": closure}, paper)


def _together(claims: Iterable[Claim], signer: Callable[[Claim], str]) -> Iterator[tuple[str, list[Claim]]]:
    """Claims by who signs for them, as many as one act takes at a time."""
    by_signer: dict[str, list[Claim]] = {}
    for claim in claims:
        by_signer.setdefault(signer(claim), []).append(claim)
    for who, all_of in by_signer.items():
        for start in range(0, len(all_of), CASES_MOST):
            yield who, all_of[start : start + CASES_MOST]


def _step(signer: str, act: str, claims: list[Claim], message: dict[str, Value], paper: str, later: int = 0) -> Step:
    """An act over claims, named by the first one's deed, and one batch of papers for all of them."""
    return Step(signer, act, later + claims[0].deed.number, message, _paper(signer, claims, paper))


def _paper(signer: str, claims: list[Claim], kind: str) -> Paper:
    return Paper(signer, kind, f"{len(claims)} cases from deed {claims[0].deed.number} on")


def _items(claims: list[Claim]) -> dict[str, Value]:
    return {many: [claim.items[one] for claim in claims] for one, many in LISTS.items()}


def _notary(claim: Claim) -> str:
    return claim.deed.notary
