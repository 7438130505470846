"""Liens as `Liens` holds them: offers, liens, consents to amendments, money in the asset's place, overtakings."""

from __future__ import annotations

from indexer.projection import BLOCK, LOG_INDEX, TIME, Const, Fold, Projection, View, flag, whole, words

_TERMS = (
    whole("kind"),
    words("asset", ""),
    whole("grantor"),
    whole("holder"),
    words("debt", ""),
    whole("secured_max"),
    flag("no_transfer"),
)

lien_filings = Projection(
    name="lien_filings",
    key=(words("lien"),),
    columns=(
        whole("filer"),  # zero once the filing is answered
        whole("filed_by"),
        whole("filed_at"),
        words("state", ""),
        *_TERMS,
        whole("rank"),
        words("legal_review", ""),
        words("evidence", ""),
    ),
    folds=(
        Fold(
            "Liens.LienFiled",
            sets={"filer": "actor", "filed_by": "actor", "filed_at": TIME, "state": Const("OPEN")},
            creates=True,
        ),
        Fold("Liens.LienConfirmed", sets={"filer": Const(0), "state": Const("CONFIRMED")}),
        Fold("Liens.FilingWithdrawn", sets={"filer": Const(0), "state": Const("WITHDRAWN")}),
    ),
    indexes=(("asset",), ("holder",), ("grantor",)),
    views=(View("Liens.filing", {"filer": "filer"}),),
)

liens = Projection(
    name="liens",
    key=(words("lien"),),
    columns=(
        *_TERMS,
        whole("effect"),
        whole("registered_at"),
        whole("registry"),
        words("receipt", ""),
        whole("discharged"),
        whole("discharged_at"),
        whole("transfer_to"),
        whole("village"),
        whole("amendments"),
        whole("acknowledged_rank"),
        words("agreement", ""),
        whole("recorded_at"),
        whole("recorded_block"),
        whole("recorded_index"),
    ),
    folds=(
        Fold(
            "Liens.LienConfirmed",
            sets={
                "acknowledged_rank": "rank",
                "agreement": "evidence",
                "recorded_at": TIME,
                "recorded_block": BLOCK,
                "recorded_index": LOG_INDEX,
            },
            creates=True,
        ),
        Fold("Liens.LienRegistered", sets={"registry": "actor"}),
        Fold("Liens.LandRightRecorded"),
        Fold("Liens.LienAmended"),
        Fold("Liens.LienAssigned"),
        Fold("Liens.TransferConsented"),
        Fold("Liens.LienDischarged", sets={"discharged_at": TIME}),
    ),
    indexes=(("asset",), ("debt",), ("holder",), ("grantor",)),
    views=(
        View(
            "Liens.lien",
            {
                "holder": "holder",
                "grantor": "grantor",
                "secured_max": "securedMax",
                "registered_at": "registeredAt",
                "kind": "kind",
                "effect": "effect",
                "discharged": "discharged",
                "asset": "asset",
                "debt": "debt",
            },
        ),
        View(
            "Liens.clauses",
            {
                "no_transfer": "noTransfer",
                "transfer_to": "transferTo",
                "village": "village",
                "amendments": "amendments",
            },
        ),
    ),
)

lien_consents = Projection(
    name="lien_consents",
    key=(words("lien"), whole("amendments"), whole("secured_max"), whole("party")),
    columns=(flag("agreed"), whole("agreed_at"), words("evidence", "")),
    folds=(Fold("Liens.AmendmentAgreed", sets={"agreed": Const(True), "agreed_at": TIME}),),
    views=(View("Liens.agreedTo", {"agreed": ""}),),
)

lien_proceeds = Projection(
    name="lien_proceeds",
    key=(words("lien"), words("receipt")),
    columns=(whole("substitute"), whole("amount"), whole("stated_by"), whole("stated_at"), words("evidence", "")),
    folds=(Fold("Liens.ProceedsAttached", sets={"stated_by": "actor", "stated_at": TIME}, creates=True),),
    views=(View("Liens.proceeds", {"amount": ""}),),
)

priority_conflicts = Projection(
    name="priority_conflicts",
    key=(words("lien"), words("overtaken")),
    columns=(words("asset", ""), whole("raised_at")),
    folds=(Fold("Liens.PriorityConflict", sets={"raised_at": TIME}, creates=True),),
    indexes=(("asset",), ("overtaken",)),
)
