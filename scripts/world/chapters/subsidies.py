"""Subsidies: the bureau pays for old trees and for gardens, and claims end in every way they can.

How many claims meet which end, rates and areas are assumed. Claims are of every sixth of the usual trees, and of plots
of every sixth farmer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.world.parties import slug
from scripts.world.places import VILLAGES
from scripts.world.steps import DaysLater, HashOf, IdOf, NumberOf, Paper, Step, Value, Wave
from workflows.commitment import commit

if TYPE_CHECKING:
    from scripts.world.story import Story

AGRI, AUDITOR = slug("AGRI", 1), slug("AUDITOR", 1)
OPENED_ON, CLOSES_ON = 50, 90
YEAR = 2026
TREE_RATE_FEN, PLOT_RATE_FEN = 30_000, 120
PLOTS_BEGIN = 1_000_000
"""Claims of plots are numbered from here on, so that no number is a tree's."""

ENDS = (
    "SUBMITTED", "REJECTED", "NOTICE", "OBJECTED", "UPHELD", "DISMISSED", "APPROVED", "PAID",
    "AUDITED", "AUDITED", "CLAWED_BACK", "RETURNED", "LATE", "PAID", "PAID", "AUDITED",
)  # fmt: skip
"""How one claim after the other ends; LATE: on notice, after a review that took too long."""

REVIEWED = frozenset(ENDS) - {"SUBMITTED", "REJECTED", "LATE"}
APPROVED = REVIEWED - {"NOTICE", "OBJECTED", "UPHELD"}
PAID = APPROVED - {"APPROVED"}


@dataclass(frozen=True, slots=True)
class _Claim:
    number: int
    farmer: str
    asset: bytes
    quantity: int
    programme: Step
    end: str

    @property
    def id(self) -> HashOf:
        """As `Subsidies.claimId` makes it."""
        types = ("uint256", "uint64", "bytes32", "uint16")
        return HashOf(types, (NumberOf(self.programme), IdOf(self.farmer), self.asset, YEAR))

    def step(self, signer: str, function: str, paper: str, **message: Value) -> Step:
        """An act on the claim."""
        about = Paper(signer, paper, f"subsidy claim {self.number}")
        return Step(signer, f"Subsidies.{function}", self.number, {"claim": self.id, **message}, about)

    def submission(self) -> Step:
        """The farmer's own claim."""
        message: dict[str, Value] = {
            "programme": NumberOf(self.programme),
            "subject": IdOf(self.farmer),
            "asset": self.asset,
            "quantity": self.quantity,
            "mandate": bytes(32),
        }
        about = Paper(self.farmer, "application for a subsidy", f"subsidy claim {self.number}")
        return Step(self.farmer, "Subsidies.submit", self.number, message, about)


def waves(story: Story) -> Iterator[Wave]:
    """From the opening of the programmes to the money that came back."""
    trees = list(_tree_assets(story))
    plots = list(_plots(story))
    for_trees = _programme(1, "ANCIENT_TREE", "TREE", TREE_RATE_FEN, TREE_RATE_FEN * max(1, len(trees)))
    area = sum(cmu for _, _, _, _, cmu in plots)
    for_plots = _programme(2, "ECO_GARDEN", "AREA", PLOT_RATE_FEN, PLOT_RATE_FEN * max(1, area))
    claims = [
        _Claim(number, owner, asset, 1, for_trees, ENDS[place % len(ENDS)])
        for place, (number, owner, asset) in enumerate(trees)
    ]
    claims += [_Claim(number, farmer, plot, cmu, for_plots, "PAID") for number, farmer, _, plot, cmu in plots]

    registered = [_registered(*plot) for plot in plots]
    yield Wave("open subsidy programmes, register plots", OPENED_ON, [for_trees, for_plots, *registered])
    yield Wave("submit subsidy claims", 52, [claim.submission() for claim in claims])
    yield Wave("review subsidy claims", 55, [*_published(claims, REVIEWED), *_rejected(claims)])
    yield Wave("object to subsidy claims", 57, list(_objected(story, claims)))
    yield Wave("resolve objections to subsidy claims", 60, list(_resolved(claims)))
    yield Wave(
        "approve subsidy claims",
        80,
        [one.step(AGRI, "approve", "decision to grant the subsidy") for one in claims if one.end in APPROVED],
    )
    yield Wave("pay subsidies", 84, [_paid(story, claim, "pay") for claim in claims if claim.end in PAID])
    yield Wave("publish late reviews", 95, list(_published(claims, {"LATE"})))
    yield Wave("examine subsidies", 100, list(_examined(claims)))
    yield Wave(
        "record returned subsidies",
        115,
        [_paid(story, claim, "recordReturn") for claim in claims if claim.end == "RETURNED"],
    )


def _tree_assets(story: Story) -> Iterator[tuple[int, str, bytes]]:
    from scripts.world.story import tree_id

    suspended = {party.slug for party in story.parties if party.suspended}
    for tree in story.trees:
        if tree.number % 6 == 3 and tree.number not in story.fates and tree.owner not in suspended:
            yield tree.number, tree.owner, tree_id(tree.tag).to_bytes(32)


def _plots(story: Story) -> Iterator[tuple[int, str, str, bytes, int]]:
    for party in story.parties:
        if party.role == "FARMER" and party.village and party.number % 6 == 3 and not party.suspended:
            cmu = party.facts["garden_area_cmu"]
            plot = commit("plot-v1", story.world.draws.of("plot", party.slug).octets("salt", 32), {"area_cmu": cmu})
            yield PLOTS_BEGIN + party.number, party.slug, party.village, plot, cmu


def _programme(number: int, measure: str, basis: str, rate_fen: int, budget_fen: int) -> Step:
    message: dict[str, Value] = {
        "measure": measure,
        "basis": basis,
        "year": YEAR,
        "rateFen": rate_fen,
        "budgetFen": budget_fen,
        "closesAt": DaysLater(CLOSES_ON),
        "noticeDays": 7,
    }
    paper = Paper(AGRI, "policy document of a subsidy programme", f"programme {number}")
    return Step(AGRI, "Subsidies.openProgramme", number, message, paper)


def _registered(number: int, farmer: str, village: str, plot: bytes, cmu: int) -> Step:
    collective = slug("VILLAGE", VILLAGES.index(village) + 1)
    message: dict[str, Value] = {"plot": plot, "holder": IdOf(farmer), "areaCmu": cmu}
    paper = Paper(collective, "contract and map of a plot", farmer)
    return Step(collective, "Subsidies.registerPlot", number, message, paper)


def _published(claims: list[_Claim], ends: Collection[str]) -> Iterator[Step]:
    for claim in claims:
        if claim.end in ends:
            yield claim.step(AGRI, "publish", "review and public notice")


def _rejected(claims: list[_Claim]) -> Iterator[Step]:
    for claim in claims:
        if claim.end == "REJECTED":
            yield claim.step(AGRI, "reject", "decision to refuse the subsidy", ground="PAPERS_LACKING")


def _objected(story: Story, claims: list[_Claim]) -> Iterator[Step]:
    active = [party.slug for party in story.parties if party.role == "FARMER" and not party.suspended]
    for claim in claims:
        if claim.end in ("OBJECTED", "UPHELD", "DISMISSED"):
            neighbour = active[(active.index(claim.farmer) + 1) % len(active)]
            yield claim.step(neighbour, "object", "objection to the subsidy")


def _resolved(claims: list[_Claim]) -> Iterator[Step]:
    for claim in claims:
        if claim.end in ("UPHELD", "DISMISSED"):
            yield claim.step(AGRI, "resolveObjection", "decision on the objection", upheld=claim.end == "UPHELD")


def _paid(story: Story, claim: _Claim, function: str) -> Step:
    voucher = story.world.draws.of("voucher", function).octets(str(claim.number), 32)
    return claim.step(AGRI, function, f"voucher of the fiscal account ({function})", voucher=voucher)


def _examined(claims: list[_Claim]) -> Iterator[Step]:
    for claim in claims:
        if claim.end == "AUDITED":
            yield claim.step(AUDITOR, "audit", "report of the audit")
        if claim.end in ("CLAWED_BACK", "RETURNED"):
            yield claim.step(AUDITOR, "clawBack", "order to return the subsidy", ground="FALSE_STATEMENT")
