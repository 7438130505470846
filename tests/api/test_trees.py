"""A tree from its filing to its card, its record in the vault, and who may see what of it."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from chain.acts import SignedAct
from tests.harvests import SURVEY
from tests.stack import Stack
from workflows.trees.position import Datum, Position, geo_cell
from workflows.trees.record import AgeMethod, Health, LandKind, TitleClass, TreeRecord

PLACES = iter(range(1, 1000))


def record_of(tag: str, *, lat_e7: int, lon_e7: int = 1_166_800_000) -> TreeRecord:
    return TreeRecord(
        tag=tag,
        village="凤西村",
        hamlet="大坪",
        position=Position(lat_e7=lat_e7, lon_e7=lon_e7, datum=Datum.CGCS2000, accuracy_cm=50),
        altitude_m=1_050,
        land_kind=LandKind.GARDEN,
        title_class=TitleClass.CERTIFICATE,
        right_until=None,
        cultivar="宋种",
        age_years=610,
        age_method=AgeMethod.CORE,
        age_ci_years=30,
        graft_year=None,
        girth_cm=182,
        height_cm=590,
        crown_a_cm=640,
        crown_b_cm=610,
        health=Health.A,
        yields=(),
    )


def fresh_record() -> TreeRecord:
    """A tree of its own, a kilometre from the last one."""
    return record_of(f"T-{secrets.token_hex(6).upper()}", lat_e7=239_300_000 + 90_000 * next(PLACES))


def filing(stack: Stack, who: str, record: TreeRecord, salt: bytes, **changes: Any) -> SignedAct:
    message = {
        "tag": record.tag,
        "village": record.village,
        "cultivar": record.cultivar,
        "geoCell": geo_cell(record.position),
        "titleClass": record.title_class.value,
        "ageYears": record.age_years,
        "ageMethod": record.age_method.value,
        "graftYear": record.graft_year or 0,
        "attributes": record.commitment(salt),
        "evidence": stack.anchor(),
    }
    return stack.sign(who, "Trees.file", **message | changes)


def hand_in(stack: Stack, signed: SignedAct, record: TreeRecord, salt: bytes) -> Any:
    body = signed.json() | {"record": record.model_dump(mode="json"), "salt": "0x" + salt.hex()}
    return stack.client.post("/v1/acts", json=body)


def filed(stack: Stack, record: TreeRecord, who: str = "farmer") -> str:
    """Files a tree with its record and returns its id."""
    salt = secrets.token_bytes(32)
    answer = hand_in(stack, filing(stack, who, record, salt), record, salt)
    assert answer.status_code == 202, answer.text
    stack.settled(answer.json()["id"])
    found: str = stack.client.get("/v1/trees", params={"tag": record.tag}).json()["items"][0]["id"]
    return found


def kept(stack: Stack) -> list[int]:
    """How many positions, sealed records and acts the off-chain store holds."""
    tables = ("tree_positions", "vault_records", "outbox_acts")
    with stack.outbox.store.connect() as connection:
        return [connection.exec_driver_sql(f"SELECT count(*) FROM {one}").scalar_one() for one in tables]


def test_a_filed_tree_is_on_its_card_and_nothing_exact_is(stack: Stack) -> None:
    record = fresh_record()
    tree = filed(stack, record)
    card = stack.client.get(f"/v1/trees/{tree}").json()
    assert (card["tag"], card["title"], card["life"], card["title_class"]) == (record.tag, "FILED", "ALIVE", "A")
    assert card["owner"] == stack.party_ids["farmer"]
    assert card["restraints"] == []
    assert str(record.position.lat_e7) not in str(card)
    assert stack.client.get(f"/v1/trees/{hex(int(tree))}").json()["id"] == tree


def test_two_signers_bring_a_tree_from_filed_to_surveyed(stack: Stack) -> None:
    record = fresh_record()
    tree = filed(stack, record)
    stack.act(
        "surveyor",
        "Trees.survey",
        **SURVEY,
        tree=tree,
        evidence=stack.anchor(),
    )
    history = stack.client.get(f"/v1/trees/{tree}/history").json()["items"]
    assert [version["title"] for version in history] == ["FILED", "SURVEYED"]
    events = stack.client.get(f"/v1/trees/{tree}/events").json()["items"]
    assert [event["event"] for event in events] == ["TreeFiled", "TreeSurveyed"]
    assert stack.client.get("/v1/events", params={"tree": hex(int(tree))}).json()["items"] == events


def test_restraints_are_shown_with_the_tree_and_among_its_events(stack: Stack) -> None:
    tree = filed(stack, fresh_record())
    expires = stack.now() + 86_400
    before = stack.client.get(f"/v1/trees/{tree}").json()["as_of"]["block"]
    stack.act("court", "Trees.restrain", tree=tree, kind="COURT", expiresAt=expires, evidence=stack.anchor())
    restrained = stack.client.get(f"/v1/trees/{tree}").json()["restraints"]
    assert [(one["kind"], one["issuer"], one["expires_at"], one["in_force"]) for one in restrained] == [
        ("COURT", stack.party_ids["court"], expires, True)
    ]
    assert stack.client.get(f"/v1/trees/{tree}", params={"as_of": before}).json()["restraints"] == []
    events = stack.client.get(f"/v1/trees/{tree}/events").json()["items"]
    assert events[-1]["event"] == "RestraintChanged"


def test_trees_are_found_by_what_stands_on_their_card(stack: Stack) -> None:
    record = fresh_record()
    tree = filed(stack, record)
    wanted: dict[str, Any] = {
        "tag": record.tag,
        "geo_cell": geo_cell(record.position),
        "village": record.village,
        "cultivar": record.cultivar,
        "owner": stack.party_ids["farmer"],
        "title": "FILED",
        "title_class": "A",
        "life": "ALIVE",
        "protection": 0,
    }
    for name, value in wanted.items():
        found = stack.client.get("/v1/trees", params={name: value, "limit": 500}).json()["items"]
        assert tree in {one["id"] for one in found}, name
        shown = {str(one[name]) for one in found}
        assert shown == {str(value)}
    assert stack.client.get("/v1/trees", params={"tag": "NO-SUCH-TAG"}).json()["total"] == 0


def test_the_exact_record_is_for_its_owner_and_the_authorities_and_each_reading_is_written_down(
    stack: Stack,
) -> None:
    record = fresh_record()
    tree = filed(stack, record)
    path, why = f"/v1/trees/{tree}/record", {"purpose": "annual inspection"}
    assert stack.client.get(path, params=why).json()["code"] == "SignInRequired"
    nobody = stack.client.get(path, params=why, headers=stack.sign_in("stranger"))
    assert (nobody.status_code, nobody.json()["code"]) == (403, "PartyRequired")
    for who in ("neighbour", "bank", "court", "notary", "surveyor"):
        answer = stack.client.get(path, params=why, headers=stack.sign_in(who))
        assert (answer.status_code, answer.json()["code"]) == (403, "NotYours"), who
        assert str(record.position.lat_e7) not in answer.text
    for who in ("farmer", "forestry", "agri"):
        answer = stack.client.get(path, params=why, headers=stack.sign_in(who))
        assert answer.json()["record"] == record.model_dump(mode="json"), who
        salt = bytes.fromhex(answer.json()["salt"][2:])
        assert "0x" + record.commitment(salt).hex() == answer.json()["attributes"]
        assert answer.headers["cache-control"] == "no-store"
    unexplained = stack.client.get(path, headers=stack.sign_in("farmer"))
    assert unexplained.json()["code"] == "ParameterMalformed"

    from workflows.vault import Reads

    with stack.outbox.store.connect() as connection:
        readers = [row.reader for row in connection.execute(Reads.select()) if row.purpose == why["purpose"]]
    assert readers == [f"party-{stack.party_ids[who]}" for who in ("farmer", "forestry", "agri")]


def test_a_suspended_authority_reads_nothing(stack: Stack) -> None:
    tree = filed(stack, fresh_record())
    party = stack.enrol("suspended forestry", "FORESTRY")
    stack.act("operator", "Parties.suspend", party=party, evidence=stack.anchor())
    answer = stack.client.get(
        f"/v1/trees/{tree}/record", params={"purpose": "visit"}, headers=stack.sign_in("suspended forestry")
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "PartyNotActive")
    assert answer.json()["values"] == {"party": party, "status": "SUSPENDED"}


def test_a_tree_within_survey_accuracy_of_a_live_one_is_refused_and_nothing_is_kept(stack: Stack) -> None:
    first = fresh_record()
    filed(stack, first)
    near = record_of(f"{first.tag}-2", lat_e7=first.position.lat_e7 + 80)  # 0.9 m north, 2 × 0.5 m of accuracy
    salt = secrets.token_bytes(32)
    signed = filing(stack, "neighbour", near, salt)
    answer = hand_in(stack, signed, near, salt)
    assert (answer.status_code, answer.json()["code"]) == (409, "DuplicateTree")
    assert answer.json()["values"]["other"] == first.tag
    assert stack.client.get(f"/v1/acts/{signed.id}").status_code == 404
    further = record_of(f"{first.tag}-3", lat_e7=first.position.lat_e7 + 1000)
    filed(stack, further, "neighbour")


def test_a_filing_on_its_way_counts_as_a_tree(stack: Stack) -> None:
    one = fresh_record()
    other = record_of(f"{one.tag}-2", lat_e7=one.position.lat_e7 + 10)
    salts = [secrets.token_bytes(32), secrets.token_bytes(32)]
    acts = [filing(stack, "farmer", one, salts[0]), filing(stack, "neighbour", other, salts[1])]
    answers = [hand_in(stack, *each) for each in zip(acts, (one, other), salts, strict=True)]
    assert [answer.status_code for answer in answers] == [202, 409]
    stack.settled(acts[0].id)


def test_the_same_filing_may_be_handed_in_again(stack: Stack) -> None:
    record, salt = fresh_record(), secrets.token_bytes(32)
    signed = filing(stack, "farmer", record, salt)
    assert hand_in(stack, signed, record, salt).status_code == 202
    answer = hand_in(stack, signed, record, salt)
    assert (answer.status_code, answer.json()["id"]) == (202, signed.id)
    stack.settled(signed.id)


def test_a_filing_or_survey_without_its_record_is_told_what_to_send(stack: Stack) -> None:
    record, salt = fresh_record(), secrets.token_bytes(32)
    signed = filing(stack, "farmer", record, salt)
    survey = stack.sign("surveyor", "Trees.survey", **SURVEY, tree=7, evidence="0x" + "9a" * 32)
    for body in (signed.json(), signed.json() | {"salt": "0x" + salt.hex()}, survey.json()):
        answer = stack.client.post("/v1/acts", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "RecordMissing")
        assert "`record`" in answer.json()["detail"] and "`salt`" in answer.json()["detail_zh"]
    unsalted = stack.client.post("/v1/acts", json=signed.json() | {"record": record.model_dump(mode="json")})
    assert (unsalted.status_code, unsalted.json()["code"]) == (422, "SaltMalformed")


def test_a_filing_whose_key_is_anothers_keeps_nothing(stack: Stack) -> None:
    key = {"idempotency-key": secrets.token_hex(8)}
    held = stack.sign("farmer", "Trees.cancel", act="0x" + secrets.token_hex(32))
    assert stack.client.post("/v1/acts", json=held.json(), headers=key).status_code == 202
    record, salt = fresh_record(), secrets.token_bytes(32)
    body = filing(stack, "farmer", record, salt).json()
    body |= {"record": record.model_dump(mode="json"), "salt": "0x" + salt.hex()}
    before = kept(stack)
    answer = stack.client.post("/v1/acts", json=body, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "IdempotencyKeyReused")
    assert kept(stack) == before
    assert stack.client.post("/v1/acts", json=body).status_code == 202


def test_no_record_is_sealed_while_the_mirror_does_not_know_its_owner(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, salt = fresh_record(), secrets.token_bytes(32)
    signed = filing(stack, "farmer", record, salt)
    before = kept(stack)
    monkeypatch.setattr("api.records.queries.rows", lambda *_, **__: [])
    answer = hand_in(stack, signed, record, salt)
    assert (answer.status_code, answer.json()["code"]) == (503, "NotYetMirrored")
    assert kept(stack) == before
    monkeypatch.undo()
    assert hand_in(stack, signed, record, salt).status_code == 202


def test_a_filing_made_anew_is_compared_anew(stack: Stack) -> None:
    record, salt = fresh_record(), secrets.token_bytes(32)
    first = filing(stack, "farmer", record, salt)
    body = {"record": record.model_dump(mode="json"), "salt": "0x" + salt.hex()}
    stack.app.state.context.filing.keep(first, record, salt, owner=1, live=lambda _: (), now=1)  # and never sent
    near = record_of(f"{record.tag}-2", lat_e7=record.position.lat_e7 + 50)
    filed(stack, near, "neighbour")
    answer = stack.client.post("/v1/acts", json=first.json() | body)
    assert (answer.status_code, answer.json()["code"]) == (409, "DuplicateTree")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ageYears": 700}, "RecordContradicts"),
        ({"geoCell": "23.00N116.00E"}, "RecordContradicts"),
        ({"titleClass": "B"}, "RecordContradicts"),
        ({"attributes": "0x" + "11" * 32}, "CommitmentDiffers"),
    ],
)
def test_a_record_that_is_not_the_acts_is_refused(stack: Stack, change: Any, code: str) -> None:
    record, salt = fresh_record(), secrets.token_bytes(32)
    answer = hand_in(stack, filing(stack, "farmer", record, salt, **change), record, salt)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_malformed_record_names_its_field(stack: Stack) -> None:
    record, salt = fresh_record(), secrets.token_bytes(32)
    body = filing(stack, "farmer", record, salt).json() | {"salt": "0x" + salt.hex()}
    shown = record.model_dump(mode="json")
    for change, where in (({"altitude_m": "high"}, "altitude_m"), ({"colour": "green"}, "colour")):
        answer = stack.client.post("/v1/acts", json=body | {"record": shown | change})
        assert (answer.status_code, answer.json()["code"]) == (422, "RecordMalformed")
        assert answer.json()["values"]["field"] == where


def test_a_tree_filed_past_the_api_has_no_record(stack: Stack) -> None:
    record = fresh_record()
    stack.carry(filing(stack, "farmer", record, secrets.token_bytes(32)))
    tree = stack.client.get("/v1/trees", params={"tag": record.tag}).json()["items"][0]["id"]
    answer = stack.client.get(
        f"/v1/trees/{tree}/record", params={"purpose": "own use"}, headers=stack.sign_in("farmer")
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "RecordAbsent")
