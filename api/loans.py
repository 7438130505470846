"""Loans from application to settlement: terms, schedule, payments, the statement, the ladder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.calendar import calendar_of
from api.context import context_of
from api.domain import READ_PROBLEMS, AsOfQuery, Domain, PageQuery, Row, ok, own_router, router
from api.ids import NUMBER, OptionalParty, same, worded
from api.reads import View
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.loans import NO_HASH, instalments, loans, margins, payments
from indexer.schema import blocks, logs
from workflows.loans.accounts import Order, Parts, account_of, day_number
from workflows.loans.arrears import Arrears, arrears, next_due
from workflows.loans.margins import Recorded, Rung, Step
from workflows.loans.positions import due_dates, position
from workflows.loans.statements import Charged, Disbursed, Entry, Paid, Rescheduled, Statement, statement

APPLICATIONS, STATES, PRODUCTS, PURPOSES, REASONS = (
    list(ENUMERATIONS[name])
    for name in ("ApplicationState", "LoanState", "LoanProduct", "LoanPurpose", "DecisionReason")
)
ORDERS, EFFECTS, TRIGGERS, MARGINS = (
    list(ENUMERATIONS[name]) for name in ("AllocationOrder", "LegalEffect", "DefaultTrigger", "MarginState")
)
OWED_IN = [STATES.index(name) for name in ("REPAYING", "DEFAULTED", "WRITTEN_OFF")]
REPAYING, WRITTEN_OFF = STATES.index("REPAYING"), STATES.index("WRITTEN_OFF")
WITHDRAWN = APPLICATIONS.index("WITHDRAWN")
LARGEST = 2**63 - 1


class LoanRecord(BaseModel):
    """A loan. Amounts in fen, rates in ppm a year, LTV in basis points, instants in UTC seconds; 0 for none.

    `state` is that of the application until a contract is signed. `late` says that the decision came, or is still
    missing, after the three working days. What is owed today is in the statement; the account's figures here are those
    of its last change.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "31153470632142356349478571331083923145071832180421283106371238310735163926014",
                "borrower": 7,
                "bank": 41,
                "state": "REPAYING",
                "product": "TREE_MORTGAGE",
                "purpose": "TENDING",
                "requested_fen": 2_400_000,
                "term_days": 365,
                "reason": "NONE",
                "submitted_at": 1795363200,
                "review_due_at": 1795622399,
                "paused_at": 0,
                "decided_at": 1795449600,
                "late": False,
                "approved_fen": 2_400_000,
                "approval_ends_at": 1798041599,
                "deciding_officer": 0,
                "consents": "0x" + "c5" * 32,
                "agreed_fen": 2_392_400,
                "rate_ppm": 48_000,
                "all_in_ppm": 52_000,
                "order": "STATUTORY",
                "required_effect": "CONSTITUTED",
                "opening_ltv_bps": 7_000,
                "warn_ltv_bps": 8_000,
                "call_ltv_bps": 9_000,
                "breach_ltv_bps": 10_000,
                "cure_working_days": 10,
                "accelerate_after_days": 30,
                "schedule": 1,
                "schedule_root": "0x" + "5c" * 32,
                "disbursed_fen": 2_392_400,
                "principal_fen": 2_392_400,
                "costs_fen": 0,
                "interest_paid_fen": 0,
                "paid_fen": 0,
                "charged_costs_fen": 0,
                "demanded_at": 0,
                "restructuring_offered_at": 0,
                "calling_officer": 0,
                "defaulted_at": 0,
                "trigger": "NONE",
            }
        }
    )

    id: str
    borrower: int
    bank: int
    state: str
    product: str
    purpose: str
    requested_fen: int
    term_days: int
    reason: str
    submitted_at: int
    review_due_at: int
    paused_at: int
    decided_at: int
    late: bool
    approved_fen: int
    approval_ends_at: int
    deciding_officer: int
    consents: str
    agreed_fen: int
    rate_ppm: int
    all_in_ppm: int
    order: str
    required_effect: str
    opening_ltv_bps: int
    warn_ltv_bps: int
    call_ltv_bps: int
    breach_ltv_bps: int
    cure_working_days: int
    accelerate_after_days: int
    schedule: int
    schedule_root: str
    disbursed_fen: int
    principal_fen: int
    costs_fen: int
    interest_paid_fen: int
    paid_fen: int
    charged_costs_fen: int
    demanded_at: int
    restructuring_offered_at: int
    calling_officer: int
    defaulted_at: int
    trigger: str


