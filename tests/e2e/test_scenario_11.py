"""`domain.md` §10, scenario 11: codes for more tea than a tree can give.

G season cap of tree = 2.3 kg × 1.3, W the firm requests codes for 4 kg from it, T the excess is refused and a HOLD case
is open for the AUDITOR.
"""

from __future__ import annotations

from tests.harvests import YEAR, farm
from tests.stack import Stack

POTENTIAL_G = 2_300
CAP_G = POTENTIAL_G * 13 * 5 // 10
"""Of fresh leaf: 1.3 × 2.3 kg of dry tea × 5."""


def test_11_codes_beyond_the_trees_season_are_refused_and_the_pick_is_held_for_the_auditor(stack: Stack) -> None:
    field = farm(stack)
    (tree,) = field.trees({"potential": POTENTIAL_G})
    client = stack.client

    # 20 kg of leaf would make 4 kg of tea, and 14.95 kg is all that the tree is believed.
    within = field.pick(tree, CAP_G)
    beyond = field.pick(tree, 20_000 - CAP_G)
    held = client.get("/v1/batches", params={"tree": tree, "state": "HELD"}).json()["items"]
    assert [case["id"] for case in held] == [beyond], "the case that waits for the auditor"
    (season,) = client.get("/v1/seasons", params={"tree": tree}).json()["items"]
    assert (season["season"], season["cap"], season["picked"]) == (YEAR, CAP_G, CAP_G)

    # Nobody can make tea of what is held.
    def refused(who: str, key: str, **message: object) -> dict[str, object]:
        signed = stack.sign(who, key, evidence=field.evidence, **message)
        answer = client.post("/v1/acts", json=signed.json())
        assert answer.status_code in (409, 422), answer.text
        problem: dict[str, object] = answer.json()
        return problem

    parents = sorted((int(within), int(beyond)))
    weights = [CAP_G if parent == int(within) else 20_000 - CAP_G for parent in parents]
    problem = refused("farmer", "Batches.make", parents=parents, weights=weights, weight=4_000)
    assert problem["code"] == "BatchNotReady"
    assert problem["values"] == {"batch": beyond, "state": 1}

    # So the firm can buy what was made within the cap, and asks for codes for 4 kg of it.
    tea = field.tea({within: CAP_G}, POTENTIAL_G * 13 // 10)
    field.act("inspector", "Batches.inspect", batch=int(tea), passed=True)
    field.sell(tea, 2_990)
    problem = refused("firm", "Batches.requestCodes", batch=int(tea), count=40, unitWeight=100, indicated=False)
    assert problem["code"] == "OverCoding"
    firm = stack.party_ids["firm"]
    assert problem["values"] == {"batch": tea, "party": firm, "asked": 4_000, "held": 2_990}
    assert "4000" in str(problem["detail_zh"]) and "2990" in str(problem["detail_zh"])
    assert client.get("/v1/lots", params={"batch": tea}).json()["total"] == 0
    field.approved(tea, 29, 100)

    # The auditor decides the case; the history keeps it.
    field.act("auditor", "Batches.decidePick", batch=int(beyond), released=False)
    history = client.get(f"/v1/batches/{beyond}/history").json()["items"]
    assert [version["state"] for version in history] == ["HELD", "REJECTED"]
    assert client.get("/v1/holdings", params={"batch": beyond}).json()["items"] == []
