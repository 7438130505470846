"""A search as plain values: shares, what is left, and a certificate that follows from its content alone."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.liens.land import needs_legal_review
from workflows.liens.search import burdened, certificate, document
from workflows.trees.record import LandKind

AS_OF = {"block": 7, "hash": "0x" + "5c" * 32, "time": 1_760_000_500, "lag_blocks": 0}
WORDS = {
    "RegistryKind": {"REAL_PROPERTY": "不动产抵押", "MOVABLE": "动产抵押"},
    "LegalEffect": {"NONE": "尚未设立", "CONSTITUTED": "已登记设立", "CONTRACT_ONLY": "已设立"},
}


def lien(id: str, maximum: int, registered_at: int = 0, kind: str = "REAL_PROPERTY") -> dict[str, Any]:
    effect = "CONSTITUTED" if registered_at else "NONE"
    return {
        "id": id,
        "kind": kind,
        "secured_max": maximum,
        "registered_at": registered_at,
        "holder": 9,
        "effect": effect if kind == "REAL_PROPERTY" else "CONTRACT_ONLY",
        "agreement": "0x" + "9a" * 32,
    }


def search_of(*liens: dict[str, Any], value: int | None = 1_000, money: int | None = None) -> dict[str, Any]:
    return {"asset": "12", "debtor": None, "assets": [burdened("12", liens, value, money) | {"tree": None}]}


def test_the_value_is_shared_in_the_order_of_the_law() -> None:
    found = burdened("12", [lien("late", 700, 1_760_000_002), lien("early", 600, 1_760_000_001)], 1_000, None)
    assert [(one["id"], one["paid"]) for one in found["liens"]] == [("early", 600), ("late", 400)]
    assert (found["claimed"], found["remaining"], found["rank_if_registered"]) == (1_300, 0, 3)


def test_money_that_is_asked_about_takes_the_place_of_the_value() -> None:
    found = burdened("12", [lien("one", 700, 1)], 1_000, 50)
    assert (found["liens"][0]["paid"], found["remaining"]) == (50, 300)


def test_what_has_no_value_here_has_no_shares() -> None:
    found = burdened("12", [lien("stock", 700, kind="MOVABLE")], None, None)
    assert (found["liens"][0]["paid"], found["remaining"], found["claimed"]) == (None, None, 700)


def test_a_certificate_follows_from_its_content_alone() -> None:
    search = search_of(lien("one", 700, 1_760_000_001))
    first = certificate(search, AS_OF)
    assert certificate(search, AS_OF | {"lag_blocks": 3}) == first
    for other in (search_of(lien("one", 701, 1_760_000_001)), search_of()):
        assert certificate(other, AS_OF)["sha256"] != first["sha256"]
    assert certificate(search, AS_OF | {"block": 8})["number"] != first["number"]


def test_a_printed_one_has_a_line_a_lien_in_order() -> None:
    certified = certificate(search_of(lien("none", 5), lien("first", 700, 1_760_000_001)), AS_OF)
    paper = document(certified, "https://example.invalid/v", WORDS)
    assert [(line.rank, line.secured_max, line.effect) for line in paper.liens] == [
        (1, 700, "已登记设立"),
        (2, 5, "尚未设立"),
    ]
    assert paper.subject.startswith("财产 00") and paper.number == certified["number"]


@pytest.mark.parametrize("land", LandKind)
def test_only_land_rights_that_the_law_protects_need_a_review(land: LandKind) -> None:
    assert needs_legal_review(land) == (land.value in ("自留山", "房前屋后"))
