"""The acts of the synthetic world, before any chain sees them."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from chain.typed_data import act_type
from scripts.tour import HISTORY_SECONDS
from scripts.world.population import World
from scripts.world.sizes import SizeName
from scripts.world.steps import AccountOf, DaysLater, IdOf, Step, Wave
from scripts.world.story import NEVER_NOTICED, NEVER_REGISTERED, PERMILLE, Fate, Story


@cache
def story(size: SizeName = "tour", seed: int = 1) -> Story:
    return Story(World(seed, size))


@cache
def waves(size: SizeName = "tour", seed: int = 1) -> dict[str, Wave]:
    return {wave.name: wave for wave in story(size, seed).waves()}


def steps(size: SizeName = "tour") -> list[Step]:
    return [step for wave in waves(size).values() for step in wave.steps]


def test_a_story_is_the_same_for_the_same_seed() -> None:
    again = {wave.name: wave for wave in Story(World(1, "tour")).waves()}
    assert again == waves()
    assert waves(seed=2) != waves()


def test_no_wave_moves_the_same_tree_twice() -> None:
    for wave in waves().values():
        trees = [step.entity for step in wave.steps if step.act.startswith("Trees.")]
        assert len(trees) == len(set(trees))


def test_signer_act_and_entity_name_a_step() -> None:
    for size in ("tour", "county"):
        named = Counter((step.signer, step.act, step.entity) for step in steps(size))
        assert named.most_common(1)[0][1] == 1


def test_everybody_but_the_operator_is_enrolled_and_every_tree_is_filed() -> None:
    enrolled = [step.entity for step in waves()["enrol"].steps]
    assert enrolled == list(range(2, len(story().parties) + 1))
    assert [step.entity for step in waves()["file"].steps] == list(range(1, 301))


def test_every_fate_befalls_some_tree_and_most_trees_have_none() -> None:
    befallen = Counter(story().fates.values())
    assert set(befallen) == set(Fate)
    assert befallen == {fate: max(1, 300 * permille // 1_000) for fate, permille in PERMILLE.items()}
    assert befallen.total() < 300 * 0.12


def test_steps_follow_fates() -> None:
    fates = story().fates
    noticed = {step.entity for step in waves()["post notice"].steps}
    registered = {step.entity for step in waves()["register"].steps}
    assert noticed == {n for n in range(1, 301) if fates.get(n) not in NEVER_NOTICED}
    assert registered == {n for n in range(1, 301) if fates.get(n) not in NEVER_REGISTERED}
    later = [step for step in steps() if step.act.startswith("Trees.")]
    for step in later[later.index(waves()["register"].steps[0]) :]:
        assert step.entity in registered


def test_everybody_acts_only_in_a_role_that_the_contract_accepts() -> None:
    accepted = {
        "Parties.enrol": {"OPERATOR"},
        "Parties.suspend": {"OPERATOR"},
        "Parties.appointGuardians": {"FARMER"},
        "Trees.file": {"FARMER"},
        "Trees.survey": {"SURVEYOR"},
        "Trees.postNotice": {"VILLAGE"},
        "Trees.object": {"FARMER"},
        "Trees.resolveObjection": {"AGRI"},
        "Trees.register": {"AGRI"},
        "Trees.recognise": {"FORESTRY"},
        "Trees.restrain": {"COURT_GW", "VILLAGE", "REGULATOR"},
        "Trees.lift": {"COURT_GW"},
        "Trees.reportDeath": {"FARMER"},
        "Trees.concludeDeathReport": {"FORESTRY"},
        "Trees.offerTransfer": {"FARMER"},
        "Trees.acceptTransfer": {"FIRM"},
        "Trees.recordTransfer": {"REGISTRY"},
    }
    roles = {party.slug: party.role for party in story().parties}
    acted: dict[str, set[str]] = {}
    for step in steps():
        if step.act.startswith(("Parties.", "Trees.")):  # of the chapters' acts the chain decides, when they are played
            acted.setdefault(step.act, set()).add(roles[step.signer])
    assert acted == accepted


def test_nobody_objects_to_his_own_tree() -> None:
    owners = {tree.number: tree.owner for tree in story().trees}
    for step in waves()["object"].steps:
        assert step.signer != owners[step.entity]


def test_every_message_has_exactly_the_fields_of_its_act() -> None:
    for step in steps():
        fields = {field.name for field in act_type(step.act).fields}
        filled = set(step.message) | ({"evidence"} if step.paper else set())
        assert filled == fields


def test_only_known_parties_are_named() -> None:
    slugs = {party.slug for party in story().parties}
    for step in steps():
        assert step.signer in slugs
        assert step.paper is None or step.paper.attester in slugs
        for value in step.message.values():
            assert not isinstance(value, IdOf | AccountOf) or value.slug in slugs


def test_those_who_end_up_suspended_are_the_suspended_of_the_population() -> None:
    suspended = {party.number for party in story().parties if party.suspended}
    by_wave = {
        name: {step.entity for step in wave.steps if step.act == "Parties.suspend"} for name, wave in waves().items()
    }
    assert {name: parties for name, parties in by_wave.items() if parties} == {"record transfers, suspend": suspended}


def test_days_never_run_backwards_and_registration_waits_for_the_notice() -> None:
    days = [wave.day for wave in waves().values()]
    assert days == sorted(days)
    assert [wave.name for wave in waves().values() if wave.after_notice] == ["register"]
    disputed = waves()["resolve objections"].day - waves()["object"].day
    assert waves()["register"].day - waves()["post notice"].day >= 15 + disputed, "a dispute interrupts the notice"
    assert waves()["object"].day - waves()["post notice"].day < 15
    assert (days[-1] + 1) * 86_400 < HISTORY_SECONDS, "the story would run into the future"


def test_papers_say_that_they_are_synthetic_and_differ() -> None:
    papers = [step.paper for step in steps() if step.paper]
    assert all(paper.content.startswith(b"SYNTHETIC ") for paper in papers)
    assert len({paper.digests for paper in papers}) == len(papers)


def test_nothing_personal_and_no_exact_position_goes_on_chain() -> None:
    exact = {str(n) for tree in story().trees for n in (tree.record.position.lat_e7, tree.record.position.lon_e7)}
    for step in steps():
        hashes = {field.name for field in act_type(step.act).fields if "256" in field.type or "bytes32" in field.type}
        for name, value in step.message.items():
            for one in value if isinstance(value, list) else [value]:
                if name in hashes or isinstance(one, bytes | bool | IdOf | AccountOf | DaysLater):
                    continue  # hashes, ids and instants
                assert str(one) not in exact
                assert not re.search(r"\d{11}", str(one))
