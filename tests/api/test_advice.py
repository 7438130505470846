"""Advice through the door: labelled as advice, with the rules that fired, and written down once."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from chain.offchain import reading
from tests.api.test_trees import filed, fresh_record
from tests.stack import Stack
from workflows.advice.given import Given


def test_a_tree_is_advised_on_and_the_advice_is_kept_once(stack: Stack) -> None:
    tree = filed(stack, fresh_record())
    first = stack.client.get(f"/v1/advice/{tree}").json()
    assert (first["kind"], first["weather"]["synthetic"]) == ("advice", True)
    assert "仅为建议" in first["label"]["zh"]
    assert first["rules"][0]["id"].startswith("WINDOW_") and all(rule["source"] for rule in first["rules"])
    assert date.fromisoformat(first["picking"]["opens"]) < date.fromisoformat(first["picking"]["closes"])
    again = stack.client.get(f"/v1/advice/{tree}").json()
    assert again["given_at"] == first["given_at"]
    with reading(stack.outbox.store) as connection:
        kept = connection.execute(sa.select(Given).where(Given.c.tree == tree)).all()
    assert len(kept) == 1
    assert kept[0].advice["picking"] == first["picking"]


def test_only_trees_of_the_ledger_are_advised_on(stack: Stack) -> None:
    assert stack.client.get("/v1/advice/7").json()["code"] == "NotRecorded"
    assert stack.client.get("/v1/advice/seven").json()["code"] == "IdMalformed"
