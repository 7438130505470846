"""Several acts in one transaction: which acts a transaction carries, and which of them it executed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_bundles"
down_revision: str | None = "0007_keys_of_offices"

row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Moves the one act of every transaction, and its outcome, to a table of their own."""
    # Kept aside first: SQLite drops columns by a new table, and lets go of no table that another one refers to.
    op.execute("CREATE TABLE outbox_carried AS SELECT act, sequence, succeeded FROM outbox_transactions")
    with op.batch_alter_table("outbox_transactions") as table:
        table.drop_constraint("fk_outbox_transactions_act_outbox_acts", type_="foreignkey")
        table.drop_index("ix_outbox_transactions_act")
        table.drop_column("act")
        table.drop_column("succeeded")
    op.create_table(
        "outbox_attempts",
        sa.Column("act", row_id, nullable=False),
        sa.Column("transaction", row_id, nullable=False),
        sa.Column("succeeded", sa.Boolean),
        sa.PrimaryKeyConstraint("act", "transaction", name="pk_outbox_attempts"),
        sa.ForeignKeyConstraint(["act"], ["outbox_acts.sequence"], name="fk_outbox_attempts_act_outbox_acts"),
        sa.ForeignKeyConstraint(
            ["transaction"],
            ["outbox_transactions.sequence"],
            name="fk_outbox_attempts_transaction_outbox_transactions",
        ),
    )
    op.create_index("ix_outbox_attempts_transaction", "outbox_attempts", ["transaction"])
    op.execute("INSERT INTO outbox_attempts SELECT act, sequence, succeeded FROM outbox_carried")
    op.drop_table("outbox_carried")
