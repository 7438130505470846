"""Values as people read them."""

from __future__ import annotations

import pytest

from api import units
from api.units import NOTHING, Cell

ZEROS = "0x" + "00" * 32


@pytest.mark.parametrize(
    ("unit", "value", "read"),
    [
        (units.fen, 2_392_422, "¥23,924.22"),
        (units.fen, -5, "-¥0.05"),
        (units.gram, 12_500, "12,500 克"),
        (units.hundredth_mu, 1_250, "12.50 亩"),
        (units.basis_points, 1_540, "15.40 %"),
        (units.millionths, 53_989, "5.3989 %"),
        (units.instant, 1_795_363_200, "2026-11-23 00:00"),
        (units.protection, 2, "二级"),
        (units.term("DeedState"), "ISSUED", "已出证"),
        (units.term("Restraint"), ["COURT", "DISPUTE"], "法院查封、争议冻结"),
        (units.roles, ["BANK", "AUDITOR"], "银行、审计"),
        (units.loan_state, "REPAYING", "还款中"),
        (units.loan_state, "SUBMITTED", "审批中"),
        (units.flag, True, "是"),
    ],
)
def test_a_value_is_read_with_its_unit(unit: units.Unit, value: object, read: str) -> None:
    assert unit(value).zh == read


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        (units.instant, 0),
        (units.party, 0),
        (units.code, ZEROS),
        (units.code, None),
        (units.entity("trees"), "0"),
        (units.entity("evidence"), ZEROS),
        (units.term("Sanction"), "NONE"),
        (units.roles, []),
        (units.text, []),
        (units.fen, None),
    ],
)
def test_what_is_not_there_is_a_dash_and_never_1970_or_zeros(unit: units.Unit, value: object) -> None:
    assert unit(value) is NOTHING


def test_a_party_is_a_link_and_a_commitment_to_somebody_is_not() -> None:
    assert units.party(7) == Cell("№\u00a07", href="/parties/7")
    commitment = "0x" + "ab" * 32
    assert units.party(commitment) == Cell(commitment, code=True)


def test_an_id_is_shown_short_and_leads_to_its_page() -> None:
    tree = "69053470632142356349478571331083923145071832180421283106371238310735163926014"
    assert units.entity("trees")(tree) == Cell("69053470…926014", href=f"/trees/{tree}", code=True)


def test_a_name_of_a_field_is_english_without_its_unit() -> None:
    assert [units.worded(name) for name in ("secured_max", "principal_fen", "CONTRACT_ONLY")] == [
        "secured max",
        "principal",
        "contract only",
    ]
