"""Deployment as a fixed list of signed transactions: sending the rest of the list is all there is to resuming it.

The deployer's nonces fix every address, so contracts may name each other before they exist, and a chain that lost
blocks gets the same contracts at the same addresses again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rlp
from eth_abi.abi import encode
from eth_utils import keccak

from chain.artifacts import BUSINESS_CONTRACTS, CREATED, Artifact, artifact, selector
from chain.errors import ChaqiError
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore, Signer
from chain.typed_data import Act, Domain, act_type
from chain.vocabulary import role_bits

DEPLOYMENT_GAS = 12_000_000
SETUP_GAS = 500_000
RESEND_SECONDS = 1.0

ADMIN_ROLE = 0
ENROLLER_ROLE, STOPPER_ROLE, DIRECTOR_ROLE = 1, 2, 3
ADMIN_DELAY_SECONDS = 86_400
DIRECTOR_DELAY_SECONDS = 172_800
OPERATOR_PARTY, ATTESTER_PARTY = 1, 2
FAR_DEADLINE = 2**40  # the list must be the same bytes whenever it is sent

ENROLMENT = ("enrol", "assignRoles", "reinstate", "revoke", "resumeDomain")
STOPS = ("suspend", "stopDomain")


class NotDeployed(ChaqiError):
    """No record of a deployment."""

    status = 503
    en = "There is no deployment record at {file}. Run `make up`."
    zh = "未找到部署记录 {file}。请运行 `make up`。"


class WrongNode(ChaqiError):
    """The node serves another chain than the settings or the record name."""

    status = 503
    en = "The node at {url} serves {found}, and {expected} was expected. Check CHAQI_RPC_URL and CHAQI_CHAIN_ID."
    zh = "节点 {url} 提供的是 {found}，应为 {expected}。请检查 CHAQI_RPC_URL 与 CHAQI_CHAIN_ID。"


class DeploymentDiffers(ChaqiError):
    """The chain holds other code than the committed artifacts."""

    en = (
        "The chain holds another version of {contract} than this version of Chaqi. To begin a new ledger, move the "
        "folder var/ away and run `make up`; to go on with the old one, return to the version that made it."
    )
    zh = (
        "链上的 {contract} 合约与本版本茶契不一致。如需新建账本，请移走 var/ 目录后运行 `make up`；"
        "如需沿用旧账本，请切回当时的版本。"
    )


class DeploymentFailed(ChaqiError):
    """A transaction of the deployment was not accepted."""

    en = "Transaction {position} of the deployment failed: {reason}."
    zh = "部署的第 {position} 笔交易失败：{reason}。"


@dataclass(frozen=True)
class Deployed:
    """Where one contract is, since which block, from which compiler input."""

    address: str
    block: int
    input_hash: str


@dataclass(frozen=True)
class Deployment:
    """The current set of contracts on one chain."""

    chain_id: int
    genesis_hash: str
    contracts: dict[str, Deployed]

    @property
    def first_block(self) -> int:
        """The block before which no contract of ours existed."""
        return min(deployed.block for deployed in self.contracts.values())

    @property
    def domains(self) -> dict[str, Domain]:
        """The EIP-712 domain of each business contract."""
        return {name: Domain(name, self.chain_id, self.contracts[name].address) for name in BUSINESS_CONTRACTS}

    def address(self, name: str) -> str:
        """The address of contract `name`, in lower case."""
        return self.contracts[name].address

    @classmethod
    def load(cls, settings: Settings) -> Deployment:
        """The recorded deployment. Raises `NotDeployed`."""
        try:
            content = json.loads(settings.deployment_file.read_text())
        except FileNotFoundError:
            raise NotDeployed(file=settings.deployment_file) from None
        return cls(
            content["chain_id"],
            content["genesis_hash"],
            {name: Deployed(**deployed) for name, deployed in content["contracts"].items()},
        )

    def save(self, file: Path) -> None:
        """Writes the record, whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "chain_id": self.chain_id,
            "genesis_hash": self.genesis_hash,
            "contracts": {name: vars(deployed) for name, deployed in self.contracts.items()},
        }
        fresh = file.with_suffix(".fresh")
        with fresh.open("w") as out:
            json.dump(content, out, indent=2)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)


