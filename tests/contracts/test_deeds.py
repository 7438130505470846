"""Deeds: one class an act or rule. Which act is possible in which state is `test_deed_states.py`."""

from __future__ import annotations

from typing import Any

import pytest

from chain.vocabulary import role_bits
from tests.contracts.cases import (
    DOCUMENT,
    INSTRUMENT,
    PRINCIPAL,
    TERMS,
    deed_at,
    deed_id,
    key_of,
    number_of,
    opening,
    preparation,
    sign,
)
from tests.contracts.ledger import DAY, HOUR, NO_HASH, Ledger, event

BATCH = 200
ISSUED = {"documents": [DOCUMENT]}


def deed(ledger: Ledger, number: str) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Deeds.deed", number)
    return answer


class TestOpen:
    def test_makes_a_case_of_this_office_under_an_id_of_its_number(self, ledger: Ledger) -> None:
        number = number_of(7)
        fields = opening(ledger, number, ("farmer", "neighbour"))
        named, second, opened = ledger.act("Deeds.open", "office", **fields)
        made = deed_id(ledger, number)
        keys = [key_of(ledger.ids[who]) for who in ("farmer", "neighbour")]
        assert [named, second] == [event("Deeds.ObligorNamed", deed=made, obligor=key) for key in keys]
        stated = {**fields, "obligors": 2}
        assert opened == event(
            "Deeds.DeedOpened", deed=made, office=ledger.ids["office"], evidence=ledger.evidence, **stated
        )
        assert deed(ledger, made) == {
            "office": ledger.ids["office"],
            "notary": ledger.ids["notary"],
            "obligee": ledger.ids["bank"],
            "principal": PRINCIPAL,
            "issueBy": 0,
            "notarisedAt": 0,
            "issuedAt": 0,
            "state": "APPLIED",
            "scope": "DEBT",
            "method": "SMS",
            "obligors": 2,
            "informed": 0,
            "signatures": 0,
            "rateBps": 1_540,
            "instrument": INSTRUMENT,
            "document": NO_HASH,
            "pausedAt": 0,
            "confirmedAt": 0,
            "amendments": 0,
            "flagged": False,
        }
        assert ledger.view("Deeds.deedId", ledger.ids["office"], number) == made

    def test_of_a_number_that_was_given_but_not_of_the_same_number_at_another_office(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "REFUSED", 3)
        values = ledger.refuses("NumberTaken", "Deeds.open", "office", **opening(ledger, number_of(3)))
        assert values == {"number": number_of(3), "deed": made}
        prepared = preparation(ledger, 1, 3)
        ledger.refuses("NumberTaken", "Deeds.prepare", "notary", **prepared)
        ledger.act("Deeds.open", "other office", **opening(ledger, number_of(3)))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("number", NO_HASH),
            ("instrument", NO_HASH),
            ("principal", 0),
            ("scope", "NONE"),
            ("method", "NONE"),
            ("obligors", []),
        ],
    )
    def test_of_terms_that_lack_something(self, ledger: Ledger, field: str, value: Any) -> None:
        values = ledger.refuses(
            "DeedIncomplete", "Deeds.open", "office", **opening(ledger, number_of(1), **{field: value})
        )
        assert values == {"field": field}

    def test_of_obligors_who_are_too_many_or_named_twice_or_the_obligee(self, ledger: Ledger) -> None:
        farmer, bank = ledger.ids["farmer"], ledger.ids["bank"]
        for obligors, error in (
            ([farmer] * 101, "DeedIncomplete"),
            ([bank], "DeedIncomplete"),
            ([farmer, farmer], "StepTaken"),
            ([farmer, 9_999], "NoSuchParty"),
        ):
            ledger.refuses(error, "Deeds.open", "office", **opening(ledger, number_of(1), obligors=obligors))

    def test_of_a_notary_who_is_none_or_suspended(self, ledger: Ledger) -> None:
        for who in ("farmer", "second notary"):
            if who == "second notary":
                ledger.act("Parties.suspend", "operator", party=ledger.ids[who])
            fields = opening(ledger, number_of(1), notary=ledger.ids[who])
            values = ledger.refuses("PartyUnfit", "Deeds.open", "office", **fields)
            assert values == {"party": ledger.ids[who], "role": role_bits("NOTARY")}

    def test_rests_on_live_evidence(self, ledger: Ledger) -> None:
        fields = opening(ledger, number_of(1))
        ledger.refuses("EvidenceUnknown", "Deeds.open", "office", **fields, evidence=NO_HASH)


