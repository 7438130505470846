"""What crude tea fetched, reported month by month by three sources that anchor their notes.

The index that follows from the reports is the one that the story's valuations rest on: as the pack states it on day 30,
and six hundredths more on day 150.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

from scripts.world.chapters.valuations import BEGAN
from scripts.world.parties import slug
from scripts.world.steps import Paper, Step, Value, Wave
from workflows.evidence.leaf import SCHEME, leaf
from workflows.evidence.tree import BatchTree
from workflows.valuations.value import DAY_SECONDS

if TYPE_CHECKING:
    from scripts.world.story import Story

MONTHS_PPM = {30: 1_000_000, 60: 1_030_000, 90: 1_060_000, 120: 1_090_000, 150: 1_120_000}
"""What a price of a month is, to the pack's reference price, by the day of its reports."""
SPREAD_PPM = 20_000
SOURCES = ((slug("AGRI", 1), -SPREAD_PPM), (slug("GI_AUTH", 1), 0), (slug("APPRAISER", 1), SPREAD_PPM))
"""Who reports, and how far from the month's price; the index takes the one in the middle."""
REPORTS_BEGIN = 1 << 24
"""Numbers of the anchors of reports; those of the waves' papers are small."""


class Report(NamedTuple):
    """One source's report of one day, and the root under which its note is anchored."""

    source: str
    day: int
    ratio_ppm: int
    root: bytes

    @property
    def date(self) -> date:
        """The day as the world's records have it."""
        return datetime.fromtimestamp(BEGAN + self.day * DAY_SECONDS, UTC).date()


def waves(story: Story) -> Iterator[Wave]:
    """The chapter's waves."""
    for day in MONTHS_PPM:
        yield Wave(f"report prices, day {day}", day, [_anchor(one) for one in reports(story) if one.day == day])


def reports(story: Story) -> Iterator[Report]:
    """Every report, the earliest first."""
    salts = story.world.draws.of("price report")
    for day, month_ppm in MONTHS_PPM.items():
        for source, apart in SOURCES:
            ratio = month_ppm + apart
            note = Paper(source, "price report", f"crude tea, dry, day {day}: {ratio} ppm of the reference price")
            yield Report(source, day, ratio, BatchTree.of([leaf(salts.octets(repr(note), 32), note.digests)]).root)


def _anchor(report: Report) -> Step:
    message: dict[str, Value] = {"root": report.root, "count": 1, "scheme": SCHEME}
    return Step(report.source, "Evidence.anchor", REPORTS_BEGIN + report.day, message)
