"""Chaqis for whole stories: one whose time may pass, and one that is run as a user runs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.devnet import anvil_program
from chain.settings import Settings
from tests.e2e.installation import Chaqi
from tests.stack import Stack, free_port, running, sleeping


@pytest.fixture(scope="session")
def future(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running Chaqi that nobody else counts on, so that its clock may run ahead."""
    if anvil_program() is None:
        pytest.skip("anvil is not installed (make setup, with Node): what needs a running chain was not tested")
    settings = Settings(
        var_dir=tmp_path_factory.mktemp("future"), rpc_url=f"http://127.0.0.1:{free_port()}", confirmations=3
    )
    with running(settings) as stack, sleeping("future", stack):
        yield stack


@pytest.fixture
def chaqi(tmp_path: Path) -> Iterator[Chaqi]:
    """An installation in a folder of its own."""
    installation = Chaqi(tmp_path)
    yield installation
    shutil.rmtree(installation.var, ignore_errors=True)
