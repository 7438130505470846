"""What an act costs in company: in one transaction with others (`Bundle`), by wallets that count their nonces."""

from __future__ import annotations

from chain.acts import SignedAct
from chain.bundle import Call, gas_limit, together
from tests.contracts.ledger import NO_HASH, Ledger
from tests.contracts.pledges import registered, valued_tree

TRANSACTION = 21_000
MANY = 10
NONCE = 2**255
SIGNERS = ("notary", "second notary", "office", "other office", "registry", "other agri", "lawyer", "agri", "forestry")
"""Of nine acts that have nothing to do with the one that is measured."""
DISCHARGE = "Liens.discharge"
BUDGETS = {f"{DISCHARGE}, each of ten": 45_000, f"{DISCHARGE}, beside nine other acts": 45_000}


def measured(ledger: Ledger) -> dict[str, int]:
    """Gas of one discharge: alone, as each of ten by one bank, and beside nine acts of others at another contract, with
    which it shares nothing but the transaction.
    """
    liens = [registered(ledger, valued_tree(ledger, f"CA-FH-{number:04}")) for number in range(MANY)]
    ledger.act("Liens.cancel", "bank", act=NO_HASH, auth={"nonce": NONCE})
    for who in SIGNERS:
        ledger.act("Evidence.cancel", who, act=NO_HASH, auth={"nonce": NONCE})
    discharges = [
        ledger.sign(
            DISCHARGE, "bank", liens=[lien], ground="CLAIM_ENDED", evidence=NO_HASH, auth={"nonce": NONCE + 1 + number}
        )
        for number, lien in enumerate(liens)
    ]
    others = [ledger.sign("Evidence.cancel", who, act=NO_HASH, auth={"nonce": NONCE + 1}) for who in SIGNERS]
    beside = _gas(ledger, [*others, discharges[0]]) - _gas(ledger, others) + TRANSACTION // MANY
    return {
        f"{DISCHARGE}, alone": _gas(ledger, discharges[:1]),
        f"{DISCHARGE}, each of ten": _gas(ledger, discharges) // MANY,
        f"{DISCHARGE}, beside nine other acts": beside,
    }


def _gas(ledger: Ledger, signed: list[SignedAct]) -> int:
    """Gas of a bundle, which is then undone."""
    mark = ledger.snapshot()
    calls = [Call(one.domain.address, one.calldata, gas_limit(one.calldata)) for one in signed]
    to, data, _ = together(calls, ledger.deployment.address("Bundle"))
    receipt = ledger.send(to, data, ledger.relayer)
    assert [each.args["act"] for each in receipt.events if each.name == "Acted"] == [one.id for one in signed]
    ledger.revert(mark)
    return receipt.gas
