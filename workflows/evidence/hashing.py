"""SHA-256 and SM3 of files of any size in constant memory, and folders walked in one fixed order."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes

from chain.errors import ChaqiError

CHUNK_BYTES = 1 << 20


class FileUnreadable(ChaqiError):
    """A named file or folder cannot be read."""

    en = "{path} cannot be read ({reason}). Nothing was anchored."
    zh = "无法读取 {path}（{reason}）。未锚定任何内容。"


class NotAFile(ChaqiError):
    """What was named is neither a regular file nor a folder, for instance a symbolic link."""

    en = "{path} is a {kind}; name a regular file or a folder."
    zh = "{path} 是{kind}，请指定普通文件或文件夹。"


class FileChanged(ChaqiError):
    """A file was written to while it was being hashed, so its digests belong to no version of it."""

    status = 409
    en = "{path} changed while it was being read. Close the program that writes it and try again."
    zh = "{path} 在读取过程中被修改。请关闭正在写入的程序后重试。"


class _CryptographySm3:
    # For Pythons whose OpenSSL leaves SM3 out of hashlib.

    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, content: bytes, /) -> None:
        self._hash.update(content)

    def digest(self) -> bytes:
        return self._hash.finalize()


class _Digest(Protocol):
    def update(self, content: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


def _new_sm3() -> _Digest:
    try:
        return hashlib.new("sm3")
    except ValueError:
        return _CryptographySm3()


@dataclass(frozen=True, slots=True)
class Digests:
    """Size in bytes and both digests (32 bytes each) of one document."""

    size: int
    sha256: bytes
    sm3: bytes


@dataclass(frozen=True, slots=True)
class WalkEntry:
    """What a walk met: `name` is its POSIX path in the walked folder, `skipped` why it was passed over."""

    path: Path
    name: str
    skipped: str | None = None


class DigestStream:
    """Both digests of a document that arrives in pieces."""

    def __init__(self) -> None:
        self._sha256, self._sm3, self._size = hashlib.sha256(), _new_sm3(), 0

    def update(self, content: bytes) -> None:
        """Takes the next piece."""
        self._sha256.update(content)
        self._sm3.update(content)
        self._size += len(content)

    def finish(self) -> Digests:
        """The digests of everything taken; the stream is used up."""
        return Digests(self._size, self._sha256.digest(), self._sm3.digest())


def hash_file(path: Path, progress: Callable[[int], object] | None = None) -> Digests:
    """Digests of the regular file at `path`, read once; `progress` is told the bytes of each piece read.

    Raises `FileUnreadable`, `NotAFile` (symbolic links are not followed), `FileChanged`.
    """
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as failure:
        if failure.errno == errno.ELOOP:
            raise NotAFile(path=path, kind="symbolic link") from failure
        raise _unreadable(path, failure) from failure
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise NotAFile(path=path, kind=_kind(before.st_mode))
        stream = DigestStream()
        while chunk := os.read(descriptor, CHUNK_BYTES):
            stream.update(chunk)
            if progress is not None:
                progress(len(chunk))
        after = os.fstat(descriptor)
    except OSError as failure:
        raise _unreadable(path, failure) from failure
    finally:
        os.close(descriptor)
    result = stream.finish()
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, result.size):
        raise FileChanged(path=path)
    return result


def walk(path: Path, *, leave_out: Path | None = None) -> Iterator[WalkEntry]:
    """Every file under `path`, sorted by the bytes of its relative POSIX path; a file yields itself.

    Symbolic links and special files are reported as skipped and never followed. `leave_out` is a folder to
    pass over in silence (where receipts are being written). Raises `FileUnreadable`, `NotAFile`.
    """
    try:
        mode = path.lstat().st_mode
    except OSError as failure:
        raise _unreadable(path, failure) from failure
    if stat.S_ISREG(mode):
        yield WalkEntry(path, path.name)
    elif stat.S_ISDIR(mode):
        omitted = leave_out.resolve() if leave_out else None
        entries = sorted(_files(path, path, omitted), key=lambda entry: os.fsencode(entry.name))
        yield from entries
    else:
        raise NotAFile(path=path, kind=_kind(mode))


def _files(root: Path, folder: Path, omitted: Path | None) -> Iterator[WalkEntry]:
    if omitted is not None and folder.resolve() == omitted:
        return
    try:
        with os.scandir(folder) as listing:
            children = list(listing)
    except OSError as failure:
        raise _unreadable(folder, failure) from failure
    for child in children:
        path = Path(child.path)
        name = path.relative_to(root).as_posix()
        if child.is_dir(follow_symlinks=False):
            yield from _files(root, path, omitted)
        elif child.is_file(follow_symlinks=False):
            yield WalkEntry(path, name)
        else:
            yield WalkEntry(path, name, skipped=_kind(child.stat(follow_symlinks=False).st_mode))


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFLNK: "symbolic link",
        stat.S_IFDIR: "folder",
        stat.S_IFIFO: "named pipe",
        stat.S_IFSOCK: "socket",
    }
    return kinds.get(stat.S_IFMT(mode), "device")


def _unreadable(path: Path, failure: OSError) -> FileUnreadable:
    return FileUnreadable(path=path, reason=failure.strerror or type(failure).__name__)
