"""Filings at court as `Filings` holds them, and which of them holds which obligor."""

from __future__ import annotations

from indexer.projection import TIME, Const, Fold, Projection, View, whole, words

PACKAGED = 1  # `FilingState.PACKAGED`
NO_HASH = "0x" + "00" * 32

filings = Projection(
    name="filings",
    key=(words("filing"),),
    columns=(
        words("deed", ""),
        words("certificate", ""),
        words("obligor", ""),
        whole("filer"),
        whole("gateway"),
        whole("court"),
        whole("basis"),
        whole("state"),
        whole("resume_to"),
        whole("closure"),
        whole("claimed"),
        whole("recovered"),
        whole("submitted_at"),
        whole("filed_at"),
        whole("receipt"),
        whole("receipt_at"),
        whole("closed_at"),
        whole("other_court"),
        whole("other_filed_at"),
        words("case_number", NO_HASH),
        words("package", NO_HASH),
    ),
    folds=(
        Fold("Filings.FilingPackaged", sets={"state": Const(PACKAGED)}, creates=True),
        Fold("Filings.FilingSubmitted"),
        Fold("Filings.FilingWithdrawn"),
        Fold("Filings.ReceiptRecorded", sets={"receipt": "kind", "receipt_at": "instant"}),
        Fold("Filings.RecoveryRecorded"),
        Fold("Filings.FilingClosed", sets={"closed_at": TIME}),
    ),
    indexes=(("deed",), ("certificate",), ("filer", "filing"), ("court",), ("state", "filing")),
    views=(
        View(
            "Filings.filing",
            {
                "deed": "deed",
                "certificate": "certificate",
                "obligor": "obligor",
                "filer": "filer",
                "gateway": "gateway",
                "court": "court",
                "basis": "basis",
                "state": "state",
                "resume_to": "resumeTo",
                "closure": "closure",
                "claimed": "claimed",
                "recovered": "recovered",
                "submitted_at": "submittedAt",
                "filed_at": "filedAt",
                "package": "package",
            },
        ),
    ),
    count="Filings.filingCount",
)
"""`receipt`, `receipt_at`, `case_number`: the newest receipt's kind, the court's instant, and its commitment."""

live_filings = Projection(
    name="live_filings",
    key=(words("deed"), words("obligor")),
    columns=(words("live", NO_HASH),),
    folds=(Fold("Filings.LiveFilingChanged"),),
    views=(View("Filings.liveFiling", {"live": ""}),),
)
