"""The contracts' enumerations and roles by name, in English and Chinese.

The ABI carries only their numbers; a test proves that these agree with the Solidity sources.
"""

from __future__ import annotations

from typing import Final

from chain.errors import ChaqiError, Language

ENUMERATIONS: Final[dict[str, dict[str, str]]] = {
    "Status": {"NONE": "无", "ACTIVE": "有效", "SUSPENDED": "已暂停", "REVOKED": "已注销"},
    "Title": {
        "NONE": "无",
        "FILED": "已申报",
        "SURVEYED": "已勘测",
        "NOTICE": "公示中",
        "DISPUTED": "有异议",
        "REGISTERED": "已登记",
        "REJECTED": "不予登记",
    },
    "TitleClass": {
        "NONE": "无",
        "A": "甲类（不动产权证、林权证）",
        "B": "乙类（承包经营权证）",
        "C": "丙类（证人证明）",
    },
    "Life": {"NONE": "无", "ALIVE": "存活", "REPORTED_DEAD": "报告死亡", "DEAD": "确认死亡", "LOST": "灭失"},
    "AgeMethod": {
        "NONE": "无",
        "AUTHORITY": "主管部门认定",
        "CORE": "生长锥年轮",
        "GIRTH_MODEL": "胸径模型",
        "ORAL": "口述",
    },
    "Health": {"NONE": "无", "A": "甲", "B": "乙", "C": "丙", "D": "丁"},
    "Restraint": {"COURT": "法院查封", "DISPUTE": "争议冻结", "COMPLIANCE": "监管限制"},
    "TransferBasis": {"AGREEMENT": "协议转让", "COURT_SALE": "司法变卖", "SUCCESSION": "继受"},
    "IndicationState": {
        "NONE": "无",
        "APPLIED": "已申请",
        "GRANTED": "准予使用",
        "SUSPENDED": "暂停使用",
        "REVOKED": "已撤销",
        "EXPIRED": "逾期未年审",
    },
    "BatchState": {"NONE": "无", "HELD": "暂扣待查", "REJECTED": "已驳回", "LEAF": "鲜叶", "TEA": "毛茶"},
    "BatchQuality": {"UNTESTED": "未检验", "PASSED": "检验合格", "FAILED": "检验不合格"},
    "SaleState": {"NONE": "无", "OFFERED": "已提出", "CONFIRMED": "已确认", "WITHDRAWN": "已撤回"},
    "LotState": {
        "NONE": "无",
        "REQUESTED": "已申请",
        "REVIEWED": "运营方已审核",
        "APPROVED": "已批准",
        "REJECTED": "已驳回",
        "ISSUED": "已发放",
    },
    "Measure": {
        "NONE": "无",
        "ANCIENT_TREE": "古树养护",
        "ECO_GARDEN": "生态茶园改造",
        "ORGANIC": "有机绿色认证",
        "DISASTER": "灾后恢复",
    },
    "SubsidyBasis": {"NONE": "无", "TREE": "按株", "AREA": "按面积"},
    "ClaimState": {
        "NONE": "无",
        "SUBMITTED": "待审核",
        "NOTICE": "公示中",
        "OBJECTED": "公示有异议",
        "APPROVED": "已批准",
        "PAID": "已支付",
        "AUDITED": "已审计",
        "REJECTED": "不予补贴",
        "CLAWED_BACK": "责令退回",
        "RETURNED": "已退回",
    },
    "SubsidyGround": {
        "NONE": "无",
        "NOT_ENTITLED": "非权利人",
        "NOT_ELIGIBLE": "不符合政策条件",
        "AREA_OVERSTATED": "面积不实",
        "DOUBLE_FUNDED": "重复补贴",
        "RESTRAINED": "受监管限制",
        "PAPERS_LACKING": "材料不全",
        "OBJECTION_UPHELD": "异议成立",
        "FALSE_STATEMENT": "虚假申报",
        "MISUSED": "未按规定用途使用",
    },
    "ValuationState": {"NONE": "无", "CURRENT": "有效", "AWAITING_SECOND": "待第二评估师", "CHALLENGED": "异议中"},
    "RegistryKind": {
        "NONE": "无",
        "REAL_PROPERTY": "不动产抵押（不动产登记）",
        "MOVABLE": "动产抵押（中登网）",
        "LAND_RIGHT": "土地经营权担保",
    },
    "LegalEffect": {
        "NONE": "尚未设立",
        "CONTRACT_ONLY": "已设立，不得对抗善意第三人",
        "OPPOSABLE": "已登记，可以对抗第三人",
        "CONSTITUTED": "已登记设立",
    },
    "DischargeGround": {
        "NONE": "无",
        "CLAIM_ENDED": "主债权消灭",
        "REALISED": "担保物权实现",
        "WAIVED": "债权人放弃",
        "OTHER": "法律规定的其他情形",
    },
    "Substitute": {"INSURANCE": "保险金", "DAMAGES": "赔偿金", "COMPENSATION": "补偿金"},
    "AgreementStage": {
        "NONE": "无",
        "OFFERED": "要约中",
        "WITHDRAWN": "要约已撤回",
        "SIGNED": "已签署",
        "LAPSED": "定金逾期未生效",
        "ACTIVE": "履行中",
        "ACCEPTED": "已验收",
        "SETTLED": "已结清",
        "CLOSED": "已了结",
    },
    "AgreementEnding": {
        "NONE": "无",
        "MUTUAL": "协商解除",
        "FORCE_MAJEURE": "不可抗力解除",
        "BUYER_DEFAULT": "买方违约",
        "SELLER_DEFAULT": "卖方违约",
    },
    "Sanction": {"NONE": "不主张", "DEPOSIT": "定金罚则", "DAMAGES": "违约金"},
    "ApplicationState": {
        "NONE": "无",
        "SUBMITTED": "审批中",
        "INFO_REQUESTED": "待补充材料",
        "CONFIRMING": "待复核",
        "APPROVED": "已批准",
        "REJECTED": "已拒绝",
        "WITHDRAWN": "已撤回",
    },
    "LoanProduct": {
        "NONE": "无",
        "UNSECURED": "信用贷款",
        "RECEIVABLE": "应收账款质押贷款",
        "OPERATING_RIGHT": "土地经营权融资担保贷款",
        "TREE_MORTGAGE": "茶树抵押贷款",
    },
    "LoanPurpose": {
        "NONE": "无",
        "HARVEST": "采摘制作",
        "TENDING": "种植管护",
        "PURCHASE": "收购流动资金",
        "EQUIPMENT": "加工设备",
        "OTHER": "其他",
    },
    "DecisionReason": {
        "NONE": "无",
        "AFFORDABILITY": "偿债能力",
        "COLLATERAL": "担保",
        "RECORD": "信用记录",
        "PURPOSE": "用途",
        "INCOMPLETE": "材料不全",
        "OTHER": "其他",
    },
    "LoanState": {
        "NONE": "未签约",
        "CONTRACTED": "已签约",
        "REPAYING": "还款中",
        "DEFAULTED": "已提前到期",
        "SETTLED": "已结清",
        "WRITTEN_OFF": "已核销",
    },
    "AllocationOrder": {"STATUTORY": "法定顺序（费用、利息、本金）", "PRINCIPAL_FIRST": "约定本金优先"},
    "DefaultTrigger": {"NONE": "无", "OVERDUE": "逾期", "BREACH": "未补足担保"},
    "MarginState": {"OK": "正常", "WARN": "预警", "CALL": "已通知补足", "CURED": "已补足", "BREACHED": "期满未补足"},
    "CureBasis": {"COVER": "担保或还款补足", "GUARANTEE": "保证"},
    "DeedState": {
        "NONE": "无",
        "APPLIED": "已申请",
        "VERIFIED": "身份已核验",
        "ACCEPTED": "已受理",
        "INFORMED": "已告知",
        "SIGNED": "已签署",
        "REVIEWED": "已审批",
        "ISSUED": "已出证",
        "REFUSED": "不予办理",
        "TERMINATED": "已终止",
        "REVOKED": "已撤销",
    },
    "DeedScope": {"NONE": "无", "DEBT": "主债务", "SECURITY": "担保债务", "DEBT_AND_SECURITY": "主债务及担保债务"},
    "ServiceMethod": {
        "NONE": "无",
        "LETTER": "信函",
        "PHONE": "电话",
        "SMS": "短信",
        "EMAIL": "电子邮件",
        "PLATFORM": "平台",
    },
    "EndGround": {
        "NONE": "无",
        "NO_CAPACITY": "无民事行为能力且无人代理",
        "NO_INTEREST": "与申请事项无利害关系",
        "APPRAISAL_MATTER": "属专业技术鉴定、评估事项",
        "IN_DISPUTE": "对申请事项有争议",
        "UNTRUE_MATERIALS": "虚构、隐瞒事实或提供虚假材料",
        "INCOMPLETE_MATERIALS": "材料不充分又无法补充或拒绝补充",
        "UNTRUE_OR_UNLAWFUL": "申请事项不真实、不合法",
        "AGAINST_MORALS": "违背社会公德",
        "FEE_REFUSED": "拒绝支付公证费",
        "WITHDRAWN": "撤回申请",
        "PARTY_GONE": "当事人死亡或终止",
        "OVERDUE": "因当事人原因逾期未办结",
    },
    "Amendment": {"SUPPLEMENT": "补充公证", "CORRECTION": "补正"},
    "CertificateState": {
        "NONE": "无",
        "APPLIED": "已申请",
        "NOTIFIED": "核实中",
        "OBJECTED": "债务人有异议",
        "CONFIRMED": "债务人已确认",
        "VERIFIED": "核实完毕",
        "ISSUED": "已出具",
        "REFUSED": "不予出具",
        "WITHDRAWN": "已撤回",
    },
    "RefusalGround": {
        "NONE": "无",
        "CREDITOR_UNPROVEN": "债权人不能证明",
        "DEBT_DEFEATED": "债务人提出充分相反证据",
        "UNVERIFIABLE": "无法在期限内核实",
        "SUIT_ACCEPTED": "已起诉并受理",
        "DEED_UNFIT": "公证书不具备执行条件",
    },
    "FilingState": {
        "NONE": "无",
        "PACKAGED": "已组卷",
        "SUBMITTED": "已提交",
        "RETURNED": "退回补正",
        "NOT_ACCEPTED": "不予受理",
        "FILED": "已立案",
        "NOTIFIED": "已发执行通知",
        "MEASURES": "采取执行措施",
        "SUSPENDED": "中止",
        "SETTLEMENT": "执行和解",
        "CLOSED": "已结案",
        "WITHDRAWN": "已撤回",
    },
    "CourtReceipt": {
        "RETURNED": "退回补正",
        "NOT_ACCEPTED": "不予受理",
        "FILED": "立案",
        "NOTIFIED": "执行通知",
        "MEASURES": "执行措施",
        "SUSPENDED": "中止",
        "RESUMED": "恢复执行",
        "SETTLEMENT": "执行和解",
    },
    "Closure": {
        "NONE": "无",
        "FULFILLED": "执行完毕",
        "TERMINATED": "终结执行",
        "NO_PROPERTY": "终结本次执行程序",
        "NOT_ENFORCED": "不予执行",
        "DISMISSED": "驳回申请",
        "DUPLICATE": "销案",
    },
    "JurisdictionBasis": {"NONE": "无", "DOMICILE": "被执行人住所地", "PROPERTY": "被执行的财产所在地"},
}
"""Solidity enumeration → its members in order → Chinese term."""

