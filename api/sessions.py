"""Sign-in by an EIP-712 message: the wallet says who it is, and the server keeps no password.

    POST   /v1/session/challenge   {account} → typed data with a single-use nonce, for eth_signTypedData_v4
    POST   /v1/session             {message, signature} → bearer token, also set as an httpOnly cookie
    GET    /v1/session             who is signed in: account, party, roles
    DELETE /v1/session             signs out

Contract wallets sign in too (ERC-1271, asked at the head). The store keeps only a token's hash.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final

import sqlalchemy as sa
from coincurve import PublicKey
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Mapped, mapped_column

from api.context import Context, context_of
from api.domain import ok
from api.problems import documented
from api.reads import dumps
from chain.errors import ChaqiError
from chain.offchain import Base, reading, writing
from chain.rpc import NodeError, Rpc
from chain.vocabulary import ENUMERATIONS, role_names
from indexer.projections.parties import ACTIVE, party_of

COOKIE: Final = "chaqi_session"
CHALLENGE_SECONDS: Final = 600
SESSION_SECONDS: Final = 12 * 3600
STATEMENT: Final = "Sign in to Chaqi. 登录茶契。"
HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ERC1271: Final = bytes.fromhex("1626ba7e")

DOMAIN_FIELDS: Final = (("name", "string"), ("version", "string"), ("chainId", "uint256"))
SIGN_IN_FIELDS: Final = (
    ("account", "address"),
    ("statement", "string"),
    ("uri", "string"),
    ("nonce", "string"),
    ("issuedAt", "uint256"),
    ("expiresAt", "uint256"),
)


class SignInRequired(ChaqiError):
    """The data is not public and nobody is signed in."""

    status = 401
    en = "Sign in first: POST /v1/session/challenge, sign the message, POST /v1/session."
    zh = "请先登录：POST /v1/session/challenge 获取消息，签名后 POST /v1/session。"


class SignInStale(ChaqiError):
    """The message is not one that was given out, was used before, or is past its time."""

    status = 401
    en = "This sign-in message was not given out here, was used before or is too old. Ask for a new one."
    zh = "该登录消息并非此处发出、已被使用或已过期，请重新获取。"


class SignInInvalid(ChaqiError):
    """The signature is not the account's over this message."""

    status = 401
    en = "The signature is not that of {account} over this message for chain {chain}."
    zh = "该签名不是 {account} 对链 {chain} 的本消息所作。"


class NotYours(ChaqiError):
    """The caller's party has no right to this data."""

    status = 403
    en = "Party {party} has no right to read {what}."
    zh = "参与方 {party} 无权查看{what_zh}。"


class PartyNotActive(ChaqiError):
    """The caller's party is suspended or revoked."""

    status = 403
    en = "Party {party} is {status} and may do nothing here that needs a sign-in. Ask the operator."
    zh = "参与方 {party} 当前状态为 {status}，不能进行需要登录的操作，请联系运营方。"


class PartyRequired(ChaqiError):
    """Who is signed in is no party of the ledger."""

    status = 403
    en = "Account {account} belongs to no party. Let the operator enrol it first."
    zh = "账户 {account} 不属于任何参与方，请先由运营方登记。"


class NonceRow(Base):
    """A message that was given out and not used yet, by its nonce."""

    __tablename__ = "sign_in_nonces"

    nonce: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    message: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    expires_at: Mapped[int] = mapped_column(sa.BigInteger)


class SessionRow(Base):
    """A session by the SHA-256 of its token; instants in UTC seconds."""

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    account: Mapped[str] = mapped_column(sa.String(42))
    created_at: Mapped[int] = mapped_column(sa.BigInteger)
    expires_at: Mapped[int] = mapped_column(sa.BigInteger, index=True)


Nonces, Sessions = (Base.metadata.tables[row.__tablename__] for row in (NonceRow, SessionRow))


class ChallengeBody(BaseModel):
    """Who wants to sign in."""

    model_config = ConfigDict(strict=True, extra="forbid", json_schema_extra={"example": {"account": "0x" + "52" * 20}})

    account: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]


