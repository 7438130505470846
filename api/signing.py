"""The page on which people sign an act with the wallet of their browser (EIP-6963, EIP-712).

    /sign                                   every act
    /sign?act=Agreements.sign&agreement=…   one, with what is known of its fields

The page fills in the message; `/v1/acts/prepare` makes the typed data, the wallet shows and signs it, `/v1/acts` takes
it. The wallet's key never leaves the wallet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.context import context_of
from api.html import page
from api.signatures import SIGNED
from api.units import Unit, basis_points, centimetre, days, fen, gram, hundredth_mu, millionths, worded
from api.words import ACT_STATES, label, unit
from chain.typed_data import ActType, Field, act_type, act_types
from chain.vocabulary import ENUMERATIONS, enumeration_with
from indexer.projection import snake
from workflows.trees.filing import STATED

ROUTER = APIRouter(include_in_schema=False)

INSTANTS: Final = ("_at", "_from", "as_of", "apply_by")


WRITTEN_IN: Final[Mapping[Unit, str]] = {
    fen: "元 yuan",
    gram: "克 grams",
    centimetre: "厘米 cm",
    hundredth_mu: "0.01 亩 mu",
    days: "天 days",
    basis_points: "万分之一 basis points",
    millionths: "百万分之一 ppm",
}
"""The units in which people write numbers: those of the chain, but for money, which it takes in fen."""


@dataclass(frozen=True)
class Asked:
    """A field of the form: its words, its unit, and the `kind` of input; of several each has a line."""

    field: Field
    zh: str
    en: str
    written_in: str
    kind: str
    options: tuple[tuple[str, str], ...]
    given: str


@dataclass(frozen=True)
class Enclosure:
    """What comes with an act and is not signed: `form` says how it travels: base64, json or text."""

    name: str
    zh: str
    en: str
    form: str
    required: bool


PAGE = Enclosure(
    "document", "已签署的签署页", "the signature page, signed with your certificate (PDF)", "base64", False
)
RECORD = (
    Enclosure("record", "茶树记录", "the tree's record (JSON)", "json", True),
    Enclosure("salt", "盐值", "the salt of its commitment, 0x + 64 hex", "text", True),
)


@ROUTER.get("/sign")
async def sign(request: Request) -> Response:
    """The acts, or the form of one."""
    contracts = [(name, list(acts)) for name, acts in groupby(act_types().values(), lambda act: act.contract)]
    given = dict(request.query_params)
    act = act_type(given.pop("act")) if given.get("act") else None
    values = {
        "contracts": contracts,
        "act": act,
        "asked": [_asked(act, field, given.get(field.name, "")) for field in act.fields] if act else [],
        "enclosures": _enclosures(act) if act else [],
        "states": ACT_STATES,
        "chain_id": context_of(request).deployment.chain_id,
    }
    return page(request, "sign.html", values)


def _enclosures(act: ActType) -> Iterable[Enclosure]:
    signed = SIGNED.get(act.key)
    if signed is not None:
        return (replace(PAGE, required=signed.required),)
    return RECORD if act.key in STATED else ()


def _asked(act: ActType, field: Field, given: str) -> Asked:
    name = snake(field.name)
    room = act.contract.lower()
    options: tuple[tuple[str, str], ...] = ()
    if field.members:
        words = ENUMERATIONS[enumeration_with(field.members)]
        options = tuple((member, words[member]) for member in field.members if member != "NONE")
    counted_in = unit(room, name)
    money = counted_in is fen
    written_in = WRITTEN_IN.get(counted_in, field.type)
    if money and given.isdecimal():
        given = f"{int(given) // 100}.{int(given) % 100:02d}"
    return Asked(field, label(room, name), worded(name), written_in, _kind(field, name, money), options, given)


def _kind(field: Field, name: str, money: bool) -> str:
    if field.type.endswith("[]"):
        return "instants" if name.endswith(INSTANTS) else "sums" if money else "many"
    if money:
        return "sum"
    if field.members:
        return "choice"
    if field.type == "bool":
        return "flag"
    if field.type.startswith("uint") and name.endswith(INSTANTS):
        return "instant"
    return "text"
