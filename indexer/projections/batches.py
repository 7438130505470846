"""Batches of leaf and tea, who holds how much of them, what they were made of, their sales and lots of codes."""

from __future__ import annotations

from indexer.projection import TIME, Const, Fold, Projection, View, flag, whole, words

TEA = 4  # `BatchState.TEA`
OFFERED = 1  # `SaleState.OFFERED`
REQUESTED = 1  # `LotState.REQUESTED`
NO_ROOT = "0x" + "00" * 32

batches = Projection(
    name="batches",
    key=(words("batch"),),
    columns=(
        whole("maker"),
        whole("state"),
        words("tree"),
        words("origin", ""),
        whole("season"),
        whole("weight"),
        whole("processed"),
        whole("coded"),
        whole("consumed"),
        whole("quality"),
        whole("restraints"),
        flag("indicated"),
        flag("recalled"),
        whole("made_at"),
        words("evidence", ""),
        words("report"),
    ),
    folds=(
        Fold("Batches.LeafPicked", sets={"origin": "tree"}, creates=True),
        Fold("Batches.TeaMade", sets={"state": Const(TEA)}, creates=True),
        Fold("Batches.PickDecided", sets={"evidence": None}),
        Fold("Batches.WeightUsed"),
        Fold("Batches.BatchInspected", sets={"evidence": None, "report": "evidence"}),
        Fold("Batches.BatchRecalled", sets={"evidence": None}),
    ),
    indexes=(("maker",), ("tree",), ("state",)),
    views=(
        View(
            "Batches.batch",
            {
                "maker": "maker",
                "state": "state",
                "origin": "origin",
                "season": "season",
                "weight": "weight",
                "processed": "processed",
                "coded": "coded",
                "consumed": "consumed",
                "quality": "quality",
                "restraints": "restraints",
                "indicated": "indicated",
                "recalled": "recalled",
                "made_at": "madeAt",
            },
        ),
    ),
    count="Batches.batchCount",
)

batch_inputs = Projection(
    name="batch_inputs",
    key=(words("batch"), words("parent")),
    columns=(whole("weight"),),
    folds=(Fold("Batches.InputUsed", creates=True),),
    indexes=(("parent",),),
)

holdings = Projection(
    name="holdings",
    key=(words("batch"), whole("party")),
    columns=(whole("weight"),),
    folds=(Fold("Batches.HoldingChanged"),),
    indexes=(("party",),),
    views=(View("Batches.holding", {"weight": "grams"}),),
)

seasons = Projection(
    name="seasons",
    key=(words("tree"), whole("season")),
    columns=(whole("potential"), whole("picked"), whole("opens_at"), whole("closes_at"), whole("stated_by")),
    folds=(Fold("Batches.PotentialStated", sets={"stated_by": "actor"}), Fold("Batches.SeasonPicked")),
    views=(
        View(
            "Batches.season",
            {"potential": "potential", "picked": "picked", "opens_at": "opensAt", "closes_at": "closesAt"},
        ),
    ),
)

sales = Projection(
    name="sales",
    key=(words("sale"),),
    columns=(
        words("batch", ""),
        whole("seller"),
        whole("buyer"),
        whole("weight"),
        whole("state"),
        flag("ordinary_course"),
        whole("offered_at"),
        whole("concluded_at"),
        words("evidence", ""),
    ),
    folds=(
        Fold("Batches.SaleOffered", sets={"state": Const(OFFERED), "offered_at": TIME}, creates=True),
        Fold("Batches.SaleConcluded", sets={"concluded_at": TIME, "evidence": None}),
    ),
    indexes=(("batch",), ("seller",), ("buyer",)),
    views=(
        View(
            "Batches.sale",
            {
                "batch": "batch",
                "seller": "seller",
                "buyer": "buyer",
                "weight": "weight",
                "state": "state",
                "ordinary_course": "ordinaryCourse",
            },
        ),
    ),
    count="Batches.saleCount",
)

lots = Projection(
    name="lots",
    key=(words("lot"),),
    columns=(
        words("batch", ""),
        whole("firm"),
        whole("count"),
        whole("unit_weight"),
        whole("state"),
        flag("indicated"),
        words("root", NO_ROOT),
        whole("requested_at"),
        whole("issued_at"),
        words("evidence", ""),
    ),
    folds=(
        Fold("Batches.CodesRequested", sets={"state": Const(REQUESTED), "requested_at": TIME}, creates=True),
        Fold("Batches.CodesReviewed", sets={"evidence": None}),
        Fold("Batches.CodesIssued", sets={"issued_at": TIME, "evidence": None}),
    ),
    indexes=(("batch",), ("firm",)),
    views=(
        View(
            "Batches.lot",
            {
                "batch": "batch",
                "firm": "firm",
                "count": "count",
                "unit_weight": "unitWeight",
                "state": "state",
                "indicated": "indicated",
                "root": "root",
            },
        ),
    ),
    count="Batches.lotCount",
)
