"""Packages against a real chain, and a stranger's verifier that shares no code with the ledger."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.offchain import migrate, open_store
from chain.proofs import QBFT_MIX_HASH, keccak
from chain.settings import Settings
from tests.programs import run
from tests.workflows.evidence.conftest import DEVNET, Node
from workflows.evidence import chaqi_verify
from workflows.evidence.anchor import bring_up_to_date, prepare, submit
from workflows.evidence.chaqi_verify import Link, to_canonical, verify
from workflows.evidence.envelope import SUFFIX, Origin, envelope
from workflows.evidence.hashing import Digests, DigestStream, hash_file
from workflows.evidence.package import (
    NotProvable,
    NotThatDocument,
    Packed,
    ReceiptPending,
    anchors_of,
    package,
    zipped,
)
from workflows.evidence.receipt import Receipt, State, read
from workflows.pki.authority import DevelopmentAuthority
from workflows.pki.provider import DevelopmentPki

DEED, ENVELOPE, LOOSE = "deed.pdf", "deed.pdf" + SUFFIX, "loose.txt"
STAMP = ["token", "imprint", "signature", "usage", "chain"]
WHOLE = [
    "package",
    *["document", "leaf", "path"] * 3,
    "evidence",
    "event",
    "receipt",
    "header",
    "seal",
    *STAMP,
    *["origin"] * 2,
]


@pytest.fixture(scope="module")
def folder(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A deed with its envelope, and a document without one, anchored in one batch."""
    folder = tmp_path_factory.mktemp("package")
    (folder / DEED).write_bytes(b"%PDF synthetic deed")
    (folder / LOOSE).write_text("a document of unknown origin")
    own = Settings(var_dir=folder / "var", offchain=None)
    migrate(own)
    store = open_store(own)
    now = int(node.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    pki = DevelopmentPki(DevelopmentAuthority(folder / "var" / "pki", store), lambda: now)
    origin = Origin(captured_at=now, application="chaqi test", source="synthetic scanner", operator="0x" + "ab" * 20)
    written, _ = envelope(DEED, hash_file(folder / DEED), origin, pki=pki, now=now)
    (folder / ENVELOPE).write_bytes(written)
    found = prepare([folder / name for name in (DEED, ENVELOPE, LOOSE)], folder / "receipts")
    submit(store, 1, found.documents, now=0)
    node.anchor(store)
    assert bring_up_to_date(store, [one.receipt_path for one in found.documents]) == {State.FINAL: 3}
    store.dispose()
    yield folder


def receipt(folder: Path, name: str) -> Receipt:
    return read(folder / "receipts" / f"{name}.receipt.json")


def packed(folder: Path, *names: str) -> list[Packed]:
    return [Packed(receipt(folder, name), (folder / name).read_bytes()) for name in names]


@pytest.fixture(scope="module")
def whole(node: Node, folder: Path) -> bytes:
    documents = packed(folder, DEED, ENVELOPE, LOOSE)
    return package(anchors_of(node.rpc, [one.receipt for one in documents]), documents)


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(content: bytes, name: str, changed: bytes) -> bytes:
    """The package with a file changed and the manifest made to agree, as a forger would."""
    files = files_of(content) | {name: changed}
    del files["manifest.json"]
    return zipped(files)


def reproved(content: bytes, change: Any) -> bytes:
    proof = json.loads(files_of(content)["proof.json"])
    change(proof)
    return rebuilt(content, "proof.json", to_canonical(proof))


def broken(links: list[Link]) -> str | None:
    return None if links[-1].ok else links[-1].name


def test_a_whole_package_is_verified_link_by_link_in_words(node: Node, folder: Path, whole: bytes) -> None:
    links = verify(whole, contract=node.chain.domain.address)
    assert [link.name for link in links] == WHOLE
    assert all(link.ok and link.en and link.zh for link in links)
    assert "single development node" in next(link.en for link in links if link.name == "seal")
    said = {link.about: link.en for link in links if link.name == "origin"}
    assert "its envelope, anchored with it" in said["documents/0001-deed.pdf"]
    assert said["documents/0003-loose.txt"].startswith("integrity only, origin unproven")


def test_the_same_evidence_gives_the_same_bytes(node: Node, folder: Path, whole: bytes) -> None:
    documents = packed(folder, DEED, ENVELOPE, LOOSE)
    assert package(anchors_of(node.rpc, [one.receipt for one in documents]), documents) == whole


def test_the_verifier_is_one_file_that_runs_alone(folder: Path, whole: bytes, tmp_path: Path) -> None:
    alone = tmp_path / "chaqi_verify.py"
    alone.write_bytes(Path(chaqi_verify.__file__).read_bytes())
    (tmp_path / "package.zip").write_bytes(whole)
    good = subprocess.run(
        [sys.executable, "-I", "-S", alone, tmp_path / "package.zip"], capture_output=True, text=True, check=False
    )
    assert good.returncode == 0, good.stderr
    assert "VERIFIED 核验通过" in good.stdout
    (tmp_path / "package.zip").write_bytes(rebuilt(whole, "documents/0001-deed.pdf", b"%PDF synthetic deeD"))
    bad = subprocess.run(
        [sys.executable, "-I", "-S", alone, tmp_path / "package.zip"], capture_output=True, text=True, check=False
    )
    assert bad.returncode == 1
    assert "NOT VERIFIED 核验不通过: document" in bad.stdout


def test_documents_may_stay_with_their_holder(node: Node, folder: Path) -> None:
    held = [Packed(receipt(folder, DEED))]
    content = package(anchors_of(node.rpc, [held[0].receipt]), held)
    assert set(files_of(content)) == {"manifest.json", "proof.json"}
    assert broken(verify(content)) is None
    assert broken(verify(content, [(folder / DEED).read_bytes()])) is None
    assert broken(verify(content, [b"another"])) == "document"


def test_no_byte_of_any_file_can_change(whole: bytes) -> None:
    for name, content in files_of(whole).items():
        for at in range(len(content)):
            changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            files = files_of(whole) | {name: changed}
            written = io.BytesIO()
            with zipfile.ZipFile(written, "w") as archive:
                for one, inside in files.items():
                    archive.writestr(one, inside)
            assert broken(verify(written.getvalue())) == "package", (name, at)


def test_no_byte_of_the_proof_or_a_document_can_change_though_the_manifest_agrees(whole: bytes) -> None:
    """Every byte by bit 0; a deviation is a form the verifier refuses or a link that breaks, never a pass."""
    files = files_of(whole)
    reached = set()
    for name in set(files) - {"manifest.json"}:
        content = files[name]
        step = 1 if name == "proof.json" else 7
        for at in range(0, len(content), step):
            changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            link = broken(verify(rebuilt(whole, name, changed)))
            assert link is not None, (name, at, content[max(0, at - 20) : at + 20])
            reached.add(link)
    assert reached >= {"package", "document", "leaf", "path", "evidence", "event", "receipt", "header"}


def other(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


@pytest.mark.parametrize(
    ("part", "name", "link"),
    [
        ("documents", "sha256", "document"),
        ("documents", "sm3", "document"),
        ("documents", "salt", "leaf"),
        ("documents", "leaf", "leaf"),
        ("anchors", "root", "path"),
        ("anchors", "evidence", "evidence"),
        ("anchors", "contract", "event"),
        ("anchors", "block_hash", "header"),
        ("anchors", "header", "header"),
    ],
)
def test_a_forged_part_breaks_its_own_link(whole: bytes, part: str, name: str, link: str) -> None:
    def change(proof: dict[str, Any]) -> None:
        proof[part][0][name] = other(proof[part][0][name])

    assert broken(verify(reproved(whole, change))) == link


@pytest.mark.parametrize(
    ("name", "link"), [("attester", "evidence"), ("count", "path"), ("log", "event"), ("position", "receipt")]
)
def test_a_forged_number_breaks_its_own_link(whole: bytes, name: str, link: str) -> None:
    def change(proof: dict[str, Any]) -> None:
        proof["anchors"][0][name] += 5

    assert broken(verify(reproved(whole, change))) == link


def test_what_the_reader_knows_from_elsewhere_is_held_against_the_package(whole: bytes) -> None:
    assert broken(verify(whole, contract="0x" + "11" * 20)) == "event"
    assert broken(verify(whole, validators=["0x" + "11" * 20])) == "seal"


def test_what_is_no_package_is_said_to_be_none(whole: bytes) -> None:
    for content in (b"", b"text", whole[:-30], zipped({"proof.json": b"{}"}), zipped({})):
        assert broken(verify(content)) == "package"


def sealed(whole: bytes, signers: int, *, validators: int = 4, forged: bool = False) -> bytes:
    """The package as a QBFT chain would have made it: the header sealed by test keys."""
    keys = [PrivateKey(bytes([number]) * 32) for number in range(1, validators + 1)]
    addresses = [bytes.fromhex(key.public_key.to_address()[2:]) for key in keys]

    def change(proof: dict[str, Any]) -> None:
        header = rlp.decode(bytes.fromhex(proof["anchors"][0]["header"][2:]))
        header[13] = bytes.fromhex(QBFT_MIX_HASH[2:])

        def with_extra(round_number: bytes, seals: list[bytes]) -> bytes:
            extra = rlp.encode([bytes(32), addresses, [], round_number, seals])
            return bytes(rlp.encode([*header[:12], extra, *header[13:]]))

        signed = keccak(with_extra(b"\x02", []))
        seals = [key.sign_msg_hash(signed).to_bytes() for key in keys[:signers]]
        if forged:
            seals[-1] = PrivateKey(b"\x77" * 32).sign_msg_hash(signed).to_bytes()
        proof["anchors"][0]["block_hash"] = "0x" + keccak(with_extra(b"", [])).hex()
        proof["anchors"][0]["header"] = "0x" + with_extra(b"\x02", seals).hex()

    return reproved(whole, change)


@pytest.mark.parametrize(("signers", "holds"), [(2, False), (3, True), (4, True)])
def test_validators_are_recovered_from_their_seals_and_counted(whole: bytes, signers: int, holds: bool) -> None:
    link = verify(sealed(whole, signers))[-1 if not holds else -3 - len(STAMP)]
    assert (link.name, link.ok) == ("seal", holds)
    assert f"{signers} of 4 validators" in link.en


def test_a_strangers_seal_or_one_that_counts_twice_breaks_the_seal(whole: bytes) -> None:
    assert broken(verify(sealed(whole, 4, forged=True))) == "seal"

    def twice(proof: dict[str, Any]) -> None:
        header = rlp.decode(bytes.fromhex(proof["anchors"][0]["header"][2:]))
        extra = rlp.decode(header[12])
        extra[4] = [extra[4][0]] * 3
        header[12] = rlp.encode(extra)
        proof["anchors"][0]["header"] = "0x" + rlp.encode(header).hex()

    assert broken(verify(reproved(sealed(whole, 3), twice))) == "seal"


def test_no_byte_of_a_sealed_header_can_change(whole: bytes) -> None:
    content = sealed(whole, 3)
    length = len(json.loads(files_of(content)["proof.json"])["anchors"][0]["header"])
    for at in range(2, length, 10):

        def change(proof: dict[str, Any], at: int = at) -> None:
            header = proof["anchors"][0]["header"]
            proof["anchors"][0]["header"] = header[:at] + f"{int(header[at : at + 2], 16) ^ 1:02x}" + header[at + 2 :]

        assert broken(verify(reproved(content, change))) in ("receipt", "header", "event", "seal"), at


def test_what_does_not_belong_together_is_not_packed(node: Node, folder: Path) -> None:
    one = receipt(folder, DEED)
    anchors = anchors_of(node.rpc, [one])
    with pytest.raises(NotThatDocument):
        package(anchors, [Packed(one, b"other")])
    pending = one.model_copy(update={"state": State.PENDING, "anchor": None})
    with pytest.raises(ReceiptPending):
        anchors_of(node.rpc, [pending])
    assert one.anchor is not None
    gone = one.model_copy(update={"anchor": one.anchor.model_copy(update={"block_hash": "0x" + "11" * 32})})
    with pytest.raises(NotProvable):
        anchors_of(node.rpc, [gone])


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_the_verifiers_own_hashes_are_those_of_the_libraries(content: bytes) -> None:
    stream = DigestStream()
    stream.update(content)
    assert chaqi_verify.sm3_plain(content) == stream.finish().sm3
    assert chaqi_verify.keccak(content) == keccak(content)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 2**255), st.binary(min_size=32, max_size=32))
