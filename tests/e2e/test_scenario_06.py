"""Domain §10, scenario 6: no foreclosure."""

from __future__ import annotations

import secrets

from tests.e2e.lending import DAY, appoint_second_officer, later, lent, shown
from tests.e2e.pledges import agreed, hand_in, refused, register, registered_tree, searched
from tests.stack import Stack


def test_06_default_moves_no_tree_to_the_bank_and_a_registry_receipt_after_a_court_sale_does(stack: Stack) -> None:
    tree = registered_tree(stack)
    lien = agreed(stack, tree, "bank")
    register(stack, lien, stack.now() - 60)
    farmer, bank = stack.people["farmer"], stack.people["bank"]

    # Whatever the borrower owes: a wallet's transfer reverts, and the bank has no act for it.
    from eth_abi.abi import encode
    from eth_utils import keccak

    call = keccak(text="transferFrom(address,address,uint256)")[:4]
    call += encode(["address", "address", "uint256"], [farmer.address, bank.address, int(tree)])
    request = {"from": bank.address, "to": stack.deployment.address("Trees"), "data": "0x" + call.hex()}
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [request, "latest"]}
    answer = stack.client.post("/rpc", json=body).json()
    assert answer["error"]["data"].startswith("0x" + keccak(text="NoForeclosure(uint256)")[:4].hex())
    moved = {"tree": tree, "to": stack.party_ids["bank"], "receipt": "0x" + secrets.token_hex(32)}
    for basis in ("AGREEMENT", "COURT_SALE", "SUCCESSION"):
        problem = refused(stack, "bank", "Trees.recordTransfer", **moved, basis=basis, evidence=stack.anchor())
        assert problem["code"] == "RoleMissing"
    assert searched(stack, tree)["tree"]["owner"] == stack.party_ids["farmer"]

    # A court sells it; the registry's receipt moves title, and the court's gateway has the lien ended.
    sold = {"tree": tree, "to": stack.party_ids["buyer"], "receipt": "0x" + secrets.token_hex(32)}
    hand_in(stack, "registry", "Trees.recordTransfer", **sold, basis="COURT_SALE", evidence=stack.anchor())
    assert searched(stack, tree)["liens"][0]["id"] == lien, "a sale alone ends no lien here"
    hand_in(stack, "court", "Liens.discharge", liens=[lien], ground="REALISED", evidence=stack.anchor())
    found = searched(stack, tree)
    assert (found["tree"]["owner"], found["liens"]) == (stack.party_ids["buyer"], [])
    ended = stack.client.get(f"/v1/liens/{lien}").json()
    assert (ended["discharged"], ended["holder"]) == ("REALISED", stack.party_ids["bank"])


def test_06_a_borrower_in_default_keeps_the_tree_until_a_registry_receipt(stack: Stack) -> None:
    loan, tree = lent(stack, due_in=(30, 365))
    appoint_second_officer(stack)
    later(stack, 75 * DAY)
    late = shown(stack, f"/v1/loans/{loan}")["arrears"]
    assert late["bucket"] == "31-90" and late["overdue_fen"] > 0
    hand_in(stack, "bank", "Loans.demand", loan=loan, evidence=stack.anchor())
    offer = {
        "ratePpm": 40_000,
        "allInPpm": 40_000,
        "scheduleRoot": "0x" + "5d" * 32,
        "dueAt": [stack.now() + 400 * DAY],
        "amountFen": [3_000_000],
    }
    hand_in(stack, "bank", "Loans.restructure", loan=loan, **offer, evidence=stack.anchor())
    for who in ("bank", "second bank"):
        hand_in(stack, who, "Loans.accelerate", loan=loan, trigger="OVERDUE", evidence=stack.anchor())
    assert shown(stack, f"/v1/loans/{loan}")["state"] == "DEFAULTED"

    # Default moves nothing: the bank has no act for the tree, and the owner's consent is missing for every other.
    moved = {"tree": tree, "to": stack.party_ids["bank"], "receipt": "0x" + secrets.token_hex(32)}
    problem = refused(stack, "registry", "Trees.recordTransfer", **moved, basis="AGREEMENT", evidence=stack.anchor())
    assert problem["code"] == "TransferNotAgreed"
    assert searched(stack, tree)["tree"]["owner"] == stack.party_ids["farmer"]
    sold = {"tree": tree, "to": stack.party_ids["buyer"], "receipt": "0x" + secrets.token_hex(32)}
    hand_in(stack, "registry", "Trees.recordTransfer", **sold, basis="COURT_SALE", evidence=stack.anchor())
    assert searched(stack, tree)["tree"]["owner"] == stack.party_ids["buyer"]
