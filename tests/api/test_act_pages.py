"""The page of an act: every act in words, with its units, links, and what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from api.act_pages import signed_fields
from chain.typed_data import ActType, act_types
from chain.vocabulary import ROLES
from tests.stack import Stack, wait_for

BROWSER = {"accept": "text/html"}


def some(kind: str) -> Any:
    if kind.endswith("[]"):
        return [some(kind[:-2])] * 2
    if kind.startswith("uint"):
        return 1 if int(kind[4:]) <= 53 else "1"
    return {"bool": True, "string": "宋种", "address": "0x" + "11" * 20, "bytes32": "0x" + "22" * 32}[kind]


@pytest.mark.parametrize("act", act_types().values(), ids=lambda act: act.key)
def test_every_field_of_every_act_is_shown(act: ActType) -> None:
    fields = list(signed_fields(act, {field.name: some(field.type) for field in act.fields}))
    assert [len(field.values) for field in fields] == [1 + field.type.endswith("[]") for field in act.fields]
    assert all(one.zh and one.zh != "—" for field in fields for one in field.values)


def test_an_act_is_shown_with_what_was_signed_and_what_it_did(stack: Stack) -> None:
    party = stack.enrol("act page", "FARMER")
    done = stack.act("operator", "Parties.assignRoles", party=party, roles=0b11)
    wait_for(lambda: "已最终确认" in stack.client.get(f"/acts/{done.id}").text)
    page = stack.client.get(f"/acts/{done.id}").text
    assert f'href="/parties/{party}"' in page and "、".join(list(ROLES.values())[:2]) in page
    assert "Parties.RolesAssigned" in page and 'http-equiv="refresh"' not in page
    assert f'href="/acts/{done.id}"' in stack.client.get("/").text


def test_an_act_of_nobody_is_told_so(stack: Stack) -> None:
    answer = stack.client.get("/acts/0x" + "00" * 32, headers=BROWSER)
    assert answer.status_code == 404 and "ActNotFound" in answer.text
