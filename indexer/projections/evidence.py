"""Anchored evidence batches as `Evidence` holds them, and the leaves revoked one by one."""

from __future__ import annotations

from indexer.projection import Fold, Projection, View, whole, words

evidence = Projection(
    name="evidence",
    key=(words("evidence"),),
    columns=(
        whole("attester"),
        words("root", ""),
        whole("count"),
        whole("scheme"),
        whole("anchored_at"),
        whole("revoked_at"),
        words("reason", ""),
    ),
    folds=(Fold("Evidence.Anchored", creates=True), Fold("Evidence.EvidenceRevoked")),
    indexes=(("attester",), ("root",)),
    views=(
        View(
            "Evidence.record",
            {
                "attester": "attester",
                "anchored_at": "anchoredAt",
                "count": "count",
                "scheme": "scheme",
                "revoked_at": "revokedAt",
            },
        ),
    ),
    count="Evidence.evidenceCount",
)

revoked_leaves = Projection(
    name="revoked_leaves",
    key=(words("evidence"), words("leaf")),
    columns=(whole("attester"), whole("revoked_at"), words("reason", "")),
    folds=(Fold("Evidence.LeafRevoked", creates=True),),
    views=(View("Evidence.leafRevokedAt", {"revoked_at": ""}),),
)
