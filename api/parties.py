"""Parties: who may act, in which role, with which key. Pseudonymous: the ledger knows no names."""

from __future__ import annotations

import re
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from api.domain import Domain, PageQuery, Row, router
from api.ids import Ids, number_topic, worded
from chain.vocabulary import ENUMERATIONS, ROLES, role_bits, role_names
from indexer.projections.parties import NOBODY, parties
from indexer.schema import LARGEST_WHOLE

STATUSES = list(ENUMERATIONS["Status"])


class PartyRecord(BaseModel):
    """A party. `guardians` and `recovery_*` are zero when there are none; instants in UTC seconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 7,
                "account": "0x52908400098527886e0f7030069857d2e4169ee7",
                "roles": ["FARMER"],
                "status": "ACTIVE",
                "key_epoch": 0,
                "identity": "0x" + "3f" * 32,
                "enrolled_at": 1795363200,
                "guardian_bank": 0,
                "guardian_village": 0,
                "guardian_operator": 0,
                "recovery_account": None,
                "recovery_supporters": 0,
                "recovery_ends_at": 0,
            }
        }
    )

    id: int
    account: str
    roles: list[str]
    status: str
    key_epoch: int
    identity: str
    enrolled_at: int
    guardian_bank: int
    guardian_village: int
    guardian_operator: int
    recovery_account: str | None
    recovery_supporters: int
    recovery_ends_at: int


class PartyFilters(PageQuery):
    """Which parties."""

    account: Annotated[str | None, Field(pattern=r"^0x[0-9a-fA-F]{40}$", description="Present account.")] = None
    role: Annotated[str | None, Field(description=f"One of {', '.join(ROLES)}.")] = None
    status: Annotated[str | None, Field(pattern=f"^({'|'.join(STATUSES)})$")] = None
    guardian: Annotated[
        int | None, Field(ge=1, le=LARGEST_WHOLE, description="Only parties of which this party is a guardian.")
    ] = None
    recovering: Annotated[
        bool | None,
        Field(description="Whether a guardian supports a recovery of the party; with `guardian`: what waits for it."),
    ] = None


def _show(row: Row) -> Row:
    recovering = row["recovery_account"]
    return {
        "id": row["party"],
        "account": row["account"],
        "roles": role_names(row["roles"]),
        "status": STATUSES[row["status"]],
        "key_epoch": row["key_epoch"],
        "identity": row["identity"],
        "enrolled_at": row["enrolled_at"],
        "guardian_bank": row["guardian_bank"],
        "guardian_village": row["guardian_village"],
        "guardian_operator": row["guardian_operator"],
        "recovery_account": None if recovering == NOBODY else recovering,
        "recovery_supporters": row["recovery_supporters"],
        "recovery_ends_at": row["recovery_ends_at"],
    }


def _where(query: Any, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    where = worded(query, table, status=STATUSES)
    if query.account is not None:
        where.append(table.c.account == query.account.lower())
    if query.role is not None:
        where.append(table.c.roles.bitwise_and(role_bits(query.role)) != 0)
    if query.guardian is not None:
        three = (table.c.guardian_bank, table.c.guardian_village, table.c.guardian_operator)
        where.append(sa.or_(*(each == query.guardian for each in three)))
    if query.recovering is not None:
        nobody = table.c.recovery_account == NOBODY
        where.append(~nobody if query.recovering else nobody)
    return where


def _read_id(text: str) -> int | None:
    if not re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) or int(text) > LARGEST_WHOLE:
        return None
    return int(text)


DOMAIN = Domain(
    name="parties",
    kind="party",
    kind_zh="参与方",
    contract="Parties",
    projection=parties,
    item=PartyRecord,
    filters=PartyFilters,
    show=_show,
    ids=Ids(_read_id, "1, 2, 3 …", "1、2、3 ……", number_topic),
    example_id="1",
    where=_where,
    key_types=(int,),
)

ROUTER = router(DOMAIN)
