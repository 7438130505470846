"""The page of an act: a form of its fields in Chinese, with what is known already filled in."""

from __future__ import annotations

import re

import pytest

from chain.typed_data import ActType, act_types
from tests.stack import Stack

BROWSER = {"accept": "text/html"}


def test_every_act_is_offered(stack: Stack) -> None:
    page = stack.client.get("/sign").text
    assert [key for key in act_types() if f'href="/sign?act={key}"' not in page] == []


@pytest.mark.parametrize("act", act_types().values(), ids=lambda act: act.key)
def test_a_form_asks_for_every_field_in_chinese(stack: Stack, act: ActType) -> None:
    page = stack.client.get("/sign", params={"act": act.key}).text
    labels = re.findall(r"<label>(.*?) <small>", page)
    assert len(labels) == len(act.fields) + page.count("data-enclosed") + 1  # and the wallet
    assert all(re.search("[\u4e00-\u9fff]", label) for label in labels), labels
    assert all(f'name="{field.name}"' in page for field in act.fields)


def test_what_the_address_says_is_filled_in_and_escaped(stack: Stack) -> None:
    page = stack.client.get("/sign", params={"act": "Trees.restrain", "tree": '7"><script>', "kind": "COURT"}).text
    assert 'value="7&#34;&gt;&lt;script&gt;"' in page
    assert '<option value="COURT" selected>' in page


def test_money_is_asked_for_in_yuan(stack: Stack) -> None:
    page = stack.client.get("/sign", params={"act": "Liens.confirm", "securedMax": "120050"}).text
    assert 'data-kind="sum" value="1200.50"' in page and "元 yuan" in page
    several = stack.client.get("/sign", params={"act": "Valuations.postMany"}).text
    assert '<textarea name="values" data-kind="sums"' in several


def test_an_act_that_is_none_is_told_so(stack: Stack) -> None:
    answer = stack.client.get("/sign", params={"act": "Trees.fell"}, headers=BROWSER)
    assert answer.status_code == 404 and "ActUnknown" in answer.text


@pytest.mark.parametrize(
    ("act", "comes_with"),
    [
        ("Deeds.sign", ['id="document" data-enclosed="base64" required']),
        ("Agreements.sign", ['id="document" data-enclosed="base64">']),
        ("Trees.file", ['id="record" data-enclosed="json" required', 'id="salt" data-enclosed="text" required']),
        ("Trees.postNotice", []),
    ],
)
def test_a_form_asks_for_what_comes_with_the_act(stack: Stack, act: str, comes_with: list[str]) -> None:
    page = stack.client.get("/sign", params={"act": act}).text
    assert page.count("data-enclosed") == len(comes_with)
    assert all(enclosure in page for enclosure in comes_with)
