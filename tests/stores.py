"""The databases of the tests: SQLite in a temporary folder, and a PostgreSQL server of the tests' own.

PostgreSQL is taken from CHAQI_TEST_POSTGRES (an SQLAlchemy URL whose user may create databases), else
started from the programs on this machine; where there are none, that half is skipped and says so.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from chain.offchain import migrate, open_store
from chain.settings import Settings

_databases = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server; each test makes its own database in it (`new_database`)."""
    with postgresql_server() as url:
        if url is None:
            pytest.skip("PostgreSQL is not installed here: this half of the test did not run")
        yield url


@contextlib.contextmanager
def postgresql_server() -> Iterator[str | None]:
    """A server of its own, or the one that CHAQI_TEST_POSTGRES names; None where there is neither."""
    given = os.environ.get("CHAQI_TEST_POSTGRES")
    found = [Path("/usr/bin/initdb"), *Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    initdb = shutil.which("initdb") or next((str(one) for one in reversed(found) if one.exists()), None)
    if given or initdb is None:
        yield given
        return
    programs = Path(initdb).resolve().parent
    # PostgreSQL refuses to run as root, and its folder must belong to the user it runs as.
    demote = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="chaqi-pg-"))
    if demote:
        shutil.chown(folder, "postgres")
    cluster = folder / "cluster"

    def run(program: str, *arguments: object) -> None:
        command = [*demote, str(programs / program), "-D", str(cluster), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    try:
        run("initdb", "-U", "chaqi", "-A", "trust", "-E", "UTF8", "--no-sync")
        listen = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run("pg_ctl", "-w", "-l", folder / "log", "-o", listen, "start")
        try:
            yield f"postgresql+psycopg://chaqi@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    """URL of a fresh, empty database on `server`."""
    name = f"chaqi_test_{os.getpid()}_{next(_databases)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def offchain_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with an off-chain store that does not exist yet, on both databases."""
    url = None if request.param == "sqlite" else new_database(request.getfixturevalue("postgres"))
    return Settings(var_dir=tmp_path / "var", offchain=url)


@pytest.fixture
def store(offchain_settings: Settings) -> Iterator[sa.Engine]:
    """A migrated off-chain store, on both databases."""
    migrate(offchain_settings)
    engine = open_store(offchain_settings)
    yield engine
    engine.dispose()
