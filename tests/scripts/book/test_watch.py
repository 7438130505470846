"""What is printed while the book is made."""

from __future__ import annotations

import os

from scripts.book.watch import Watch
from scripts.world.steps import Step, Wave


def wave(name: str, act: str, count: int) -> Wave:
    return Wave(name, 1, [Step("FARMER-1", act, number, {}) for number in range(count)])


def test_a_line_is_told_whenever_a_wave_advances_and_none_while_it_waits() -> None:
    lines: list[str] = []
    watch = Watch(lines.append, [wave("file", "Trees.file", 5), wave("claim", "Certificates.file", 2)], os.getpid())
    for done in (0, 0, 4, 5):
        watch.progress("file", done, 5)
    watch.progress("claim", 0, 2)
    watch.progress("claim", 2, 2)
    assert [line.partition(" a second")[0].rsplit(", ", 1)[0].lstrip() for line in lines] == [
        "0:00 file: 4 of 5",
        "0:00 file: 5 of 5",
        "0:00 claim: 2 of 2",
    ]
    assert "; 7 of 7 acts; node " in lines[-1]
    assert watch.seconds.keys() == {"Trees", "Certificates"}


def test_a_wave_of_nothing_is_passed_over_in_silence() -> None:
    lines: list[str] = []
    watch = Watch(lines.append, [wave("lift", "Trees.lift", 0), wave("file", "Trees.file", 1)], os.getpid())
    watch.progress("lift", 0, 0)
    watch.progress("file", 0, 1)
    watch.progress("file", 1, 1)
    assert len(lines) == 1
