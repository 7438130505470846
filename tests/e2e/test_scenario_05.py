"""Domain §10, scenario 5: a liened tree dies; what that does to its valuation, and to the lien."""

from __future__ import annotations

import secrets

from tests.e2e.pledges import agreed, hand_in, refused, register, registered_tree, searched
from tests.stack import Stack
from tests.valued import modest_record, registered, value_tree


def test_05_the_lien_of_a_dead_tree_persists_on_the_insurance_money(stack: Stack) -> None:
    tree = registered_tree(stack)
    lien = agreed(stack, tree, "bank")
    register(stack, lien, stack.now() - 60)

    hand_in(stack, "farmer", "Trees.reportDeath", tree=tree, evidence=stack.anchor())
    found = searched(stack, tree)
    assert (found["tree"]["life"], found["value"]) == ("REPORTED_DEAD", 0), "it counts for nothing meanwhile"
    for who in ("farmer", "bank"):
        finding = {"tree": tree, "finding": "DEAD", "evidence": stack.anchor()}
        assert refused(stack, who, "Trees.concludeDeathReport", **finding)["code"] == "RoleMissing"
    hand_in(stack, "forestry", "Trees.concludeDeathReport", tree=tree, finding="DEAD", evidence=stack.anchor())

    paid = {"lien": lien, "substitute": "INSURANCE", "amount": 900_000, "receipt": "0x" + secrets.token_hex(32)}
    hand_in(stack, "insurer", "Liens.attachProceeds", **paid, evidence=stack.anchor())
    (one,) = searched(stack, tree)["liens"]
    assert (one["id"], one["rank"], one["discharged"]) == (lien, 1, "NONE")
    assert [(part["substitute"], part["amount"]) for part in one["proceeds"]] == [("INSURANCE", 900_000)]


def test_05_a_reported_death_suspends_the_valuation_until_the_authority_has_found(stack: Stack) -> None:
    record = modest_record()
    tree = registered(stack, record)
    found = value_tree(stack, tree, record)
    path = f"/v1/valuations/{tree}"
    assert stack.client.get(path).json()["counts_fen"] == found.collateral_fen > 0

    stack.act("farmer", "Trees.reportDeath", tree=tree, evidence=stack.anchor())
    suspended = stack.client.get(path).json()
    assert (suspended["counts_fen"], suspended["suspended"]) == (0, "REPORTED_DEAD")
    assert suspended["collateral_fen"] == found.collateral_fen, "what stood before is still told"

    # The bank sees it, and why the tree was worth what it was.
    bank = stack.sign_in("bank")
    explained = stack.client.get(f"{path}/explanation", params={"purpose": "lien on this tree"}, headers=bank)
    assert explained.json()["figures"]["collateral_fen"] == found.collateral_fen
    events = stack.client.get("/v1/events", params={"tree": tree, "event": "LifeChanged"}).json()["items"]
    assert [event["args"]["life"] for event in events] == [2]

    # Neither owner nor bank can find the tree dead.
    death = {"tree": tree, "finding": "DEAD", "evidence": stack.anchor()}
    for who in ("farmer", "bank"):
        answer = stack.client.post("/v1/acts", json=stack.sign(who, "Trees.concludeDeathReport", **death).json())
        assert (answer.status_code, answer.json()["code"]) == (403, "RoleMissing")
    stack.act("forestry", "Trees.concludeDeathReport", **death)
    confirmed = stack.client.get(path).json()
    assert (confirmed["counts_fen"], confirmed["suspended"]) == (0, "DEAD")
