"""Programs of other makers that check what we make; where one is missing, that half is skipped and says so."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def run(program: str, *arguments: object, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Runs a program to its end; both of its outputs are kept."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed here: this half of the test did not run")
    return subprocess.run([found, *map(str, arguments)], input=stdin, capture_output=True, check=False)


def pdf_text(pdf: bytes) -> str:
    """The text of a PDF as poppler reads it, without white space: lines break where the paper does."""
    done = run("pdftotext", "-raw", "-", "-", stdin=pdf)
    assert done.returncode == 0, done.stderr
    return "".join(done.stdout.decode().split())
