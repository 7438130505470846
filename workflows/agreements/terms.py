"""The terms of a purchase agreement: the document that both sides sign and of which the chain holds a commitment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chain.errors import ChaqiError
from workflows.commitment import SALT_BYTES, commit
from workflows.faults import first_fault

TAG: Final = "agreement-terms"
GRAMS_PER_KILOGRAM: Final = 1000


class TermsMalformed(ChaqiError):
    """A document that is no complete set of terms."""

    status = 422
    en = "The terms are malformed at {field}: {problem}."
    zh = "协议条款格式错误，字段 {field}：{problem}。"


class TermsNotThose(ChaqiError):
    """The document and salt are not those that were signed."""

    status = 422
    en = "The agreement commits to {committed}, these terms with their salt give {found}."
    zh = "协议的条款承诺为 {committed}，而所交条款与盐值得到 {found}。"


class TermsContradict(ChaqiError):
    """The document says otherwise than the act that was signed with it."""

    status = 422
    en = "The terms say {field} {written}, the signed act {signed}."
    zh = "条款中 {field} 为 {written}，而签署的行为为 {signed}。"


class Delivery(BaseModel):
    """So many grams by an instant (UTC seconds)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    due_at: int = Field(gt=0)
    grams: int = Field(gt=0)


class Terms(BaseModel):
    """Complete terms (CC 470, 595, 596). Money in fen, weight in grams, parties by id.

    A deposit counts as 定金 only if it is called so (合同编通则解释 67): there is no other name for it here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    buyer: int = Field(gt=0)
    seller: int = Field(gt=0)
    goods: str = Field(min_length=1, max_length=200)
    grade: str = Field(min_length=1, max_length=50)
    season: str = Field(min_length=1, max_length=50)
    grams: int = Field(gt=0)
    fen_per_kilogram: int = Field(gt=0)
    formula: str | None = Field(default=None, max_length=2_000)
    deliveries: tuple[Delivery, ...] = Field(min_length=1, max_length=12)
    deposit_name: Literal["定金"] | None = None
    deposit_fen: int = Field(default=0, ge=0)
    damages_bps: int = Field(default=0, ge=0, le=10_000)
    inspection_days: int = Field(default=10, ge=1, le=255)
    grace_days: int = Field(default=3, ge=0, le=255)
    force_majeure: str = Field(min_length=1, max_length=2_000)
    forum: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _fits(self) -> Terms:
        if sum(part.grams for part in self.deliveries) != self.grams:
            raise ValueError("the deliveries do not add up to the quantity")
        if (self.deposit_fen > 0) != (self.deposit_name is not None):
            raise ValueError("a deposit must be called 定金, and nothing else may be")
        if self.buyer == self.seller:
            raise ValueError("buyer and seller are the same party")
        return self

    @property
    def total_fen(self) -> int:
        """Price of the whole, rounded down."""
        return self.grams * self.fen_per_kilogram // GRAMS_PER_KILOGRAM

    def commitment(self, salt: bytes) -> bytes:
        """What the chain holds: 32 bytes over the canonical JSON and a salt of 32 bytes."""
        return commit(TAG, salt, self.model_dump(mode="json"))


def read_terms(document: object) -> Terms:
    """Terms from their JSON. Raises `TermsMalformed`."""
    try:
        return Terms.model_validate_json(json.dumps(document))
    except ValidationError as failure:
        raise TermsMalformed(**first_fault(failure, "terms")) from failure


def check_terms(document: object, salt: bytes, signed: Mapping[str, Any]) -> Terms:
    """The terms, if they are those that the mirrored agreement `signed` commits to, and say what it says.

    Raises `TermsMalformed`, `TermsNotThose`, `TermsContradict`.
    """
    terms = read_terms(document)
    if len(salt) != SALT_BYTES:
        raise TermsMalformed(field="salt", problem=f"{len(salt)} bytes instead of {SALT_BYTES}")
    found = "0x" + terms.commitment(salt).hex()
    if found != signed["terms"]:
        raise TermsNotThose(committed=signed["terms"], found=found)
    for field, written, said in _statements(terms, signed):
        if written != said:
            raise TermsContradict(field=field, written=written, signed=said)
    return terms


def _statements(terms: Terms, signed: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    yield "buyer", terms.buyer, signed["buyer"]
    yield "seller", terms.seller, signed["seller"]
    yield "grams", terms.grams, signed["quantity"]
    yield "deposit_fen", terms.deposit_fen, signed["deposit"]
    yield "damages_bps", terms.damages_bps, signed["damages_bps"]
    yield "inspection_days", terms.inspection_days, signed["inspection_days"]
    yield "grace_days", terms.grace_days, signed["grace_days"]
    yield "deliveries", len(terms.deliveries), signed["milestones"]
    yield "due_at", terms.deliveries[-1].due_at, signed["due_at"]
