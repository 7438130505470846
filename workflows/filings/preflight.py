"""The check of a court package before it is submitted (`domain.md` 3.4): every missing paper and every reason for which
the court would refuse it (法释〔2018〕18号 5), at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workflows.certificates.amount import Fen
from workflows.deeds.points import Point, Report, missing, report
from workflows.filings.courts import Code, Property, competent
from workflows.filings.limitation import Limitation, limitation, warnings

Day = Annotated[date, Field(strict=False, ge=date(2000, 1, 1), le=date(2197, 12, 31))]


class Package(BaseModel):
    """What the package holds, what is known of the debt; amounts in fen, days in Asia/Shanghai."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "application": True,
                "deed_copy": True,
                "certificate": True,
                "applicant_identity": True,
                "authority": True,
                "by_agent": True,
                "succeeded": False,
                "succession_proof": False,
                "property_clues": True,
                "service_address": True,
                "receiving_account": True,
                "payment_ledger": True,
                "manifest": True,
                "deed_state": "ISSUED",
                "every_obligor_accepted": True,
                "names_parties_and_content": True,
                "certificate_state": "ISSUED",
                "certified": 4_140_000,
                "paid_since": 1_000_000,
                "claimed": 3_140_000,
                "statement_current": True,
                "debtor_exists": True,
                "suit_pending": False,
                "live_filing": False,
                "court": 440_001,
                "domicile_court": 440_001,
                "properties": [],
                "due": ["2025-06-30"],
                "interruptions": ["2026-01-15"],
                "today": "2026-11-27",
            }
        },
    )

    application: bool
    deed_copy: bool
    certificate: bool
    applicant_identity: bool
    authority: bool
    by_agent: bool
    succeeded: bool
    succession_proof: bool
    property_clues: bool
    service_address: bool
    receiving_account: bool
    payment_ledger: bool
    manifest: bool
    deed_state: Literal["ISSUED", "REVOKED", "OTHER"]
    every_obligor_accepted: bool
    names_parties_and_content: bool
    certificate_state: Literal["ISSUED", "SPENT", "OTHER"]
    certified: Fen
    paid_since: Fen
    claimed: Fen
    statement_current: bool
    debtor_exists: bool
    suit_pending: bool
    live_filing: bool
    court: Code
    domicile_court: Code
    properties: Annotated[list[Property], Field(max_length=100)] = []
    due: Annotated[list[Day], Field(min_length=1, max_length=600)]
    interruptions: Annotated[list[Day], Field(max_length=600)] = []
    today: Day


class Preflight(Report):
    """The report, with both readings of limitation."""

    limitation: Limitation


def preflight(it: Package) -> Preflight:
    """Everything that is missing. Raises `CourtUnknown`."""
    times = limitation(it.due, it.interruptions, it.today)
    found = report([*_papers(it), *_substance(it), *warnings(times)])
    return Preflight(complete=found.complete, points=found.points, limitation=times)


def _papers(it: Package) -> Iterator[Point]:
    rule = "执行工作规定 18"
    names = [
        (it.application, "APPLICATION", "application for enforcement", "执行申请书", rule),
        (it.deed_copy, "DEED", "copy of the deed", "公证债权文书", "法释〔2018〕18号 3"),
        (it.certificate, "CERTIFICATE", "certificate of enforcement", "执行证书", "法释〔2018〕18号 3"),
        (it.applicant_identity, "IDENTITY", "applicant's identity", "申请执行人身份证明", rule),
        (
            it.authority or not it.by_agent,
            "AUTHORITY",
            "special authority of the agent to waive, settle and receive money",
            "代理人的特别授权委托书",
            "执行工作规定 20",
        ),
        (
            it.succession_proof or not it.succeeded,
            "SUCCESSION",
            "proof of succession or assignment",
            "继承或者承受权利的证明",
            "变更追加规定 10",
        ),
        (it.property_clues, "PROPERTY_CLUES", "property clues", "财产线索", rule),
        (it.service_address, "SERVICE_ADDRESS", "confirmation of the service address", "送达地址确认书", "实务 [K]"),
        (it.receiving_account, "ACCOUNT", "receiving account", "收款账户", "实务 [K]"),
        (it.payment_ledger, "LEDGER", "ledger of payments", "清偿明细", "实务 [K]"),
        (it.manifest, "MANIFEST", "manifest of files, hashes and time-stamps", "文件完整性清单", "在线诉讼规则 16"),
    ]
    yield from missing(
        (met, code, f"The package lacks the {en}.", f"案卷缺少{zh}。", basis) for met, code, en, zh, basis in names
    )


def _substance(it: Package) -> Iterator[Point]:
    refusal = "法释〔2018〕18号 5"
    left = max(0, it.certified - it.paid_since)
    competence = {choice.court for choice in competent(it.domicile_court, it.properties)}
    yield from missing(
        [
            (
                it.deed_state == "ISSUED",
                "DEED_STATE",
                "The deed is not in force.",
                "公证债权文书未生效或已被撤销。",
                f"{refusal}(1)",
            ),
            (
                it.every_obligor_accepted,
                "ENFORCEMENT",
                "The deed does not say that the debtor accepts enforcement.",
                "公证债权文书未载明债务人接受强制执行的承诺。",
                f"{refusal}(2)",
            ),
            (
                it.names_parties_and_content,
                "CONTENT",
                "The certificate of the deed does not name parties or content of performance.",
                "公证证词载明的权利义务主体或者给付内容不明确。",
                f"{refusal}(3)",
            ),
            (
                it.certificate_state == "ISSUED",
                "CERTIFICATE_STATE",
                "The certificate of enforcement is not in force, or is spent.",
                "执行证书未出具、已失效或已使用。",
                f"{refusal}(4)",
            ),
            (
                it.claimed <= left,
                "OVER_CLAIM",
                f"{it.claimed} fen are claimed and {left} are owed after later payments.",
                f"主张 {it.claimed} 分，扣除后续清偿后尚欠 {left} 分。",
                "民法典 561",
            ),
            (it.claimed > 0, "NOTHING", "Nothing is claimed.", "未主张金额。", f"{refusal}(5)"),
            (
                it.statement_current or not it.paid_since,
                "STATEMENT",
                "Payments were made after the certificate; bring the statement up to date.",
                "出具证书后有清偿，应更新结算单。",
                "公证程序规则 55",
            ),
            (
                it.debtor_exists,
                "DEBTOR",
                "The debtor is dead or dissolved; name the successor.",
                "被执行人死亡或终止，应列明承受人。",
                "变更追加规定 10",
            ),
            (
                not it.suit_pending,
                "SUIT",
                "The creditor has sued on the same debt; the two ways exclude each other.",
                "债权人已就同一债务起诉，两种途径不得并行。",
                "法释〔2018〕18号 24",
            ),
            (
                not it.live_filing,
                "DUPLICATE",
                "This debt is being enforced already; there is one filing only.",
                "该债务已在执行中，不得重复申请。",
                "执行工作规定 13",
            ),
            (
                it.court in competence,
                "JURISDICTION",
                "The court is neither that of the debtor's domicile nor of property proven to lie there.",
                "该法院既非被执行人住所地法院，也无证据证明财产在其辖区。",
                "民诉法 235(2); 执行程序解释 1",
            ),
        ]
    )