def created_address(creator: str, nonce: int) -> str:
    """The address of the contract that `creator` creates with its transaction `nonce` (CREATE)."""
    return "0x" + keccak(rlp.encode([bytes.fromhex(creator[2:]), nonce]))[-20:].hex()


def transactions(keystore: Keystore, settings: Settings) -> list[bytes]:
    """The whole deployment, signed: contracts, rights with their delays, names, the operator as party 1 and a notary
    office that attests the platform's own evidence as party 2."""
    deployer = keystore.named("deployer")
    calls = _calls(deployer, keystore.named("operator"), keystore.named("attester"), settings)
    return [
        deployer.sign_transaction(
            to=to, call=call, nonce=nonce, gas=SETUP_GAS if to else DEPLOYMENT_GAS, chain_id=settings.chain_id
        )
        for nonce, (to, call) in enumerate(calls)
    ]


def deploy(settings: Settings, keystore: Keystore) -> Deployment:
    """Brings the contracts onto the chain, or finds them there; returns and records where they are.

    Raises `WrongNode`, `DeploymentDiffers`, `DeploymentFailed`, `NodeUnreachable`.
    """
    rpc = Rpc(settings.rpc_url)
    genesis_hash = check_node(rpc, settings)
    _check_recorded(settings, genesis_hash)
    raw = transactions(keystore, settings)
    deployer = keystore.named("deployer").address
    done = int(rpc.call("eth_getTransactionCount", deployer, "latest"), 16)
    _check_resumable(rpc, raw[:done])
    _send(rpc, raw[done:])
    receipts = _receipts(rpc, raw)
    deployment = Deployment(
        chain_id=settings.chain_id,
        genesis_hash=genesis_hash,
        contracts={
            name: Deployed(
                created_address(deployer, nonce),
                int(receipts[nonce]["blockNumber"], 16),
                artifact(name).input_hash,
            )
            for nonce, name in enumerate(CREATED)
        },
    )
    deployment.save(settings.deployment_file)
    return deployment


def check_node(rpc: Rpc, settings: Settings) -> str:
    """The genesis hash of the node's chain. Raises `WrongNode` if its chain id is not the expected one."""
    chain_id, genesis = rpc.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
    if int(chain_id, 16) != settings.chain_id:
        raise WrongNode(url=rpc.url, found=f"chain {int(chain_id, 16)}", expected=f"chain {settings.chain_id}")
    return str(genesis["hash"])


def _check_recorded(settings: Settings, genesis_hash: str) -> None:
    try:
        recorded = Deployment.load(settings)
    except NotDeployed:
        return
    if recorded.genesis_hash != genesis_hash:
        raise WrongNode(
            url=settings.rpc_url, found=f"genesis {genesis_hash}", expected=f"genesis {recorded.genesis_hash}"
        )
    for name, deployed in recorded.contracts.items():
        if deployed.input_hash != artifact(name).input_hash:
            raise DeploymentDiffers(contract=name)


def _check_resumable(rpc: Rpc, sent: list[bytes]) -> None:
    known = rpc.batch(("eth_getTransactionReceipt", ["0x" + keccak(one).hex()]) for one in sent)
    if None in known:  # other transactions took these nonces: another version's deployment
        raise DeploymentDiffers(contract=CREATED[min(known.index(None), len(CREATED) - 1)])


