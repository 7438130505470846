"""Recovery of a lost wallet (domain scenario 23): two of three guardians, 72 hours, veto; assets never move."""

from __future__ import annotations

from typing import Any

import pytest

from chain.signers import Signer
from tests.contracts.groves import tree_at
from tests.contracts.ledger import HOUR, NO_HASH, NOBODY, Ledger, event

DELAY = 72 * HOUR
GUARDIANS = ("bank", "village", "operator")


@pytest.fixture
def fresh(ledger: Ledger) -> Signer:
    """The farmer's new wallet; the farmer has guardians."""
    ledger.act("Parties.appointGuardians", "farmer", **{each: ledger.ids[each] for each in GUARDIANS})
    return ledger.keystore.derived("contract test farmer's new phone")


def support(ledger: Ledger, who: str, account: Signer) -> dict[str, Any]:
    (changed,) = ledger.act("Parties.supportRecovery", who, party=ledger.ids["farmer"], newAccount=account.address)
    return changed.args


def recovery(ledger: Ledger) -> tuple[str, int, int]:
    state = ledger.view("Parties.recovery", ledger.ids["farmer"])
    return state["newAccount"], state["supporters"], state["endsAt"]


class TestSupport:
    @pytest.mark.parametrize("pair", [("bank", "village"), ("village", "operator"), ("operator", "bank")])
    def test_of_any_two_starts_the_delay(self, ledger: Ledger, fresh: Signer, pair: tuple[str, str]) -> None:
        bits = [1 << GUARDIANS.index(each) for each in pair]
        farmer = ledger.ids["farmer"]
        first = support(ledger, pair[0], fresh)
        assert first == {
            "party": farmer,
            "actor": ledger.ids[pair[0]],
            "newAccount": fresh.address,
            "supporters": bits[0],
            "endsAt": 0,
            "evidence": ledger.evidence,
        }
        assert not ledger.view("Parties.party", farmer)["recovering"]
        instant = ledger.now
        second = support(ledger, pair[1], fresh)
        assert second["supporters"] == sum(bits)
        assert second["endsAt"] == instant + DELAY
        assert recovery(ledger) == (fresh.address, sum(bits), instant + DELAY)
        assert ledger.view("Parties.party", farmer)["recovering"]

    def test_of_the_third_does_not_start_it_again(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        ends = support(ledger, "village", fresh)["endsAt"]
        ledger.wait(HOUR)
        third = support(ledger, "operator", fresh)
        assert (third["supporters"], third["endsAt"]) == (7, ends)

    def test_of_the_same_guardian_twice(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        fields = {"party": ledger.ids["farmer"], "newAccount": fresh.address}
        values = ledger.refuses("NotGuardian", "Parties.supportRecovery", "bank", **fields)
        assert values == {"party": ledger.ids["farmer"], "actor": ledger.ids["bank"]}

    @pytest.mark.parametrize("who", ["farmer", "other village", "regulator"])
    def test_of_somebody_else(self, ledger: Ledger, fresh: Signer, who: str) -> None:
        fields = {"party": ledger.ids["farmer"], "newAccount": fresh.address}
        ledger.refuses("NotGuardian", "Parties.supportRecovery", who, **fields)

    def test_of_a_party_without_guardians(self, ledger: Ledger, fresh: Signer) -> None:
        fields = {"party": ledger.ids["neighbour"], "newAccount": fresh.address}
        ledger.refuses("NotGuardian", "Parties.supportRecovery", "bank", **fields)
        fields["party"] = 999
        ledger.refuses("NoSuchParty", "Parties.supportRecovery", "bank", **fields)

    def test_of_two_for_different_wallets(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        fields = {"party": ledger.ids["farmer"], "newAccount": "0x" + "66" * 20}
        values = ledger.refuses("RecoveryUnderWay", "Parties.supportRecovery", "village", **fields)
        assert values == {"party": ledger.ids["farmer"], "newAccount": fresh.address}

    def test_needs_a_free_account_and_live_evidence(self, ledger: Ledger, fresh: Signer) -> None:
        fields: dict[str, Any] = {"party": ledger.ids["farmer"]}
        key = "Parties.supportRecovery"
        ledger.refuses("AccountMissing", key, "bank", newAccount=NOBODY, **fields)
        ledger.refuses("AccountTaken", key, "bank", newAccount=ledger.people["bank"].address, **fields)
        ledger.refuses("AccountTaken", key, "bank", newAccount=ledger.people["farmer"].address, **fields)
        ledger.refuses("EvidenceUnknown", key, "bank", newAccount=fresh.address, evidence=NO_HASH, **fields)
        ledger.act("Evidence.revokeRoot", "notary", reason="x")
        ledger.refuses("EvidenceIsRevoked", key, "bank", newAccount=fresh.address, **fields)

    def test_of_a_revoked_party(self, ledger: Ledger, fresh: Signer) -> None:
        ledger.act("Parties.revoke", "operator", party=ledger.ids["farmer"])
        fields = {"party": ledger.ids["farmer"], "newAccount": fresh.address}
        ledger.refuses("PartyRevoked", "Parties.supportRecovery", "bank", **fields)


class TestComplete:
    def test_not_before_the_last_second_of_the_delay(self, ledger: Ledger, fresh: Signer) -> None:
        farmer = ledger.ids["farmer"]
        key = "Parties.completeRecovery"
        assert ledger.refuses("RecoveryNotDue", key, fresh, party=farmer) == {"party": farmer, "endsAt": 0}
        support(ledger, "bank", fresh)
        assert ledger.refuses("RecoveryNotDue", key, fresh, party=farmer) == {"party": farmer, "endsAt": 0}
        ends = support(ledger, "village", fresh)["endsAt"]
        ledger.now = ends - 1
        assert ledger.refuses("RecoveryNotDue", key, fresh, party=farmer) == {"party": farmer, "endsAt": ends}
        ledger.now = ends
        ledger.act(key, fresh, party=farmer)

    @pytest.mark.parametrize("who", ["farmer", "bank", "neighbour", "stranger", "new wallet"])
    def test_is_signed_by_anybody(self, ledger: Ledger, fresh: Signer, who: str) -> None:
        """Nothing is decided by it, so who waited out the delay needs nobody's leave, not even to be a party."""
        support(ledger, "bank", fresh)
        support(ledger, "village", fresh)
        ledger.wait(DELAY)
        signer = fresh if who == "new wallet" else ledger.people[who]
        _, replaced = ledger.act("Parties.completeRecovery", signer, party=ledger.ids["farmer"])
        assert replaced.args["account"] == fresh.address

    def test_moves_the_seat_and_nothing_else(self, ledger: Ledger, fresh: Signer) -> None:
        farmer, old = ledger.ids["farmer"], ledger.people["farmer"]
        tree = tree_at(ledger, "REGISTERED")
        before = ledger.view("Trees.tree", tree)
        support(ledger, "bank", fresh)
        support(ledger, "operator", fresh)
        present = ledger.view("Parties.party", farmer)
        ledger.wait(DELAY)
        events = ledger.act("Parties.completeRecovery", "stranger", party=farmer)
        assert events == [
            event(
                "Parties.RecoveryChanged",
                party=farmer,
                actor=0,
                newAccount=NOBODY,
                supporters=0,
                endsAt=0,
                evidence=NO_HASH,
            ),
            event("Parties.KeyReplaced", party=farmer, account=fresh.address, previous=old.address, keyEpoch=1),
        ]
        after = present | {"account": fresh.address, "keyEpoch": 1, "recovering": False}
        assert ledger.view("Parties.party", farmer) == after
        assert recovery(ledger) == (NOBODY, 0, 0)
        assert ledger.view("Trees.tree", tree) == before, "the tree hangs on the party, so nothing moved"
        assert ledger.view("Trees.ownerOf", tree) == fresh.address
        assert ledger.view("Trees.balanceOf", fresh.address) == 1
        assert ledger.view("Trees.balanceOf", old.address) == 0
        ledger.refuses("KeyRetired", "Trees.offerTransfer", old, tree=tree, to=ledger.ids["firm"])
        ledger.act("Trees.offerTransfer", fresh, tree=tree, to=ledger.ids["firm"])

    def test_not_twice(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        support(ledger, "village", fresh)
        ledger.wait(DELAY)
        ledger.act("Parties.completeRecovery", fresh, party=ledger.ids["farmer"])
        ledger.refuses("RecoveryNotDue", "Parties.completeRecovery", fresh, party=ledger.ids["farmer"])

    def test_of_a_suspended_party_leaves_it_suspended(self, ledger: Ledger, fresh: Signer) -> None:
        """The order for a stolen key: suspend, recover, reinstate. The thief can neither veto nor act."""
        farmer = ledger.ids["farmer"]
        ledger.act("Parties.suspend", "operator", party=farmer)
        support(ledger, "bank", fresh)
        support(ledger, "village", fresh)
        ledger.refuses("PartySuspended", "Parties.vetoRecovery", "farmer", party=farmer)
        ledger.wait(DELAY)
        ledger.act("Parties.completeRecovery", fresh, party=farmer)
        anchor = {"root": "0x" + "ab" * 32, "count": 1, "scheme": 1}
        ledger.refuses("PartySuspended", "Evidence.anchor", fresh, **anchor)
        ledger.act("Parties.reinstate", "operator", party=farmer)
        ledger.act("Evidence.anchor", fresh, **anchor)
        ledger.refuses("KeyRetired", "Evidence.anchor", "farmer", **anchor)

    def test_to_an_account_that_was_taken_meanwhile(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        support(ledger, "village", fresh)
        ledger.act("Parties.rotateKey", "neighbour", newAccount=fresh.address)
        ledger.wait(DELAY)
        values = ledger.refuses("AccountTaken", "Parties.completeRecovery", fresh, party=ledger.ids["farmer"])
        assert values == {"account": fresh.address, "party": ledger.ids["neighbour"]}
        ledger.act("Parties.vetoRecovery", "bank", party=ledger.ids["farmer"])

    def test_not_while_parties_is_stopped(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        support(ledger, "village", fresh)
        ledger.wait(DELAY)
        ledger.act("Parties.stopDomain", "operator", domain=ledger.deployment.address("Parties"))
        ledger.refuses("DomainIsStopped", "Parties.completeRecovery", fresh, party=ledger.ids["farmer"])


class TestVeto:
    @pytest.mark.parametrize("who", ["farmer", *GUARDIANS])
    @pytest.mark.parametrize("supported_by", [("bank",), ("bank", "village"), GUARDIANS])
    def test_ends_it_at_any_time(self, ledger: Ledger, fresh: Signer, who: str, supported_by: tuple[str, ...]) -> None:
        farmer = ledger.ids["farmer"]
        for each in supported_by:
            support(ledger, each, fresh)
        ledger.wait(DELAY)
        events = ledger.act("Parties.vetoRecovery", who, party=farmer)
        assert events == [
            event(
                "Parties.RecoveryChanged",
                party=farmer,
                actor=ledger.ids[who],
                newAccount=NOBODY,
                supporters=0,
                endsAt=0,
                evidence=NO_HASH,
            )
        ]
        assert recovery(ledger) == (NOBODY, 0, 0)
        assert not ledger.view("Parties.party", farmer)["recovering"]
        ledger.refuses("RecoveryNotDue", "Parties.completeRecovery", fresh, party=farmer)
        support(ledger, "bank", fresh)

    def test_by_somebody_else_or_of_nothing(self, ledger: Ledger, fresh: Signer) -> None:
        farmer = ledger.ids["farmer"]
        assert ledger.refuses("NoRecovery", "Parties.vetoRecovery", "farmer", party=farmer) == {"party": farmer}
        support(ledger, "bank", fresh)
        for who in ("neighbour", "other village"):
            ledger.refuses("NotGuardian", "Parties.vetoRecovery", who, party=farmer)


class TestDelay:
    @pytest.fixture
    def tree(self, ledger: Ledger, fresh: Signer) -> int:
        """A tree of the farmer, offered to the firm and accepted, with the farmer's recovery under way."""
        tree = tree_at(ledger, "REGISTERED")
        ledger.act("Trees.offerTransfer", "farmer", tree=tree, to=ledger.ids["firm"])
        ledger.act("Trees.acceptTransfer", "firm", tree=tree)
        support(ledger, "bank", fresh)
        support(ledger, "village", fresh)
        return tree

    def test_nothing_is_transferred(self, ledger: Ledger, tree: int) -> None:
        firm, farmer = ledger.ids["firm"], ledger.ids["farmer"]
        for basis in ("AGREEMENT", "COURT_SALE", "SUCCESSION"):
            fields = {"tree": tree, "to": firm, "basis": basis, "receipt": "0x" + "2e" * 32}
            assert ledger.refuses("PartyRecovering", "Trees.recordTransfer", "registry", **fields) == {"party": farmer}
        ledger.refuses("PartyRecovering", "Trees.offerTransfer", "farmer", tree=tree, to=ledger.ids["neighbour"])
        ledger.refuses("PartyRecovering", "Trees.acceptTransfer", "firm", tree=tree)

    def test_an_offer_can_be_withdrawn(self, ledger: Ledger, tree: int) -> None:
        ledger.act("Trees.offerTransfer", "farmer", tree=tree, to=0)

    def test_a_veto_sets_free_again(self, ledger: Ledger, tree: int) -> None:
        ledger.act("Parties.vetoRecovery", "farmer", party=ledger.ids["farmer"])
        fields = {"tree": tree, "to": ledger.ids["firm"], "basis": "AGREEMENT", "receipt": "0x" + "2e" * 32}
        ledger.act("Trees.recordTransfer", "registry", **fields)

    def test_guardians_and_key_stay_as_they_are(self, ledger: Ledger, tree: int, fresh: Signer) -> None:
        three = {each: ledger.ids[each] for each in GUARDIANS}
        under_way = {"party": ledger.ids["farmer"], "newAccount": fresh.address}
        assert ledger.refuses("RecoveryUnderWay", "Parties.appointGuardians", "farmer", **three) == under_way
        values = ledger.refuses("RecoveryUnderWay", "Parties.rotateKey", "farmer", newAccount="0x" + "66" * 20)
        assert values == under_way


class TestAttacks:
    def test_one_stolen_guardian_gets_nowhere(self, ledger: Ledger, fresh: Signer) -> None:
        """The attacker with only the SMS has convinced one guardian. However long it waits, one is not two."""
        support(ledger, "operator", fresh)
        ledger.wait(10 * DELAY)
        ledger.refuses("RecoveryNotDue", "Parties.completeRecovery", fresh, party=ledger.ids["farmer"])
        fields = {"party": ledger.ids["farmer"], "newAccount": fresh.address}
        ledger.refuses("NotGuardian", "Parties.supportRecovery", "operator", **fields)
        assert ledger.view("Parties.party", ledger.ids["farmer"])["account"] == ledger.people["farmer"].address

    def test_one_guardians_key_rotated_is_still_one_guardian(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        again = ledger.keystore.derived("contract test bank's second key")
        ledger.act("Parties.rotateKey", "bank", newAccount=again.address)
        fields = {"party": ledger.ids["farmer"], "newAccount": fresh.address}
        ledger.refuses("NotGuardian", "Parties.supportRecovery", again, **fields)

    def test_a_suspended_guardian_counts_no_more(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        ledger.act("Parties.suspend", "operator", party=ledger.ids["village"])
        fields = {"party": ledger.ids["farmer"], "newAccount": fresh.address}
        ledger.refuses("PartySuspended", "Parties.supportRecovery", "village", **fields)

    def test_supports_before_a_veto_do_not_count_after_it(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        ledger.act("Parties.vetoRecovery", "farmer", party=ledger.ids["farmer"])
        assert support(ledger, "village", fresh)["endsAt"] == 0

    def test_a_thief_cannot_choose_guardians_once_a_recovery_began(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        three = {each: ledger.ids[each] for each in GUARDIANS}
        ledger.refuses("RecoveryUnderWay", "Parties.appointGuardians", "farmer", **three)

    def test_a_thief_who_rotated_the_key_loses_it_all_the_same(self, ledger: Ledger, fresh: Signer) -> None:
        support(ledger, "bank", fresh)
        thief = ledger.keystore.derived("contract test thief")
        ledger.act("Parties.rotateKey", "farmer", newAccount=thief.address)
        support(ledger, "village", fresh)
        ledger.wait(DELAY)
        ledger.act("Parties.completeRecovery", fresh, party=ledger.ids["farmer"])
        ledger.refuses("KeyRetired", "Evidence.anchor", thief, root="0x" + "ab" * 32, count=1, scheme=1)
