"""Any order of acts over deeds, certificates and filings: no state is skipped, nothing is claimed twice, and folding
the events alone gives the storage. The fold is written from the interfaces' words, so that it can differ from the
mirror's.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from chain.artifacts import artifact
from chain.typed_data import act_type
from tests.contracts.cases import (
    CLAIM,
    COURT,
    DOCUMENT,
    INSTRUMENT,
    PACKAGE,
    deed_id,
    key_of,
    number_of,
    opening,
    preparation,
)
from tests.contracts.ledger import DAY, NO_HASH, Event, Ledger
from tests.one_case import of_cases

CONTRACTS = ("Notaries", "Deeds", "Certificates", "Filings")
STEPS, SEEDS = 260, range(3)
NUMBERS = range(1, 4)

DEED_WAYS = {
    "NONE": {"APPLIED", "SIGNED"},
    "APPLIED": {"VERIFIED"},
    "VERIFIED": {"ACCEPTED"},
    "ACCEPTED": {"INFORMED"},
    "INFORMED": {"SIGNED"},
    "SIGNED": {"REVIEWED"},
    "REVIEWED": {"ISSUED"},
    "ISSUED": {"REVOKED"},
}
ENDS = {"REFUSED", "TERMINATED"}
CERTIFICATE_WAYS = {
    "NONE": {"APPLIED"},
    "APPLIED": {"NOTIFIED"},
    "NOTIFIED": {"OBJECTED", "CONFIRMED", "VERIFIED"},
    "OBJECTED": {"VERIFIED"},
    "CONFIRMED": {"VERIFIED"},
    "VERIFIED": {"ISSUED"},
}
CERTIFICATE_ENDS = {"REFUSED", "WITHDRAWN"}


class Fold:
    """What the events say, and the way each entity went."""

    def __init__(self) -> None:
        self.deeds: dict[str, dict[str, Any]] = {}
        self.standings: dict[tuple[str, str], dict[str, bool]] = defaultdict(
            lambda: {"named": False, "informed": False, "signed": False}
        )
        self.certificates: dict[str, dict[str, Any]] = {}
        self.filings: dict[str, dict[str, Any]] = {}
        self.live: dict[tuple[str, str], str] = {}
        self.windows: dict[int, dict[str, int]] = {}
        self.conflicts: dict[tuple[int, int], bool] = {}
        self.seen: Counter[str] = Counter()

    def take(self, each: Event) -> None:
        self.seen[each.name] += 1
        if each.name != "Acted":
            getattr(self, f"_{each.contract}")(each.name, dict(each.args))

    def _Notaries(self, name: str, args: dict[str, Any]) -> None:
        if name == "KeyReported":
            self.windows[args["notary"]] = {"from": args["from"], "until": args["until"]}
        else:
            self.conflicts[args["notary"], args["party"]] = args["conflicted"]

    def _Deeds(self, name: str, args: dict[str, Any]) -> None:
        deed = args.pop("deed")
        whole = {"named": True, "informed": True, "signed": True}
        if name == "ObligorNamed":
            self.standings[deed, args["obligor"]]["named"] = True
        elif name == "DeedOpened":
            self.deeds[deed] = {**args, "state": "APPLIED"}
        elif name == "DeedPrepared":
            self.standings[deed, args["obligor"]] = whole
            self.deeds[deed] = {**args, "state": "SIGNED", "obligors": 1, "informed": 1, "signatures": 2}
        else:
            before = self.deeds[deed]["state"]
            after = args.get("state", before)
            open_ = before not in ("ISSUED", "REVOKED", *ENDS)
            assert after == before or after in DEED_WAYS.get(before, set()) | (ENDS if open_ else set()), (
                before,
                after,
            )
            if name == "ObligorInformed":
                self.standings[deed, args["obligor"]]["informed"] = True
            if name == "DeedSigned":
                self.standings[deed, args["signatory"]]["signed"] = True
            self.deeds[deed] |= args

    def _Certificates(self, name: str, args: dict[str, Any]) -> None:
        certificate = args.pop("certificate")
        if name == "CertificateApplied":
            self.certificates[certificate] = {**args, "state": "APPLIED"}
            return
        before = self.certificates[certificate]["state"]
        after = args.get("state", before)
        ends = CERTIFICATE_ENDS if before not in ("ISSUED", *CERTIFICATE_ENDS) else set()
        assert after == before or after in CERTIFICATE_WAYS.get(before, set()) | ends, (before, after)
        self.certificates[certificate] |= args

    def _Filings(self, name: str, args: dict[str, Any]) -> None:
        if name == "LiveFilingChanged":
            self.live[args["deed"], args["obligor"]] = args["live"]
            return
        filing = args.pop("filing")
        self.filings[filing] = self.filings.get(filing, {"state": "PACKAGED"}) | args


def compare(ledger: Ledger, fold: Fold) -> None:
    """Every view of every entity, against the fold; members that no event has spoken of yet are zero."""
    view = ledger.view
    zero = (0, NO_HASH, False, "NONE")
    for name, entities in (("Deeds.deed", fold.deeds), ("Certificates.certificate", fold.certificates)):
        assert view(f"{name}Count") == len(entities)
        for number, said in entities.items():
            for member, stored in view(name, number).items():
                assert said.get(member, stored if stored in zero else None) == stored, (name, member)
    assert view("Filings.filingCount") == len(fold.filings)
    for filing, said in fold.filings.items():
        for member, stored in view("Filings.filing", filing).items():
            assert said.get(member, stored if stored in zero else None) == stored, member
    for (deed, party), standing in fold.standings.items():
        assert view("Deeds.standing", deed, party) == standing
    for (deed, obligor), live in fold.live.items():
        assert view("Filings.liveFiling", deed, obligor) == live
    for notary, window in fold.windows.items():
        assert view("Notaries.keyWindow", notary) == window
    for (notary, other), conflicted in fold.conflicts.items():
        assert view("Notaries.conflicted", notary, other) == conflicted


def conserve(fold: Fold) -> None:
    """Nothing is enforced without presence, beyond the claim, or by two filings at once."""
    for deed, said in fold.deeds.items():
        if said["state"] in ("SIGNED", "REVIEWED", "ISSUED", "REVOKED"):
            parties = [standing for (of, _), standing in fold.standings.items() if of == deed and standing["named"]]
            assert parties and all(standing["informed"] and standing["signed"] for standing in parties)
    for said in fold.certificates.values():
        assert sum(said[item] for item in CLAIM) >= said.get("paid", 0)
    held = Counter(
        (said["deed"], said["obligor"])
        for said in fold.filings.values()
        if said["state"] not in ("PACKAGED", "WITHDRAWN", "NOT_ACCEPTED", "CLOSED")
    )
    assert all(count == 1 for count in held.values())
    for said in fold.filings.values():
        assert said.get("recovered", 0) <= said.get("claimed", 0)


class Walk:
    """A seeded random walk: acts that mostly fit, in any order, over a few deeds."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger, self.dice, self.fold = ledger, random.Random(seed), Fold()
        self.statement = ledger.evidence
        self.together = 0
        """Acts over two cases that were accepted."""

    def step(self) -> None:
        ledger, dice = self.ledger, self.dice
        ledger.wait(dice.choice([0, 0, 60, DAY, 4 * DAY]))
        for _ in range(dice.choice([1, 4, 8])):  # patient enough to get somewhere, and not too clever
            key, who, fields = dice.choice(self._choices())
            if "evidence" in {field.name for field in act_type(key).fields} and dice.random() < 0.02:
                fields = {**fields, "evidence": "0x" + "99" * 32}
            for told in (*self._with_another(key, who, fields), fields):
                signed = ledger.sign(key, who, **told)
                if ledger.attempt(ledger.deployment.address(signed.act.type.contract), signed.calldata) is None:
                    self.together += told is not fields
                    for each in ledger.relay(signed).events[1:]:
                        self.fold.take(each)
                    return

    def _with_another(self, key: str, who: str, fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The same act over two cases, where it takes lists and there is another case to be had."""
        lists = any(field.type.endswith("[]") for field in act_type(key).fields)
        if not lists or not key.startswith(("Certificates", "Filings")):
            return
        mark = self.dice.getstate()  # whoever looks for company walks on as without
        others = [also for name, whose, also in self._choices() if (name, whose) == (key, who)]
        other = self.dice.choice(others) if others else None
        self.dice.setstate(mark)
        if other:
            yield of_cases(act_type(key), [fields, other])

    def _choices(self) -> list[tuple[str, str, dict[str, Any]]]:
        dice, fold = self.dice, self.fold
        number = number_of(dice.choice(NUMBERS))
        deed = dice.choice([*fold.deeds, deed_id(self.ledger, number)])
        certified = [one for one in fold.certificates.values() if one["state"] == "ISSUED"]
        if certified and dice.random() < 0.5:
            return self._of_filing()
        return self._of_certificate(deed) if fold.deeds and dice.random() < 0.5 else self._of_deed(number, deed)

    def _of_deed(self, number: str, deed: str) -> list[tuple[str, str, dict[str, Any]]]:
        ledger, dice = self.ledger, self.dice
        ids, one = ledger.ids, {"deed": deed}
        notary = {"notary": ids["notary"]}
        signature = one | {"instrument": INSTRUMENT, "acceptsEnforcement": True, "acceptsVerification": True}
        prepared = preparation(ledger, 1, dice.randint(50, 52))
        told: list[tuple[str, str, dict[str, Any]]] = [
            *[("open", "office", opening(ledger, number, ("farmer", "neighbour")))] * 2,
            ("prepare", "notary", prepared),
            *[("verifyIdentities", "notary", one)] * 3,
            *[("accept", "office", one)] * 3,
            *[
                ("inform", "notary", one | {"obligor": ids[who], "session": ledger.evidence})
                for who in ("farmer", "neighbour")
            ]
            * 3,
            *[("sign", who, signature) for who in ("farmer", "neighbour", "bank")] * 3,
            *[("review", dice.choice(["notary", "second notary"]), {"deeds": [deed]})] * 3,
            *[("issue", "office", {"deeds": [deed], "documents": [DOCUMENT]})] * 4,
            ("awaitMaterials", "notary", one | {"awaited": dice.random() < 0.3}),
            ("amend", "office", one | {"kind": "CORRECTION", "document": DOCUMENT}),
            *[("confirm", "office", one)] * 6,
            ("flag", "auditor", one),
        ]
        if dice.random() < 0.02:
            told += [("end", "office", one | {"ground": dice.choice(["OVERDUE", "IN_DISPUTE"])})] * 9
        if len(self.fold.filings) > 2 and dice.random() < 0.2:  # what ends a deed, once there is something to end
            told += [("revoke", "office", one)] * 20
        acts = [(f"Deeds.{name}", who, fields) for name, who, fields in told]
        if self.fold.certificates and dice.random() < 0.1:
            acts += [
                ("Notaries.reportKey", "office", notary | {"invalidFrom": ledger.now - dice.choice([9, 90]) * DAY})
            ] * 9
        conflict = {"party": ids["bank"], "conflicted": dice.random() < 0.2}
        acts.append(("Notaries.declareConflict", "office", notary | conflict))
        return acts

    def _of_certificate(self, deed: str) -> list[tuple[str, str, dict[str, Any]]]:
        ledger, dice = self.ledger, self.dice
        now = ledger.now
        claim = {"principal": 600_000, "interest": 0, "penalty": 0, "costs": 0}
        filed = claim | {"deed": deed, "performed": 0, "defaultedAt": now - DAY}
        acts: list[tuple[str, str, dict[str, Any]]] = [("Certificates.file", "bank", filed)] * 3
        if not self.fold.certificates:
            return acts
        certificate = dice.choice(list(self.fold.certificates))
        one = {"certificate": certificate}
        notified = self.fold.certificates[certificate].get("notifiedAt", now)
        decision = one | claim | {"applyBy": now + 800 * DAY, "document": DOCUMENT}
        told: list[tuple[str, str, dict[str, Any]]] = [
            ("notify", "notary", one | {"method": "SMS"}),
            ("recordDeliveries", "notary", one | {"deliveredAt": notified, "windowDays": 0}),
            (dice.choice(["object", "confirm"]), dice.choice(["farmer", "notary"]), one),
            *[("verify", "notary", one | {"proven": dice.choice([0, 0, 1])})] * 2,
            *[("issue", "office", decision | {"principal": dice.choice([600_000, 599_999])})] * 2,
            ("reportPayment", "bank", one | {"amount": dice.choice([1_000, 600_000]), "receivedAt": now - DAY}),
        ]
        if dice.random() < 0.2:
            told += [("refuse", "office", one | {"ground": "UNVERIFIABLE"}), ("withdraw", "bank", one)]
        return acts + [(f"Certificates.{name}", who, fields) for name, who, fields in told]

    def _of_filing(self) -> list[tuple[str, str, dict[str, Any]]]:
        ledger, dice, fold = self.ledger, self.dice, self.fold
        certificate = dice.choice(list(fold.certificates))
        deed = fold.certificates[certificate]["deed"]
        obligors = [party for (of, party), standing in fold.standings.items() if of == deed and standing["named"]]
        obligor = dice.choice(obligors or [key_of(ledger.ids["farmer"])])
        package = {"certificate": certificate, "obligor": obligor, "court": COURT, "basis": "DOMICILE"}
        acts: list[tuple[str, str, dict[str, Any]]] = [("Filings.package", "lawyer", package)] * 2
        if not fold.filings:
            return acts
        ended = ("CLOSED", "WITHDRAWN", "NOT_ACCEPTED")
        going = [one for one, said in fold.filings.items() if said["state"] not in ended]
        filing = dice.choice(going or list(fold.filings))
        one = {"filing": filing}
        kinds = ["RETURNED", "FILED", "FILED", "NOTIFIED", "MEASURES", "SUSPENDED", "RESUMED", "SETTLEMENT"]
        kind = dice.choice([*kinds, "NOT_ACCEPTED"])
        receipt = one | {"kind": kind, "instant": ledger.now - 1, "caseNumber": DOCUMENT}
        claimed = {"package": PACKAGE, "claimed": dice.choice([600_000, 500_000, 1]), "statement": self.statement}
        told: list[tuple[str, str, dict[str, Any]]] = [
            *[("submit", "lawyer", one | claimed)] * 3,
            *[("recordReceipts", "court", receipt)] * 4,
            *[("recordRecoveries", "court", one | {"amount": dice.choice([1, 100])})] * 2,
        ]
        if dice.random() < 0.15:
            closure = dice.choice(["NO_PROPERTY", "DISMISSED", "TERMINATED"])
            told += [
                ("withdraw", "lawyer", one),
                ("close", "court", one | {"closure": closure}),
                ("cancelDuplicate", "court", one | {"otherCourt": COURT + 1, "otherFiledAt": 1}),
            ]
        return acts + [(f"Filings.{name}", who, fields) for name, who, fields in told]


def test_any_order_of_acts_keeps_the_rules_and_events_give_the_storage(ledger: Ledger) -> None:
    seen: Counter[str] = Counter()
    together = 0
    for seed in SEEDS:
        mark = ledger.snapshot()
        walk = Walk(ledger, seed)
        for _ in range(STEPS):
            walk.step()
            conserve(walk.fold)
        compare(ledger, walk.fold)
        seen += walk.fold.seen
        together += walk.together
        ledger.revert(mark)
    every = {entry["name"] for name in CONTRACTS for entry in artifact(name).entries("event")}
    missed = every - set(seen) - {"Acted", "EIP712DomainChanged"}
    assert not missed, "some event was never put to the test"
    assert together, "no act was over two cases"
