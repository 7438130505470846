"""What `chaqi up` prints when all is there: the counts of every room, and addresses to open."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from chain.settings import Settings
from scripts import tour
from scripts.tour import COUNTED, Summary
from workflows.batches.codes import packages, root_of, shown

SETTINGS = Settings(api_port=8123, var_dir=Path("/nowhere"))


def printed(summary: Summary) -> str:
    words = io.StringIO()
    summary.show(Console(file=words, soft_wrap=True, highlight=False), SETTINGS, 12.4)
    return words.getvalue()


def test_it_counts_every_room_and_says_where_to_look() -> None:
    counts = {name: 1_000 + place for place, name in enumerate(COUNTED)}
    words = printed(Summary(5, 25, 491, counts, None, "7K3M-Q2XV-9D4T-8R5W"))
    for count in counts.values():
        assert f"{count:,} " in words
    for path in ("/overview", "/t/7K3M-Q2XV-9D4T-8R5W", "/docs", "/v1/status"):
        assert f"http://127.0.0.1:8123{path}" in words
    assert words.splitlines()[-1].startswith("ready     in 12 s")


def test_the_package_shown_is_issued_and_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    lots = {root_of([one.leaf for one in made]): made for made in (packages(1, 50) for _ in range(3))}
    not_issued, recalled, sound = lots
    codes = {root: shown(made[0].code) for root, made in lots.items()}
    warnings = {codes[recalled]: [{"code": "RECALLED"}], codes[sound]: []}

    def get(_: Settings, path: str, **query: object) -> dict[str, Any]:
        if path == "/v1/lots":
            assert query["state"] == "ISSUED"
            return {"items": [{"root": "0x" + root.hex()} for root in (recalled, sound)]}
        return {"warnings": warnings[path.removeprefix("/v1/codes/")]}

    monkeypatch.setattr(tour, "get", get)
    assert tour._a_package(SETTINGS, lots) == codes[sound]
    assert tour._a_package(SETTINGS, {recalled: lots[recalled]}) == codes[recalled]
    assert tour._a_package(SETTINGS, {not_issued: lots[not_issued]}) is None
