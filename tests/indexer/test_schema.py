"""Migrations make what the models say, on both databases; projections fit the contracts they mirror."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from chain.artifacts import ARTIFACTS, artifact
from indexer.decode import event_types
from indexer.digest import Digest
from indexer.projection import discover, snake
from indexer.queries import at
from indexer.reconcile import Storage
from indexer.schema import metadata as own
from indexer.store import migrate


def test_migrations_and_models_agree(engine: sa.Engine) -> None:
    migrate(engine)  # a second time: nothing to do
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"version_table": "mirror_version", "compare_type": True, "compare_server_default": True},
        )
        assert compare_metadata(context, own) == []


def test_tables_of_projections_can_be_made_on_both_databases(engine: sa.Engine) -> None:
    projections = discover()
    assert {"parties", "trees", "evidence", "restraints", "acts"} <= {one.name for one in projections}
    tables = [projection.table for projection in projections]
    with engine.begin() as connection:
        for table in tables:
            table.create(connection)
        assert {table.name for table in tables} <= set(sa.inspect(connection).get_table_names())


SHARED = {
    (projection.name, names[0]): projection
    for projection in discover()
    for names in projection.indexes
    if len(names) > 1 and names[1:] == projection.key_names
}


def test_what_many_share_is_read_in_the_order_of_pages() -> None:
    """On SQLite, whose planner does not know how many they are."""
    assert {("deeds", "office"), ("deeds", "state"), ("trees", "village")} <= SHARED.keys()
    engine = sa.create_engine("sqlite://")
    for (name, column), projection in SHARED.items():
        table = projection.table
        keys = [table.c[key] for key in projection.key_names]
        page = sa.select(table).where(at(table, None), table.c[column] == "?").order_by(*keys).limit(50)
        with engine.begin() as connection:
            table.create(connection, checkfirst=True)
            asked = str(page.compile(engine, compile_kwargs={"literal_binds": True}))
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]
        assert plan == [f"SEARCH {name} USING INDEX ix_{name}_{column}_{'_'.join(projection.key_names)} ({column}=?)"]


def test_every_fold_and_view_of_a_projection_fits_the_contracts() -> None:
    """A fold that names an unknown event would never fold; one that names an unknown argument cannot be bound."""
    names = [file.stem for file in ARTIFACTS.glob("*.json")]
    contracts = {f"0x{place:040x}": (name, event_types(name, artifact(name).abi)) for place, name in enumerate(names)}
    projections = discover()
    Digest(contracts, projections, lambda *_: [])
    titles = {f"{name}.{event.name}" for name, events in contracts.values() for event in events}
    titles |= {f"*.{title.split('.')[1]}" for title in titles}
    storage = Storage(None, {name: ("0x", artifact(name).abi) for name in names})  # type: ignore[arg-type]
    for projection in projections:
        for fold in projection.folds:
            assert fold.event in titles
        for function in [view.function for view in projection.views] + [projection.count or "Trees.treeCount"]:
            assert storage.knows(function)


def test_arguments_set_columns_of_the_same_name() -> None:
    assert [snake(name) for name in ("crownACm", "titleClass", "party", "keyEpoch", "newAccount")] == [
        "crown_a_cm",
        "title_class",
        "party",
        "key_epoch",
        "new_account",
    ]
