"""Hashing files and folders: any size in constant memory, one fixed order, links never followed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from workflows.evidence.hashing import (
    CHUNK_BYTES,
    DigestStream,
    FileChanged,
    FileUnreadable,
    NotAFile,
    hash_file,
    walk,
)


def sm3_of(content: bytes) -> bytes:
    """SM3 by the other implementation."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize()


def test_the_published_vectors(tmp_path: Path) -> None:
    """FIPS 180-4 and GB/T 32905-2016, appendix A.1: the digests of "abc"."""
    (tmp_path / "abc").write_bytes(b"abc")
    digests = hash_file(tmp_path / "abc")
    assert digests.size == 3
    assert digests.sha256.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digests.sm3.hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(st.lists(st.binary(max_size=300)))
def test_pieces_do_not_matter(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    stream = DigestStream()
    for piece in pieces:
        stream.update(piece)
    digests = stream.finish()
    assert (digests.size, digests.sha256) == (len(whole), hashlib.sha256(whole).digest())
    assert digests.sm3 == sm3_of(whole)


def test_without_sm3_in_openssl_the_other_implementation_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_sm3(name: str) -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", without_sm3)
    stream = DigestStream()
    stream.update(b"abc")
    assert stream.finish().sm3 == sm3_of(b"abc")


def test_a_big_file_takes_no_more_memory_than_a_few_pieces(tmp_path: Path) -> None:
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(40 * CHUNK_BYTES)
    measured = """
import sys, tracemalloc
from pathlib import Path
from workflows.evidence.hashing import hash_file
seen = []
tracemalloc.start()
size = hash_file(Path(sys.argv[1]), seen.append).size
print(size, sum(seen), tracemalloc.get_traced_memory()[1])
"""  # in a process of its own: this one may hold a running Chaqi, whose threads are counted too
    said = subprocess.run([sys.executable, "-c", measured, str(big)], capture_output=True, text=True, check=True).stdout
    size, seen, peak = map(int, said.split())
    assert size == seen == 40 * CHUNK_BYTES
    assert CHUNK_BYTES <= peak < 4 * CHUNK_BYTES


def test_a_file_written_to_while_read_has_no_digest(tmp_path: Path) -> None:
    growing = tmp_path / "growing"
    growing.write_bytes(bytes(CHUNK_BYTES))

    def append(_read: int) -> None:
        if growing.stat().st_size == CHUNK_BYTES:
            with growing.open("ab") as file:
                file.write(b"more")

    with pytest.raises(FileChanged) as refusal:
        hash_file(growing, append)
    assert refusal.value.values["path"] == growing


def test_links_pipes_and_folders_are_not_files(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    for name, kind in (("link", "symbolic link"), ("pipe", "named pipe"), (".", "folder")):
        with pytest.raises(NotAFile) as refusal:
            hash_file(tmp_path / name)
        assert refusal.value.values["kind"] == kind


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="missing"):
        hash_file(tmp_path / "missing")
    with pytest.raises(FileUnreadable, match="missing"):
        list(walk(tmp_path / "missing"))


@pytest.mark.skipif(not shutil.which("setpriv") or os.geteuid() != 0, reason="needs a user to become")
def test_an_unreadable_folder_is_named_not_passed_over(tmp_path: Path) -> None:
    """As root nothing is unreadable, so a child process walks as nobody."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        try:
            list(walk(tmp_path))
        except FileUnreadable as refusal:
            os._exit(0 if refusal.values["path"] == closed else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_folder_is_walked_in_the_order_of_the_bytes_of_its_names(tmp_path: Path) -> None:
    for name in ("b", "a/z", "a.txt", "a/é", "茶/叶", "A", "a/b/c"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    names = [entry.name for entry in walk(tmp_path)]
    assert names == ["A", "a.txt", "a/b/c", "a/z", "a/é", "b", "茶/叶"]
    assert names == sorted(names, key=os.fsencode)


def test_links_in_a_folder_are_reported_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"s")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "file").write_bytes(b"f")
    (inside / "folder-link").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "dangling").symlink_to("nowhere")
    entries = {entry.name: entry.skipped for entry in walk(inside)}
    link = "symbolic link"
    assert entries == {"file": None, "folder-link": link, "loop": link, "dangling": link}
    (tmp_path / "named").symlink_to(inside)
    with pytest.raises(NotAFile):
        list(walk(tmp_path / "named"))


def test_the_folder_receipts_go_to_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"")
    (tmp_path / "receipts").mkdir()
    (tmp_path / "receipts" / "old.receipt.json").write_bytes(b"")
    assert [entry.name for entry in walk(tmp_path, leave_out=tmp_path / "receipts")] == ["kept"]
