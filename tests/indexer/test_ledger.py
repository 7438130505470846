"""What the mirror reads back of itself while it goes on."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from indexer.ledger import load_current
from indexer.projection import Key, Projection, flag, whole, words

ONE = Projection("singles", (words("id"),), (flag("signed", None), whole("value")), ())
TWO = Projection("pairs", (words("deed"), whole("party")), (flag("signed", None), whole("value")), ())


@pytest.mark.parametrize(
    ("projection", "keys"),
    [(ONE, ["a", "b", "it's", "ä"]), (TWO, [("a", 1), ("a", 2), ("it's", 3), ("ä", 2**62)])],
    ids=["one column", "two columns"],
)
def test_of_each_key_the_current_version_is_loaded_if_it_has_one(
    engine: sa.Engine, projection: Projection, keys: list[Key]
) -> None:
    gone, changed, unset, absent = keys
    heads = {key: [*key] if isinstance(key, tuple) else [key] for key in keys}
    rows: list[list[Any]] = [
        [*heads[gone], 1, 5, True, 1],
        [*heads[changed], 1, 2, False, 1],
        [*heads[changed], 2, 3, False, 2],
        [*heads[changed], 3, None, True, 3],
        [*heads[unset], 4, None, None, 4],
    ]
    with engine.begin() as connection:
        projection.table.create(connection)
        connection.execute(sa.insert(projection.table).values(rows))
    with engine.connect() as connection:
        found = list(load_current(connection, projection, keys))
        assert not list(load_current(connection, projection, [absent]))
    assert sorted(found, key=str) == sorted(rows[3:], key=str)
    assert {type(row[-2]) for row in found} == {bool, type(None)}
