"""What acts cost, to the unit: a rise over 2 % fails. `CHAQI_UPDATE_GAS=1` writes the new figures."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain.acts import SignedAct
from chain.deploy import CREATED
from tests.contracts.groves import CERTIFICATE, FILING, NOTICE, SURVEY, tree_at, tree_id
from tests.contracts.ledger import DAY, Ledger

FIGURES = Path(__file__).parent / "gas.json"
TOLERANCE = 1.02
RELAY_TARGET = 16_000
CODE_LIMIT = 24_576
"""EIP-170: bytes of code that engines accept in one contract."""

Prepare = Callable[[Ledger], dict[str, Any]]

ACTS: dict[str, tuple[str, Prepare]] = {
    "Evidence.anchor": ("farmer", lambda _: {"root": "0x" + "ab" * 32, "count": 1000, "scheme": 1}),
    "Parties.enrol": ("operator", lambda _: {"account": "0x" + "ab" * 20, "roles": 1, "identity": CERTIFICATE}),
    "Trees.file": ("farmer", lambda _: FILING),
    "Trees.survey": ("surveyor", lambda ledger: SURVEY | {"tree": tree_at(ledger, "FILED")}),
    "Trees.postNotice": ("village", lambda ledger: {"tree": tree_at(ledger, "SURVEYED")}),
    "Trees.register": ("agri", lambda ledger: {"tree": _noticed(ledger), "certificate": CERTIFICATE}),
    "Trees.recognise": (
        "forestry",
        lambda ledger: {"tree": tree_at(ledger, "REGISTERED"), "level": 1, "ageYears": 620},
    ),
    "Trees.restrain": (
        "court",
        lambda ledger: {
            "tree": tree_at(ledger, "REGISTERED"),
            "kind": "COURT",
            "expiresAt": ledger.now + 1000 * DAY,
        },
    ),
    "Trees.lift": ("court", lambda ledger: {"tree": _restrained(ledger), "kind": "COURT"}),
    "Trees.recordTransfer": (
        "registry",
        lambda ledger: {
            "tree": _agreed(ledger),
            "to": ledger.ids["firm"],
            "basis": "AGREEMENT",
            "receipt": "0x" + "2e" * 32,
        },
    ),
}


def _noticed(ledger: Ledger) -> int:
    tree = tree_at(ledger, "NOTICE")
    ledger.wait(NOTICE)
    return tree


def _restrained(ledger: Ledger) -> int:
    tree = tree_at(ledger, "REGISTERED")
    ledger.act("Trees.restrain", "court", tree=tree, kind="COURT", expiresAt=ledger.now + 1000 * DAY)
    return tree


def _agreed(ledger: Ledger) -> int:
    tree = tree_at(ledger, "REGISTERED")
    ledger.act("Trees.offerTransfer", "farmer", tree=tree, to=ledger.ids["firm"])
    ledger.act("Trees.acceptTransfer", "firm", tree=tree)
    return tree


@pytest.fixture
def figures(ledger: Ledger) -> dict[str, int]:
    """The measured figures. Every act uses a nonce in a word of its own, as a wallet with random nonces does."""
    found: dict[str, int] = {}
    for key, (who, prepare) in ACTS.items():
        for way in ("relayed", "direct"):
            mark = ledger.snapshot()
            fields = prepare(ledger)
            signed = ledger.sign(key, who, auth={"nonce": 2**255 + 1}, **fields)
            if way == "relayed":
                found[f"{key} relayed"] = ledger.relay(signed).gas
            else:
                bare = SignedAct(signed.act, signed.domain, b"")
                found[f"{key} direct"] = ledger.relay(bare, ledger.people[who]).gas
            ledger.revert(mark)
    root = {"root": "0x" + "ab" * 32, "count": 1000, "scheme": 1}
    ledger.act("Evidence.cancel", "farmer", act=CERTIFICATE, auth={"nonce": 2**255})
    signed = ledger.sign("Evidence.anchor", "farmer", auth={"nonce": 2**255 + 1}, **root)
    found["Evidence.anchor relayed, neighbouring nonce"] = ledger.relay(signed).gas
    for name in CREATED:
        code = ledger.rpc.call("eth_getCode", ledger.deployment.address(name), "latest")
        found[f"{name} code bytes"] = len(code) // 2 - 1
    return found


def test_nothing_costs_more_than_it_did(figures: dict[str, int]) -> None:
    if os.environ.get("CHAQI_UPDATE_GAS") == "1":
        FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    known: dict[str, int] = json.loads(FIGURES.read_text())
    assert known.keys() == figures.keys(), "run once with CHAQI_UPDATE_GAS=1"
    risen = {name: (known[name], now) for name, now in figures.items() if now > known[name] * TOLERANCE}
    assert not risen, "run with CHAQI_UPDATE_GAS=1 if the rise is worth it"


def test_relaying_costs_little(figures: dict[str, int]) -> None:
    for key in ACTS:
        overhead = figures[f"{key} relayed"] - figures[f"{key} direct"]
        assert 0 < overhead <= RELAY_TARGET, key


def test_the_code_fits(figures: dict[str, int]) -> None:
    for name in CREATED:
        assert 0 < figures[f"{name} code bytes"] <= CODE_LIMIT


def test_the_tree_of_the_figures_is_the_one_meant() -> None:
    assert tree_id(FILING["tag"]) >> 248, "an id with leading zeros would make calldata cheaper by chance"
