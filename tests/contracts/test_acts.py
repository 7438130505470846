"""Authorization, the same for every act of every contract: signed by whom, for what and where, until when, once."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.acts import SignedAct
from chain.artifacts import BUSINESS_CONTRACTS, artifact
from chain.signers import Signer
from chain.typed_data import Act, act_type
from tests.contracts.ledger import DAY, HOUR, Ledger, event
from tests.contracts.messages import ACTS, CANCELS, OPEN, RIGHTS, emptiest, messages

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
AUTHORIZATION_ERRORS = {"SignatureInvalid", "SignatureMalleable", "ActExpired", "ActReplayed"}
SAFE_WHILE_STOPPED = {f"Parties.{one}" for one in ("suspend", "revoke", "vetoRecovery", "stopDomain", "resumeDomain")}

every_act = pytest.mark.parametrize("key", ACTS)
gated_act = pytest.mark.parametrize("key", sorted(set(ACTS) - OPEN))
stoppable_act = pytest.mark.parametrize("key", sorted(set(ACTS) - CANCELS))


def test_the_acts_are_these() -> None:
    """A guard for every test below that runs over `ACTS`."""
    counts = {name: sum(key.startswith(f"{name}.") for key in ACTS) for name in BUSINESS_CONTRACTS}
    assert all(count > 1 for count in counts.values())
    stateful = {
        f"{name}.{entry['name']}"
        for name in BUSINESS_CONTRACTS
        for entry in artifact(name).entries("function")
        if entry["stateMutability"] in ("nonpayable", "payable")
    }
    assert stateful <= set(ACTS), "a function that changes state is no act"


class TestSignature:
    @every_act
    def test_a_good_one_is_never_called_bad(self, ledger: Ledger, key: str) -> None:
        """The type hashes written in Solidity agree with the types derived from the ABI, for random messages."""
        kind = act_type(key)

        @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(messages(kind), st.integers(0, 2**256 - 1), st.integers(ledger.now, 2**256 - 1))
        def check(message: dict[str, Any], nonce: int, deadline: int) -> None:
            signed = ledger.sign(key, "farmer", auth={"nonce": nonce, "deadline": deadline}, **message)
            refused = ledger.attempt(ledger.deployment.address(kind.contract), signed.calldata)
            assert refused is None or refused.code not in AUTHORIZATION_ERRORS | {"ActMalformed"}
            if key in CANCELS:
                assert refused is None
            # And a wallet that only knows the published JSON signs the same digest.
            wallet = encode_typed_data(full_message=signed.act.typed_data(signed.domain))
            assert "0x" + keccak(b"\x19" + wallet.version + wallet.header + wallet.body).hex() == signed.id

        check()

    def test_of_a_wallet_that_only_knows_the_published_json(self, ledger: Ledger) -> None:
        kind = act_type("Evidence.anchor")
        wallet = Account.from_key(keccak(text="chaqi development key contract test farmer"))
        message = kind.read({"root": "0x" + "ab" * 32, "count": 7, "scheme": 1})
        act = Act(kind, message, wallet.address.lower(), 2**255, ledger.now)
        domain = ledger.deployment.domains["Evidence"]
        signature = bytes(wallet.sign_typed_data(full_message=act.typed_data(domain)).signature)
        anchored = ledger.relay(SignedAct(act, domain, signature)).events[1]
        assert anchored.args["attester"] == ledger.ids["farmer"]

    @every_act
    def test_of_somebody_else(self, ledger: Ledger, key: str) -> None:
        message = emptiest(act_type(key))
        values = ledger.refuses(
            "SignatureInvalid", key, "stranger", auth={"signer": ledger.people["farmer"].address}, **message
        )
        assert values["signer"] == ledger.people["farmer"].address

    @every_act
    def test_over_another_message(self, ledger: Ledger, key: str) -> None:
        signed = ledger.sign(key, "farmer", **emptiest(act_type(key)))
        for name, kind in ((field.name, field.type) for field in signed.act.type.fields):
            other = signed.act.message | {name: _other(signed.act.message[name], kind)}
            act = Act(signed.act.type, other, signed.act.signer, signed.act.nonce, signed.act.deadline)
            ledger.refuses_signed("SignatureInvalid", SignedAct(act, signed.domain, signed.signature))
        for nonce, deadline in ((1, 0), (0, 1)):
            moved = Act(
                signed.act.type,
                signed.act.message,
                signed.act.signer,
                signed.act.nonce + nonce,
                signed.act.deadline + deadline,
            )
            ledger.refuses_signed("SignatureInvalid", SignedAct(moved, signed.domain, signed.signature))

    @every_act
    def test_malleable(self, ledger: Ledger, key: str) -> None:
        signed = ledger.sign(key, "farmer", **emptiest(act_type(key)))
        high = CURVE_ORDER - int.from_bytes(signed.signature[32:64], "big")
        twin = signed.signature[:32] + high.to_bytes(32, "big") + bytes([55 - signed.signature[64]])
        values = ledger.refuses_signed("SignatureMalleable", SignedAct(signed.act, signed.domain, twin))
        assert values == {"s": "0x" + f"{high:064x}"}

    @every_act
    def test_for_another_chain(self, ledger: Ledger, key: str) -> None:
        signed = ledger.sign(key, "farmer", chain_id=1, **emptiest(act_type(key)))
        own = ledger.deployment.domains[signed.act.type.contract]
        values = ledger.refuses_signed("SignatureInvalid", signed)
        assert values["act"] == "0x" + signed.act.digest(own).hex() != signed.id

    @every_act
    def test_for_another_contract(self, ledger: Ledger, key: str) -> None:
        other = BUSINESS_CONTRACTS[BUSINESS_CONTRACTS.index(key.split(".")[0]) - 1]
        signed = ledger.sign(key, "farmer", contract=other, **emptiest(act_type(key)))
        ledger.refuses_signed("SignatureInvalid", signed)

    def test_for_another_deployment_of_the_same_contract(self, ledger: Ledger) -> None:
        """An act for the old version is nothing to the new one."""
        code = bytes.fromhex(artifact("Evidence").bytecode[2:])
        parties = bytes.fromhex(ledger.deployment.address("Parties")[2:]).rjust(32, b"\0")
        newer = ledger.create(code + parties, ledger.people["stranger"])
        signed = ledger.sign("Evidence.anchor", "farmer", root="0x" + "ab" * 32, count=1, scheme=1)
        ledger.relay(signed)
        ledger.refuses_call("SignatureInvalid", newer, signed.calldata)

    @pytest.mark.parametrize(
        "signature",
        [b"", bytes(64), bytes(65), bytes(66), b"\x01" * 65, b"\xff" * 32 + bytes(32) + b"\x1b"],
        ids=["empty", "64 bytes", "zeros", "66 bytes", "ones", "r beyond the curve"],
    )
    def test_that_is_none(self, ledger: Ledger, signature: bytes) -> None:
        ledger.refuses(
            "SignatureInvalid",
            "Evidence.anchor",
            "farmer",
            signature=signature,
            root="0x11" + "00" * 31,
            count=1,
            scheme=1,
        )

    def test_with_v_of_0_or_1_or_compact(self, ledger: Ledger) -> None:
        """One signature, one form: EIP-2098 and bare recovery ids would be second forms of the same."""
        signed = ledger.sign("Evidence.anchor", "farmer", root="0x" + "ab" * 32, count=1, scheme=1)
        r, s, v = signed.signature[:32], signed.signature[32:64], signed.signature[64]
        compact = r + (int.from_bytes(s, "big") | (v - 27) << 255).to_bytes(32, "big")
        for form in (r + s + bytes([v - 27]), compact):
            ledger.refuses_signed("SignatureInvalid", SignedAct(signed.act, signed.domain, form))

    def test_of_the_zero_account(self, ledger: Ledger) -> None:
        """A failed recovery yields the zero account; it must not be taken for it."""
        fields = {"root": "0x" + "ab" * 32, "count": 1, "scheme": 1}
        for signature in (b"", bytes(65), bytes(64) + b"\x1b"):
            ledger.refuses(
                "SignatureInvalid",
                "Evidence.anchor",
                "farmer",
                auth={"signer": "0x" + "00" * 20},
                signature=signature,
                **fields,
            )

    def test_a_refused_act_leaves_nothing_behind(self, ledger: Ledger) -> None:
        signed = ledger.sign("Evidence.anchor", "stranger", root="0x" + "ab" * 32, count=1, scheme=1)
        before = ledger.view("Evidence.evidenceCount")
        with pytest.raises(Exception, match="is not a party"):
            ledger.relay(signed)
        assert ledger.view("Evidence.evidenceCount") == before
        assert not ledger.view("Evidence.nonceUsed", signed.act.signer, signed.act.nonce)


class TestDeadline:
    @every_act
    def test_is_the_last_second(self, ledger: Ledger, key: str) -> None:
        message = emptiest(act_type(key))
        values = ledger.refuses("ActExpired", key, "farmer", auth={"deadline": ledger.now - 1}, **message)
        assert values == {"deadline": ledger.now - 1, "blockTime": ledger.now}
        signed = ledger.sign(key, "farmer", auth={"deadline": ledger.now}, **message)
        refused = ledger.attempt(ledger.deployment.address(signed.act.type.contract), signed.calldata)
        assert refused is None or refused.code != "ActExpired"


class TestNonce:
    @every_act
    def test_is_used_once(self, ledger: Ledger, key: str) -> None:
        contract = key.split(".")[0]
        signed = ledger.sign(key, "farmer", **emptiest(act_type(key)))
        ledger.act(f"{contract}.cancel", "farmer", act=signed.id, auth={"nonce": signed.act.nonce})
        assert ledger.view(f"{contract}.nonceUsed", signed.act.signer, signed.act.nonce)
        values = ledger.refuses_signed("ActReplayed", signed)
        assert values == {"signer": signed.act.signer, "nonce": signed.act.nonce}

    def test_an_accepted_act_cannot_be_sent_again_by_anybody(self, ledger: Ledger) -> None:
        signed = ledger.sign("Evidence.anchor", "farmer", root="0x" + "ab" * 32, count=1, scheme=1)
        ledger.relay(signed)
        for sender in (ledger.relayer, ledger.people["stranger"], ledger.people["farmer"]):
            ledger.refuses_signed("ActReplayed", signed, sender)
        ledger.wait(HOUR)
        ledger.refuses_signed("ActExpired", signed)

    def test_order_does_not_matter_and_neighbours_are_apart(self, ledger: Ledger) -> None:
        """One bit each: of 0, 255, 256 and the last none stands for another."""
        order = [256, 0, 2**256 - 1, 255, 257, 1]
        for place, nonce in enumerate(order):
            ledger.act(
                "Evidence.anchor",
                "farmer",
                root=place.to_bytes(31, "big").rjust(32, b"\1"),
                count=1,
                scheme=1,
                auth={"nonce": nonce},
            )
            farmer = ledger.people["farmer"].address
            assert {one for one in [*order, 2, 254, 258, 511] if ledger.view("Evidence.nonceUsed", farmer, one)} == set(
                order[: place + 1]
            )

    def test_is_the_signers_own_in_each_contract(self, ledger: Ledger) -> None:
        for who in ("farmer", "firm"):
            ledger.act("Evidence.cancel", who, act="0x" + "00" * 32, auth={"nonce": 7})
        ledger.act("Trees.cancel", "farmer", act="0x" + "00" * 32, auth={"nonce": 7})


class TestCancel:
    def test_is_an_act_with_no_other_event(self, ledger: Ledger) -> None:
        assert ledger.act("Trees.cancel", "farmer", act="0x" + "ab" * 32) == []

    def test_works_while_the_contract_is_stopped(self, ledger: Ledger) -> None:
        for contract in BUSINESS_CONTRACTS:
            ledger.act("Parties.stopDomain", "operator", domain=ledger.deployment.address(contract))
            ledger.act(f"{contract}.cancel", "farmer", act="0x" + "ab" * 32)

    def test_is_the_signers_alone(self, ledger: Ledger) -> None:
        signed = ledger.sign("Evidence.anchor", "farmer", root="0x" + "ab" * 32, count=1, scheme=1)
        ledger.refuses(
            "SignatureInvalid",
            "Evidence.cancel",
            "firm",
            act=signed.id,
            auth={"signer": signed.act.signer, "nonce": signed.act.nonce},
        )
        ledger.act("Evidence.cancel", "firm", act=signed.id, auth={"nonce": signed.act.nonce})
        ledger.relay(signed)


class TestSigner:
    @gated_act
    def test_who_is_no_party(self, ledger: Ledger, key: str) -> None:
        message = emptiest(act_type(key))
        stranger = ledger.people["stranger"].address
        if key in RIGHTS:
            values = ledger.refuses("NotAuthorized", key, "stranger", **message)
            assert values == {"signer": stranger, "selector": "0x" + act_type(key).selector.hex()}
        else:
            assert ledger.refuses("PartyUnknown", key, "stranger", **message) == {"account": stranger}

    @pytest.mark.parametrize("key", sorted(RIGHTS))
    def test_who_is_a_party_without_the_right(self, ledger: Ledger, key: str) -> None:
        ledger.refuses("NotAuthorized", key, "regulator", **emptiest(act_type(key)))

    @gated_act
    def test_who_is_suspended(self, ledger: Ledger, key: str) -> None:
        who = "operator" if key in RIGHTS else "farmer"
        ledger.act("Parties.suspend", "operator", party=ledger.ids[who])
        assert ledger.refuses("PartySuspended", key, who, **emptiest(act_type(key))) == {"party": ledger.ids[who]}

    @gated_act
    def test_who_is_revoked(self, ledger: Ledger, key: str) -> None:
        who = "operator" if key in RIGHTS else "farmer"
        ledger.act("Parties.revoke", "operator", party=ledger.ids[who])
        assert ledger.refuses("PartyRevoked", key, who, **emptiest(act_type(key))) == {"party": ledger.ids[who]}

    @gated_act
    def test_whose_key_was_replaced(self, ledger: Ledger, key: str) -> None:
        """Also the operator's: the rights that the manager still has on the old account are worth nothing here."""
        who = "operator" if key in RIGHTS else "farmer"
        ledger.act("Parties.rotateKey", who, newAccount="0x" + "ab" * 20)
        values = ledger.refuses("KeyRetired", key, who, **emptiest(act_type(key)))
        assert values == {"account": ledger.people[who].address, "party": ledger.ids[who]}

    @stoppable_act
    def test_while_the_contract_is_stopped(self, ledger: Ledger, key: str) -> None:
        domain = ledger.deployment.address(key.split(".")[0])
        ledger.act("Parties.stopDomain", "operator", domain=domain)
        if key in SAFE_WHILE_STOPPED:
            signed = ledger.sign(key, "operator", **emptiest(act_type(key)))
            refused = ledger.attempt(domain, signed.calldata)
            assert refused is None or refused.code != "DomainIsStopped"
        else:
            assert ledger.refuses("DomainIsStopped", key, "operator", **emptiest(act_type(key))) == {"domain": domain}
        ledger.act("Parties.resumeDomain", "operator", domain=domain)
        signed = ledger.sign(key, "operator", **emptiest(act_type(key)))
        refused = ledger.attempt(domain, signed.calldata)
        assert refused is None or refused.code != "DomainIsStopped"


