"""Spring tea of some usual trees: picked, made, inspected, sold, blended and coded; indications granted and one lost.

Every twelfth tree is in it. What goes wrong goes wrong once: a pick beyond the cap that waits for the auditor, another
that the auditor released, an inspection that failed, a blend that was recalled. Weights follow from the trees' records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from scripts.world.draws import Draws
from scripts.world.parties import slug
from scripts.world.steps import DaysLater, IdOf, NumberOf, Paper, Single, Step, Value, Wave
from scripts.world.trees import SEASONS, Tree
from workflows import packs
from workflows.batches.codes import ALPHABET, CODE_LENGTH, SCRATCH_LENGTH, Package, root_of

if TYPE_CHECKING:
    from scripts.world.story import Story

SEASON = SEASONS[-1] + 1
FIRST_DAY, WINDOW_DAYS = 60, 60
EVERY, REMAINDER = 12, 2
INDICATED_PERCENT = 50  # [A]
PACKAGE_G = 50
MOST_PACKAGES = 40
SECOND_PICK = 1 << 24
"""Added to a tree's number: the act of a farmer that concerns it a second time."""

PACK = packs.load(packs.OURS)
YIELDS, PRODUCT, TOWNS = PACK.yields, PACK.origin.claim.zh, PACK.origin.towns

AGRI, INDICATIONS, AUDITOR, OPERATOR = (slug(role, 1) for role in ("AGRI", "GI_AUTH", "AUDITOR", "OPERATOR"))


def waves(story: Story) -> Iterator[Wave]:
    """The chapter, from day 60 to day 140."""
    yield from Spring(story).waves()


def synthetic_packages(draws: Draws, number: int, count: int) -> list[Package]:
    """The packages of a firm's lot; their codes are drawn from the seed, which only synthetic ones may be."""

    def letters(place: int, name: str, length: int) -> str:
        return "".join(ALPHABET[octet % 32] for octet in draws.octets(f"{name}-{number}-{place}", length))

    return [
        Package(
            place,
            PACKAGE_G,
            letters(place, "code", CODE_LENGTH),
            letters(place, "scratch", SCRATCH_LENGTH),
            draws.octets(f"salt-{number}-{place}", 32),
        )
        for place in range(1, count + 1)
    ]


@dataclass(frozen=True)
class Garden:
    """One farmer's trees of the chapter, the leaf picked of them, and the tea made of it, in grams."""

    place: int
    owner: str
    trees: list[Tree]

    @property
    def leaf(self) -> list[int]:
        """Leaf of each tree."""
        return [YIELDS.usual_fresh_g(potential(tree)) for tree in self.trees]

    @property
    def tea(self) -> int:
        """Tea of all of it."""
        return sum(potential(tree) for tree in self.trees)


def potential(tree: Tree) -> int:
    """Dry tea that the tree may give, by the best of its recorded springs; grams."""
    return max(100, *(season.dry_g for season in tree.record.yields))


