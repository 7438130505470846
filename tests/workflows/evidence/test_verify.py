"""Verification by a stranger, offline and against a real chain: every link can break, and says which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_abi.abi import decode, encode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.acts import SignedAct
from chain.artifacts import artifact, selector, topic
from chain.offchain import migrate, open_store
from chain.settings import Settings
from chain.typed_data import Act, act_type
from tests.workflows.evidence.conftest import CONFIRMATIONS, Node
from workflows.evidence import anchored
from workflows.evidence.anchor import bring_up_to_date, prepare, submit
from workflows.evidence.hashing import FileUnreadable
from workflows.evidence.receipt import Receipt, State, parse, read, unhex
from workflows.evidence.verify import Verdict, verify_offline, verify_on_chain

OFFLINE = ["document", "sha256", "sm3", "leaf", "path", "root", "evidence"]
ON_CHAIN = ["chain", "contract", "event", "record", "revocation", "block", "confirmations"]

Change = Callable[[dict[str, dict[str, object]]], None]


@pytest.fixture(scope="module")
def folder(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Seven documents in `docs`, anchored and final, with their receipts in `receipts`."""
    folder = tmp_path_factory.mktemp("evidence")
    (folder / "docs").mkdir()
    for number in range(7):
        (folder / "docs" / f"{number}.txt").write_text(f"deed {number} of {folder}")
    own = Settings(var_dir=folder / "var", offchain=None)
    migrate(own)
    store = open_store(own)
    found = prepare([folder / "docs"], folder / "receipts")
    submit(store, 1, found.documents, now=0)
    node.anchor(store)
    assert bring_up_to_date(store, [one.receipt_path for one in found.documents]) == {State.FINAL: 7}
    store.dispose()
    yield folder


@pytest.fixture
def document(folder: Path) -> Path:
    return folder / "docs" / "4.txt"


@pytest.fixture
def receipt(folder: Path) -> Receipt:
    return read(folder / "receipts" / "docs" / "4.txt.receipt.json")


def on_chain(node: Node, verdict: Verdict, **options: int) -> Verdict:
    """Against the node, with the deployment's contract."""
    return verify_on_chain(verdict, node.rpc, contract=node.chain.domain.address, **options)


def changed(receipt: Receipt, change: Change) -> Receipt:
    """The receipt with something changed in its JSON, still well-formed."""
    content = receipt.model_dump(mode="json", exclude_none=True)
    change(content)
    return Receipt.model_validate_json(Receipt.model_construct(**content).model_dump_json(warnings=False))


def other_word(word: object) -> str:
    """Another value of the same form."""
    text = str(word)
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def test_a_true_document_holds_from_the_file_to_the_block(node: Node, document: Path, receipt: Receipt) -> None:
    offline = verify_offline(document, receipt)
    assert ([link.name for link in offline.links], offline.ok) == (OFFLINE, True)
    verdict = on_chain(node, offline, confirmations=CONFIRMATIONS)
    assert ([link.name for link in verdict.links], verdict.ok) == (OFFLINE + ON_CHAIN, True)
    assert all(link.en and link.zh for link in verdict.links)


def test_every_receipt_of_the_folder_holds(node: Node, folder: Path) -> None:
    for number in range(7):
        own = read(folder / "receipts" / "docs" / f"{number}.txt.receipt.json")
        assert on_chain(node, verify_offline(folder / "docs" / f"{number}.txt", own)).ok


def test_the_contract_agrees_with_our_own_check(node: Node, receipt: Receipt) -> None:
    """`Evidence.verify(evidence, document, path, sides)` takes the receipt's compact form as it is."""
    assert receipt.batch is not None and receipt.anchor is not None
    way, digests = receipt.batch.wire_path, receipt.document.digests
    inputs = (unhex(receipt.leaf.salt), digests.sha256, digests.sm3)

    def ask(sides: int) -> bool:
        types = ["bytes32", "(bytes32,bytes32,bytes32)", "bytes32[]", "uint256"]
        assert receipt.anchor is not None
        values = [unhex(receipt.anchor.evidence), inputs, list(way.siblings), sides]
        call = selector(artifact("Evidence").functions["verify"]) + encode(types, values)
        answer = node.rpc.call("eth_call", {"to": receipt.anchor.contract, "data": "0x" + call.hex()}, "latest")
        return bool(decode(["bool"], unhex(answer))[0])

    assert ask(way.sides)
    assert not ask(way.sides ^ 1)


