"""Validators list every missing point at once, in both languages, with its basis."""

from __future__ import annotations

import re
from typing import Any

import pytest

from workflows.certificates.amount import CertificateText, check_certificate
from workflows.deeds.assignment import Assignment, Tie, check_assignment, competent
from workflows.deeds.flow import FLOWS, flows
from workflows.deeds.instrument import DeedText, Instrument, check_deed, check_instrument
from workflows.deeds.points import Report
from workflows.filings.preflight import Package, preflight

CHINESE = re.compile(r"[\u4e00-\u9fff]")

CHECKS: dict[str, tuple[Any, Any]] = {
    "instrument": (Instrument, check_instrument),
    "deed": (DeedText, check_deed),
    "certificate": (CertificateText, check_certificate),
    "package": (Package, preflight),
}
HARMLESS = {
    "instrument": {"lender_licensed"},
    "deed": {"accelerates", "acceleration_computable", "electronic_service_consent"},
    "certificate": set[str](),
    "package": {"by_agent", "succeeded", "succession_proof", "suit_pending", "live_filing"},
}
"""Members that lack nothing when false, as far as the others of the example stand."""


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = CHECKS[name][0].model_config["json_schema_extra"]["example"]
    return dict(found)


def check(name: str, **changes: Any) -> Report:
    model, run = CHECKS[name]
    answer: Report = run(model.model_validate(example(name) | changes))
    return answer


def codes(found: Report, kind: str = "missing") -> set[str]:
    return {point.code for point in found.points if point.kind == kind}


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_documented_example_is_complete(name: str) -> None:
    assert check(name).complete, check(name)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_everything_missing_is_told_at_once(name: str) -> None:
    flags = [key for key, value in example(name).items() if value is True and key not in HARMLESS[name]]
    single = set[str]()
    for flag in flags:
        found = codes(check(name, **{flag: False}))
        assert found, f"{flag} is asked for and never missed"
        single |= found
    everything = check(name, **dict.fromkeys(flags, False))
    assert single <= codes(everything)
    for point in everything.points:
        assert point.en and CHINESE.search(point.zh) and CHINESE.search(point.basis)
    assert not everything.complete


def test_a_private_lender_is_held_to_four_times_the_prime_rate() -> None:
    assert codes(check("instrument", lender_licensed=False, rate_ppm=124_001)) == {"RATE"}
    assert check("instrument", lender_licensed=False, rate_ppm=124_000).complete
    licensed = check("instrument", rate_ppm=240_001)
    assert licensed.complete and codes(licensed, "warning") == {"RATE_CEILING"}


def test_a_dispute_excludes_a_deed() -> None:
    assert codes(check("instrument", disputed=True)) == {"DISPUTED"}
    assert codes(check("instrument", kind="OTHER"), "warning") == {"KIND"}


def test_each_obligor_is_present_and_accepts() -> None:
    found = check("deed", obligors=3)
    assert codes(found) == {"ENFORCEMENT", "PRESENCE"}
    assert any("2 of 3" in point.en for point in found.points)


def test_a_security_that_is_not_named_is_warned_of_and_no_security_at_all_is_missing() -> None:
    assert codes(check("deed", securities_meant=3), "warning") == {"SECURITIES"}
    assert codes(check("deed", securities_named=0)) == {"SCOPE"}
    assert check("deed", scope="DEBT", securities_named=0).complete


def test_a_trigger_of_acceleration_can_be_computed() -> None:
    assert codes(check("deed", acceleration_computable=False)) == {"ACCELERATION"}
    assert check("deed", accelerates=False, acceleration_computable=False).complete


CASE: dict[str, Any] = {"notary": 31, "parties": [7, 22], "office_division": 445_100, "property_divisions": [445_103]}


@pytest.mark.parametrize("relation", ["SPOUSE", "NEAR_RELATIVE", "SPOUSE_OF_MANAGER", "INTEREST"])
def test_a_notary_who_is_tied_to_a_party_is_not_assigned(relation: str) -> None:
    tie = {"notary": 31, "party": 22, "relation": relation}
    assert codes(check_assignment(Assignment.model_validate(CASE | {"ties": [tie]}))) == {"CONFLICT"}


def test_ties_of_others_and_to_others_do_not_count() -> None:
    ties = [Tie(notary=32, party=22, relation="SPOUSE"), Tie(notary=31, party=23, relation="SPOUSE")]
    assert check_assignment(Assignment.model_validate(CASE | {"ties": ties})).complete
    assert codes(check_assignment(Assignment.model_validate(CASE | {"notary": 7}))) == {"CONFLICT"}


def test_real_property_goes_to_the_office_where_it_lies() -> None:
    assert competent(445_100, [445_103, 445_122])
    assert competent(440_100, [])
    assert not competent(440_100, [445_103])
    split = Assignment.model_validate(CASE | {"property_divisions": [445_103, 440_105]})
    found = check_assignment(split)
    assert (codes(found), codes(found, "warning")) == ({"COMPETENCE"}, {"SEVERAL_PLACES"})


def test_every_flow_leads_to_issue_by_acts_that_exist() -> None:
    from chain.typed_data import act_types

    assert set(flows()) == {file.stem for file in FLOWS.glob("*.toml")}
    for flow in flows().values():
        steps = [step.act for step in flow.steps]
        assert steps[-2:] == ["Deeds.review", "Deeds.issue"] and set(steps) <= set(act_types())
        assert {"instrument", "deed"} <= {check for step in flow.steps for check in step.checks}