class TestConflict:
    """A notary makes no deed for himself, his relatives, or where he has an interest (法释〔2018〕18号 12(1)(3))."""

    @pytest.mark.parametrize("party", ["bank", "farmer"])
    def test_that_is_declared_keeps_the_notary_from_being_assigned(self, ledger: Ledger, party: str) -> None:
        both = {"notary": ledger.ids["notary"], "party": ledger.ids[party]}
        assert ledger.act("Notaries.declareConflict", "office", **both, conflicted=True) == [
            event(
                "Notaries.ConflictDeclared",
                **both,
                conflicted=True,
                actor=ledger.ids["office"],
                evidence=ledger.evidence,
            )
        ]
        assert ledger.refuses("ConflictOfInterest", "Deeds.open", "office", **opening(ledger, number_of(1))) == both
        ledger.act("Notaries.declareConflict", "notary", **both, conflicted=False)
        ledger.act("Deeds.open", "office", **opening(ledger, number_of(1)))

    def test_with_the_obligee_of_a_batch(self, ledger: Ledger) -> None:
        both = {"notary": ledger.ids["notary"], "party": ledger.ids["bank"]}
        ledger.act("Notaries.declareConflict", "notary", **both, conflicted=True)
        ledger.refuses("ConflictOfInterest", "Deeds.prepare", "notary", **preparation(ledger, 1))

    def test_with_oneself(self, ledger: Ledger) -> None:
        for changes in ({"obligee": ledger.ids["notary"]}, {"obligors": [ledger.ids["notary"]]}):
            ledger.refuses("ConflictOfInterest", "Deeds.open", "office", **opening(ledger, number_of(1), **changes))

    def test_is_declared_of_notaries_and_parties_on_live_evidence(self, ledger: Ledger) -> None:
        fields: dict[str, Any] = {"party": ledger.ids["bank"], "conflicted": True}
        key = "Notaries.declareConflict"
        ledger.refuses("PartyUnfit", key, "office", notary=ledger.ids["farmer"], **fields)
        fields["notary"] = ledger.ids["notary"]
        ledger.refuses("NoSuchParty", key, "office", **(fields | {"party": 9_999}))
        ledger.refuses("EvidenceUnknown", key, "office", **fields, evidence=NO_HASH)

    def test_found_after_issue_flags_the_deed_and_leaves_it_standing(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "ISSUED")
        ledger.act("Deeds.flag", "office", deed=made)
        assert deed(ledger, made)["flagged"] and deed(ledger, made)["state"] == "ISSUED"
        ledger.refuses("StepTaken", "Deeds.flag", "auditor", deed=made)
        ledger.view("Deeds.requireEnforceable", made)


class TestClock:
    """公证法 30: fifteen working days from acceptance, without the time in which materials are awaited."""

    def test_ends_after_fifteen_working_days(self, ledger: Ledger) -> None:
        instant = ledger.now + 2
        made = deed_at(ledger, "ACCEPTED")
        assert deed(ledger, made)["issueBy"] == ledger.view("Calendar.endOfWorkingDays", instant, 15)
        assert deed(ledger, made)["issueBy"] > instant + 18 * DAY

    def test_stands_still_while_materials_are_awaited(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "ACCEPTED")
        due = deed(ledger, made)["issueBy"]
        ledger.act("Deeds.awaitMaterials", "notary", deed=made, awaited=True)
        ledger.refuses("MaterialsPending", "Deeds.awaitMaterials", "notary", deed=made, awaited=True)
        ledger.wait(3 * DAY - 1)
        ledger.act("Deeds.awaitMaterials", "notary", deed=made, awaited=False)
        assert deed(ledger, made)["issueBy"] == due + 3 * DAY
        assert deed(ledger, made)["pausedAt"] == 0
        assert ledger.refuses("MaterialsPending", "Deeds.awaitMaterials", "notary", deed=made, awaited=False) == {
            "deed": made,
            "pausedAt": 0,
        }


