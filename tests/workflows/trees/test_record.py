"""The off-chain record of a tree and its commitment."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from workflows.trees.position import Datum, Position
from workflows.trees.record import AgeMethod, Health, LandKind, SeasonYield, TitleClass, TreeRecord

salts = st.binary(min_size=32, max_size=32)


def a_record(**changes: object) -> TreeRecord:
    fields: dict[str, object] = {
        "tag": "SYN-WD-00001",
        "village": "乌岽",
        "hamlet": "李仔坪",
        "position": Position(lat_e7=239_500_000, lon_e7=1_166_500_000, datum=Datum.CGCS2000, accuracy_cm=5),
        "altitude_m": 1_150,
        "land_kind": LandKind.FOREST,
        "title_class": TitleClass.CERTIFICATE,
        "right_until": date(2053, 12, 31),
        "cultivar": "芝兰香/八仙系",
        "age_years": 320,
        "age_method": AgeMethod.CORE,
        "age_ci_years": 16,
        "graft_year": None,
        "girth_cm": 120,
        "height_cm": 580,
        "crown_a_cm": 420,
        "crown_b_cm": 360,
        "health": Health.B,
        "yields": (SeasonYield(year=2025, dry_g=1_600),),
    }
    return TreeRecord.model_validate(fields | changes)


records = st.builds(
    a_record,
    age_years=st.integers(1, 3_000),
    girth_cm=st.integers(1, 2_000),
    village=st.text(min_size=1, max_size=40),
)


@given(records)
def test_canonical_json_reads_back_to_the_same_record_and_bytes(record: TreeRecord) -> None:
    again = TreeRecord.model_validate_json(record.canonical_json())
    assert again == record
    assert again.canonical_json() == record.canonical_json()


@given(records)
def test_canonical_json_is_sorted_and_without_spaces_or_fractions(record: TreeRecord) -> None:
    def refuse_fraction(text: str) -> float:
        raise AssertionError(f"fraction {text} in canonical JSON")

    text = record.canonical_json().decode()
    parsed = json.loads(text, parse_float=refuse_fraction)
    assert text == json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False) or "\x7f" in text


@given(records, salts)
def test_a_commitment_can_be_recomputed_from_salt_and_record_alone(record: TreeRecord, salt: bytes) -> None:
    opened = b"\x00tree-v1\x00" + salt + record.canonical_json()
    assert record.commitment(salt) == hashlib.sha256(opened).digest()


@given(salts, salts)
def test_equal_records_under_different_salts_cannot_be_linked(one: bytes, other: bytes) -> None:
    record = a_record()
    assert (record.commitment(one) == record.commitment(other)) == (one == other)


@given(salts, st.integers(1, 3_000), st.integers(1, 3_000))
def test_a_commitment_binds_every_value(salt: bytes, one: int, other: int) -> None:
    bound = a_record(age_years=one).commitment(salt) == a_record(age_years=other).commitment(salt)
    assert bound == (one == other)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_short_or_long_salt_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="salt"):
        a_record().commitment(bytes(length))


@pytest.mark.parametrize(
    "change",
    [
        {"tag": ""},
        {"tag": "syn-1"},
        {"tag": "-SYN"},
        {"tag": "A" * 33},
        {"age_years": 0},
        {"age_years": 320.0},
        {"age_years": "320"},
        {"girth_cm": -1},
        {"health": "E"},
        {"title_class": "D"},
        {"village": ""},
        {"owner_name": "x"},
        {"yields": [{"year": 2025, "dry_g": 1.5}]},
    ],
)
def test_what_is_not_exactly_a_record_is_refused(change: dict[str, object]) -> None:
    text = json.dumps(json.loads(a_record().canonical_json()) | change)
    with pytest.raises(ValidationError):
        TreeRecord.model_validate_json(text)
