"""Through the door too no deed, certificate or filing skips a state: before each step every later one is refused."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.enforcement import CLAIM, DAY, DOCUMENT, HOME_COURT, Desk, desk
from tests.stack import Stack

Walk = Sequence[tuple[str, str, dict[str, Any], str]]
"""Signer, act, its fields, and the state that it leads to."""


def walk(own: Desk, path: str, state: str, steps: Walk) -> None:
    """Takes the steps in their order, each only after all that come later were refused and changed nothing."""
    for place, (who, act, fields, reached) in enumerate(steps):
        for other, later, early, _ in steps[place + 1 :]:
            if (later, reached) == (act, state):  # the other side's signature: either may be first
                continue
            problem = own.refused(other, later, **early)
            assert problem["status"] == 409, (act, later, problem)
            assert own.get(path)["state"] == state
        own.act(who, act, **fields)
        state = reached
        assert own.get(path)["state"] == state


def test_no_later_step_is_taken_early(stack: Stack) -> None:
    own, ids = desk(stack), stack.party_ids
    number = "0x" + secrets.token_hex(32)
    own.act("office", "Deeds.open", **own.opening(number))
    deed = "0x" + keccak(encode(["uint64", "bytes32"], [ids["office"], bytes.fromhex(number[2:])])).hex()
    session = {"deed": deed, "obligor": ids["farmer"], "session": own.evidence}
    of_deed: Walk = [
        (own.notary, "Deeds.verifyIdentities", {"deed": deed}, "VERIFIED"),
        ("office", "Deeds.accept", {"deed": deed}, "ACCEPTED"),
        (own.notary, "Deeds.inform", session, "INFORMED"),
        ("farmer", "Deeds.sign", own.signature(deed), "INFORMED"),
        ("bank", "Deeds.sign", own.signature(deed), "SIGNED"),
        (own.reviewer, "Deeds.review", {"deeds": [deed]}, "REVIEWED"),
        ("office", "Deeds.issue", {"deeds": [deed], "documents": [DOCUMENT]}, "ISSUED"),
    ]
    claim = {"deed": deed, **CLAIM, "performed": 1_000_000, "defaultedAt": stack.now() - DAY}
    assert own.refused("bank", "Certificates.file", **claim)["status"] == 409
    walk(own, f"/v1/deeds/{deed}", "APPLIED", of_deed)

    certificate = own.act("bank", "Certificates.file", **claim)
    package = {"certificate": certificate, "obligor": f"0x{ids['farmer']:064x}", "court": HOME_COURT}
    assert own.refused("lawyer", "Filings.package", **package, basis="DOMICILE")["status"] == 409
    of_certificate: Walk = [
        (own.notary, "Certificates.notify", {"certificate": certificate, "method": "SMS"}, "NOTIFIED"),
        ("farmer", "Certificates.confirm", {"certificate": certificate}, "CONFIRMED"),
        (own.notary, "Certificates.verify", {"certificate": certificate, "proven": 0}, "VERIFIED"),
        ("office", "Certificates.issue", own.decision(certificate), "ISSUED"),
    ]
    walk(own, f"/v1/certificates/{certificate}", "APPLIED", of_certificate)

    filing = own.packaged(certificate)
    receipt = {"filing": filing, "instant": stack.now(), "caseNumber": "0x" + "ca" * 32}
    of_filing: Walk = [
        ("lawyer", "Filings.submit", own.submission(filing), "SUBMITTED"),
        ("court", "Filings.recordReceipts", {**receipt, "kind": "FILED"}, "FILED"),
        ("court", "Filings.recordRecoveries", {"filing": filing, "amount": 1_000}, "FILED"),
    ]
    walk(own, f"/v1/filings/{filing}", "PACKAGED", of_filing)