class SignInMessage(BaseModel):
    """What was signed, as the challenge gave it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    account: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
    statement: Annotated[str, Field(max_length=200)]
    uri: Annotated[str, Field(max_length=200)]
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    issuedAt: Annotated[int, Field(ge=0, lt=2**63)]
    expiresAt: Annotated[int, Field(ge=0, lt=2**63)]


class SignInBody(BaseModel):
    """The signed message."""

    model_config = ConfigDict(strict=True, extra="forbid")

    message: SignInMessage
    signature: Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2}){65,4096}$")]


@dataclass(frozen=True)
class Caller:
    """Who is signed in; `party` is None while no party acts with this account. Roles only of an active party."""

    account: str
    party: int | None
    status: str
    roles: int
    expires_at: int

    def acting(self) -> int:
        """The party. Raises `PartyRequired`, `PartyNotActive`."""
        if self.party is None:
            raise PartyRequired(account=self.account)
        if self.status != "ACTIVE":
            raise PartyNotActive(party=self.party, status=self.status)
        return self.party

    def json(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "account": self.account,
            "party": self.party,
            "status": self.status,
            "roles": role_names(self.roles),
            "expires_at": self.expires_at,
        }


def caller_of(request: Request) -> Caller:
    """Who is signed in, by bearer token or cookie. Raises `SignInRequired`, `MirrorUnavailable`."""
    context = context_of(request)
    token = _token(request)
    if token is None:
        raise SignInRequired()
    with reading(context.store) as connection:
        session = connection.execute(
            sa.select(Sessions).where(Sessions.c.token_hash == _hashed(token), Sessions.c.expires_at > time.time())
        ).first()
    if session is None:
        raise SignInRequired()
    with context.reads.view() as view:
        found = party_of(view.connection, session.account)
    if found is None:
        return Caller(session.account, None, "NONE", 0, session.expires_at)
    status = found["status"]
    return Caller(
        account=session.account,
        party=found["party"],
        status=list(ENUMERATIONS["Status"])[status],
        roles=found["roles"] if status == ACTIVE else 0,
        expires_at=session.expires_at,
    )


def typed_data(message: dict[str, Any], chain_id: int) -> dict[str, Any]:
    """The JSON for a wallet's `eth_signTypedData_v4`."""
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in DOMAIN_FIELDS],
            "SignIn": [{"name": name, "type": kind} for name, kind in SIGN_IN_FIELDS],
        },
        "primaryType": "SignIn",
        "domain": {"name": "Chaqi", "version": "1", "chainId": chain_id},
        "message": message,
    }


def digest(message: dict[str, Any], chain_id: int) -> bytes:
    """The EIP-712 digest of a sign-in message, 32 bytes."""
    domain = {"name": "Chaqi", "version": "1", "chainId": chain_id}
    separator = _struct("EIP712Domain", DOMAIN_FIELDS, domain)
    return keccak(b"\x19\x01" + separator + _struct("SignIn", SIGN_IN_FIELDS, message))


def signed_by(rpc: Rpc, account: str, signed: bytes, signature: bytes) -> bool:
    """Whether `account`, a key or a contract wallet, signed a digest. Raises `NodeUnreachable`, `NodeError`."""
    if len(signature) == 65 and int.from_bytes(signature[32:64]) <= HALF_ORDER and signature[64] in (27, 28):
        try:
            key = PublicKey.from_signature_and_message(
                signature[:64] + bytes([signature[64] - 27]), signed, hasher=None
            )
        except ValueError:
            key = None
        if key and "0x" + keccak(key.format(compressed=False)[1:])[-20:].hex() == account:
            return True
    if rpc.call("eth_getCode", account, "latest") in ("0x", None):
        return False
    question = ERC1271 + encode(["bytes32", "bytes"], [signed, signature])
    try:
        said = rpc.call("eth_call", {"to": account, "data": "0x" + question.hex()}, "latest")
    except NodeError:
        return False
    return bytes.fromhex(said[2:])[:4] == ERC1271


def _struct(name: str, fields: tuple[tuple[str, str], ...], values: dict[str, Any]) -> bytes:
    type_hash = keccak(text=f"{name}({','.join(f'{kind} {field}' for field, kind in fields)})")
    words = [keccak(text=values[field]) if kind == "string" else values[field] for field, kind in fields]
    kinds = ["bytes32" if kind == "string" else kind for _, kind in fields]
    return keccak(type_hash + encode(kinds, words))