def test_the_verifiers_recovery_is_that_of_the_library(secret: int, signed: bytes) -> None:
    key = PrivateKey(secret.to_bytes(32))
    seal = key.sign_msg_hash(signed).to_bytes()
    assert chaqi_verify.recover(signed, seal) == bytes.fromhex(key.public_key.to_address()[2:])


def test_an_independent_merkle_library_agrees_with_our_paths(folder: Path) -> None:
    """npm's merkle-tools, which shares nothing with the Python one but the format."""
    asked = []
    for name in (DEED, ENVELOPE, LOOSE):
        one = receipt(folder, name)
        assert one.batch is not None
        path = [{side: sibling[2:] for side, sibling in step.model_dump().items()} for step in one.batch.path]
        asked.append([path, one.leaf.hash[2:], one.batch.root[2:]])
    script = (
        "const M = new (require('merkle-tools'))({hashType: 'sha256'});"
        "const asked = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(asked.map(([p, l, r]) => [M.validateProof(p, l, r), M.validateProof(p, r, l)])));"
    )
    if not (DEVNET / "node_modules" / "merkle-tools").exists():
        pytest.skip("npm's merkle-tools is not installed here: the independent check of our paths did not run")
    done = subprocess.run(
        ["node", "-e", script], input=json.dumps(asked), capture_output=True, text=True, cwd=DEVNET, check=True
    )
    assert json.loads(done.stdout) == [[True, False]] * 3


