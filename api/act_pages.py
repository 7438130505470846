"""One act as people read it: how far it has come, what was signed, in words and with the pages that it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api import acts
from api.context import context_of
from api.html import page
from api.signing import INSTANTS
from api.units import Cell, code, count, instant, term, text, worded
from api.words import ACT_STATES, cell, label, unit
from chain.outbox import ActState
from chain.typed_data import ActType, Field, act_types
from chain.vocabulary import enumeration_with
from indexer.projection import snake
from workflows.calendar.calendar import local

UNDER_WAY: Final = (ActState.ACCEPTED, ActState.SUBMITTED, ActState.MINED)

ROUTER = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Signed:
    """A field that was signed: its words, and its value or values."""

    zh: str
    en: str
    values: tuple[Cell, ...]


@ROUTER.get("/acts/{id}")
async def read_act(request: Request, id: str) -> Response:
    """An act by its id. One that is under way is looked at again every few seconds."""
    return await run_in_threadpool(_page, request, id.lower())


def _page(request: Request, id: str) -> Response:
    act = acts.found(context_of(request), id)
    kind = act_types().get(act["act"])
    values = {
        "act": act,
        "kind": kind,
        "state": ACT_STATES[act["state"]],
        "under_way": act["state"] in UNDER_WAY,
        "at": local(act["accepted_at"]),
        "fields": list(signed_fields(kind, act["message"])) if kind and act["message"] else [],
    }
    return page(request, "act.html", values)


def signed_fields(kind: ActType, message: Mapping[str, Any]) -> Iterator[Signed]:
    """The fields of an act that was signed, in order."""
    room = kind.contract.lower()
    for field in kind.fields:
        name, value = snake(field.name), message[field.name]
        values = value if isinstance(value, list) else [value]
        yield Signed(label(room, name), worded(name), tuple(_value(room, field, name, one) for one in values))


def _value(room: str, field: Field, name: str, value: Any) -> Cell:
    """A value as it was signed, in the unit of its field."""
    if field.members:
        return term(enumeration_with(field.members))(field.members[value])
    if field.type.startswith("bytes") and unit(room, name) in (text, count):
        return code(value)
    if not field.type.startswith("uint"):
        return cell(room, name, value)
    number = int(value)  # of more than 53 bits it is text
    if name.endswith(INSTANTS):
        return instant(number)
    return Cell(str(number)) if unit(room, name) is text else cell(room, name, number)