def _token(request: Request) -> str | None:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE)
    return token if token and re.fullmatch(r"[A-Za-z0-9_-]{43}", token) else None


def _hashed(token: str) -> bytes:
    return sha256(token.encode()).digest()


ROUTER = APIRouter(prefix="/v1/session", tags=["session"])
_SESSION_EXAMPLE = {
    "account": "0x" + "52" * 20,
    "party": 7,
    "status": "ACTIVE",
    "roles": ["FARMER"],
    "expires_at": 1795406400,
}


@ROUTER.post(
    "/challenge",
    summary="A message to sign in with",
    responses=ok({"type": "object"}, "Typed data for eth_signTypedData_v4.") | documented(413, 422, 503),
)
def challenge(request: Request, body: ChallengeBody) -> Response:
    """The nonce in it can be used once, within ten minutes."""
    context = context_of(request)
    now, nonce = int(time.time()), secrets.token_hex(16)
    message = {
        "account": body.account.lower(),
        "statement": STATEMENT,
        "uri": context.settings.public_url or context.settings.api_url,  # never what the caller calls this host
        "nonce": nonce,
        "issuedAt": now,
        "expiresAt": now + SESSION_SECONDS,
    }
    with writing(context.store) as connection:
        connection.execute(sa.delete(Nonces).where(Nonces.c.expires_at < now))
        connection.execute(sa.insert(Nonces).values(nonce=nonce, message=message, expires_at=now + CHALLENGE_SECONDS))
    return Response(dumps(typed_data(message, context.settings.chain_id)), media_type="application/json")


@ROUTER.post(
    "",
    summary="Sign in",
    responses=ok(
        {"type": "object"}, "Signed in; send `token` as bearer, or keep the cookie.", {"token": "…", **_SESSION_EXAMPLE}
    )
    | documented(401, 413, 422, 503),
)
def sign_in(request: Request, body: SignInBody) -> Response:
    """`message` is the challenge's message, unchanged; `signature` the wallet's."""
    context = context_of(request)
    now, message = int(time.time()), body.message
    account = message.account.lower()
    presented = {**message.model_dump(), "account": account}
    given_out = sa.select(Nonces.c.message).where(Nonces.c.nonce == message.nonce, Nonces.c.expires_at >= now)
    with writing(context.store) as connection:
        issued = connection.scalar(given_out)
        used = connection.execute(sa.delete(Nonces).where(Nonces.c.nonce == message.nonce))
        connection.execute(sa.delete(Sessions).where(Sessions.c.expires_at < now))
    if issued != presented or used.rowcount != 1:  # on PostgreSQL two may read the nonce, and one deletes it
        raise SignInStale()
    signed = digest(presented, context.settings.chain_id)
    if not signed_by(context.rpc, account, signed, bytes.fromhex(body.signature[2:])):
        raise SignInInvalid(account=account, chain=context.settings.chain_id)
    token = secrets.token_urlsafe(32)
    _remember(context, token, account, now, message.expiresAt)
    response = Response(
        dumps({"token": token, "account": account, "expires_at": message.expiresAt}), media_type="application/json"
    )
    response.set_cookie(
        COOKIE,
        token,
        max_age=message.expiresAt - now,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@ROUTER.get(
    "",
    summary="Who is signed in",
    responses=ok({"type": "object"}, "Account, party and roles.", _SESSION_EXAMPLE) | documented(401, 503),
)
def read_session(request: Request) -> Response:
    """By bearer token or cookie."""
    return Response(dumps(caller_of(request).json()), media_type="application/json")


@ROUTER.delete("", summary="Sign out", status_code=204, responses=documented(503))
def sign_out(request: Request) -> Response:
    """Ends the session; without one nothing happens."""
    token = _token(request)
    if token is not None:
        with writing(context_of(request).store) as connection:
            connection.execute(sa.delete(Sessions).where(Sessions.c.token_hash == _hashed(token)))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response


def _remember(context: Context, token: str, account: str, now: int, expires_at: int) -> None:
    with writing(context.store) as connection:
        connection.execute(
            sa.insert(Sessions).values(
                token_hash=_hashed(token), account=account, created_at=now, expires_at=expires_at
            )
        )
