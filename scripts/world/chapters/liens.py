"""Liens on every twelfth tree: two banks behind each other, one overtaken at the registry, one paid off.

The trees' values play no part here: every contract names the rank that its bank was warned of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scripts.world.parties import slug
from scripts.world.places import VILLAGES
from scripts.world.steps import DaysLater, EvidenceOf, IdOf, NumberOf, Paper, Step, Value, Wave
from scripts.world.story import LAND_REGISTRY, Story, tree_id
from scripts.world.trees import Tree
from workflows.liens.land import needs_legal_review
from workflows.trees.record import TitleClass

EVERY = 12
PLOTS = 4
OVERTAKEN, PAID_OFF = 2, 3
"""Of four trees in a row the third has its first lien overtaken, the fourth has it paid off."""

FIRST_FEN, SECOND_FEN, THIRD_FEN = 1_200_000, 600_000, 300_000
REGISTRY_LAG_DAYS = 1


@dataclass(frozen=True, slots=True)
class Pledge:
    """One lien of the story: `place` on its tree from 1, `rank` as its bank was warned."""

    story: Story
    tree: Tree
    place: int
    kind: str
    fen: int
    rank: int

    @property
    def bank(self) -> str:
        """Another bank for each place on a tree."""
        banks = self.story.world.size.institutions["BANK"]
        return slug("BANK", (self.tree.number // EVERY + self.place) % banks + 1)

    @property
    def number(self) -> int:
        """What tells its acts from those of the tree's other liens."""
        return self.tree.number * 10 + self.place

    @property
    def contract(self) -> Paper:
        """The mortgage contract."""
        return Paper(self.bank, "mortgage contract", f"{self.tree.tag} lien {self.place}")

    @property
    def terms(self) -> dict[str, Value]:
        """What both sides sign."""
        debt = self.story.world.draws.of("debt", self.number).octets("id", 32)
        reviewed = needs_legal_review(self.tree.record.land_kind)
        return {
            "kind": self.kind,
            "asset": tree_id(self.tree.tag),
            "grantor": IdOf(self.tree.owner),
            "holder": IdOf(self.bank),
            "debt": int.from_bytes(debt),
            "securedMax": self.fen,
            "noTransfer": self.place == 1,
            "rank": self.rank,
            "legalReview": EvidenceOf(self.contract) if reviewed else bytes(32),
        }

    @property
    def filing(self) -> Step:
        """The bank's filing."""
        return Step(self.bank, "Liens.file", self.number, self.terms, self.contract)

    @property
    def lien(self) -> NumberOf:
        """The lien's id."""
        return NumberOf(self.filing)

    def confirmation(self) -> Step:
        """The owner's signature over the same terms and the same contract."""
        message = {"lien": self.lien, **self.terms, "evidence": EvidenceOf(self.contract)}
        return Step(self.tree.owner, "Liens.confirm", self.number, message)

    def registration(self, day: int) -> Step:
        """The registry's receipt, which it gave on the day before."""
        message: dict[str, Value] = {
            "lien": self.lien,
            "registeredAt": DaysLater(day - REGISTRY_LAG_DAYS),
            "receipt": self.story.world.draws.of("lien-receipt", self.number).octets("id", 32),
        }
        return self._step(LAND_REGISTRY, "register", "certificate of the registry", message)

    def village_record(self) -> Step:
        """The village's record of a land right."""
        village = slug("VILLAGE", VILLAGES.index(self.tree.record.village) + 1)
        return self._step(village, "recordLandRight", "record of the land right", {"lien": self.lien})

    def discharge(self) -> Step:
        """The bank's discharge after payoff."""
        message: dict[str, Value] = {"liens": [self.lien], "ground": "CLAIM_ENDED"}
        return self._step(self.bank, "discharge", "statement of payoff", message)

    def _step(self, signer: str, function: str, paper: str, message: dict[str, Value]) -> Step:
        about = f"{self.tree.tag} lien {self.place}"
        return Step(signer, f"Liens.{function}", self.number, message, Paper(signer, paper, about))


def waves(story: Story) -> Iterator[Wave]:
    """First, second and third liens, from day 45 to day 60."""
    trees = list(_trees(story))
    plot = {tree.number: tree.number // EVERY % PLOTS for tree in trees}
    first = [Pledge(story, tree, 1, "REAL_PROPERTY", FIRST_FEN, 1) for tree in trees]
    slow = {one.tree.number for one in first if plot[one.tree.number] == OVERTAKEN}
    second = [
        Pledge(story, tree, 2, "REAL_PROPERTY", SECOND_FEN, 1 if tree.number in slow else 2)
        for tree in trees
        if plot[tree.number] != PAID_OFF
    ]
    third = [Pledge(story, tree, 3, "LAND_RIGHT", THIRD_FEN, 2) for tree in trees if tree.number in slow]
    yield Wave("file first liens", 45, [one.filing for one in first])
    yield Wave("confirm first liens", 46, [one.confirmation() for one in first])
    yield Wave("register first liens", 48, [one.registration(48) for one in first if one.tree.number not in slow])
    yield Wave("file second liens", 49, [one.filing for one in second])
    yield Wave("confirm second liens", 50, [one.confirmation() for one in second])
    yield Wave("register second liens", 52, [one.registration(52) for one in second])
    yield Wave("file liens on land rights", 53, [one.filing for one in third])
    yield Wave("confirm liens on land rights", 54, [one.confirmation() for one in third])
    yield Wave("record land rights", 55, [one.village_record() for one in third])
    paid_off = [one for one in first if plot[one.tree.number] == PAID_OFF]
    yield Wave("discharge paid off liens", 60, [one.discharge() for one in paid_off])


def _trees(story: Story) -> Iterator[Tree]:
    """Usual trees that can secure a debt, of owners who can sign."""
    suspended = {party.slug for party in story.parties if party.suspended}
    for tree in story.trees[EVERY - 1 :: EVERY]:
        usual = tree.number not in story.fates and tree.owner not in suspended
        if usual and tree.record.title_class is not TitleClass.WITNESS:
            yield tree
