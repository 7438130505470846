"""Evidence: anchors, revocations, and the Merkle proof on chain against the one in Python."""

from __future__ import annotations

import hashlib

import pytest
from eth_abi.abi import encode
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.ledger import NO_HASH, Ledger, event
from workflows.evidence.hashing import Digests, DigestStream
from workflows.evidence.leaf import leaf
from workflows.evidence.tree import BatchTree, Path

ROOT = "0x" + "ab" * 32


def evidence_id(attester: int, root: str) -> str:
    return "0x" + keccak(encode(["uint64", "bytes32"], [attester, bytes.fromhex(root[2:])])).hex()


class TestAnchor:
    def test_records_who_when_and_how_many(self, ledger: Ledger) -> None:
        instant, farmer = ledger.now, ledger.ids["farmer"]
        before = ledger.view("Evidence.evidenceCount")
        evidence = evidence_id(farmer, ROOT)
        assert ledger.act("Evidence.anchor", "farmer", root=ROOT, count=2**32 - 1, scheme=1) == [
            event(
                "Evidence.Anchored",
                evidence=evidence,
                attester=farmer,
                root=ROOT,
                count=2**32 - 1,
                scheme=1,
                anchoredAt=instant,
            )
        ]
        assert ledger.view("Evidence.record", evidence) == {
            "attester": farmer,
            "anchoredAt": instant,
            "count": 2**32 - 1,
            "scheme": 1,
            "revokedAt": 0,
        }
        assert ledger.view("Evidence.evidenceCount") == before + 1

    def test_of_the_same_root_by_another_party_is_another_evidence(self, ledger: Ledger) -> None:
        """So nobody can block an anchor by sending its root first."""
        first = ledger.anchor("neighbour", ROOT)
        assert ledger.anchor("farmer", ROOT) != first

    def test_of_the_same_root_again(self, ledger: Ledger) -> None:
        instant = ledger.now
        evidence = ledger.anchor("farmer", ROOT)
        values = ledger.refuses("AlreadyAnchored", "Evidence.anchor", "farmer", root=ROOT, count=9, scheme=1)
        assert values == {"evidence": evidence, "anchoredAt": instant}
        ledger.act("Evidence.revokeRoot", "farmer", evidence=evidence, reason="superseded")
        ledger.refuses("AlreadyAnchored", "Evidence.anchor", "farmer", root=ROOT, count=1, scheme=1)

    @pytest.mark.parametrize(("root", "count"), [(NO_HASH, 1), (ROOT, 0)])
    def test_of_nothing(self, ledger: Ledger, root: str, count: int) -> None:
        values = ledger.refuses("BatchEmpty", "Evidence.anchor", "farmer", root=root, count=count, scheme=1)
        assert values == {"root": root, "count": count}

    @pytest.mark.parametrize("scheme", [0, 2, 255])
    def test_under_an_unknown_scheme(self, ledger: Ledger, scheme: int) -> None:
        values = ledger.refuses("SchemeUnknown", "Evidence.anchor", "farmer", root=ROOT, count=1, scheme=scheme)
        assert values == {"scheme": scheme}


class TestRevokeRoot:
    def test_by_its_attester(self, ledger: Ledger) -> None:
        evidence = ledger.anchor("farmer", ROOT)
        record = ledger.view("Evidence.record", evidence)
        instant = ledger.wait(60)
        assert ledger.act("Evidence.revokeRoot", "farmer", evidence=evidence, reason="公证法 39") == [
            event(
                "Evidence.EvidenceRevoked",
                evidence=evidence,
                attester=ledger.ids["farmer"],
                revokedAt=instant,
                reason="公证法 39",
            )
        ]
        assert ledger.view("Evidence.record", evidence) == record | {"revokedAt": instant}
        to, call, _ = ledger.encoded("Evidence.requireLive", evidence)
        assert ledger.refuses_call("EvidenceIsRevoked", to, call) == {"evidence": evidence, "revokedAt": instant}

    def test_by_somebody_else(self, ledger: Ledger) -> None:
        evidence = ledger.anchor("farmer", ROOT)
        values = ledger.refuses("NotAttester", "Evidence.revokeRoot", "firm", evidence=evidence, reason="")
        assert values == {"attester": ledger.ids["farmer"], "party": ledger.ids["firm"]}

    def test_of_none_or_twice(self, ledger: Ledger) -> None:
        fields = {"evidence": evidence_id(ledger.ids["farmer"], ROOT), "reason": ""}
        ledger.refuses("EvidenceUnknown", "Evidence.revokeRoot", "farmer", **fields)
        ledger.anchor("farmer", ROOT)
        ledger.act("Evidence.revokeRoot", "farmer", **fields)
        ledger.refuses("EvidenceIsRevoked", "Evidence.revokeRoot", "farmer", **fields)

    def test_with_the_key_of_today(self, ledger: Ledger) -> None:
        """The attester is the party, so a replaced key does not orphan its evidence."""
        evidence = ledger.anchor("farmer", ROOT)
        fresh = ledger.keystore.derived("contract test farmer's second key")
        ledger.act("Parties.rotateKey", "farmer", newAccount=fresh.address)
        ledger.act("Evidence.revokeRoot", fresh, evidence=evidence, reason="")


