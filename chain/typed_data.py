"""EIP-712: every act's type, derived from the contracts' ABI in this one place, for us, the portal and any wallet.

An act is a flat struct of values and arrays of them; what is signed is its members followed by
`address signer, uint256 nonce, uint256 deadline` (see `contracts/interfaces/IActs.sol`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from eth_abi.abi import encode
from eth_utils import is_checksum_address, keccak

from chain.artifacts import BUSINESS_CONTRACTS, artifact, selector
from chain.errors import ChaqiError
from chain.vocabulary import enumeration

AUTHORIZATION = (("signer", "address"), ("nonce", "uint256"), ("deadline", "uint256"))
DOMAIN_MEMBERS = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))
DOMAIN_TYPE = keccak(text=f"EIP712Domain({','.join(f'{kind} {name}' for name, kind in DOMAIN_MEMBERS)})")


class ActUnknown(ChaqiError):
    """A name that no contract has an act for."""

    status = 404
    en = "There is no act {act}. GET /v1/acts/types lists all."
    zh = "不存在行为 {act}。可通过 GET /v1/acts/types 查看全部。"


class FieldMalformed(ChaqiError):
    """A field of an act is missing, unknown, or not of its type."""

    status = 422
    en = "Field {field} must be {expected}; it is {given}."
    zh = "字段 {field} 应为 {expected_zh}，实际为 {given_zh}。"

    def __init__(
        self, *, field: str, expected: str, given: str, expected_zh: str | None = None, given_zh: str | None = None
    ) -> None:
        super().__init__(
            field=field,
            expected=expected,
            expected_zh=expected_zh or expected,
            given=given,
            given_zh=given_zh or given,
        )


@dataclass(frozen=True)
class Field:
    """One member of an act: its name, ABI type, and for enumerations the names of its members."""

    name: str
    type: str
    members: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        """`value` as the ABI encoder wants it. Raises `FieldMalformed`.

        Integers may be given as numbers or decimal strings, enumerations also by member name, bytes as 0x hex;
        an array (`uint64[]`) is a list of such values.
        """
        try:
            if not self.type.endswith("[]"):
                return _read(self.type, self.members, value)
            _require(isinstance(value, list | tuple), value)
            return tuple(_read(self.type[:-2], self.members, item) for item in value)
        except (ValueError, TypeError) as failure:
            expected = f"{self.type} ({', '.join(self.members)})" if self.members else self.type
            shown = value if value is None or isinstance(value, int | str) else type(value).__name__
            raise FieldMalformed(field=self.name, expected=expected, given=repr(shown)[:80]) from failure


@dataclass(frozen=True)
class ActType:
    """A kind of act: the contract's function that accepts it and the struct that is signed."""

    contract: str
    function: str
    name: str
    fields: tuple[Field, ...]
    selector: bytes
    en: str
    zh: str

    @property
    def key(self) -> str:
        """How the API names it, such as `Trees.survey`."""
        return f"{self.contract}.{self.function}"

    @cached_property
    def members(self) -> tuple[tuple[str, str], ...]:
        """Names and EIP-712 types of everything that is signed, in order."""
        return tuple((field.name, field.type) for field in self.fields) + AUTHORIZATION

    @property
    def types(self) -> dict[str, list[dict[str, str]]]:
        """EIP-712 `types` of the signed struct and of its domain."""
        structs = {"EIP712Domain": DOMAIN_MEMBERS, self.name: self.members}
        return {struct: [{"name": name, "type": kind} for name, kind in of] for struct, of in structs.items()}

    @cached_property
    def type_hash(self) -> bytes:
        """EIP-712 type hash of the signed struct."""
        return keccak(text=f"{self.name}({','.join(f'{kind} {name}' for name, kind in self.members)})")

    @cached_property
    def abi(self) -> tuple[str, str]:
        """ABI types of the function's two arguments."""
        return (f"({','.join(field.type for field in self.fields)})", "(address,uint256,uint256,bytes)")

    def read(self, message: dict[str, Any]) -> dict[str, Any]:
        """A message with exactly this act's fields, each of its type. Raises `FieldMalformed`."""
        for name in message:
            if all(name != field.name for field in self.fields):
                raise FieldMalformed(
                    field=name[:80],
                    expected=f"absent, {self.key} has no such field",
                    expected_zh=f"空（{self.key} 没有此字段）",
                    given="present",
                    given_zh="已提供",
                )
        missing = next((field for field in self.fields if field.name not in message), None)
        if missing:
            raise FieldMalformed(field=missing.name, expected=missing.type, given="missing", given_zh="缺失")
        return {field.name: field.read(message[field.name]) for field in self.fields}


