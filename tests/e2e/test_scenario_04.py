"""Scenario 4 of `domain.md` §10, through the API of a running Chaqi."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stack import Stack
from tests.valued import modest_record, registered, value_tree


def test_04_a_single_print_of_half_a_million_yuan_moves_no_collateral(stack: Stack) -> None:
    record = modest_record()
    tree = registered(stack, record)
    # The market: three sources agree, so the index stands where it did.
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    evidence = stack.anchor()

    def report(who: str, price_ppm: int, day: Any = yesterday) -> None:
        body = {"pack": "dancong", "day": str(day), "price_ppm": price_ppm, "evidence": evidence}
        answer = stack.client.post("/v1/valuations/prices", json=body, headers=stack.sign_in(who))
        assert answer.status_code == 201, answer.text

    def index() -> Any:
        return stack.client.get("/v1/valuations/index", params={"pack": "dancong"}).json()

    for who, price_ppm in (("agri", 1_010_000), ("appraiser", 1_000_000), ("second appraiser", 990_000)):
        report(who, price_ppm)
    before = index()
    assert before["findings"] == []
    found = value_tree(stack, tree, record, index_ppm=before["counted_ppm"])
    path = f"/v1/valuations/{tree}"
    assert stack.client.get(path).json()["counts_fen"] == found.collateral_fen

    # One firm prints a sale at 500,000 yuan a kilogram, against a reference price of 8,000.
    stack.enrol("dealer", "FIRM")
    report("dealer", 62_500_000)
    after = index()
    assert (after["shown_ppm"], after["counted_ppm"]) == (before["shown_ppm"], before["counted_ppm"])
    (finding,) = after["findings"]
    assert finding["source"] == stack.party_ids["dealer"] and finding["zh"] and finding["en"]
    again = value_tree(stack, tree, record, index_ppm=after["counted_ppm"])
    assert again.collateral_fen == found.collateral_fen
    assert stack.client.get(path).json()["counts_fen"] == found.collateral_fen

    # Even an appraiser who believed the print could not carry it into collateral alone.
    greedy = value_tree(stack, tree, record, index_ppm=62_500_000)
    shown = stack.client.get(path).json()
    assert greedy.collateral_fen > 10 * found.collateral_fen
    assert (shown["state"], shown["counts_fen"]) == ("AWAITING_SECOND", found.collateral_fen)
