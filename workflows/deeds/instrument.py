"""Whether an instrument can be given enforceable effect (公证程序规则 39), and what a deed must say.

`domain.md` 3.1 and 3.2. The checks take what a notary has read out of the documents; they do not read documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workflows.deeds.points import Point, Report, missing, report, warning

LICENSED_CEILING_PPM = 240_000
"""Yearly all-in cost of licensed lenders, 24 %: an industry ceiling, no statute. [K]"""

PRIVATE_MULTIPLE = 4
"""Private lenders: at most four times the one-year LPR (民间借贷规定 25)."""

Kind = Literal[
    "LOAN", "CREDIT_SALE", "LEASE", "IOU", "REPAYMENT", "MAINTENANCE", "GUARANTEE", "BANK_FINANCING", "OTHER"
]

Ppm = Annotated[int, Field(ge=0, le=10_000_000)]
Fen = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Instrument(BaseModel):
    """What the notary read in the instrument; rates in parts per million a year."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "kind": "LOAN",
                "content_is_payment": True,
                "relation_clear": True,
                "disputed": False,
                "performance_clear": True,
                "accepts_enforcement": True,
                "creditor_accepts_verification": True,
                "debtor_accepts_verification": True,
                "lender_licensed": True,
                "rate_ppm": 61_500,
                "lpr_1y_ppm": 31_000,
            }
        },
    )

    kind: Kind
    content_is_payment: bool
    relation_clear: bool
    disputed: bool
    performance_clear: bool
    accepts_enforcement: bool
    creditor_accepts_verification: bool
    debtor_accepts_verification: bool
    lender_licensed: bool
    rate_ppm: Ppm
    lpr_1y_ppm: Ppm


