"""The matching over the mirror's data, computed when trees, demands or rules changed: kept with its inputs' hash."""

from __future__ import annotations

import sqlalchemy as sa

from chain.offchain import reading, writing
from chain.vocabulary import ENUMERATIONS
from indexer import queries
from indexer.projections.trees import restraints, trees
from workflows.calendar.calendar import day_of
from workflows.matching.explain import as_json
from workflows.matching.market import Rules, inputs_hash
from workflows.matching.solve import match
from workflows.matching.supply import Card, coming_spring, lots
from workflows.matching.tables import Runs, open_demands

TITLES, LIVES, HEALTHS = (list(ENUMERATIONS[name]) for name in ("Title", "Life", "Health"))


def cards(connection: sa.Connection, instant: int) -> list[Card]:
    """Registered living trees that nothing restrains at `instant` (UTC seconds), by id."""
    table, limits = trees.table, restraints.table
    held = sa.select(limits.c.tree).where(
        queries.at(limits, None),
        limits.c.issuer != 0,
        sa.or_(limits.c.expires_at == 0, limits.c.expires_at > instant),
    )
    chosen = (
        sa.select(table)
        .where(
            queries.at(table, None),
            table.c.title == TITLES.index("REGISTERED"),
            table.c.life == LIVES.index("ALIVE"),
            table.c.tree.not_in(held),
        )
        .order_by(table.c.tree)
    )
    return [
        Card(
            row.tree,
            row.owner,
            row.village,
            row.cultivar,
            row.age_years,
            row.crown_a_cm,
            row.crown_b_cm,
            HEALTHS[row.health],
        )
        for row in connection.execute(chosen)
    ]


def match_mirror(store: sa.Engine, mirror: sa.Engine, rules: Rules, *, now: int) -> str | None:
    """Computes a run where its inputs changed since the last one; returns their hash, or None where nothing moved.

    Raises `MirrorEmpty`, `MatchingUnproved`.
    """
    with reading(mirror) as connection:
        as_of = queries.as_of(connection)
        known = cards(connection, as_of.time)
    today = day_of(as_of.time)
    supply = lots(known, coming_spring(today))
    demands = open_demands(store, since=today)
    inputs = inputs_hash(supply, demands, rules)
    with reading(store) as connection:
        last = connection.execute(sa.select(Runs).order_by(Runs.c.id.desc()).limit(1)).one_or_none()
    if last is not None and last.inputs_hash == inputs and last.block <= as_of.block:
        return None
    result = as_json(match(supply, demands, rules))
    with writing(store) as connection:
        connection.execute(
            sa.insert(Runs).values(
                inputs_hash=inputs, block=as_of.block, block_hash=as_of.hash, computed_at=now, result=result
            )
        )
    return inputs
