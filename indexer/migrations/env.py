"""Runs the migrations of the mirror on the connection that `indexer.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="mirror_version",  # the off-chain store may live in the same PostgreSQL database
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