class TestSender:
    def test_may_be_the_signer_itself_without_a_signature(self, ledger: Ledger) -> None:
        signed = ledger.sign("Evidence.anchor", "farmer", root="0x" + "ab" * 32, count=1, scheme=1)
        bare = SignedAct(signed.act, signed.domain, b"")
        ledger.refuses_signed("SignatureInvalid", bare, ledger.people["firm"])
        ledger.relay(bare, ledger.people["farmer"])
        ledger.refuses_signed("ActReplayed", bare, ledger.people["farmer"])

    def test_that_is_the_signer_is_not_excused_from_a_wrong_signature(self, ledger: Ledger) -> None:
        signed = ledger.sign("Evidence.anchor", "farmer", root="0x" + "ab" * 32, count=1, scheme=1)
        forged = SignedAct(signed.act, signed.domain, bytes(65))
        ledger.refuses_signed("SignatureInvalid", forged, ledger.people["farmer"])

    def test_may_be_anybody(self, ledger: Ledger) -> None:
        for number, sender in enumerate(("stranger", "firm", "farmer")):
            signed = ledger.sign("Evidence.anchor", "farmer", root=bytes([number + 1]).rjust(32), count=1, scheme=1)
            ledger.relay(signed, ledger.people[sender])


class TestCalldata:
    @pytest.mark.parametrize(
        ("key", "place", "word"),
        [
            ("Evidence.anchor", 1, 2**32),  # count beyond uint32
            ("Trees.lift", 1, 3),  # no such restraint
            ("Trees.concludeDeathReport", 1, 5),  # no such life
            ("Trees.resolveObjection", 1, 2),  # neither true nor false
            ("Parties.rotateKey", 0, 2**160),  # dirt above an address
            ("Parties.suspend", 0, 2**64 + 3),  # dirt above a party id
        ],
    )
    def test_outside_its_type_is_refused(self, ledger: Ledger, key: str, place: int, word: int) -> None:
        """Otherwise one signature would stand for several calls."""
        call = bytearray(ledger.sign(key, "operator", **emptiest(act_type(key))).calldata)
        call[4 + 32 * place : 36 + 32 * place] = word.to_bytes(32, "big")
        ledger.refuses_call("ActMalformed", ledger.deployment.address(key.split(".")[0]), bytes(call))


