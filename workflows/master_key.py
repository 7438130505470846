"""The vault's master key: from the settings in production, else a file made on first use."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from chain.errors import ChaqiError

KEY_BYTES = 32
MASTER_KEY_FILE = "vault.key"


class MasterKeyMalformed(ChaqiError):
    """The configured master key is not 32 bytes of base64."""

    status = 500
    en = "The vault's master key ({source}) is not 32 bytes in base64."
    zh = "保险库主密钥（{source}）不是 32 字节的 base64。"


class MasterKeyExposed(ChaqiError):
    """Others than its owner may read the master key's file."""

    status = 500
    en = "The vault's master key {path} can be read by others. Run `chmod 600 {path}`."
    zh = "保险库主密钥文件 {path} 可被他人读取。请执行 `chmod 600 {path}`。"


def master_key(var_dir: Path, configured: str | None) -> bytes:
    """The configured key (32 bytes in base64), else the one in `var_dir`, made there on first use with mode
    0600.

    Raises `MasterKeyMalformed`, `MasterKeyExposed`.
    """
    if configured is not None:
        return _decode_key(configured, "CHAQI_VAULT_KEY")
    file = var_dir / MASTER_KEY_FILE
    if not file.exists():
        _make_key(file)
    if file.stat().st_mode & 0o077:
        raise MasterKeyExposed(path=file)
    return _decode_key(file.read_text(), str(file))


def _make_key(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 0600
    try:
        os.write(descriptor, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        os.fsync(descriptor)
        with suppress(FileExistsError):  # of two processes that start together, one wins and both use its key
            os.link(beside, file)
    finally:
        os.close(descriptor)
        os.unlink(beside)


def _decode_key(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise MasterKeyMalformed(source=source)
    return key
