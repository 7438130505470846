"""Deeds, certificates and filings on a running Chaqi, by the acts that lead there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.stack import Stack

PRINCIPAL = 5_000_000
CLAIM = {"principal": 4_000_000, "interest": 90_000, "penalty": 20_000, "costs": 30_000}
CLAIMED = sum(CLAIM.values())
INSTRUMENT, DOCUMENT, PACKAGE = ("0x" + one * 32 for one in ("c0", "d0", "b0"))
HOME_COURT, PROPERTY_COURT = 440_001, 440_002
DAY = 86_400
TERM = 700 * DAY


@dataclass
class Desk:
    """A stack, one live evidence, and the acts of notary, creditor, debtor and court on it."""

    stack: Stack
    evidence: str
    notary: str = "notary"
    reviewer: str = "second notary"

    def act(self, who: str, key: str, **message: Any) -> str:
        """Takes an act; returns its digest. `evidence` is this desk's unless given."""
        signed = self.sign(who, key, **message)
        self.stack.carry(signed)
        return str(signed.id)

    def sign(self, who: str, key: str, **message: Any) -> Any:
        """A signed act on this evidence."""
        from chain.typed_data import act_type

        if "evidence" in {field.name for field in act_type(key).fields}:
            message.setdefault("evidence", self.evidence)
        return self.stack.sign(who, key, **message)

    def refused(self, who: str, key: str, **message: Any) -> dict[str, Any]:
        """Hands in an act that the contract refuses; returns the problem."""
        answer = self.stack.client.post("/v1/acts", json=self.sign(who, key, **message).json())
        assert answer.status_code >= 400, answer.text
        problem: dict[str, Any] = answer.json()
        assert problem["detail_zh"] != problem["detail"]
        return problem

    def get(self, path: str, **params: Any) -> Any:
        """What the API answers."""
        answer = self.stack.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def opening(self, number: str, **changes: Any) -> dict[str, Any]:
        """The message that opens a case of the bank against the farmer."""
        ids = self.stack.party_ids
        return {
            "number": number,
            "notary": ids[self.notary],
            "obligee": ids["bank"],
            "obligors": [ids["farmer"]],
            "instrument": INSTRUMENT,
            "securities": "0x" + "00" * 32,
            "principal": PRINCIPAL,
            "rateBps": 1_540,
            "scope": "DEBT",
            "method": "SMS",
            **changes,
        }

    def informed(self) -> str:
        """A deed whose obligor was in a live session; nobody has signed yet."""
        number = "0x" + secrets.token_hex(32)
        self.act("office", "Deeds.open", **self.opening(number))
        packed = encode(["uint64", "bytes32"], [self.stack.party_ids["office"], bytes.fromhex(number[2:])])
        deed = "0x" + keccak(packed).hex()
        self.act(self.notary, "Deeds.verifyIdentities", deed=deed)
        self.act("office", "Deeds.accept", deed=deed)
        obligor = self.stack.party_ids["farmer"]
        self.act(self.notary, "Deeds.inform", deed=deed, obligor=obligor, session=self.evidence)
        return deed

    def signature(self, deed: str) -> dict[str, Any]:
        """The message by which a party signs."""
        return {"deed": deed, "instrument": INSTRUMENT, "acceptsEnforcement": True, "acceptsVerification": True}

    def issued(self) -> str:
        """An issued deed."""
        deed = self.informed()
        for who in ("farmer", "bank"):
            self.act(who, "Deeds.sign", **self.signature(deed))
        self.act(self.reviewer, "Deeds.review", deeds=[deed])
        self.act("office", "Deeds.issue", deeds=[deed], documents=[DOCUMENT])
        return deed

    def claimed(self, deed: str) -> str:
        """A claim on a deed, of which the debtor was notified and had the notice."""
        defaulted = self.stack.now() - DAY
        claim = {"deed": deed, **CLAIM, "performed": 1_000_000, "defaultedAt": defaulted}
        certificate = self.act("bank", "Certificates.file", **claim)
        self.act(self.notary, "Certificates.notify", certificate=certificate, method="SMS")
        return certificate

    def delivered(self, certificate: str) -> None:
        """The notary has proof that the notice came."""
        instant = self.get(f"/v1/certificates/{certificate}")["notified_at"]
        self.act(
            self.notary, "Certificates.recordDeliveries", certificate=certificate, deliveredAt=instant, windowDays=0
        )

    def decision(self, certificate: str, **items: int) -> dict[str, Any]:
        """The message that certifies the whole claim, or these items."""
        term = self.stack.now() + TERM
        return {"certificate": certificate, **CLAIM, "applyBy": term, "document": DOCUMENT, **items}

    def certified(self, deed: str) -> str:
        """A certificate over the whole claim, which the debtor confirmed."""
        certificate = self.claimed(deed)
        self.act("farmer", "Certificates.confirm", certificate=certificate)
        self.act(self.notary, "Certificates.verify", certificate=certificate, proven=0)
        self.act("office", "Certificates.issue", **self.decision(certificate))
        return certificate

    def packaged(self, certificate: str, who: str = "lawyer", court: int = HOME_COURT) -> str:
        """A package against the farmer."""
        obligor = f"0x{self.stack.party_ids['farmer']:064x}"
        basis = "DOMICILE" if court == HOME_COURT else "PROPERTY"
        return self.act(who, "Filings.package", certificate=certificate, obligor=obligor, court=court, basis=basis)

    def submission(self, filing: str, claimed: int = CLAIMED, **changes: Any) -> dict[str, Any]:
        """The message that submits a filing."""
        return {"filing": filing, "package": PACKAGE, "claimed": claimed, "statement": self.evidence, **changes}

    def receipt(self, filing: str, kind: str, who: str = "court") -> None:
        """The court reports a step."""
        number, instant = "0x" + "ca" * 32, self.stack.now()
        self.act(who, "Filings.recordReceipts", filing=filing, kind=kind, instant=instant, caseNumber=number)

    def filed(self, certificate: str) -> str:
        """A filing that the court has filed."""
        filing = self.packaged(certificate)
        self.act("lawyer", "Filings.submit", **self.submission(filing))
        self.receipt(filing, "FILED")
        return filing


def desk(stack: Stack) -> Desk:
    """A desk with evidence of its own and notaries of its own, so that no test troubles another's."""
    mark = secrets.token_hex(4)
    for who in (f"notary {mark}", f"reviewer {mark}"):
        stack.enrol(who, "NOTARY")
    return Desk(stack, stack.anchor("bank"), f"notary {mark}", f"reviewer {mark}")
