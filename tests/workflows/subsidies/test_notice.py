"""Names on a public notice: enough for neighbours, not enough for strangers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.subsidies.notice import MASK, UNKNOWN, masked


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("陈茶", "陈＊"),
        ("陈单丛", "陈＊丛"),
        ("欧阳单丛", "欧＊丛"),
        ("Chen Dancong", "C＊＊＊ D＊＊＊"),
        ("  陈单丛 ", "陈＊丛"),
        ("陈", UNKNOWN),
        ("", UNKNOWN),
        ("   ", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_names_are_shown_so(name: str | None, shown: str) -> None:
    assert masked(name) == shown


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=30))
def test_no_whole_name_is_ever_shown(name: str) -> None:
    assert MASK in masked(name)
    assert name not in masked(name)
