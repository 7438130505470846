"""Subsidy programmes, plots, claims, and which claim funds an asset, as `Subsidies` holds them."""

from __future__ import annotations

from indexer.projection import Const, Fold, Projection, View, whole, words

SUBMITTED = 1  # `ClaimState.SUBMITTED`

programmes = Projection(
    name="programmes",
    key=(words("programme"),),
    columns=(
        whole("agency"),
        whole("year"),
        whole("measure"),
        whole("basis"),
        whole("notice_days"),
        whole("opened_at"),
        whole("closes_at"),
        whole("rate_fen"),
        whole("budget_fen"),
        whole("approved_fen"),
        whole("paid_fen"),
        whole("returned_fen"),
        words("evidence", ""),
    ),
    folds=(Fold("Subsidies.ProgrammeOpened", creates=True), Fold("Subsidies.BudgetMoved")),
    views=(
        View(
            "Subsidies.programme",
            {
                "agency": "agency",
                "year": "year",
                "measure": "measure",
                "basis": "basis",
                "notice_days": "noticeDays",
                "opened_at": "openedAt",
                "closes_at": "closesAt",
                "rate_fen": "rateFen",
                "budget_fen": "budgetFen",
                "approved_fen": "approvedFen",
                "paid_fen": "paidFen",
                "returned_fen": "returnedFen",
            },
        ),
    ),
    count="Subsidies.programmeCount",
)

subsidies = Projection(
    name="subsidies",
    key=(words("claim"),),
    columns=(
        words("programme", ""),
        words("asset", ""),
        whole("subject"),
        whole("agent"),
        whole("quantity"),
        whole("state"),
        whole("ground"),
        whole("amount_fen"),
        whole("submitted_at"),
        whole("review_due_at"),
        whole("reviewed_at"),
        whole("notice_ends_at"),
        whole("objected_at"),
        whole("decided_at"),
        whole("paid_at"),
        words("voucher", "0x" + "00" * 32),
        words("return_voucher", "0x" + "00" * 32),
    ),
    folds=(
        # A rejected claim that is submitted again begins anew.
        Fold(
            "Subsidies.ClaimSubmitted",
            sets={
                "state": Const(SUBMITTED),
                "ground": Const(0),
                "reviewed_at": Const(0),
                "notice_ends_at": Const(0),
                "objected_at": Const(0),
                "decided_at": Const(0),
            },
        ),
        Fold("Subsidies.ClaimPublished"),
        Fold("Subsidies.ClaimObjected"),
        Fold("Subsidies.ClaimDecided"),
        Fold("Subsidies.ClaimPaid"),
        Fold("Subsidies.ClaimExamined"),
        Fold("Subsidies.ClaimReturned"),
    ),
    indexes=(("programme",), ("subject",), ("asset",)),
    views=(
        View(
            "Subsidies.claim",
            {
                "programme": "programme",
                "asset": "asset",
                "subject": "subject",
                "agent": "agent",
                "quantity": "quantity",
                "state": "state",
                "ground": "ground",
                "amount_fen": "amountFen",
                "submitted_at": "submittedAt",
                "review_due_at": "reviewDueAt",
                "reviewed_at": "reviewedAt",
                "notice_ends_at": "noticeEndsAt",
                "objected_at": "objectedAt",
                "decided_at": "decidedAt",
                "paid_at": "paidAt",
                "voucher": "voucher",
                "return_voucher": "returnVoucher",
            },
        ),
    ),
    count="Subsidies.claimCount",
)

plots = Projection(
    name="plots",
    key=(words("plot"),),
    columns=(whole("holder"), whole("area_cmu")),
    folds=(Fold("Subsidies.PlotRegistered"),),
    views=(View("Subsidies.plot", {"holder": "holder", "area_cmu": "areaCmu"}),),
    count="Subsidies.plotCount",
)

fundings = Projection(
    name="fundings",
    key=(words("funding"),),
    columns=(words("claim", ""),),
    folds=(Fold("Subsidies.FundingChanged"),),
    views=(View("Subsidies.liveClaim", {"claim": "claim"}),),
)
"""By measure, asset and year (`fundingId`): the claim that funds it; 0x00… where none does any more."""
