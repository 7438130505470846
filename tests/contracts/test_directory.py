"""Directory: the names of the current contracts, changed behind a delay; and many reads of one block."""

from __future__ import annotations

from chain.typed_data import act_types
from tests.contracts.ledger import NOBODY, Ledger, event

TREES = "0x" + b"Trees".ljust(32, b"\0").hex()
NEW = "0x" + b"Novelty".ljust(32, b"\0").hex()
DELAY = 2 * 86_400


class TestName:
    def test_names_every_contract_that_takes_acts(self, ledger: Ledger) -> None:
        for name in {kind.contract for kind in act_types().values()}:
            key = "0x" + name.encode().ljust(32, b"\0").hex()
            assert ledger.view("Directory.named", key) == [ledger.deployment.address(name), 1]
        assert ledger.view("Directory.named", NEW) == [NOBODY, 0]

    def test_is_changed_by_schedule_and_after_the_delay(self, ledger: Ledger) -> None:
        operator, evidence = ledger.people["operator"], ledger.deployment.address("Evidence")
        directory, call, _ = ledger.encoded("Directory.name", TREES, evidence)
        ledger.refuses_call("AccessManagerNotScheduled", directory, call, operator)
        ledger.call("AccessManager.schedule", directory, call, 0, sender=operator)
        ledger.wait(DELAY - 2)
        ledger.refuses_call("AccessManagerNotReady", directory, call, operator)
        ledger.wait(1)
        named = ledger.send(directory, call, operator).events[-1]
        previous = ledger.deployment.address("Trees")
        assert named == event("Directory.Named", name=TREES, current=evidence, previous=previous, version=2)
        assert ledger.view("Directory.named", TREES) == [evidence, 2]

    def test_is_refused_to_everybody_else(self, ledger: Ledger) -> None:
        to, call, _ = ledger.encoded("Directory.name", TREES, ledger.deployment.address("Evidence"))
        for who in ("stranger", "regulator"):
            ledger.refuses_call("AccessManagedUnauthorized", to, call, ledger.people[who])
        ledger.refuses_call("AccessManagedUnauthorized", to, call, ledger.keystore.named("deployer"))

    def test_of_an_address_without_code(self, ledger: Ledger) -> None:
        operator = ledger.people["operator"]
        to, call, _ = ledger.encoded("Directory.name", NEW, operator.address)
        ledger.call("AccessManager.schedule", to, call, 0, sender=operator)
        ledger.wait(DELAY)
        assert ledger.refuses_call("NoContract", to, call, operator) == {"target": operator.address}


class TestRead:
    def test_answers_many_views_of_one_block(self, ledger: Ledger) -> None:
        parties, count, _ = ledger.encoded("Parties.partyCount")
        trees, name, _ = ledger.encoded("Trees.name")
        block, (first, second) = ledger.view("Directory.read", [parties, trees], [count, name])
        assert block == int(ledger.rpc.call("eth_blockNumber"), 16)
        assert int.from_bytes(first, "big") == ledger.view("Parties.partyCount")
        assert b"Chaqi ancient tea trees" in second

    def test_hands_on_a_refusal(self, ledger: Ledger) -> None:
        target, call, _ = ledger.encoded("Parties.party", 999)
        to, read, _ = ledger.encoded("Directory.read", [target], [call])
        assert ledger.refuses_call("NoSuchParty", to, read) == {"party": 999}

    def test_of_unequal_lists(self, ledger: Ledger) -> None:
        to, read, _ = ledger.encoded("Directory.read", [NOBODY], [])
        assert ledger.refuses_call("LengthsDiffer", to, read) == {"targets": 1, "calls": 0}
