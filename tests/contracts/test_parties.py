"""Parties: enrolment, roles, status, keys, guardians, stops. Recovery has `test_recovery.py`."""

from __future__ import annotations

from typing import Any

import pytest

from chain.vocabulary import ROLES, role_bits
from tests.contracts.ledger import NO_HASH, NOBODY, Ledger, event

NEW_KEY = "0x" + "ab" * 20
IDENTITY = "0x" + "1d" * 32


def party(ledger: Ledger, who: str) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Parties.party", ledger.ids[who])
    return answer


class TestEnrol:
    def test_gives_the_next_id_and_lets_act_at_once(self, ledger: Ledger) -> None:
        number = ledger.view("Parties.partyCount") + 1
        roles = role_bits("FARMER", "FIRM")
        events = ledger.act("Parties.enrol", "operator", account=NEW_KEY, roles=roles, identity=IDENTITY)
        assert events == [event("Parties.PartyEnrolled", party=number, account=NEW_KEY, roles=roles, identity=IDENTITY)]
        assert ledger.view("Parties.party", number) == {
            "account": NEW_KEY,
            "roles": roles,
            "status": "ACTIVE",
            "keyEpoch": 0,
            "recovering": False,
            "identity": IDENTITY,
        }
        assert ledger.view("Parties.partyOf", NEW_KEY) == number == ledger.view("Parties.partyCount")

    @pytest.mark.parametrize("roles", [0, 1 << len(ROLES), 2**32 - 1])
    def test_with_roles_that_do_not_exist(self, ledger: Ledger, roles: int) -> None:
        fields = {"account": NEW_KEY, "roles": roles, "identity": IDENTITY}
        assert ledger.refuses("RolesUnknown", "Parties.enrol", "operator", **fields) == {"roles": roles}

    def test_of_an_account_that_is_taken(self, ledger: Ledger) -> None:
        farmer = ledger.people["farmer"].address
        fields = {"account": farmer, "roles": 1, "identity": IDENTITY}
        values = ledger.refuses("AccountTaken", "Parties.enrol", "operator", **fields)
        assert values == {"account": farmer, "party": ledger.ids["farmer"]}

    def test_of_an_account_that_was_replaced(self, ledger: Ledger) -> None:
        ledger.act("Parties.rotateKey", "farmer", newAccount=NEW_KEY)
        fields = {"account": ledger.people["farmer"].address, "roles": 1, "identity": IDENTITY}
        ledger.refuses("AccountTaken", "Parties.enrol", "operator", **fields)

    def test_of_nobody(self, ledger: Ledger) -> None:
        ledger.refuses("AccountMissing", "Parties.enrol", "operator", account=NOBODY, roles=1, identity=IDENTITY)


class TestAssignRoles:
    def test_replaces_the_whole_set(self, ledger: Ledger) -> None:
        farmer = ledger.ids["farmer"]
        events = ledger.act("Parties.assignRoles", "operator", party=farmer, roles=role_bits("BANK"))
        assert events == [event("Parties.RolesAssigned", party=farmer, roles=role_bits("BANK"))]
        assert party(ledger, "farmer")["roles"] == role_bits("BANK")
        ledger.refuses("RoleMissing", "Trees.survey", "farmer", **_survey())

    def test_that_do_not_exist(self, ledger: Ledger) -> None:
        ledger.refuses("RolesUnknown", "Parties.assignRoles", "operator", party=1, roles=0)

    @pytest.mark.parametrize("number", [0, 999])
    def test_of_no_party(self, ledger: Ledger, number: int) -> None:
        values = ledger.refuses("NoSuchParty", "Parties.assignRoles", "operator", party=number, roles=1)
        assert values == {"party": number}


STATUS_ACTS = {"suspend": "SUSPENDED", "reinstate": "ACTIVE", "revoke": "REVOKED"}