def _calls(
    deployer: Signer, operator: Signer, attester: Signer, settings: Settings
) -> Iterator[tuple[str | None, bytes]]:
    address = {name: created_address(deployer.address, nonce) for nonce, name in enumerate(CREATED)}
    stated = {
        "initialAdmin": deployer.address,
        "seasonCapPpm": settings.season_cap_ppm,
        "leafPerTeaPpm": settings.leaf_per_tea_ppm,
    }
    for name in CREATED:
        yield None, _creation(artifact(name), address, stated)

    manager = address["AccessManager"]
    for target, functions, role in (
        ("Parties", ENROLMENT, ENROLLER_ROLE),
        ("Parties", STOPS, STOPPER_ROLE),
        ("Directory", ("name",), DIRECTOR_ROLE),
    ):
        selectors = [selector(artifact(target).functions[function]) for function in functions]
        yield (manager, _call("AccessManager", "setTargetFunctionRole", address[target], selectors, role))
    yield (manager, _call("AccessManager", "grantRole", DIRECTOR_ROLE, deployer.address, 0))
    for name in BUSINESS_CONTRACTS:
        key = name.encode().ljust(32, b"\0")
        yield address["Directory"], _call("Directory", "name", key, address[name])
    yield (manager, _call("AccessManager", "renounceRole", DIRECTOR_ROLE, deployer.address))

    yield (manager, _call("AccessManager", "grantRole", ENROLLER_ROLE, operator.address, 0))
    yield (manager, _call("AccessManager", "grantRole", STOPPER_ROLE, operator.address, 0))
    yield (
        manager,
        _call("AccessManager", "grantRole", DIRECTOR_ROLE, operator.address, DIRECTOR_DELAY_SECONDS),
    )
    yield (manager, _call("AccessManager", "grantRole", ADMIN_ROLE, operator.address, ADMIN_DELAY_SECONDS))
    yield manager, _call("AccessManager", "renounceRole", ADMIN_ROLE, deployer.address)

    parties = Domain("Parties", settings.chain_id, address["Parties"])
    for number, (account, duty) in enumerate(((operator, "OPERATOR"), (attester, "NOTARY_OFFICE"))):
        kind = act_type("Parties.enrol")
        enrolment = {"account": account.address, "roles": role_bits(duty), "identity": bytes(32)}
        act = Act(kind, kind.read(enrolment), operator.address, number, FAR_DEADLINE)
        yield address["Parties"], operator.sign(act, parties).calldata


def _creation(contract: Artifact, address: dict[str, str], stated: dict[str, Any]) -> bytes:
    """The contract's code with its constructor's arguments, which the ABI names: `contract ITrees` is Trees, and what
    is no contract is `stated` by its name.
    """
    items = [item for entry in contract.entries("constructor") for item in entry["inputs"]]
    arguments = [
        address[item["internalType"].removeprefix("contract I")]
        if item["internalType"].startswith("contract ")
        else stated[item["name"]]
        for item in items
    ]
    return bytes.fromhex(contract.bytecode[2:]) + encode([item["type"] for item in items], arguments)


def _call(contract: str, function: str, *arguments: Any) -> bytes:
    entry = artifact(contract).functions[function]
    return selector(entry) + encode([item["type"] for item in entry["inputs"]], arguments)


def _send(rpc: Rpc, raw: Sequence[bytes]) -> None:
    """Sends transactions of following nonces, the last one first.

    anvil, mining each at once, can take one in while the one before it gets into a block, and then lets it wait for
    that one for ever. Sent backwards, all but the first wait, and none is mined before all are there.
    Whether the node took them shows in the receipts: after a restart it may know some already.
    """
    rpc.try_batch(("eth_sendRawTransaction", ["0x" + one.hex()]) for one in reversed(raw))


def _receipts(rpc: Rpc, raw: list[bytes], timeout: float = 60.0) -> list[dict[str, Any]]:
    """The receipts of all transactions, once every one is in a block. Raises `DeploymentFailed`.

    What stays away is sent again: a node may lose one of many, and the others then wait for it.
    """
    waited_until = time.monotonic() + timeout
    send_again = time.monotonic() + RESEND_SECONDS
    while True:
        receipts = rpc.batch(("eth_getTransactionReceipt", ["0x" + keccak(one).hex()]) for one in raw)
        for position, receipt in enumerate(receipts):
            if receipt is not None and receipt["status"] != "0x1":
                raise DeploymentFailed(position=position, reason="reverted")
        if None not in receipts:
            return receipts
        if time.monotonic() > waited_until:
            reason = f"not in a block within {timeout:.0f} seconds"
            raise DeploymentFailed(position=receipts.index(None), reason=reason)
        if time.monotonic() > send_again:
            _send(rpc, [one for one, receipt in zip(raw, receipts, strict=True) if receipt is None])
            send_again = time.monotonic() + RESEND_SECONDS
        time.sleep(0.05)
