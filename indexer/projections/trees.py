"""Twins of trees as `Trees` holds them, and the restraints on them by kind."""

from __future__ import annotations

from indexer.projection import Const, Fold, Projection, View, flag, whole, words

FILED = 1  # `Title.FILED`
ALIVE = 1  # `Life.ALIVE`

_MIRRORED = {
    "owner": "owner",
    "filed_at": "filedAt",
    "notice_ends_at": "noticeEndsAt",
    "disputed_at": "disputedAt",
    "title": "title",
    "title_class": "titleClass",
    "life": "life",
    "protection": "protection",
    "age_method": "ageMethod",
    "age_years": "ageYears",
    "graft_year": "graftYear",
    "girth_cm": "girthCm",
    "height_cm": "heightCm",
    "crown_a_cm": "crownACm",
    "crown_b_cm": "crownBCm",
    "health": "health",
    "accuracy_cm": "accuracyCm",
    "surveyed_at": "surveyedAt",
    "surveyor": "surveyor",
    "attributes": "attributes",
    "transfer_to": "transferTo",
    "transfer_accepted": "transferAccepted",
}

trees = Projection(
    name="trees",
    key=(words("tree"),),
    columns=(
        whole("owner"),
        words("tag", ""),
        words("village", ""),
        words("cultivar", ""),
        words("geo_cell", ""),
        whole("title"),
        whole("title_class"),
        whole("life"),
        whole("protection"),
        whole("age_method"),
        whole("age_years"),
        whole("graft_year"),
        whole("girth_cm"),
        whole("height_cm"),
        whole("crown_a_cm"),
        whole("crown_b_cm"),
        whole("health"),
        whole("accuracy_cm"),
        whole("filed_at"),
        whole("surveyed_at"),
        whole("surveyor"),
        whole("notice_ends_at"),
        whole("disputed_at"),
        words("attributes", ""),
        whole("transfer_to"),
        flag("transfer_accepted"),
    ),
    folds=(
        Fold("Trees.TreeFiled", sets={"title": Const(FILED), "life": Const(ALIVE)}, creates=True),
        Fold("Trees.TreeSurveyed"),
        Fold("Trees.TitleChanged"),
        Fold("Trees.TreeRecognised"),
        Fold("Trees.LifeChanged"),
        Fold("Trees.TransferOffered"),
        Fold("Trees.TitleTransferred"),
    ),
    indexes=(("owner",), ("tag",), ("village", "tree")),
    views=(View("Trees.tree", _MIRRORED),),
    count="Trees.treeCount",
)

restraints = Projection(
    name="restraints",
    key=(words("tree"), whole("kind")),
    columns=(whole("issuer"), whole("expires_at")),
    folds=(Fold("Trees.RestraintChanged"),),
    views=(View("Trees.hold", {"issuer": "issuer", "expires_at": "expiresAt"}),),
)
