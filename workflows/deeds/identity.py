"""Identity verification (`domain.md` 2.8): a provider says whether a person is who the papers say, and signs a receipt.

What is asked (name, number, live capture) is not kept; the receipt holds a salted commitment to the identity and the
results, no biometrics (PIPL 28). A licensed provider takes the development one's place behind `IdentityProvider`.
"""

from __future__ import annotations

import hmac
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field

from chain.errors import ChaqiError
from workflows.calendar.calendar import SHANGHAI
from workflows.commitment import Json, canonical_json, commit

TAG = "identity"
ADULT_YEARS = 18  # 民法典 17
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"

Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]


class IdentityRefused(ChaqiError):
    """The provider does not confirm the identity; the reason is the first check that failed."""

    status = 422
    en = "The identity is not confirmed: {reason}."
    zh = "身份未通过核验：{reason_zh}。"


class ReceiptForged(ChaqiError):
    """A receipt that its provider did not sign."""

    status = 422
    en = "The identity receipt {reference} was not signed by {provider}, or was changed since."
    zh = "身份核验回执 {reference} 并非由 {provider} 签署，或签署后被改动。"


class IdentityQuestion(BaseModel):
    """Who is to be verified: given to the provider, never kept. `live_capture`: SHA-256 of the live video."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "party": "0x" + "00" * 31 + "07",
                "name": "陈合成",
                "number": "110101199003070134",
                "live_capture": "0x" + "5c" * 32,
            }
        },
    )

    party: Annotated[Hash, Field(description="The party as the deed knows it: party id as 32 bytes, or commitment.")]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    number: Annotated[str, Field(pattern=r"^[0-9]{17}[0-9X]$", description="居民身份号码 (GB 11643).")]
    live_capture: Hash


class IdentityReceipt(BaseModel):
    """What a provider answers for; `identity` commits to name and number, `signature` is over everything else."""

    model_config = ConfigDict(frozen=True)

    provider: str
    development: bool
    deed: Hash
    party: Hash
    identity: Hash
    capacity: bool
    checked_at: int
    reference: str
    signature: str

    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return canonical_json(self.model_dump(exclude={"signature"}))


class IdentityProvider(Protocol):
    """A source of identity receipts."""

    def verify(self, deed: str, asked: IdentityQuestion, salt: bytes, *, now: int) -> IdentityReceipt:
        """A receipt for a party of a deed. Raises `IdentityRefused`."""

    def check(self, receipt: IdentityReceipt) -> None:
        """Raises `ReceiptForged` unless this provider signed the receipt."""


class DevelopmentIdentity:
    """A provider for tests: it checks the number's form, check digit and age, asks no register, and says so."""

    name = "DEVELOPMENT 合成测试 identity provider: no register was asked"

    def __init__(self, master_key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(
            hmac.digest(master_key, b"chaqi-development-identity-provider", sha256)
        )

    @property
    def public_key(self) -> Ed25519PublicKey:
        """What its receipts are checked with."""
        return self._key.public_key()

    def verify(self, deed: str, asked: IdentityQuestion, salt: bytes, *, now: int) -> IdentityReceipt:
        """A signed receipt. Raises `IdentityRefused`."""
        born = _born(asked.number)
        today = datetime.fromtimestamp(now, SHANGHAI).date()
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        if age < ADULT_YEARS:
            raise IdentityRefused(
                reason="the person is under age and needs a guardian", reason_zh="当事人未成年，须由法定代理人参加"
            )
        who: Json = {"name": asked.name, "number": asked.number}
        draft = IdentityReceipt(
            provider=self.name,
            development=True,
            deed=deed,
            party=asked.party,
            identity="0x" + commit(TAG, salt, who).hex(),
            capacity=True,
            checked_at=now,
            reference=commit("identity-reference", salt, [deed, asked.party, now]).hex()[:32],
            signature="",
        )
        return draft.model_copy(update={"signature": self._key.sign(draft.signed_bytes()).hex()})

    def check(self, receipt: IdentityReceipt) -> None:
        """Raises `ReceiptForged`."""
        try:
            self.public_key.verify(bytes.fromhex(receipt.signature), receipt.signed_bytes())
        except (InvalidSignature, ValueError) as failure:
            raise ReceiptForged(reference=receipt.reference, provider=self.name) from failure


def _born(number: str) -> date:
    """The birth date in a number whose check digit is right (GB 11643, ISO 7064 MOD 11-2). Raises `IdentityRefused`."""
    weighed = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    try:
        if CHECK_DIGITS[weighed % 11] != number[-1]:
            raise ValueError
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentityRefused(reason="the identity number does not exist", reason_zh="身份号码不存在") from None
