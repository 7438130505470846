"""The vault's master key: configured, or made once and readable by its owner alone."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workflows.master_key import MASTER_KEY_FILE, MasterKeyExposed, MasterKeyMalformed, master_key


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    var = tmp_path / "var"
    made = master_key(var, None)
    assert len(made) == 32
    assert master_key(var, None) == made
    assert stat.S_IMODE((var / MASTER_KEY_FILE).stat().st_mode) == 0o600
    assert [file.name for file in var.iterdir()] == [MASTER_KEY_FILE]


def test_those_who_start_together_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len({done.result() for done in [pool.submit(master_key, tmp_path, None) for _ in range(8)]}) == 1


def test_a_configured_key_goes_before_the_file(tmp_path: Path) -> None:
    key = bytes(range(32))
    assert master_key(tmp_path, base64.b64encode(key).decode()) == key
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("configured", ["", "changeme", base64.b64encode(bytes(31)).decode()])
def test_a_key_of_another_form_is_refused(tmp_path: Path, configured: str) -> None:
    with pytest.raises(MasterKeyMalformed):
        master_key(tmp_path, configured)


def test_a_file_others_may_read_is_refused(tmp_path: Path) -> None:
    master_key(tmp_path, None)
    (tmp_path / MASTER_KEY_FILE).chmod(0o640)
    with pytest.raises(MasterKeyExposed, match="chmod 600"):
        master_key(tmp_path, None)
