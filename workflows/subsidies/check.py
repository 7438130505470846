"""The automatic check of a subsidy claim (`domain.md` 2.5, AUTO_CHECK): every point that is missing or contradicts, at
once and in words.

The contract refuses a claim at the first point it finds; a farmer wants to know all of them before signing. The rules
are those of `contracts/Subsidies.sol`, and a test proves that the two agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chain.errors import Language

TREE, AREA = "TREE", "AREA"
FUNDING_STATES = ("SUBMITTED", "NOTICE", "OBJECTED", "APPROVED", "PAID", "AUDITED", "CLAWED_BACK")
"""States in which a claim funds its asset, or is about to. A rejected or returned claim does not."""

POINTS: dict[str, tuple[str, str]] = {
    "PROGRAMME_CLOSED": ("The programme took claims until {closes_at}.", "补贴项目的申报已于 {closes_at} 截止。"),
    "SUBJECT_UNKNOWN": ("Party {subject} is not enrolled.", "参与方 {subject} 未入驻。"),
    "SUBJECT_NOT_ACTIVE": ("Party {subject} is {status}.", "参与方 {subject} 的状态为 {status}。"),
    "SUBJECT_NO_FARMER": ("Party {subject} is no farmer.", "参与方 {subject} 不是茶农。"),
    "MANDATE_MISSING": (
        "The agent needs a mandate (委托书) that party {subject} anchored itself and did not revoke.",
        "代理申报须附参与方 {subject} 本人锚定且未撤销的委托书。",
    ),
    "EVIDENCE_MISSING": (
        "The application is not anchored, or its evidence was revoked.",
        "申报材料尚未锚定，或证据已撤销。",
    ),
    "TREE_UNKNOWN": ("No such tree is on the ledger.", "账本上没有这棵茶树。"),
    "TREE_NOT_REGISTERED": (
        "The tree's title is {title}; it must be REGISTERED.",
        "茶树权属状态为 {title}，须为已登记。",
    ),
    "TREE_NOT_OWNED": (
        "The tree belongs to party {owner}, not to the applicant.",
        "茶树权利人为参与方 {owner}，并非申报人。",
    ),
    "TREE_NOT_ALIVE": ("The tree is {life}; it must be ALIVE.", "茶树状态为 {life}，须为存活。"),
    "TREE_RESTRAINED": ("A regulator restrains the tree.", "茶树受监管限制。"),
    "PLOT_UNKNOWN": ("No such plot is registered.", "该地块未登记。"),
    "PLOT_NOT_HELD": (
        "The plot is held by party {holder}, not by the applicant.",
        "地块承包人为参与方 {holder}，并非申报人。",
    ),
    "AREA_EXCEEDED": (
        "{claimed} (0.01 mu) are claimed and {registered} are registered.",
        "登记面积为 {registered}（0.01 亩），申报 {claimed}。",
    ),
    "QUANTITY_UNFIT": (
        "A claim is for one tree, or for at least 0.01 mu; not for {quantity}.",
        "每份申报限一棵茶树，或不少于 0.01 亩；不能为 {quantity}。",
    ),
    "CLAIM_EXISTS": (
        "The same claim was submitted before and is {state}.",
        "同一申报已提交过，目前为 {state}。",
    ),
    "DOUBLE_FUNDED": (
        "Claim {claim} funds the asset already for this measure and year.",
        "该资产本年度同类补贴已由申报 {claim} 申领。",
    ),
    "BUDGET_SHORT": (
        "{left_fen} fen are left of the budget; {amount_fen} fen are claimed.",
        "预算仅余 {left_fen} 分，申报 {amount_fen} 分。",
    ),
}
"""Each point in English and Chinese over its values."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A programme's terms; money in fen, instants in UTC seconds."""

    id: str
    measure: str
    basis: str
    year: int
    rate_fen: int
    budget_fen: int
    left_fen: int
    closes_at: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is to be subsidised."""

    party: int
    status: str
    farmer: bool


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What the ledger says of a tree; `restrained`: a COMPLIANCE restraint is in force."""

    owner: int
    title: str
    life: str
    restrained: bool


@dataclass(frozen=True, slots=True)
class PlotFacts:
    """What is registered of a plot."""

    holder: int
    area_cmu: int


