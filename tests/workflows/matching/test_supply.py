"""What trees can be expected to give: the yield of the worked example, lots that add up, and which trees count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from indexer.projection import Projection
from indexer.projections.trees import restraints, trees
from workflows.matching.job import HEALTHS, LIVES, TITLES, cards
from workflows.matching.supply import Card, coming_spring, expected_grams, lots

CARD = Card("1", 42, "乌岽", "蜜兰香", 210, 420, 360, "B")


def test_yield_is_that_of_the_worked_example() -> None:
    """domain.md 7.2: crown 420 × 360 cm gives 1,781 g, of health B 1,513 g."""
    assert expected_grams(Card("1", 42, "乌岽", "蜜兰香", 210, 420, 360, "A")) == 1_781
    assert expected_grams(CARD) == 1_513


@pytest.mark.parametrize(("today", "year"), [(date(2026, 5, 31), 2026), (date(2026, 6, 1), 2027)])
def test_from_june_on_the_next_spring_is_traded(today: date, year: int) -> None:
    assert coming_spring(today) == year


@given(
    st.lists(
        st.builds(
            Card,
            st.integers(1, 10**6).map(str),
            st.integers(1, 3),
            st.sampled_from(["乌岽", "凤西村", "nowhere"]),
            st.sampled_from(["蜜兰香", "香番薯"]),
            st.integers(100, 700),
            st.integers(0, 800),
            st.integers(0, 800),
            st.sampled_from(["NONE", "A", "B", "C", "D"]),
        )
    )
)
def test_lots_hold_all_that_trees_of_known_villages_give(given_cards: list[Card]) -> None:
    found = lots(given_cards, 2026)
    total = sum(expected_grams(card) for card in given_cards if card.village != "nowhere")
    assert sum(lot.grams for lot in found) == total
    assert len({lot.id for lot in found}) == len(found)
    assert lots(given_cards[::-1], 2026) == found
    for lot in found:
        assert lot.grams > 0 and lot.season == "2026-spring" and lot.place in ("乌岽", "凤西")


def row(projection: Projection, key: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A current version of an entity."""
    start = {column.name: column.start for column in projection.columns}
    return start | key | {"since_block": 1, "until_block": None} | values


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as opened:
        trees.table.create(opened)
        restraints.table.create(opened)
        yield opened
    engine.dispose()


def test_registered_living_unrestrained_trees_count(connection: sa.Connection) -> None:
    standing = {"title": TITLES.index("REGISTERED"), "life": LIVES.index("ALIVE"), "health": HEALTHS.index("B")}
    about = standing | {"owner": 42, "village": "乌岽", "cultivar": "蜜兰香", "age_years": 210}
    about |= {"crown_a_cm": 420, "crown_b_cm": 360}
    changes: list[dict[str, Any]] = [
        {},
        {"title": TITLES.index("NOTICE")},
        {"life": LIVES.index("REPORTED_DEAD")},
        {"until_block": 5},
        {},
        {},
    ]
    rows = [row(trees, {"tree": str(number)}, **about | change) for number, change in enumerate(changes, start=1)]
    connection.execute(sa.insert(trees.table), rows)
    held = [("5", 0, 100), ("6", 2, 0)]
    for tree, kind, until in held:
        limit = row(restraints, {"tree": tree, "kind": kind}, issuer=9, expires_at=until)
        connection.execute(sa.insert(restraints.table), limit)
    assert [card.tree for card in cards(connection, 99)] == ["1"]
    assert [card.tree for card in cards(connection, 100)] == ["1", "5"]
    assert cards(connection, 99) == [CARD]
