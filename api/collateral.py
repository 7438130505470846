"""Collateral of a loan or on a tree: liens, values, LTV; and the very calls that say the same from the chain itself."""

from __future__ import annotations

from typing import Annotated, Any

from eth_abi.abi import encode
from fastapi import Path, Query, Request
from fastapi.responses import Response

from api import lien_search, loans, trees
from api.context import context_of
from api.domain import READ_PROBLEMS, AsOfQuery, Row, ok, own_router
from api.reads import View
from chain.artifacts import artifact, selector, signature
from chain.deploy import Deployment
from workflows.loans.cover import cover
from workflows.loans.positions import STOCK, covers

ROUTER = own_router("collateral")
_OBJECT: dict[str, Any] = {"type": "object"}
LoanId = Annotated[str, Path(description=f"{loans.DOMAIN.ids.en}.", examples=[loans.DOMAIN.example_id])]
TreeId = Annotated[str, Path(description=f"{trees.DOMAIN.ids.en}.", examples=[trees.DOMAIN.example_id])]


@ROUTER.get(
    "/loans/{id}",
    summary="The collateral of a loan",
    responses=ok(_OBJECT, "Its liens, what each counts for, and the LTV.") | READ_PROBLEMS,
)
async def read_of_loan(request: Request, id: LoanId, query: Annotated[AsOfQuery, Query()]) -> Response:
    """Nothing has to be believed: each item carries the `eth_call`s for `/rpc` whose answers it restates."""
    key, deployment = loans.DOMAIN.key(id), context_of(request).deployment

    def build(view: View) -> Row:
        row = loans.DOMAIN.row(view, key)
        items = []
        for lien, part in covers(view.connection, key, view.block, view.as_of.time):
            asset = lien_search.burdened(view, lien["asset"], lien["kind"] == STOCK)
            items.append(
                {
                    "lien": lien["lien"],
                    "asset": lien["asset"],
                    "tree": asset["tree"],
                    **_part(asset, lien["lien"]),
                    "check": [
                        call(deployment, "Liens.lien", lien["lien"]),
                        call(deployment, "Valuations.collateralValue", lien["asset"], expected=part.value),
                    ],
                }
            )
        stands = loans.margin_of(view, row)
        return {
            **{name: stands[name] for name in ("loan", "owed_fen", "cover_fen", "ltv_bps", "measured", "recorded")},
            "items": items,
            "check": [
                call(deployment, "Liens.liensOf", key),
                call(deployment, "Liens.coverOf", key, expected=stands["cover_fen"]),
                call(deployment, "Loans.outstanding", key, expected=stands["owed_fen"]),
                call(deployment, "Margins.ltv", key, expected=stands["ltv_bps"]),
            ],
        }

    return await context_of(request).reads.answer(request, query.as_of, build)


@ROUTER.get(
    "/trees/{id}",
    summary="What a tree secures",
    responses=ok(_OBJECT, "Its value and every live lien on it in the order of the law.") | READ_PROBLEMS,
)
async def read_on_tree(request: Request, id: TreeId, query: Annotated[AsOfQuery, Query()]) -> Response:
    """Each lien with the debt it secures and what of the tree's value is left for it (CC 414)."""
    key, deployment = trees.DOMAIN.key(id), context_of(request).deployment

    def build(view: View) -> Row:
        trees.DOMAIN.row(view, key)
        asset = lien_search.burdened(view, key, False)
        items = [
            {
                "lien": each["id"],
                "debt": each["debt"],
                "holder": each["holder"],
                **_part(asset, each["id"]),
                "check": [call(deployment, "Liens.lien", each["id"])],
            }
            for each in asset["liens"]
        ]
        return {
            "tree": key,
            "value_fen": asset["value"],
            "claimed_fen": asset["claimed"],
            "remaining_fen": asset["remaining"],
            "items": items,
            "check": [
                call(deployment, "Valuations.collateralValue", key, expected=asset["value"]),
                call(deployment, "Trees.tree", key),
            ],
        }

    return await context_of(request).reads.answer(request, query.as_of, build, quick=True)


def _part(asset: Row, lien: str) -> Row:
    """A lien's place on its asset and what of the value counts for it; fen."""
    stands = next(each for each in asset["liens"] if each["id"] == lien)
    part = cover(lien, asset["liens"], asset["value"])
    return {
        "rank": stands["rank"],
        "effect": stands["effect"],
        "registered_at": stands["registered_at"],
        "secured_max_fen": part.secured_max,
        "value_fen": part.value,
        "ahead_fen": part.ahead,
        "counts_fen": part.counts,
    }


def call(deployment: Deployment, function: str, *arguments: str, expected: int | None = None) -> Row:
    """An `eth_call` for `/rpc`, and the integer it answers with where that is one; ids in decimal."""
    contract, name = function.split(".")
    entry = artifact(contract).functions[name]
    data = selector(entry) + encode([item["type"] for item in entry["inputs"]], [int(each) for each in arguments])
    return {
        "function": f"{contract}.{signature(entry)}",
        "method": "eth_call",
        "params": [{"to": deployment.address(contract), "data": "0x" + data.hex()}, "latest"],
        "answer": None if expected is None else f"0x{expected:064x}",
    }
