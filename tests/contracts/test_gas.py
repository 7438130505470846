"""What acts cost, to the unit: a rise over 2 % fails. `CHAQI_UPDATE_GAS=1` writes the new figures."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path

import pytest

from chain.acts import SignedAct
from chain.artifacts import BUSINESS_CONTRACTS, CREATED
from tests.contracts.gas import Costs, together
from tests.contracts.groves import FILING, tree_id
from tests.contracts.ledger import NO_HASH, Ledger

FIGURES = Path(__file__).parent / "gas"
TOLERANCE = 1.02
RELAY_TARGET = 16_000
CODE_LIMIT = 24_576
"""EIP-170: bytes of code that engines accept in one contract."""


def measured(ledger: Ledger, acts: Costs) -> dict[str, int]:
    """Gas of each act: relayed with a nonce in a word of its own, as a wallet with random nonces does; and relayed and
    sent by its signer with the nonce after one that was used, as a wallet that counts does.
    """
    found: dict[str, int] = {}
    for name, (who, prepare) in acts.items():
        key = name.partition(",")[0]
        for way in ("relayed", "direct, next nonce", "relayed, next nonce"):
            mark = ledger.snapshot()
            fields = prepare(ledger)
            if way.endswith("next nonce"):
                ledger.act(f"{key.partition('.')[0]}.cancel", who, act=NO_HASH, auth={"nonce": 2**255})
            signed = ledger.sign(key, who, auth={"nonce": 2**255 + 1}, **fields)
            if way.startswith("direct"):
                bare = SignedAct(signed.act, signed.domain, b"")
                found[f"{name} {way}"] = ledger.relay(bare, ledger.people[who]).gas
            else:
                found[f"{name} {way}"] = ledger.relay(signed).gas
            ledger.revert(mark)
    return found


def _hold(file: Path, figures: dict[str, int]) -> None:
    """Fails where a figure is higher than the one in the file; with CHAQI_UPDATE_GAS=1 writes them there."""
    if os.environ.get("CHAQI_UPDATE_GAS") == "1":
        file.write_text(json.dumps(figures, indent=1) + "\n")
    known: dict[str, int] = json.loads(file.read_text())
    assert known.keys() == figures.keys(), "run once with CHAQI_UPDATE_GAS=1"
    risen = {name: (known[name], now) for name, now in figures.items() if now > known[name] * TOLERANCE}
    assert not risen, "run with CHAQI_UPDATE_GAS=1 if the rise is worth it"


@pytest.mark.parametrize("contract", BUSINESS_CONTRACTS)
def test_nothing_costs_more_than_it_did(ledger: Ledger, contract: str) -> None:
    module = importlib.import_module(f"tests.contracts.gas.{contract.lower()}")
    figures = measured(ledger, module.ACTS)
    _hold(FIGURES / f"{contract.lower()}.json", figures)
    for key in module.ACTS:
        overhead = figures[f"{key} relayed, next nonce"] - figures[f"{key} direct, next nonce"]
        assert 0 < overhead <= RELAY_TARGET, key
    for key, budget in getattr(module, "BUDGETS", {}).items():
        assert figures[f"{key} direct, next nonce"] <= budget, key


def test_an_act_in_company_costs_no_more_than_it_did(ledger: Ledger) -> None:
    figures = together.measured(ledger)
    _hold(FIGURES / "together.json", figures)
    for name, budget in together.BUDGETS.items():
        assert figures[name] <= budget, name


@pytest.mark.parametrize("contract", CREATED)
def test_the_code_fits(ledger: Ledger, contract: str) -> None:
    code = ledger.rpc.call("eth_getCode", ledger.deployment.address(contract), "latest")
    assert 0 < len(code) // 2 - 1 <= CODE_LIMIT


def test_the_tree_of_the_figures_is_the_one_meant() -> None:
    assert tree_id(FILING["tag"]) >> 248, "an id with leading zeros would make calldata cheaper by chance"
