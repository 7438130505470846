"""One anvil a session with the contracts and a cast on it; every test starts from the same block."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from solcx import compile_standard

from chain.compile import compiler
from chain.deploy import deploy
from chain.devnet import anvil_program
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from tests.contracts.ledger import Ledger

DEVNET = Path(__file__).resolve().parents[2] / "hardhat-free-devnet"
GENESIS = 1_760_000_000
START = 1_760_010_000

CAST = {
    "farmer": ("FARMER",),
    "neighbour": ("FARMER",),
    "firm": ("FIRM",),
    "village": ("VILLAGE",),
    "other village": ("VILLAGE",),
    "surveyor": ("SURVEYOR",),
    "forestry": ("FORESTRY",),
    "agri": ("AGRI",),
    "registry": ("REGISTRY",),
    "bank": ("BANK",),
    "insurer": ("INSURER",),
    "court": ("COURT_GW",),
    "other court": ("COURT_GW",),
    "regulator": ("REGULATOR",),
    "notary": ("NOTARY",),
    "other firm": ("FIRM",),
    "appraiser": ("APPRAISER",),
    "inspector": ("INSPECTOR",),
    "auditor": ("AUDITOR",),
    "indications": ("GI_AUTH",),
    "other agri": ("AGRI",),
    "second appraiser": ("APPRAISER",),
    "third appraiser": ("APPRAISER",),
    "second bank": ("BANK",),
    "third bank": ("BANK",),
    "officer": ("BANK",),
    "second notary": ("NOTARY",),
    "office": ("NOTARY_OFFICE",),
    "other office": ("NOTARY_OFFICE",),
    "lawyer": ("LAWYER",),
}


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rpc]:
    """A fresh anvil on a free port."""
    program = anvil_program()
    if program is None:
        pytest.skip("anvil is not installed (make setup, with Node): the contracts were not tested")
    home = tmp_path_factory.mktemp("anvil")
    command: list[str | Path] = [program, "--port", "0", "--chain-id", "521000", "--hardfork", "berlin"]
    command += ["--gas-price", "0", "--base-fee", "0", "--accounts", "0", "--order", "fifo"]
    command += ["--timestamp", str(GENESIS), "--cache-path", home, "--gas-limit", "3000000000"]
    command += ["--block-time", "1"]  # mining by itself stalls when a deployment's transactions are queued
    said = home / "said"
    with (
        said.open("w") as out,
        subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "HOME": str(home)}) as process,
    ):
        try:
            while not (listening := re.search(r"Listening on (\S+)", said.read_text())):
                assert process.poll() is None, said.read_text()
                time.sleep(0.02)
            rpc = Rpc(f"http://{listening[1]}")
            rpc.call("anvil_setLoggingEnabled", False)
            yield rpc
        finally:
            process.kill()


@pytest.fixture(scope="session")
def world(node: Rpc, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """The deployed contracts with the cast enrolled and one live evidence; do not change it, use `ledger`."""
    settings = Settings(rpc_url=node.url, chain_id=521000, var_dir=tmp_path_factory.mktemp("var"))
    keystore = Keystore(DEVNET / "keystore.json", settings.chain_id)
    deployment = deploy(settings, keystore)
    node.call("evm_setIntervalMining", 0)
    ledger = Ledger(node, deployment, keystore, START, {"operator": keystore.named("operator")}, {"operator": 1})
    ledger.people["stranger"] = keystore.derived("contract test stranger")
    for name, roles in CAST.items():
        ledger.enrol(name, *roles)
    ledger.evidence = ledger.anchor("notary", "0x" + "e1" * 32)
    return ledger


@pytest.fixture
def ledger(world: Ledger) -> Iterator[Ledger]:
    """The world, for one test to change."""
    mark = world.snapshot()
    yield world
    world.revert(mark)


@pytest.fixture(scope="session")
def wallet_code(request: pytest.FixtureRequest) -> bytes:
    """Creation code of `fixtures/Wallet.sol`, compiled once for each state of the source."""
    source = (Path(__file__).parent / "fixtures" / "Wallet.sol").read_text()
    compiled = request.config.cache.mkdir("chaqi-wallet") / hashlib.sha256(source.encode()).hexdigest()
    if not compiled.exists():
        output = compile_standard(
            {
                "language": "Solidity",
                "sources": {"Wallet.sol": {"content": source}},
                "settings": {"evmVersion": "berlin", "outputSelection": {"*": {"*": ["evm.bytecode.object"]}}},
            },
            solc_binary=compiler(),
            allow_empty=True,
        )
        compiled.write_text(output["contracts"]["Wallet.sol"]["Wallet"]["evm"]["bytecode"]["object"])
    return bytes.fromhex(compiled.read_text())