class TestSession:
    """Rule 5: no deed without every obligor in a live session."""

    def test_is_of_each_obligor_once(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "APPLIED", obligors=("farmer", "neighbour"))
        ledger.act("Deeds.verifyIdentities", "notary", deed=made)
        ledger.act("Deeds.accept", "office", deed=made)
        one = {"deed": made, "obligor": ledger.ids["farmer"], "session": ledger.evidence}
        ledger.refuses("NotDeedParty", "Deeds.inform", "notary", **(one | {"obligor": ledger.ids["firm"]}))
        ledger.refuses("EvidenceUnknown", "Deeds.inform", "notary", **(one | {"session": NO_HASH}))
        ledger.act("Deeds.inform", "notary", **one)
        assert deed(ledger, made)["state"] == "ACCEPTED", "the neighbour was in no session yet"
        ledger.refuses("StepTaken", "Deeds.inform", "notary", **one)
        ledger.refuses(
            "DeedNotReady",
            "Deeds.sign",
            "farmer",
            deed=made,
            instrument=INSTRUMENT,
            acceptsEnforcement=True,
            acceptsVerification=True,
        )
        ledger.act("Deeds.inform", "notary", **(one | {"obligor": ledger.ids["neighbour"]}))
        assert deed(ledger, made)["state"] == "INFORMED"
        assert deed(ledger, made)["notarisedAt"] == ledger.now - 1


class TestSign:
    def test_is_over_the_same_instrument_by_every_party_once(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "INFORMED", obligors=("farmer", "neighbour"))
        full: dict[str, Any] = {"deed": made, "instrument": INSTRUMENT}
        full |= {"acceptsEnforcement": True, "acceptsVerification": True}
        other = "0x" + "77" * 32
        values = ledger.refuses("InstrumentDiffers", "Deeds.sign", "farmer", **(full | {"instrument": other}))
        assert values == {"deed": made, "instrument": INSTRUMENT, "given": other}
        values = ledger.refuses("NotDeedParty", "Deeds.sign", "firm", **full)
        assert values == {"deed": made, "party": key_of(ledger.ids["firm"])}
        for who in ("farmer", "bank", "neighbour"):
            assert deed(ledger, made)["state"] == "INFORMED"
            ledger.act("Deeds.sign", who, **full)
            if who != "neighbour":
                ledger.refuses("StepTaken", "Deeds.sign", who, **full)
        assert deed(ledger, made)["state"] == "SIGNED"

    def test_of_an_obligor_accepts_enforcement_and_verification(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "INFORMED")
        for enforcement, verification in ((False, True), (True, False)):
            fields = {
                "deed": made,
                "instrument": INSTRUMENT,
                "acceptsEnforcement": enforcement,
                "acceptsVerification": verification,
            }
            assert ledger.refuses("AcceptanceMissing", "Deeds.sign", "farmer", **fields) == {"deed": made}
        ledger.act("Deeds.sign", "bank", **fields)  # the obligee has nothing to accept


