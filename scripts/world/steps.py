"""What a story is made of: one act of one party; what only a running chain knows is left open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from workflows.evidence.hashing import Digests, DigestStream


class IdOf(NamedTuple):
    """The party id of a party of the world."""

    slug: str


class AccountOf(NamedTuple):
    """The account of a party of the world."""

    slug: str


class DaysLater(NamedTuple):
    """The instant so many days after the first tree was filed, in UTC seconds."""

    days: int


class DigestOf(NamedTuple):
    """The digest of a step of an earlier wave: the id of what it created, as bytes32.

    Of a step that created several things, the one that stands at `place` in its lists.
    """

    step: Step
    place: int = 0


class NumberOf(NamedTuple):
    """The digest of a step of an earlier wave as uint256."""

    step: Step


class HashOf(NamedTuple):
    """keccak256(abi.encode(values)): the id of what is named by its content. Values as in a message."""

    types: tuple[str, ...]
    values: tuple[Value, ...]


class EvidenceOf(NamedTuple):
    """The evidence id of the paper of a step of this or an earlier wave."""

    paper: Paper


class OwedUnder(NamedTuple):
    """The fen owed under a loan when the act is signed: only the chain knows the day on which it was paid out."""

    loan: NumberOf


class HeadTime(NamedTuple):
    """The newest block's time when the act is signed, in UTC seconds."""


Single: TypeAlias = (
    int
    | str
    | bytes
    | bool
    | IdOf
    | AccountOf
    | DaysLater
    | DigestOf
    | NumberOf
    | EvidenceOf
    | HashOf
    | OwedUnder
    | HeadTime
)
Value: TypeAlias = Single | list[Single]


@dataclass(frozen=True, slots=True)
class Paper:
    """The document an act relies on, and the party that attests it."""

    attester: str
    kind: str
    subject: str

    @property
    def content(self) -> bytes:
        """The document itself: a text that says that it is synthetic."""
        lines = (f"SYNTHETIC {self.kind}", f"about: {self.subject}", f"by: {self.attester}")
        return "\n".join(lines).encode() + b"\n"

    @property
    def digests(self) -> Digests:
        """Digests of the document."""
        stream = DigestStream()
        stream.update(self.content)
        return stream.finish()


@dataclass(frozen=True, slots=True)
class Step:
    """One act: its signer, its type (as in `Trees.file`), the number of what it concerns, and its message.

    (signer, act, entity) is unique in a story. The evidence id of `paper` is filled into the message.
    """

    signer: str
    act: str
    entity: int
    message: dict[str, Value]
    paper: Paper | None = None


class Wave(NamedTuple):
    """Steps that do not depend on each other, `day` days after the first filing.

    `after_notice`: no step of the wave can be taken before the public notices of the trees have ended.
    """

    name: str
    day: int
    steps: list[Step]
    after_notice: bool = False
