"""What happens in the synthetic world: waves of acts, each of which relies on the waves before it.

Most trees go the whole way from filing to recognition. A few meet each of the other fates, so that every
state of `domain.md` 2.1 can be seen; how many is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from functools import cached_property

from eth_utils import keccak

from chain.vocabulary import role_bits
from scripts.world import chapters
from scripts.world.draws import Draws
from scripts.world.parties import Party, slug
from scripts.world.places import VILLAGES
from scripts.world.population import World
from scripts.world.quotas import shuffled
from scripts.world.sizes import Institution
from scripts.world.steps import AccountOf, DaysLater, IdOf, Paper, Step, Value, Wave
from scripts.world.trees import Tree
from workflows.calendar import announced, latest_year

OPERATOR, AGRI, COURT, REGULATOR = (
    slug("OPERATOR", 1),
    slug("AGRI", 1),
    slug("COURT_GW", 1),
    slug("REGULATOR", 1),
)
LAND_REGISTRY = slug("REGISTRY", 1)
COURT_RESTRAINT_DAYS = 730
RECOGNISED_PERCENT = 80


class Fate(Enum):
    """How a tree's story departs from the usual one: filed, surveyed, noticed, registered, recognised."""

    NOT_SURVEYED = auto()
    NOT_NOTICED = auto()
    NOT_REGISTERED = auto()
    OBJECTION_OPEN = auto()
    OBJECTION_UPHELD = auto()
    OBJECTION_DISMISSED = auto()
    SEIZED = auto()
    SEIZURE_LIFTED = auto()
    CONTESTED = auto()
    NON_COMPLIANT = auto()
    REPORTED_DEAD = auto()
    DEAD = auto()
    REPORTED_DEAD_BUT_ALIVE = auto()
    TRANSFERRED = auto()
    TRANSFER_ACCEPTED = auto()
    TRANSFER_OFFERED = auto()


# Trees in a thousand, at least one of each. [A]
PERMILLE = {fate: 5 for fate in Fate} | {
    Fate.NOT_SURVEYED: 10,
    Fate.NOT_NOTICED: 10,
    Fate.NOT_REGISTERED: 10,
    Fate.SEIZED: 10,
    Fate.TRANSFERRED: 10,
}

OBJECTED = {Fate.OBJECTION_OPEN, Fate.OBJECTION_UPHELD, Fate.OBJECTION_DISMISSED}
NEVER_SURVEYED = {Fate.NOT_SURVEYED}
NEVER_NOTICED = NEVER_SURVEYED | {Fate.NOT_NOTICED}
NEVER_REGISTERED = NEVER_NOTICED | {Fate.NOT_REGISTERED, Fate.OBJECTION_OPEN, Fate.OBJECTION_UPHELD}
REPORTED = {Fate.REPORTED_DEAD, Fate.DEAD, Fate.REPORTED_DEAD_BUT_ALIVE}
SOLD = {Fate.TRANSFERRED, Fate.TRANSFER_ACCEPTED, Fate.TRANSFER_OFFERED}


def tree_id(tag: str) -> int:
    """Id of a tree on chain: the Keccak-256 of its tag."""
    return int.from_bytes(keccak(text=tag))


