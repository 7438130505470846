"""The rooms of the house as pages: what is in each, and one of them with its history and the acts that concern it.

/trees?village=乌岽        a list, with its filters
/trees/{id}?as_of=1207    one, in any state
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from api import (
    agreements,
    batches,
    calendar,
    certificates,
    codes,
    deeds,
    evidence,
    filings,
    indications,
    liens,
    loans,
    parties,
    subsidies,
    trees,
    valuations,
)
from api.context import context_of
from api.domain import AsOfQuery, Domain, PageQuery, Row, page_of, versions_of
from api.html import page
from api.reads import Place, View
from api.units import Cell, entity, party, shortened, text, worded
from api.words import cell, label, unit
from chain.typed_data import ActType, act_types
from indexer.projection import Key, snake
from indexer.schema import blocks
from workflows.calendar.calendar import local

NEWEST_VERSIONS = 30

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Room:
    """A domain as people see it: the `columns` of its list, and the `act_field` that names one of it in acts.

    `repeats`: fields that acts of consent repeat of what is recorded.
    """

    domain: Domain
    columns: tuple[str, ...]
    act_field: str = ""
    repeats: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its place in addresses."""
        return self.domain.name


ROOMS = (
    Room(trees.DOMAIN, ("tag", "cultivar", "village", "age_years", "protection", "title", "owner"), "tree"),
    Room(valuations.DOMAIN, ("value_fen", "stress_fen", "collateral_fen", "state", "valued_at"), "tree"),
    Room(batches.DOMAIN, ("state", "season", "weight", "maker", "quality", "made_at"), "batch"),
    Room(batches.SALES, ("state", "batch", "seller", "buyer", "weight"), "sale"),
    Room(codes.DOMAIN, ("state", "batch", "firm", "count", "unit_weight"), "lot"),
    Room(indications.DOMAIN, ("state", "product", "town", "review_due"), "tree"),
    Room(indications.ORIGINS, ("product", "town", "listed")),
    Room(agreements.DOMAIN, ("stage", "buyer", "seller", "total", "quantity", "due_at"), "agreement", ("terms",)),
    Room(liens.DOMAIN, ("kind", "asset", "holder", "secured_max", "effect", "discharged"), "lien"),
    Room(
        liens.FILINGS,
        ("state", "kind", "asset", "grantor", "holder", "secured_max"),
        "lien",
        ("kind", "asset", "grantor", "holder", "debt", "secured_max", "no_transfer", "rank", "legal_review"),
    ),
    Room(loans.DOMAIN, ("state", "product", "borrower", "bank", "principal_fen", "submitted_at"), "loan"),
    Room(subsidies.PROGRAMMES, ("measure", "year", "agency", "budget_fen", "left_fen", "closes_at"), "programme"),
    Room(subsidies.DOMAIN, ("state", "programme", "subject", "amount_fen", "paid_at"), "claim"),
    Room(subsidies.PLOTS, ("holder", "area_cmu"), "plot"),
    Room(deeds.DOMAIN, ("state", "obligee", "office", "principal", "opened_at", "issued_at"), "deed", ("instrument",)),
    Room(certificates.DOMAIN, ("state", "deed", "creditor", "outstanding", "apply_by"), "certificate"),
    Room(filings.DOMAIN, ("state", "court", "claimed", "recovered", "filed_at"), "filing"),
    Room(parties.DOMAIN, ("roles", "status", "enrolled_at"), "party"),
    Room(evidence.DOMAIN, ("attester", "count", "anchored_at", "revoked_at"), "evidence"),
    Room(calendar.DOMAIN, ("id",)),
)
NAMES = {room.name for room in ROOMS}

ROUTER = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Fact:
    """A field as it is read: its words, and its value, or for what has parts the tables of them."""

    zh: str
    en: str
    value: Cell | None = None
    parts: tuple[tuple[Fact, ...], ...] = ()


def _entrance(room: Room) -> None:
    async def listed(request: Request) -> Response:
        return await run_in_threadpool(_list, request, room)

    async def one(request: Request, id: str) -> Response:
        return await run_in_threadpool(_one, request, room, id)

    ROUTER.add_api_route(f"/{room.name}", listed)
    ROUTER.add_api_route(f"/{room.name}/{{id}}", one)


for _room in ROOMS:
    _entrance(_room)


def _list(request: Request, room: Room) -> Response:
    domain = room.domain
    asked = _asked(request, domain.filters)
    place = Place.read(asked.cursor, *domain.key_types) if asked.cursor else None
    with context_of(request).reads.view(asked.as_of, place) as view:
        found = page_of(view, domain, asked, place)
    filters = {name: value for name, value in request.query_params.items() if value and name != "cursor"}
    values = {
        "room": room,
        "columns": [(label(room.name, name), worded(name)) for name in room.columns],
        "rows": [
            (shortened(str(item["id"])), item["id"], [_value(room.name, name, item) for name in room.columns])
            for item in found["items"]
        ],
        "total": found["total"],
        "as_of": view.as_of,
        "at": local(view.as_of.time),
        "choices": list(_choices(room, filters)),
        "export": urlencode({name: value for name, value in filters.items() if name != "limit"}),
        "next": found["next"] and urlencode({**filters, "cursor": found["next"]}),
    }
    return page(request, "room.html", values)


