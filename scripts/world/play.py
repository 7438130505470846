"""Plays a story on a chain: every act signed by its party's own development key and carried by the relay.

Playing may stop anywhere and begin again. What is done is read from the chain alone: the nonce of an act is a
function of world, act and entity, so a used nonce is a step that was taken. The outbox does the rest: an act
that is handed in twice is one act.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from chain.acts import SignedAct
from chain.artifacts import artifact, selector
from chain.clock import advance_to, let_next_be_at
from chain.deploy import FAR_DEADLINE, Deployment
from chain.errors import ChaqiError
from chain.outbox import ActState, ActStatus, Outbox
from chain.rpc import NodeError, Rpc
from chain.settings import Settings
from chain.signers import Keystore, Signer
from chain.typed_data import Act, act_type
from scripts.world.steps import (
    AccountOf,
    DaysLater,
    DigestOf,
    EvidenceOf,
    HashOf,
    HeadTime,
    IdOf,
    NumberOf,
    OwedUnder,
    Paper,
    Step,
    Value,
    Wave,
)
from scripts.world.story import OPERATOR, Story, tree_id
from workflows.evidence.anchored import evidence_id
from workflows.evidence.leaf import SCHEME, leaf
from workflows.evidence.tree import BatchTree

DAY_SECONDS = 86_400
HANDED_IN_AT_ONCE = 4_000
CALLS_A_BATCH = 500

Progress = Callable[[str, int, int], object]
"""Told the name of a wave, how many of its acts are done, and how many it has."""

Item = TypeVar("Item")


class StoryRefused(ChaqiError):
    """A contract refused an act of the synthetic world, which then cannot go on."""

    en = "The synthetic world cannot go on: {act} by {signer} was refused. {reason}"
    zh = "合成数据无法继续：{signer} 的 {act} 被拒绝。{reason}"


@dataclass(frozen=True, slots=True)
class Stage:
    """The running Chaqi a story is played on.

    `work` is called again and again while acts are under way: a relay's `step`, or a short sleep where a
    relay works elsewhere.
    """

    settings: Settings
    rpc: Rpc
    outbox: Outbox
    keystore: Keystore
    deployment: Deployment
    work: Callable[[], object]


class Player:
    """Plays one story on one stage."""

    def __init__(self, story: Story, stage: Stage) -> None:
        """Nothing is sent before `play`."""
        self._story = story
        self._stage = stage
        self._numbers = {party.slug: party.number for party in story.parties}
        self._signers: dict[str, Signer] = {}
        self._ids: dict[str, int] = {}
        self._began: int | None = None
        self._mark = story.world.draws.rank("nonces")
        self._evidence: dict[Paper, bytes] = {}
        self._created: dict[tuple[str, str, int], int] = {}

    def play(self, progress: Progress) -> int:
        """Plays every wave that is not played yet and returns how many acts were handed in now.

        Afterwards the chain's clock has caught up with the real one.
        Raises `StoryRefused`, `NodeUnreachable`, and `ClockFixed` where time cannot be moved.
        """
        handed_in = 0
        for number, wave in enumerate(self._story.waves()):
            handed_in += self._play(number, wave, progress)
        advance_to(self._stage.settings, self._stage.rpc, int(time.time()))
        return handed_in

    def _play(self, number: int, wave: Wave, progress: Progress) -> int:
        open_steps = self._open(wave.steps)
        done = len(wave.steps) - len(open_steps)
        progress(wave.name, done, len(wave.steps))
        anchors = self._anchors(number, wave)
        if not open_steps:
            return 0
        self._pace(wave)
        # One block for both: the relay keeps the order, and an act that overtakes its anchor is sent again.
        first = self._open(anchors)
        return self._bring(
            [*first, *open_steps],
            lambda count: progress(wave.name, done + max(0, count - len(first)), len(wave.steps)),
        )

    def _bring(self, steps: Sequence[Step], settled: Callable[[int], object]) -> int:
        """Hands the acts in and works until the chain has accepted every one of them; tells how many it has.

        The steps do not depend on each other: the relay carries those that are handed in while others are signed.
        """
        outbox = self._stage.outbox
        handed_in = 0
        parts: list[tuple[Sequence[Step], list[str]]] = []
        for part in _parts(steps, HANDED_IN_AT_ONCE):
            signed = [self._sign(step) for step in part]
            ids = [one.id for one in signed]
            handed_in += outbox.accept_all(signed)
            refused = {act.id for act in outbox.unsettled(ids) if act.state is ActState.REFUSED}
            for one in signed:
                if one.id in refused:  # in an earlier run; the reason may be gone
                    outbox.accept(one)
            parts.append((part, ids))
        count = 0
        for part, ids in parts:
            waiting = list(part)
            while waiting:
                self._stage.work()
                # The relay works in order: until the last one is settled, most others need not be looked at.
                if self._settled(ids[-1:]) and self._settled(ids):
                    waiting = self._open(waiting)
            count += len(part)
            settled(count)
        return handed_in

    def _settled(self, ids: list[str]) -> bool:
        unsettled: list[ActStatus] = self._stage.outbox.unsettled(ids)
        for act in unsettled:
            if act.state is ActState.REFUSED:
                reason = (act.error_words or {}).get("en", "")
                raise StoryRefused(act=act.act, signer=act.signer, reason=reason)
        return not unsettled

    def _pace(self, wave: Wave) -> None:
        """Lets the time pass that lies before a wave, as far as it is past or the law asks for it."""
        settings, rpc = self._stage.settings, self._stage.rpc
        instant = min(self._start + wave.day * DAY_SECONDS, int(time.time()))
        if wave.after_notice:
            trees = self._trees([int(str(step.message["tree"])) for step in wave.steps])
            instant = max(instant, *(tree["noticeEndsAt"] for tree in trees if tree))
        if any(isinstance(value, OwedUnder | HeadTime) for step in wave.steps for value in step.message.values()):
            advance_to(settings, rpc, instant)  # they ask the chain as it stands at that time
        else:
            let_next_be_at(settings, rpc, instant)

    def _anchors(self, number: int, wave: Wave) -> list[Step]:
        """One batch for each attester of the wave; remembers the evidence id that each paper gets by it."""
        papers: dict[str, list[Paper]] = defaultdict(list)
        for step in wave.steps:
            if step.paper:
                papers[step.paper.attester].append(step.paper)
        anchors: list[Step] = []
        salts = self._story.world.draws.of("paper")
        for attester, attested in papers.items():
            root = BatchTree.of(leaf(salts.octets(repr(paper), 32), paper.digests) for paper in attested).root
            message: dict[str, Value] = {"root": root, "count": len(attested), "scheme": SCHEME}
            anchors.append(Step(attester, "Evidence.anchor", number, message))
            self._evidence |= dict.fromkeys(attested, evidence_id(self.party_id(attester), root))
        return anchors

    def _sign(self, step: Step) -> SignedAct:
        kind = act_type(step.act)
        message = {name: self._value(value) for name, value in step.message.items()}
        if step.paper:
            message["evidence"] = self._evidence[step.paper]
        signer = self._signer(step.signer)
        act = Act(kind, kind.read(message), signer.address, self._nonce(step), FAR_DEADLINE)
        return signer.sign(act, self._stage.deployment.domains[kind.contract])

    def _value(self, value: Value) -> Any:
        match value:
            case IdOf(slug):
                return self.party_id(slug)
            case AccountOf(slug):
                return self._signer(slug).address
            case DaysLater(days):
                return self._start + days * DAY_SECONDS
            case DigestOf(step, place):
                return ((self.number_of(step) + place) % 2**256).to_bytes(32, "big")
            case NumberOf(step):
                return self.number_of(step)
            case HashOf(types, values):
                return keccak(encode(types, [self._value(item) for item in values]))
            case OwedUnder(loan):
                method, asked = self._call("Loans", "outstanding", self._value(loan))
                return int(self._stage.rpc.call(method, *asked), 16)
            case HeadTime():
                return self._head_time
            case EvidenceOf(paper):
                return self._evidence[paper]
            case list():
                return [self._value(item) for item in value]
        return value

    def number_of(self, step: Step) -> int:
        """The id of what a step creates: its act's digest as uint256. The step's paper must have been anchored.

        Kept: many acts name the same one, and it is an act of an earlier wave.
        """
        named = (step.signer, step.act, step.entity)
        if named not in self._created:
            self._created[named] = int(self._sign(step).id, 16)
        return self._created[named]

    def _signer(self, slug: str) -> Signer:
        if slug not in self._signers:
            keystore = self._stage.keystore
            name = f"party {self._numbers[slug]}"
            self._signers[slug] = keystore.named("operator") if slug == OPERATOR else keystore.derived(name)
        return self._signers[slug]

    def _nonce(self, step: Step) -> int:
        """64 bits for the world, 32 for the act, 32 for the entity: neighbours share a storage slot."""
        act = int.from_bytes(blake2b(step.act.encode(), digest_size=4).digest(), "big")
        return self._mark << 64 | act << 32 | step.entity

    # The chain

    def _open(self, steps: Sequence[Step]) -> list[Step]:
        """Those of the steps whose nonces are not used yet."""
        found: list[Step] = []
        for part in _parts(steps, CALLS_A_BATCH):
            calls = [
                self._call(step.act.partition(".")[0], "nonceUsed", self._signer(step.signer).address, nonce)
                for step, nonce in ((step, self._nonce(step)) for step in part)
            ]
            answers = self._stage.rpc.batch(calls)
            found += [step for step, answer in zip(part, answers, strict=True) if not int(answer, 16)]
        return found

    def party_id(self, slug: str) -> int:
        """The id on chain of an enrolled party."""
        if not self._ids:
            slugs = list(self._numbers)
            for part in _parts(slugs, CALLS_A_BATCH):
                calls = [self._call("Parties", "partyOf", self._signer(one).address) for one in part]
                answers = self._stage.rpc.batch(calls)
                self._ids |= {one: int(answer, 16) for one, answer in zip(part, answers, strict=True)}
        return self._ids[slug]

    @property
    def _start(self) -> int:
        """The instant at which the first tree was filed, or the head's while none is."""
        if self._began is None:
            (first,) = self._trees([tree_id(self._story.trees[0].tag)])
            if first is None:
                return self._head_time
            self._began = int(first["filedAt"])
        return self._began

    @property
    def _head_time(self) -> int:
        """The newest block's time, UTC seconds."""
        return int(self._stage.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def _trees(self, ids: Sequence[int]) -> list[dict[str, Any] | None]:
        """The twins of the trees; None for one that is not filed."""
        members = artifact("Trees").functions["tree"]["outputs"][0]["components"]
        kind = f"({','.join(member['type'] for member in members)})"
        found: list[dict[str, Any] | None] = []
        for part in _parts(ids, CALLS_A_BATCH):
            for answer in self._stage.rpc.try_batch(self._call("Trees", "tree", one) for one in part):
                if isinstance(answer, NodeError):
                    found.append(None)
                    continue
                (values,) = decode([kind], bytes.fromhex(answer[2:]))
                found.append({member["name"]: value for member, value in zip(members, values, strict=True)})
        return found

    def _call(self, contract: str, function: str, *arguments: Any) -> tuple[str, list[Any]]:
        entry = artifact(contract).functions[function]
        data = selector(entry) + encode([item["type"] for item in entry["inputs"]], arguments)
        to = self._stage.deployment.address(contract)
        return "eth_call", [{"to": to, "data": "0x" + data.hex()}, "latest"]


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
