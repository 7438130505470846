"""The tour, played on a running chain, with the playing interrupted again and again."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode

from chain.artifacts import artifact, selector
from chain.deploy import Deployment, deploy
from chain.devnet import Devnet
from chain.offchain import migrate, open_store
from chain.outbox import Outbox
from chain.relay import Relay
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from scripts.tour import HISTORY_SECONDS
from scripts.world.chapters import loans, mortgages
from scripts.world.play import Player, Stage
from scripts.world.population import World
from scripts.world.story import Fate, Story, tree_id

KEYSTORE = Path(__file__).parents[3] / "hardhat-free-devnet" / "keystore.json"
PAST_DAYS = HISTORY_SECONDS // 86_400

# Counted in rounds of the relay, of which a tour takes some hundreds.
INTERRUPTED_AT = (1, 5, 12, 20, 35, 50, 70)


class Interruption(Exception):
    """Stands for whatever ends a process."""


@dataclass
class Played:
    """A chain on which the tour was played to its end, and how often it was interrupted on the way."""

    story: Story
    stage: Stage
    rpc: Rpc
    deployment: Deployment
    outbox: Outbox
    interruptions: int
    relay: Relay
    player: Player

    def read(self, contract: str, function: str, *arguments: Any) -> Any:
        """What a view function answers; a struct as a dictionary."""
        entry = artifact(contract).functions[function]
        data = selector(entry) + encode([item["type"] for item in entry["inputs"]], arguments)
        call = {"to": self.deployment.address(contract), "data": "0x" + data.hex()}
        answer = bytes.fromhex(self.rpc.call("eth_call", call, "latest")[2:])
        (output,) = entry["outputs"]
        members = output.get("components")
        if not members:
            return decode([output["type"]], answer)[0]
        (values,) = decode([f"({','.join(member['type'] for member in members)})"], answer)
        return {member["name"]: value for member, value in zip(members, values, strict=True)}

    def tree(self, number: int) -> dict[str, Any]:
        """The twin of a tree of the story."""
        found: dict[str, Any] = self.read("Trees", "tree", tree_id(self.story.trees[number - 1].tag))
        return found


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(var_dir=tmp_path_factory.mktemp("var"), rpc_url=f"http://127.0.0.1:{port}")
    keystore = Keystore(KEYSTORE, settings.chain_id)
    past = int(time.time()) - PAST_DAYS * 86_400
    with Devnet.start(settings, block_time=0.2, genesis_time=past):
        deployment = deploy(settings, keystore)
        migrate(settings)
        store = open_store(settings)
        outbox, rpc = Outbox(store), Rpc(settings.rpc_url)
        relay = Relay(outbox, rpc, keystore.relayers(), deployment, settings.confirmations)
        calls = count(1)

        def work() -> None:
            if next(calls) in INTERRUPTED_AT:
                raise Interruption
            if not relay.step():
                time.sleep(0.02)

        story = Story(World(1, "tour"))
        stage = Stage(settings, rpc, outbox, keystore, deployment, work)
        for interruptions in range(len(INTERRUPTED_AT) + 1):
            try:
                player = Player(story, stage)
                player.play(lambda wave, done, total: None)
            except Interruption:
                continue
            yield Played(story, stage, rpc, deployment, outbox, interruptions, relay, player)
            break
        store.dispose()


def acts_of(story: Story) -> int:
    """Acts of a story with the anchors of its papers: one for each attester and wave."""
    steps = [step for wave in story.waves() for step in wave.steps]
    anchors = {(wave.name, step.paper.attester) for wave in story.waves() for step in wave.steps if step.paper}
    return len(steps) + len(anchors)


def test_nothing_is_lost_and_nothing_doubled_by_interruptions(played: Played) -> None:
    assert played.interruptions == len(INTERRUPTED_AT)
    assert sum(played.outbox.counts().values()) == acts_of(played.story)
    assert set(played.outbox.counts()) <= {"mined", "final"}
    assert played.read("Trees", "treeCount") == 300


def test_playing_again_hands_in_nothing(played: Played) -> None:
    relay_only = Stage(
        played.stage.settings,
        played.rpc,
        played.outbox,
        played.stage.keystore,
        played.deployment,
        played.relay.step,
    )
    assert Player(played.story, relay_only).play(lambda wave, done, total: None) == 0


def test_every_party_acts_with_its_own_key(played: Played) -> None:
    keystore = played.stage.keystore
    for party in played.story.parties[1:]:
        account = keystore.derived(f"party {party.number}").address
        seat = played.read("Parties", "party", played.read("Parties", "partyOf", account))
        assert seat["account"] == account
        assert seat["identity"] == party.commitment
        assert seat["status"] == (2 if party.suspended else 1)


def test_trees_reach_what_their_fates_say(played: Played) -> None:
    filed, surveyed, notice, disputed, registered, rejected = range(1, 7)
    titles = {
        Fate.NOT_SURVEYED: filed,
        Fate.NOT_NOTICED: surveyed,
        Fate.NOT_REGISTERED: notice,
        Fate.OBJECTION_OPEN: disputed,
        Fate.OBJECTION_UPHELD: rejected,
    }
    alive, reported, dead = 1, 2, 3
    lives = {Fate.REPORTED_DEAD: reported, Fate.DEAD: dead}
    seen: Counter[int] = Counter()
    for tree in played.story.trees:
        fate = played.story.fates.get(tree.number)
        twin = played.tree(tree.number)
        assert twin["title"] == (titles.get(fate, registered) if fate else registered)
        assert twin["life"] == (lives.get(fate, alive) if fate else alive)
        assert twin["attributes"] == tree.commitment
        assert twin["protection"] in (0, tree.protection_level)
        seen[twin["title"]] += 1
    assert set(seen) == {filed, surveyed, notice, disputed, registered, rejected}


def test_restraints_and_transfers_stand_as_told(played: Played) -> None:
    by_fate = {fate: number for number, fate in played.story.fates.items()}
    court = 0

    def hold(fate: Fate) -> dict[str, Any]:
        tag = played.story.trees[by_fate[fate] - 1].tag
        found: dict[str, Any] = played.read("Trees", "hold", tree_id(tag), court)
        return found

    assert hold(Fate.SEIZED)["expiresAt"] > time.time() + 400 * 86_400
    assert hold(Fate.SEIZURE_LIFTED)["issuer"] == 0
    firms = {party.number for party in played.story.parties if party.role == "FIRM"}
    accounts = {played.stage.keystore.derived(f"party {number}").address for number in firms}
    owners = {fate: played.read("Parties", "party", played.tree(by_fate[fate])["owner"]) for fate in Fate}
    assert owners[Fate.TRANSFERRED]["account"] in accounts
    assert owners[Fate.TRANSFER_ACCEPTED]["account"] not in accounts
    assert played.tree(by_fate[Fate.TRANSFER_ACCEPTED])["transferAccepted"]
    assert played.tree(by_fate[Fate.TRANSFER_OFFERED])["transferTo"] != 0


def test_the_history_lies_in_the_past_and_the_clock_has_caught_up(played: Played) -> None:
    twin = played.tree(next(n for n in range(1, 301) if n not in played.story.fates))
    now = time.time()
    assert twin["filedAt"] < twin["surveyedAt"] < twin["noticeEndsAt"] < now
    assert now - twin["filedAt"] > (PAST_DAYS - 1) * 86_400
    head = played.rpc.call("eth_getBlockByNumber", "latest", False)
    assert int(head["timestamp"], 16) == pytest.approx(now, abs=120)


def test_liens_rank_as_the_registry_says_and_a_paid_off_one_is_gone(played: Played) -> None:
    waves = {wave.name: wave.steps for wave in played.story.waves()}
    discharged = {step.entity // 10 for step in waves["discharge paid off liens"]}
    overtaken = {step.entity // 10 for step in waves["record land rights"]}
    assert discharged and overtaken
    for number in (step.entity // 10 for step in waves["confirm first liens"]):
        asset = tree_id(played.story.trees[number - 1].tag)
        call = {"to": played.deployment.address("Liens"), "data": _calldata("Liens", "ranking", 1, asset)}
        answer = bytes.fromhex(played.rpc.call("eth_call", call, "latest")[2:])
        liens, ranks = decode(["uint256[]", "uint16[]"], answer)
        seconds = [step.entity // 10 for step in waves["confirm second liens"]]
        assert len(liens) == (number not in discharged) + seconds.count(number) + (number in overtaken)
        assert list(ranks) == list(range(1, len(liens) + 1))
        effects = [played.read("Liens", "lien", lien)["effect"] for lien in liens]
        assert effects == ([3, 1, 0] if number in overtaken else [3] * len(liens))


def test_loans_reach_what_their_fates_say(played: Played) -> None:
    contracted, repaying, defaulted, settled, written_off = range(1, 6)
    states = {
        "CONTRACTED": contracted,
        "SETTLED": settled,
        "DEFAULTED": defaulted,
        "COSTS": defaulted,
        "BREACHED": defaulted,
        "WRITTEN_OFF": written_off,
    }
    ladder = {"WARNED": 1, "CALLED": 2, "CURED": 3, "BREACHED": 4}
    every = [*loans.borrowings(played.story), *mortgages.mortgages(played.story)]
    for each in every:
        loan = played.player.number_of(each.application)
        if each.fate in loans.NOT_AGREED:
            assert played.read("Loans", "loan", loan)["state"] == 0
            continue
        assert played.read("Loans", "loan", loan)["state"] == states.get(each.fate, repaying), each.fate
        assert played.read("Margins", "margin", loan)["state"] == ladder.get(each.fate, 0), each.fate
        account = played.read("Loans", "account", loan)
        if each.fate == "SETTLED":
            assert account["principalFen"] == account["costsFen"] == played.read("Loans", "outstanding", loan) == 0
        if each.fate == "RESTRUCTURED":
            assert played.read("Loans", "loan", loan)["schedule"] == 2
        if each.fate == "LATE_DECISION":
            decided = played.read("LoanApplications", "application", loan)
            assert decided["decidedAt"] > decided["reviewDueAt"]
    assert {each.fate for each in every} == {*loans.FATES, *mortgages.FATES}


def _calldata(contract: str, function: str, *arguments: Any) -> str:
    entry = artifact(contract).functions[function]
    return "0x" + (selector(entry) + encode([item["type"] for item in entry["inputs"]], arguments)).hex()
