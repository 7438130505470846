"""Deployment: one fixed list of transactions; who has which right afterwards, and when."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils import keccak

import chain.deploy
from chain.artifacts import BUSINESS_CONTRACTS, CREATED, artifact, selector
from chain.deploy import (
    ADMIN_DELAY_SECONDS,
    ADMIN_ROLE,
    DIRECTOR_DELAY_SECONDS,
    DIRECTOR_ROLE,
    ENROLLER_ROLE,
    OPERATOR_PARTY,
    STOPPER_ROLE,
    Deployment,
    DeploymentDiffers,
    DeploymentFailed,
    NotDeployed,
    WrongNode,
    created_address,
    deploy,
    transactions,
)
from chain.rpc import NodeError, NodeUnreachable, Rpc
from chain.settings import Settings
from chain.signers import Keystore, Signer
from tests.chain.ledger import Anvil

CHAIN_ID = 521000
KEYS = Keystore(Settings().keystore_file, CHAIN_ID)
DEPLOYER, OPERATOR = KEYS.named("deployer"), KEYS.named("operator")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Anvil]:
    anvil = Anvil(tmp_path).start()
    yield anvil
    anvil.kill()


@pytest.fixture
def settings(node: Anvil, tmp_path: Path) -> Settings:
    return Settings(rpc_url=node.url, var_dir=tmp_path / "var")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Anvil, Deployment]]:
    """A finished deployment that tests only read."""
    folder = tmp_path_factory.mktemp("deployed")
    anvil = Anvil(folder).start()
    try:
        yield anvil, deploy(Settings(rpc_url=anvil.url, var_dir=folder), KEYS)
    finally:
        anvil.kill()


def block_number(node: Anvil) -> int:
    return int(node.rpc.call("eth_blockNumber"), 16)


def calldata(contract: str, function: str, *arguments: Any) -> str:
    entry = artifact(contract).functions[function]
    return "0x" + (selector(entry) + encode([one["type"] for one in entry["inputs"]], arguments)).hex()


def call(node: Anvil, at: Deployment, contract: str, function: str, *arguments: Any, sender: Signer = OPERATOR) -> Any:
    request = {
        "from": sender.address,
        "to": at.address(contract),
        "data": calldata(contract, function, *arguments),
        "gasPrice": "0x0",
    }
    outputs = [one["type"] for one in artifact(contract).functions[function]["outputs"]]
    return decode(outputs, bytes.fromhex(node.rpc.call("eth_call", request, "latest")[2:]))


def send(node: Anvil, at: Deployment, sender: Signer, contract: str, function: str, *arguments: Any) -> bool:
    nonce = int(node.rpc.call("eth_getTransactionCount", sender.address, "latest"), 16)
    raw = sender.sign_transaction(
        to=at.address(contract),
        call=bytes.fromhex(calldata(contract, function, *arguments)[2:]),
        nonce=nonce,
        gas=1_000_000,
        chain_id=CHAIN_ID,
    )
    sent = node.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
    while (receipt := node.rpc.call("eth_getTransactionReceipt", sent)) is None:
        time.sleep(0.005)
    return bool(receipt["status"] == "0x1")


def transaction_count(node: Anvil) -> int:
    return int(node.rpc.call("eth_getTransactionCount", DEPLOYER.address, "pending"), 16)


# One list, however often it is sent


def test_the_list_is_the_same_bytes_whenever_it_is_made() -> None:
    assert transactions(KEYS, Settings(chain_id=CHAIN_ID)) == transactions(KEYS, Settings(chain_id=CHAIN_ID))


def test_the_ratios_of_the_settings_reach_the_contract_that_counts_with_them() -> None:
    usual = transactions(KEYS, Settings(chain_id=CHAIN_ID))
    for other in (
        Settings(chain_id=CHAIN_ID, season_cap_ppm=7_000_000),
        Settings(chain_id=CHAIN_ID, leaf_per_tea_ppm=4_000_000),
    ):
        pairs = zip(CREATED, usual, transactions(KEYS, other), strict=False)
        assert [name for name, one, two in pairs if one != two] == ["Batches"]


def test_addresses_are_known_before_anything_exists_and_hold_the_code(deployed: tuple[Anvil, Deployment]) -> None:
    node, deployment = deployed
    assert set(deployment.contracts) == set(CREATED)
    for nonce, name in enumerate(CREATED):
        assert deployment.address(name) == created_address(DEPLOYER.address, nonce)
        assert len(node.rpc.call("eth_getCode", deployment.address(name), "latest")) > 500
        assert deployment.contracts[name].input_hash == artifact(name).input_hash
    assert deployment.first_block == 1


def test_the_address_of_a_created_contract_is_that_of_known_examples() -> None:
    creator = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"  # the examples that every client's tests use
    assert created_address(creator, 0) == "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert created_address(creator, 1) == "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8"


def test_deploying_again_changes_nothing(node: Anvil, settings: Settings) -> None:
    first = deploy(settings, KEYS)
    record, sent = settings.deployment_file.read_bytes(), transaction_count(node)
    assert deploy(settings, KEYS) == first == Deployment.load(settings)
    settings.deployment_file.unlink()  # as if the process had died before it wrote the record
    assert deploy(settings, KEYS) == first
    assert (settings.deployment_file.read_bytes(), transaction_count(node)) == (record, sent)


def test_a_deployment_cut_off_after_any_transaction_is_taken_up_there(node: Anvil, settings: Settings) -> None:
    whole = transactions(KEYS, Settings(chain_id=CHAIN_ID))
    clean = node.rpc.call("evm_snapshot")
    # after any transaction of the setup, and after every fourth of the like ones that create the contracts
    for done in [*range(0, len(CREATED), 4), *range(len(CREATED), len(whole) + 1)]:
        for raw in whole[:done]:
            node.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        deployment = deploy(settings, KEYS)
        assert int(node.rpc.call("eth_getTransactionCount", DEPLOYER.address, "latest"), 16) == len(whole)
        assert {name: one.address for name, one in deployment.contracts.items()} == {
            name: created_address(DEPLOYER.address, nonce) for nonce, name in enumerate(CREATED)
        }
        node.rpc.call("evm_revert", clean)
        clean = node.rpc.call("evm_snapshot")


def test_a_deployment_cut_off_before_its_blocks_is_taken_up_there(
    node: Anvil, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transactions wait in the node; sending them again must be no mistake."""
    node.by_hand()

    def fail(*_: object) -> None:
        raise NodeUnreachable(url="", reason="died here")

    with monkeypatch.context() as patched:
        patched.setattr(chain.deploy, "_receipts", fail)
        with pytest.raises(NodeUnreachable):
            deploy(settings, KEYS)
    with pytest.raises(NotDeployed):
        Deployment.load(settings)
    node.rpc.call("evm_setAutomine", True)
    node.mine()
    assert set(deploy(settings, KEYS).contracts) == set(CREATED)


