"""The overview page: the same figures as the API's, in Chinese first, as of any block."""

from __future__ import annotations

from tests.stack import Stack


def test_it_shows_the_figures_of_the_api(stack: Stack) -> None:
    page = stack.client.get("/overview")
    assert page.status_code == 200
    figures = stack.client.get("/v1/enforcement").json()
    assert f"{figures['deeds_issued']} / {figures['deeds']}" in page.text
    assert "履约率" in page.text and "执行证书" in page.text and 'lang="zh-CN"' in page.text


def test_it_shows_an_earlier_state(stack: Stack) -> None:
    earlier = stack.client.get("/v1/parties").json()["as_of"]["block"] - 1
    assert f"截至区块 {earlier}" in stack.client.get("/overview", params={"as_of": earlier}).text


def test_a_block_that_is_none_is_told_so(stack: Stack) -> None:
    assert stack.client.get("/overview", params={"as_of": "yesterday"}).json()["code"] == "AsOfMalformed"
