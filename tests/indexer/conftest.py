"""Fixtures of the mirror's tests: a devnet per module, and an empty mirror on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.indexer.devnet import Devnet, fresh, running_anvil
from tests.stores import new_database


@pytest.fixture
def devnet() -> Iterator[Devnet]:
    """An anvil of the test's own, with the ledger deployed in block 1."""
    with running_anvil() as chain:
        chain.deploy()
        yield chain


@pytest.fixture(params=["sqlite", "postgresql"])
def mirror_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a mirror that does not exist yet, on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mirror.db'}"
    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def engine(mirror_url: str) -> Iterator[sa.Engine]:
    """A migrated, empty mirror, on both databases."""
    made = fresh(mirror_url)
    yield made
    made.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Callable[[str], sa.Engine]]:
    """Makes empty SQLite mirrors by name."""
    made: list[sa.Engine] = []

    def make(name: str) -> sa.Engine:
        made.append(fresh(f"sqlite:///{tmp_path / name}.db"))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()
