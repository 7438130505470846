"""Deeds, certificates and filings brought to any state, by the acts that lead there."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak

from tests.contracts.ledger import DAY, NO_HASH, Ledger

DEED_STATES = ("APPLIED", "VERIFIED", "ACCEPTED", "INFORMED", "SIGNED", "REVIEWED", "ISSUED")
DEED_ENDS = ("REFUSED", "TERMINATED", "REVOKED")
CERTIFICATE_STATES = (
    "APPLIED",
    "NOTIFIED",
    "OBJECTED",
    "CONFIRMED",
    "VERIFIED",
    "ISSUED",
    "REFUSED",
    "WITHDRAWN",
)
FILING_STATES = (
    "PACKAGED",
    "SUBMITTED",
    "RETURNED",
    "NOT_ACCEPTED",
    "FILED",
    "NOTIFIED",
    "MEASURES",
    "SUSPENDED",
    "SETTLEMENT",
    "CLOSED",
    "WITHDRAWN",
)

INSTRUMENT = "0x" + "c0" * 32
DOCUMENT = "0x" + "d0" * 32
PACKAGE = "0x" + "b0" * 32
CASE_NUMBER = "0x" + "ca" * 32
COURT, OTHER_COURT = 445_102, 445_103
PRINCIPAL = 5_000_000
OBLIGOR = "0x" + "ab" * 32
"""Commitment to an obligor without a wallet."""

TERMS: dict[str, Any] = {
    "instrument": INSTRUMENT,
    "securities": NO_HASH,
    "principal": PRINCIPAL,
    "rateBps": 1_540,
    "scope": "DEBT",
    "method": "SMS",
}
CLAIM = {"principal": 4_000_000, "interest": 90_000, "penalty": 20_000, "costs": 30_000}
CLAIMED = sum(CLAIM.values())
YEAR = 365 * DAY


def deed_id(ledger: Ledger, number: str, office: str = "office") -> str:
    return "0x" + keccak(encode(["uint64", "bytes32"], [ledger.ids[office], bytes.fromhex(number[2:])])).hex()


def number_of(n: int) -> str:
    return f"0x{n:064x}"


def key_of(party: int) -> str:
    """A party id as deeds know their parties."""
    return f"0x{party:064x}"


def opening(ledger: Ledger, number: str, who: tuple[str, ...] = ("farmer",), /, **changes: Any) -> dict[str, Any]:
    """The message that opens a case of the bank."""
    return {
        **TERMS,
        "number": number,
        "notary": ledger.ids["notary"],
        "obligee": ledger.ids["bank"],
        "obligors": [ledger.ids[one] for one in who],
        **changes,
    }


def preparation(ledger: Ledger, count: int, start: int = 1, /, **changes: Any) -> dict[str, Any]:
    """The message that prepares so many deeds."""
    return {
        "office": ledger.ids["office"],
        "obligee": ledger.ids["bank"],
        "scope": "DEBT",
        "method": "SMS",
        "rateBps": 1_540,
        "numbers": [number_of(start + n) for n in range(count)],
        "obligors": ["0x" + keccak(text=f"obligor {start + n}").hex() for n in range(count)],
        "instruments": ["0x" + keccak(text=f"instrument {start + n}").hex() for n in range(count)],
        "sessions": ["0x" + keccak(text=f"session {start + n}").hex() for n in range(count)],
        "principals": [1_000_000 + n for n in range(count)],
        **changes,
    }


def deed_at(ledger: Ledger, state: str, n: int = 1, obligors: tuple[str, ...] = ("farmer",)) -> str:
    """A deed in this state, of obligors who sign by wallet."""
    number = number_of(n)
    deed = deed_id(ledger, number)
    ledger.act("Deeds.open", "office", **opening(ledger, number, obligors))
    reached = DEED_STATES.index(state) if state in DEED_STATES else {"REVOKED": 6}.get(state, 0)
    if reached >= 1:
        ledger.act("Deeds.verifyIdentities", "notary", deed=deed)
    if reached >= 2:
        ledger.act("Deeds.accept", "office", deed=deed)
    for who in obligors if reached >= 3 else ():
        ledger.act("Deeds.inform", "notary", deed=deed, obligor=ledger.ids[who], session=ledger.evidence)
    for who in (*obligors, "bank") if reached >= 4 else ():
        sign(ledger, who, deed)
    if reached >= 5:
        ledger.act("Deeds.review", "second notary", deeds=[deed])
    if reached >= 6:
        ledger.act("Deeds.issue", "office", deeds=[deed], documents=[DOCUMENT])
    if state == "REVOKED":
        ledger.act("Deeds.revoke", "office", deed=deed)
    if state in ("REFUSED", "TERMINATED"):
        ledger.act("Deeds.end", "office", deed=deed, ground="IN_DISPUTE" if state == "REFUSED" else "WITHDRAWN")
    assert ledger.view("Deeds.deed", deed)["state"] == state
    return deed


def sign(ledger: Ledger, who: str, deed: str) -> None:
    """A party signs, and accepts enforcement and verification."""
    ledger.act("Deeds.sign", who, deed=deed, instrument=INSTRUMENT, acceptsEnforcement=True, acceptsVerification=True)


def claim(ledger: Ledger, deed: str) -> dict[str, Any]:
    """The bank's claim on a deed."""
    return {"deed": deed, **CLAIM, "performed": 1_000_000, "defaultedAt": ledger.now - DAY}


