"""The command line from outside: what keeps it from going on is one line in words, and exit code 1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.chaqi import language

ROOT = Path(__file__).parents[2]


def chaqi(*command: str, **environment: str) -> tuple[int, str]:
    """Runs the command line in a process of its own; returns its exit code and standard error."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("CHAQI_", "LC_", "LANG"))}
    run = subprocess.run(
        [sys.executable, "-m", "scripts", *command], cwd=ROOT, env=known | environment, capture_output=True, text=True
    )
    return run.returncode, run.stderr


def assert_one_line(answer: tuple[int, str], code: str, *named: str) -> None:
    status, words = answer
    assert status == 1
    assert words.startswith(f"{code}: ") and words.count("\n") == 1
    for part in named:
        assert part in words


def test_a_setting_that_is_no_number_is_named(tmp_path: Path) -> None:
    answer = chaqi("mirror", "status", CHAQI_VAR_DIR=str(tmp_path), CHAQI_API_PORT="abc")
    assert_one_line(answer, "SettingsInvalid", "CHAQI_API_PORT=abc")


@pytest.mark.parametrize("url", ["no url at all", "nosuchdatabase://somewhere/else"])
def test_a_url_that_names_no_database(url: str, tmp_path: Path) -> None:
    answer = chaqi("mirror", "status", CHAQI_VAR_DIR=str(tmp_path), CHAQI_MIRROR=url)
    assert_one_line(answer, "DatabaseUnusable", "CHAQI_MIRROR")


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    nobody = f"postgresql+psycopg://chaqi@/postgres?host={tmp_path}"
    assert_one_line(chaqi("mirror", "status", CHAQI_VAR_DIR=str(tmp_path), CHAQI_MIRROR=nobody), "DatabaseUnusable")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "mirror.db").write_text("anything but a database " * 100)
    assert_one_line(chaqi("mirror", "status", CHAQI_VAR_DIR=str(tmp_path)), "DatabaseUnusable", "not a database")


@pytest.mark.parametrize("command", [("mirror", "status"), ("up", "--once")])
def test_a_folder_that_cannot_be_written(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = chaqi(*command, CHAQI_VAR_DIR=str(tmp_path / "file" / "var"))
    assert_one_line(answer, "FolderUnwritable", str(tmp_path / "file" / "var"))


def test_a_locale_that_is_not_installed_still_says_the_language(tmp_path: Path) -> None:
    answer = chaqi("mirror", "status", CHAQI_VAR_DIR=str(tmp_path), LC_ALL="zh_NOWHERE.UTF-8", PYTHONUTF8="1")
    assert_one_line(answer, "MirrorEmpty", "镜像尚无任何区块")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "C"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LC_MESSAGES": "zh_CN"}, "en"),
    ],
)
def test_the_first_variable_that_is_set_decides(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected
