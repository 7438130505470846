"""Loans as `LoanApplications` and `Loans` hold them, with schedules, payments, margins and the banks' officers."""

from __future__ import annotations

from indexer.projection import Fold, Projection, View, flag, whole, words

NO_HASH = "0x" + "0" * 64

_APPLIED = {
    "borrower": "borrower",
    "bank": "bank",
    "requested_fen": "requestedFen",
    "term_days": "termDays",
    "application": "state",
    "product": "product",
    "purpose": "purpose",
    "reason": "reason",
    "submitted_at": "submittedAt",
    "review_due_at": "reviewDueAt",
    "paused_at": "pausedAt",
    "decided_at": "decidedAt",
    "approved_fen": "approvedFen",
    "approval_ends_at": "approvalEndsAt",
    "deciding_officer": "firstOfficer",
    "consents": "consents",
}
_LENT = {
    "state": "state",
    "trigger": "trigger",
    "schedule": "schedule",
    "calling_officer": "firstOfficer",
    "demanded_at": "demandedAt",
    "restructuring_offered_at": "restructuringOfferedAt",
    "defaulted_at": "defaultedAt",
    "offer": "offer",
}
_AGREED = {
    "agreed_fen": "principalFen",
    "rate_ppm": "ratePpm",
    "all_in_ppm": "allInPpm",
    "order": "order",
    "required_effect": "requiredEffect",
    "opening_ltv_bps": "openingLtvBps",
    "warn_ltv_bps": "warnLtvBps",
    "call_ltv_bps": "callLtvBps",
    "breach_ltv_bps": "breachLtvBps",
    "cure_working_days": "cureWorkingDays",
    "accelerate_after_days": "accelerateAfterDays",
    "schedule_root": "scheduleRoot",
}
_OWED = {
    "principal_fen": "principalFen",
    "costs_fen": "costsFen",
    "interest_paid_fen": "interestPaidFen",
    "paid_fen": "paidFen",
    "charged_costs_fen": "chargedCostsFen",
    "covered_fen": "coveredFen",
    "accrued": "accrued",
    "accrued_day": "accruedDay",
}
_APPLICATION_STATE = {"application": "state", "state": None}

loans = Projection(
    name="loans",
    key=(words("loan"),),
    columns=(
        whole("borrower"),
        whole("bank"),
        whole("requested_fen"),
        whole("term_days"),
        whole("application"),
        whole("state"),
        whole("product"),
        whole("purpose"),
        whole("reason"),
        whole("submitted_at"),
        whole("review_due_at"),
        whole("paused_at"),
        whole("decided_at"),
        whole("approved_fen"),
        whole("approval_ends_at"),
        whole("deciding_officer"),
        words("consents", NO_HASH),
        whole("trigger"),
        whole("schedule"),
        whole("calling_officer"),
        whole("demanded_at"),
        whole("restructuring_offered_at"),
        whole("defaulted_at"),
        words("offer", NO_HASH),
        whole("agreed_fen"),
        whole("rate_ppm"),
        whole("all_in_ppm"),
        whole("order"),
        whole("required_effect"),
        whole("opening_ltv_bps"),
        whole("warn_ltv_bps"),
        whole("call_ltv_bps"),
        whole("breach_ltv_bps"),
        whole("cure_working_days"),
        whole("accelerate_after_days"),
        words("schedule_root", NO_HASH),
        whole("disbursed_fen"),
        whole("principal_fen"),
        whole("costs_fen"),
        whole("interest_paid_fen"),
        whole("paid_fen"),
        whole("charged_costs_fen"),
        whole("covered_fen"),
        words("accrued", "0"),
        whole("accrued_day"),
    ),
    folds=(
        Fold("LoanApplications.LoanSubmitted", sets=_APPLICATION_STATE, creates=True),
        Fold("LoanApplications.ReviewClockChanged", sets=_APPLICATION_STATE),
        Fold("LoanApplications.LoanDecided", sets=_APPLICATION_STATE | {"deciding_officer": "firstOfficer"}),
        Fold("Loans.TermsOffered"),
        Fold("Loans.TermsAgreed"),
        Fold("Loans.LoanDisbursed", sets={"disbursed_fen": "amountFen"}),
        Fold("Loans.AccountChanged"),
        Fold("Loans.PaymentDemanded"),
        Fold("Loans.AccelerationProposed", sets={"calling_officer": "firstOfficer"}),
        Fold("Loans.LoanStateChanged", sets={"calling_officer": "firstOfficer"}),
    ),
    indexes=(("borrower",), ("bank",)),
    views=(
        View("LoanApplications.application", _APPLIED),
        View("Loans.loan", _LENT),
        View("Loans.terms", _AGREED),
        View("Loans.account", _OWED),
    ),
    count="LoanApplications.applicationCount",
)

instalments = Projection(
    name="instalments",
    key=(words("loan"), whole("schedule"), whole("place")),
    columns=(whole("due_at"), whole("amount_fen"), whole("total_fen")),
    folds=(Fold("Loans.InstalmentSet", creates=True),),
    views=(View("Loans.instalment", {"due_at": "dueAt", "amount_fen": "amountFen", "total_fen": "totalFen"}),),
)

payments = Projection(
    name="payments",
    key=(words("receipt"),),
    columns=(
        words("loan", ""),
        whole("actor"),
        whole("amount_fen"),
        whole("paid_at"),
        whole("to_costs_fen"),
        whole("to_interest_fen"),
        whole("to_principal_fen"),
        words("evidence", NO_HASH),
    ),
    folds=(Fold("Loans.PaymentPosted", creates=True),),
    indexes=(("loan",),),
    views=(View("Loans.payment", {"loan": "loan", "amount_fen": "amountFen", "paid_at": "paidAt"}),),
)

margins = Projection(
    name="margins",
    key=(words("loan"),),
    columns=(
        whole("state"),
        whole("ltv_bps"),
        whole("called_at"),
        whole("cure_ends_at"),
        whole("breached_at"),
    ),
    folds=(Fold("Margins.MarginChanged"),),
    views=(
        View(
            "Margins.margin",
            {
                "state": "state",
                "ltv_bps": "ltvBps",
                "called_at": "calledAt",
                "cure_ends_at": "cureEndsAt",
                "breached_at": "breachedAt",
            },
        ),
    ),
)

bank_officers = Projection(
    name="bank_officers",
    key=(whole("bank"), whole("officer")),
    columns=(flag("appointed"),),
    folds=(Fold("LoanApplications.OfficerAppointed"),),
    views=(View("LoanApplications.officer", {"appointed": ""}),),
)