@dataclass(frozen=True, slots=True)
class Known:
    """A claim that is on the ledger."""

    id: str
    programme: str
    subject: int
    asset: str
    measure: str
    year: int
    state: str


@dataclass(frozen=True, slots=True)
class Application:
    """A claim before it is signed, with all that the ledger says of what it names.

    `mandate`: whether a live mandate of the subject is at hand; None: the subject submits itself. `evidence`: whether
    the application's papers are anchored and live.
    """

    terms: Terms
    subject_id: int
    subject: Subject | None
    asset: str
    tree: TreeFacts | None
    plot: PlotFacts | None
    quantity: int
    mandate: bool | None
    evidence: bool
    known: Sequence[Known]

    @property
    def amount_fen(self) -> int:
        """What is claimed."""
        return self.terms.rate_fen * self.quantity


@dataclass(frozen=True, slots=True)
class Point:
    """One point that stands in the way."""

    code: str
    values: dict[str, int | str]

    def words(self, language: Language) -> str:
        """The point in words."""
        return POINTS[self.code][language == "zh"].format(**self.values)


def check(application: Application, now: int) -> list[Point]:
    """Every point that stands in the way at `now` (UTC seconds), in the order of `POINTS`; none: it may be signed."""
    found = [
        *_of_programme(application, now),
        *_of_subject(application),
        *(_of_tree(application) if application.terms.basis == TREE else _of_plot(application)),
        *_of_other_claims(application),
    ]
    order = list(POINTS)
    return sorted(found, key=lambda point: order.index(point.code))


def _of_programme(application: Application, now: int) -> Iterator[Point]:
    terms, amount = application.terms, application.amount_fen
    if now > terms.closes_at:
        yield Point("PROGRAMME_CLOSED", {"closes_at": terms.closes_at})
    if amount > terms.left_fen:
        yield Point("BUDGET_SHORT", {"left_fen": terms.left_fen, "amount_fen": amount})
    if not application.evidence:
        yield Point("EVIDENCE_MISSING", {})


def _of_subject(application: Application) -> Iterator[Point]:
    number, subject = application.subject_id, application.subject
    if subject is None:
        yield Point("SUBJECT_UNKNOWN", {"subject": number})
    else:
        if subject.status != "ACTIVE":
            yield Point("SUBJECT_NOT_ACTIVE", {"subject": number, "status": subject.status})
        if not subject.farmer:
            yield Point("SUBJECT_NO_FARMER", {"subject": number})
    if application.mandate is False:
        yield Point("MANDATE_MISSING", {"subject": number})


def _of_tree(application: Application) -> Iterator[Point]:
    tree = application.tree
    if application.quantity != 1:
        yield Point("QUANTITY_UNFIT", {"quantity": application.quantity})
    if tree is None:
        yield Point("TREE_UNKNOWN", {})
        return
    if tree.title != "REGISTERED":
        yield Point("TREE_NOT_REGISTERED", {"title": tree.title})
    if tree.owner != application.subject_id:
        yield Point("TREE_NOT_OWNED", {"owner": tree.owner})
    if tree.life != "ALIVE":
        yield Point("TREE_NOT_ALIVE", {"life": tree.life})
    if tree.restrained:
        yield Point("TREE_RESTRAINED", {})


def _of_plot(application: Application) -> Iterator[Point]:
    plot = application.plot
    if application.quantity < 1:
        yield Point("QUANTITY_UNFIT", {"quantity": application.quantity})
    if plot is None:
        yield Point("PLOT_UNKNOWN", {})
        return
    if plot.holder != application.subject_id:
        yield Point("PLOT_NOT_HELD", {"holder": plot.holder})
    if application.quantity > plot.area_cmu:
        yield Point("AREA_EXCEEDED", {"claimed": application.quantity, "registered": plot.area_cmu})


def _of_other_claims(application: Application) -> Iterator[Point]:
    terms = application.terms
    for other in application.known:
        if other.asset != application.asset or other.year != terms.year:
            continue
        if (other.programme, other.subject) == (terms.id, application.subject_id):
            # Only a rejected claim can be submitted again; one whose money was returned is closed.
            if other.state != "REJECTED":
                yield Point("CLAIM_EXISTS", {"state": other.state})
        elif other.measure == terms.measure and other.state in FUNDING_STATES:
            yield Point("DOUBLE_FUNDED", {"claim": other.id})