class Story:
    """The acts of a world, in causal order; pure, and the same for the same seed."""

    def __init__(self, world: World) -> None:
        """The story of `world`."""
        self.world = world
        self.parties: list[Party] = list(world.parties())
        self.trees: list[Tree] = list(world.trees())
        self._draws: Draws = world.draws.of("story")

    def waves(self) -> Iterator[Wave]:
        """All waves. A wave may be played again from its start: acts are told apart by their nonces."""
        yield Wave("enrol", 0, list(self._enrol()))
        yield Wave("publish the calendar", 0, list(self._publish_calendar()))
        yield Wave("appoint guardians", 0, list(self._appoint_guardians()))
        yield Wave("file", 0, list(self._file()))
        yield Wave("survey", 1, list(self._survey()))
        yield Wave("post notice", 2, list(self._post_notice()))
        yield Wave("object", 4, list(self._object()))
        yield Wave("resolve objections", 9, list(self._resolve()))
        yield Wave("register", 22, list(self._register()), after_notice=True)
        yield Wave("recognise", 23, list(self._recognise()))
        begun = [*self._restrain(), *self._report_deaths(), *self._offer()]
        yield Wave("restrain, report deaths, offer transfers", 23, begun)
        answered = [*self._lift(), *self._conclude(), *self._accept()]
        yield Wave("lift, conclude, accept", 24, answered)
        yield Wave("record transfers, suspend", 24, [*self._record_transfers(), *self._suspend()])
        yield from chapters.waves(self)

    @cached_property
    def fates(self) -> dict[int, Fate]:
        """Fates by number of the tree; a tree without one goes the usual way."""
        order = iter(shuffled(self._draws.of("fates"), len(self.trees)))
        found: dict[int, Fate] = {}
        for fate, permille in PERMILLE.items():
            for _ in range(max(1, len(self.trees) * permille // 1_000)):
                found[next(order) + 1] = fate
        return found

    def _but(self, fates: set[Fate]) -> Iterator[Tree]:
        return (tree for tree in self.trees if self.fates.get(tree.number) not in fates)

    def _only(self, *fates: Fate) -> Iterator[Tree]:
        return (tree for tree in self.trees if self.fates.get(tree.number) in fates)

    def _enrol(self) -> Iterator[Step]:
        # The operator is enrolled by the deployment itself.
        for party in self.parties[1:]:
            message: dict[str, Value] = {
                "account": AccountOf(party.slug),
                "roles": role_bits(party.role),
                "identity": party.commitment,
            }
            yield Step(OPERATOR, "Parties.enrol", party.number, message)

    def _appoint_guardians(self) -> Iterator[Step]:
        for party in self.parties:
            if party.role == "FARMER" and party.village:
                message: dict[str, Value] = {
                    "bank": IdOf(self._of(party.village, "BANK")),
                    "village": IdOf(self._collective(party.village)),
                    "operator": IdOf(OPERATOR),
                }
                yield Step(party.slug, "Parties.appointGuardians", party.number, message)

    def _publish_calendar(self) -> Iterator[Step]:
        for year in (latest_year() - 1, latest_year()):
            first, second = announced().words(year)
            paper = Paper(REGULATOR, "notice of days off", str(year))
            yield Step(REGULATOR, "Calendar.publish", year, {"year": year, "first": first, "second": second}, paper)

    def _file(self) -> Iterator[Step]:
        for tree in self.trees:
            record = tree.record
            message: dict[str, Value] = {
                "tag": record.tag,
                "village": record.village,
                "cultivar": record.cultivar,
                "geoCell": tree.geo_cell,
                "titleClass": record.title_class.value,
                "ageYears": record.age_years,
                "ageMethod": record.age_method.value,
                "graftYear": record.graft_year or 0,
                "attributes": tree.commitment,
            }
            paper = Paper(tree.owner, "application with title papers and photographs", tree.tag)
            yield Step(tree.owner, "Trees.file", tree.number, message, paper)

    def _survey(self) -> Iterator[Step]:
        for tree in self._but(NEVER_SURVEYED):
            record = tree.record
            message: dict[str, Value] = {
                "girthCm": record.girth_cm,
                "heightCm": record.height_cm,
                "crownACm": record.crown_a_cm,
                "crownBCm": record.crown_b_cm,
                "health": record.health.value,
                "accuracyCm": record.position.accuracy_cm,
                "attributes": tree.commitment,
            }
            yield self._step(tree, self._of(record.village, "SURVEYOR"), "survey", "survey report", message)

    def _post_notice(self) -> Iterator[Step]:
        for tree in self._but(NEVER_NOTICED):
            yield self._step(tree, self._collective(tree.record.village), "postNotice", "public notice")

    def _object(self) -> Iterator[Step]:
        farmers = self.world.size.farmers
        for tree in self._only(*OBJECTED):
            neighbour = slug("FARMER", int(tree.owner.rpartition("-")[2]) % farmers + 1)
            yield self._step(tree, neighbour, "object", "objection to the notice")

    def _resolve(self) -> Iterator[Step]:
        for tree in self._only(Fate.OBJECTION_UPHELD, Fate.OBJECTION_DISMISSED):
            upheld: dict[str, Value] = {"upheld": self.fates[tree.number] is Fate.OBJECTION_UPHELD}
            yield self._step(tree, AGRI, "resolveObjection", "decision on the objection", upheld)

    def _register(self) -> Iterator[Step]:
        for tree in self._but(NEVER_REGISTERED):
            message: dict[str, Value] = {
                "tree": tree_id(tree.tag),
                "certificate": self._draws.of("certificate").octets(tree.tag, 32),
            }
            yield Step(AGRI, "Trees.register", tree.number, message)

    def _recognise(self) -> Iterator[Step]:
        for tree in self._but(NEVER_REGISTERED):
            drawn = self._draws.of("recognised", tree.number).whole("percent", 1, 100)
            if tree.protection_level == 1 or drawn <= RECOGNISED_PERCENT:
                message: dict[str, Value] = {
                    "level": tree.protection_level,
                    "ageYears": tree.record.age_years,
                }
                yield self._step(tree, self._forestry(tree), "recognise", "recognition notice", message)

    def _restrain(self) -> Iterator[Step]:
        for tree in self._only(Fate.SEIZED, Fate.SEIZURE_LIFTED):
            seizure: dict[str, Value] = {"kind": "COURT", "expiresAt": DaysLater(COURT_RESTRAINT_DAYS)}
            yield self._step(tree, COURT, "restrain", "ruling and notice of assistance", seizure)
        for tree in self._only(Fate.CONTESTED):
            contested: dict[str, Value] = {"kind": "DISPUTE", "expiresAt": 0}
            village = self._collective(tree.record.village)
            yield self._step(tree, village, "restrain", "minutes of the dispute", contested)
        for tree in self._only(Fate.NON_COMPLIANT):
            limited: dict[str, Value] = {"kind": "COMPLIANCE", "expiresAt": 0}
            yield self._step(tree, REGULATOR, "restrain", "order of the regulator", limited)

    def _lift(self) -> Iterator[Step]:
        for tree in self._only(Fate.SEIZURE_LIFTED):
            yield self._step(tree, COURT, "lift", "ruling that lifts the seizure", {"kind": "COURT"})

    def _report_deaths(self) -> Iterator[Step]:
        for tree in self._only(*REPORTED):
            yield self._step(tree, tree.owner, "reportDeath", "report with photographs")

    def _conclude(self) -> Iterator[Step]:
        findings: dict[Fate, Value] = {Fate.DEAD: "DEAD", Fate.REPORTED_DEAD_BUT_ALIVE: "ALIVE"}
        for tree in self._only(*findings):
            message = {"finding": findings[self.fates[tree.number]]}
            forestry = self._forestry(tree)
            yield self._step(tree, forestry, "concludeDeathReport", "finding of the authority", message)

    def _offer(self) -> Iterator[Step]:
        for tree in self._only(*SOLD):
            to: dict[str, Value] = {"to": IdOf(self._buyer(tree))}
            yield self._step(tree, tree.owner, "offerTransfer", "contract of transfer", to)

    def _accept(self) -> Iterator[Step]:
        for tree in self._only(Fate.TRANSFERRED, Fate.TRANSFER_ACCEPTED):
            yield self._step(tree, self._buyer(tree), "acceptTransfer", "acceptance of the transfer")

    def _record_transfers(self) -> Iterator[Step]:
        for tree in self._only(Fate.TRANSFERRED):
            message: dict[str, Value] = {
                "to": IdOf(self._buyer(tree)),
                "basis": "AGREEMENT",
                "receipt": self._draws.of("receipt").octets(tree.tag, 32),
            }
            yield self._step(tree, LAND_REGISTRY, "recordTransfer", "receipt of the registry", message)

    def _suspend(self) -> Iterator[Step]:
        for party in self.parties:
            if party.suspended:
                paper = Paper(REGULATOR, "decision to suspend", party.slug)
                message: dict[str, Value] = {"party": IdOf(party.slug)}
                yield Step(OPERATOR, "Parties.suspend", party.number, message, paper)

    def _step(
        self, tree: Tree, signer: str, function: str, paper: str, message: dict[str, Value] | None = None
    ) -> Step:
        about: dict[str, Value] = {"tree": tree_id(tree.tag)}
        return Step(signer, f"Trees.{function}", tree.number, about | (message or {}), Paper(signer, paper, tree.tag))

    def _of(self, village: str, role: Institution) -> str:
        """The institution of a kind that serves a village."""
        return slug(role, VILLAGES.index(village) % self.world.size.institutions[role] + 1)

    def _collective(self, village: str) -> str:
        return slug("VILLAGE", VILLAGES.index(village) + 1)

    def _forestry(self, tree: Tree) -> str:
        """Province, city or county: whoever recognises trees of this level."""
        return slug("FORESTRY", tree.protection_level)

    def _buyer(self, tree: Tree) -> str:
        return slug("FIRM", tree.number % self.world.size.firms + 1)
