"""What each kind of document says: plain values, checked where two of them must agree.

Money is in fen, rates in parts per million, instants in UTC seconds, digests in hex as `sha256sum` writes them;
`shown` puts them into words by their types. Sources: 公证程序规则 39, 55; 法释〔2018〕18号 4, 6; 公证法 27, 32;
民法典 414 (the order of liens).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from chain.errors import ChaqiError
from workflows.documents import figures
from workflows.evidence.receipt import Receipt

Shown = str | int | list["Shown"] | dict[str, "Shown"] | None


@dataclass(frozen=True, slots=True)
class Form:
    """How values of an annotated type are shown."""

    show: Callable[[int], Shown]


Fen = Annotated[int, Form(lambda fen: {"figures": figures.yuan(fen), "words": figures.yuan_in_words(fen)})]
Ppm = Annotated[int, Form(figures.percent)]
Instant = Annotated[int, Form(figures.instant)]


class TextUnprintable(ChaqiError):
    """A text holds a character that prints as nothing, or turns the direction of its neighbours."""

    status = 422
    en = "The document's {field} holds the unprintable character {character}. Remove it."
    zh = "文书的 {field} 含有不可打印字符 {character}，请删除。"


class AmountsDisagree(ChaqiError):
    """A total is not the sum of its items less what was performed."""

    status = 422
    en = "The items less what was performed make {computed} fen; the certificate says {stated}."
    zh = "各项金额扣除已履行部分为 {computed} 分，证书记载为 {stated} 分。"


class NotYetAnchored(ChaqiError):
    """A certificate of anchoring was asked for a receipt that is still pending."""

    status = 409
    en = "The receipt is still pending; bring it up to date once its batch is anchored."
    zh = "回执仍待锚定：批次上链后请更新回执。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A natural or legal person as a deed names it; `identity` is the kind and number of its paper."""

    capacity: str
    name: str
    identity: str
    address: str
    representative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One amount and what it is for."""

    name: str
    amount: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """What is due on a day."""

    due: date
    principal: Fen
    interest: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that belongs to the document, by its digests."""

    name: str
    sha256: str
    sm3: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What every document has: its number, who issued it and when, and where a reader verifies it."""

    template: ClassVar[str]
    number: str
    issuer: str
    issued_at: Instant
    verify_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LienLine:
    """One lien in the order of the law; `registered_at` is the registry's time, None for an unregistered one."""

    rank: int
    asset: str
    holder: str
    registry: str
    effect: str
    registered_at: Instant | None
    secured_max: Fen
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LienSearch(Document):
    """查询证明: the liens on an asset or of a debtor as they stood at a block."""

    template: ClassVar[str] = "lien_search"
    subject: str
    block_number: int
    block_hash: str
    block_time: Instant
    liens: tuple[LienLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed(Document):
    """赋强公证书: the notary's statement on an instrument and the obligors' acceptance of enforcement.

    `acceptances` names every obligor who accepted; `scope` every debt and security that is enforceable (what is
    not named is not, 法释〔2018〕18号 6).
    """

    template: ClassVar[str] = "deed"
    notary: str
    reviewer: str
    parties: tuple[Person, ...]
    instrument: Attachment
    principal: Fen
    rate: Ppm
    rate_formula: str
    schedule: tuple[Instalment, ...]
    fees: tuple[Item, ...]
    penalty: str
    acceleration: tuple[str, ...]
    acceptances: tuple[str, ...]
    scope: tuple[str, ...]
    verification_method: str
    verification_address: str
    verification_days: int
    deemed_delivery: str
    service_consent: str
    informing: str
    signed_at: Instant
    session_sha256: str
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforcementCertificate(Document):
    """执行证书: who may enforce what against whom, with the performed part deducted; raises `AmountsDisagree`."""

    template: ClassVar[str] = "enforcement_certificate"
    notary: str
    deed_number: str
    deed_sha256: str
    applicant: Person
    against: tuple[Person, ...]
    as_of: date
    items: tuple[Item, ...]
    performed: Fen
    total: Fen
    continuing: str
    apply_by: date
    default_facts: str
    verification_method: str
    notified_at: Instant
    verification_result: str
    objections: str
    collateral: tuple[str, ...]

    def __post_init__(self) -> None:
        computed = sum(item.amount for item in self.items) - self.performed
        if computed != self.total:
            raise AmountsDisagree(computed=computed, stated=self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementPage(Document):
    """协议签署页: what a side of a purchase agreement signs with its certificate, dated by the block of the offer.

    Only what the ledger shows of the agreement; the whole document is named by its commitment, `terms`. `grams` in all;
    `due_at`: the last delivery as offered.
    """

    template: ClassVar[str] = "agreement_page"
    agreement: str
    terms: str
    buyer: int
    seller: int
    grams: int
    deposit: Fen
    due_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedPage(Document):
    """债权文书签署页: what a party of a deed signs with its certificate, dated by the block that opened the case.

    Only what the ledger shows of the deed; `instrument` is the hash of the instrument that is made enforceable. An
    obligor accepts enforcement and verification with it (公证程序规则 39). `rate` is the most that accrues in a year.
    """

    template: ClassVar[str] = "deed_page"
    deed: str
    instrument: str
    obligee: int
    obligors: tuple[int, ...]
    principal: Fen
    rate: Ppm


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReceipt(Document):
    """存证回执: what a receipt says, for people; the receipt itself stays the proof."""

    template: ClassVar[str] = "evidence_receipt"
    name: str
    size: int
    sha256: str
    sm3: str
    leaf: str
    position: int
    count: int
    root: str
    evidence: str
    chain_id: int
    contract: str
    transaction: str
    block_number: int
    block_hash: str

    @classmethod
    def of(cls, receipt: Receipt, issuer: str, verify_url: str) -> EvidenceReceipt:
        """The paper for an anchored receipt, dated by its block; raises `NotYetAnchored`."""
        document, batch, anchor = receipt.document, receipt.batch, receipt.anchor
        if batch is None or anchor is None:
            raise NotYetAnchored()
        return cls(
            number=receipt.leaf.hash[2:18].upper(),
            issuer=issuer,
            issued_at=anchor.block_timestamp,
            verify_url=verify_url,
            name=document.name or "",
            size=document.size,
            sha256=document.sha256,
            sm3=document.sm3,
            leaf=receipt.leaf.hash,
            position=batch.index + 1,
            count=batch.count,
            root=batch.root,
            evidence=anchor.evidence,
            chain_id=anchor.chain_id,
            contract=anchor.contract,
            transaction=anchor.transaction,
            block_number=anchor.block_number,
            block_hash=anchor.block_hash,
        )


def shown(content: Document) -> dict[str, Shown]:
    """The content as a template takes it: names and texts, every figure in words. Raises `TextUnprintable`."""
    return _record(content)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _record(record: Any) -> dict[str, Shown]:
    kind: type = type(record)
    hints = _hints(kind)
    return {one.name: _shown(getattr(record, one.name), hints[one.name], one.name) for one in fields(record)}


def _shown(value: Any, hint: Any, field: str) -> Shown:
    if value is None:
        return None
    arguments = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return _shown(value, arguments[0], field)
    form = next((one for one in arguments if isinstance(one, Form)), None)
    if form is not None:
        return form.show(value)
    if isinstance(value, tuple):
        return [_shown(one, arguments[0], field) for one in value]
    if is_dataclass(value):
        return _record(value)
    if isinstance(value, date):
        return figures.day(value)
    if isinstance(value, int):
        return value
    return _printable(value, field)


def _printable(text: str, field: str) -> str:
    for character in text:
        if character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            raise TextUnprintable(field=field, character=f"U+{ord(character):04X}")
    return text
