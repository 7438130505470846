"""Terms: complete, committed to, and in agreement with the act that was signed."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.agreements.terms import TermsContradict, TermsMalformed, TermsNotThose, check_terms, read_terms

SALT = bytes(range(32))
DOCUMENT: dict[str, Any] = {
    "buyer": 31,
    "seller": 7,
    "goods": "SYNTHETIC 凤凰单丛毛茶",
    "grade": "特级",
    "season": "2026 春茶",
    "grams": 10_000,
    "fen_per_kilogram": 1_000_000,
    "deliveries": [{"due_at": 1_797_000_000, "grams": 6_000}, {"due_at": 1_798_000_000, "grams": 4_000}],
    "deposit_name": "定金",
    "deposit_fen": 2_000_000,
    "damages_bps": 2_000,
    "force_majeure": "民法典 590",
    "forum": "SYNTHETIC 人民法院",
}


def signed(**changes: Any) -> dict[str, Any]:
    stated: dict[str, Any] = {
        "terms": "0x" + read_terms(DOCUMENT).commitment(SALT).hex(),
        "buyer": 31,
        "seller": 7,
        "quantity": 10_000,
        "deposit": 2_000_000,
        "damages_bps": 2_000,
        "inspection_days": 10,
        "grace_days": 3,
        "milestones": 2,
        "due_at": 1_798_000_000,
    }
    return stated | changes


def test_the_document_that_was_signed_is_taken() -> None:
    assert check_terms(DOCUMENT, SALT, signed()).total_fen == 10_000_000


@pytest.mark.parametrize(
    "change",
    [
        {"deposit_name": "押金"},
        {"deposit_name": None},
        {"deposit_fen": 0},
        {"grams": 9_999},
        {"seller": 31},
        {"forum": ""},
        {"deliveries": []},
        {"colour": "green"},
    ],
)
def test_terms_that_are_incomplete_or_call_a_deposit_otherwise_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(TermsMalformed):
        read_terms(DOCUMENT | change)


def test_another_document_or_salt_is_refused() -> None:
    for document, salt in ((DOCUMENT | {"grade": "一级"}, SALT), (DOCUMENT, bytes(32))):
        with pytest.raises(TermsNotThose):
            check_terms(document, salt, signed())
    with pytest.raises(TermsMalformed):
        check_terms(DOCUMENT, b"short", signed())


@pytest.mark.parametrize("field", ["buyer", "quantity", "deposit", "damages_bps", "grace_days", "milestones", "due_at"])
def test_a_document_that_says_otherwise_than_the_act_is_refused(field: str) -> None:
    with pytest.raises(TermsContradict):
        check_terms(DOCUMENT, SALT, signed(**{field: 99}))