class Spring:
    """The steps, each made once, because later ones name earlier ones by their digests."""

    def __init__(self, story: Story) -> None:
        """The spring of a story's world."""
        self.story = story
        self.draws = story.world.draws.of("batches")
        self.firms = [party.slug for party in story.parties if party.role == "FIRM" and not party.suspended]

    def waves(self) -> Iterator[Wave]:
        """By day."""
        yield Wave("list towns of origin, state potentials", FIRST_DAY, [*self._towns(), *self._potentials()])
        yield Wave("apply for the indication", FIRST_DAY + 1, list(self._applications()))
        yield Wave("grant the indication", FIRST_DAY + 8, list(self._decisions("GRANTED")))
        yield Wave("pick leaf", FIRST_DAY + 10, [*self.picks.values(), *self.beyond])
        yield Wave("decide a held pick", FIRST_DAY + 12, [self._released()])
        yield Wave("make tea", FIRST_DAY + 13, list(self.tea.values()))
        yield Wave("inspect tea", FIRST_DAY + 18, list(self._inspections()))
        yield Wave("offer tea", FIRST_DAY + 25, list(self.offers.values()))
        yield Wave("confirm sales", FIRST_DAY + 26, list(self._confirmations()))
        yield Wave("blend tea", FIRST_DAY + 35, list(self.blends.values()))
        yield Wave("inspect blends", FIRST_DAY + 40, list(self._blend_inspections()))
        yield Wave("request codes", FIRST_DAY + 45, list(self.requests.values()))
        yield Wave("review codes", FIRST_DAY + 48, list(self._reviews()))
        yield Wave("confirm codes under the indication", FIRST_DAY + 49, list(self._confirmed_codes()))
        yield Wave("issue codes", FIRST_DAY + 50, list(self._issues()))
        yield Wave("recall a blend", FIRST_DAY + 70, [self._recall()])
        yield Wave("suspend an indication", FIRST_DAY + 80, list(self._decisions("SUSPENDED"))[:1])

    @cached_property
    def gardens(self) -> list[Garden]:
        """Farmers with their trees, those of title transferred or of suspended owners left out."""
        suspended = {party.slug for party in self.story.parties if party.suspended}
        by_owner: dict[str, list[Tree]] = {}
        for tree in self.story.trees:
            usual = tree.number not in self.story.fates and tree.owner not in suspended
            if usual and tree.number % EVERY == REMAINDER:
                by_owner.setdefault(tree.owner, []).append(tree)
        return [Garden(place, owner, trees) for place, (owner, trees) in enumerate(by_owner.items())]

    @property
    def trees(self) -> list[Tree]:
        """All trees of the chapter."""
        return [tree for garden in self.gardens for tree in garden.trees]

    def _towns(self) -> Iterator[Step]:
        for number, town in enumerate(TOWNS, start=1):
            message: dict[str, Value] = {"product": PRODUCT, "town": town, "listed": True}
            yield Step(INDICATIONS, "Indications.listTown", number, message)

    def _potentials(self) -> Iterator[Step]:
        for tree in self.trees:
            message: dict[str, Value] = {
                "tree": self._id(tree),
                "season": SEASON,
                "potential": potential(tree),
                "opensAt": DaysLater(FIRST_DAY),
                "closesAt": DaysLater(FIRST_DAY + WINDOW_DAYS),
            }
            yield self._step(AGRI, "Batches.statePotential", tree, message, "statement of the potential yield")

    @cached_property
    def _indicated(self) -> list[Tree]:
        return [
            tree
            for garden in self.gardens
            if self.draws.of("indicated", garden.place).whole("percent", 1, 100) <= INDICATED_PERCENT
            for tree in garden.trees
        ]

    def _applications(self) -> Iterator[Step]:
        for tree in self._indicated:
            message: dict[str, Value] = {"tree": self._id(tree), "product": PRODUCT, "town": TOWNS[0]}
            yield self._step(tree.owner, "Indications.applyFor", tree, message, "proof of origin")

    def _decisions(self, state: str) -> Iterator[Step]:
        for tree in self._indicated:
            message: dict[str, Value] = {"tree": self._id(tree), "state": state}
            paper = Paper(INDICATIONS, f"test report, indication {state}", tree.tag)
            entity = tree.number + (SECOND_PICK if state != "GRANTED" else 0)
            yield Step(INDICATIONS, "Indications.decide", entity, message, paper)

    @cached_property
    def picks(self) -> dict[int, Step]:
        """By number of the tree."""
        return {
            tree.number: self._pick(tree, leaf, tree.number)
            for garden in self.gardens
            for tree, leaf in zip(garden.trees, garden.leaf, strict=True)
        }

    @cached_property
    def beyond(self) -> list[Step]:
        """Two picks more than their trees' caps allow: the auditor releases the first and has yet to see the second."""
        return [
            self._pick(tree, YIELDS.season_cap_fresh_g(potential(tree)), tree.number + SECOND_PICK)
            for tree in self.trees[:2]
        ]

    def _pick(self, tree: Tree, weight: int, entity: int) -> Step:
        message: dict[str, Value] = {"tree": self._id(tree), "season": SEASON, "weight": weight}
        paper = Paper(tree.owner, "pick log with scale reading", f"{tree.tag}, {entity}")
        return Step(tree.owner, "Batches.pick", entity, message, paper)

    def _released(self) -> Step:
        message: dict[str, Value] = {"batch": NumberOf(self.beyond[0]), "released": True}
        paper = Paper(AUDITOR, "finding on a held pick", self.trees[0].tag)
        return Step(AUDITOR, "Batches.decidePick", self.trees[0].number, message, paper)

    @cached_property
    def tea(self) -> dict[int, Step]:
        """By place of the garden."""
        found: dict[int, Step] = {}
        for garden in self.gardens:
            message: dict[str, Value] = {
                "parents": [NumberOf(self.picks[tree.number]) for tree in garden.trees],
                "weights": list[Single](garden.leaf),
                "weight": garden.tea,
            }
            paper = Paper(garden.owner, "process log", garden.owner)
            found[garden.place] = Step(garden.owner, "Batches.make", garden.place, message, paper)
        return found

    def _inspections(self) -> Iterator[Step]:
        for place, made in self.tea.items():
            message: dict[str, Value] = {"batch": NumberOf(made), "passed": place != len(self.gardens) - 1}
            paper = Paper(self._inspector(place), "inspection report", f"tea {place}")
            yield Step(self._inspector(place), "Batches.inspect", place, message, paper)

    @cached_property
    def offers(self) -> dict[int, Step]:
        """By place of the garden, of all tea but that which failed: nine tenths of it."""
        found: dict[int, Step] = {}
        for garden in self.gardens[:-1]:
            message: dict[str, Value] = {
                "batch": NumberOf(self.tea[garden.place]),
                "buyer": IdOf(self._buyer(garden.place)),
                "weight": garden.tea * 9 // 10,
                "ordinaryCourse": True,
            }
            paper = Paper(garden.owner, "delivery note", f"tea {garden.place}")
            found[garden.place] = Step(garden.owner, "Batches.offerSale", garden.place, message, paper)
        return found

    def _confirmations(self) -> Iterator[Step]:
        for place, offer in self.offers.items():
            buyer = self._buyer(place)
            message: dict[str, Value] = {"sale": NumberOf(offer)}
            yield Step(buyer, "Batches.confirmSale", place, message, Paper(buyer, "receipt of goods", f"tea {place}"))

    @cached_property
    def _lots(self) -> dict[int, list[Garden]]:
        """What each firm bought, two gardens' tea, by number of the blend."""
        found: dict[int, list[Garden]] = {}
        for garden in self.gardens[:-1]:
            found.setdefault(garden.place // 2, []).append(garden)
        return found

    @cached_property
    def blends(self) -> dict[int, Step]:
        """By number: all that a firm bought of two gardens."""
        found: dict[int, Step] = {}
        for number, gardens in self._lots.items():
            weights = [garden.tea * 9 // 10 for garden in gardens]
            message: dict[str, Value] = {
                "parents": [NumberOf(self.tea[garden.place]) for garden in gardens],
                "weights": list[Single](weights),
                "weight": sum(weights),
            }
            firm = self._firm(number)
            found[number] = Step(firm, "Batches.make", number, message, Paper(firm, "blending log", f"blend {number}"))
        return found

    def _blend_inspections(self) -> Iterator[Step]:
        for number, blend in self.blends.items():
            inspector = self._inspector(number)
            message: dict[str, Value] = {"batch": NumberOf(blend), "passed": True}
            paper = Paper(inspector, "inspection report", f"blend {number}")
            yield Step(inspector, "Batches.inspect", number + SECOND_PICK, message, paper)

    @cached_property
    def lots_by_root(self) -> dict[bytes, list[Package]]:
        """The packages of every lot by the root that its firm issues them under."""
        lots = [self.packages(number) for number in self.blends]
        return {root_of([package.leaf for package in packages]): packages for packages in lots}

    def packages(self, number: int) -> list[Package]:
        """What a firm packs of its blend: at most as much as it has."""
        weight = sum(garden.tea * 9 // 10 for garden in self._lots[number])
        return synthetic_packages(self.draws.of("codes"), number, min(MOST_PACKAGES, weight // PACKAGE_G))

    def _bears_the_indication(self, number: int) -> bool:
        trees = {tree.number for garden in self._lots[number] for tree in garden.trees}
        return trees <= {tree.number for tree in self._indicated}

    @cached_property
    def requests(self) -> dict[int, Step]:
        """By number of the blend."""
        found: dict[int, Step] = {}
        for number in self.blends:
            firm = self._firm(number)
            message: dict[str, Value] = {
                "batch": NumberOf(self.blends[number]),
                "count": len(self.packages(number)),
                "unitWeight": PACKAGE_G,
                "indicated": self._bears_the_indication(number),
            }
            paper = Paper(firm, "request for codes", f"blend {number}")
            found[number] = Step(firm, "Batches.requestCodes", number, message, paper)
        return found

    def _reviews(self) -> Iterator[Step]:
        for number, request in self.requests.items():
            message: dict[str, Value] = {"lot": NumberOf(request), "approved": True}
            paper = Paper(OPERATOR, "review of a request for codes", f"blend {number}")
            yield Step(OPERATOR, "Batches.reviewCodes", number, message, paper)

    def _confirmed_codes(self) -> Iterator[Step]:
        for number, request in self.requests.items():
            if self._bears_the_indication(number):
                message: dict[str, Value] = {"lot": NumberOf(request), "approved": True}
                paper = Paper(INDICATIONS, "review of a request for codes", f"blend {number}")
                yield Step(INDICATIONS, "Batches.reviewCodes", number, message, paper)

    def _issues(self) -> Iterator[Step]:
        for number, request in self.requests.items():
            firm = self._firm(number)
            root = root_of([package.leaf for package in self.packages(number)])
            message: dict[str, Value] = {"lot": NumberOf(request), "root": root}
            paper = Paper(firm, "list of issued codes", f"blend {number}")
            yield Step(firm, "Batches.issueCodes", number, message, paper)

    def _recall(self) -> Step:
        number = max(self.blends)
        message: dict[str, Value] = {"batches": [NumberOf(self.blends[number])]}
        return Step(AGRI, "Batches.recall", number, message, Paper(AGRI, "order of recall", f"blend {number}"))

    def _firm(self, number: int) -> str:
        return self.firms[number % len(self.firms)]

    def _buyer(self, place: int) -> str:
        return self._firm(place // 2)

    def _inspector(self, number: int) -> str:
        return slug("INSPECTOR", number % self.story.world.size.institutions["INSPECTOR"] + 1)

    def _id(self, tree: Tree) -> int:
        from scripts.world.story import tree_id  # the story tells the chapters

        return tree_id(tree.tag)

    def _step(self, signer: str, act: str, tree: Tree, message: dict[str, Value], paper: str) -> Step:
        return Step(signer, act, tree.number, message, Paper(signer, paper, tree.tag))
