"""What a court recovers is shown on the loan with the bank's acts, and is gone from there once the bank signed them."""

from __future__ import annotations

import secrets

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.lending import MOST
from tests.e2e.lending import lent
from tests.enforcement import DAY, INSTRUMENT, desk
from tests.stack import Stack


def test_a_recovery_flows_back_to_loan_and_lien_by_the_banks_own_acts(stack: Stack) -> None:
    loan, _ = lent(stack)
    own, ids = desk(stack), stack.party_ids
    number = "0x" + secrets.token_hex(32)
    own.act("office", "Deeds.open", **own.opening(number, principal=MOST))
    deed = "0x" + keccak(encode(["uint64", "bytes32"], [ids["office"], bytes.fromhex(number[2:])])).hex()
    own.act(own.notary, "Deeds.verifyIdentities", deed=deed)
    own.act("office", "Deeds.accept", deed=deed)
    own.act(own.notary, "Deeds.inform", deed=deed, obligor=ids["farmer"], session=own.evidence)
    for who in ("farmer", "bank"):
        own.act(who, "Deeds.sign", **own.signature(deed))
    own.act(own.reviewer, "Deeds.review", deeds=[deed])
    own.act("office", "Deeds.issue", deeds=[deed], documents=[INSTRUMENT])
    claim = {"principal": MOST, "interest": 0, "penalty": 0, "costs": 0}
    defaulted = stack.now() - DAY
    certificate = own.act("bank", "Certificates.file", deed=deed, **claim, performed=0, defaultedAt=defaulted)
    own.act(own.notary, "Certificates.notify", certificate=certificate, method="SMS")
    own.act("farmer", "Certificates.confirm", certificate=certificate)
    own.act(own.notary, "Certificates.verify", certificate=certificate, proven=0)
    own.act("office", "Certificates.issue", **own.decision(certificate) | claim)
    filing = own.packaged(certificate)
    own.act("lawyer", "Filings.submit", **own.submission(filing, MOST))
    own.receipt(filing, "FILED")

    def proposed() -> dict[str, object]:
        items = own.get(f"/v1/loans/{loan}/recoveries")["items"]
        found: dict[str, object] = next((one for one in items if one["filing"] == filing), {})
        return found

    assert proposed() == {}
    for amount in (1_000_000, MOST - 1_000_000):
        own.act("court", "Filings.recordRecoveries", filing=filing, amount=amount)
    waiting = proposed()
    assert (waiting["unposted_fen"], waiting["certain"]) == (MOST, False)
    signed = []
    for _ in range(6):
        acts = proposed()["acts"]
        assert isinstance(acts, list)
        if not acts:
            break
        signed.append(acts[0]["act"])
        own.act("bank", acts[0]["act"], **acts[0]["message"])
    assert signed[:2] == ["Loans.postPayment"] * 2
    assert proposed()["unposted_fen"] == 0
    if own.get(f"/v1/loans/{loan}")["state"] == "SETTLED":  # no interest accrued on the day itself
        assert signed[-1] == "Liens.discharge"
