"""Trees: one class an act. Which act is possible in which state is `test_tree_states.py`."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from chain.vocabulary import role_bits
from tests.contracts.groves import CERTIFICATE, FILED_TREE, FILING, NOTICE, SURVEY, tree_at, tree_id
from tests.contracts.ledger import DAY, NO_HASH, NOBODY, Ledger, event

THREE_YEARS = 1096 * DAY
RECEIPT = "0x" + "2e" * 32

ROLE_OF = {
    "file": ("FARMER", "FIRM", "VILLAGE"),
    "survey": ("SURVEYOR",),
    "postNotice": ("VILLAGE",),
    "resolveObjection": ("VILLAGE", "AGRI"),
    "register": ("OPERATOR", "AGRI"),
    "recognise": ("FORESTRY",),
    "concludeDeathReport": ("FORESTRY",),
    "recordTransfer": ("REGISTRY",),
    "reportDeath": ("FARMER", "FIRM", "VILLAGE", "SURVEYOR", "FORESTRY", "INSURER", "BANK"),
}
ISSUERS = {"COURT": ("COURT_GW",), "DISPUTE": ("VILLAGE", "REGISTRY"), "COMPLIANCE": ("REGULATOR",)}
MESSAGES: dict[str, dict[str, Any]] = {
    "file": FILING,
    "survey": SURVEY | {"tree": 1},
    "postNotice": {"tree": 1},
    "resolveObjection": {"tree": 1, "upheld": True},
    "register": {"tree": 1, "certificate": CERTIFICATE},
    "recognise": {"tree": 1, "level": 1, "ageYears": 620},
    "concludeDeathReport": {"tree": 1, "finding": "DEAD"},
    "recordTransfer": {"tree": 1, "to": 1, "basis": "AGREEMENT", "receipt": RECEIPT},
    "reportDeath": {"tree": 1},
}


def tree(ledger: Ledger, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = ledger.view("Trees.tree", number)
    return answer


class TestRoles:
    @pytest.mark.parametrize("function", sorted(ROLE_OF))
    def test_of_an_act_are_these_and_no_others(self, ledger: Ledger, function: str) -> None:
        needed = role_bits(*ROLE_OF[function])
        everything_else = role_bits() | ((1 << 22) - 1) & ~needed
        number = ledger.enrol("somebody", "LAWYER")
        for roles, passes in ((everything_else, False), *((role_bits(one), True) for one in ROLE_OF[function])):
            ledger.act("Parties.assignRoles", "operator", party=number, roles=roles)
            signed = ledger.sign(f"Trees.{function}", "somebody", **MESSAGES[function])
            refused = ledger.attempt(ledger.deployment.address("Trees"), signed.calldata)
            if passes:
                assert refused is None or refused.code == "NoSuchTree"
            else:
                assert ledger.refuses_signed("RoleMissing", signed) == {
                    "party": number,
                    "roles": roles,
                    "needed": needed,
                }

    @pytest.mark.parametrize("kind", sorted(ISSUERS))
    @pytest.mark.parametrize("function", ["restrain", "lift"])
    def test_of_a_restraint_are_its_issuers(self, ledger: Ledger, function: str, kind: str) -> None:
        fields: dict[str, Any] = {"tree": 1, "kind": kind}
        if function == "restrain":
            fields["expiresAt"] = ledger.now + DAY
        number = ledger.enrol("somebody", "LAWYER")
        for other, roles in ISSUERS.items():
            for role in roles:
                ledger.act("Parties.assignRoles", "operator", party=number, roles=role_bits(role))
                error = "RoleMissing" if other != kind else "NoSuchTree" if function == "restrain" else "NotIssuer"
                ledger.refuses(error, f"Trees.{function}", "somebody", **fields)


class TestEvidence:
    @pytest.mark.parametrize(
        ("key", "who", "title", "life", "fields"),
        [
            ("Trees.survey", "surveyor", "FILED", "ALIVE", SURVEY),
            ("Trees.postNotice", "village", "SURVEYED", "ALIVE", {}),
            ("Trees.object", "neighbour", "NOTICE", "ALIVE", {}),
            ("Trees.resolveObjection", "agri", "DISPUTED", "ALIVE", {"upheld": True}),
            ("Trees.recognise", "forestry", "REGISTERED", "ALIVE", {"level": 1, "ageYears": 620}),
            ("Trees.restrain", "regulator", "FILED", "ALIVE", {"kind": "COMPLIANCE", "expiresAt": 0}),
            ("Trees.lift", "regulator", "FILED", "ALIVE", {"kind": "COMPLIANCE"}),
            ("Trees.reportDeath", "farmer", "FILED", "ALIVE", {}),
            ("Trees.concludeDeathReport", "forestry", "FILED", "REPORTED_DEAD", {"finding": "DEAD"}),
            ("Trees.offerTransfer", "farmer", "REGISTERED", "ALIVE", {"to": 5}),
            ("Trees.acceptTransfer", "firm", "REGISTERED", "ALIVE", {}),
            (
                "Trees.recordTransfer",
                "registry",
                "REGISTERED",
                "ALIVE",
                {"to": 5, "basis": "SUCCESSION", "receipt": RECEIPT},
            ),
        ],
    )
    def test_must_be_live(
        self, ledger: Ledger, key: str, who: str, title: str, life: str, fields: dict[str, Any]
    ) -> None:
        number = tree_at(ledger, title, life)
        if key == "Trees.lift":
            ledger.act("Trees.restrain", who, tree=number, kind="COMPLIANCE", expiresAt=0)
        if key == "Trees.acceptTransfer":
            ledger.act("Trees.offerTransfer", "farmer", tree=number, to=ledger.ids["firm"])
        values = ledger.refuses("EvidenceUnknown", key, who, tree=number, evidence="0x" + "99" * 32, **fields)
        assert values == {"evidence": "0x" + "99" * 32}
        ledger.act("Evidence.revokeRoot", "notary", reason="")
        ledger.refuses("EvidenceIsRevoked", key, who, tree=number, **fields)

    def test_of_a_filing_must_be_live(self, ledger: Ledger) -> None:
        ledger.refuses("EvidenceUnknown", "Trees.file", "farmer", **(FILING | {"evidence": NO_HASH}))


class TestFile:
    @pytest.mark.parametrize("who", ["farmer", "firm", "village"])
    def test_makes_a_filed_tree_of_the_signer(self, ledger: Ledger, who: str) -> None:
        instant, number = ledger.now, tree_id(FILING["tag"])
        before = ledger.view("Trees.treeCount")
        assert ledger.act("Trees.file", who, **FILING) == [
            event(
                "Trees.TreeFiled",
                tree=number,
                owner=ledger.ids[who],
                **FILING,
                evidence=ledger.evidence,
                filedAt=instant,
            )
        ]
        texts = [FILING[name] for name in ("tag", "village", "cultivar", "geoCell")]
        card = "0x" + keccak(encode(["string"] * 4, texts)).hex()
        assert tree(ledger, number) == FILED_TREE | {"owner": ledger.ids[who], "filedAt": instant, "card": card}
        assert ledger.view("Trees.treeCount") == before + 1
        assert ledger.view("Trees.treeId", FILING["tag"]) == number
        assert ledger.view("Trees.balanceOf", ledger.people[who].address) == 0, "filed is not registered"

    def test_of_a_tag_that_is_taken_even_by_oneself(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REJECTED")
        for who in ("farmer", "firm"):
            values = ledger.refuses("TagTaken", "Trees.file", who, **FILING)
            assert values == {"tag": FILING["tag"], "tree": number}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *((name, "") for name in ("tag", "village", "cultivar", "geoCell")),
            *((name, "x" * 65) for name in ("tag", "village", "cultivar")),
            ("village", "村" * 22),
            ("geoCell", "w" * 33),
            ("titleClass", "NONE"),
            ("ageMethod", "NONE"),
            ("ageMethod", "AUTHORITY"),
            ("attributes", NO_HASH),
        ],
    )
    def test_that_is_incomplete(self, ledger: Ledger, name: str, value: str) -> None:
        values = ledger.refuses("FilingIncomplete", "Trees.file", "farmer", **(FILING | {name: value}))
        assert values == {"field": name}

    def test_at_the_limits(self, ledger: Ledger) -> None:
        texts = {"tag": "t" * 64, "village": "村" * 21, "cultivar": "c" * 64, "geoCell": "w" * 32}
        ledger.act("Trees.file", "farmer", **(FILING | texts | {"ageYears": 0, "graftYear": 65535}))


class TestSurvey:
    def test_of_a_filed_tree(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "FILED")
        before, instant = tree(ledger, number), ledger.now
        assert ledger.act("Trees.survey", "surveyor", tree=number, **SURVEY) == [
            event(
                "Trees.TreeSurveyed",
                tree=number,
                surveyor=ledger.ids["surveyor"],
                title="SURVEYED",
                **SURVEY,
                evidence=ledger.evidence,
                surveyedAt=instant,
            )
        ]
        measured = {"title": "SURVEYED", "surveyor": ledger.ids["surveyor"], "surveyedAt": instant}
        assert tree(ledger, number) == before | SURVEY | measured

    def test_again_later_leaves_the_title_alone(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        ledger.wait(400 * DAY)
        (surveyed,) = ledger.act("Trees.survey", "surveyor", tree=number, **(SURVEY | {"girthCm": 191}))
        assert surveyed.args["title"] == "REGISTERED"
        assert tree(ledger, number)["girthCm"] == 191

    def test_after_thirty_days(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "FILED")
        due = tree(ledger, number)["filedAt"] + 30 * DAY
        ledger.now = due + 1
        values = ledger.refuses("SurveyTooLate", "Trees.survey", "surveyor", tree=number, **SURVEY)
        assert values == {"tree": number, "due": due}
        ledger.now = due
        ledger.act("Trees.survey", "surveyor", tree=number, **SURVEY)

    def test_by_the_owner(self, ledger: Ledger) -> None:
        both = ledger.enrol("surveying farmer", "FARMER", "SURVEYOR")
        number = tree_at(ledger, "FILED", owner="surveying farmer")
        values = ledger.refuses("SurveyorIsOwner", "Trees.survey", "surveying farmer", tree=number, **SURVEY)
        assert values == {"tree": number, "party": both}

    @pytest.mark.parametrize(("name", "value"), [("girthCm", 0), ("health", "NONE"), ("attributes", NO_HASH)])
    def test_that_is_incomplete(self, ledger: Ledger, name: str, value: Any) -> None:
        number = tree_at(ledger, "FILED")
        values = ledger.refuses("FilingIncomplete", "Trees.survey", "surveyor", tree=number, **(SURVEY | {name: value}))
        assert values == {"field": name}


class TestNotice:
    def test_runs_fifteen_days(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "SURVEYED")
        before, ends = tree(ledger, number), ledger.now + NOTICE
        assert ledger.act("Trees.postNotice", "village", tree=number) == [
            _titled(ledger, number, "village", "NOTICE", ends)
        ]
        assert tree(ledger, number) == before | {"title": "NOTICE", "noticeEndsAt": ends}

    def test_lets_any_party_object_until_its_last_second(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "NOTICE")
        before = tree(ledger, number)
        ends = before["noticeEndsAt"]
        ledger.now = ends
        assert ledger.refuses("NoticeOver", "Trees.object", "insurer", tree=number) == {
            "tree": number,
            "noticeEndsAt": ends,
        }
        ledger.now = ends - 1
        assert ledger.act("Trees.object", "insurer", tree=number) == [
            _titled(ledger, number, "insurer", "DISPUTED", ends, disputed=ends - 1)
        ]
        assert tree(ledger, number) == before | {"title": "DISPUTED", "disputedAt": ends - 1}

    @pytest.mark.parametrize(("upheld", "title"), [(True, "REJECTED"), (False, "NOTICE")])
    @pytest.mark.parametrize("who", ["village", "agri"])
    def test_an_objection_is_decided(self, ledger: Ledger, who: str, upheld: bool, title: str) -> None:
        number = tree_at(ledger, "DISPUTED")
        before = tree(ledger, number)
        instant = ledger.wait(3 * DAY)
        ends = before["noticeEndsAt"] + (0 if upheld else instant - before["disputedAt"])
        assert ledger.act("Trees.resolveObjection", who, tree=number, upheld=upheld) == [
            _titled(ledger, number, who, title, ends)
        ]
        assert tree(ledger, number) == before | {"title": title, "noticeEndsAt": ends, "disputedAt": 0}

    @pytest.mark.parametrize("dispute", [0, DAY, 400 * DAY])
    def test_does_not_run_while_an_objection_is_open(self, ledger: Ledger, dispute: int) -> None:
        """A sham objection, made to be dismissed, would otherwise keep the true ones out."""
        number = tree_at(ledger, "NOTICE")
        left = 5 * DAY
        ledger.now = tree(ledger, number)["noticeEndsAt"] - left
        ledger.act("Trees.object", "neighbour", tree=number)
        ledger.wait(dispute)
        dismissed = ledger.now
        ledger.act("Trees.resolveObjection", "village", tree=number, upheld=False)
        assert tree(ledger, number)["noticeEndsAt"] == dismissed + left
        ledger.now = dismissed + left - 1
        ledger.refuses("NoticeRunning", "Trees.register", "agri", tree=number, certificate=CERTIFICATE)
        ledger.act("Trees.object", "insurer", tree=number)
        ledger.wait(dispute)
        ledger.act("Trees.resolveObjection", "village", tree=number, upheld=False)
        ledger.act("Trees.register", "agri", tree=number, certificate=CERTIFICATE)

    def test_an_objection_is_not_decided_by_the_owner(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "DISPUTED", owner="village")
        values = ledger.refuses("OwnerCannotDecide", "Trees.resolveObjection", "village", tree=number, upheld=False)
        assert values == {"tree": number, "party": ledger.ids["village"]}
        ledger.act("Trees.resolveObjection", "other village", tree=number, upheld=False)


class TestRegister:
    @pytest.mark.parametrize("who", ["agri", "operator"])
    def test_after_the_notice(self, ledger: Ledger, who: str) -> None:
        number = tree_at(ledger, "NOTICE")
        before = tree(ledger, number)
        ends = before["noticeEndsAt"]
        fields = {"tree": number, "certificate": CERTIFICATE}
        ledger.now = ends - 1
        values = ledger.refuses("NoticeRunning", "Trees.register", who, **fields)
        assert values == {"tree": number, "noticeEndsAt": ends}
        ledger.now = ends
        farmer = ledger.people["farmer"].address
        # The domain event first, then what ERC-721 readers look for.
        assert ledger.act("Trees.register", who, **fields) == [
            _titled(ledger, number, who, "REGISTERED", ends, CERTIFICATE),
            event("Trees.Transfer", **{"from": NOBODY, "to": farmer, "tokenId": number}),
        ]
        assert tree(ledger, number) == before | {"title": "REGISTERED"}
        assert ledger.view("Trees.balanceOf", farmer) == 1
        assert ledger.view("Trees.ownerOf", number) == farmer

    def test_needs_a_certificate(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "NOTICE")
        ledger.wait(NOTICE)
        values = ledger.refuses("FilingIncomplete", "Trees.register", "agri", tree=number, certificate=NO_HASH)
        assert values == {"field": "certificate"}

    def test_by_the_owner(self, ledger: Ledger) -> None:
        ledger.enrol("farming bureau", "FARMER", "AGRI")
        number = tree_at(ledger, "NOTICE", owner="farming bureau")
        ledger.wait(NOTICE)
        ledger.refuses("OwnerCannotDecide", "Trees.register", "farming bureau", tree=number, certificate=CERTIFICATE)


class TestRecognise:
    @pytest.mark.parametrize(("age", "level"), [(100, 3), (299, 3), (300, 2), (499, 2), (500, 1), (65535, 1)])
    def test_by_the_age_rule(self, ledger: Ledger, age: int, level: int) -> None:
        number = tree_at(ledger, "REGISTERED")
        before = tree(ledger, number)
        for wrong in {0, 1, 2, 3, 4} - {level}:
            values = ledger.refuses("LevelUnfit", "Trees.recognise", "forestry", tree=number, level=wrong, ageYears=age)
            assert values == {"level": wrong, "ageYears": age}
        assert ledger.act("Trees.recognise", "forestry", tree=number, level=level, ageYears=age) == [
            event(
                "Trees.TreeRecognised",
                tree=number,
                actor=ledger.ids["forestry"],
                protection=level,
                ageYears=age,
                ageMethod="AUTHORITY",
                evidence=ledger.evidence,
            )
        ]
        found = {"protection": level, "ageYears": age, "ageMethod": "AUTHORITY"}
        assert tree(ledger, number) == before | found

    @pytest.mark.parametrize("level", [0, 1, 2, 3])
    def test_not_below_a_hundred_years(self, ledger: Ledger, level: int) -> None:
        number = tree_at(ledger, "REGISTERED")
        ledger.refuses("LevelUnfit", "Trees.recognise", "forestry", tree=number, level=level, ageYears=99)


class TestRestraint:
    @pytest.mark.parametrize(
        ("kind", "who", "days"),
        [
            ("COURT", "court", 1096),
            ("DISPUTE", "village", 0),
            ("DISPUTE", "registry", 5000),
            ("COMPLIANCE", "regulator", 0),
        ],
    )
    def test_binds_until_lifted_or_expired(self, ledger: Ledger, kind: str, who: str, days: int) -> None:
        number, issuer = tree_at(ledger, "REGISTERED"), ledger.ids[who]
        expires = ledger.now + days * DAY if days else 0
        held = {"tree": number, "kind": kind}
        assert ledger.act("Trees.restrain", who, **held, expiresAt=expires) == [
            event(
                "Trees.RestraintChanged",
                **held,
                actor=issuer,
                issuer=issuer,
                expiresAt=expires,
                evidence=ledger.evidence,
            )
        ]
        assert ledger.view("Trees.hold", number, _kind(kind)) == {"issuer": issuer, "expiresAt": expires}
        restrained = {**held, "issuer": issuer, "expiresAt": expires}
        offer = {"tree": number, "to": ledger.ids["firm"]}
        to, call, _ = ledger.encoded("Trees.requireUnrestrained", number)
        assert ledger.refuses_call("TreeRestrained", to, call) == restrained
        assert ledger.refuses("TreeRestrained", "Trees.offerTransfer", "farmer", **offer) == restrained
        if expires:
            start, ledger.now = ledger.now, expires - 1
            ledger.refuses_call("TreeRestrained", to, call)
            ledger.now = expires
            ledger.view("Trees.requireUnrestrained", number)
            ledger.now = start
        assert ledger.act("Trees.lift", who, **held) == [
            event("Trees.RestraintChanged", **held, actor=issuer, issuer=0, expiresAt=0, evidence=ledger.evidence)
        ]
        assert ledger.view("Trees.hold", number, _kind(kind)) == {"issuer": 0, "expiresAt": 0}
        ledger.act("Trees.offerTransfer", "farmer", **offer)

    def test_of_a_court_is_three_years_at_most_and_never_open(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        latest = ledger.now + THREE_YEARS
        for expires in (0, ledger.now - 1, ledger.now, latest + 1, 2**64 - 1):
            values = ledger.refuses(
                "ExpiryUnfit", "Trees.restrain", "court", tree=number, kind="COURT", expiresAt=expires
            )
            assert values == {"expiresAt": expires, "latest": latest}

    @pytest.mark.parametrize(("kind", "who"), [("DISPUTE", "village"), ("COMPLIANCE", "regulator")])
    def test_that_would_be_over_already(self, ledger: Ledger, kind: str, who: str) -> None:
        number = tree_at(ledger, "REGISTERED")
        for expires in (1, ledger.now):
            ledger.refuses("ExpiryUnfit", "Trees.restrain", who, tree=number, kind=kind, expiresAt=expires)

    def test_is_renewed_by_its_issuer_alone(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        first = ledger.now + DAY
        fields: dict[str, Any] = {"tree": number, "kind": "COURT"}
        ledger.act("Trees.restrain", "court", **fields, expiresAt=first)
        values = ledger.refuses("TreeRestrained", "Trees.restrain", "other court", **fields, expiresAt=first + DAY)
        assert values == {**fields, "issuer": ledger.ids["court"], "expiresAt": first}
        ledger.act("Trees.restrain", "court", **fields, expiresAt=first + DAY)
        ledger.now = first + DAY
        ledger.act("Trees.restrain", "other court", **fields, expiresAt=first + 2 * DAY)
        assert ledger.view("Trees.hold", number, 0)["issuer"] == ledger.ids["other court"]

    def test_is_lifted_by_its_issuer_alone(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        fields: dict[str, Any] = {"tree": number, "kind": "DISPUTE"}
        ledger.refuses("NotIssuer", "Trees.lift", "village", **fields)
        ledger.act("Trees.restrain", "village", **fields, expiresAt=0)
        for who in ("other village", "registry"):
            assert ledger.refuses("NotIssuer", "Trees.lift", who, **fields) == {
                **fields,
                "party": ledger.ids[who],
            }

    def test_of_several_kinds_hold_together(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        ledger.act("Trees.restrain", "court", tree=number, kind="COURT", expiresAt=ledger.now + DAY)
        ledger.act("Trees.restrain", "regulator", tree=number, kind="COMPLIANCE", expiresAt=0)
        ledger.act("Trees.lift", "court", tree=number, kind="COURT")
        to, call, _ = ledger.encoded("Trees.requireUnrestrained", number)
        assert ledger.refuses_call("TreeRestrained", to, call)["kind"] == "COMPLIANCE"


class TestDeath:
    @pytest.mark.parametrize("finding", ["ALIVE", "DEAD", "LOST"])
    def test_is_reported_by_one_and_concluded_by_forestry(self, ledger: Ledger, finding: str) -> None:
        number = tree_at(ledger, "REGISTERED")
        before = tree(ledger, number)
        assert ledger.act("Trees.reportDeath", "bank", tree=number) == [
            event(
                "Trees.LifeChanged",
                tree=number,
                actor=ledger.ids["bank"],
                life="REPORTED_DEAD",
                evidence=ledger.evidence,
            )
        ]
        assert tree(ledger, number) == before | {"life": "REPORTED_DEAD"}
        ledger.refuses("RoleMissing", "Trees.concludeDeathReport", "farmer", tree=number, finding=finding)
        assert ledger.act("Trees.concludeDeathReport", "forestry", tree=number, finding=finding) == [
            event(
                "Trees.LifeChanged",
                tree=number,
                actor=ledger.ids["forestry"],
                life=finding,
                evidence=ledger.evidence,
            )
        ]
        assert tree(ledger, number) == before | {"life": finding}

    @pytest.mark.parametrize("finding", ["NONE", "REPORTED_DEAD"])
    def test_is_not_concluded_by_saying_nothing(self, ledger: Ledger, finding: str) -> None:
        number = tree_at(ledger, "REGISTERED", "REPORTED_DEAD")
        values = ledger.refuses("FindingUnfit", "Trees.concludeDeathReport", "forestry", tree=number, finding=finding)
        assert values == {"finding": finding}

    def test_bars_transfer_until_forestry_says_alive(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED", "REPORTED_DEAD")
        offer = {"tree": number, "to": ledger.ids["firm"]}
        values = ledger.refuses("LifeNotReady", "Trees.offerTransfer", "farmer", **offer)
        assert values == {"tree": number, "life": "REPORTED_DEAD", "needed": "ALIVE"}
        ledger.act("Trees.concludeDeathReport", "forestry", tree=number, finding="ALIVE")
        ledger.act("Trees.offerTransfer", "farmer", **offer)


class TestTransfer:
    def test_by_offer_acceptance_and_receipt(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        before = tree(ledger, number)
        farmer, firm, registry = (ledger.ids[who] for who in ("farmer", "firm", "registry"))
        assert ledger.act("Trees.offerTransfer", "farmer", tree=number, to=firm) == [
            _offered(ledger, number, "farmer", firm, False)
        ]
        assert tree(ledger, number) == before | {"transferTo": firm}
        assert ledger.act("Trees.acceptTransfer", "firm", tree=number) == [_offered(ledger, number, "firm", firm, True)]
        assert tree(ledger, number) == before | {"transferTo": firm, "transferAccepted": True}
        fields = {"tree": number, "basis": "AGREEMENT", "receipt": RECEIPT}
        assert ledger.act("Trees.recordTransfer", "registry", to=firm, **fields) == [
            _offered(ledger, number, "registry", 0, False),
            event(
                "Trees.TitleTransferred",
                **fields,
                actor=registry,
                owner=firm,
                previous=farmer,
                evidence=ledger.evidence,
            ),
            event(
                "Trees.Transfer",
                **{
                    "from": ledger.people["farmer"].address,
                    "to": ledger.people["firm"].address,
                    "tokenId": number,
                },
            ),
        ]
        assert tree(ledger, number) == before | {"owner": firm}
        balances = [ledger.view("Trees.balanceOf", ledger.people[who].address) for who in ("farmer", "firm")]
        assert balances == [0, 1]

    @pytest.mark.parametrize("basis", ["COURT_SALE", "SUCCESSION"])
    def test_without_the_owner_only_on_a_forced_basis(self, ledger: Ledger, basis: str) -> None:
        number = tree_at(ledger, "REGISTERED")
        firm = ledger.ids["firm"]
        ledger.act("Trees.offerTransfer", "farmer", tree=number, to=ledger.ids["neighbour"])
        fields = {"tree": number, "to": firm, "receipt": RECEIPT}
        ledger.refuses("TransferNotAgreed", "Trees.recordTransfer", "registry", basis="AGREEMENT", **fields)
        ended, moved, _ = ledger.act("Trees.recordTransfer", "registry", basis=basis, **fields)
        assert (ended.name, ended.args["transferTo"]) == ("TransferOffered", 0)
        assert (moved.args["owner"], moved.args["basis"]) == (firm, basis)
        ledger.refuses("TransferNotAgreed", "Trees.acceptTransfer", "neighbour", tree=number)

    def test_needs_every_step(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        firm, neighbour = ledger.ids["firm"], ledger.ids["neighbour"]
        record = {"tree": number, "basis": "AGREEMENT", "receipt": RECEIPT}
        agreed = {"tree": number, "party": firm}
        assert ledger.refuses("TransferNotAgreed", "Trees.acceptTransfer", "firm", tree=number) == agreed
        assert ledger.refuses("TransferNotAgreed", "Trees.recordTransfer", "registry", to=firm, **record) == agreed
        ledger.act("Trees.offerTransfer", "farmer", tree=number, to=firm)
        ledger.refuses("TransferNotAgreed", "Trees.recordTransfer", "registry", to=firm, **record)
        ledger.refuses("TransferNotAgreed", "Trees.acceptTransfer", "neighbour", tree=number)
        ledger.act("Trees.acceptTransfer", "firm", tree=number)
        ledger.refuses("TransferNotAgreed", "Trees.recordTransfer", "registry", to=neighbour, **record)

    def test_another_offer_takes_the_acceptance_away(self, ledger: Ledger) -> None:
        """The transferee accepted one offer; nothing said under it counts for the next."""
        number = tree_at(ledger, "REGISTERED")
        firm = ledger.ids["firm"]
        record = {"tree": number, "to": firm, "basis": "AGREEMENT", "receipt": RECEIPT}
        for to in (ledger.ids["neighbour"], 0, firm):
            ledger.act("Trees.offerTransfer", "farmer", tree=number, to=firm)
            ledger.act("Trees.acceptTransfer", "firm", tree=number)
            ledger.act("Trees.offerTransfer", "farmer", tree=number, to=to)
            ledger.refuses("TransferNotAgreed", "Trees.recordTransfer", "registry", **record)

    def test_is_the_owners_to_offer(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        for to in (0, ledger.ids["neighbour"]):
            values = ledger.refuses("NotOwner", "Trees.offerTransfer", "firm", tree=number, to=to)
            assert values == {"tree": number, "party": ledger.ids["firm"]}

    def test_to_oneself_or_to_no_party(self, ledger: Ledger) -> None:
        number, farmer = tree_at(ledger, "REGISTERED"), ledger.ids["farmer"]
        own = {"tree": number, "party": farmer}
        record = {"tree": number, "basis": "SUCCESSION", "receipt": RECEIPT}
        assert ledger.refuses("TransferToOwner", "Trees.offerTransfer", "farmer", tree=number, to=farmer) == own
        assert ledger.refuses("TransferToOwner", "Trees.recordTransfer", "registry", to=farmer, **record) == own
        ledger.refuses("NoSuchParty", "Trees.offerTransfer", "farmer", tree=number, to=999)
        for nobody in (0, 999):
            ledger.refuses("NoSuchParty", "Trees.recordTransfer", "registry", to=nobody, **record)

    @pytest.mark.parametrize(("function", "error"), [("suspend", "PartySuspended"), ("revoke", "PartyRevoked")])
    def test_to_a_party_that_cannot_act(self, ledger: Ledger, function: str, error: str) -> None:
        number, firm = tree_at(ledger, "REGISTERED"), ledger.ids["firm"]
        ledger.act("Trees.offerTransfer", "farmer", tree=number, to=firm)
        ledger.act("Trees.acceptTransfer", "firm", tree=number)
        ledger.act(f"Parties.{function}", "operator", party=firm)
        for basis in ("AGREEMENT", "COURT_SALE", "SUCCESSION"):
            fields = {"tree": number, "to": firm, "basis": basis, "receipt": RECEIPT}
            assert ledger.refuses(error, "Trees.recordTransfer", "registry", **fields) == {"party": firm}
        assert ledger.refuses(error, "Trees.offerTransfer", "farmer", tree=number, to=firm) == {"party": firm}
        ledger.act("Trees.offerTransfer", "farmer", tree=number, to=0)

    def test_from_a_party_that_cannot_act(self, ledger: Ledger) -> None:
        """A court sells, and heirs inherit, without the owner."""
        number, firm = tree_at(ledger, "REGISTERED"), ledger.ids["firm"]
        ledger.act("Parties.revoke", "operator", party=ledger.ids["farmer"])
        fields = {"tree": number, "to": firm, "basis": "COURT_SALE", "receipt": RECEIPT}
        ledger.act("Trees.recordTransfer", "registry", **fields)
        assert tree(ledger, number)["owner"] == firm

    def test_needs_a_receipt(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        for basis in ("AGREEMENT", "COURT_SALE", "SUCCESSION"):
            fields = {"tree": number, "to": ledger.ids["firm"], "basis": basis, "receipt": NO_HASH}
            values = ledger.refuses("FilingIncomplete", "Trees.recordTransfer", "registry", **fields)
            assert values == {"field": "receipt"}

    @pytest.mark.parametrize("basis", ["AGREEMENT", "COURT_SALE", "SUCCESSION"])
    def test_is_barred_by_a_restraint_at_every_step(self, ledger: Ledger, basis: str) -> None:
        number, firm = tree_at(ledger, "REGISTERED"), ledger.ids["firm"]
        ledger.act("Trees.offerTransfer", "farmer", tree=number, to=firm)
        if basis == "AGREEMENT":
            ledger.act("Trees.restrain", "regulator", tree=number, kind="COMPLIANCE", expiresAt=0)
            ledger.refuses("TreeRestrained", "Trees.acceptTransfer", "firm", tree=number)
            ledger.act("Trees.lift", "regulator", tree=number, kind="COMPLIANCE")
        ledger.act("Trees.acceptTransfer", "firm", tree=number)
        ledger.act("Trees.restrain", "village", tree=number, kind="DISPUTE", expiresAt=0)
        fields = {"tree": number, "to": firm, "basis": basis, "receipt": RECEIPT}
        ledger.refuses("TreeRestrained", "Trees.recordTransfer", "registry", **fields)
        ledger.act("Trees.offerTransfer", "farmer", tree=number, to=0)


class TestNoForeclosure:
    """Domain scenario 6: no wallet, no bank and no default moves a tree."""

    @pytest.mark.parametrize("who", ["farmer", "bank", "operator", "stranger"])
    def test_tokens_are_not_transferred_or_approved(self, ledger: Ledger, who: str) -> None:
        number = tree_at(ledger, "REGISTERED")
        farmer, bank = ledger.people["farmer"].address, ledger.people["bank"].address
        sender = ledger.people[who]
        for key, arguments in (
            ("Trees.transferFrom", (farmer, bank, number)),
            ("Trees.safeTransferFrom", (farmer, bank, number)),
            ("Trees.approve", (bank, number)),
        ):
            to, call, _ = ledger.encoded(key, *arguments)
            assert ledger.refuses_call("NoForeclosure", to, call, sender) == {"tree": number}
        with_data = keccak(text="safeTransferFrom(address,address,uint256,bytes)")[:4]
        with_data += encode(["address", "address", "uint256", "bytes"], [farmer, bank, number, b"now"])
        assert ledger.refuses_call("NoForeclosure", to, with_data, sender) == {"tree": number}
        to, call, _ = ledger.encoded("Trees.setApprovalForAll", bank, True)
        assert ledger.refuses_call("NoForeclosure", to, call, sender) == {"tree": 0}
        assert ledger.view("Trees.ownerOf", number) == farmer

    def test_the_bank_cannot_take_by_any_act(self, ledger: Ledger) -> None:
        number = tree_at(ledger, "REGISTERED")
        bank = ledger.ids["bank"]
        ledger.refuses("NotOwner", "Trees.offerTransfer", "bank", tree=number, to=bank)
        ledger.refuses("TransferNotAgreed", "Trees.acceptTransfer", "bank", tree=number)
        for basis in ("AGREEMENT", "COURT_SALE", "SUCCESSION"):
            fields = {"tree": number, "to": bank, "basis": basis, "receipt": RECEIPT}
            ledger.refuses("RoleMissing", "Trees.recordTransfer", "bank", **fields)


def _titled(
    ledger: Ledger, number: int, who: str, title: str, ends: int, ground: str | None = None, disputed: int = 0
) -> object:
    return event(
        "Trees.TitleChanged",
        tree=number,
        actor=ledger.ids[who],
        title=title,
        noticeEndsAt=ends,
        disputedAt=disputed,
        ground=ground or ledger.evidence,
    )


def _offered(ledger: Ledger, number: int, who: str, to: int, accepted: bool) -> object:
    return event(
        "Trees.TransferOffered",
        tree=number,
        actor=ledger.ids[who],
        transferTo=to,
        transferAccepted=accepted,
        evidence=ledger.evidence,
    )


def _kind(name: str) -> int:
    return ["COURT", "DISPUTE", "COMPLIANCE"].index(name)
