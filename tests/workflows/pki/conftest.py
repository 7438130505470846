"""A development authority with its store, one for all tests of this folder: RSA keys take their time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding

from chain import offchain
from chain.settings import Settings
from tests.workflows.documents.samples import ISSUED_AT
from workflows.pki.authority import DevelopmentAuthority
from workflows.pki.provider import DevelopmentPki
from workflows.pki.timestamp import Trust


@dataclass
class Office:
    """The authority, and the time its clock shows (UTC seconds), which a test may set."""

    store: sa.Engine
    authority: DevelopmentAuthority
    folder: Path
    now: int = ISSUED_AT

    @property
    def pki(self) -> DevelopmentPki:
        return DevelopmentPki(self.authority, lambda: self.now)

    @property
    def trust(self) -> Trust:
        return self.pki.trust(now=self.now)

    @property
    def root_file(self) -> Path:
        file = self.folder / "trusted.pem"
        file.write_bytes(self.authority.root.public_bytes(Encoding.PEM))
        return file


@pytest.fixture(scope="session")
def _office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("pki")
    settings = Settings(var_dir=folder)
    offchain.migrate(settings)
    store = offchain.open_store(settings)
    return Office(store, DevelopmentAuthority(folder / "pki", store), folder)


@pytest.fixture
def office(_office: Office) -> Office:
    _office.now = ISSUED_AT
    return _office
