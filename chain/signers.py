"""Keys that sign acts and transactions, and the development keystore that refuses every chain but its own.

secp256k1 comes from libsecp256k1 (coincurve): fifty times the speed of pure Python, same bytes.
"""

from __future__ import annotations

import json
from pathlib import Path

from coincurve import PrivateKey
from eth_utils import keccak

from chain.acts import SignedAct
from chain.errors import ChaqiError
from chain.typed_data import Act, Domain


class DevelopmentKeysOnly(ChaqiError):
    """The development keystore was to be used on a chain that is not the development chain."""

    en = "The keys in {file} are development keys, known to everybody. They sign only on chain {own}, not on {other}."
    zh = "{file} 中的密钥是人所共知的开发密钥，只能用于链 {own}，不能用于链 {other}。"


class KeyUnknown(ChaqiError):
    """The keystore has no key of that name."""

    en = "The keystore {file} has no key named {name}."
    zh = "密钥库 {file} 中没有名为 {name} 的密钥。"


class Signer:
    """One secp256k1 key, held in memory."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.address = "0x" + keccak(self._key.public_key.format(compressed=False)[1:])[-20:].hex()

    def sign_digest(self, digest: bytes) -> bytes:
        """The 65-byte signature r ‖ s ‖ v (v 27 or 28, s low) over a 32-byte digest."""
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])

    def sign(self, act: Act, domain: Domain) -> SignedAct:
        """Signs an act for the contract that `domain` names."""
        return SignedAct(act, domain, self.sign_digest(act.digest(domain)))

    def sign_transaction(self, *, to: str | None, call: bytes, nonce: int, gas: int, chain_id: int) -> bytes:
        """A raw legacy transaction (EIP-155) with gas price zero; `to` None creates a contract from `call`."""
        head = _rlp_integers(nonce, 0, gas) + _rlp_octets(bytes.fromhex(to[2:]) if to else b"")
        unsigned = head + _rlp_octets(b"") + _rlp_octets(call)
        digest = keccak(_rlp_list(unsigned + _rlp_integers(chain_id, 0, 0)))
        signature = self._key.sign_recoverable(digest, hasher=None)
        v = signature[64] + 35 + 2 * chain_id
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return _rlp_list(unsigned + _rlp_integers(v, r, s))


class Keystore:
    """The labelled development keys: named ones for services, and one per synthetic party, by a public derivation."""

    def __init__(self, file: Path, chain_id: int) -> None:
        """Raises `DevelopmentKeysOnly` unless `chain_id` is the chain the file was made for."""
        content = json.loads(file.read_text())
        if content["chain_id"] != chain_id:
            raise DevelopmentKeysOnly(file=file.name, own=content["chain_id"], other=chain_id)
        self._file = file
        self._names: list[str] = list(content["keys"])

    def named(self, name: str) -> Signer:
        """The key of a service, such as `operator`. Raises `KeyUnknown`."""
        if name not in self._names:
            raise KeyUnknown(file=self._file.name, name=name)
        return self.derived(name)

    def relayers(self) -> list[Signer]:
        """The keys that carry acts to the chain."""
        return [self.derived(name) for name in self._names if name.startswith("relayer-")]

    @staticmethod
    def derived(name: str) -> Signer:
        """The key of any name, such as `party 7`: Keccak-256 of `chaqi development key <name>`."""
        return Signer(keccak(text=f"chaqi development key {name}"))


# RLP by hand: the library infers the type of every item, which takes longer than the signature.


def _rlp_octets(octets: bytes) -> bytes:
    return octets if len(octets) == 1 and octets[0] < 0x80 else _rlp_length(0x80, len(octets)) + octets


def _rlp_integers(*numbers: int) -> bytes:
    return b"".join(_rlp_octets(one.to_bytes((one.bit_length() + 7) // 8, "big")) for one in numbers)


def _rlp_list(items: bytes) -> bytes:
    return _rlp_length(0xC0, len(items)) + items


def _rlp_length(offset: int, length: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(size)]) + size
