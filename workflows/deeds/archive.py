"""The archive of a case (公证卷宗, 执行案卷): its papers sealed in the vault and queued as evidence, found by the case.

A case is a deed or a certificate, by its id; its papers share one vault subject, because a file is kept and destroyed
as a whole. Every reading names its reader. The ledger's attester vouches for the batch that a paper is anchored in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa

from chain.deploy import ATTESTER_PARTY
from workflows.commitment import Json, canonical_json
from workflows.evidence.batches import Submission, enqueue, receipt_of
from workflows.evidence.hashing import DigestStream
from workflows.evidence.leaf import new_salt
from workflows.evidence.receipt import unhex
from workflows.vault import Vault

Kind = Literal[
    "IDENTITY",
    "SESSION",
    "SIGNATURE",
    "DEED",
    "CERTIFICATE",
    "APPLICATION",
    "APPLICANT_IDENTITY",
    "AUTHORITY",
    "SUCCESSION",
    "PROPERTY_CLUES",
    "SERVICE_ADDRESS",
    "RECEIVING_ACCOUNT",
    "PAYMENT_LEDGER",
    "PACKAGE",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of a case; `evidence` is None until its batch is anchored."""

    kind: Kind
    commitment: str
    about: dict[str, Json]
    content: bytes
    sha256: str
    leaf: str
    kept_at: int
    evidence: str | None
    anchored_at: int


class Archive:
    """Papers of cases in the vault of one off-chain store."""

    def __init__(self, store: sa.Engine, vault: Vault) -> None:
        self._store, self._vault = store, vault

    def keep(self, case: str, kind: Kind, about: dict[str, Json], content: bytes | None, *, now: int) -> Paper:
        """Seals a paper and queues it as evidence; without `content`, what is said `about` it is the paper.

        Raises what `Vault.put` and `enqueue` raise.
        """
        written = canonical_json(about) if content is None else content
        stream = DigestStream()
        stream.update(written)
        submission = Submission(stream.finish(), new_salt())
        enqueue(self._store, ATTESTER_PARTY, [submission], now)
        leaf, digest = "0x" + submission.leaf.hex(), "0x" + submission.digests.sha256.hex()
        record: dict[str, Json] = {"kind": kind, "about": about, "leaf": leaf, "sha256": digest, "kept_at": now}
        commitment = self._vault.put(case.removeprefix("0x"), _tag(kind), record, now=now, content=written)
        return Paper(kind, "0x" + commitment.hex(), about, written, digest, leaf, now, None, 0)

    def papers(self, case: str, reader: str, purpose: str, *, now: int) -> list[Paper]:
        """The papers of a case, oldest first. Raises what `Vault.read` raises."""
        found = []
        for commitment in self._vault.commitments(case.removeprefix("0x"), [_tag(kind) for kind in KINDS]):
            opened = self._vault.read(commitment, reader, purpose, now=now)
            record = opened.record
            assert isinstance(record, dict) and opened.content is not None  # as `keep` wrote it
            anchor = receipt_of(self._store, unhex(record["leaf"])).anchor
            found.append(
                Paper(
                    record["kind"],
                    "0x" + commitment.hex(),
                    record["about"],
                    opened.content,
                    record["sha256"],
                    record["leaf"],
                    record["kept_at"],
                    anchor.evidence if anchor else None,
                    anchor.block_timestamp if anchor else 0,
                )
            )
        return found


def newest(papers: list[Paper]) -> dict[Kind, Paper]:
    """The last paper of each kind; an earlier one was replaced by it."""
    return {paper.kind: paper for paper in papers}


def _tag(kind: Kind) -> str:
    return "case-" + kind.lower().replace("_", "-")
