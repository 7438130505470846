"""Geographical indications by tree and the towns of origin, as `Indications` holds them."""

from __future__ import annotations

from indexer.projection import Const, Fold, Projection, View, flag, whole, words

APPLIED = 1  # `IndicationState.APPLIED`

indications = Projection(
    name="indications",
    key=(words("tree"),),
    columns=(
        whole("state"),
        words("product", ""),
        words("town", ""),
        words("origin", ""),
        whole("decided_by"),
        whole("review_due"),
        words("evidence", ""),
    ),
    folds=(
        Fold(
            "Indications.IndicationApplied",
            sets={"state": Const(APPLIED), "decided_by": Const(0), "review_due": Const(0)},
        ),
        Fold("Indications.IndicationDecided", sets={"decided_by": "actor"}),
    ),
    indexes=(("state",),),
    views=(
        View(
            "Indications.indication",
            {"state": "state", "origin": "origin", "decided_by": "decidedBy", "review_due": "reviewDue"},
        ),
    ),
)

origins = Projection(
    name="origins",
    key=(words("origin"),),
    columns=(words("product", ""), words("town", ""), flag("listed")),
    folds=(Fold("Indications.TownListed"),),
    views=(View("Indications.listed", {"listed": ""}),),
)
