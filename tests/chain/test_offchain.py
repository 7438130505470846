"""The off-chain store: migrated once however many start together, durable, and one writer at a time."""

from __future__ import annotations

import importlib
import pkgutil
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

import api
import chain
import workflows
from chain.offchain import Base, migrate, open_store, reading, writing
from chain.outbox import Outbox, attempts, transactions
from chain.settings import Settings
from workflows.vault import Subjects


@pytest.fixture(scope="module")
def declared() -> sa.MetaData:
    """All tables of the off-chain store: every module is imported, so that none stays undeclared."""
    for floor in (chain, workflows, api):
        for module in pkgutil.walk_packages(floor.__path__, f"{floor.__name__}."):
            if not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
    return Base.metadata


def test_the_migrations_make_exactly_the_declared_tables(store: sa.Engine, declared: sa.MetaData) -> None:
    with reading(store) as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "offchain_version", "compare_server_default": True}
        )
        assert compare_metadata(context, declared) == []


def test_a_declared_table_without_migration_would_be_noticed(store: sa.Engine, declared: sa.MetaData) -> None:
    wider = sa.MetaData()
    for table in declared.tables.values():
        table.to_metadata(wider)
    wider.tables["evidence_documents"].append_column(sa.Column("forgotten", sa.Integer))
    with reading(store) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "offchain_version"})
        assert [change[0] for change in compare_metadata(context, wider)] == ["add_column"]


def test_check_constraints_carry_the_conventions_names(store: sa.Engine, declared: sa.MetaData) -> None:
    """Alembic does not compare CHECK constraints, so they are compared here."""
    inspector = sa.inspect(store)
    for table in declared.tables.values():
        names = {str(one.name) for one in table.constraints if isinstance(one, sa.CheckConstraint)}
        assert {one["name"] for one in inspector.get_check_constraints(table.name)} == names


def test_processes_that_start_together_migrate_once(offchain_settings: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(migrate, offchain_settings) for _ in range(4)]:
            done.result()
    engine = open_store(offchain_settings)
    with reading(engine) as connection:
        version = sa.text("SELECT version_num FROM offchain_version")
        assert len(connection.scalars(version).all()) == 1
    engine.dispose()


def test_transactions_of_one_act_each_are_carried_over(offchain_settings: Settings) -> None:
    """Stores of before bundles had the act and its outcome in the transaction's own row."""
    store = open_store(offchain_settings)
    config = Config()
    config.set_main_option("script_location", str(Path(chain.__file__).parent / "migrations"))
    with writing(store) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007_keys_of_offices")
        for number, state in ((1, "submitted"), (2, "mined"), (3, "submitted")):
            connection.execute(
                sa.text(
                    "INSERT INTO outbox_acts (id, act, signer, wire, contract, call, state, attempts, accepted_at) "
                    "VALUES (:id, 'Parties.enrol', '0x', '{}', '0x', :call, :state, 1, 0)"
                ),
                {"id": f"act {number}", "call": b"", "state": state},
            )
        for number, (act, block, succeeded) in enumerate(((1, 5, False), (1, None, None), (2, 6, True), (3, 6, False))):
            connection.execute(
                sa.text(
                    "INSERT INTO outbox_transactions "
                    "(relayer, nonce, hash, act, raw, sent_at, block_number, block_hash, succeeded, final) "
                    "VALUES ('0x', :number, :hash, :act, :raw, 0, :block, :at, :succeeded, :final)"
                ),
                {
                    **{"number": number, "hash": f"hash {number}", "act": act, "raw": b"", "block": block},
                    **{"at": block and f"block {block}", "succeeded": succeeded, "final": False},
                },
            )
    migrate(offchain_settings)
    outbox = Outbox(store)
    with reading(store) as connection:
        rows = connection.execute(sa.select(attempts).order_by(attempts.c.transaction)).all()
    assert [tuple(row) for row in rows] == [(1, 1, False), (1, 2, None), (2, 3, True), (3, 4, False)]
    found = [outbox.status(f"act {number}") for number in (1, 2, 3)]
    assert [(one.transaction, one.block_number) for one in found if one] == [
        ("hash 1", None),
        ("hash 2", 6),
        ("hash 3", 6),
    ]
    assert outbox.count_pending() == 1
    with writing(store) as connection:
        new = {"relayer": "0x", "nonce": 4, "hash": "hash 4", "raw": b"", "sent_at": 0.0, "final": False}
        inserted = connection.execute(transactions.insert().returning(transactions.c.sequence), [new])
        assert inserted.scalar_one() == 5
    store.dispose()


def test_the_sqlite_file_belongs_to_its_owner_alone_and_reaches_the_disk(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "fresh" / "var", offchain=None)
    engine = open_store(settings)
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    assert stat.S_IMODE((settings.var_dir / "offchain.db").stat().st_mode) == 0o600
    engine.dispose()


def test_what_a_failed_block_wrote_is_gone(store: sa.Engine) -> None:
    row = {"subject": "s", "wrapped_key": b"k", "master": "m", "created_at": 1}
    with pytest.raises(RuntimeError), writing(store) as connection:
        connection.execute(sa.insert(Subjects).values(row))
        raise RuntimeError
    with reading(store) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Subjects)) == 0


def test_writers_that_read_before_they_write_wait_for_each_other(store: sa.Engine) -> None:
    """On SQLite a deferred transaction would fail here with "database is locked"."""
    row = {"subject": "counter", "wrapped_key": b"k", "master": "m", "created_at": 0}
    with writing(store) as connection:
        connection.execute(sa.insert(Subjects).values(row))
    start = threading.Barrier(4)

    def increment() -> None:
        start.wait()
        for _ in range(10):
            with writing(store) as connection:
                now = connection.scalars(sa.select(Subjects.c.created_at).with_for_update()).one()
                connection.execute(sa.update(Subjects).values(created_at=now + 1))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(increment) for _ in range(4)]:
            done.result()
    with reading(store) as connection:
        assert connection.scalar(sa.select(Subjects.c.created_at)) == 40
