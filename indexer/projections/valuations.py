"""Valuations of trees as `Valuations` holds them, and open challenges of them."""

from __future__ import annotations

from indexer.projection import Fold, Projection, View, whole, words

_MIRRORED = ("value", "stress", "collateral", "confidence", "appraiser", "state")

valuations = Projection(
    name="valuations",
    key=(words("tree"),),
    columns=(
        whole("appraiser"),
        whole("value"),
        whole("stress"),
        whole("collateral"),
        whole("confidence"),
        whole("as_of"),
        whole("state"),
        words("model", ""),
        words("inputs", ""),
        whole("challenger"),
        whole("answer_by"),
    ),
    folds=(Fold("Valuations.Valued"), Fold("Valuations.ChallengeChanged")),
    indexes=(("state", "tree"), ("appraiser", "tree")),
    views=(
        View("Valuations.valuation", {name: name for name in _MIRRORED} | {"as_of": "asOf"}),
        View("Valuations.challengeOf", {"challenger": "challenger", "answer_by": "answerBy"}),
    ),
)
