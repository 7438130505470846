"""A search of liens and its certificate (查询证明): what is burdened, in the order of the law, and who gets what of it.

Plain values in, plain values out; the caller reads the ledger as of one block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from workflows.commitment import canonical_json
from workflows.documents.contents import LienLine, LienSearch
from workflows.liens.proceeds import Claim, distribute
from workflows.liens.ranking import Kind, Lien, ranked

Row = dict[str, Any]

ISSUER: Final = "茶契账本"
STATEMENT: Final = (
    "These are the live liens that the ledger holds as of the block, in the order of CC 414. The registry's own "
    "register prevails; blocks give no priority."
)
STATEMENT_ZH: Final = "以上为账本截至所载区块的有效担保，按民法典第四百一十四条排列。登记簿为准；区块先后不产生顺位。"


def burdened(asset: str, liens: Sequence[Mapping[str, Any]], value: int | None, money: int | None) -> Row:
    """One asset with its live liens (as the API shows them, in the order of their recording).

    `value`: its collateral value in fen, None where the ledger values no such thing. `money`: what the asset would
    bring, if that is asked for; else the value is shared. `paid` of a lien is its share, up to its maximum.
    """
    by_id = {one["id"]: one for one in liens}
    order = [Lien(one["id"], Kind(one["kind"]), one["registered_at"] or None) for one in liens]
    claimed = sum(one["secured_max"] for one in liens)
    shared = value if money is None else money
    paid: dict[str, int] = {}
    if shared is not None:
        claims = {one["id"]: Claim(one["secured_max"], one["secured_max"]) for one in liens}
        paid = {share.lien: share.paid for share in distribute(shared, 0, order, claims).shares}
    places = [
        {
            "rank": one.rank,
            "level_with": one.level_with,
            "reason": one.reason,
            "reason_zh": one.reason_zh,
            "paid": paid.get(one.lien.id),
            **by_id[one.lien.id],
        }
        for one in ranked(order)
    ]
    return {
        "asset": asset,
        "value": value,
        "claimed": claimed,
        "remaining": None if value is None else max(0, value - claimed),
        "rank_if_registered": 1 + sum(one["registered_at"] != 0 for one in liens),
        "liens": places,
    }


def certificate(search: Row, as_of: Row) -> Row:
    """The search (as JSON carries it: large integers are strings) as a document of its own.

    Its number and the SHA-256 of its content follow from the content alone.
    """
    content: Row = {
        "issuer": ISSUER,
        "statement": STATEMENT,
        "statement_zh": STATEMENT_ZH,
        "search": search,
        "block": {name: as_of[name] for name in ("block", "hash", "time")},
    }
    digest = hashlib.sha256(canonical_json(content)).hexdigest()
    return {"number": f"CX-{as_of['block']}-{digest[:16].upper()}", "sha256": digest, **content}


def document(certified: Row, verify_url: str, words: Mapping[str, Mapping[str, str]]) -> LienSearch:
    """A certificate as the document to print; `words` are the Chinese words of kinds and effects."""
    block, search = certified["block"], certified["search"]
    by_debtor = search["debtor"] is not None
    return LienSearch(
        number=certified["number"],
        issuer=ISSUER,
        issued_at=block["time"],
        verify_url=verify_url,
        subject=f"参与方 {search['debtor']}" if by_debtor else _name(search["assets"], search["asset"]),
        block_number=block["block"],
        block_hash=block["hash"],
        block_time=block["time"],
        liens=tuple(
            LienLine(
                rank=one["rank"],
                asset=_name([asset], asset["asset"]),
                holder=f"参与方 {one['holder']}",
                registry=words["RegistryKind"][one["kind"]],
                effect=words["LegalEffect"][one["effect"]],
                registered_at=one["registered_at"] or None,
                secured_max=int(one["secured_max"]),
                evidence=one["agreement"],
            )
            for asset in search["assets"]
            for one in asset["liens"]
        ),
    )


def _name(assets: Sequence[Row], asset: str) -> str:
    tag = next((one["tree"]["tag"] for one in assets if one["tree"]), None)
    return f"茶树 {tag}" if tag else f"财产 {int(asset):064x}"
