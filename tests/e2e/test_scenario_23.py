"""`domain.md` §10, scenario 23: a farmer loses the wallet; people who know the farmer give it back, an SMS does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chain.acts import SignedAct
from chain.signers import Signer
from tests.e2e import deals
from tests.e2e.lending import later, lent, receipt, shown
from tests.e2e.pledges import hand_in, refused, searched, terms
from tests.stack import Stack
from workflows.parties.deadlines import DELAY_SECONDS

GUARDIANS = ("bank", "village", "operator")


@pytest.fixture
def own(stack: Stack) -> Stack:
    """The stack with a farmer of its own, who has guardians and whose key nobody else's test counts on."""
    found = stack.client.get("/v1/parties", params={"account": stack.people["operator"].address}).json()
    ids = {"operator": found["items"][0]["id"]}
    own = replace(stack, people=dict(stack.people), party_ids=stack.party_ids | ids)
    name = f"farmer {stack.now()}"
    own.party_ids["farmer"] = own.enrol(name, "FARMER")
    own.people["farmer"] = own.people[name]
    for who in ("new phone", "attacker"):
        own.people[who] = stack.keystore.derived(f"stack test {who} of {name}")
    hand_in(own, "farmer", "Parties.appointGuardians", **{each: own.party_ids[each] for each in GUARDIANS})
    return own


def support(own: Stack, guardian: str, wallet: str) -> None:
    """The guardian identified who asks, face to face, anchored the record of it, and supports the wallet."""
    hand_in(own, guardian, "Parties.supportRecovery", **supported(own, wallet), evidence=own.anchor(guardian))


def supported(own: Stack, wallet: str) -> dict[str, Any]:
    return {"party": own.party_ids["farmer"], "newAccount": own.people[wallet].address}


def party(own: Stack) -> dict[str, Any]:
    return shown(own, f"/v1/parties/{own.party_ids['farmer']}")


def code(problem: dict[str, Any]) -> str:
    """The problem's code; it is said in both languages."""
    assert problem["detail"] != problem["detail_zh"] and problem["detail_zh"]
    found: str = problem["code"]
    return found


def held(own: Stack, loan: str, tree: str, agreement: int) -> dict[str, Any]:
    """What the farmer owes and owns, without what the clock makes of it."""
    found = searched(own, tree)
    liens = [own.client.get(f"/v1/liens/{one['id']}").json() for one in found["liens"]]
    records = [shown(own, f"/v1/loans/{loan}"), deals.shown(own, agreement), *liens]
    told_by_the_clock = {"as_of", "owed", "arrears", "next_due", "deadlines"}
    kept = [{name: value for name, value in one.items() if name not in told_by_the_clock} for one in records]
    return {"owner": found["tree"]["owner"], "loan": kept[0], "agreement": kept[1], "liens": kept[2:]}


def test_23_a_lost_wallet_is_recovered_by_two_guardians_after_72_hours_and_nothing_else_moves(own: Stack) -> None:
    loan, tree = lent(own)
    agreement = deals.active(own)
    farmer, firm, lost = own.party_ids["farmer"], own.party_ids["firm"], own.people["farmer"]
    offer = {"tree": tree, "to": firm, "evidence": own.anchor()}
    hand_in(own, "farmer", "Trees.offerTransfer", **offer)
    hand_in(own, "firm", "Trees.acceptTransfer", tree=tree, evidence=own.anchor())
    before = held(own, loan, tree, agreement)
    assert before["owner"] == before["loan"]["borrower"] == farmer and before["liens"]

    # One guardian is not two.
    support(own, "bank", "new phone")
    waiting = shown(own, "/v1/parties", guardian=own.party_ids["village"], recovering=True)["items"]
    assert farmer in [one["id"] for one in waiting], "the second guardian sees what waits for it"
    assert code(refused(own, "new phone", "Parties.completeRecovery", party=farmer)) == "RecoveryNotDue"
    assert shown(own, "/v1/deadlines", party=farmer, rule="recovery_veto")["items"] == []

    # Two begin the delay. The party and its guardians are told until when they can veto.
    support(own, "village", "new phone")
    under_way = party(own)
    ends_at = under_way["recovery_ends_at"]
    assert (under_way["recovery_account"], under_way["recovery_supporters"]) == (own.people["new phone"].address, 0b011)
    (veto,) = shown(own, "/v1/deadlines", party=farmer, rule="recovery_veto")["items"]
    assert (veto["due_at"], veto["due_at"] - veto["since"]) == (ends_at, DELAY_SECONDS)
    second = shown(own, "/v1/events", party=farmer, event="RecoveryChanged", order="newest")["items"][0]
    assert (second["time"], second["args"]["actor"]) == (veto["since"], own.party_ids["village"])
    rested_on = shown(own, f"/v1/evidence/{second['args']['evidence']}")
    assert rested_on["attester"] == own.party_ids["village"], "each guardian answers for an identification of its own"

    # Nothing is transferred meanwhile, by whoever found the phone or by anybody else.
    assert code(refused(own, "farmer", "Trees.offerTransfer", **offer)) == "PartyRecovering"
    for basis in ("AGREEMENT", "SUCCESSION", "COURT_SALE"):
        move = {"tree": tree, "to": firm, "basis": basis, "receipt": receipt(), "evidence": own.anchor()}
        assert code(refused(own, "registry", "Trees.recordTransfer", **move)) == "PartyRecovering"
    pledge = terms(own, tree, "second bank", rank=2)
    lien = str(int(hand_in(own, "second bank", "Liens.file", **pledge), 16))
    assert code(refused(own, "farmer", "Liens.confirm", lien=lien, **pledge)) == "PartyRecovering"
    thief = {"newAccount": own.people["attacker"].address}
    assert code(refused(own, "farmer", "Parties.rotateKey", **thief)) == "RecoveryUnderWay"

    # Not a minute early, and after the delay whoever wants completes it.
    own.pass_time(ends_at - own.now() - 60)
    assert code(refused(own, "new phone", "Parties.completeRecovery", party=farmer)) == "RecoveryNotDue"
    later(own, 60)
    hand_in(own, "new phone", "Parties.completeRecovery", party=farmer)
    recovered = party(own)
    assert (recovered["account"], recovered["key_epoch"]) == (own.people["new phone"].address, 1)
    assert (recovered["recovery_account"], recovered["recovery_ends_at"]) == (None, 0)
    assert shown(own, "/v1/deadlines", party=farmer, rule="recovery_veto")["items"] == []

    # The old key is revoked: no act, no session.
    assert code(refused(own, "farmer", "Trees.offerTransfer", **offer)) == "KeyRetired"
    assert code(refused(own, "farmer", "Parties.rotateKey", **thief)) == "KeyRetired"
    assert own.client.get("/v1/session", headers=own.sign_in("farmer")).json()["party"] is None
    assert own.client.get("/v1/session", headers=own.sign_in("new phone")).json()["party"] == farmer
    assert lost.address not in [one["account"] for one in shown(own, "/v1/parties", limit=500)["items"]]

    # Obligations and liens are as they were, and the new wallet performs them.
    assert held(own, loan, tree, agreement) == before
    own.people["farmer"] = own.people["new phone"]
    deals.handed_over(own, agreement, 0, deals.GRAMS)
    assert held(own, loan, tree, agreement)["agreement"] != before["agreement"]


