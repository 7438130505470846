"""Which act a deed takes in which state: each does what the table says or names the rule it breaks.

What succeeds leads only to the next state of the table, so no order of acts skips one.
"""

from __future__ import annotations

from typing import Any

import pytest

from chain.typed_data import act_type
from tests.contracts.cases import DEED_ENDS, DEED_STATES, DOCUMENT, INSTRUMENT, deed_at
from tests.contracts.ledger import Ledger

UNKNOWN = "0x" + "99" * 32
SIGNATURE = {"instrument": INSTRUMENT, "acceptsEnforcement": True, "acceptsVerification": True}

STEPS: dict[str, tuple[str, str, dict[str, Any], str | None]] = {
    "verifyIdentities": ("notary", "APPLIED", {}, "VERIFIED"),
    "accept": ("office", "VERIFIED", {}, "ACCEPTED"),
    "inform": ("notary", "ACCEPTED", {"obligor": "farmer", "session": ""}, "INFORMED"),
    "sign": ("farmer", "INFORMED", SIGNATURE, None),
    "review": ("second notary", "SIGNED", {}, "REVIEWED"),
    "issue": ("office", "REVIEWED", {"documents": [DOCUMENT]}, "ISSUED"),
    "amend": ("office", "ISSUED", {"kind": "SUPPLEMENT", "document": DOCUMENT}, None),
    "revoke": ("office", "ISSUED", {}, "REVOKED"),
    "confirm": ("office", "ISSUED", {}, None),
    "flag": ("auditor", "ISSUED", {}, None),
    "end": ("office", "", {"ground": "NO_CAPACITY"}, "REFUSED"),
    "awaitMaterials": ("notary", "", {"awaited": True}, None),
}
"""Act → its signer, the state it needs ("" : any before issue), its fields, the state it leads to (None: the same)."""


def message(ledger: Ledger, step: str, deed: str) -> dict[str, Any]:
    fields = dict(STEPS[step][2])
    if step in ("review", "issue"):
        return {"deeds": [deed], **fields}
    if step == "inform":
        fields |= {"obligor": ledger.ids["farmer"], "session": ledger.evidence}
    return {"deed": deed, **fields}


@pytest.mark.parametrize("state", DEED_STATES + DEED_ENDS)
def test_each_act_does_what_the_table_says(ledger: Ledger, state: str) -> None:
    deed = deed_at(ledger, state)
    ledger.act("Notaries.reportKey", "notary", notary=ledger.ids["notary"], invalidFrom=1)
    for step, (who, needed, _, reached) in STEPS.items():
        fields = message(ledger, step, deed)
        if needed == "":
            if DEED_STATES.index("ISSUED") <= (DEED_STATES + DEED_ENDS).index(state):
                assert ledger.refuses("DeedFinished", f"Deeds.{step}", who, **fields) == {"deed": deed, "state": state}
                continue
        elif state != needed:
            values = ledger.refuses("DeedNotReady", f"Deeds.{step}", who, **fields)
            assert values == {"deed": deed, "state": state, "needed": needed}
            continue
        if "evidence" in {field.name for field in act_type(f"Deeds.{step}").fields}:
            ledger.refuses("EvidenceUnknown", f"Deeds.{step}", who, **fields, evidence=UNKNOWN)
        mark = ledger.snapshot()
        ledger.act(f"Deeds.{step}", who, **fields)
        assert ledger.view("Deeds.deed", deed)["state"] == (reached or state), step
        ledger.revert(mark)


def test_each_act_on_no_deed_says_so(ledger: Ledger) -> None:
    for step, (who, _, _, _) in STEPS.items():
        values = ledger.refuses("NoSuchDeed", f"Deeds.{step}", who, **message(ledger, step, UNKNOWN))
        assert values == {"deed": UNKNOWN}
    for view, arguments in (("Deeds.deed", ()), ("Deeds.requireEnforceable", ()), ("Deeds.entitlement", (1,))):
        to, call, _ = ledger.encoded(view, UNKNOWN, *arguments)
        ledger.refuses_call("NoSuchDeed", to, call)


@pytest.mark.parametrize("state", DEED_STATES[:-1])
def test_nothing_goes_forward_while_materials_are_awaited(ledger: Ledger, state: str) -> None:
    deed = deed_at(ledger, state)
    ledger.act("Deeds.awaitMaterials", "notary", deed=deed, awaited=True)
    paused = ledger.view("Deeds.deed", deed)["pausedAt"]
    step = next(step for step, row in STEPS.items() if row[1] == state)
    values = ledger.refuses("MaterialsPending", f"Deeds.{step}", STEPS[step][0], **message(ledger, step, deed))
    assert values == {"deed": deed, "pausedAt": paused}
    ledger.act("Deeds.awaitMaterials", "notary", deed=deed, awaited=False)
    ledger.act(f"Deeds.{step}", STEPS[step][0], **message(ledger, step, deed))


@pytest.mark.parametrize("step", [step for step, (who, *_) in STEPS.items() if who == "notary"])
def test_only_the_deeds_own_notary_acts_as_one(ledger: Ledger, step: str) -> None:
    deed = deed_at(ledger, STEPS[step][1] or "APPLIED")
    values = ledger.refuses("NotDeedNotary", f"Deeds.{step}", "second notary", **message(ledger, step, deed))
    assert values == {"deed": deed, "party": ledger.ids["second notary"]}


@pytest.mark.parametrize("step", [step for step, (who, *_) in STEPS.items() if who == "office"])
def test_only_the_deeds_own_office_acts_as_one(ledger: Ledger, step: str) -> None:
    deed = deed_at(ledger, STEPS[step][1] or "APPLIED")
    values = ledger.refuses("NotDeedOffice", f"Deeds.{step}", "other office", **message(ledger, step, deed))
    assert values == {"deed": deed, "party": ledger.ids["other office"]}
