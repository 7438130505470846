"""Evidence packages: everything a stranger needs to check an anchor, and documents under it, without us."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.context import context_of
from api.documents import receipt_by_id
from api.evidence import DOMAIN
from api.problems import documented
from chain.errors import ChaqiError
from workflows.evidence.anchored import find_anchor
from workflows.evidence.package import NotProvable, Packed, anchor_proof, package
from workflows.evidence.receipt import unhex

ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The package, for `chaqi-verify` or the page /chaqi-verify.html.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}

ROUTER = APIRouter(prefix="/v1/evidence", tags=["evidence"])


class ReceiptElsewhere(ChaqiError):
    """A receipt was named that belongs to other evidence, or to none yet."""

    status = 409
    en = "The receipt {receipt} is not anchored under evidence {evidence}. Ask for the evidence that it names."
    zh = "回执 {receipt} 未锚定于证据 {evidence}。请查询其所载的证据。"


@ROUTER.get(
    "/{id}/package",
    summary="The proof of an anchor, as a zip",
    response_class=Response,
    responses=ANSWER | documented(404, 409, 422, 502, 503),
)
def read_package(
    request: Request,
    id: Annotated[str, Path(description=f"{DOMAIN.ids.en}.", examples=[DOMAIN.example_id])],
    receipt: Annotated[
        list[str] | None, Query(max_length=100, description="Receipts' ids, to prove their documents under the anchor.")
    ] = None,
) -> Response:
    """Event in receipt, receipt in block, header and seals; for each receipt named, digests, leaf and path. No document
    is in it, for none is kept: its holder gives it to the verifier.
    """
    context = context_of(request)
    key = DOMAIN.key(id)
    with context.reads.view() as view:
        row = DOMAIN.row(view, key)
    held = []
    for one in receipt or ():
        found = receipt_by_id(context, one)
        if found.anchor is None or found.anchor.evidence != key:
            raise ReceiptElsewhere(receipt=repr(one[:140]), evidence=key)
        held.append(Packed(found))
    deployment = context.deployment
    anchor = find_anchor(
        context.rpc, deployment.chain_id, deployment.address("Evidence"), row["attester"], unhex(row["root"])
    )
    if anchor is None:
        raise NotProvable(block="?", reason="the chain does not hold the anchor now")
    proof = anchor_proof(context.rpc, anchor, row["root"], row["count"])
    return Response(
        package({anchor.evidence: proof}, held),
        media_type="application/zip",
        headers={
            "content-disposition": f'attachment; filename="evidence-{anchor.evidence[2:14]}.zip"',
            "cache-control": "no-store",
        },
    )
