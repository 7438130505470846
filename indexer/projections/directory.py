"""The current set of contracts as `Directory` names it."""

from __future__ import annotations

from indexer.projection import Fold, Projection, View, whole, words

directory = Projection(
    name="directory",
    key=(words("name"),),
    columns=(words("current", ""), whole("version")),
    folds=(Fold("Directory.Named"),),
    views=(View("Directory.named", {"current": "current", "version": "version"}),),
)