class TestContractWallet:
    """ERC-1271: a company's multisig signs like a key."""

    @pytest.fixture
    def owner(self, ledger: Ledger) -> Signer:
        return ledger.keystore.derived("contract test wallet owner")

    def _wallet(self, ledger: Ledger, code: bytes, owner: Signer, mood: int = 0) -> str:
        arguments = bytes.fromhex(owner.address[2:]).rjust(32, b"\0") + mood.to_bytes(32, "big")
        account = ledger.create(code + arguments, owner)
        ledger.enrol("company", "FIRM", account=account)
        return account

    def test_signs_by_its_owner(self, ledger: Ledger, wallet_code: bytes, owner: Signer) -> None:
        account = self._wallet(ledger, wallet_code, owner)
        signed = ledger.sign(
            "Evidence.anchor", owner, root="0x" + "ab" * 32, count=1, scheme=1, auth={"signer": account}
        )
        anchored = ledger.relay(signed).events[1]
        assert anchored.args["attester"] == ledger.ids["company"]
        ledger.refuses_signed("ActReplayed", signed)

    def test_is_not_its_owner(self, ledger: Ledger, wallet_code: bytes, owner: Signer) -> None:
        self._wallet(ledger, wallet_code, owner)
        ledger.refuses("PartyUnknown", "Evidence.anchor", owner, root="0x" + "ab" * 32, count=1, scheme=1)

    def test_is_nobody_elses(self, ledger: Ledger, wallet_code: bytes, owner: Signer) -> None:
        account = self._wallet(ledger, wallet_code, owner)
        for signature in (None, bytes(65), b""):
            ledger.refuses(
                "SignatureInvalid",
                "Evidence.anchor",
                "farmer",
                signature=signature,
                root="0x" + "ab" * 32,
                count=1,
                scheme=1,
                auth={"signer": account},
            )

    @pytest.mark.parametrize("mood", [1, 2, 3], ids=["wrong answer", "silent", "failing"])
    def test_that_does_not_say_yes_says_no(self, ledger: Ledger, wallet_code: bytes, owner: Signer, mood: int) -> None:
        account = self._wallet(ledger, wallet_code, owner, mood)
        ledger.refuses(
            "SignatureInvalid",
            "Evidence.anchor",
            owner,
            root="0x" + "ab" * 32,
            count=1,
            scheme=1,
            auth={"signer": account},
        )

    def test_a_contract_that_is_no_wallet(self, ledger: Ledger) -> None:
        ledger.refuses(
            "SignatureInvalid",
            "Evidence.anchor",
            "farmer",
            root="0x" + "ab" * 32,
            count=1,
            scheme=1,
            auth={"signer": ledger.deployment.address("Directory")},
        )

    def test_sends_its_own_acts_without_a_signature(self, ledger: Ledger, wallet_code: bytes, owner: Signer) -> None:
        account = self._wallet(ledger, wallet_code, owner)
        signed = ledger.sign(
            "Evidence.anchor", owner, root="0x" + "ab" * 32, count=1, scheme=1, auth={"signer": account}
        )
        inner = SignedAct(signed.act, signed.domain, b"").calldata
        target = bytes.fromhex(signed.domain.address[2:]).rjust(32, b"\0")
        padded = inner + bytes(-len(inner) % 32)
        call = keccak(text="send(address,bytes)")[:4] + target + (64).to_bytes(32, "big")
        call += len(inner).to_bytes(32, "big") + padded
        acted, anchored = ledger.send(account, call, owner).events
        assert acted.args["caller"] == acted.args["signer"] == account
        assert anchored.args["attester"] == ledger.ids["company"]