def apply(ledger: Ledger, deed: str) -> str:
    """The bank applies for a certificate on a deed that is issued; returns its id."""
    (applied,) = ledger.act("Certificates.file", "bank", **claim(ledger, deed))
    return str(applied.args["certificate"])


def certificate_at(ledger: Ledger, state: str, n: int = 1, proven: int = 0) -> str:
    """A certificate in this state, on a deed of its own that is 200 days old; a notice was delivered just now."""
    deed = deed_at(ledger, "ISSUED", n)
    ledger.wait(200 * DAY)
    certificate = apply(ledger, deed)
    one = {"certificate": certificate}
    if state in CERTIFICATE_STATES[1:6]:
        ledger.act("Certificates.notify", "notary", **one, method="SMS")
        ledger.act("Certificates.recordDeliveries", "notary", **one, deliveredAt=ledger.now - 1, windowDays=0)
    if state == "OBJECTED":
        ledger.act("Certificates.object", "farmer", **one)
    if state in ("CONFIRMED", "VERIFIED", "ISSUED"):
        ledger.act("Certificates.confirm", "farmer", **one)
    if state in ("VERIFIED", "ISSUED"):
        ledger.act("Certificates.verify", "notary", **one, proven=proven)
    if state == "ISSUED":
        ledger.act("Certificates.issue", "office", **decision(ledger, certificate, proven))
    if state == "REFUSED":
        ledger.act("Certificates.refuse", "office", **one, ground="DEBT_DEFEATED")
    if state == "WITHDRAWN":
        ledger.act("Certificates.withdraw", "bank", **one)
    assert ledger.view("Certificates.certificate", certificate)["state"] == state
    return certificate


def decision(ledger: Ledger, certificate: str, proven: int = 0) -> dict[str, Any]:
    """The message that issues a certificate over the whole claim less `proven` of the principal."""
    items = CLAIM | {"principal": CLAIM["principal"] - proven}
    return {"certificate": certificate, **items, "applyBy": ledger.now + 2 * YEAR, "document": DOCUMENT}


def package(ledger: Ledger, certificate: str, who: str = "lawyer", obligor: str = "farmer", court: int = COURT) -> str:
    """A package against an obligor; returns the filing's id."""
    fields = {"certificate": certificate, "obligor": key_of(ledger.ids[obligor]), "court": court, "basis": "DOMICILE"}
    (packaged,) = ledger.act("Filings.package", who, **fields)
    return str(packaged.args["filing"])


def submission(ledger: Ledger, filing: str, claimed: int = CLAIMED) -> dict[str, Any]:
    """The message that submits a filing."""
    return {"filing": filing, "package": PACKAGE, "claimed": claimed, "statement": ledger.evidence}


def receipt(ledger: Ledger, filing: str, kind: str) -> dict[str, Any]:
    """The message by which the court reports a step."""
    return {"filing": filing, "kind": kind, "instant": ledger.now - 1, "caseNumber": CASE_NUMBER}


def filing_at(ledger: Ledger, state: str, n: int = 1) -> str:
    """A filing in this state, on a certificate of its own."""
    filing = package(ledger, certificate_at(ledger, "ISSUED", n))
    if state not in ("PACKAGED", "WITHDRAWN"):
        ledger.act("Filings.submit", "lawyer", **submission(ledger, filing))
    way = {
        "RETURNED": ["RETURNED"],
        "NOT_ACCEPTED": ["NOT_ACCEPTED"],
        "FILED": ["FILED"],
        "NOTIFIED": ["FILED", "NOTIFIED"],
        "MEASURES": ["FILED", "NOTIFIED", "MEASURES"],
        "SUSPENDED": ["FILED", "NOTIFIED", "SUSPENDED"],
        "SETTLEMENT": ["FILED", "NOTIFIED", "SETTLEMENT"],
        "CLOSED": ["FILED"],
    }
    for kind in way.get(state, ()):
        ledger.act("Filings.recordReceipts", "court", **receipt(ledger, filing, kind))
    if state == "CLOSED":
        ledger.act("Filings.close", "court", filing=filing, closure="NO_PROPERTY")
    if state == "WITHDRAWN":
        ledger.act("Filings.withdraw", "lawyer", filing=filing)
    assert ledger.view("Filings.filing", filing)["state"] == state
    return filing
