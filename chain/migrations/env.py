"""Runs the migrations of the off-chain store on the connection that `chain.offchain.migrate` hands over."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="offchain_version",  # the mirror may live in the same PostgreSQL database
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