class TestRevokeLeaf:
    def test_by_the_attester(self, ledger: Ledger) -> None:
        evidence, one = ledger.anchor("farmer", ROOT, 2), "0x" + "1e" * 32
        instant = ledger.now
        assert ledger.act("Evidence.revokeLeaf", "farmer", evidence=evidence, leaf=one, reason="typo") == [
            event(
                "Evidence.LeafRevoked",
                evidence=evidence,
                attester=ledger.ids["farmer"],
                leaf=one,
                revokedAt=instant,
                reason="typo",
            )
        ]
        assert ledger.view("Evidence.leafRevokedAt", evidence, one) == instant
        ledger.view("Evidence.requireLive", evidence)
        values = ledger.refuses(
            "LeafAlreadyRevoked", "Evidence.revokeLeaf", "farmer", evidence=evidence, leaf=one, reason=""
        )
        assert values == {"leaf": one, "revokedAt": instant}

    def test_by_somebody_else_or_of_no_evidence(self, ledger: Ledger) -> None:
        evidence = ledger.anchor("farmer", ROOT)
        key, fields = "Evidence.revokeLeaf", {"leaf": "0x" + "1e" * 32, "reason": ""}
        ledger.refuses("NotAttester", key, "firm", evidence=evidence, **fields)
        ledger.refuses("EvidenceUnknown", key, "farmer", evidence=NO_HASH, **fields)
        ledger.act("Evidence.revokeRoot", "farmer", evidence=evidence, reason="")
        ledger.refuses("EvidenceIsRevoked", key, "farmer", evidence=evidence, **fields)


def digests(document: bytes) -> Digests:
    stream = DigestStream()
    stream.update(document)
    return stream.finish()


def verified(ledger: Ledger, evidence: str, salt: bytes, document: bytes, path: Path) -> bool:
    found = digests(document)
    inputs = (salt, found.sha256, found.sm3)
    return bool(ledger.view("Evidence.verify", evidence, inputs, list(path.siblings), path.sides))


