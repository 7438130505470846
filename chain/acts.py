"""A signed act as it travels: from a wallet or a program, through the API and the outbox, to a contract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chain.errors import ChaqiError
from chain.typed_data import Act, Domain, FieldMalformed, act_type


class WrongChain(ChaqiError):
    """The act was signed for another chain."""

    status = 422
    en = "The act was signed for chain {signed}; this is chain {own}. Switch the wallet's network and sign again."
    zh = "该行为是为链 {signed} 签署的，本链为 {own}。请切换钱包网络后重新签名。"


class WrongContract(ChaqiError):
    """The act was signed for a contract that is not the current one."""

    status = 422
    en = "The act was signed for contract {signed}; the current {contract} is {own}. Sign it again for that address."
    zh = "该行为是为合约 {signed} 签署的，当前 {contract} 合约为 {own}。请针对该地址重新签名。"


@dataclass(frozen=True)
class SignedAct:
    """An act, the contract it is meant for, and the signature over both."""

    act: Act
    domain: Domain
    signature: bytes

    @cached_property
    def id(self) -> str:
        """The act's identifier: its EIP-712 digest as 0x hex."""
        return "0x" + self.act.digest(self.domain).hex()

    @cached_property
    def calldata(self) -> bytes:
        """The call that brings the act to its contract."""
        return self.act.calldata(self.signature)

    def json(self) -> dict[str, Any]:
        """The wire form, which `read` takes back; large integers are decimal strings."""
        typed = self.act.typed_data(self.domain)
        message = dict(typed["message"])
        authorization = {name: message.pop(name) for name in ("signer", "nonce", "deadline")}
        return {
            "act": self.act.type.key,
            "domain": typed["domain"],
            "message": message,
            **authorization,
            "signature": "0x" + self.signature.hex(),
        }

    @classmethod
    def read(cls, wire: Mapping[str, Any], domains: Mapping[str, Domain]) -> SignedAct:
        """A signed act from its wire form, for one of our contracts.

        Raises `ActUnknown`, `FieldMalformed`, `WrongChain`, `WrongContract`. Whether the signature is good the
        contract decides.
        """
        kind = act_type(_text(wire, "act"))
        own = domains[kind.contract]
        signed = wire.get("domain")
        if not isinstance(signed, Mapping):
            raise FieldMalformed(
                field="domain",
                expected="the signed EIP-712 domain",
                expected_zh="已签署的 EIP-712 域",
                given="missing",
                given_zh="缺失",
            )
        chain_id, contract = signed.get("chainId"), signed.get("verifyingContract")
        if str(chain_id) != str(own.chain_id):
            raise WrongChain(signed=chain_id, own=own.chain_id)
        if not isinstance(contract, str) or contract.lower() != own.address.lower():
            raise WrongContract(signed=contract, contract=kind.contract, own=own.address)
        message = wire.get("message")
        if not isinstance(message, Mapping):
            raise FieldMalformed(
                field="message",
                expected="an object with the act's fields",
                expected_zh="包含该行为各字段的对象",
                given="missing",
                given_zh="缺失",
            )
        return cls(
            act=Act(
                type=kind,
                message=kind.read(dict(message)),
                signer=_address(wire, "signer"),
                nonce=_uint256(wire, "nonce"),
                deadline=_uint256(wire, "deadline"),
            ),
            domain=own,
            signature=_bytes(wire, "signature"),
        )


def _text(wire: Mapping[str, Any], name: str) -> str:
    value = wire.get(name)
    if not isinstance(value, str):
        raise _malformed(name, value, "text", "文本")
    return value


def _address(wire: Mapping[str, Any], name: str) -> str:
    value = _text(wire, name)
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        raise _malformed(name, value, "an address, 0x and 40 hex digits", "地址（0x 加 40 位十六进制）")
    return value.lower()


def _uint256(wire: Mapping[str, Any], name: str) -> int:
    value = wire.get(name)
    if isinstance(value, bool) or not re.fullmatch(r"0|[1-9][0-9]{0,77}", str(value)) or int(str(value)) >> 256:
        raise _malformed(name, value, "an unsigned integer below 2^256", "小于 2^256 的非负整数")
    return int(str(value))


def _bytes(wire: Mapping[str, Any], name: str) -> bytes:
    value = _text(wire, name)
    if not re.fullmatch(r"0x([0-9a-fA-F]{2}){0,4096}", value):
        raise _malformed(name, value, "bytes as 0x hex, at most 4096", "0x 十六进制字节串（至多 4096 字节）")
    return bytes.fromhex(value[2:])


def _malformed(field: str, value: Any, expected: str, expected_zh: str) -> FieldMalformed:
    if value is None:
        return FieldMalformed(field=field, expected=expected, expected_zh=expected_zh, given="missing", given_zh="缺失")
    return FieldMalformed(field=field, expected=expected, expected_zh=expected_zh, given=repr(value)[:80])