class TestRightWithDelay:
    """Stop is immediate, grant is delayed: a right that is held with a delay comes through the AccessManager."""

    ENROLLER = 1
    ENROLMENT: ClassVar[dict[str, Any]] = {"account": "0x" + "ab" * 20, "roles": 1, "identity": "0x" + "cd" * 32}

    def _execute(self, ledger: Ledger, signed: SignedAct) -> tuple[str, bytes]:
        parties = ledger.deployment.address("Parties")
        to, call, _ = ledger.encoded("AccessManager.execute", parties, signed.calldata)
        return to, call

    def test_is_exercised_by_schedule_and_execute(self, ledger: Ledger) -> None:
        operator, agri = ledger.people["operator"], ledger.people["agri"]
        manager, grant, _ = ledger.encoded("AccessManager.grantRole", self.ENROLLER, agri.address, DAY)
        ledger.refuses_call("AccessManagerNotScheduled", manager, grant, operator)
        ledger.call("AccessManager.schedule", manager, grant, 0, sender=operator)
        ledger.wait(DAY)
        ledger.send(manager, grant, operator)

        signed = ledger.sign("Parties.enrol", agri, auth={"deadline": 2**40}, **self.ENROLMENT)
        ledger.refuses_signed("NotAuthorized", signed)
        ledger.refuses_signed("NotAuthorized", signed, agri)
        ledger.refuses_call("AccessManagerNotScheduled", *self._execute(ledger, signed), agri)
        ledger.call("AccessManager.schedule", ledger.deployment.address("Parties"), signed.calldata, 0, sender=agri)
        ledger.wait(DAY - 2)
        ledger.refuses_call("AccessManagerNotReady", *self._execute(ledger, signed), agri)
        ledger.wait(1)
        _, acted, enrolled = ledger.send(*self._execute(ledger, signed), agri).events
        assert (acted.args["signer"], acted.args["caller"]) == (agri.address, manager)
        assert enrolled == event("Parties.PartyEnrolled", party=ledger.view("Parties.partyCount"), **self.ENROLMENT)

    def test_is_not_exercised_in_the_managers_name(self, ledger: Ledger) -> None:
        """Who enrols is told by the event; nobody hides behind the manager."""
        operator, manager = ledger.people["operator"], ledger.deployment.address("AccessManager")
        signed = ledger.sign("Parties.enrol", operator, auth={"signer": manager}, **self.ENROLMENT)
        bare = SignedAct(signed.act, signed.domain, b"")
        ledger.refuses_call("NotAuthorized", *self._execute(ledger, bare), operator)
        ledger.refuses_signed("SignatureInvalid", bare, operator)
        ledger.refuses_signed("SignatureInvalid", signed, operator)

    def test_does_not_outlive_the_key_on_the_way_through_the_manager(self, ledger: Ledger) -> None:
        operator, fresh = ledger.people["operator"], ledger.keystore.derived("contract test operator's second key")
        ledger.act("Parties.rotateKey", operator, newAccount=fresh.address)
        for who, error in ((operator, "KeyRetired"), (fresh, "NotAuthorized"), ("stranger", "NotAuthorized")):
            signed = ledger.sign("Parties.enrol", who, **self.ENROLMENT)
            refused = ledger.attempt(*self._execute(ledger, signed), operator)
            assert refused is not None and refused.code == error


def _other(value: Any, kind: str = "") -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, tuple):
        return (*value, bytes(32) if kind == "bytes32[]" else 1)
    return value[:-1] + "1" if value.startswith("0x") else value + "x"
