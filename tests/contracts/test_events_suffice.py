"""Law 3: folding the events alone gives exactly what is in storage, after any sequence of acts.

The fold here is written from the interfaces' words alone, so that it can differ from the indexer's.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak

from chain.artifacts import artifact
from chain.refusals import ActRefused
from chain.vocabulary import role_bits
from tests.contracts.groves import CERTIFICATE, FILED_TREE, FILING, SURVEY, tree_id
from tests.contracts.ledger import DAY, HOUR, NO_HASH, NOBODY, Event, Ledger

STEPS = 250
SEEDS = range(3)
TAGS = [f"WALK-{number}" for number in range(4)]
KINDS = ("COURT", "DISPUTE", "COMPLIANCE")

HOUSE = ("Parties", "Evidence", "Trees")
"""What every other domain stands on; the others walk in tests of their own."""

NEVER_EMITTED = {"Approval", "ApprovalForAll", "EIP712DomainChanged"}
"""Events that a standard declares and that contracts without approvals or upgrades never emit."""


class Fold:
    """What the events say."""

    def __init__(self) -> None:
        self.parties: dict[int, dict[str, Any]] = {}
        self.party_of: dict[str, int] = {}
        self.guardians: dict[int, dict[str, int]] = defaultdict(lambda: {"bank": 0, "village": 0, "operator": 0})
        self.recoveries: dict[int, dict[str, Any]] = defaultdict(
            lambda: {"newAccount": NOBODY, "supporters": 0, "endsAt": 0}
        )
        self.stopped: dict[str, bool] = {}
        self.records: dict[str, dict[str, int]] = {}
        self.leaves: dict[tuple[str, str], int] = {}
        self.trees: dict[int, dict[str, Any]] = {}
        self.holds: dict[tuple[int, str], dict[str, int]] = {}
        self.nonces: set[tuple[str, str, int]] = set()
        self.seen: Counter[str] = Counter()

    def take(self, each: Event) -> None:
        self.seen[each.name] += 1
        if each.name == "Acted":
            self.nonces.add((each.contract, each.args["signer"], each.args["nonce"]))
        elif each.name != "Transfer":
            getattr(self, f"_{each.name}")(**each.args)

    def _PartyEnrolled(self, party: int, account: str, roles: int, identity: str) -> None:
        self.parties[party] = {
            "account": account,
            "roles": roles,
            "status": "ACTIVE",
            "keyEpoch": 0,
            "recovering": False,
            "identity": identity,
        }
        self.party_of[account] = party

    def _RolesAssigned(self, party: int, roles: int) -> None:
        self.parties[party]["roles"] = roles

    def _StatusChanged(self, party: int, status: str, evidence: str) -> None:
        self.parties[party]["status"] = status

    def _KeyReplaced(self, party: int, account: str, previous: str, keyEpoch: int) -> None:
        assert self.parties[party]["account"] == previous
        self.parties[party] |= {"account": account, "keyEpoch": keyEpoch}
        self.party_of[account] = party

    def _GuardiansAppointed(self, party: int, **three: int) -> None:
        self.guardians[party] = three

    def _RecoveryChanged(self, party: int, actor: int, evidence: str, **state: Any) -> None:
        self.recoveries[party] = state
        self.parties[party]["recovering"] = state["endsAt"] != 0

    def _DomainStopped(self, domain: str, stopped: bool) -> None:
        self.stopped[domain] = stopped

    def _Anchored(self, evidence: str, root: str, **record: int) -> None:
        assert evidence == "0x" + keccak(encode(["uint64", "bytes32"], [record["attester"], _octets(root)])).hex()
        self.records[evidence] = record | {"revokedAt": 0}

    def _EvidenceRevoked(self, evidence: str, revokedAt: int, **_: Any) -> None:
        self.records[evidence]["revokedAt"] = revokedAt

    def _LeafRevoked(self, evidence: str, leaf: str, revokedAt: int, **_: Any) -> None:
        self.leaves[evidence, leaf] = revokedAt

    def _TreeFiled(self, tree: int, evidence: str, **filing: Any) -> None:
        texts = [filing.pop(name) for name in ("tag", "village", "cultivar", "geoCell")]
        assert tree == tree_id(texts[0])
        card = "0x" + keccak(encode(["string"] * 4, texts)).hex()
        self.trees[tree] = FILED_TREE | filing | {"card": card}

    def _TreeSurveyed(self, tree: int, evidence: str, **survey: Any) -> None:
        self.trees[tree] |= survey

    def _TitleChanged(self, tree: int, actor: int, ground: str, **state: Any) -> None:
        self.trees[tree] |= state

    def _TreeRecognised(self, tree: int, actor: int, evidence: str, **found: Any) -> None:
        self.trees[tree] |= found

    def _RestraintChanged(self, tree: int, kind: str, issuer: int, expiresAt: int, **_: Any) -> None:
        self.holds[tree, kind] = {"issuer": issuer, "expiresAt": expiresAt}
        bit = 1 << KINDS.index(kind)
        self.trees[tree]["holds"] = self.trees[tree]["holds"] & ~bit | (bit if issuer else 0)

    def _LifeChanged(self, tree: int, life: str, **_: Any) -> None:
        self.trees[tree]["life"] = life

    def _TransferOffered(self, tree: int, transferTo: int, transferAccepted: bool, **_: Any) -> None:
        self.trees[tree] |= {"transferTo": transferTo, "transferAccepted": transferAccepted}

    def _TitleTransferred(self, tree: int, owner: int, previous: int, **_: Any) -> None:
        assert self.trees[tree]["owner"] == previous
        self.trees[tree]["owner"] = owner


def history(ledger: Ledger) -> list[Event]:
    """Every event of the business contracts since the first block."""
    addresses = [ledger.deployment.address(name) for name in HOUSE]
    logs = ledger.rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": addresses})
    return [ledger.event(log) for log in logs]


def compare(ledger: Ledger, fold: Fold) -> None:
    """Every view of every entity that could exist, against the fold."""
    view = ledger.view
    assert view("Parties.partyCount") == len(fold.parties)
    assert sorted(fold.parties) == list(range(1, len(fold.parties) + 1))
    for number, party in fold.parties.items():
        assert view("Parties.party", number) == party
        assert view("Parties.guardians", number) == fold.guardians[number]
        assert view("Parties.recovery", number) == fold.recoveries[number]
    for account, number in fold.party_of.items():
        assert view("Parties.partyOf", account) == number
        present = fold.parties[number]["account"] == account
        owned = [one for one in fold.trees.values() if one["owner"] == number and one["title"] == "REGISTERED"]
        assert view("Trees.balanceOf", account) == (len(owned) if present else 0)
    for domain in (ledger.deployment.address(name) for name in HOUSE):
        assert view("Parties.stopped", domain) == fold.stopped.get(domain, False)
    assert view("Evidence.evidenceCount") == len(fold.records)
    for evidence, record in fold.records.items():
        assert view("Evidence.record", evidence) == record
    for (evidence, leaf), instant in fold.leaves.items():
        assert view("Evidence.leafRevokedAt", evidence, leaf) == instant
    assert view("Trees.treeCount") == len(fold.trees)
    for tree in map(tree_id, TAGS):
        for place, kind in enumerate(KINDS):
            empty = {"issuer": 0, "expiresAt": 0}
            assert view("Trees.hold", tree, place) == fold.holds.get((tree, kind), empty)
        if tree in fold.trees:
            assert view("Trees.tree", tree) == fold.trees[tree]
            if fold.trees[tree]["title"] == "REGISTERED":
                assert view("Trees.ownerOf", tree) == fold.parties[fold.trees[tree]["owner"]]["account"]
    for contract, signer, nonce in fold.nonces:
        assert view(f"{contract}.nonceUsed", signer, nonce)


class Walk:
    """A seeded random walk: acts that mostly fit, by signers who mostly may."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger, self.dice, self.accepted = ledger, random.Random(seed), 0
        self.evidence = [ledger.evidence]
        keys = [ledger.keystore.derived(f"contract test walk {seed} {number}") for number in range(12)]
        self.keys = {key.address: key for key in keys}

    def step(self) -> None:
        ledger, dice = self.ledger, self.dice
        ledger.wait(dice.choice([0, 0, 60, HOUR, DAY, 5 * DAY, 16 * DAY]))
        key, who, fields = dice.choice([self._tree, self._tree, self._tree, self._party, self._evidence])()
        try:
            happened = ledger.act(key, who, **fields)
        except ActRefused:
            return
        self.accepted += 1
        for each in happened:
            if each.name == "Anchored":
                self.evidence.append(each.args["evidence"])
            if each.name == "KeyReplaced":
                name = next(name for name, number in ledger.ids.items() if number == each.args["party"])
                ledger.people[name] = self.keys[each.args["account"]]

    def _tree(self) -> tuple[str, str, dict[str, Any]]:
        dice, ledger = self.dice, self.ledger
        tag = dice.choice(TAGS)
        tree = tree_id(tag)
        state: dict[str, Any]
        try:
            state = ledger.view("Trees.tree", tree)
        except ActRefused:
            return "Trees.file", dice.choice(["farmer", "firm", "village"]), FILING | {"tag": tag}
        owner = next(name for name, number in ledger.ids.items() if number == state["owner"])
        buyer = dice.choice(["farmer", "neighbour", "firm"])
        to = ledger.ids[buyer]
        offered = next((name for name, number in ledger.ids.items() if number == state["transferTo"]), buyer)
        kind = dice.choice(KINDS)
        issuer = {"COURT": "court", "DISPUTE": "village", "COMPLIANCE": "regulator"}[kind]
        receipt, basis = "0x" + "2e" * 32, dice.choice(["AGREEMENT", "COURT_SALE", "SUCCESSION"])
        moved = {"to": state["transferTo"] or to, "basis": basis, "receipt": receipt}
        forward: dict[str, tuple[str, str, dict[str, Any]]] = {
            "FILED": ("survey", "surveyor", SURVEY),
            "SURVEYED": ("postNotice", "other village", {}),
            "NOTICE": ("register", "agri", {"certificate": CERTIFICATE}),
            "DISPUTED": ("resolveObjection", "agri", {"upheld": dice.random() < 0.3}),
            "REGISTERED": ("recognise", "forestry", {"level": 1, "ageYears": dice.randint(500, 900)}),
            "REJECTED": ("survey", "surveyor", SURVEY),
        }
        age = dice.randint(100, 299)
        choices: list[tuple[str, str, dict[str, Any]]] = [
            *[forward[state["title"]]] * 8,
            ("survey", "surveyor", SURVEY | {"girthCm": dice.randint(0, 999), "health": dice.choice("ABCD")}),
            ("object", "neighbour", {}),
            ("recognise", "forestry", {"level": 3, "ageYears": age}),
            ("restrain", issuer, {"kind": kind, "expiresAt": ledger.now + dice.randint(0, 40) * DAY}),
            *[("lift", issuer, {"kind": kind})] * 2,
            ("reportDeath", "insurer", {}),
            *[("concludeDeathReport", "forestry", {"finding": dice.choice(["ALIVE"] * 9 + ["DEAD", "LOST"])})] * 3,
            *[("offerTransfer", owner, {"to": dice.choice([to, to, 0])})] * 2,
            *[("acceptTransfer", offered, {})] * 2,
            *[("recordTransfer", "registry", moved)] * 3,
            ("cancel", owner, {"act": NO_HASH}),
        ]
        function, who, fields = dice.choice(choices)
        return f"Trees.{function}", who, fields if function == "cancel" else fields | {"tree": tree}

    def _party(self) -> tuple[str, str, dict[str, Any]]:
        dice, ledger = self.dice, self.ledger
        name = dice.choice(["farmer", "neighbour", "firm"])
        one = {"party": ledger.ids[name]}
        pending = ledger.view("Parties.recovery", ledger.ids[name])["newAccount"]
        account = pending if pending != NOBODY else dice.choice(list(self.keys))
        three = {"bank": ledger.ids["bank"], "village": ledger.ids["village"], "operator": 1}
        guardian = dice.choice(["bank", "village", "operator"])
        domains = [ledger.deployment.address(contract) for contract in HOUSE]
        stopped = [domain for domain in domains if ledger.view("Parties.stopped", domain)] or domains
        choices: list[tuple[str, str, dict[str, Any]]] = [
            ("enrol", "operator", {"account": account, "roles": role_bits("LAWYER"), "identity": CERTIFICATE}),
            ("assignRoles", "operator", one | {"roles": role_bits("FARMER", dice.choice(["FIRM", "BANK"]))}),
            ("suspend", "operator", one),
            *[("reinstate", "operator", one)] * 4,
            ("rotateKey", name, {"newAccount": account}),
            *[("appointGuardians", name, three)] * 3,
            *[("supportRecovery", guardian, one | {"newAccount": account})] * 4,
            ("vetoRecovery", dice.choice([name, guardian]), one),
            ("stopDomain", "operator", {"domain": dice.choice(domains)}),
            *[("resumeDomain", "operator", {"domain": stopped[0]})] * 4,
            *[("completeRecovery", "stranger", one)] * 3,
        ]
        if dice.random() < 0.01:
            choices = [("revoke", "operator", {"party": ledger.ids["notary"]})]
        function, who, fields = dice.choice(choices)
        return f"Parties.{function}", who, fields

    def _evidence(self) -> tuple[str, str, dict[str, Any]]:
        dice = self.dice
        who = dice.choice(["farmer", "bank"])
        known = {"evidence": dice.choice(self.evidence), "reason": "复查"}
        root = "0x" + dice.randbytes(32).hex()
        choices: list[tuple[str, str, dict[str, Any]]] = [
            ("anchor", who, {"root": root, "count": dice.randint(1, 99), "scheme": 1}),
            ("revokeRoot", who, known),
            ("revokeLeaf", who, known | {"leaf": root}),
        ]
        function, who, fields = dice.choice(choices)
        return f"Evidence.{function}", who, fields


def test_folding_the_events_gives_the_storage(ledger: Ledger) -> None:
    seen: set[str] = set()
    for seed in SEEDS:
        mark = ledger.snapshot()
        walk = Walk(ledger, seed)
        for _ in range(STEPS):
            walk.step()
        assert walk.accepted > STEPS // 4, "a walk that goes nowhere proves nothing"
        fold = Fold()
        for each in history(ledger):
            fold.take(each)
        compare(ledger, fold)
        seen |= set(fold.seen)
        ledger.revert(mark)
    every = {entry["name"] for name in HOUSE for entry in artifact(name).entries("event")}
    assert every - NEVER_EMITTED <= seen, "some event was never put to the test"


def _octets(value: str) -> bytes:
    return bytes.fromhex(value[2:])
