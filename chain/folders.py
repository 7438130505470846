"""Folders that Chaqi writes to: made when missing, refused in words when they cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

from chain.errors import ChaqiError


class FolderUnwritable(ChaqiError):
    """A folder cannot be made, or nothing can be written in it."""

    status = 503
    en = "Nothing can be written to {folder}: {reason}. Correct its permissions, or name another one in CHAQI_VAR_DIR."
    zh = "无法写入 {folder}：{reason}。请修正其权限，或用 CHAQI_VAR_DIR 指定其他目录。"


def writable(folder: Path) -> Path:
    """The folder, made if it is missing. Raises `FolderUnwritable`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise FolderUnwritable(folder=folder, reason=failure.strerror) from failure
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FolderUnwritable(folder=folder, reason="Permission denied")
    return folder
