"""The reports of prices make the very index that the story's valuations rest on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scripts.world.chapters import prices, valuations
from scripts.world.population import World
from scripts.world.story import Story
from workflows.valuations.index import Quote, index
from workflows.valuations.value import DAY_SECONDS


@pytest.mark.parametrize("day", valuations.INDEX_PPM)
def test_the_index_of_the_reports_is_the_one_trees_are_valued_at(day: int) -> None:
    told = list(prices.reports(Story(World(1, "tour"))))
    numbers = {source: number for number, (source, _) in enumerate(prices.SOURCES)}
    quotes = [Quote(place, numbers[one.source], one.date, one.ratio_ppm) for place, one in enumerate(told)]
    until = datetime.fromtimestamp(valuations.BEGAN + day * DAY_SECONDS, UTC).date()
    found = index(quotes, until, valuations.PACK)
    assert found.counted_ppm == valuations.INDEX_PPM[day]
    assert not found.findings
