"""Deeds as `Deeds` holds them, the part of each of their parties, and what `Notaries` knows against notaries."""

from __future__ import annotations

from indexer.projection import TIME, Const, Fold, Projection, View, flag, whole, words

APPLIED = 1  # `DeedState.APPLIED`
SIGNED = 5  # `DeedState.SIGNED`

deeds = Projection(
    name="deeds",
    key=(words("deed"),),
    columns=(
        whole("office"),
        whole("notary"),
        whole("obligee"),
        whole("reviewer"),
        whole("state"),
        whole("scope"),
        whole("method"),
        whole("principal"),
        whole("rate_bps"),
        whole("obligors"),
        whole("informed"),
        whole("signatures"),
        whole("opened_at"),
        whole("issue_by"),
        whole("notarised_at"),
        whole("issued_at"),
        whole("paused_at"),
        whole("confirmed_at"),
        whole("amendments"),
        flag("flagged"),
        whole("ground"),
        words("number", ""),
        words("instrument", ""),
        words("securities", ""),
        words("document", "0x" + "00" * 32),
    ),
    folds=(
        Fold("Deeds.DeedOpened", sets={"state": Const(APPLIED), "opened_at": TIME}, creates=True),
        Fold(
            "Deeds.DeedPrepared",
            sets={
                "state": Const(SIGNED),
                "opened_at": TIME,
                "obligors": Const(1),
                "informed": Const(1),
                "signatures": Const(2),
            },
            creates=True,
        ),
        Fold("Deeds.DeedAdvanced"),
        Fold("Deeds.MaterialsAwaited"),
        Fold("Deeds.ObligorInformed"),
        Fold("Deeds.DeedSigned"),
        Fold("Deeds.DeedReviewed"),
        Fold("Deeds.DeedIssued"),
        Fold("Deeds.DeedEnded"),
        Fold("Deeds.DeedAmended"),
        Fold("Deeds.DeedRevoked"),
        Fold("Deeds.DeedConfirmed"),
        Fold("Deeds.DeedFlagged"),
    ),
    indexes=(("office", "deed"), ("obligee", "deed"), ("state", "deed"), ("number",)),
    views=(
        View(
            "Deeds.deed",
            {
                "office": "office",
                "notary": "notary",
                "obligee": "obligee",
                "principal": "principal",
                "issue_by": "issueBy",
                "notarised_at": "notarisedAt",
                "issued_at": "issuedAt",
                "state": "state",
                "scope": "scope",
                "method": "method",
                "obligors": "obligors",
                "informed": "informed",
                "signatures": "signatures",
                "rate_bps": "rateBps",
                "instrument": "instrument",
                "document": "document",
                "paused_at": "pausedAt",
                "confirmed_at": "confirmedAt",
                "amendments": "amendments",
                "flagged": "flagged",
            },
        ),
    ),
    count="Deeds.deedCount",
)

deed_parties = Projection(
    name="deed_parties",
    key=(words("deed"), words("party")),
    columns=(flag("named"), flag("informed"), flag("signed")),
    folds=(
        Fold("Deeds.ObligorNamed", key=("deed", "obligor"), sets={"named": Const(True)}, creates=True),
        Fold(
            "Deeds.DeedPrepared",
            key=("deed", "obligor"),
            sets={"named": Const(True), "informed": Const(True), "signed": Const(True)},
            creates=True,
        ),
        Fold("Deeds.ObligorInformed", key=("deed", "obligor"), sets={"informed": Const(True)}),
        Fold("Deeds.DeedSigned", key=("deed", "signatory"), sets={"signed": Const(True)}),
    ),
    indexes=(("party",),),
    views=(View("Deeds.standing", {"named": "named", "informed": "informed", "signed": "signed"}),),
)
"""Obligors, and the obligee once it has signed (`named` false). `party`: an id below 2^64, or a salted commitment."""

notary_keys = Projection(
    name="notary_keys",
    key=(whole("notary"),),
    columns=(whole("invalid_from"), whole("until")),
    folds=(Fold("Notaries.KeyReported", sets={"invalid_from": "from"}),),
    views=(View("Notaries.keyWindow", {"invalid_from": "from", "until": "until"}),),
)

notary_conflicts = Projection(
    name="notary_conflicts",
    key=(whole("notary"), whole("party")),
    columns=(flag("conflicted"),),
    folds=(Fold("Notaries.ConflictDeclared"),),
    views=(View("Notaries.conflicted", {"conflicted": ""}),),
)
