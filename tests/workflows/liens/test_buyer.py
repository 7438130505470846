"""Buyers in the ordinary course of business."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from workflows.liens.buyer import Sale, ordinary_course
from workflows.liens.ranking import Kind

USUAL = Sale(ordinary_business=True, reasonable_price_paid=True, delivered=True)


def test_who_buys_tea_over_the_counter_takes_it_free() -> None:
    assert ordinary_course(Kind.MOVABLE, USUAL).free


@pytest.mark.parametrize("kind", [Kind.REAL_PROPERTY, Kind.LAND_RIGHT])
def test_who_buys_a_tree_does_not(kind: Kind) -> None:
    verdict = ordinary_course(kind, USUAL)
    assert not verdict.free and "406" in verdict.points[0]


@pytest.mark.parametrize("fact", [one.name for one in fields(Sale)])
def test_each_fact_alone_keeps_the_lien(fact: str) -> None:
    verdict = ordinary_course(Kind.MOVABLE, replace(USUAL, **{fact: not getattr(USUAL, fact)}))
    assert not verdict.free
    assert len(verdict.points) == len(verdict.points_zh) == 1
    assert re.search(r"[\u4e00-\u9fff]", verdict.points_zh[0])


def test_every_point_is_named_at_once() -> None:
    worst = Sale(False, False, False, True, True, True, True, True)
    assert len(ordinary_course(Kind.LAND_RIGHT, worst).points) == 1 + len(fields(Sale))