def test_the_envelope_holds_a_token_that_openssl_accepts(folder: Path, tmp_path: Path) -> None:
    stated = json.loads((folder / ENVELOPE).read_bytes())
    (tmp_path / "token").write_bytes(b64decode(stated["timestamp"]["token"]))
    checked = run(
        "openssl", "ts", "-verify", "-in", tmp_path / "token", "-token_in", "-data", folder / DEED,
        "-CAfile", folder / "var" / "pki" / "root.pem",
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    about = stated["document"]
    digests = Digests(about["size"], bytes.fromhex(about["sha256"]), bytes.fromhex(about["sm3"]))
    assert digests == hash_file(folder / DEED)


PAGE = """
const fs = require("fs"), path = require("path"), folder = process.argv[1];
global.sm3 = require(path.join(folder, "sm3.js"));
const { verify } = require(path.join(folder, "chaqi-verify.js"));
const asked = JSON.parse(fs.readFileSync(0)).map((one) => new Uint8Array(Buffer.from(one, "base64")));
console.log(JSON.stringify(asked.map((one) => verify(one))));
"""


def in_the_browser(packages: list[bytes]) -> list[list[Link]]:
    """What the web page's verifier says of packages; it runs in Node here."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed here: the web page's verifier was not tested")
    done = subprocess.run(
        [node, "-e", PAGE, Path(__file__).parents[3] / "api" / "static"],
        input=json.dumps([b64encode(one).decode() for one in packages]), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [[Link(**link) for link in links] for links in json.loads(done.stdout)]


def test_the_web_page_says_what_the_program_says(whole: bytes) -> None:
    """On whole packages, sealed ones, and every fifth byte of the proof changed with the manifest made to agree."""
    proof = files_of(whole)["proof.json"]
    changed = [proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :] for at in range(0, len(proof), 5)]
    packages = [whole, sealed(whole, 3), sealed(whole, 2), sealed(whole, 4, forged=True), whole[:-30], b"text"]
    packages += [rebuilt(whole, "documents/0001-deed.pdf", b"%PDF altered")]
    packages += [rebuilt(whole, "proof.json", one) for one in changed]
    for package_bytes, links in zip(packages, in_the_browser(packages), strict=True):
        ours = verify(package_bytes)
        assert [(one.name, one.about, one.ok) for one in links] == [(one.name, one.about, one.ok) for one in ours]
    first, ours = in_the_browser([whole])[0], verify(whole)
    assert [one.zh for one in first if one.name != "event"] == [one.zh for one in ours if one.name != "event"]