class TestStatus:
    @pytest.mark.parametrize(
        ("before", "function", "after"),
        [
            ([], "suspend", "SUSPENDED"),
            ([], "reinstate", None),
            ([], "revoke", "REVOKED"),
            (["suspend"], "suspend", None),
            (["suspend"], "reinstate", "ACTIVE"),
            (["suspend"], "revoke", "REVOKED"),
            (["revoke"], "suspend", None),
            (["revoke"], "reinstate", None),
            (["revoke"], "revoke", None),
        ],
    )
    def test_moves_only_so(self, ledger: Ledger, before: list[str], function: str, after: str | None) -> None:
        farmer = ledger.ids["farmer"]
        for step in before:
            ledger.act(f"Parties.{step}", "operator", party=farmer)
        present = party(ledger, "farmer")
        if after is None:
            values = ledger.refuses("StatusUnchanged", f"Parties.{function}", "operator", party=farmer)
            assert values == {"party": farmer, "status": present["status"]}
            return
        events = ledger.act(f"Parties.{function}", "operator", party=farmer)
        assert events == [event("Parties.StatusChanged", party=farmer, status=after, evidence=ledger.evidence)]
        assert party(ledger, "farmer") == present | {"status": after}

    @pytest.mark.parametrize("function", STATUS_ACTS)
    def test_needs_live_evidence(self, ledger: Ledger, function: str) -> None:
        farmer = ledger.ids["farmer"]
        if function == "reinstate":
            ledger.act("Parties.suspend", "operator", party=farmer)
        key = f"Parties.{function}"
        assert ledger.refuses("EvidenceUnknown", key, "operator", party=farmer, evidence=NO_HASH) == {
            "evidence": NO_HASH
        }
        ledger.act("Evidence.revokeRoot", "notary", reason="filed in error")
        ledger.refuses("EvidenceIsRevoked", key, "operator", party=farmer)

    @pytest.mark.parametrize("function", STATUS_ACTS)
    def test_of_no_party(self, ledger: Ledger, function: str) -> None:
        ledger.refuses("NoSuchParty", f"Parties.{function}", "operator", party=0)

    def test_reinstated_acts_again(self, ledger: Ledger) -> None:
        for function in ("suspend", "reinstate"):
            ledger.act(f"Parties.{function}", "operator", party=ledger.ids["farmer"])
        ledger.anchor("farmer", "0x" + "ab" * 32)

    def test_what_was_signed_before_a_suspension_does_not_arrive_after_it(self, ledger: Ledger) -> None:
        signed = ledger.sign("Evidence.anchor", "farmer", root="0x" + "ab" * 32, count=1, scheme=1)
        ledger.act("Parties.suspend", "operator", party=ledger.ids["farmer"])
        ledger.refuses_signed("PartySuspended", signed)

    def test_what_was_accepted_before_a_suspension_stands(self, ledger: Ledger) -> None:
        ledger.act("Parties.revoke", "operator", party=ledger.ids["notary"])
        ledger.view("Evidence.requireLive", ledger.evidence)


class TestRotateKey:
    def test_moves_the_seat_and_kills_the_old_key(self, ledger: Ledger) -> None:
        before, old = party(ledger, "farmer"), ledger.people["farmer"]
        fresh = ledger.keystore.derived("contract test farmer's second key")
        events = ledger.act("Parties.rotateKey", "farmer", newAccount=fresh.address)
        farmer = ledger.ids["farmer"]
        assert events == [
            event("Parties.KeyReplaced", party=farmer, account=fresh.address, previous=old.address, keyEpoch=1)
        ]
        assert party(ledger, "farmer") == before | {"account": fresh.address, "keyEpoch": 1}
        assert ledger.view("Parties.partyOf", old.address) == ledger.view("Parties.partyOf", fresh.address) == farmer
        ledger.refuses("KeyRetired", "Evidence.anchor", old, root="0x" + "ab" * 32, count=1, scheme=1)
        (anchored,) = ledger.act("Evidence.anchor", fresh, root="0x" + "ab" * 32, count=1, scheme=1)
        assert anchored.args["attester"] == farmer

    def test_never_back_to_a_key_that_was_replaced(self, ledger: Ledger) -> None:
        old, fresh = ledger.people["farmer"], ledger.keystore.derived("contract test farmer's second key")
        ledger.act("Parties.rotateKey", "farmer", newAccount=fresh.address)
        for account in (old.address, fresh.address):
            ledger.refuses("AccountTaken", "Parties.rotateKey", fresh, newAccount=account)

    def test_to_nobody_or_somebody(self, ledger: Ledger) -> None:
        ledger.refuses("AccountMissing", "Parties.rotateKey", "farmer", newAccount=NOBODY)
        firm = ledger.people["firm"].address
        ledger.refuses("AccountTaken", "Parties.rotateKey", "farmer", newAccount=firm)

    def test_the_operators_rights_stay_behind_and_are_dead(self, ledger: Ledger) -> None:
        """The manager grants rights to accounts; it must grant them to the new one. The old one has them no more."""
        fresh = ledger.keystore.derived("contract test operator's second key")
        ledger.act("Parties.rotateKey", "operator", newAccount=fresh.address)
        fields = {"account": NEW_KEY, "roles": 1, "identity": IDENTITY}
        ledger.refuses("KeyRetired", "Parties.enrol", "operator", **fields)
        ledger.refuses("NotAuthorized", "Parties.enrol", fresh, **fields)


