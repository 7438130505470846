"""The contracts on a real anvil, as a test speaks to them: sign an act, relay it, read what it did.

Time is the ledger's own: every block is mined at exactly `now`, which then moves on by one second, and a refused act
is tried at exactly `now`. So deadlines are tested to the second and every gas figure is reproducible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import decode, encode

from chain.acts import SignedAct
from chain.artifacts import Artifact, artifact, selector
from chain.deploy import Deployment, created_address
from chain.refusals import ActRefused, refusal, refusal_of
from chain.rpc import NodeError, Rpc
from chain.signers import Keystore, Signer
from chain.typed_data import Act, act_type
from chain.vocabulary import enumeration, role_bits
from tests.one_case import of_one_case

GAS = 60_000_000
HOUR = 3_600
DAY = 86_400
NO_HASH = "0x" + "00" * 32
NOBODY = "0x" + "00" * 20


@dataclass(frozen=True)
class Event:
    """A decoded log: bytes as 0x hex, members of enumerations by name."""

    contract: str
    name: str
    args: dict[str, Any]


def event(key: str, **args: Any) -> Event:
    """The event `Contract.Name` with these arguments, all of them."""
    contract, name = key.split(".")
    return Event(contract, name, args)


@dataclass(frozen=True)
class Receipt:
    """A mined transaction: whether it was accepted, its gas, and its decoded events."""

    accepted: bool
    gas: int
    events: list[Event]


@dataclass
class Ledger:
    """Deployed contracts, a cast of signers with their party ids, and the clock."""

    rpc: Rpc
    deployment: Deployment
    keystore: Keystore
    now: int
    people: dict[str, Signer] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    evidence: str = NO_HASH
    """Live evidence; fills the field `evidence` of acts that are not given one."""
    _nonce: int = 1_000  # the deployment used the first ones

    @property
    def relayer(self) -> Signer:
        """Carries the acts; a party to nothing."""
        return self.keystore.named("relayer-1")

    def wait(self, seconds: int) -> int:
        """Lets time pass; returns the instant of the next block, UTC seconds."""
        self.now += seconds
        return self.now

    # Acts

    def sign(
        self,
        key: str,
        who: str | Signer,
        /,
        *,
        auth: Any = None,
        chain_id: Any = None,
        contract: Any = None,
        **fields: Any,
    ) -> SignedAct:
        """Act `Contract.function` of `who` with these fields, enumerations by name.

        Signed with a fresh nonce and an hour's deadline unless the dictionary `auth` says otherwise (`signer`,
        `nonce`, `deadline`), and for the own chain and contract unless `chain_id` and `contract` name others.
        """
        kind = act_type(key)
        if "evidence" in (each.name for each in kind.fields):
            fields.setdefault("evidence", self.evidence)
        signer = self.people[who] if isinstance(who, str) else who
        self._nonce += 1
        authorization = {"signer": signer.address, "nonce": self._nonce, "deadline": self.now + HOUR, **(auth or {})}
        domain = self.deployment.domains[contract or kind.contract]
        if chain_id is not None:
            domain = type(domain)(domain.contract, chain_id, domain.address)
        return signer.sign(Act(kind, kind.read(of_one_case(kind, fields)), **authorization), domain)

    def act(self, key: str, who: str | Signer, /, **fields: Any) -> list[Event]:
        """Signs the act, relays it, and returns the domain events. Raises `ActRefused`."""
        signed = self.sign(key, who, **fields)
        return self.relay(signed).events[1:]

    def relay(self, signed: SignedAct, sender: Signer | None = None) -> Receipt:
        """Brings a signed act to its contract. Raises `ActRefused`. Its first event is always `Acted`."""
        sender = sender or self.relayer
        contract = signed.act.type.contract
        receipt = self.send(self.deployment.address(contract), signed.calldata, sender)
        acted = event(
            f"{contract}.Acted",
            act=signed.id,
            signer=signed.act.signer,
            nonce=signed.act.nonce,
            caller=sender.address,
        )
        assert receipt.events[0] == acted
        return receipt

    def refuses(
        self, error: str, key: str, who: str | Signer, /, *, signature: Any = None, **fields: Any
    ) -> dict[str, Any]:
        """Asserts that the act is refused with exactly this error, in words; returns the error's values.

        `signature` (bytes) replaces the true one.
        """
        signed = self.sign(key, who, **fields)
        if signature is not None:
            signed = SignedAct(signed.act, signed.domain, signature)
        return self.refuses_signed(error, signed)

    def refuses_signed(self, error: str, signed: SignedAct, sender: Signer | None = None) -> dict[str, Any]:
        """Like `refuses`, for an act that was signed already."""
        to = self.deployment.address(signed.act.type.contract)
        return self.refuses_call(error, to, signed.calldata, sender)

    def refuses_call(self, error: str, to: str, call: bytes, sender: Signer | None = None) -> dict[str, Any]:
        """Like `refuses`, for any call."""
        refused = self.attempt(to, call, sender)
        assert refused is not None, f"accepted, and should be refused with {error}"
        assert refused.code == error, f"refused with {refused.code} {refused.values}, and should be with {error}"
        assert refused.words("en") and refused.words("zh")
        return {name: _named(refused.fact.types.get(name), value) for name, value in refused.values.items()}

    def attempt(self, to: str, call: bytes, sender: Signer | None = None) -> ActRefused | None:
        """What the contract would answer to this call now: None when it would accept."""
        transaction = {
            "from": (sender or self.relayer).address,
            "to": to,
            "data": "0x" + call.hex(),
            "gas": hex(GAS),
        }
        try:
            self.rpc.call("eth_call", transaction, "latest", {}, {"time": hex(self.now)})
        except NodeError as failure:
            refused = refusal_of(failure)
            if refused is None:
                raise
            return refused
        return None

    # Calls

    def call(self, key: str, *arguments: Any, sender: Signer | None = None) -> list[Event]:
        """Sends a call that is no act, such as `AccessManager.schedule`. Raises `ActRefused`."""
        to, data, _ = self.encoded(key, *arguments)
        return self.send(to, data, sender or self.relayer).events

    def view(self, key: str, *arguments: Any) -> Any:
        """The answer of a view: structs as dictionaries, enumerations by name, bytes as 0x hex. Raises `ActRefused`."""
        to, data, entry = self.encoded(key, *arguments)
        try:
            answer = self.rpc.call(
                "eth_call", {"to": to, "data": "0x" + data.hex()}, "latest", {}, {"time": hex(self.now)}
            )
        except NodeError as failure:
            raise refusal_of(failure) or failure from None
        values = decode([_abi(item) for item in entry["outputs"]], bytes.fromhex(answer[2:]))
        read = [_read(item, value) for item, value in zip(entry["outputs"], values, strict=True)]
        return read[0] if len(read) == 1 else read

    def encoded(self, key: str, *arguments: Any) -> tuple[str, bytes, dict[str, Any]]:
        """Address, calldata and ABI entry of a function."""
        contract, function = key.split(".")
        entry = artifact(contract).functions[function]
        given = [bytes.fromhex(one[2:]) if _is_hash(one) else one for one in arguments]
        data = selector(entry) + encode([_abi(item) for item in entry["inputs"]], given)
        return self.deployment.address(contract), data, entry

    def send(self, to: str | None, call: bytes, sender: Signer) -> Receipt:
        """Mines one transaction at `now`. Raises `ActRefused` with what the contract said."""
        count = int(self.rpc.call("eth_getTransactionCount", sender.address, "latest"), 16)
        raw = sender.sign_transaction(to=to, call=call, nonce=count, gas=GAS, chain_id=self.deployment.chain_id)
        name = self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        self.rpc.call("evm_mine", {"timestamp": self.now})
        mined = self.rpc.call("eth_getTransactionReceipt", name)
        if mined["status"] != "0x1":
            refused = self.attempt(to, call, sender) if to else None
            raise refused or ActRefused(refusal(b"").fact, {})
        self.now += 1
        return Receipt(True, int(mined["gasUsed"], 16), [self.event(log) for log in mined["logs"]])

    def create(self, bytecode: bytes, sender: Signer) -> str:
        """Deploys a contract; returns its address."""
        count = int(self.rpc.call("eth_getTransactionCount", sender.address, "latest"), 16)
        self.send(None, bytecode, sender)
        return created_address(sender.address, count)

    # The cast

    def enrol(self, name: str, *roles: str, account: str | None = None) -> int:
        """Enrols `name` with its own derived key, or `account`; returns the party id."""
        self.people[name] = self.keystore.derived(f"contract test {name}")
        (enrolled,) = self.act(
            "Parties.enrol",
            "operator",
            account=account or self.people[name].address,
            roles=role_bits(*roles),
            identity="0x" + name.encode().hex().rjust(64, "0"),
        )
        self.ids[name] = enrolled.args["party"]
        return self.ids[name]

    def anchor(self, who: str, root: str, count: int = 1) -> str:
        """Anchors a root; returns the evidence id."""
        (anchored,) = self.act("Evidence.anchor", who, root=root, count=count, scheme=1)
        return str(anchored.args["evidence"])

    # Snapshots

    def snapshot(self) -> tuple[str, tuple[int, int, dict[str, Signer], dict[str, int]]]:
        """A mark to return to, once."""
        return self.rpc.call("evm_snapshot"), (self.now, self._nonce, dict(self.people), dict(self.ids))

    def revert(self, mark: tuple[str, tuple[int, int, dict[str, Signer], dict[str, int]]]) -> None:
        """Returns to a mark: chain, clock and cast."""
        assert self.rpc.call("evm_revert", mark[0])
        self.now, self._nonce, people, ids = mark[1]
        self.people, self.ids = dict(people), dict(ids)

    def event(self, log: Mapping[str, Any]) -> Event:
        """A raw log of one of our contracts, decoded."""
        for name, deployed in self.deployment.contracts.items():
            if deployed.address == log["address"]:
                return decoded(artifact(name), log)
        raise AssertionError(f"a log of an unknown contract {log['address']}")


def decoded(contract: Artifact, log: Mapping[str, Any]) -> Event:
    """A raw log as an event."""
    entry = contract.events[log["topics"][0]]
    indexed = [item for item in entry["inputs"] if item["indexed"]]
    plain = [item for item in entry["inputs"] if not item["indexed"]]
    words = b"".join(bytes.fromhex(topic[2:]) for topic in log["topics"][1:])
    values = dict(
        zip(
            [item["name"] for item in indexed + plain],
            [
                *decode([item["type"] for item in indexed], words),
                *decode([item["type"] for item in plain], bytes.fromhex(log["data"][2:])),
            ],
            strict=True,
        )
    )
    return Event(
        contract.name, entry["name"], {item["name"]: _read(item, values[item["name"]]) for item in entry["inputs"]}
    )


def _abi(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_abi(part) for part in item['components'])}){kind.removeprefix('tuple')}"


def _read(item: Mapping[str, Any], value: Any) -> Any:
    if item["type"] == "tuple":
        return {part["name"]: _read(part, one) for part, one in zip(item["components"], value, strict=True)}
    return _named(item.get("internalType"), "0x" + value.hex() if isinstance(value, bytes) else value)


def _named(internal_type: str | None, value: Any) -> Any:
    members = enumeration(internal_type)
    return value if members is None else members[value]


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("0x") and len(value) == 66
