"""One synthetic document of each kind."""

from __future__ import annotations

from datetime import date

from workflows.documents.contents import (
    AgreementPage,
    Attachment,
    Deed,
    DeedPage,
    Document,
    EnforcementCertificate,
    EvidenceReceipt,
    Instalment,
    Item,
    LienLine,
    LienSearch,
    Person,
)

ISSUED_AT = 1795752000
"""2026-11-27 12:00:00 in Shanghai."""

VERIFY = "http://127.0.0.1:8000/verify#9a9a"
OFFICE = "潮州市凤凰公证处（合成）"
BANK = Person(
    capacity="债权人",
    name="潮州茶乡银行（合成）",
    identity="统一社会信用代码 合成0001",
    address="潮州市合成路1号",
    representative="林合成",
)
FARMER = Person(capacity="债务人", name="陈合成", identity="居民身份证 合成0002", address="凤凰镇乌岽村合成巷2号")
INSTRUMENT = Attachment(name="借款合同（合成）", sha256="1f" * 32, sm3="2e" * 32)

DEED = Deed(
    number="（2026）粤潮凤证字第00001号",
    issuer=OFFICE,
    issued_at=ISSUED_AT,
    verify_url=VERIFY,
    notary="黄合成",
    reviewer="吴合成",
    parties=(BANK, FARMER),
    instrument=INSTRUMENT,
    principal=2_392_422,
    rate=43_500,
    rate_formula="本金×年利率×实际天数÷365",
    schedule=(
        Instalment(due=date(2027, 6, 30), principal=1_196_211, interest=61_300),
        Instalment(due=date(2027, 12, 31), principal=1_196_211, interest=26_200),
    ),
    fees=(Item(name="公证费", amount=7_200),),
    penalty="逾期部分按约定利率上浮百分之三十计收罚息。",
    acceleration=("连续两期未付", "抵押率超过百分之一百且十个工作日内未补足，经贷款人两名人员确认"),
    acceptances=("陈合成",),
    scope=("借款本金、利息、罚息及公证费", "茶树 A-0001 的抵押权"),
    verification_method="平台通知并短信",
    verification_address="约定的平台账户及手机",
    verification_days=7,
    deemed_delivery="平台通知到达之日视为送达。",
    service_consent="当事人同意以平台账户接受电子送达。",
    informing="公证员已告知强制执行公证的法律意义和可能产生的法律后果，当事人表示知悉。",
    signed_at=ISSUED_AT - 3600,
    session_sha256="3c" * 32,
    attachments=(INSTRUMENT,),
)
CERTIFICATE = EnforcementCertificate(
    number="（2026）粤潮凤执字第00001号",
    issuer=OFFICE,
    issued_at=ISSUED_AT,
    verify_url=VERIFY,
    notary="黄合成",
    deed_number=DEED.number,
    deed_sha256="4d" * 32,
    applicant=BANK,
    against=(FARMER,),
    as_of=date(2026, 11, 27),
    items=(Item(name="本金", amount=2_392_422), Item(name="利息", amount=87_500)),
    performed=300_000,
    total=2_179_922,
    continuing="自 2026年11月28日 起，以未还本金为基数按年利率 4.35% 继续计息至清偿之日。",
    apply_by=date(2028, 11, 27),
    default_facts="债务人自 2026年6月30日 起未按期还款。",
    verification_method="平台通知并短信",
    notified_at=ISSUED_AT - 8 * 86_400,
    verification_result="期限内债务人提交 3,000.00 元付款凭证，经核对属实，已扣除。",
    objections="异议部分成立，执行标的已相应核减。",
    collateral=("茶树 A-0001",),
)
LIEN_SEARCH = LienSearch(
    number="CX-2026-00001",
    issuer="茶契（合成数据）",
    issued_at=ISSUED_AT,
    verify_url=VERIFY,
    subject="茶树 A-0001",
    block_number=4321,
    block_hash="0x" + "5b" * 32,
    block_time=ISSUED_AT - 60,
    liens=(
        LienLine(
            rank=1,
            asset="茶树 A-0001",
            holder="参与方 12",
            registry="不动产登记",
            effect="抵押权已设立",
            registered_at=ISSUED_AT - 86_400,
            secured_max=2_392_422,
            evidence="0x" + "9a" * 32,
        ),
        LienLine(
            rank=2,
            asset="茶树 A-0001",
            holder="参与方 13",
            registry="未登记",
            effect="仅合同效力",
            registered_at=None,
            secured_max=1_000_000,
            evidence="0x" + "9b" * 32,
        ),
    ),
)
EVIDENCE_RECEIPT = EvidenceReceipt(
    number="9A" * 8,
    issuer="茶契（合成数据）",
    issued_at=ISSUED_AT,
    verify_url=VERIFY,
    name="申报材料.pdf",
    size=182_044,
    sha256="9f" * 32,
    sm3="66" * 32,
    leaf="0x" + "9a" * 32,
    position=8,
    count=42,
    root="0x" + "1f" * 32,
    evidence="0x" + "9a" * 32,
    chain_id=521000,
    contract="0x" + "11" * 20,
    transaction="0x" + "22" * 32,
    block_number=4321,
    block_hash="0x" + "5b" * 32,
)
AGREEMENT_PAGE = AgreementPage(
    number="XY-9A9A9A9A9A9A9A9A",
    issuer="茶契账本",
    issued_at=ISSUED_AT,
    verify_url=VERIFY,
    agreement="0x" + "9a" * 32,
    terms="0x" + "7e" * 32,
    buyer=31,
    seller=7,
    grams=10_000,
    deposit=2_000_000,
    due_at=ISSUED_AT + 20 * 86_400,
)
DEED_PAGE = DeedPage(
    number="GZ-5B5B5B5B5B5B5B5B",
    issuer="茶契账本",
    issued_at=ISSUED_AT,
    verify_url=VERIFY,
    deed="0x" + "5b" * 32,
    instrument="0x" + "c0" * 32,
    obligee=12,
    obligors=(31, 44),
    principal=2_392_422,
    rate=154_000,
)
SAMPLES: tuple[Document, ...] = (DEED, CERTIFICATE, LIEN_SEARCH, EVIDENCE_RECEIPT, AGREEMENT_PAGE, DEED_PAGE)