def test_a_chain_that_lost_blocks_gets_the_same_contracts_again(node: Anvil, settings: Settings) -> None:
    for raw in transactions(KEYS, Settings(chain_id=CHAIN_ID))[:4]:
        node.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
    while block_number(node) < 4:  # a dump while a block is made has its effects without the block
        time.sleep(0.005)
    node.stop()
    node.start()
    before = deploy(settings, KEYS)
    node.kill()
    node.start()
    assert block_number(node) == 4
    after = deploy(settings, KEYS)
    assert {name: one.address for name, one in after.contracts.items()} == {
        name: one.address for name, one in before.contracts.items()
    }


# What it refuses


def test_no_record_is_told_so(settings: Settings) -> None:
    with pytest.raises(NotDeployed) as refusal:
        Deployment.load(settings)
    assert refusal.value.values == {"file": settings.deployment_file}


def test_a_node_of_another_chain_is_refused(tmp_path: Path) -> None:
    anvil = Anvil(tmp_path, chain_id=31337).start()
    try:
        settings = Settings(rpc_url=anvil.url, var_dir=tmp_path / "var")
        with pytest.raises(WrongNode, match="chain 31337"):
            deploy(settings, KEYS)
        assert block_number(anvil) == 0
        assert not settings.deployment_file.exists()
    finally:
        anvil.kill()


def test_a_chain_with_another_genesis_is_refused(node: Anvil, settings: Settings) -> None:
    deploy(settings, KEYS)
    record = json.loads(settings.deployment_file.read_text())
    settings.deployment_file.write_text(json.dumps(record | {"genesis_hash": "0x" + "00" * 32}))
    head = block_number(node)
    with pytest.raises(WrongNode, match="genesis"):
        deploy(settings, KEYS)
    assert block_number(node) == head


def test_a_record_of_other_code_is_refused(node: Anvil, settings: Settings) -> None:
    deploy(settings, KEYS)
    record = json.loads(settings.deployment_file.read_text())
    record["contracts"]["Trees"]["input_hash"] = "0x" + "00" * 32
    settings.deployment_file.write_text(json.dumps(record))
    with pytest.raises(DeploymentDiffers) as refusal:
        deploy(settings, KEYS)
    assert refusal.value.values == {"contract": "Trees"}


def test_a_chain_with_another_versions_contracts_is_refused(node: Anvil, settings: Settings) -> None:
    for nonce in range(2):
        raw = DEPLOYER.sign_transaction(to=None, call=b"", nonce=nonce, gas=100_000, chain_id=CHAIN_ID)
        node.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
    with pytest.raises(DeploymentDiffers):
        deploy(settings, KEYS)
    assert not settings.deployment_file.exists()


def test_a_transaction_that_reverts_is_told_with_its_place(
    node: Anvil, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain.deploy, "SETUP_GAS", 40_000)
    with pytest.raises(DeploymentFailed) as refusal:
        deploy(settings, KEYS)
    assert refusal.value.values == {"position": len(CREATED), "reason": "reverted"}


