"""What a contract said when it refused: revert data back into the named error, its values, and words.

The words are declared once, at the error in the contract's interface (`@notice` English, `@custom:zh` Chinese),
and reach us through the committed artifacts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from chain.artifacts import ARTIFACTS, artifact, selector, signature
from chain.errors import ChaqiError, Language
from chain.rpc import NodeError
from chain.typed_data import act_types
from chain.vocabulary import in_words

ERROR_STRING = bytes.fromhex("08c379a0")
PANIC = bytes.fromhex("4e487b71")


class ActRefused(ChaqiError):
    """A contract refused an act; `name` and `values` are those of its custom error."""

    status = 409

    def __init__(self, fact: Fact, values: dict[str, Any]) -> None:
        super().__init__(**values)
        self.fact = fact

    @property
    def code(self) -> str:
        """The name of the contract's custom error."""
        return self.fact.name

    def words(self, language: Language = "en") -> str:
        """The error in words, with its values; enumerations and acts by name."""
        template = self.fact.en if language == "en" else self.fact.zh
        return template.format(**{name: self._named(name, value, language) for name, value in self.values.items()})

    def _named(self, name: str, value: Any, language: Language) -> object:
        kind = self.fact.types.get(name)
        if kind != "bytes4":
            return in_words(kind, value, language)
        act = next((act for act in act_types().values() if "0x" + act.selector.hex() == value), None)
        if act is None:
            return value
        return act.key if language == "en" else f"“{act.zh.rstrip('。')}”（{act.key}）"


@dataclass(frozen=True)
class Fact:
    """A custom error as its interface declares it."""

    name: str
    abi: tuple[tuple[str, str], ...]  # (argument, ABI type)
    types: dict[str, str]  # argument → Solidity type
    en: str
    zh: str


MALFORMED = Fact(
    name="ActMalformed",
    abi=(),
    types={},
    en="The contract could not read the act: a field is outside its type or enumeration. "
    "Check it against /v1/acts/types.",
    zh="合约无法读取该行为：某字段超出其类型或枚举范围。请对照 /v1/acts/types 检查。",
)
SAID = Fact(
    name="ContractSaid",
    abi=(("message", "string"),),
    types={},
    en="The contract refused: {message}.",
    zh="合约拒绝：{message}。",
)


@cache
def facts() -> dict[bytes, Fact]:
    """Every custom error of every contract, by selector."""
    known: dict[bytes, Fact] = {}
    for file in sorted(ARTIFACTS.glob("*.json")):
        contract = artifact(file.stem)
        for entry in contract.entries("error"):
            key = signature(entry)
            said = contract.userdoc.get("errors", {}).get(key, [{}])[0]
            dev = contract.devdoc.get("errors", {}).get(key, [{}])[0]
            plain = f"{entry['name']}: " + ", ".join(f"{item['name']} {{{item['name']}}}" for item in entry["inputs"])
            en = said.get("notice", plain)
            known[selector(entry)] = Fact(
                name=entry["name"],
                abi=tuple((item["name"], item["type"]) for item in entry["inputs"]),
                types={item["name"]: item.get("internalType", "") for item in entry["inputs"]},
                en=en,
                zh=dev.get("custom:zh", en),
            )
    return known


def refusal(revert_data: bytes) -> ActRefused:
    """The refusal that revert data states; `ActMalformed` when it states nothing."""
    fact = facts().get(revert_data[:4])
    if fact is None and revert_data[:4] == ERROR_STRING:
        fact = SAID
    if fact is None:
        return ActRefused(MALFORMED, {})
    try:
        values = decode([kind for _, kind in fact.abi], revert_data[4:])
    except (DecodingError, UnicodeDecodeError):
        return ActRefused(MALFORMED, {})
    return ActRefused(fact, {name: _plain(value) for (name, _), value in zip(fact.abi, values, strict=True)})


def refusal_of(error: NodeError) -> ActRefused | None:
    """The contract's refusal inside a node's answer to a call; None when the node itself failed."""
    data = error.data
    if isinstance(data, dict):  # some engines wrap the bytes
        data = data.get("data")
    if isinstance(data, str) and re.fullmatch(r"0x([0-9a-fA-F]{2})*", data):
        return refusal(bytes.fromhex(data[2:]))
    if "revert" in error.message.lower():
        return ActRefused(MALFORMED, {})
    return None


def _plain(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value