KNOWN_STATES = [*APPLICATIONS[1:], *STATES[1:]]


class LoanFilters(PageQuery):
    """Which loans."""

    borrower: OptionalParty = None
    bank: OptionalParty = None
    state: Annotated[str | None, Field(pattern=f"^({'|'.join(KNOWN_STATES)})$")] = None
    product: Annotated[str | None, Field(pattern=f"^({'|'.join(PRODUCTS[1:])})$")] = None


def state_of(row: Row) -> str:
    """The loan's state; until a contract is signed that of its application."""
    unsigned = not row["state"] or row["application"] == WITHDRAWN
    return APPLICATIONS[row["application"]] if unsigned else STATES[row["state"]]


def _show(row: Row) -> Row:
    shown = {name: row[name] for name in LoanRecord.model_fields if name not in ("id", "late")}
    return {
        "id": row["loan"],
        **shown,
        "late": row["decided_at"] > row["review_due_at"],
        "state": state_of(row),
        "product": PRODUCTS[row["product"]],
        "purpose": PURPOSES[row["purpose"]],
        "reason": REASONS[row["reason"]],
        "order": ORDERS[row["order"]],
        "required_effect": EFFECTS[row["required_effect"]],
        "trigger": TRIGGERS[row["trigger"]],
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = same(query, table, "borrower", "bank") + worded(query, table, product=PRODUCTS)
    if query.state in STATES:
        where += [table.c.state == STATES.index(query.state), table.c.application != WITHDRAWN]
    elif query.state is not None:
        application = APPLICATIONS.index(query.state)
        where += [table.c.application == application]
        if application != WITHDRAWN:
            where.append(table.c.state == 0)
    return where


def _with_position(view: View, key: Any, shown: Row) -> Row:
    """A loan with what its schedule and the clock make of it; null while nothing is owed."""
    row = DOMAIN.row(view, key)
    if row["state"] not in OWED_IN:
        return {**shown, "owed": None, "arrears": None, "next_due": None, "awaits_signature": row["offer"] != NO_HASH}
    due = due_dates(view.connection, row, view.block)
    account, now = account_of(row), view.as_of.time
    coming = next_due(account, due, now)
    return {
        **shown,
        "owed": _parts(account.owed(row["rate_ppm"], day_number(now))),
        "arrears": _arrears(arrears_of(view, row)),
        "next_due": {"due_at": coming.due_at, "amount_fen": coming.amount} if coming else None,
        "awaits_signature": row["offer"] != NO_HASH,
    }


DOMAIN = Domain(
    name="loans",
    kind="loan",
    kind_zh="贷款",
    contract="Loans",
    projection=loans,
    item=LoanRecord,
    filters=LoanFilters,
    show=_show,
    ids=NUMBER,
    example_id="31153470632142356349478571331083923145071832180421283106371238310735163926014",
    where=_where,
    versions=((instalments, "loan"), (payments, "loan"), (margins, "loan")),
    extend=_with_position,
    further_contracts=("LoanApplications", "Margins"),
)


def arrears_of(view: View, row: Row) -> Arrears:
    """What is overdue in a state, by the calendar published then."""
    due = due_dates(view.connection, row, view.block)
    return arrears(account_of(row), row["rate_ppm"], due, calendar_of(view), view.as_of.time)


def margin_of(view: View, row: Row) -> Row:
    """Where a secured loan stands on the ladder, why, and what its bank may record next."""
    now = view.as_of.time
    stands = position(view.connection, row, view.block, now)
    levels = stands.levels
    return {
        "loan": row["loan"],
        "applies": stands.applies,
        "owed_fen": stands.owed,
        "cover_fen": stands.cover,
        "ltv_bps": stands.ltv_bps,
        "levels": {"opening": levels.opening, "warn": levels.warn, "call": levels.call, "breach": levels.breach},
        "measured": stands.measured.name,
        "recorded": stands.recorded.name,
        "recorded_ltv_bps": stands.recorded_ltv_bps,
        "called_at": stands.called_at,
        "cure_ends_at": stands.cure_ends_at,
        "breached_at": stands.breached_at,
        "bank_may": stands.bank_may.name,
        **_reasons(stands.measured, stands.recorded, stands.bank_may, stands.cure_ends_at, now),
    }


def _reasons(measured: Rung, recorded: Recorded, possible: Step, cure_ends_at: int, now: int) -> Row:
    en = {
        Rung.OK: "What is owed is below the warning level of the cover.",
        Rung.WARN: "What is owed has reached the warning level of the cover.",
        Rung.CALL: "What is owed has reached the level at which the bank may call for more cover.",
        Rung.BREACH: "What is owed is beyond the level that counts as a breach once a call has lapsed.",
    }[measured]
    zh = {
        Rung.OK: "所欠金额低于预警水平。",
        Rung.WARN: "所欠金额达到预警水平。",
        Rung.CALL: "所欠金额达到可通知追加担保的水平。",
        Rung.BREACH: "所欠金额超过补足期满后构成违约的水平。",
    }[measured]
    if recorded is Recorded.CALL and possible is Step.NONE and now <= cure_ends_at:
        en, zh = f"{en} The borrower may still cure.", f"{zh}借款人仍在补足期内。"
    note = "Nothing moves by itself: a person signs every step."
    return {"reason": f"{en} {note}", "reason_zh": f"{zh}任何步骤均须由人签署，系统不会自动处置。"}


def _entries(view: View, loan: str) -> Iterator[Entry]:
    """What happened to a loan's money, in the chain's order."""
    names = ("TermsAgreed", "LoanDisbursed", "PaymentPosted", "CostsCharged")
    chosen = (
        sa.select(logs.c.event, logs.c.args, blocks.c.timestamp)
        .join(blocks, blocks.c.number == logs.c.block_number)
        .where(DOMAIN.event_condition(loan, logs), logs.c.event.in_(names), logs.c.block_number <= view.as_of.block)
        .order_by(logs.c.block_number, logs.c.log_index)
    )
    rate = 0
    for row in view.connection.execute(chosen):
        args = orjson.loads(row.args)
        match row.event:
            case "TermsAgreed":
                rate = args["ratePpm"]
                if args["schedule"] > 1:
                    yield Rescheduled(row.timestamp, rate)
            case "LoanDisbursed":
                yield Disbursed(row.timestamp, args["amountFen"], rate)
            case "PaymentPosted":
                yield Paid(args["paidAt"], args["amountFen"], args["receipt"])
            case _:
                yield Charged(row.timestamp, args["amountFen"])


def statement_of(view: View, row: Row) -> Statement:
    """The statement of a loan in a state. Raises `NothingDisbursed`."""
    return statement(list(_entries(view, row["loan"])), view.as_of.time, Order(row["order"]))


def _parts(parts: Parts) -> Row:
    return {
        "costs_fen": parts.costs,
        "interest_fen": parts.interest,
        "principal_fen": parts.principal,
        "total_fen": parts.total,
    }


def _arrears(found: Arrears) -> Row:
    return {
        "overdue_fen": found.overdue,
        "since": found.since,
        "days_past_due": found.days_past_due,
        "bucket": found.bucket.value,
        "non_performing": found.non_performing,
    }


OWN = own_router(DOMAIN.name)
Id = Annotated[str, Path(description=f"{DOMAIN.ids.en}.", examples=[DOMAIN.example_id])]
_OBJECT: dict[str, Any] = {"type": "object"}


@OWN.get("/{id}/schedule", summary="The schedules of a loan", responses=ok(_OBJECT, "Every version.") | READ_PROBLEMS)
async def read_schedule(request: Request, id: Id, query: Annotated[AsOfQuery, Query()]) -> Response:
    """Each version with its due dates; the last one is in force. `root` of the terms commits to the whole of it."""

    def build(view: View) -> Row:
        row = DOMAIN.row(view, DOMAIN.key(id))
        versions = [
            {
                "schedule": version,
                "in_force": version == row["schedule"],
                "instalments": [
                    {"due_at": each.due_at, "amount_fen": each.amount, "total_fen": each.total}
                    for each in due_dates(view.connection, row, view.block, version)
                ],
            }
            for version in range(1, row["schedule"] + 1)
        ]
        return {"loan": row["loan"], "root": row["schedule_root"], "versions": versions}

    return await context_of(request).reads.answer(request, query.as_of, build)


@OWN.get("/{id}/payments", summary="The payments of a loan", responses=ok(_OBJECT, "All payments.") | READ_PROBLEMS)
async def read_payments(request: Request, id: Id, query: Annotated[AsOfQuery, Query()]) -> Response:
    """Each receipt with its value date and what it went to (CC 561), in the order of value dates."""

    def build(view: View) -> Row:
        row = DOMAIN.row(view, DOMAIN.key(id))
        table = payments.table
        chosen = sa.select(table).where(table.c.loan == row["loan"], queries.at(table, view.block))
        found = view.connection.execute(chosen.order_by(table.c.paid_at, table.c.since_block)).mappings()
        names = ("receipt", "amount_fen", "paid_at", "to_costs_fen", "to_interest_fen", "to_principal_fen", "evidence")
        items = [{name: each[name] for name in names} for each in found]
        return {"loan": row["loan"], "paid_fen": row["paid_fen"], "payments": items}

    return await context_of(request).reads.answer(request, query.as_of, build)


@OWN.get(
    "/{id}/statement",
    summary="What is owed under a loan, recomputed",
    responses=ok(_OBJECT, "Every entry and the balance after it.") | READ_PROBLEMS,
)
async def read_statement(request: Request, id: Id, query: Annotated[AsOfQuery, Query()]) -> Response:
    """Computed again from disbursement, payments, costs and changes of rate; `agrees` with the account on chain."""

    def build(view: View) -> Row:
        row = DOMAIN.row(view, DOMAIN.key(id))
        if not row["disbursed_fen"]:
            return {"loan": row["loan"], "entries": [], "owed": _parts(Parts()), "conserved": True, "agrees": True}
        stated = statement_of(view, row)
        kept = account_of(row)
        entries = [
            {
                "entry": type(line.entry).__name__.lower(),
                "at": line.entry.at,
                "receipt": getattr(line.entry, "receipt", None),
                "parts": _parts(line.parts),
                "owed": _parts(line.owed),
            }
            for line in stated.lines
        ]
        return {
            "loan": row["loan"],
            "entries": entries,
            "owed": _parts(stated.owed),
            "conserved": stated.conserved,
            "agrees": stated.account == kept,
        }

    return await context_of(request).reads.answer(request, query.as_of, build)


@OWN.get(
    "/{id}/margin", summary="Where a loan stands on the ladder", responses=ok(_OBJECT, "The position.") | READ_PROBLEMS
)
async def read_margin(request: Request, id: Id, query: Annotated[AsOfQuery, Query()]) -> Response:
    """The LTV as of a block, what the bank has recorded, and which step it may sign next, with the reason."""
    key = DOMAIN.key(id)
    reads = context_of(request).reads
    return await reads.answer(request, query.as_of, lambda view: margin_of(view, DOMAIN.row(view, key)))


ROUTER = router(DOMAIN, OWN)
