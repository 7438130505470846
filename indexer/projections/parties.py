"""Parties as `Parties` holds them: account, roles, status, guardians, recovery under way; stopped domains."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from indexer import queries
from indexer.projection import TIME, Const, Fold, Projection, View, flag, whole, words

NOBODY = "0x" + "0" * 40
ACTIVE = 1  # `Status.ACTIVE`

parties = Projection(
    name="parties",
    key=(whole("party"),),
    columns=(
        words("account", NOBODY),
        whole("roles"),
        whole("status"),
        whole("key_epoch"),
        words("identity", "0x" + "0" * 64),
        whole("enrolled_at"),
        whole("guardian_bank"),
        whole("guardian_village"),
        whole("guardian_operator"),
        words("recovery_account", NOBODY),
        whole("recovery_supporters"),
        whole("recovery_ends_at"),
    ),
    folds=(
        Fold("Parties.PartyEnrolled", sets={"status": Const(ACTIVE), "enrolled_at": TIME}, creates=True),
        Fold("Parties.RolesAssigned"),
        Fold("Parties.StatusChanged"),
        Fold("Parties.KeyReplaced"),
        Fold(
            "Parties.GuardiansAppointed",
            sets={"guardian_bank": "bank", "guardian_village": "village", "guardian_operator": "operator"},
        ),
        Fold(
            "Parties.RecoveryChanged",
            sets={
                "recovery_account": "newAccount",
                "recovery_supporters": "supporters",
                "recovery_ends_at": "endsAt",
            },
        ),
    ),
    indexes=(("account",),),
    views=(
        View(
            "Parties.party",
            {
                "account": "account",
                "roles": "roles",
                "status": "status",
                "key_epoch": "keyEpoch",
                "identity": "identity",
            },
        ),
        View(
            "Parties.guardians",
            {"guardian_bank": "bank", "guardian_village": "village", "guardian_operator": "operator"},
        ),
        View(
            "Parties.recovery",
            {
                "recovery_account": "newAccount",
                "recovery_supporters": "supporters",
                "recovery_ends_at": "endsAt",
            },
        ),
    ),
    count="Parties.partyCount",
)

stops = Projection(
    name="stops",
    key=(words("domain"),),
    columns=(flag("stopped"),),
    folds=(Fold("Parties.DomainStopped"),),
    views=(View("Parties.stopped", {"stopped": ""}),),
)


def party_of(connection: sa.Connection, account: str) -> dict[str, Any] | None:
    """The current row of the party that signs with an account; None when nobody does."""
    found = queries.rows(connection, parties, where=[parties.table.c.account == account], limit=1)
    return found[0] if found else None