def _one(request: Request, room: Room, text_of_id: str) -> Response:
    domain = room.domain
    asked = _asked(request, AsOfQuery)
    key = domain.key(text_of_id)
    with context_of(request).reads.view(asked.as_of) as view:
        row = domain.row(view, key)
        shown = domain.show(row)
        whole = domain.extend(view, key, shown) if domain.extend else shown
        history = list(_history(view, room, key))
    values = {
        "room": room,
        "id": shown["id"],
        "facts": [_fact(room.name, name, whole) for name in whole if name != "id"],
        "related": list(_related(room, shown["id"])),
        "history": history[:NEWEST_VERSIONS],
        "older": len(history) - NEWEST_VERSIONS,
        "acts": [(act, urlencode(known)) for act, known in _acts(room, shown)],
        "as_of": view.as_of,
        "at": local(view.as_of.time),
    }
    return page(request, "entity.html", values)


def _asked(request: Request, model: type[Model]) -> Model:
    """The query of a form, in which an empty field asks for nothing. Raises `RequestValidationError`."""
    given = {name: value for name, value in request.query_params.items() if value}
    try:
        return model.model_validate(given)
    except ValidationError as failure:
        raise RequestValidationError(
            [{**error, "loc": ("query", *error["loc"])} for error in failure.errors()]
        ) from failure


def _choices(room: Room, given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The filters of a list: words, what is asked for, and for enumerations what may be."""
    for name, declared in room.domain.filters.model_fields.items():
        if name in PageQuery.model_fields:
            continue
        pattern = next((str(one.pattern) for one in declared.metadata if getattr(one, "pattern", None)), "")
        members = pattern[2:-2].split("|") if pattern.startswith("^(") and pattern.endswith(")$") else []
        if bool in getattr(declared.annotation, "__args__", ()):
            options = [("true", "是"), ("false", "否")]
        else:
            options = [(one, cell(room.name, name, one).zh) for one in members if one.isupper()]
        yield {
            "name": name,
            "zh": label(room.name, name),
            "en": worded(name),
            "options": options,
            "given": given.get(name, ""),
        }


def _value(room: str, name: str, row: Mapping[str, Any]) -> Cell:
    """A field's value; what a lien lies on is a tree where the kind of registry says so."""
    value = row[name]
    if name == "asset" and row.get("kind") == "REAL_PROPERTY":
        return entity(trees.DOMAIN.name)(value)
    return cell(room, name, value)


def _fact(room: str, name: str, row: Mapping[str, Any]) -> Fact:
    value = row[name]
    zh, en = label(room, name), worded(name)
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
        return Fact(zh, en, parts=tuple(tuple(_fact(room, inner, part) for inner in part) for part in value))
    if isinstance(value, list) and name in NAMES:
        return Fact(zh, en, parts=tuple((Fact("", "", entity(name)(one)),) for one in value))
    if isinstance(value, list) and not value:
        return Fact(zh, en, text(None))
    return Fact(zh, en, _value(room, name, row))


def _history(view: View, room: Room, key: Key) -> Iterator[dict[str, Any]]:
    """What changed in which block, newest first."""
    versions = versions_of(view, room.domain, key)
    times = _times(view, (row["since_block"] for row in versions))
    shown: list[Row] = [room.domain.show(row) for row in versions]
    for place in range(len(versions) - 1, -1, -1):
        before, after = (shown[place - 1] if place else {}), shown[place]
        block = versions[place]["since_block"]
        changes = [
            (label(room.name, name), worded(name), _value(room.name, name, before), _value(room.name, name, after))
            for name in after
            if place and before[name] != after[name]
        ]
        if changes or not place:  # a version may differ in nothing that is shown
            yield {"block": block, "at": local(times[block]), "changes": changes}


def _related(room: Room, id: Any) -> Iterator[tuple[str, str, str]]:
    """Lists of what names one of a room, and pages of the same id in other rooms: words, and where they are."""
    unit_here = party if room.name == "parties" else entity(room.name)
    for other in ROOMS:
        if unit(other.name, "id") is unit_here:
            yield other.domain.kind_zh, other.domain.kind, f"/{other.name}/{id}"
        for name in other.domain.filters.model_fields:
            burdened = name == "asset" and room.name == "trees" and other.domain.contract == liens.DOMAIN.contract
            if unit(other.name, name) is unit_here or burdened:
                words = f"{other.domain.kind_zh} · {label(other.name, name)}"
                yield words, f"{other.name.replace('-', ' ')} by {worded(name)}", f"/{other.name}?{name}={id}"


def _times(view: View, numbers: Iterable[int]) -> dict[int, int]:
    """The instants of blocks."""
    chosen = sa.select(blocks.c.number, blocks.c.timestamp).where(blocks.c.number.in_(sorted(numbers)))
    return {row.number: row.timestamp for row in view.connection.execute(chosen)}


def _acts(room: Room, shown: Row) -> Iterator[tuple[ActType, dict[str, str]]]:
    """The acts that concern one of a room, with what is known of their fields."""
    contracts = (room.domain.contract, *room.domain.further_contracts)
    for act in act_types().values():
        if act.contract not in contracts or not room.act_field:
            continue
        known = {field.name: str(shown["id"]) for field in act.fields if field.name in (room.act_field, room.name)}
        if known:
            repeated = {f.name: str(shown[snake(f.name)]) for f in act.fields if snake(f.name) in room.repeats}
            yield act, {"act": act.key, **known, **(repeated if act.function in ("sign", "confirm") else {})}
