"""Domain §10, scenario 5: a liened tree dies."""

from __future__ import annotations

import secrets

from tests.e2e.pledges import agreed, hand_in, refused, register, registered_tree, searched
from tests.stack import Stack


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