class TestBatch:
    def test_of_two_hundred_goes_from_preparation_to_issue(self, ledger: Ledger) -> None:
        before = ledger.view("Deeds.deedCount")
        prepared = ledger.act("Deeds.prepare", "notary", **preparation(ledger, BATCH))
        deeds = [one.args["deed"] for one in prepared]
        assert len(set(deeds)) == BATCH == ledger.view("Deeds.deedCount") - before
        ledger.act("Deeds.review", "second notary", deeds=deeds)
        issued = ledger.act("Deeds.issue", "office", deeds=deeds, documents=[f"0x{n + 1:064x}" for n in range(BATCH)])
        assert [one.args["deed"] for one in issued] == deeds
        last = deed(ledger, deeds[-1])
        assert (last["state"], last["principal"], last["document"]) == (
            "ISSUED",
            1_000_000 + BATCH - 1,
            f"0x{BATCH:064x}",
        )
        obligor = prepared[0].args["obligor"]
        whole = {"named": True, "informed": True, "signed": True}
        assert ledger.view("Deeds.standing", deeds[0], obligor) == whole

    def test_is_of_at_most_two_hundred_with_lists_of_one_length(self, ledger: Ledger) -> None:
        values = ledger.refuses("CasesUnfit", "Deeds.prepare", "notary", **preparation(ledger, BATCH + 1))
        assert values == {"given": BATCH + 1, "most": BATCH}
        ledger.refuses("CasesUnfit", "Deeds.prepare", "notary", **preparation(ledger, 0))
        for field in ("obligors", "instruments", "sessions", "principals"):
            short = preparation(ledger, 2)
            short[field] = short[field][:1]
            ledger.refuses("CasesUnfit", "Deeds.prepare", "notary", **short)
        ledger.refuses("CasesUnfit", "Deeds.review", "second notary", deeds=[])
        ledger.refuses("CasesUnfit", "Deeds.issue", "office", deeds=[number_of(1)], documents=[])

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("numbers", [NO_HASH]),
            ("instruments", [NO_HASH]),
            ("principals", [0]),
            ("sessions", [NO_HASH]),
            ("obligors", [key_of(7)]),
        ],
    )
    def test_holds_no_deed_that_lacks_something(self, ledger: Ledger, field: str, value: list[Any]) -> None:
        ledger.refuses("DeedIncomplete", "Deeds.prepare", "notary", **preparation(ledger, 1, **{field: value}))

    def test_is_of_an_office_on_live_evidence(self, ledger: Ledger) -> None:
        fields = preparation(ledger, 1, office=ledger.ids["bank"])
        values = ledger.refuses("PartyUnfit", "Deeds.prepare", "notary", **fields)
        assert values == {"party": ledger.ids["bank"], "role": role_bits("NOTARY_OFFICE")}
        ledger.refuses("EvidenceUnknown", "Deeds.prepare", "notary", **preparation(ledger, 1), evidence=NO_HASH)


class TestReview:
    def test_is_of_a_second_person(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "SIGNED")
        values = ledger.refuses("ReviewerIsNotary", "Deeds.review", "notary", deeds=[made])
        assert values == {"deed": made, "party": ledger.ids["notary"]}


class TestIssue:
    def test_needs_the_document(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "REVIEWED")
        ledger.refuses("DeedIncomplete", "Deeds.issue", "office", deeds=[made], documents=[NO_HASH])

    def test_of_one_deed_twice_in_a_batch(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "REVIEWED")
        twice = ledger.sign("Deeds.issue", "office", deeds=[made, made], documents=[DOCUMENT, DOCUMENT])
        ledger.refuses_signed("DeedNotReady", twice)


class TestEnd:
    def test_needs_a_ground_which_tells_refusal_from_termination(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "SIGNED")
        ledger.refuses("DeedIncomplete", "Deeds.end", "office", deed=made, ground="NONE")
        for ground, state in (("FEE_REFUSED", "REFUSED"), ("WITHDRAWN", "TERMINATED"), ("OVERDUE", "TERMINATED")):
            mark = ledger.snapshot()
            ledger.act("Deeds.end", "office", deed=made, ground=ground)
            assert deed(ledger, made)["state"] == state
            ledger.revert(mark)


class TestAmend:
    def test_replaces_the_document_and_counts(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "ISSUED")
        ledger.refuses("DeedIncomplete", "Deeds.amend", "office", deed=made, kind="CORRECTION", document=NO_HASH)
        for count, kind in enumerate(("SUPPLEMENT", "CORRECTION"), start=1):
            text = f"0x{count:064x}"
            ledger.act("Deeds.amend", "office", deed=made, kind=kind, document=text)
            assert (deed(ledger, made)["document"], deed(ledger, made)["amendments"]) == (text, count)