ROLES: Final[dict[str, str]] = {
    "FARMER": "茶农",
    "FIRM": "企业",
    "VILLAGE": "村集体",
    "SURVEYOR": "勘测员",
    "APPRAISER": "评估师",
    "FORESTRY": "古树名木主管部门",
    "AGRI": "农业农村局",
    "REGISTRY": "登记机构",
    "GI_AUTH": "地理标志主管部门",
    "INSPECTOR": "检验机构",
    "INSURER": "保险机构",
    "BANK": "银行",
    "TELECOM": "电信运营商",
    "BROKER": "数据经纪人",
    "SCORER": "评分机构",
    "NOTARY_OFFICE": "公证处",
    "NOTARY": "公证员",
    "LAWYER": "律师",
    "COURT_GW": "法院回执网关",
    "REGULATOR": "监管部门",
    "AUDITOR": "审计",
    "OPERATOR": "平台运营方",
}
"""Role names in the order of their bits in `contracts/Roles.sol`, bit 0 first."""


class RoleUnknown(ChaqiError):
    """A name that is no role."""

    status = 422
    en = "{role} is no role. The roles are: {known}."
    zh = "{role} 不是角色。可用角色：{known}。"


def role_bits(*names: str) -> int:
    """The role set of these roles. Raises `RoleUnknown`."""
    order = list(ROLES)
    bits = 0
    for name in names:
        if name not in ROLES:
            raise RoleUnknown(role=name, known=", ".join(order))
        bits |= 1 << order.index(name)
    return bits


def role_names(bits: int) -> list[str]:
    """The roles in a role set, in the order of their bits."""
    return [name for position, name in enumerate(ROLES) if bits >> position & 1]


def enumeration(internal_type: str | None) -> list[str] | None:
    """Member names of the enumeration that an ABI entry's `internalType` names; None when it names none."""
    if not internal_type or not internal_type.startswith("enum "):
        return None
    return list(ENUMERATIONS[_short(internal_type)])


def enumeration_with(members: tuple[str, ...]) -> str:
    """The name of the enumeration with these members; no two have the same."""
    return next(name for name, words in ENUMERATIONS.items() if tuple(words) == members)


def in_words(internal_type: str | None, value: object, language: Language) -> object:
    """An ABI value as a reader wants it: members of enumerations by name, anything else as it is."""
    members = enumeration(internal_type)
    if members is None or not isinstance(value, int) or value >= len(members):
        return value
    name = members[value]
    return name if language == "en" else ENUMERATIONS[_short(internal_type)][name]


def _short(internal_type: str | None) -> str:
    return (internal_type or "").removeprefix("enum ").removesuffix("[]").rsplit(".", 1)[-1]
