"""What is still owed on a claim after payments, by the order of CC 561; integers in fen, nothing rounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workflows.deeds.points import Point, Report, missing, report, warning

Item = Literal["costs", "interest", "penalty", "principal"]

CC_561: tuple[Item, ...] = ("costs", "interest", "penalty", "principal")
"""Costs of realising the claim, interest, principal debt (民法典 561). The statute does not name penalties; they are
taken with interest, before the principal, unless the parties agreed on another order. [A]"""

PRINCIPAL_FIRST: tuple[Item, ...] = ("principal", "interest", "penalty", "costs")
"""The order that parties agree on who want the debt to bear less interest."""

Fen = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Owed(BaseModel):
    """A claim, item by item, in fen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    principal: Fen
    interest: Fen = 0
    penalty: Fen = 0
    costs: Fen = 0

    @property
    def total(self) -> int:
        """The sum."""
        return self.principal + self.interest + self.penalty + self.costs


class Recomputed(BaseModel):
    """The claim after payments: what is left, what each item was reduced by, what was paid beyond it all."""

    left: Owed
    deducted: Owed
    overpaid: Fen


def recompute(claim: Owed, payments: Sequence[int], order: Sequence[Item] = CC_561) -> Recomputed:
    """The claim less the payments, in fen, allocated item by item in `order` (CC 561, or as agreed)."""
    rest = sum(payments)
    deducted: dict[str, int] = {}
    for item in order:
        deducted[item] = min(rest, getattr(claim, item))
        rest -= deducted[item]
    left = Owed(**{item: getattr(claim, item) - deducted[item] for item in CC_561})
    return Recomputed(left=left, deducted=Owed(**deducted), overpaid=rest)


class CertificateText(BaseModel):
    """What stands in a draft certificate (公证程序规则 55); amounts in fen, instants in UTC seconds."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "applicant": True,
                "respondents": True,
                "claim": {"principal": 4_000_000, "interest": 90_000, "penalty": 20_000, "costs": 30_000},
                "payments": [300_000],
                "certified": {"principal": 3_840_000, "interest": 0, "penalty": 0, "costs": 0},
                "continuing_formula": True,
                "apply_by": True,
                "deed_number_and_hash": True,
                "default_facts": True,
                "verification": True,
                "objection_handled": True,
                "creditor_performed": True,
                "collateral": True,
                "date_signature_seal": True,
            }
        },
    )

    applicant: bool
    respondents: bool
    claim: Owed
    payments: Annotated[list[Fen], Field(max_length=1_000)] = []
    certified: Owed
    continuing_formula: bool
    apply_by: bool
    deed_number_and_hash: bool
    default_facts: bool
    verification: bool
    objection_handled: bool
    creditor_performed: bool
    collateral: bool
    date_signature_seal: bool


def check_certificate(it: CertificateText) -> Report:
    """Everything that a draft certificate lacks, or certifies too much."""
    return report(_certificate(it))


def _certificate(it: CertificateText) -> Iterator[Point]:
    rule = "公证程序规则 55"
    left = recompute(it.claim, it.payments).left
    yield from missing(
        [
            (it.applicant, "APPLICANT", "The applicant must be named.", "应载明申请执行人。", rule),
            (
                it.respondents,
                "RESPONDENT",
                "Those against whom enforcement is sought must be named.",
                "应载明被申请执行人。",
                rule,
            ),
            (
                it.certified.total <= left.total
                and all(getattr(it.certified, item) <= getattr(left, item) for item in CC_561),
                "AMOUNT",
                f"{left.total} fen are owed after payments in the order of CC 561; {it.certified.total} are certified.",
                f"按民法典 561 条顺序扣除清偿后尚欠 {left.total} 分，而出具 {it.certified.total} 分。",
                "民法典 561; 公证程序规则 55",
            ),
            (it.certified.total > 0, "NOTHING", "Nothing is owed.", "已无欠款，不应出具。", rule),
            (
                it.continuing_formula,
                "FORMULA",
                "What goes on accruing must be stated as a formula.",
                "继续计算的利息等应载明计算方式。",
                rule,
            ),
            (
                it.apply_by,
                "TERM",
                "The period for applying for enforcement must be stated.",
                "应载明申请执行的期限。",
                rule,
            ),
            (
                it.deed_number_and_hash,
                "DEED",
                "Number and hash of the deed must be stated.",
                "应载明原公证书编号与摘要。",
                rule,
            ),
            (
                it.default_facts,
                "DEFAULT",
                "The facts of default must be stated.",
                "应载明不履行或不适当履行的事实。",
                "联合通知 5",
            ),
            (
                it.verification,
                "VERIFICATION",
                "Method, date and result of the verification must be stated.",
                "应载明核实方式、时间与结果。",
                "联合通知 5; 公证程序规则 39(5)",
            ),
            (
                it.objection_handled,
                "OBJECTION",
                "How an objection was handled must be stated, or that there was none.",
                "应载明对异议的处理，或载明无异议。",
                "联合通知 5",
            ),
            (
                it.creditor_performed,
                "PERFORMANCE",
                "That the creditor performed its own part must be proven.",
                "应证明债权人已履行义务。",
                "联合通知 5",
            ),
            (
                it.collateral,
                "COLLATERAL",
                "The collateral covered must be stated.",
                "应载明所涉担保物。",
                "法释〔2018〕18号 6",
            ),
            (
                it.date_signature_seal,
                "SEAL",
                "Date, the notary's signature and the office's seal must be there.",
                "应有日期、公证员签名与公证处印章。",
                "公证法 32",
            ),
        ]
    )
    if it.certified.penalty:
        yield warning(
            "PENALTY",
            "Penalties are certified only at the creditor's request.",
            "违约金、滞纳金应依债权人请求列入。",
            "联合通知 6",
        )