class TestKey:
    """Scenario 16: a compromised key puts the deeds of its window under review, and voids none."""

    def test_of_a_window_makes_its_deeds_wait_for_the_office(self, ledger: Ledger) -> None:
        before = deed_at(ledger, "ISSUED", 1)
        ledger.wait(DAY)
        since = ledger.now
        within = deed_at(ledger, "ISSUED", 2)
        ledger.wait(DAY)
        ledger.act("Notaries.reportKey", "notary", notary=ledger.ids["notary"], invalidFrom=since)
        until = ledger.now - 1
        ledger.wait(HOUR)
        after = deed_at(ledger, "ISSUED", 3)
        for made in (before, after):
            ledger.view("Deeds.requireEnforceable", made)
            assert ledger.refuses("NothingToConfirm", "Deeds.confirm", "office", deed=made) == {"deed": made}
        to, call, _ = ledger.encoded("Deeds.requireEnforceable", within)
        assert ledger.refuses_call("ReviewRequired", to, call) == {"deed": within, "from": since, "until": until}
        assert deed(ledger, within)["state"] == "ISSUED", "not void"
        ledger.act("Deeds.confirm", "office", deed=within)
        ledger.view("Deeds.requireEnforceable", within)

    def test_reported_again_widens_the_window_and_asks_the_office_again(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "ISSUED")
        signed = deed(ledger, made)["notarisedAt"]
        report: dict[str, Any] = {"notary": ledger.ids["notary"]}
        ledger.act("Notaries.reportKey", "regulator", **report, invalidFrom=signed)
        ledger.act("Deeds.confirm", "office", deed=made)
        ledger.act("Notaries.reportKey", "office", **report, invalidFrom=signed + 1)
        assert ledger.view("Notaries.keyWindow", ledger.ids["notary"]) == {"from": signed, "until": ledger.now - 1}
        to, call, _ = ledger.encoded("Deeds.requireEnforceable", made)
        ledger.refuses_call("ReviewRequired", to, call)

    def test_is_reported_by_the_notary_an_office_or_a_regulator(self, ledger: Ledger) -> None:
        report = {"notary": ledger.ids["notary"], "invalidFrom": 1}
        for who in ("second notary", "farmer"):
            ledger.refuses("RoleMissing", "Notaries.reportKey", who, **report)
        ledger.refuses("PartyUnfit", "Notaries.reportKey", "office", **(report | {"notary": ledger.ids["bank"]}))
        ledger.refuses("EvidenceUnknown", "Notaries.reportKey", "office", **report, evidence=NO_HASH)
        ledger.act("Parties.suspend", "operator", party=ledger.ids["notary"])
        ledger.act("Notaries.reportKey", "office", **report)  # suspended first, reported then

    def test_is_invalid_since_an_instant_that_has_been(self, ledger: Ledger) -> None:
        for instant in (0, ledger.now + 1):
            values = ledger.refuses(
                "InvalidityUnfit", "Notaries.reportKey", "office", notary=ledger.ids["notary"], invalidFrom=instant
            )
            assert values == {"invalidFrom": instant, "latest": ledger.now}


class TestEntitlement:
    def test_is_the_principal_and_what_accrues_a_day_rounded_down(self, ledger: Ledger) -> None:
        made = deed_at(ledger, "ISSUED")
        since = deed(ledger, made)["notarisedAt"]
        for instant, days in ((0, 0), (since, 0), (since + DAY - 1, 0), (since + DAY, 1), (since + 400 * DAY, 400)):
            accrued = PRINCIPAL * TERMS["rateBps"] * days // 3_650_000
            assert ledger.view("Deeds.entitlement", made, instant) == PRINCIPAL + accrued

    def test_never_wraps_around(self, ledger: Ledger) -> None:
        most = 2**64 - 1
        number = number_of(5)
        ledger.act("Deeds.open", "office", **opening(ledger, number, principal=most, rateBps=65_535))
        assert ledger.view("Deeds.entitlement", deed_id(ledger, number), most) == most


def test_a_revoked_deed_is_enforceable_no_more(ledger: Ledger) -> None:
    made = deed_at(ledger, "REVOKED")
    to, call, _ = ledger.encoded("Deeds.requireEnforceable", made)
    assert ledger.refuses_call("DeedNotReady", to, call)["state"] == "REVOKED"


def test_the_obligee_may_sign_first(ledger: Ledger) -> None:
    made = deed_at(ledger, "INFORMED")
    sign(ledger, "bank", made)
    sign(ledger, "farmer", made)
    assert deed(ledger, made)["state"] == "SIGNED"