def test_23_the_farmer_who_finds_the_phone_vetoes_and_so_does_any_guardian(own: Stack) -> None:
    farmer = own.party_ids["farmer"]
    for who in ("farmer", "operator"):
        support(own, "village", "attacker")
        support(own, "bank", "attacker")
        later(own, DELAY_SECONDS)
        hand_in(own, who, "Parties.vetoRecovery", party=farmer)
        assert code(refused(own, "attacker", "Parties.completeRecovery", party=farmer)) == "RecoveryNotDue"
        assert (party(own)["recovery_account"], party(own)["key_epoch"]) == (None, 0)
    assert code(refused(own, "farmer", "Parties.vetoRecovery", party=farmer)) == "NoRecovery"


def test_23_an_attacker_with_only_the_sms_gets_nowhere(own: Stack) -> None:
    """The attacker has the SIM card, and at most one guardian's ear."""
    farmer, attacker = own.party_ids["farmer"], own.people["attacker"]
    asked = supported(own, "attacker") | {"evidence": own.anchor()}
    assert code(refused(own, "attacker", "Parties.supportRecovery", **asked)) == "PartyUnknown"
    assert code(refused(own, "attacker", "Parties.vetoRecovery", party=farmer)) == "PartyUnknown"
    assert code(refused(own, "attacker", "Parties.rotateKey", newAccount=attacker.address)) == "PartyUnknown"
    assert code(refused(own, "attacker", "Parties.completeRecovery", party=farmer)) == "RecoveryNotDue"
    assert code(refused(own, "neighbour", "Parties.supportRecovery", **asked)) == "NotGuardian"
    assert forged(own, attacker) == (401, "SignatureInvalid")
    assert own.client.get("/v1/session", headers=own.sign_in("attacker")).json()["party"] is None

    support(own, "village", "attacker")  # deceived
    again = supported(own, "attacker") | {"evidence": own.anchor("village")}
    assert code(refused(own, "village", "Parties.supportRecovery", **again)) == "NotGuardian"
    later(own, 10 * DELAY_SECONDS)
    assert code(refused(own, "attacker", "Parties.completeRecovery", party=farmer)) == "RecoveryNotDue"

    # The farmer's true recovery finds the false one in its way, in words, and a guardian clears it.
    truly = supported(own, "new phone") | {"evidence": own.anchor("bank")}
    assert code(refused(own, "bank", "Parties.supportRecovery", **truly)) == "RecoveryUnderWay"
    hand_in(own, "bank", "Parties.vetoRecovery", party=farmer)
    assert (party(own)["account"], party(own)["recovery_account"]) == (own.people["farmer"].address, None)


def forged(own: Stack, attacker: Signer) -> tuple[int, str]:
    """The answer to an act in the farmer's name with the attacker's signature."""
    theirs = own.sign("farmer", "Parties.rotateKey", newAccount=attacker.address)
    forged = SignedAct(theirs.act, theirs.domain, attacker.sign(theirs.act, theirs.domain).signature)
    answer = own.client.post("/v1/acts", json=forged.json())
    return answer.status_code, code(answer.json())