def test_the_verifiers_own_words_are_the_contracts() -> None:
    contract = artifact("Evidence")
    events = {entry["name"]: topic(entry) for entry in contract.entries("event")}
    assert events["Anchored"] == anchored.ANCHORED
    assert selector(contract.functions["record"]) == anchored.RECORD
    assert selector(contract.functions["leafRevokedAt"]) == anchored.LEAF_REVOKED_AT


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_one_changed_byte_breaks_the_chain_at_the_hashes(
    tmp_path: Path, document: Path, receipt: Receipt, data: st.DataObject
) -> None:
    content = bytearray(document.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    forged = tmp_path / "forged.txt"
    forged.write_bytes(content)
    broken = verify_offline(forged, receipt).broken
    assert broken is not None and broken.name == "sha256"


def test_a_longer_document_breaks_at_its_size(tmp_path: Path, document: Path, receipt: Receipt) -> None:
    (tmp_path / "longer").write_bytes(document.read_bytes() + b"\n")
    broken = verify_offline(tmp_path / "longer", receipt).broken
    assert broken is not None and broken.name == "document"


def test_without_the_document_there_is_no_verdict(tmp_path: Path, receipt: Receipt) -> None:
    with pytest.raises(FileUnreadable):
        verify_offline(tmp_path / "absent", receipt)


def swap(part: str, name: str) -> Change:
    """Changes one word of one part."""

    def change(content: dict[str, dict[str, object]]) -> None:
        content[part][name] = other_word(content[part][name])

    return change


def put(part: str, name: str, value: object) -> Change:
    """Sets one value of one part."""
    return lambda content: content[part].__setitem__(name, value)


def first_sibling_changed(content: dict[str, dict[str, object]]) -> None:
    step = content["batch"]["path"][0]  # type: ignore[index]
    for side in step:
        step[side] = other_word(step[side])


def first_side_changed(content: dict[str, dict[str, object]]) -> None:
    path = content["batch"]["path"]
    ((side, word),) = path[0].items()  # type: ignore[index]
    path[0] = {"left" if side == "right" else "right": word}  # type: ignore[index]


@pytest.mark.parametrize(
    ("link", "change"),
    [
        ("sha256", swap("document", "sha256")),
        ("sm3", swap("document", "sm3")),
        ("leaf", swap("leaf", "salt")),
        ("leaf", swap("leaf", "hash")),
        ("path", put("batch", "index", 5)),
        ("path", put("batch", "count", 3)),
        ("path", first_side_changed),
        ("root", first_sibling_changed),
        ("root", swap("batch", "root")),
        ("evidence", put("anchor", "attester", 2)),
        ("evidence", swap("anchor", "evidence")),
    ],
)
def test_a_forged_receipt_breaks_offline_where_it_was_forged(
    document: Path, receipt: Receipt, link: str, change: Change
) -> None:
    verdict = verify_offline(document, changed(receipt, change))
    assert verdict.broken is not None
    assert (verdict.broken.name, verdict.links[-1]) == (link, verdict.broken)
    assert [one.name for one in verdict.links] == OFFLINE[: OFFLINE.index(link) + 1]


@pytest.mark.parametrize(
    ("link", "change"),
    [
        ("chain", put("anchor", "chain_id", 1)),
        ("contract", put("anchor", "contract", "0x" + "11" * 20)),
        ("event", swap("anchor", "transaction")),
        ("event", put("anchor", "log_index", 0)),
        ("event", swap("anchor", "block_hash")),
        ("event", put("batch", "count", 8)),
        ("record", put("anchor", "block_timestamp", 1)),
        ("block", put("anchor", "block_number", 1)),
    ],
)
def test_a_forged_receipt_breaks_against_the_chain_where_it_was_forged(
    node: Node, document: Path, receipt: Receipt, link: str, change: Change
) -> None:
    offline = verify_offline(document, changed(receipt, change))
    assert offline.ok
    broken = on_chain(node, offline).broken
    assert broken is not None and broken.name == link


def test_without_a_trusted_address_the_verdict_says_so(node: Node, document: Path, receipt: Receipt) -> None:
    verdict = verify_on_chain(verify_offline(document, receipt), node.rpc)
    (contract,) = (link for link in verdict.links if link.name == "contract")
    assert verdict.ok
    assert "compare it with the published address" in contract.en


@pytest.mark.parametrize("impostor", ["0x" + "22" * 20, "Parties"])
def test_an_address_that_is_not_the_contract_shows_no_event(
    node: Node, document: Path, receipt: Receipt, impostor: str
) -> None:
    address = node.deployment.address(impostor) if impostor == "Parties" else impostor
    forged = changed(receipt, put("anchor", "contract", address))
    broken = verify_on_chain(verify_offline(document, forged), node.rpc).broken
    assert broken is not None and broken.name == "event"


def test_too_few_confirmations_is_a_link_that_mends_itself(node: Node, document: Path, receipt: Receipt) -> None:
    broken = on_chain(node, verify_offline(document, receipt), confirmations=10_000).broken
    assert broken is not None and broken.name == "confirmations"


def test_a_broken_offline_verdict_is_not_taken_to_the_chain(node: Node, receipt: Receipt, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    offline = verify_offline(tmp_path / "other", receipt)
    assert on_chain(node, offline) == offline


def act(node: Node, name: str, message: dict[str, object]) -> SignedAct:
    """An act of the attester on the Evidence contract."""
    attester, kind = node.attester, act_type(name)
    filled = Act(kind, kind.read(message), attester.signer.address, hash(str(message)) % 2**64, 2**40)
    return attester.signer.sign(filled, attester.domain)


@pytest.mark.parametrize("kind", ["leaf", "root"])
def test_a_revoked_document_breaks_at_the_revocation(
    node: Node, folder: Path, document: Path, receipt: Receipt, kind: str
) -> None:
    assert receipt.anchor is not None
    before = node.rpc.call("evm_snapshot")
    message: dict[str, object] = {"evidence": receipt.anchor.evidence, "reason": "case 2026-1"}
    if kind == "leaf":
        node.relay().submit(act(node, "Evidence.revokeLeaf", message | {"leaf": receipt.leaf.hash}))
    else:
        node.relay().submit(act(node, "Evidence.revokeRoot", message))
    broken = on_chain(node, verify_offline(document, receipt)).broken
    assert broken is not None and broken.name == "revocation"

    neighbour = read(folder / "receipts" / "docs" / "3.txt.receipt.json")
    verdict = on_chain(node, verify_offline(folder / "docs" / "3.txt", neighbour))
    assert verdict.ok == (kind == "leaf")
    node.rpc.call("evm_revert", before)


def test_a_block_that_was_reorganised_away_breaks(node: Node, document: Path, receipt: Receipt) -> None:
    """The transaction came again in another block, so only the place the receipt states is gone."""
    forged = changed(receipt, swap("anchor", "block_hash"))
    broken = on_chain(node, verify_offline(document, forged)).broken
    assert broken is not None and broken.name == "event"


def test_a_pending_receipt_breaks_at_what_it_cannot_show_yet(document: Path, receipt: Receipt) -> None:
    batched = receipt.model_copy(update={"state": State.PENDING, "anchor": None})
    queued = batched.model_copy(update={"batch": None})
    for pending, link in ((queued, "path"), (batched, "evidence")):
        broken = verify_offline(document, parse(pending.to_json().encode())).broken
        assert broken is not None and broken.name == link
        assert "still pending" in broken.en