class DeedText(BaseModel):
    """What stands in the deed (证词 and instrument, 法释〔2018〕18号 4); counts of obligors, not their names."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "number_office_notary": True,
                "names_obligees_and_obligors": True,
                "states_performance": True,
                "principal_fen": 5_000_000,
                "every_due_date": True,
                "rate_formula": True,
                "penalty_formula": True,
                "accelerates": True,
                "acceleration_computable": True,
                "obligors": 2,
                "obligors_accepting": 2,
                "obligors_in_session": 2,
                "scope": "DEBT_AND_SECURITY",
                "securities_named": 1,
                "securities_meant": 1,
                "verification_method": True,
                "verification_window": True,
                "deemed_delivery_rule": True,
                "electronic_service_consent": True,
                "record_of_informing": True,
                "notary_signature": True,
                "office_seal": True,
                "attachments_hashed": True,
            }
        },
    )

    number_office_notary: bool
    names_obligees_and_obligors: bool
    states_performance: bool
    principal_fen: Fen
    every_due_date: bool
    rate_formula: bool
    penalty_formula: bool
    accelerates: bool
    acceleration_computable: bool
    obligors: Annotated[int, Field(ge=0, le=100)]
    obligors_accepting: Annotated[int, Field(ge=0, le=100)]
    obligors_in_session: Annotated[int, Field(ge=0, le=100)]
    scope: Literal["DEBT", "SECURITY", "DEBT_AND_SECURITY"]
    securities_named: Annotated[int, Field(ge=0, le=100)]
    securities_meant: Annotated[int, Field(ge=0, le=100)]
    verification_method: bool
    verification_window: bool
    deemed_delivery_rule: bool
    electronic_service_consent: bool
    record_of_informing: bool
    notary_signature: bool
    office_seal: bool
    attachments_hashed: bool


def check_instrument(it: Instrument) -> Report:
    """Everything that keeps the instrument from enforceable effect."""
    return report(_instrument(it))


def _instrument(it: Instrument) -> Iterator[Point]:
    rule = "公证程序规则 39"
    yield from missing(
        [
            (
                it.content_is_payment,
                "CONTENT",
                "The content must be the giving of money, goods or securities.",
                "内容应为给付货币、物品或者有价证券。",
                f"{rule}(1)",
            ),
            (
                it.relation_clear,
                "RELATION",
                "The debt must be clear.",
                "债权债务关系应当明确。",
                f"{rule}(2)",
            ),
            (
                not it.disputed,
                "DISPUTED",
                "A disputed debt needs a judgment, not a deed.",
                "有争议的债务应经裁判确定，不能赋予强制执行效力。",
                f"{rule}(2); 公证法 31(4)",
            ),
            (
                it.performance_clear,
                "PERFORMANCE",
                "Mode, content and time limit of performance must be clear.",
                "履行方式、内容、时限应当明确。",
                f"{rule}(3)",
            ),
            (
                it.accepts_enforcement,
                "ENFORCEMENT",
                "The debtor must accept compulsory enforcement on non-performance or improper performance.",
                "债务人应承诺不履行或不适当履行时接受强制执行。",
                f"{rule}(4)",
            ),
            (
                it.creditor_accepts_verification,
                "VERIFICATION_CREDITOR",
                "The creditor must accept verification by the notary.",
                "债权人应愿意接受公证机构核实。",
                f"{rule}(5)",
            ),
            (
                it.debtor_accepts_verification,
                "VERIFICATION_DEBTOR",
                "The debtor must accept verification by the notary.",
                "债务人应愿意接受公证机构核实。",
                f"{rule}(5)",
            ),
            (
                it.lender_licensed or it.rate_ppm <= PRIVATE_MULTIPLE * it.lpr_1y_ppm,
                "RATE",
                f"A private lender's rate is at most {PRIVATE_MULTIPLE} times the 1-year LPR; no more is enforced.",
                f"民间借贷利率不得超过一年期 LPR 的 {PRIVATE_MULTIPLE} 倍，超出部分不予执行。",
                "民间借贷规定 25; 法释〔2018〕18号 11",
            ),
        ]
    )
    if it.lender_licensed and it.rate_ppm > LICENSED_CEILING_PPM:
        yield warning(
            "RATE_CEILING",
            "The rate is above the 24 % that courts commonly allow licensed lenders.",
            "利率高于法院通常支持的持牌机构年化 24%。",
            "行业上限 [K]",
        )
    if it.kind == "OTHER":
        yield warning(
            "KIND",
            "The kind of instrument is not among the listed ones; the office decides whether it meets the test.",
            "文书种类不在列举范围内，由公证处判断是否符合条件。",
            "联合通知 2",
        )


def check_deed(it: DeedText) -> Report:
    """Everything that a deed lacks before it is issued, or that a court would refuse it for."""
    return report(_deed(it))


def _deed(it: DeedText) -> Iterator[Point]:
    refusal = "法释〔2018〕18号 5"
    yield from missing(
        [
            (
                it.number_office_notary,
                "HEAD",
                "Deed number, office and notary must stand in the deed.",
                "应载明公证书编号、公证处与公证员。",
                "公证法 32",
            ),
            (
                it.names_obligees_and_obligors and it.obligors > 0,
                "PARTIES",
                "The certificate must name obligees and obligors.",
                "公证证词应载明权利义务主体。",
                f"{refusal}(3)",
            ),
            (
                it.states_performance,
                "CONTENT",
                "The certificate must state what is to be performed.",
                "公证证词应载明给付内容。",
                f"{refusal}(3)",
            ),
            (it.principal_fen > 0, "PRINCIPAL", "The principal must be stated.", "应载明本金数额。", f"{refusal}(3)"),
            (
                it.every_due_date,
                "SCHEDULE",
                "Every due date must be stated.",
                "应载明每一期的履行期限。",
                "公证程序规则 39(3)",
            ),
            (
                it.rate_formula,
                "RATE",
                "The formula of interest must be stated.",
                "应载明利息计算方式。",
                f"{refusal}(3)",
            ),
            (
                it.penalty_formula,
                "PENALTY",
                "The formula of penalties must be stated, or that there are none.",
                "应载明违约金计算方式，或载明无违约金。",
                f"{refusal}(3)",
            ),
            (
                not it.accelerates or it.acceleration_computable,
                "ACCELERATION",
                "A trigger of acceleration, by valuation too, must be computable from the deed.",
                "加速到期条件（包括估值触发）应能据公证书计算确定。",
                "公证程序规则 39(3); domain §0 规则 8",
            ),
            (
                it.obligors_accepting == it.obligors,
                "ENFORCEMENT",
                f"Every obligor must accept enforcement: {it.obligors_accepting} of {it.obligors} do.",
                f"每一名债务人均应承诺接受强制执行：{it.obligors} 人中有 {it.obligors_accepting} 人承诺。",
                f"{refusal}(2)",
            ),
            (
                it.obligors_in_session == it.obligors,
                "PRESENCE",
                f"Every obligor must have been in a live session: {it.obligors_in_session} of {it.obligors} were.",
                f"每一名债务人均应到场（实时会话）：{it.obligors} 人中有 {it.obligors_in_session} 人到场。",
                "法释〔2018〕18号 12(1)(1)",
            ),
            (
                it.scope == "DEBT" or it.securities_named > 0,
                "SCOPE",
                "A scope that covers securities must name them; what is not named is not enforceable.",
                "效力范围包括担保的，应逐一载明；未载明的不得执行。",
                "法释〔2018〕18号 6",
            ),
            (
                it.verification_method,
                "VERIFICATION_METHOD",
                "Method and address of verification must be agreed.",
                "应约定核实方式与地址。",
                "公证程序规则 39(5)",
            ),
            (
                it.verification_window,
                "VERIFICATION_WINDOW",
                "The window for objections must be agreed.",
                "应约定核实期限。",
                "公证程序规则 39(5)",
            ),
            (
                it.deemed_delivery_rule,
                "DEEMED_DELIVERY",
                "When a notice is deemed delivered must be agreed.",
                "应约定视为送达的规则。",
                "公证程序规则 39(5)",
            ),
            (
                it.record_of_informing,
                "INFORMING",
                "The record of informing must be on file.",
                "应有告知笔录。",
                "公证法 27",
            ),
            (
                it.notary_signature and it.office_seal,
                "SEAL",
                "The notary's signature and the office's seal must be on the deed.",
                "应有公证员签名（签名章）与公证处印章。",
                "公证法 32",
            ),
            (
                it.attachments_hashed,
                "ATTACHMENTS",
                "Attachments must be listed with their hashes.",
                "附件应列明并附摘要值。",
                "在线诉讼规则 16",
            ),
        ]
    )
    if it.scope != "DEBT" and it.securities_named < it.securities_meant:
        yield warning(
            "SECURITIES",
            f"{it.securities_named} of {it.securities_meant} securities are named; the others will not be enforceable.",
            f"{it.securities_meant} 项担保中仅载明 {it.securities_named} 项，其余不得执行。",
            "法释〔2018〕18号 6",
        )
    if not it.electronic_service_consent:
        yield warning(
            "ELECTRONIC_SERVICE",
            "Without consent to electronic service the court serves on paper.",
            "未同意电子送达的，法院将以其他方式送达。",
            "民诉法 90",
        )
