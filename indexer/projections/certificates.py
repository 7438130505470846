"""Certificates of enforcement as `Certificates` holds them."""

from __future__ import annotations

from indexer.projection import Const, Fold, Projection, View, flag, whole, words

APPLIED = 1  # `CertificateState.APPLIED`

certificates = Projection(
    name="certificates",
    key=(words("certificate"),),
    columns=(
        words("deed", ""),
        whole("creditor"),
        whole("state"),
        whole("principal"),
        whole("interest"),
        whole("penalty"),
        whole("costs"),
        whole("performed"),
        whole("proven"),
        whole("paid"),
        whole("defaulted_at"),
        whole("applied_at"),
        whole("notified_at"),
        whole("delivered_at"),
        whole("window_ends_at"),
        whole("issued_at"),
        whole("apply_by"),
        whole("paid_at"),
        flag("late"),
        whole("ground"),
        words("document", "0x" + "00" * 32),
    ),
    folds=(
        Fold("Certificates.CertificateApplied", sets={"state": Const(APPLIED)}, creates=True),
        Fold("Certificates.DebtorNotified"),
        Fold("Certificates.DeliveryRecorded"),
        Fold("Certificates.DebtorAnswered"),
        Fold("Certificates.ClaimVerified"),
        Fold("Certificates.CertificateIssued"),
        Fold("Certificates.CertificateEnded"),
        Fold("Certificates.PaymentReported"),
    ),
    indexes=(("deed",), ("creditor", "certificate"), ("state", "certificate")),
    views=(
        View(
            "Certificates.certificate",
            {
                "deed": "deed",
                "creditor": "creditor",
                "state": "state",
                "principal": "principal",
                "interest": "interest",
                "penalty": "penalty",
                "costs": "costs",
                "performed": "performed",
                "proven": "proven",
                "paid": "paid",
                "applied_at": "appliedAt",
                "notified_at": "notifiedAt",
                "delivered_at": "deliveredAt",
                "window_ends_at": "windowEndsAt",
                "issued_at": "issuedAt",
                "apply_by": "applyBy",
                "paid_at": "paidAt",
                "document": "document",
            },
        ),
    ),
    count="Certificates.certificateCount",
)
"""`late`: the newest payment was reported later than two working days after its receipt."""
