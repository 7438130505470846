"""Whole lists as files: complete, of one block, readable by spreadsheets and by nobody's formula engine."""

from __future__ import annotations

import csv
import io
import itertools
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.exports import FORMULA_STARTS, PORTION, write_csv, write_parquet
from tests.stack import Stack

SCHEMA = {"id": pa.int64(), "name": pa.string()}


def rows_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", ["parties", "evidence", "trees"])
def test_both_formats_hold_every_row_of_the_list(stack: Stack, name: str) -> None:
    stack.anchor()
    block = stack.client.get(f"/v1/{name}").json()["as_of"]["block"]
    listed = stack.client.get(f"/v1/{name}", params={"as_of": block, "limit": 500}).json()
    as_csv = stack.client.get(f"/v1/{name}/export", params={"as_of": block})
    as_parquet = stack.client.get(f"/v1/{name}/export", params={"as_of": block, "format": "parquet"})
    table = pq.read_table(io.BytesIO(as_parquet.content))
    assert table.to_pylist() == listed["items"]
    assert [row["id"] for row in rows_of(as_csv.content)] == [str(item["id"]) for item in listed["items"]]
    assert as_csv.headers["chaqi-block-hash"] == listed["as_of"]["hash"]
    assert f"chaqi-{name}-{block}.csv" in as_csv.headers["content-disposition"]


def test_events_are_exported_with_their_arguments(stack: Stack) -> None:
    params = {"contract": "Parties", "event": "PartyEnrolled"}
    listed = stack.client.get("/v1/events", params=params | {"limit": 500}).json()["items"]
    exported = rows_of(stack.client.get("/v1/events/export", params=params).content)
    assert [row["id"] for row in exported] == [event["id"] for event in listed]


def test_filters_hold_in_exports(stack: Stack) -> None:
    exported = rows_of(stack.client.get("/v1/parties/export", params={"role": "NOTARY"}).content)
    assert exported and all("NOTARY" in row["roles"].split() for row in exported)


def test_an_export_that_cannot_be_made_is_a_problem_before_its_first_byte(stack: Stack) -> None:
    for params, code in (
        ({"as_of": 99_999_999}, "UnknownBlock"),
        ({"format": "xls"}, "ParameterMalformed"),
        ({"life": "ETERNAL"}, "ParameterMalformed"),
        ({"owner": "me"}, "ParameterMalformed"),
    ):
        assert stack.client.get("/v1/trees/export", params=params).json()["code"] == code
    assert stack.client.get("/v1/parties/export?role=KING").json()["code"] == "RoleUnknown"
    assert stack.client.get("/v1/events/export?tree=x").json()["code"] == "IdMalformed"


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))))
def test_no_cell_begins_like_a_formula_and_no_text_is_lost(names: list[str]) -> None:
    made = b"".join(write_csv(SCHEMA, ({"id": 1, "name": name} for name in names)))
    found = [row["name"] for row in rows_of(made)]
    assert not any(cell.startswith(FORMULA_STARTS) for cell in found)
    assert [cell.removeprefix("'") for cell in found] == [name.removeprefix("'") for name in names]


@pytest.mark.parametrize("write", [write_csv, write_parquet])
@pytest.mark.parametrize("count", [0, 1, PORTION - 1, PORTION, PORTION + 1])
def test_files_of_any_length_are_whole(write: Any, count: int) -> None:
    made = b"".join(write(SCHEMA, ({"id": number, "name": "茶"} for number in range(count))))
    if write is write_csv:
        assert [row["id"] for row in rows_of(made)] == [str(number) for number in range(count)]
    else:
        assert pq.read_table(io.BytesIO(made)).column("id").to_pylist() == list(range(count))


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_rows_are_read_only_as_fast_as_the_file_is_taken(write: Any) -> None:
    read = itertools.count()
    rows = ({"id": next(read), "name": "茶"} for _ in range(10 * PORTION))
    taken = 0
    for _ in write(SCHEMA, rows):
        taken += 1
        already = next(read)
        assert already <= taken * PORTION + taken  # this test's own counting included
    assert taken >= 10