# Who may do what afterwards


def test_the_deployer_keeps_no_right(deployed: tuple[Anvil, Deployment]) -> None:
    node, at = deployed
    for role in (ADMIN_ROLE, ENROLLER_ROLE, STOPPER_ROLE, DIRECTOR_ROLE):
        assert call(node, at, "AccessManager", "hasRole", role, DEPLOYER.address) == (False, 0)


@pytest.mark.parametrize(
    ("role", "delay"),
    [
        (ADMIN_ROLE, ADMIN_DELAY_SECONDS),
        (ENROLLER_ROLE, 0),
        (STOPPER_ROLE, 0),
        (DIRECTOR_ROLE, DIRECTOR_DELAY_SECONDS),
    ],
)
def test_the_operators_rights_have_their_delays(deployed: tuple[Anvil, Deployment], role: int, delay: int) -> None:
    node, at = deployed
    assert call(node, at, "AccessManager", "hasRole", role, OPERATOR.address) == (True, delay)


def test_the_directory_names_every_business_contract(deployed: tuple[Anvil, Deployment]) -> None:
    node, at = deployed
    for name in BUSINESS_CONTRACTS:
        current, version = call(node, at, "Directory", "named", name.encode().ljust(32, b"\0"))
        assert (current, version) == (at.address(name), 1)


def test_the_operator_is_the_first_party(deployed: tuple[Anvil, Deployment]) -> None:
    node, at = deployed
    assert call(node, at, "Parties", "partyOf", OPERATOR.address) == (OPERATOR_PARTY,)


def test_an_outsider_changes_nothing(deployed: tuple[Anvil, Deployment]) -> None:
    node, at = deployed
    for sender in (DEPLOYER, Signer(b"\7" * 32)):
        with pytest.raises(NodeError, match="revert"):
            call(node, at, "Directory", "name", b"Trees".ljust(32, b"\0"), at.address("Parties"), sender=sender)
        with pytest.raises(NodeError, match="revert"):
            call(node, at, "AccessManager", "grantRole", ADMIN_ROLE, sender.address, 0, sender=sender)


def test_the_directory_changes_only_after_the_delay(node: Anvil, settings: Settings) -> None:
    at = deploy(settings, KEYS)
    key = b"Trees".ljust(32, b"\0")
    change = bytes.fromhex(calldata("Directory", "name", key, at.address("Parties"))[2:])
    operation = (at.address("Directory"), change)
    assert not send(node, at, OPERATOR, "Directory", "name", key, at.address("Parties"))
    assert not send(node, at, OPERATOR, "AccessManager", "execute", *operation)
    assert send(node, at, OPERATOR, "AccessManager", "schedule", *operation, 0)
    assert not send(node, at, OPERATOR, "AccessManager", "execute", *operation)
    node.rpc.call("evm_increaseTime", DIRECTOR_DELAY_SECONDS - 60)
    assert not send(node, at, OPERATOR, "AccessManager", "execute", *operation)
    node.rpc.call("evm_increaseTime", 60)
    assert send(node, at, OPERATOR, "AccessManager", "execute", *operation)
    assert call(node, at, "Directory", "named", key) == (at.address("Parties"), 2)


def test_an_administrators_own_grant_waits_too(node: Anvil, settings: Settings) -> None:
    at = deploy(settings, KEYS)
    friend = Signer(b"\7" * 32).address
    grant = bytes.fromhex(calldata("AccessManager", "grantRole", ENROLLER_ROLE, friend, 0)[2:])
    operation = (at.address("AccessManager"), grant)
    assert not send(node, at, OPERATOR, "AccessManager", "grantRole", ENROLLER_ROLE, friend, 0)
    assert send(node, at, OPERATOR, "AccessManager", "schedule", *operation, 0)
    node.rpc.call("evm_increaseTime", ADMIN_DELAY_SECONDS - 60)
    assert not send(node, at, OPERATOR, "AccessManager", "execute", *operation)
    node.rpc.call("evm_increaseTime", 60)
    assert send(node, at, OPERATOR, "AccessManager", "execute", *operation)


def test_the_record_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Deployment(CHAIN_ID, "0x" + keccak(b"").hex(), {})
    file = tmp_path / "var" / "deployment.json"
    record.save(file)

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError):
        Deployment(CHAIN_ID, "0x" + "00" * 32, {}).save(file)
    assert json.loads(file.read_text())["genesis_hash"] == record.genesis_hash


def test_a_node_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(NodeUnreachable):
        deploy(Settings(rpc_url="http://127.0.0.1:9", var_dir=tmp_path), KEYS)


def test_the_node_is_asked_for_its_chain_before_anything_is_sent(deployed: tuple[Anvil, Deployment]) -> None:
    node, at = deployed
    assert chain.deploy.check_node(Rpc(node.url), Settings(rpc_url=node.url)) == at.genesis_hash