class TestAppointGuardians:
    def test_of_three_fit_parties(self, ledger: Ledger) -> None:
        three = {each: ledger.ids[each] for each in ("bank", "village", "operator")}
        events = ledger.act("Parties.appointGuardians", "farmer", **three)
        assert events == [event("Parties.GuardiansAppointed", party=ledger.ids["farmer"], **three)]
        assert ledger.view("Parties.guardians", ledger.ids["farmer"]) == three

    @pytest.mark.parametrize("seat", ["bank", "village", "operator"])
    def test_of_one_without_the_role(self, ledger: Ledger, seat: str) -> None:
        three = {each: ledger.ids[each] for each in ("bank", "village", "operator")} | {seat: ledger.ids["court"]}
        values = ledger.refuses("GuardianUnfit", "Parties.appointGuardians", "farmer", **three)
        assert values == {"party": ledger.ids["court"], "needed": role_bits(seat.upper())}

    @pytest.mark.parametrize("status", ["suspend", "revoke"])
    def test_of_one_who_cannot_act(self, ledger: Ledger, status: str) -> None:
        ledger.act(f"Parties.{status}", "operator", party=ledger.ids["village"])
        three = {each: ledger.ids[each] for each in ("bank", "village", "operator")}
        ledger.refuses("GuardianUnfit", "Parties.appointGuardians", "farmer", **three)

    @pytest.mark.parametrize("seats", [("bank", "village"), ("village", "operator"), ("operator", "bank")])
    def test_of_one_in_two_seats(self, ledger: Ledger, seats: tuple[str, str]) -> None:
        """Two supports of one guardian would not come together, and two seats of one are no second opinion."""
        three = {each: ledger.ids[each] for each in ("bank", "village", "operator")}
        both = ledger.enrol("both", *(seat.upper() for seat in seats))
        ledger.refuses("GuardianUnfit", "Parties.appointGuardians", "farmer", **(three | dict.fromkeys(seats, both)))

    @pytest.mark.parametrize("seat", ["bank", "village", "operator"])
    def test_of_oneself(self, ledger: Ledger, seat: str) -> None:
        other = ledger.enrol("other", seat.upper())
        three = {each: ledger.ids[each] for each in ("bank", "village", "operator")}
        ledger.act("Parties.appointGuardians", seat, **(three | {seat: other}))
        ledger.refuses("GuardianUnfit", "Parties.appointGuardians", seat, **three)

    def test_of_no_party(self, ledger: Ledger) -> None:
        ledger.refuses("NoSuchParty", "Parties.appointGuardians", "farmer", bank=0, village=0, operator=0)


class TestStopDomain:
    def test_refuses_its_acts_until_resumed(self, ledger: Ledger) -> None:
        domain = ledger.deployment.address("Evidence")
        for function, stopped in (("stopDomain", True), ("resumeDomain", False)):
            events = ledger.act(f"Parties.{function}", "operator", domain=domain)
            assert events == [event("Parties.DomainStopped", domain=domain, stopped=stopped)]
            assert ledger.view("Parties.stopped", domain) is stopped
            if stopped:
                values = ledger.refuses(
                    "DomainIsStopped", "Evidence.anchor", "farmer", root="0x" + "ab" * 32, count=1, scheme=1
                )
                assert values == {"domain": domain}
            else:
                ledger.anchor("farmer", "0x" + "ab" * 32)

    def test_of_one_leaves_the_others_alone(self, ledger: Ledger) -> None:
        ledger.act("Parties.stopDomain", "operator", domain=ledger.deployment.address("Trees"))
        ledger.anchor("farmer", "0x" + "ab" * 32)


class TestReads:
    def test_of_no_party(self, ledger: Ledger) -> None:
        for number in (0, 999):
            to, call, _ = ledger.encoded("Parties.party", number)
            assert ledger.refuses_call("NoSuchParty", to, call) == {"party": number}
        assert ledger.view("Parties.partyOf", ledger.people["stranger"].address) == 0

    def test_the_gate_names_the_party_or_the_reason(self, ledger: Ledger) -> None:
        farmer, account = ledger.ids["farmer"], ledger.people["farmer"].address
        assert ledger.view("Parties.requireActor", account, 0) == farmer
        assert ledger.view("Parties.requireActor", account, role_bits("FARMER", "BANK")) == farmer
        to, call, _ = ledger.encoded("Parties.requireActor", account, role_bits("BANK"))
        assert ledger.refuses_call("RoleMissing", to, call) == {
            "party": farmer,
            "roles": role_bits("FARMER"),
            "needed": role_bits("BANK"),
        }


def _survey() -> dict[str, Any]:
    return {
        "tree": 1,
        "girthCm": 1,
        "heightCm": 1,
        "crownACm": 1,
        "crownBCm": 1,
        "health": "A",
        "accuracyCm": 1,
        "attributes": "0x" + "aa" * 32,
    }
