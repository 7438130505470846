"""The appraiser's round: what moved is valued anew, once, and nothing is while a lot is on its way."""

from __future__ import annotations

import time
from typing import Any

import pytest

from indexer.store import open_mirror
from tests.stack import Stack
from tests.valued import modest_record, registered
from workflows import packs
from workflows.packs import MILLION
from workflows.valuations.inputs import inputs_of
from workflows.valuations.job import CURRENT, KEY, RENEWED_DAYS, Appraiser, is_due, revalue
from workflows.valuations.value import DAY_SECONDS, value

TEA = packs.load("dancong")
NOW = 1_795_363_200
VALUED = NOW - 40 * DAY_SECONDS


def row(**changes: Any) -> dict[str, Any]:
    return {"state": CURRENT, "as_of": VALUED, **changes}


@pytest.mark.parametrize(
    ("valuation", "surveyed_at", "moved_ppm", "due"),
    [
        (None, 0, 0, True),
        (row(), 0, 0, False),
        (row(), VALUED + 1, 0, True),
        (row(), 0, 10_000, False),
        (row(), 0, 10_001, True),
        (row(), 0, -10_001, True),
        (row(as_of=NOW - RENEWED_DAYS * DAY_SECONDS), 0, 0, True),
        (row(as_of=NOW), NOW + 1, 500_000, False),
        (row(state=CURRENT + 1), NOW, 500_000, False),
        (row(state=CURRENT + 2), NOW, 500_000, False),
    ],
)
def test_what_moved_is_due(valuation: dict[str, Any] | None, surveyed_at: int, moved_ppm: int, due: bool) -> None:
    def index_ppm(instant: int) -> int:
        return MILLION + (moved_ppm if instant == NOW else 0)

    assert is_due(valuation, surveyed_at, NOW, index_ppm) is due


def test_a_round_posts_what_is_due_once_with_inputs_that_reproduce_it(stack: Stack) -> None:
    context = stack.app.state.context
    mirror = open_mirror(stack.settings.mirror_url)
    signer = stack.keystore.derived(KEY)
    appraiser = Appraiser(signer, stack.deployment.domains["Valuations"])

    def round_() -> int:
        now = int(time.time())
        return revalue(mirror, context.store, context.vault, context.filing, appraiser, TEA, now=now)

    record = modest_record()
    tree = registered(stack, record)
    assert round_() == 0, "the key is no appraiser's yet"
    stack.act("operator", "Parties.enrol", account=signer.address, roles=1 << 4, identity="0x" + "1d" * 32)
    posted = round_()
    assert posted >= 1
    assert round_() == 0, "a lot is on its way"
    stack.settled(_last_act(stack, signer.address))
    assert round_() == 0, "nothing moved since"

    shown = stack.client.get(f"/v1/valuations/{tree}").json()
    surveyed_at = stack.client.get(f"/v1/trees/{tree}").json()["surveyed_at"]
    expected = value(inputs_of(tree, record, surveyed_at, shown["valued_at"], MILLION, TEA), TEA)
    assert (shown["value_fen"], shown["counts_fen"]) == (expected.value_fen, expected.collateral_fen)
    why = {"purpose": "is it right?"}
    answer = stack.client.get(f"/v1/valuations/{tree}/explanation", params=why, headers=stack.sign_in("farmer"))
    assert answer.json()["proved"] and answer.json()["reproduced"]
    mirror.dispose()


def _last_act(stack: Stack, signer: str) -> str:
    with stack.outbox.store.connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT id FROM outbox_acts WHERE signer = '{signer}' ORDER BY sequence DESC LIMIT 1"
        )
        act: str = found.scalar_one()
        return act
