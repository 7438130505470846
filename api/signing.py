"""The page on which people sign an act with the wallet of their browser (EIP-6963, EIP-712).

    /sign                                   every act
    /sign?act=Agreements.sign&agreement=…   one, with what is known of its fields

The page fills in the message; `/v1/acts/prepare` makes the typed data, the wallet shows and signs it, `/v1/acts` takes
it. The wallet's key never leaves the wallet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.context import context_of
from api.html import page
from api.signatures import SIGNED
from api.units import Unit, basis_points, centimetre, days, fen, gram, hundredth_mu, millionths, worded
from api.words import label, unit
from chain.typed_data import ActType, Field, act_type, act_types
from chain.vocabulary import ENUMERATIONS
from indexer.projection import snake
from workflows.trees.filing import STATED

ROUTER = APIRouter(include_in_schema=False)

ACT_FIELDS: Final[Mapping[str, str]] = {
    "accepts_enforcement": "接受强制执行",
    "accepts_verification": "同意核实方式",
    "act": "行为",
    "amounts": "金额（分）",
    "appointed": "任命",
    "approved": "批准",
    "as_buyer": "作为买方",
    "as_of": "估值时点",
    "awaited": "等待材料",
    "basis": "依据",
    "batches": "批次",
    "case_numbers": "案号承诺",
    "claim": "补贴申报",
    "confidences": "置信度（万分之一）",
    "conflicted": "存在利益冲突",
    "consents": "同意",
    "counterparty": "相对方",
    "courts": "法院",
    "cure_days": "补正天数",
    "deeds": "公证书",
    "documents": "文书哈希",
    "domain": "合约",
    "expires_at": "失效时间",
    "filing": "执行申请",
    "finding": "结论",
    "first": "上半年",
    "ground": "理由",
    "instants": "时刻（UTC 秒）",
    "instruments": "债权文书承诺",
    "interests": "利息（分）",
    "invalid_from": "失效起",
    "leaf": "叶",
    "level": "等级",
    "liens": "担保物权",
    "loan": "贷款",
    "lot": "码批",
    "mandate": "委托",
    "new_account": "新账户",
    "numbers": "公证书编号承诺",
    "occurred_at": "发生时间",
    "officer": "审批人员",
    "opens_at": "开采时间",
    "operator": "运营方",
    "packages": "卷宗哈希",
    "parents": "原料批次",
    "passed": "合格",
    "penalties": "违约金（分）",
    "plot": "地块",
    "principals": "本金（分）",
    "quantities": "数量（克）",
    "received_at": "收款时间",
    "released": "放行",
    "sale": "销售",
    "second": "下半年",
    "session": "告知笔录",
    "sessions": "告知笔录",
    "state": "状态",
    "statement": "还款说明",
    "stresses": "压力价值（分）",
    "substitute": "代位物",
    "terminates": "解除",
    "to": "受让方",
    "to_seller": "付给卖方",
    "trees": "茶树",
    "upheld": "成立",
    "values": "评估价值（分）",
    "weights": "重量（克）",
    "window_days": "答复天数",
}
"""Chinese words of fields that only acts have."""

INSTANTS: Final = ("_at", "_from", "as_of", "apply_by")


WRITTEN_IN: Final[Mapping[Unit, str]] = {
    fen: "分 fen",
    gram: "克 grams",
    centimetre: "厘米 cm",
    hundredth_mu: "0.01 亩 mu",
    days: "天 days",
    basis_points: "万分之一 basis points",
    millionths: "百万分之一 ppm",
}
"""The units in which the chain takes numbers."""


@dataclass(frozen=True)
class Asked:
    """A field of the form: its words, its unit, and the `kind` of input; of `many` and `instants` each has a line."""

    field: Field
    zh: str
    en: str
    written_in: str
    kind: str
    options: tuple[tuple[str, str], ...]
    given: str


@dataclass(frozen=True)
class Enclosure:
    """What comes with an act and is not signed: `form` says how it travels: base64, json or text."""

    name: str
    zh: str
    en: str
    form: str
    required: bool


PAGE = Enclosure(
    "document", "已签署的签署页", "the signature page, signed with your certificate (PDF)", "base64", False
)
RECORD = (
    Enclosure("record", "茶树记录", "the tree's record (JSON)", "json", True),
    Enclosure("salt", "盐值", "the salt of its commitment, 0x + 64 hex", "text", True),
)


@ROUTER.get("/sign")
async def sign(request: Request) -> Response:
    """The acts, or the form of one."""
    contracts = [(name, list(acts)) for name, acts in groupby(act_types().values(), lambda act: act.contract)]
    given = dict(request.query_params)
    act = act_type(given.pop("act")) if given.get("act") else None
    values = {
        "contracts": contracts,
        "act": act,
        "asked": [_asked(act, field, given.get(field.name, "")) for field in act.fields] if act else [],
        "enclosures": _enclosures(act) if act else [],
        "chain_id": context_of(request).deployment.chain_id,
    }
    return page(request, "sign.html", values)


def _enclosures(act: ActType) -> Iterable[Enclosure]:
    signed = SIGNED.get(act.key)
    if signed is not None:
        return (replace(PAGE, required=signed.required),)
    return RECORD if act.key in STATED else ()


def _asked(act: ActType, field: Field, given: str) -> Asked:
    name = snake(field.name)
    room = act.contract.lower()
    known = ACT_FIELDS.get(name) or label(room, name)
    options: tuple[tuple[str, str], ...] = ()
    if field.members:
        words = next(of for of in ENUMERATIONS.values() if tuple(of) == field.members)
        options = tuple((member, words[member]) for member in field.members if member != "NONE")
    written_in = WRITTEN_IN.get(unit(room, name), field.type)
    return Asked(field, known, worded(name), written_in, _kind(field, name), options, given)


def _kind(field: Field, name: str) -> str:
    if field.type.endswith("[]"):
        return "instants" if name.endswith(INSTANTS) else "many"
    if field.members:
        return "choice"
    if field.type == "bool":
        return "flag"
    if field.type.startswith("uint") and name.endswith(INSTANTS):
        return "instant"
    return "text"
