"""Trees registered and valued on the running Chaqi, for tests of what follows from it."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import Any

from tests.stack import Stack
from workflows import packs
from workflows.packs import MILLION, Pack
from workflows.trees.record import TreeRecord
from workflows.valuations.inputs import Lot, inputs_of, keep
from workflows.valuations.value import Valuation, model_hash, value

TEA = packs.load("dancong")
NOTICE_SECONDS = 15 * 86_400


def modest_record() -> TreeRecord:
    """A tree of its own whose value needs no second appraiser: 250 years old, about 250,000 yuan."""
    from tests.api.test_trees import fresh_record

    return fresh_record().model_copy(update={"age_years": 250})


def registered(stack: Stack, record: TreeRecord) -> str:
    """A registered tree of the farmer with this record."""
    from tests.api.test_trees import filed, hand_in

    tree, salt = filed(stack, record), secrets.token_bytes(32)
    survey: dict[str, Any] = {
        "girthCm": record.girth_cm,
        "heightCm": record.height_cm,
        "crownACm": record.crown_a_cm,
        "crownBCm": record.crown_b_cm,
        "health": record.health.value,
        "accuracyCm": record.position.accuracy_cm,
        "attributes": record.commitment(salt),
    }
    signed = stack.sign("surveyor", "Trees.survey", tree=int(tree), evidence=stack.anchor(), **survey)
    assert hand_in(stack, signed, record, salt).status_code == 202
    stack.settled(signed.id)
    stack.act("village", "Trees.postNotice", tree=tree, evidence=stack.anchor())
    stack.pass_time(NOTICE_SECONDS + 60)
    stack.act("operator", "Trees.register", tree=tree, certificate="0x" + "ce" * 32)
    return tree


def value_tree(
    stack: Stack,
    tree: str,
    record: TreeRecord,
    *,
    who: str = "appraiser",
    act: str = "post",
    keep_inputs: bool = True,
    index_ppm: int = MILLION,
    pack: Pack = TEA,
    **further: Any,
) -> Valuation:
    """Values a tree as of a minute later, posts it, and keeps the inputs as the appraiser's worker does."""
    stack.pass_time(60)  # no two valuations of a tree are of the same second
    twin = stack.client.get(f"/v1/trees/{tree}").json()
    inputs = inputs_of(tree, record, twin["surveyed_at"], stack.now(), index_ppm, pack)
    inputs = replace(inputs, second_appraiser=act != "post")
    found, lot = value(inputs, pack), Lot.of(pack.name, [inputs], [secrets.token_bytes(32)])
    if keep_inputs:
        context = stack.app.state.context
        keep(context.store, context.vault, lot, [twin["owner"]], now=int(time.time()))
    stack.act(
        who,
        f"Valuations.{act}",
        tree=tree,
        value=found.value_fen,
        stress=found.stress_fen,
        confidence=found.confidence_ppm // 100,
        asOf=inputs.as_of,
        model=model_hash(pack),
        inputs=lot.root,
        **further,
    )
    return found