@dataclass(frozen=True)
class Act:
    """A filled-in act, ready to be signed: `message` as `ActType.read` gives it."""

    type: ActType
    message: dict[str, Any]
    signer: str
    nonce: int
    deadline: int

    def digest(self, domain: Domain) -> bytes:
        """What is signed, and the act's identifier everywhere: the EIP-712 digest, 32 bytes."""
        words = [self.type.type_hash]
        for name, kind in self.type.members:
            value = self.message[name] if name in self.message else getattr(self, name)
            words.append(_word(kind, value))
        return keccak(b"\x19\x01" + domain.separator + keccak(b"".join(words)))

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        """The JSON that a wallet's `eth_signTypedData_v4` takes. Large integers are decimal strings."""
        values = self.message | {"signer": self.signer, "nonce": self.nonce, "deadline": self.deadline}
        return {
            "types": self.type.types,
            "primaryType": self.type.name,
            "domain": domain.json(),
            "message": {name: _shown(kind, values[name]) for name, kind in self.type.members},
        }

    def calldata(self, signature: bytes) -> bytes:
        """The call of the contract's function with this act and its signature."""
        values = tuple(self.message[field.name] for field in self.type.fields)
        authorization = (self.signer, self.nonce, self.deadline, signature)
        return self.type.selector + encode(self.type.abi, (values, authorization))


@dataclass(frozen=True)
class Domain:
    """The EIP-712 domain of one deployed contract."""

    contract: str
    chain_id: int
    address: str

    @cached_property
    def separator(self) -> bytes:
        """The domain separator, 32 bytes."""
        return keccak(
            DOMAIN_TYPE
            + keccak(text=f"Chaqi {self.contract}")
            + keccak(b"1")
            + _word("uint256", self.chain_id)
            + _word("address", self.address)
        )

    def json(self) -> dict[str, Any]:
        """The domain as wallets want it."""
        return {
            "name": f"Chaqi {self.contract}",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": self.address,
        }


@cache
def act_types() -> dict[str, ActType]:
    """Every act of every business contract, by key."""
    found: dict[str, ActType] = {}
    for name in BUSINESS_CONTRACTS:
        contract = artifact(name)
        for entry in contract.entries("function"):
            if [item["name"] for item in entry["inputs"]] != ["act", "auth"]:
                continue
            key = f"{entry['name']}({','.join(_tuple(item) for item in entry['inputs'])})"
            act = ActType(
                contract=name,
                function=entry["name"],
                name=entry["inputs"][0]["internalType"].removeprefix("struct "),
                fields=tuple(
                    Field(item["name"], item["type"], tuple(enumeration(item["internalType"]) or ()))
                    for item in entry["inputs"][0]["components"]
                ),
                selector=selector(entry),
                en=contract.userdoc["methods"].get(key, {}).get("notice", ""),
                zh=contract.devdoc["methods"].get(key, {}).get("custom:zh", ""),
            )
            found[act.key] = act
    return found


def act_type(key: str) -> ActType:
    """The act type `key`, such as `Trees.survey`. Raises `ActUnknown`."""
    try:
        return act_types()[key]
    except KeyError:
        raise ActUnknown(act=key) from None


def _tuple(item: dict[str, Any]) -> str:
    return f"({','.join(component['type'] for component in item['components'])})"


def _read(kind: str, members: tuple[str, ...], value: Any) -> Any:
    if members and isinstance(value, str) and value in members:
        return members.index(value)
    if kind == "bool":
        return _require(isinstance(value, bool), value)
    if kind == "string":
        return _require(isinstance(value, str) and value.isprintable(), value)
    if kind == "address":
        _require(isinstance(value, str) and re.fullmatch(r"0x[0-9a-fA-F]{40}", value), value)
        plain = value[2:] in (value[2:].lower(), value[2:].upper())
        return _require(plain or is_checksum_address(value), value).lower()  # EIP-55 catches a slip of the hand
    if kind == "bytes32":
        if isinstance(value, bytes):
            return _require(len(value) == 32, value)
        return bytes.fromhex(_require(re.fullmatch(r"0x[0-9a-fA-F]{64}", value), value)[2:])
    number = _number(value)
    _require(0 <= number < 1 << int(kind.removeprefix("uint")), value)
    return _require(not members or number < len(members), number)


def _number(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,77}", value):
        return int(value)
    _require(isinstance(value, int) and not isinstance(value, bool), value)
    return int(value)


def _require(condition: object, value: Any) -> Any:
    if not condition:
        raise ValueError
    return value


def _word(kind: str, value: Any) -> bytes:
    if kind.endswith("[]"):
        return keccak(b"".join(_word(kind[:-2], item) for item in value))
    if kind == "string":
        return keccak(text=value)
    if kind == "address":
        return bytes.fromhex(value[2:]).rjust(32, b"\0")
    if kind == "bytes32":
        return bytes(value)
    return int(value).to_bytes(32, "big")


def _shown(kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return [_shown(kind[:-2], item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if kind.startswith("uint") and int(kind.removeprefix("uint")) > 53:
        return str(value)
    return value
