"""Which act a certificate takes in which state; nothing skips a state, and nothing is certified in silence."""

from __future__ import annotations

from typing import Any

import pytest

from chain.typed_data import act_type
from tests.contracts.cases import CERTIFICATE_STATES, certificate_at, decision
from tests.contracts.ledger import DAY, Ledger

UNKNOWN = "0x" + "99" * 32

STEPS: dict[str, tuple[str, tuple[str, ...], dict[str, Any], str | None]] = {
    "notify": ("notary", ("APPLIED",), {"method": "SMS"}, "NOTIFIED"),
    "recordDeliveries": ("notary", ("NOTIFIED",), {"deliveredAt": 0, "windowDays": 0}, None),
    "object": ("farmer", ("NOTIFIED",), {}, "OBJECTED"),
    "confirm": ("farmer", ("NOTIFIED",), {}, "CONFIRMED"),
    "verify": ("notary", ("NOTIFIED", "OBJECTED", "CONFIRMED"), {"proven": 0}, "VERIFIED"),
    "issue": ("office", ("VERIFIED",), {}, "ISSUED"),
    "refuse": ("office", CERTIFICATE_STATES[:5], {"ground": "UNVERIFIABLE"}, "REFUSED"),
    "withdraw": ("bank", CERTIFICATE_STATES[:5], {}, "WITHDRAWN"),
    "reportPayment": ("bank", ("ISSUED",), {"amount": 1, "receivedAt": 1}, None),
}
"""Act → its signer, the states it is possible in, its fields, the state it leads to (None: the same)."""


def message(ledger: Ledger, step: str, certificate: str) -> dict[str, Any]:
    if step == "issue":
        return decision(ledger, certificate)
    return {"certificate": certificate, **STEPS[step][2]}


@pytest.mark.parametrize("state", CERTIFICATE_STATES)
def test_each_act_does_what_the_table_says(ledger: Ledger, state: str) -> None:
    certificate = certificate_at(ledger, state)
    for step, (who, possible, _, reached) in STEPS.items():
        key, fields = f"Certificates.{step}", message(ledger, step, certificate)
        if state not in possible:
            values = ledger.refuses("CertificateNotReady", key, who, **fields)
            assert values == {"certificate": certificate, "state": state, "needed": possible[0]}
            continue
        if step == "recordDeliveries":
            ledger.refuses("ClaimIncomplete", key, who, **fields)  # delivered already
            continue
        mark = ledger.snapshot()
        if step == "verify" and state == "NOTIFIED":
            ends = ledger.view("Certificates.certificate", certificate)["windowEndsAt"]
            assert ledger.refuses("WindowRunning", key, who, **fields)["windowEndsAt"] == ends
            ledger.wait(ends - ledger.now)
            ledger.refuses("WindowRunning", key, who, **fields)
            ledger.wait(1)
        if "evidence" in {field.name for field in act_type(key).fields}:
            ledger.refuses("EvidenceUnknown", key, who, **fields, evidence=UNKNOWN)
        ledger.act(key, who, **fields)
        assert ledger.view("Certificates.certificate", certificate)["state"] == (reached or state), step
        ledger.revert(mark)


def test_each_act_on_no_certificate_says_so(ledger: Ledger) -> None:
    for step, (who, *_) in STEPS.items():
        values = ledger.refuses("NoSuchCertificate", f"Certificates.{step}", who, **message(ledger, step, UNKNOWN))
        assert values == {"certificate": UNKNOWN}
    for view in ("certificate", "outstanding", "requireEnforceable"):
        to, call, _ = ledger.encoded(f"Certificates.{view}", UNKNOWN)
        ledger.refuses_call("NoSuchCertificate", to, call)


def test_silence_means_nothing_without_proof_of_delivery(ledger: Ledger) -> None:
    certificate = certificate_at(ledger, "APPLIED")
    ledger.act("Certificates.notify", "notary", certificate=certificate, method="SMS")
    ledger.wait(400 * DAY)
    values = ledger.refuses("NoticeUndelivered", "Certificates.verify", "notary", certificate=certificate, proven=0)
    assert values == {"certificate": certificate}


@pytest.mark.parametrize("step", sorted(STEPS))
def test_only_those_whom_it_concerns_act(ledger: Ledger, step: str) -> None:
    who, possible, _, _ = STEPS[step]
    other, error = {
        "notary": ("second notary", "NotDeedNotary"),
        "office": ("other office", "NotDeedOffice"),
        "bank": ("firm", "NotCreditor"),
        "farmer": ("neighbour", "NotDeedParty"),
    }[who]
    certificate = certificate_at(ledger, possible[0])
    assert ledger.refuses(error, f"Certificates.{step}", other, **message(ledger, step, certificate))
