"""Compiled contracts as committed in `chain/artifacts/`: what running Chaqi needs of Solidity, without a compiler."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from eth_utils import keccak
from eth_utils.abi import collapse_if_tuple

ARTIFACTS = Path(__file__).parent / "artifacts"

BUSINESS_CONTRACTS = (
    "Parties",
    "Evidence",
    "Trees",
    "Calendar",
    "Valuations",
    "Indications",
    "Batches",
    "Subsidies",
    "Liens",
    "Agreements",
    "Remedies",
    "LoanApplications",
    "Loans",
    "Margins",
    "Notaries",
    "Deeds",
    "Certificates",
    "Filings",
)
"""Contracts whose functions are acts, in the order of their creation. A new domain adds its contract here."""

CREATED = ("AccessManager", "Directory", *BUSINESS_CONTRACTS, "Bundle")
"""All contracts in the order of their creation: the position is the deployer's nonce."""


@dataclass(frozen=True)
class Artifact:
    """One compiled contract: ABI, creation bytecode, NatSpec, and the hash of the compiler input it came from."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: str
    userdoc: dict[str, Any]
    devdoc: dict[str, Any]
    input_hash: str

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """ABI entries of one type: function, event or error."""
        return [entry for entry in self.abi if entry["type"] == kind]

    @cached_property
    def functions(self) -> dict[str, dict[str, Any]]:
        """Functions by name; of overloaded ones the first."""
        return {entry["name"]: entry for entry in reversed(self.entries("function"))}

    @cached_property
    def events(self) -> dict[str, dict[str, Any]]:
        """Events by topic 0, as 0x-prefixed hex."""
        return {topic(entry): entry for entry in self.entries("event")}


def signature(entry: dict[str, Any]) -> str:
    """The canonical signature of an ABI entry, such as `Named(bytes32,address,address,uint32)`."""
    return f"{entry['name']}({','.join(collapse_if_tuple(item) for item in entry['inputs'])})"


def topic(event: dict[str, Any]) -> str:
    """Topic 0 of an event: the Keccak-256 of its signature, as 0x-prefixed hex."""
    return "0x" + keccak(text=signature(event)).hex()


def selector(entry: dict[str, Any]) -> bytes:
    """The four bytes that name a function or an error in calldata or revert data."""
    return keccak(text=signature(entry))[:4]


@cache
def artifact(name: str) -> Artifact:
    """The committed artifact of contract `name`. Raises `KeyError` when there is none."""
    file = ARTIFACTS / f"{name}.json"
    if not file.is_file():
        raise KeyError(name)
    content = json.loads(file.read_text())
    return Artifact(
        name=content["contractName"],
        abi=content["abi"],
        bytecode=content["bytecode"],
        userdoc=content["userdoc"],
        devdoc=content["devdoc"],
        input_hash=content["inputHash"],
    )
