"""Liens under any sequence of acts: the order is the law's, title never moves, storage is the fold of the events.

The model is written from the statute and `ILiens`, apart from contract and indexer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.contracts.ledger import Event, Ledger
from tests.contracts.pledges import RECEIPT, STOCK, VALUE, filed, ranks, terms, valued_tree
from workflows.liens.ranking import Kind, Lien, ranked

BANKS = ("bank", "second bank", "third bank")
DEBTS = (1, 2, 3)
GROUNDS = ("CLAIM_ENDED", "REALISED", "WAIVED", "OTHER")


@dataclass(frozen=True)
class Known:
    """A lien as the model knows it."""

    number: int
    asset: int
    kind: str
    debt: int
    holder: str
    maximum: int
    registered_at: int | None = None
    ended: bool = False

    @property
    def standing(self) -> tuple[int, int]:
        """Smaller is better: registered by time, arisen, not arisen (CC 414, 402)."""
        if self.registered_at is not None:
            return 0, self.registered_at
        return (2 if self.kind == "REAL_PROPERTY" else 1), 0


class Fold:
    """What the events say of liens."""

    def __init__(self) -> None:
        self.liens: dict[int, dict[str, Any]] = {}

    def take(self, each: Event) -> None:
        args = dict(each.args)
        number = args.get("lien")
        match each.name:
            case "LienConfirmed":
                names = ("kind", "asset", "grantor", "holder", "debt", "securedMax", "effect")
                first = {"registeredAt": 0, "discharged": "NONE"}
                self.liens[int(args["lien"])] = {name: args[name] for name in names} | first
            case "LienRegistered" | "LienAmended" | "LienAssigned" | "LienDischarged":
                known = self.liens[int(number or 0)]
                known.update({name: value for name, value in args.items() if name in known})


class Machine(RuleBasedStateMachine):
    ledger: Ledger

    def __init__(self) -> None:
        super().__init__()
        self.mark = self.ledger.snapshot()
        self.trees = [valued_tree(self.ledger, f"CA-{place}") for place in range(2)]
        self.known: list[Known] = []
        self.fold = Fold()
        self.steps = 0

    def teardown(self) -> None:
        self.ledger.revert(self.mark)

    def live(self) -> list[Known]:
        return [one for one in self.known if not one.ended]

    def on(self, asset: int) -> list[Known]:
        return [one for one in self.live() if one.asset == asset]

    def did(self, events: list[Event]) -> list[Event]:
        for each in events:
            self.fold.take(each)
        return events

    def put(self, one: Known, **changes: Any) -> None:
        self.known[self.known.index(one)] = replace(one, **changes)

    @rule(
        place=st.integers(0, 2),
        kind=st.sampled_from(["REAL_PROPERTY", "LAND_RIGHT"]),
        debt=st.sampled_from(DEBTS),
        bank=st.sampled_from(BANKS),
        maximum=st.integers(1, VALUE + 1),
        acknowledges=st.booleans(),
    )
    def agree(self, place: int, kind: str, debt: int, bank: str, maximum: int, acknowledges: bool) -> None:
        asset, kind = (STOCK, "MOVABLE") if place == 2 else (self.trees[place], kind)
        others = self.on(asset)
        rank = 1 + sum(one.registered_at is not None for one in others)
        left = (0 if place == 2 else VALUE) - sum(one.maximum for one in others)
        both = terms(
            self.ledger,
            asset,
            kind=kind,
            holder=bank,
            debt=debt,
            securedMax=maximum,
            rank=rank if acknowledges else 0,
        )
        number = filed(self.ledger, both)
        fields = {"lien": number, **both}
        if any(one.debt == debt and one.holder != bank for one in self.live()):
            self.ledger.refuses("DebtOfAnother", "Liens.confirm", "farmer", **fields)
        elif any(one.debt == debt for one in others):
            self.ledger.refuses("AlreadySecured", "Liens.confirm", "farmer", **fields)
        elif not acknowledges and maximum > left:
            self.ledger.refuses("ValueExhausted", "Liens.confirm", "farmer", **fields)
        else:
            self.did(self.ledger.act("Liens.confirm", "farmer", **fields))
            self.known.append(Known(number, asset, kind, debt, bank, maximum))

    @precondition(lambda self: any(one.registered_at is None for one in self.live()))
    @rule(data=st.data(), ago=st.integers(0, 3))
    def register(self, data: st.DataObject, ago: int) -> None:
        one = data.draw(st.sampled_from([each for each in self.live() if each.registered_at is None]))
        instant = 1_760_000_000 + ago
        events = self.did(
            self.ledger.act("Liens.register", "registry", lien=one.number, registeredAt=instant, receipt=RECEIPT)
        )
        self.put(one, registered_at=instant)
        earlier = [each for each in self.on(one.asset)][: self.on(one.asset).index(replace(one, registered_at=instant))]
        overtaken = {each.number for each in earlier if (0, instant) < each.standing}
        assert {each.args["overtaken"] for each in events[1:]} == overtaken

    @precondition(lambda self: self.live())
    @rule(data=st.data(), maximum=st.integers(1, 2 * VALUE))
    def amend(self, data: st.DataObject, maximum: int) -> None:
        one = data.draw(st.sampled_from(self.live()))
        if maximum == one.maximum:
            return
        signers = [one.holder]
        if maximum > one.maximum:
            behind = {each.holder for each in self.on(one.asset) if not each.standing < one.standing}
            signers = sorted({"farmer", one.holder} | behind)
        for who in signers:
            assert self.ledger.view("Liens.lien", one.number)["securedMax"] == one.maximum
            self.did(self.ledger.act("Liens.amend", who, lien=one.number, securedMax=maximum))
        self.put(one, maximum=maximum)

    @precondition(lambda self: self.live())
    @rule(data=st.data(), to=st.sampled_from(BANKS))
    def assign(self, data: st.DataObject, to: str) -> None:
        one = data.draw(st.sampled_from(self.live()))
        if to == one.holder:
            return
        self.did(self.ledger.act("Liens.assign", one.holder, debt=one.debt, to=self.ledger.ids[to]))
        for each in [each for each in self.live() if each.debt == one.debt]:
            self.put(each, holder=to)

    @precondition(lambda self: self.live())
    @rule(data=st.data(), ground=st.sampled_from(GROUNDS))
    def discharge(self, data: st.DataObject, ground: str) -> None:
        one = data.draw(st.sampled_from(self.live()))
        numbers = [each.number for each in self.live() if each.debt == one.debt]
        self.did(self.ledger.act("Liens.discharge", one.holder, liens=numbers, ground=ground))
        for each in [each for each in self.live() if each.debt == one.debt]:
            self.put(each, ended=True)

    @rule(bank=st.sampled_from(BANKS), place=st.integers(0, 1))
    def default(self, bank: str, place: int) -> None:
        """Whatever is owed, no act of a bank moves a tree (CC 401)."""
        tree, to = self.trees[place], self.ledger.ids[bank]
        self.ledger.refuses("NotOwner", "Trees.offerTransfer", bank, tree=tree, to=to)
        self.ledger.refuses("TransferNotAgreed", "Trees.acceptTransfer", bank, tree=tree)
        moved = {"tree": tree, "to": to, "basis": "COURT_SALE", "receipt": RECEIPT}
        self.ledger.refuses("RoleMissing", "Trees.recordTransfer", bank, **moved)

    @invariant()
    def the_order_is_the_laws(self) -> None:
        for asset in (*self.trees, STOCK):
            expected = {
                one.number: 1 + sum(other.standing < one.standing for other in self.on(asset)) for one in self.on(asset)
            }
            found = ranks(self.ledger, asset, "MOVABLE" if asset == STOCK else "REAL_PROPERTY")
            assert dict(found) == expected
            pure = ranked(Lien(str(one.number), Kind(one.kind), one.registered_at) for one in self.on(asset))
            assert found == [(int(one.lien.id), one.rank) for one in pure]

    @invariant()
    def cover_is_the_value_that_better_ranks_leave(self) -> None:
        for debt in DEBTS:
            cover = 0
            for one in self.live():
                if one.debt == debt and one.asset != STOCK:
                    ahead = sum(other.maximum for other in self.on(one.asset) if other.standing < one.standing)
                    cover += min(one.maximum, max(0, VALUE - ahead))
            assert self.ledger.view("Liens.coverOf", debt) == cover
            numbers = [one.number for one in self.live() if one.debt == debt]
            assert list(self.ledger.view("Liens.liensOf", debt)) == numbers[::-1]

    @invariant()
    def title_never_moved_and_storage_is_the_fold(self) -> None:
        farmer = self.ledger.people["farmer"].address
        for tree in self.trees:
            assert self.ledger.view("Trees.ownerOf", tree) == farmer
        for number, state in self.fold.liens.items():
            assert self.ledger.view("Liens.lien", number) == state
        for one in self.known:
            assert self.fold.liens[one.number]["securedMax"] == one.maximum
            assert self.fold.liens[one.number]["holder"] == self.ledger.ids[one.holder]


def test_no_sequence_of_acts_breaks_the_order_or_moves_title(ledger: Ledger) -> None:
    bound = type("Bound", (Machine,), {"ledger": ledger})
    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=8,
            stateful_step_count=35,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
