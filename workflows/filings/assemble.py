"""The court package as one zip: papers of deed and certificate, the ledger of payments, an index and a manifest.

The same papers and payments give the same bytes, so that the hash a filing names can be made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workflows.commitment import Json, canonical_json
from workflows.deeds.archive import Kind, Paper
from workflows.evidence.package import zipped

ENDINGS = ((b"%PDF", "pdf"), (b"{", "json"))
WITHHELD: frozenset[Kind] = frozenset({"PACKAGE"})


def assemble(deed: Mapping[str, Any], certificate: Mapping[str, Any], ledger: Json, papers: Iterable[Paper]) -> bytes:
    """The package; `deed` and `certificate` by id and document hash, `ledger` the payments reported, in fen."""
    files: dict[str, bytes] = {}
    index: list[Json] = []
    chosen = sorted((paper for paper in papers if paper.kind not in WITHHELD), key=lambda one: (one.kind, one.leaf))
    for number, paper in enumerate(chosen, 1):
        ending = next((end for start, end in ENDINGS if paper.content.startswith(start)), "bin")
        name = f"papers/{number:02d}-{paper.kind.lower()}.{ending}"
        files[name] = paper.content
        index.append(
            {"file": name, "kind": paper.kind, "sha256": paper.sha256, "leaf": paper.leaf, "kept_at": paper.kept_at}
        )
    files["ledger.json"] = canonical_json(ledger)
    files["index.json"] = canonical_json({"deed": dict(deed), "certificate": dict(certificate), "papers": index})
    return zipped(files)
