"""One act over many cases: all of them or none, each with its own event, and the one that does not fit is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chain.typed_data import act_type, act_types
from tests.contracts.cases import (
    CASE_NUMBER,
    COURT,
    certificate_at,
    claim,
    decision,
    deed_at,
    filing_at,
    key_of,
    receipt,
    submission,
)
from tests.contracts.ledger import DAY, NO_HASH, Ledger
from tests.one_case import of_cases

MOST = 200


@dataclass(frozen=True)
class Bulk:
    """An act over cases: who signs it, a case ready for it, what it says of a case, and what one case may have wrong.

    `fault` are fields of a case with the error that they lead to; `named` is the error's value that names the case.
    """

    who: str
    ready: Callable[[Ledger, int], str]
    says: Callable[[Ledger, str], dict[str, Any]]
    event: str
    fault: dict[str, Any]
    error: str
    named: str


def _issued_deed(ledger: Ledger, n: int) -> str:
    return deed_at(ledger, "ISSUED", n)


def _certificate(state: str) -> Callable[[Ledger, int], str]:
    return lambda ledger, n: certificate_at(ledger, state, n)


def _filing(state: str) -> Callable[[Ledger, int], str]:
    return lambda ledger, n: filing_at(ledger, state, n)


def _notified(ledger: Ledger, n: int) -> str:
    certificate = certificate_at(ledger, "APPLIED", n)
    ledger.act("Certificates.notify", "notary", certificate=certificate, method="SMS")
    return certificate


BULK = {
    "Certificates.file": Bulk(
        "bank", _issued_deed, claim, "CertificateApplied", {"principal": 5_000_001}, "BeyondDeed", "deed"
    ),
    "Certificates.notify": Bulk(
        "notary",
        _certificate("APPLIED"),
        lambda _, certificate: {"certificate": certificate, "method": "SMS"},
        "DebtorNotified",
        {"certificate": "0x" + "99" * 32},
        "NoSuchCertificate",
        "certificate",
    ),
    "Certificates.recordDeliveries": Bulk(
        "notary",
        _notified,
        lambda ledger, certificate: {"certificate": certificate, "deliveredAt": ledger.now, "windowDays": 0},
        "DeliveryRecorded",
        {"deliveredAt": 1},
        "ClaimIncomplete",
        "deed",
    ),
    "Certificates.verify": Bulk(
        "notary",
        _certificate("CONFIRMED"),
        lambda _, certificate: {"certificate": certificate, "proven": 0},
        "ClaimVerified",
        {"proven": 5_000_001},
        "PaymentExceeds",
        "certificate",
    ),
    "Certificates.issue": Bulk(
        "office",
        _certificate("VERIFIED"),
        decision,
        "CertificateIssued",
        {"penalty": 20_001},
        "BeyondClaim",
        "certificate",
    ),
    "Filings.package": Bulk(
        "lawyer",
        _certificate("ISSUED"),
        lambda ledger, certificate: {
            "certificate": certificate,
            "obligor": key_of(ledger.ids["farmer"]),
            "court": COURT,
            "basis": "DOMICILE",
        },
        "FilingPackaged",
        {"court": 0},
        "PackageIncomplete",
        "filing",
    ),
    "Filings.submit": Bulk(
        "lawyer", _filing("PACKAGED"), submission, "FilingSubmitted", {"claimed": 0}, "OverClaim", "filing"
    ),
    "Filings.recordReceipts": Bulk(
        "court",
        _filing("SUBMITTED"),
        lambda ledger, filing: receipt(ledger, filing, "FILED"),
        "ReceiptRecorded",
        {"caseNumber": NO_HASH},
        "PackageIncomplete",
        "filing",
    ),
    "Filings.recordRecoveries": Bulk(
        "court",
        _filing("MEASURES"),
        lambda _, filing: {"filing": filing, "amount": 1_000},
        "RecoveryRecorded",
        {"amount": 0},
        "OverClaim",
        "filing",
    ),
    "Filings.close": Bulk(
        "court",
        _filing("MEASURES"),
        lambda _, filing: {"filing": filing, "closure": "NO_PROPERTY"},
        "FilingClosed",
        {"filing": "0x" + "99" * 32},
        "FilingUnknown",
        "filing",
    ),
}
"""Act → what is tried of it."""


@pytest.fixture(params=sorted(BULK))
def bulk(request: pytest.FixtureRequest) -> tuple[str, Bulk]:
    return request.param, BULK[request.param]


def test_every_act_with_lists_is_tried_here() -> None:
    listed = {
        key
        for key, kind in act_types().items()
        if kind.contract in ("Certificates", "Filings") and any(field.type.endswith("[]") for field in kind.fields)
    }
    assert listed == set(BULK)


def test_each_case_has_what_an_act_of_its_own_would_give_it(ledger: Ledger, bulk: tuple[str, Bulk]) -> None:
    key, it = bulk
    cases = [it.ready(ledger, n) for n in (1, 2)]
    mark = ledger.snapshot()
    said = [it.says(ledger, case) for case in cases]
    together = ledger.act(key, it.who, **of_cases(act_type(key), said))
    ledger.revert(mark)
    alone = []
    for one in said:
        ledger.now = mark[1][0]
        before = ledger.snapshot()
        alone += ledger.act(key, it.who, **one)
        ledger.revert(before)
    created = key in ("Certificates.file", "Filings.package")
    found, expected = ([(one.name, _without_id(one.args, created)) for one in events] for events in (together, alone))
    assert found == expected
    assert [name for name, _ in found].count(it.event) == len(cases)


def test_one_that_does_not_fit_keeps_back_all_and_is_named(ledger: Ledger, bulk: tuple[str, Bulk]) -> None:
    key, it = bulk
    said = [it.says(ledger, it.ready(ledger, n)) for n in (1, 2)]
    faulty = {**said[1], **it.fault}
    values = ledger.refuses(it.error, key, it.who, **of_cases(act_type(key), [said[0], faulty]))
    own = faulty["deed"] if "deed" in faulty else faulty.get("filing", faulty.get("certificate"))
    if it.named == "deed" and "deed" not in faulty:
        own = ledger.view("Certificates.certificate", own)["deed"]
    assert values[it.named] == own
    ledger.act(key, it.who, **of_cases(act_type(key), said))


def test_lists_are_of_one_length_and_neither_empty_nor_endless(ledger: Ledger, bulk: tuple[str, Bulk]) -> None:
    key, it = bulk
    said = it.says(ledger, it.ready(ledger, 1))
    whole = of_cases(act_type(key), [said, said])
    lists = [name for name, value in whole.items() if isinstance(value, list)]
    uneven = [{**whole, name: whole[name][:1]} for name in lists] if len(lists) > 1 else []
    none = {**whole, **{name: [] for name in lists}}
    many = of_cases(act_type(key), [said] * (MOST + 1))
    for message in (*uneven, none, many):
        assert ledger.refuses("CasesUnfit", key, it.who, **message)["most"] == MOST


@pytest.mark.parametrize("key", ["Certificates.file", "Filings.package"])
def test_ids_follow_the_digest_of_the_act_that_creates_the_cases(ledger: Ledger, key: str) -> None:
    it = BULK[key]
    said = [it.says(ledger, it.ready(ledger, n)) for n in (1, 2)]
    signed = ledger.sign(key, it.who, **of_cases(act_type(key), said))
    name = "certificate" if key == "Certificates.file" else "filing"
    ids = [int(one.args[name], 16) for one in ledger.relay(signed).events if one.name == it.event]
    assert ids == [int(signed.id, 16), int(signed.id, 16) + 1]
    assert ledger.view(f"{key.partition('.')[0]}.{name}Count") == len(said)


def test_one_case_twice_in_an_act_is_refused_as_the_second_act_on_it(ledger: Ledger) -> None:
    deed = deed_at(ledger, "ISSUED")
    ledger.wait(DAY)
    twice = of_cases(act_type("Certificates.file"), [claim(ledger, deed)] * 2)
    assert ledger.refuses("CertificatePending", "Certificates.file", "bank", **twice)["deed"] == deed
    filing = filing_at(ledger, "SUBMITTED", 2)
    told = of_cases(act_type("Filings.recordReceipts"), [receipt(ledger, filing, "FILED")] * 2)
    values = ledger.refuses("FilingNotReady", "Filings.recordReceipts", "court", **told)
    assert (values["filing"], values["state"]) == (filing, "FILED")
    assert told["caseNumbers"] == [CASE_NUMBER] * 2


def _without_id(args: dict[str, Any], created: bool) -> dict[str, Any]:
    """What an event says, less the ids that digests give."""
    return {name: value for name, value in args.items() if not created or name not in ("certificate", "filing")}