class TestVerify:
    def test_agrees_with_python_on_every_document_of_any_batch(self, ledger: Ledger) -> None:
        @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(
            st.lists(st.binary(max_size=64), min_size=1, max_size=21, unique=True),
            st.binary(min_size=32, max_size=32),
            st.data(),
        )
        def check(documents: list[bytes], salt: bytes, data: st.DataObject) -> None:
            mark = ledger.snapshot()
            leaves = [leaf(salt, digests(document)) for document in documents]
            tree = BatchTree.of(leaves)
            evidence = ledger.anchor("farmer", "0x" + tree.root.hex(), tree.count)
            paths = tree.paths(0, leaves)
            for document, one, path in zip(documents, leaves, paths, strict=True):
                assert path.root_of(one) == tree.root
                assert verified(ledger, evidence, salt, document, path)
            place = data.draw(st.integers(0, len(documents) - 1))
            document, path = documents[place], paths[place]
            assert not verified(ledger, evidence, salt, document + b"\0", path)
            assert not verified(ledger, evidence, bytes(31) + b"\1", document, path) or salt == bytes(31) + b"\1"
            if path.siblings:
                level = data.draw(st.integers(0, len(path.siblings) - 1))
                assert not verified(ledger, evidence, salt, document, Path(path.siblings, path.sides ^ 1 << level))
                shorter = len(path.siblings) - 1
                cut = Path(path.siblings[:shorter], path.sides & (1 << shorter) - 1)
                assert not verified(ledger, evidence, salt, document, cut)
            other = data.draw(st.integers(0, len(documents) - 1))
            if other != place:
                assert not verified(ledger, evidence, salt, documents[other], path)
            ledger.revert(mark)

        check()

    def test_across_tiles_of_a_large_batch(self, ledger: Ledger) -> None:
        salt, documents = bytes(32), [f"deed {number}".encode() for number in range(600)]
        leaves = [leaf(salt, digests(document)) for document in documents]
        tree = BatchTree.of(leaves)
        evidence = ledger.anchor("farmer", "0x" + tree.root.hex(), tree.count)
        for number in (0, 255, 256, 511, 512, 599):
            tile = tree.tile(number // 256)
            path = tree.paths(number // 256, [leaves[at] for at in tile])[number - tile.start]
            assert verified(ledger, evidence, salt, documents[number], path)

    def test_an_inner_node_passed_off_as_a_leaf(self, ledger: Ledger) -> None:
        """The first merkletools forgery: the digests of a document chosen so that a leaf would be an inner node."""
        leaves = [leaf(bytes(32), digests(text)) for text in (b"1", b"2", b"3", b"4")]
        tree = BatchTree.of(leaves)
        evidence = ledger.anchor("farmer", "0x" + tree.root.hex(), 4)
        ((_, above),) = [tree.paths(0, leaves)[0].siblings]
        short = Path((above,), 1)
        bare = hashlib.sha256(leaves[0] + leaves[1]).digest()
        assert short.root_of(bare) == tree.root, "without the prefix the shorter path would prove it"
        for salt, first, second in (
            (leaves[0], leaves[1], bytes(32)),
            (bytes(32), leaves[0], leaves[1]),
            (leaves[1], leaves[0], bytes(32)),
        ):
            inputs = (salt, first, second)
            assert not ledger.view("Evidence.verify", evidence, inputs, list(short.siblings), short.sides)

    def test_a_document_of_two_leaves(self, ledger: Ledger) -> None:
        """The second: a document of 64 bytes that is left ‖ right, proven by the root itself."""
        leaves = [leaf(bytes(32), digests(text)) for text in (b"1", b"2")]
        tree = BatchTree.of(leaves)
        evidence = ledger.anchor("farmer", "0x" + tree.root.hex(), 2)
        forged = leaves[0] + leaves[1]
        assert digests(forged).sha256 == tree.root, "without the prefix its hash would be the root"
        assert not verified(ledger, evidence, bytes(32), forged, Path((), 0))

    def test_says_no_to_what_was_revoked(self, ledger: Ledger) -> None:
        salt, documents = bytes(32), [b"1", b"2"]
        leaves = [leaf(salt, digests(document)) for document in documents]
        tree = BatchTree.of(leaves)
        evidence = ledger.anchor("farmer", "0x" + tree.root.hex(), 2)
        paths = tree.paths(0, leaves)
        ledger.act("Evidence.revokeLeaf", "farmer", evidence=evidence, leaf="0x" + leaves[0].hex(), reason="")
        assert [verified(ledger, evidence, salt, documents[i], paths[i]) for i in (0, 1)] == [False, True]
        ledger.act("Evidence.revokeRoot", "farmer", evidence=evidence, reason="")
        assert not verified(ledger, evidence, salt, documents[1], paths[1])

    def test_says_no_to_unknown_evidence(self, ledger: Ledger) -> None:
        """Also to the id that no party could have: attester 0."""
        alone = leaf(bytes(32), digests(b"1"))
        for attester in (0, ledger.ids["farmer"]):
            unknown = evidence_id(attester, "0x" + alone.hex())
            assert not verified(ledger, unknown, bytes(32), b"1", Path((), 0))
        to, call, _ = ledger.encoded("Evidence.requireLive", unknown)
        assert ledger.refuses_call("EvidenceUnknown", to, call) == {"evidence": unknown}
